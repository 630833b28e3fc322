#include "report/export.h"
#include "store/query.h"
#include <string.h>

/* The columns that some trials have and others lack, sorted by name. */
typedef struct names {
  const char **name;
  size_t n;
} names;

static bool read_names(names *into, bsn_store *store, const char *sql, bsn_arena *arena, bsn_error *error) {
  bsn_query query;
  BSN_TRY(bsn_query_open(&query, store, sql, error));
  bool ok = true;
  while (ok && bsn_query_next(&query, error)) {
    const char **larger = bsn_grow_in(arena, into->name, into->n, sizeof *larger), *text = bsn_query_text(&query, 0);
    const char *copy = larger && text ? bsn_text_in(arena, "%s", text) : NULL;
    ok = copy || bsn_no_memory(error);
    if (!ok) break;
    into->name = larger;
    larger[into->n++] = copy;
  }
  bsn_query_close(&query);
  return ok && !error->code;
}

static void head(const names *columns, bsn_out *out) {
  for (size_t i = 0; i < columns->n; i++) {
    bsn_out_add(out, ",");
    bsn_out_csv(out, columns->name[i]);
  }
}

static void field(const bsn_query *query, int column, bsn_out *out) {
  bsn_query_kind kind = bsn_query_cell(query, column);
  if (kind == BSN_QUERY_NUMBER)
    bsn_out_csv_number(out, bsn_query_number(query, column));
  else
    bsn_out_csv(out, bsn_query_text(query, column));
}

static void fields(const bsn_query *query, int from, int to, bsn_out *out) {
  for (int i = from; i < to; i++) {
    bsn_out_add(out, i > from ? "," : "");
    field(query, i, out);
  }
}

/* The rows (name, value) of a trial, sorted by name, into their columns. */
static bool spread(bsn_query *query, const char *bound, const names *columns, bsn_out *out, bsn_error *error) {
  bsn_query_again(query);
  BSN_TRY(bsn_query_bind(query, 1, bound, error));
  bool more = bsn_query_next(query, error);
  for (size_t i = 0; i < columns->n; i++) {
    const char *name = more ? bsn_query_text(query, 0) : NULL;
    bsn_out_add(out, ",");
    if (!name || strcmp(name, columns->name[i]) != 0) continue;
    field(query, 1, out);
    more = bsn_query_next(query, error);
  }
  return !error->code;
}

/* One kind of CSV: the outer query, the two inner ones, and the queries of the names of their columns. */
enum { OUTER, FIRST, SECOND, QUERIES };

typedef struct export {
  bsn_query query[QUERIES];
  names first, second;
  bsn_out *out;
}
export;

static void close_all(export *e) {
  for (int i = 0; i < QUERIES; i++)
    if (e->query[i].statement) bsn_query_close(&e->query[i]);
}

static bool open_all(export *e, bsn_store *store, const char *const sql[QUERIES], bsn_error *error) {
  for (int i = 0; i < QUERIES; i++) BSN_TRY(bsn_query_open(&e->query[i], store, sql[i], error));
  return true;
}

/* ---- one line a trial ---- */

enum { KEY, WORK = 5, TRIAL_COLUMNS = 11 };

static const char *const trial_sql[QUERIES] = {
    [OUTER] = ("SELECT key, replicate, outcome, outcome_step, tainted, grads, products, seconds, started, ended, host"
               " FROM trial ORDER BY place, key"),
    [FIRST] = "SELECT path, value FROM setting WHERE key = ? ORDER BY path",
    [SECOND] = "SELECT name, value FROM final WHERE key = ? ORDER BY name",
};

static bool trial_line(export *e, bsn_error *error) {
  const bsn_query *trial = &e->query[OUTER];
  const char *key = bsn_query_text(trial, KEY);
  if (!key) return bsn_no_memory(error);
  fields(trial, 0, WORK, e->out);
  BSN_TRY(spread(&e->query[FIRST], key, &e->first, e->out, error));
  BSN_TRY(spread(&e->query[SECOND], key, &e->second, e->out, error));
  bsn_out_add(e->out, ",");
  fields(trial, WORK, TRIAL_COLUMNS, e->out);
  bsn_out_add(e->out, "\n");
  return true;
}

static bool trials(export *e, bsn_store *store, bsn_arena *arena, bsn_error *error) {
  BSN_TRY(read_names(&e->first, store, "SELECT DISTINCT path FROM setting ORDER BY 1", arena, error));
  BSN_TRY(read_names(&e->second, store, "SELECT DISTINCT name FROM final ORDER BY 1", arena, error));
  bsn_out_add(e->out, "key,replicate,outcome,outcome_step,tainted");
  head(&e->first, e->out);
  head(&e->second, e->out);
  bsn_out_add(e->out, ",grads,products,seconds,started,ended,host\n");
  BSN_TRY(open_all(e, store, trial_sql, error));
  bool ok = true;
  while (ok && bsn_query_next(&e->query[OUTER], error)) ok = trial_line(e, error);
  return ok && !error->code;
}

/* ---- one line a point ---- */

static const char *const curve_sql[QUERIES] = {
    [OUTER] = "SELECT key, replicate, cell FROM trial ORDER BY place, key",
    [FIRST] = "SELECT key, iif(type IN ('true', 'false'), type, value) FROM json_each(?) ORDER BY key",
    [SECOND] =
        "SELECT kind, idx, name, step, epoch, examples, value FROM curve WHERE key = ? ORDER BY kind, idx, name, step",
};

/* What all points of a trial begin with is made once. */
static bool curve_lines(export *e, bsn_error *error) {
  const bsn_query *trial = &e->query[OUTER];
  bsn_query *points = &e->query[SECOND];
  const char *key = bsn_query_text(trial, 0), *cell = bsn_query_text(trial, 2);
  if (!key || !cell) return bsn_no_memory(error);
  bsn_out begin = {0};
  fields(trial, 0, 2, &begin);
  bool ok = spread(&e->query[FIRST], cell, &e->first, &begin, error);
  bsn_query_again(points);
  ok = ok && bsn_out_end(&begin, error) && bsn_query_bind(points, 1, key, error);
  while (ok && bsn_query_next(points, error)) {
    bsn_out_add(e->out, "%s,", begin.text);
    fields(points, 0, points->columns, e->out);
    bsn_out_add(e->out, "\n");
  }
  bsn_out_free(&begin);
  return ok && !error->code;
}

static bool curves(export *e, bsn_store *store, bsn_arena *arena, bsn_error *error) {
  const char *factors =
      "SELECT DISTINCT j.key FROM (SELECT DISTINCT cell FROM trial) t, json_each(t.cell) j ORDER BY 1";
  BSN_TRY(read_names(&e->first, store, factors, arena, error));
  bsn_out_add(e->out, "key,replicate");
  head(&e->first, e->out);
  bsn_out_add(e->out, ",kind,idx,name,step,epoch,examples,value\n");
  BSN_TRY(open_all(e, store, curve_sql, error));
  bool ok = true;
  while (ok && bsn_query_next(&e->query[OUTER], error)) ok = curve_lines(e, error);
  return ok && !error->code;
}

bool bsn_export_csv(bsn_store *store, bsn_out *out, bool points, bsn_error *error) {
  bsn_arena arena = {0};
  export e = {.out = out};
  bool ok = points ? curves(&e, store, &arena, error) : trials(&e, store, &arena, error);
  close_all(&e);
  bsn_arena_free(&arena);
  return ok;
}
