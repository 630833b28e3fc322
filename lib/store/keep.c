#include "store/sql.h"
#include <math.h>
#include <string.h>

static bsn_store *store_of(bsn_sink *sink) { return (bsn_store *)(void *)sink; }

static bool outcome_of(bsn_store *store, const char *key, bsn_outcome *outcome, bsn_error *error) {
  *outcome = BSN_UNDONE;
  sqlite3_stmt *row = bsn_sql_start(store, error, BSN_SQL_OUTCOME, "t", key);
  if (!row) return false;
  if (bsn_sql_row(store, row, error)) {
    const char *name = (const char *)sqlite3_column_text(row, 0);
    if (name) *outcome = bsn_outcome_of(name);
    if (!name) bsn_no_memory(error);
  }
  bsn_sql_done(row);
  return !error->code;
}

static bool finished(bsn_outcome outcome) { return outcome != BSN_UNDONE && outcome != BSN_TRIAL_FAILED; }

bool bsn_store_has(bsn_sink *sink, const char *key) {
  bsn_error ignored = {0};
  bsn_outcome outcome;
  return outcome_of(store_of(sink), key, &outcome, &ignored) && finished(outcome);
}

/* ---- putting ---- */

#define WORK_LETTERS \
  "titiddddd"        \
  "t"
#define WORK_OF(r)                                                                                                   \
  bsn_outcome_name((r)->outcome), (r)->outcome_step, (r)->message, (int64_t)(r)->tainted, (r)->grads, (r)->products, \
      (r)->seconds, (r)->started, (r)->ended, (r)->host

static bool add_trial(bsn_store *store, const bsn_record *r, bsn_error *error) {
  BSN_TRY(bsn_sql_run(store, error, BSN_SQL_FORGET_TRIAL, "t", r->key));
  BSN_TRY(bsn_sql_run(store, error, BSN_SQL_ADD_TRIAL, WORK_LETTERS "titi", WORK_OF(r), r->key, r->place,
                      r->cell ? r->cell : "{}", r->replicate));
  for (size_t i = 0; i < r->settings.n; i++) {
    const bsn_setting *s = &r->settings.item[i];
    BSN_TRY(bsn_sql_run(store, error, BSN_SQL_ADD_SETTING, "tttt", r->key, s->path, s->value, s->identity));
  }
  return true;
}

static bool add_array(bsn_store *store, int64_t unit, const bsn_array *a, bsn_error *error) {
  size_t bytes = bsn_dtype_size(a->dtype);
  char dtype[2] = {a->dtype, 0}, shape[128] = "[]";
  for (int i = 0, at = 0; i < a->axes && i < 4; i++) {
    bytes *= (size_t)a->shape[i];
    sqlite3_snprintf((int)sizeof shape - at, shape + at, "%s%lld]", i ? "," : "[", (long long)a->shape[i]);
    at = (int)strlen(shape) - 1;
  }
  return bsn_sql_run(store, error, BSN_SQL_ADD_ARRAY, "iitttb", unit, a->step, a->name, dtype, shape, a->data, bytes);
}

static bool add_values(bsn_store *store, int64_t unit, const bsn_record *r, bsn_error *error) {
  for (size_t i = 0; i < r->nmetrics; i++) {
    const bsn_metric *m = &r->metric[i];
    BSN_TRY(bsn_sql_run(store, error, BSN_SQL_ADD_METRIC, "iitd", unit, m->step, m->name, m->value));
  }
  for (size_t i = 0; i < r->narrays; i++) BSN_TRY(add_array(store, unit, &r->array[i], error));
  for (size_t i = 0; i < r->nclocks; i++)
    BSN_TRY(bsn_sql_run(store, error, BSN_SQL_ADD_CLOCK, "iid", unit, r->clock[i].step, r->clock[i].seconds));
  return true;
}

static bool add(bsn_store *store, const bsn_record *r, bsn_error *error) {
  bsn_outcome before;
  BSN_TRY(outcome_of(store, r->key, &before, error));
  if (finished(before)) return true;
  BSN_TRY(bsn_sql_run(store, error, BSN_SQL_FORGET_UNIT, "t", r->key));
  BSN_TRY(bsn_sql_run(store, error, BSN_SQL_ADD_UNIT, WORK_LETTERS "ttti", WORK_OF(r), r->key, r->trial, r->kind,
                      r->index));
  int64_t unit = sqlite3_last_insert_rowid(store->db);
  if (strcmp(r->kind, "trial") == 0) BSN_TRY(add_trial(store, r, error));
  return add_values(store, unit, r, error);
}

