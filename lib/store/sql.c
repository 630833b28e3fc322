#include "store/sql.h"
#include <stdarg.h>
#include <string.h>

#define WORK "outcome, outcome_step, message, tainted, grads, products, seconds, started, ended, host"
#define TEN  "?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

static const char *const texts[BSN_SQL_COUNT] = {
    [BSN_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [BSN_SQL_COMMIT] = "COMMIT",
    [BSN_SQL_ROLLBACK] = "ROLLBACK",
    [BSN_SQL_MARK] = "SAVEPOINT record",
    [BSN_SQL_UNMARK] = "RELEASE record",
    [BSN_SQL_BACK_TO_MARK] = "ROLLBACK TO record",
    [BSN_SQL_OUTCOME] = "SELECT outcome FROM unit WHERE key = ?",
    [BSN_SQL_FORGET_UNIT] = "DELETE FROM unit WHERE key = ?",
    [BSN_SQL_FORGET_TRIAL] = "DELETE FROM trial WHERE key = ?",
    [BSN_SQL_ADD_UNIT] = "INSERT INTO unit(" WORK ", key, trial, kind, idx) VALUES(" TEN ", ?, ?, ?, ?)",
    [BSN_SQL_ADD_TRIAL] = "INSERT INTO trial(" WORK ", key, place, cell, replicate) VALUES(" TEN ", ?, ?, ?, ?)",
    [BSN_SQL_ADD_SETTING] = "INSERT OR REPLACE INTO setting(key, path, value, identity) VALUES(?, ?, ?, ?)",
    [BSN_SQL_ADD_METRIC] = "INSERT OR REPLACE INTO metric(unit, step, name, value) VALUES(?, ?, ?, ?)",
    [BSN_SQL_ADD_ARRAY] =
        "INSERT OR REPLACE INTO array(unit, step, name, dtype, shape, bytes) VALUES(?, ?, ?, ?, ?, ?)",
    [BSN_SQL_ADD_CLOCK] = "INSERT OR REPLACE INTO clock(unit, step, seconds) VALUES(?, ?, ?)",
    [BSN_SQL_UNIT] = "SELECT " WORK ", id, trial, kind, idx FROM unit WHERE key = ?",
    [BSN_SQL_TRIAL] = "SELECT cell, replicate, place FROM trial WHERE key = ?",
    [BSN_SQL_SETTINGS] = "SELECT path, value, identity FROM setting WHERE key = ? ORDER BY path",
    [BSN_SQL_METRICS] = "SELECT step, name, value FROM metric WHERE unit = ? ORDER BY name, step",
    [BSN_SQL_ARRAYS] = "SELECT step, name, dtype, shape, bytes FROM array WHERE unit = ? ORDER BY name, step",
    [BSN_SQL_CLOCKS] = "SELECT step, seconds FROM clock WHERE unit = ? ORDER BY step",
    /* what is there already is not written, so that it need not wait for the disk */
    [BSN_SQL_NOTE] = ("INSERT INTO study(name, value) VALUES(?1, ?2)"
                      " ON CONFLICT(name) DO UPDATE SET value = ?2 WHERE value IS NOT ?2"),
    [BSN_SQL_UNNOTE] = "DELETE FROM study WHERE name = ?",
    [BSN_SQL_PLACE] = ("UPDATE trial SET cell = ?1, replicate = ?2, place = ?3"
                       " WHERE key = ?4 AND (cell <> ?1 OR replicate <> ?2 OR place <> ?3)"),
    [BSN_SQL_FACT] = "SELECT value FROM study WHERE name = ?",
};

static const struct meaning {
  int code; /* SQLite's, primary */
  bsn_code means;
  const char *text;
} meanings[] = {
    {SQLITE_FULL, BSN_IO, "the disk is full; what was stored before is safe"},
    {SQLITE_NOTADB, BSN_BAD_INPUT, "this is not a results database"},
    {SQLITE_CORRUPT, BSN_BAD_INPUT, "the results database is damaged"},
    {SQLITE_BUSY, BSN_IO, "another process kept the database locked for 30 seconds"},
    {SQLITE_READONLY, BSN_IO, "the results database may not be written"},
    {SQLITE_CANTOPEN, BSN_IO, "cannot open the results database"},
    {SQLITE_TOOBIG, BSN_IO, "a text or array is too large for the results database"},
};

bool bsn_sql_fail(bsn_store *store, int code, bsn_error *error) {
  int primary = code & 0xff;
  if (primary == SQLITE_NOMEM) return bsn_no_memory(error);
  for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
    if (meanings[i].code == primary) return bsn_fail(error, meanings[i].means, "%s: %s", store->file, meanings[i].text);
  int system = store->db && primary == SQLITE_IOERR ? sqlite3_system_errno(store->db) : 0;
  return bsn_fail(error, BSN_IO, "%s: %s (SQLite code %d)", store->file,
                  system ? strerror(system) : sqlite3_errstr(code), code);
}

static int bind_one(sqlite3_stmt *statement, int i, char letter, va_list *list) {
  if (letter == 't') return sqlite3_bind_text(statement, i, va_arg(*list, const char *), -1, SQLITE_STATIC);
  if (letter == 'i') return sqlite3_bind_int64(statement, i, va_arg(*list, int64_t));
  if (letter == 'd') return sqlite3_bind_double(statement, i, va_arg(*list, double));
  const void *bytes = va_arg(*list, const void *);
  size_t n = va_arg(*list, size_t);
  if (n == 0) return sqlite3_bind_zeroblob(statement, i, 0);
  return sqlite3_bind_blob64(statement, i, bytes, n, SQLITE_STATIC);
}

static sqlite3_stmt *start(bsn_store *store, bsn_error *error, bsn_sql which, const char *letters, va_list *list) {
  sqlite3_stmt **slot = &store->statement[which];
  int code = SQLITE_OK;
  if (!*slot) code = sqlite3_prepare_v3(store->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
  for (int i = 0; code == SQLITE_OK && letters[i]; i++) code = bind_one(*slot, i + 1, letters[i], list);
  if (code == SQLITE_OK) return *slot;
  if (*slot) bsn_sql_done(*slot);
  bsn_sql_fail(store, code, error);
  return NULL;
}

sqlite3_stmt *bsn_sql_start(bsn_store *store, bsn_error *error, bsn_sql which, const char *letters, ...) {
  va_list list;
  va_start(list, letters);
  sqlite3_stmt *statement = start(store, error, which, letters, &list);
  va_end(list);
  return statement;
}

bool bsn_sql_row(bsn_store *store, sqlite3_stmt *statement, bsn_error *error) {
  int code = sqlite3_step(statement);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) bsn_sql_fail(store, code, error);
  return false;
}

void bsn_sql_done(sqlite3_stmt *statement) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
}

bool bsn_sql_run(bsn_store *store, bsn_error *error, bsn_sql which, const char *letters, ...) {
  va_list list;
  va_start(list, letters);
  sqlite3_stmt *statement = start(store, error, which, letters, &list);
  va_end(list);
  if (!statement) return false;
  int code = sqlite3_step(statement);
  while (code == SQLITE_ROW) code = sqlite3_step(statement);
  bsn_sql_done(statement);
  return code == SQLITE_DONE || bsn_sql_fail(store, code, error);
}

/* A failed COMMIT may or may not have undone the transaction already. A rollback cannot be refused: without memory for the
 * statement it is left to the next one, or to closing the file. */
bool bsn_sql_undo(bsn_store *store) {
  bsn_error ignored = {0};
  if (store->db && !sqlite3_get_autocommit(store->db)) bsn_sql_run(store, &ignored, BSN_SQL_ROLLBACK, "");
  return false;
}
