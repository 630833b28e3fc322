#include "store/sql.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { PATIENCE = 30000 /* milliseconds that a writer waits for another one */ };

static bool pragma(bsn_store *store, const char *sql, int64_t *value, bsn_error *error) {
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
  if (code == SQLITE_OK) code = sqlite3_step(statement);
  if (value) *value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  int end = sqlite3_finalize(statement);
  if (code == SQLITE_ROW || code == SQLITE_DONE) code = end;
  return code == SQLITE_OK || bsn_sql_fail(store, code, error);
}

static bool execute(bsn_store *store, const char *sql, bsn_error *error) {
  int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
  return code == SQLITE_OK || bsn_sql_fail(store, code, error);
}

/* Set *empty when the file has nothing in it yet. */
static bool check_ours(bsn_store *store, bool *empty, bsn_error *error) {
  int64_t ours, version, tables;
  BSN_TRY(pragma(store, "PRAGMA application_id", &ours, error));
  BSN_TRY(pragma(store, "PRAGMA user_version", &version, error));
  BSN_TRY(pragma(store, "SELECT count(*) FROM sqlite_schema", &tables, error));
  *empty = !ours && !version && !tables;
  if (*empty) return true;
  if (ours != BSN_SCHEMA_OURS) return bsn_sql_fail(store, SQLITE_NOTADB, error);
  if (version == BSN_SCHEMA_VERSION) return true;
  return bsn_fail(error, BSN_BAD_INPUT, "%s: schema version %lld, this program knows %d", store->file,
                  (long long)version, BSN_SCHEMA_VERSION);
}

static bool create(bsn_store *store, bsn_error *error) {
  bool empty;
  BSN_TRY(check_ours(store, &empty, error)); /* again: another process may have been faster */
  if (!empty) return true;
  char *marks = bsn_text_in(&store->arena, "PRAGMA application_id = %d; PRAGMA user_version = %d;", BSN_SCHEMA_OURS,
                            BSN_SCHEMA_VERSION);
  if (!marks) return bsn_no_memory(error);
  return execute(store, bsn_schema_text, error) && execute(store, marks, error);
}

static bool prepare(bsn_store *store, bsn_store_mode mode, bsn_error *error) {
  bool empty;
  BSN_TRY(check_ours(store, &empty, error));
  if (empty && mode == BSN_STORE_READ)
    return bsn_fail(error, BSN_BAD_INPUT, "%s: there are no results yet", store->file);
  if (mode == BSN_STORE_READ) return true;
  BSN_TRY(pragma(store, "PRAGMA journal_mode = WAL", NULL, error));
  BSN_TRY(execute(store, "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON", error));
  if (!empty) return true;
  BSN_TRY(bsn_sql_run(store, error, BSN_SQL_BEGIN, ""));
  if (!create(store, error)) return bsn_sql_undo(store);
  return bsn_sql_run(store, error, BSN_SQL_COMMIT, "") || bsn_sql_undo(store);
}

