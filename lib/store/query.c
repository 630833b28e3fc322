#include "store/query.h"
#include "store/sql.h"
#include <math.h>
#include <string.h>

static bool complain(bsn_query *query, int code, bsn_error *error) {
  if ((code & 0xff) != SQLITE_ERROR) return bsn_sql_fail(query->store, code, error);
  return bsn_fail(error, BSN_USAGE, "SQL: %s", sqlite3_errmsg(query->store->db));
}

static bool blank(const char *text) { return !text[strspn(text, " \t\r\n;")]; }

bool bsn_query_open(bsn_query *query, bsn_store *store, const char *sql, bsn_error *error) {
  sqlite3_stmt *statement = NULL;
  const char *rest = "";
  *query = (bsn_query){.store = store};
  int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, &rest);
  if (code != SQLITE_OK) return complain(query, code, error);
  query->statement = statement;
  query->columns = sqlite3_column_count(statement);
  const char *wrong = !statement                          ? "SQL: there is no statement"
                      : !blank(rest)                      ? "SQL: more than one statement"
                      : !sqlite3_stmt_readonly(statement) ? "SQL: only statements that change nothing can be run"
                                                          : NULL;
  if (!wrong) return true;
  bsn_query_close(query);
  return bsn_fail(error, BSN_USAGE, "%s", wrong);
}

bool bsn_query_bind(bsn_query *query, int i, const char *text, bsn_error *error) {
  int code = sqlite3_bind_text(query->statement, i, text, -1, SQLITE_STATIC);
  return code == SQLITE_OK || complain(query, code, error);
}

bool bsn_query_next(bsn_query *query, bsn_error *error) {
  int code = sqlite3_step(query->statement);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) complain(query, code, error);
  return false;
}

void bsn_query_again(bsn_query *query) { sqlite3_reset(query->statement); }

void bsn_query_close(bsn_query *query) {
  sqlite3_finalize(query->statement);
  query->statement = NULL;
}

const char *bsn_query_name(const bsn_query *query, int column) {
  const char *name = sqlite3_column_name(query->statement, column);
  return name ? name : "";
}

bsn_query_kind bsn_query_cell(const bsn_query *query, int column) {
  static const bsn_query_kind cells[] = {[SQLITE_INTEGER] = BSN_QUERY_WHOLE,
                                         [SQLITE_FLOAT] = BSN_QUERY_NUMBER,
                                         [SQLITE_TEXT] = BSN_QUERY_TEXT,
                                         [SQLITE_BLOB] = BSN_QUERY_BYTES,
                                         [SQLITE_NULL] = BSN_QUERY_NULL};
  return cells[sqlite3_column_type(query->statement, column)];
}

const char *bsn_query_text(const bsn_query *query, int column) {
  return (const char *)sqlite3_column_text(query->statement, column);
}

double bsn_query_number(const bsn_query *query, int column) {
  if (sqlite3_column_type(query->statement, column) == SQLITE_NULL) return NAN;
  return sqlite3_column_double(query->statement, column);
}

int64_t bsn_query_whole(const bsn_query *query, int column) { return sqlite3_column_int64(query->statement, column); }

const void *bsn_query_bytes(const bsn_query *query, int column, size_t *n) {
  const void *bytes = sqlite3_column_blob(query->statement, column);
  *n = (size_t)sqlite3_column_bytes(query->statement, column);
  return bytes;
}