static bool sound(const bsn_record *r, bsn_error *error) {
  if (r->outcome == BSN_UNDONE) return bsn_fail(error, BSN_BAD_INPUT, "record %s has no outcome", r->key);
  for (size_t i = 0; i < r->narrays; i++)
    if (!bsn_dtype_size(r->array[i].dtype) || r->array[i].axes < 0 || r->array[i].axes > 4)
      return bsn_fail(error, BSN_BAD_INPUT, "record %s: array %s has no known type or shape", r->key, r->array[i].name);
  return true;
}

static bool begin(bsn_store *store, bsn_error *error) {
  bsn_sql_undo(store); /* left by a failure that could not even roll back */
  return bsn_store_be_durable(store, error) && bsn_sql_run(store, error, BSN_SQL_BEGIN, "");
}

static bool commit(bsn_store *store, bsn_error *error) {
  return bsn_sql_run(store, error, BSN_SQL_COMMIT, "") || bsn_sql_undo(store);
}

/* One more record into the transaction of those that are gathered. One that fails leaves the others; if it cannot even be taken
 * back alone, all go. */
static bool gather(bsn_store *store, const bsn_record *record, bsn_error *error) {
  if (!store->gathered) BSN_TRY(begin(store, error));
  store->gathered = true;
  bool marked = bsn_sql_run(store, error, BSN_SQL_MARK, "");
  if (marked && add(store, record, error) && bsn_sql_run(store, error, BSN_SQL_UNMARK, "")) return true;
  bsn_error ignored = {0};
  if (marked && bsn_sql_run(store, &ignored, BSN_SQL_BACK_TO_MARK, "")) return false;
  store->gathered = false;
  store->lost = true;
  return bsn_sql_undo(store);
}

bool bsn_store_put(bsn_sink *sink, const bsn_record *record, bsn_error *error) {
  bsn_store *store = store_of(sink);
  BSN_TRY(sound(record, error));
  if (sink->gather) return gather(store, record, error);
  BSN_TRY(begin(store, error));
  return add(store, record, error) ? commit(store, error) : bsn_sql_undo(store);
}

bool bsn_store_settle(bsn_sink *sink, bsn_error *error) {
  bsn_store *store = store_of(sink);
  bool gathered = store->gathered, lost = store->lost;
  store->gathered = store->lost = false;
  if (gathered) BSN_TRY(commit(store, error));
  return !lost || bsn_fail(error, BSN_IO, "%s: the last records could not be kept", store->file);
}

/* ---- getting ---- */

/* A column's text in the arena; NULL where it is NULL. Without memory, *failed is set. */
static const char *text_of(sqlite3_stmt *row, int column, bsn_arena *arena, bool *failed) {
  if (sqlite3_column_type(row, column) == SQLITE_NULL) return NULL;
  const char *text = (const char *)sqlite3_column_text(row, column);
  const char *copy = text ? bsn_copy_in(arena, text, strlen(text) + 1) : NULL;
  *failed = *failed || !copy;
  return copy;
}

static double number_of(sqlite3_stmt *row, int column) {
  return sqlite3_column_type(row, column) == SQLITE_NULL ? NAN : sqlite3_column_double(row, column);
}

static bool get_unit(sqlite3_stmt *row, const char *key, bsn_arena *arena, bsn_record *r, int64_t *unit) {
  bool failed = false;
  const char *trial = text_of(row, 11, arena, &failed), *kind = text_of(row, 12, arena, &failed);
  const char *outcome = text_of(row, 0, arena, &failed);
  if (failed || !trial || !kind || !outcome) return false;
  bsn_record_init(r, arena, key, trial, kind, sqlite3_column_int64(row, 13));
  r->outcome = bsn_outcome_of(outcome);
  r->outcome_step = sqlite3_column_int64(row, 1);
  r->message = text_of(row, 2, arena, &failed);
  r->tainted = sqlite3_column_int(row, 3);
  double *field[] = {&r->grads, &r->products, &r->seconds, &r->started, &r->ended};
  for (int i = 0; i < 5; i++) *field[i] = number_of(row, 4 + i);
  r->host = text_of(row, 9, arena, &failed);
  *unit = sqlite3_column_int64(row, 10);
  return !failed;
}