static bool connect_file(bsn_store *store, bsn_store_mode mode, bsn_error *error) {
  bool reads = mode == BSN_STORE_READ;
  if (reads && access(store->file, F_OK) != 0)
    return bsn_fail(error, BSN_BAD_INPUT, "%s: %s", store->file, strerror(errno));
  if (!reads) BSN_TRY(bsn_folder_make(store->folder, error));
  int flags = reads ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  int code = sqlite3_open_v2(store->file, &store->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
  if (code == SQLITE_OK) code = sqlite3_busy_timeout(store->db, PATIENCE);
  return (code == SQLITE_OK || bsn_sql_fail(store, code, error)) && prepare(store, mode, error);
}

bsn_store *bsn_store_open(const char *folder, bsn_store_mode mode, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_store *store = bsn_alloc_in(&arena, sizeof *store);
  if (!store) return bsn_no_memory(error), NULL;
  *store = (bsn_store){.arena = arena, .lock = -1};
  store->sink = (bsn_sink){.has = bsn_store_has,
                           .get = bsn_store_get,
                           .put = bsn_store_put,
                           .save = bsn_store_save,
                           .load = bsn_store_load,
                           .drop = bsn_store_drop,
                           .settle = bsn_store_settle,
                           .hold = bsn_store_hold,
                           .let_go = bsn_store_let_go};
  store->folder = bsn_text_in(&store->arena, "%s", folder);
  store->file = bsn_text_in(&store->arena, "%s/study.db", folder);
  bool named = (store->folder && store->file) || bsn_no_memory(error);
  if (named && connect_file(store, mode, error)) return store;
  bsn_store_close(store);
  return NULL;
}

void bsn_store_close(bsn_store *store) {
  if (!store) return;
  for (size_t i = 0; i < BSN_SQL_COUNT; i++) sqlite3_finalize(store->statement[i]);
  sqlite3_close(store->db);
  if (store->lock >= 0) close(store->lock);
  bsn_arena arena = store->arena;
  bsn_arena_free(&arena);
}

static bool held(const bsn_store *store, int lock, bsn_error *error) {
  char pid[32] = {0};
  ssize_t n = pread(lock, pid, sizeof pid - 1, 0);
  close(lock);
  pid[n > 0 ? strcspn(pid, "\n") : 0] = 0;
  return bsn_fail(error, BSN_HELD, "another run holds %s (pid %s)", store->folder, *pid ? pid : "unknown");
}

static bool sign(int lock, const char *text) {
  size_t n = strlen(text);
  return ftruncate(lock, 0) == 0 && pwrite(lock, text, n, 0) == (ssize_t)n;
}

bool bsn_store_lock(bsn_store *store, bsn_error *error) {
  if (store->lock >= 0) return true;
  char *path = bsn_text_in(&store->arena, "%s/lock", store->folder);
  char *pid = bsn_text_in(&store->arena, "%ld\n", (long)getpid());
  if (!path || !pid) return bsn_no_memory(error);
  int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock < 0) return bsn_fail(error, BSN_IO, "%s: %s", path, strerror(errno));
  int failed = flock(lock, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  if (failed == EWOULDBLOCK) return held(store, lock, error);
  if (!failed && !sign(lock, pid)) failed = errno ? errno : ENOSPC;
  if (!failed) store->lock = lock;
  if (failed) close(lock);
  return !failed || bsn_fail(error, BSN_IO, "%s: %s", path, strerror(failed));
}

/* Facts and places, which every run notes again, need not wait for the disk; records do, and all that was written before them. */
bool bsn_store_be_durable(bsn_store *store, bsn_error *error) {
  if (!store->durable) BSN_TRY(execute(store, "PRAGMA synchronous = FULL", error));
  store->durable = true;
  return true;
}

bsn_sink *bsn_store_sink(bsn_store *store) { return &store->sink; }

const char *bsn_store_folder(const bsn_store *store) { return store->folder; }

bool bsn_store_note(bsn_store *store, const char *name, const char *value, bsn_error *error) {
  if (!value) return bsn_sql_run(store, error, BSN_SQL_UNNOTE, "t", name);
  return bsn_sql_run(store, error, BSN_SQL_NOTE, "tt", name, value);
}

bool bsn_store_note_all(bsn_store *store, size_t n, const bsn_fact *fact, bsn_error *error) {
  BSN_TRY(bsn_sql_run(store, error, BSN_SQL_BEGIN, ""));
  for (size_t i = 0; i < n; i++)
    if (!bsn_store_note(store, fact[i].name, fact[i].value, error)) return bsn_sql_undo(store);
  return bsn_sql_run(store, error, BSN_SQL_COMMIT, "") || bsn_sql_undo(store);
}

bool bsn_store_fact(bsn_store *store, const char *name, bsn_arena *arena, const char **value, bsn_error *error) {
  *value = NULL;
  sqlite3_stmt *statement = bsn_sql_start(store, error, BSN_SQL_FACT, "t", name);
  if (!statement) return false;
  bool found = bsn_sql_row(store, statement, error);
  const char *text = found ? (const char *)sqlite3_column_text(statement, 0) : NULL;
  if (found) *value = text ? bsn_text_in(arena, "%s", text) : NULL;
  bsn_sql_done(statement);
  if (found && !*value) return bsn_no_memory(error);
  return !error->code;
}

static bool arrange(bsn_store *store, const bsn_place *p, size_t n, bsn_error *error) {
  for (size_t i = 0; i < n; i++)
    BSN_TRY(bsn_sql_run(store, error, BSN_SQL_PLACE, "tiit", p[i].cell, p[i].replicate, p[i].place, p[i].key));
  return true;
}

bool bsn_store_arrange(bsn_store *store, const bsn_place *places, size_t n, bsn_error *error) {
  bsn_sql_undo(store);
  BSN_TRY(bsn_sql_run(store, error, BSN_SQL_BEGIN, ""));
  if (!arrange(store, places, n, error)) return bsn_sql_undo(store);
  return bsn_sql_run(store, error, BSN_SQL_COMMIT, "") || bsn_sql_undo(store);
}
