#include "store/sql.h"
#include <math.h>

/* The numbers of one group so far; SQLite zeroes it. */
typedef struct group {
  double *values;
  size_t n;
  double argument;
  bool failed; /* no memory: said at the end, where there is nobody to be confused by a partial result */
} group;

static void collect(sqlite3_context *context, int arguments, sqlite3_value **value) {
  group *g = sqlite3_aggregate_context(context, sizeof *g);
  if (!g) sqlite3_result_error_nomem(context);
  if (!g || g->failed || sqlite3_value_type(value[0]) == SQLITE_NULL) return;
  if (g->n == 0 && arguments > 1) g->argument = sqlite3_value_double(value[1]);
  if (g->n == 0 || (g->n >= 16 && (g->n & (g->n - 1)) == 0)) {
    double *larger = sqlite3_realloc64(g->values, (g->n ? 2 * g->n : 16) * sizeof *larger);
    g->failed = !larger;
    if (g->failed) return;
    g->values = larger;
  }
  g->values[g->n++] = sqlite3_value_double(value[0]);
}

static void finish(sqlite3_context *context) {
  group *g = sqlite3_aggregate_context(context, 0);
  bsn_aggregate **function = sqlite3_user_data(context);
  if (g && g->failed)
    sqlite3_result_error_nomem(context);
  else if (g && g->n)
    sqlite3_result_double(context, (*function)(g->values, g->n, g->argument)); /* nan becomes NULL */
  if (g) sqlite3_free(g->values);
}

bool bsn_store_aggregate(bsn_store *store, const char *name, int arguments, bsn_aggregate *function, bsn_error *error) {
  bsn_aggregate **kept = bsn_alloc_in(&store->arena, sizeof *kept);
  if (!kept) return bsn_no_memory(error);
  *kept = function;
  int code = sqlite3_create_function_v2(store->db, name, arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC, kept, NULL,
                                        collect, finish, NULL);
  return code == SQLITE_OK || bsn_sql_fail(store, code, error);
}