static bool get_setting(sqlite3_stmt *row, bsn_arena *arena, bsn_record *r) {
  bsn_setting *items = bsn_grow_in(arena, r->settings.item, r->settings.n, sizeof *items);
  if (!items) return false;
  bool failed = false;
  r->settings.item = items;
  items[r->settings.n++] =
      (bsn_setting){text_of(row, 0, arena, &failed), text_of(row, 1, arena, &failed), text_of(row, 2, arena, &failed)};
  return !failed;
}

static bool get_trial(sqlite3_stmt *row, bsn_arena *arena, bsn_record *r) {
  bool failed = false;
  r->cell = text_of(row, 0, arena, &failed);
  r->replicate = sqlite3_column_int64(row, 1);
  r->place = sqlite3_column_int64(row, 2);
  return !failed;
}

/* Names repeat and come sorted: each is copied once. */
static bool get_metric(sqlite3_stmt *row, bsn_arena *arena, bsn_record *r) {
  const char *name = (const char *)sqlite3_column_text(row, 1);
  if (!name) return false;
  const char *last = r->nmetrics ? r->metric[r->nmetrics - 1].name : "";
  if (!r->nmetrics || strcmp(name, last) != 0) last = bsn_copy_in(arena, name, strlen(name) + 1);
  return last && bsn_record_metric(r, sqlite3_column_int64(row, 0), last, number_of(row, 2));
}

static bool get_array(sqlite3_stmt *row, bsn_arena *arena, bsn_record *r) {
  bool failed = false;
  const char *dtype = text_of(row, 2, arena, &failed), *shape = text_of(row, 3, arena, &failed);
  bsn_array a = {.step = sqlite3_column_int64(row, 0), .name = text_of(row, 1, arena, &failed)};
  if (failed || !dtype || !shape || !a.name) return false;
  a.dtype = *dtype;
  for (const char *at = shape + 1; a.axes < 4 && *at && *at != ']'; at += *at == ',') {
    for (; *at >= '0' && *at <= '9'; at++) a.shape[a.axes] = 10 * a.shape[a.axes] + (*at - '0');
    a.axes++;
  }
  const void *bytes = sqlite3_column_blob(row, 4);
  size_t n = (size_t)sqlite3_column_bytes(row, 4);
  void *copy = bsn_buffer_in(arena, n);
  if (!copy || (n && !bytes)) return false;
  if (n) memcpy(copy, bytes, n);
  a.data = copy;
  return bsn_record_array(r, a);
}

static bool get_clock(sqlite3_stmt *row, bsn_arena *arena, bsn_record *r) {
  (void)arena;
  return bsn_record_clock(r, sqlite3_column_int64(row, 0), sqlite3_column_double(row, 1));
}

typedef bool reader(sqlite3_stmt *row, bsn_arena *arena, bsn_record *record);

static bool all(bsn_store *store, sqlite3_stmt *row, reader *read, bsn_arena *arena, bsn_record *record,
                bsn_error *error) {
  if (!row) return false;
  bool ok = true;
  while (ok && bsn_sql_row(store, row, error)) ok = read(row, arena, record) || bsn_no_memory(error);
  bsn_sql_done(row);
  return ok && !error->code;
}

static bool get_values(bsn_store *store, int64_t unit, bsn_arena *arena, bsn_record *r, bsn_error *error) {
  static const struct {
    bsn_sql sql;
    reader *read;
  } parts[] = {{BSN_SQL_METRICS, get_metric}, {BSN_SQL_ARRAYS, get_array}, {BSN_SQL_CLOCKS, get_clock}};
  for (size_t i = 0; i < 3; i++)
    BSN_TRY(all(store, bsn_sql_start(store, error, parts[i].sql, "i", unit), parts[i].read, arena, r, error));
  if (strcmp(r->kind, "trial") != 0) return true;
  BSN_TRY(all(store, bsn_sql_start(store, error, BSN_SQL_TRIAL, "t", r->key), get_trial, arena, r, error));
  return all(store, bsn_sql_start(store, error, BSN_SQL_SETTINGS, "t", r->key), get_setting, arena, r, error);
}

bool bsn_store_get(bsn_sink *sink, const char *key, bsn_arena *arena, bsn_record *record, bsn_error *error) {
  bsn_store *store = store_of(sink);
  sqlite3_stmt *row = bsn_sql_start(store, error, BSN_SQL_UNIT, "t", key);
  if (!row) return false;
  int64_t unit = 0;
  bool found = bsn_sql_row(store, row, error);
  bool ok = found && (get_unit(row, key, arena, record, &unit) || bsn_no_memory(error));
  bsn_sql_done(row);
  return ok && get_values(store, unit, arena, record, error);
}
