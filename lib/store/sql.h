/* sql.h: what the files of this folder share; nobody else includes it.
 *
 *     BSN_TRY(bsn_sql_run(store, error, ADD_CLOCK, "iid", unit, step, seconds));
 *
 * Every statement of the store stands in one table (store/sql.c) and is prepared when it is first used.
 */
#ifndef BSN_STORE_SQL_H
#define BSN_STORE_SQL_H

#include "store/store.h"
#include <sqlite3.h>

typedef enum bsn_sql {
  BSN_SQL_BEGIN,
  BSN_SQL_COMMIT,
  BSN_SQL_ROLLBACK,
  BSN_SQL_MARK,
  BSN_SQL_UNMARK,
  BSN_SQL_BACK_TO_MARK,
  BSN_SQL_OUTCOME,
  BSN_SQL_FORGET_UNIT,
  BSN_SQL_FORGET_TRIAL,
  BSN_SQL_ADD_UNIT,
  BSN_SQL_ADD_TRIAL,
  BSN_SQL_ADD_SETTING,
  BSN_SQL_ADD_METRIC,
  BSN_SQL_ADD_ARRAY,
  BSN_SQL_ADD_CLOCK,
  BSN_SQL_UNIT,
  BSN_SQL_TRIAL,
  BSN_SQL_SETTINGS,
  BSN_SQL_METRICS,
  BSN_SQL_ARRAYS,
  BSN_SQL_CLOCKS,
  BSN_SQL_NOTE,
  BSN_SQL_UNNOTE,
  BSN_SQL_FACT,
  BSN_SQL_PLACE,
  BSN_SQL_COUNT
} bsn_sql;

struct bsn_store {
  bsn_sink sink; /* first: the sink's address is the store's */
  bsn_arena arena;
  const char *folder, *file; /* file: folder/study.db */
  sqlite3 *db;
  sqlite3_stmt *statement[BSN_SQL_COUNT];
  int lock;      /* descriptor of folder/lock; -1: not locked */
  bool durable;  /* commits wait for the disk: from the first record on */
  bool gathered; /* a transaction is open, with records that settle will commit */
  bool lost;     /* records were gathered and are gone: settle has to say so */
};

/* The schema as SQL, the number in user_version, and what application_id says of our files. */
extern const char *const bsn_schema_text;
enum { BSN_SCHEMA_VERSION = 1, BSN_SCHEMA_OURS = 0x6273696e };

/* Say what the result code of SQLite means for the user; returns false. */
bool bsn_sql_fail(bsn_store *store, int code, bsn_error *error);

/* Statement `which` with its parameters bound: one letter each, t (const char *, NULL is NULL), i (int64_t), d (double),
 * b (const void *, size_t: a blob). NULL on failure. The pointers must live until bsn_sql_done. */
sqlite3_stmt *bsn_sql_start(bsn_store *store, bsn_error *error, bsn_sql which, const char *letters, ...);

/* One more row? False at the end and on errors. */
bool bsn_sql_row(bsn_store *store, sqlite3_stmt *statement, bsn_error *error);

/* Make the statement ready for its next use. */
void bsn_sql_done(sqlite3_stmt *statement);

/* start, step to the end, done. */
bool bsn_sql_run(bsn_store *store, bsn_error *error, bsn_sql which, const char *letters, ...);

/* From now on every commit is on the disk, with all before it, when it returns. Outside of transactions. */
bool bsn_store_be_durable(bsn_store *store, bsn_error *error);

/* Undo the open transaction, if there is one. Returns false. */
bool bsn_sql_undo(bsn_store *store);

/* The sink's functions that keep records (store/keep.c) and files (store/file.c). */
bool bsn_store_has(bsn_sink *sink, const char *key);
bool bsn_store_get(bsn_sink *sink, const char *key, bsn_arena *arena, bsn_record *record, bsn_error *error);
bool bsn_store_put(bsn_sink *sink, const bsn_record *record, bsn_error *error);
bool bsn_store_save(bsn_sink *sink, const char *name, const void *bytes, size_t n, bsn_error *error);
bool bsn_store_load(bsn_sink *sink, const char *name, bsn_arena *arena, void **bytes, size_t *n, bsn_error *error);
void bsn_store_drop(bsn_sink *sink, const char *name);
bool bsn_store_settle(bsn_sink *sink, bsn_error *error);
bool bsn_store_hold(bsn_sink *sink, const char *name, int *held, bsn_error *error);
void bsn_store_let_go(bsn_sink *sink, const char *name, int held);

/* Make folder, and the folders that it is in, where they are missing. */
bool bsn_folder_make(const char *folder, bsn_error *error);

#endif
