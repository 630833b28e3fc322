#include "report/summary.h"
#include "base/value.h"
#include "report/export.h"
#include "store/query.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Parameter 1 is the factor's path inside the cell, 2 the factor, 3 the metric; NULL where nothing was asked. A group's
 * place is that of its first trial. */
#define GROUPED                                                                                      \
  "WITH t AS (SELECT *, iif(?2 IS NULL, cell, json_object(?2, json(cell -> ?1))) AS g FROM report)," \
  " c AS (SELECT g, min(place) AS at FROM t GROUP BY g)"

static const char groups_sql[] = GROUPED
    " SELECT g, count(*), sum(outcome = 'diverged'), sum(outcome = 'failed'), sum(tainted), ?3"
    " FROM t GROUP BY g ORDER BY min(place), g";
static const char factors_sql[] =
    GROUPED " SELECT j.key, ?3 FROM c, json_each(c.g) j GROUP BY j.key ORDER BY min(c.at), min(j.id)";
/* CROSS JOIN keeps SQLite from walking all metrics before it knows of which trial. */
static const char values_sql[] = GROUPED
    ", p AS (SELECT *, min(place) OVER (PARTITION BY g) AS at FROM t),"
    " o AS MATERIALIZED (SELECT *, dense_rank() OVER (ORDER BY at, g) - 1 AS number FROM p)"
    " SELECT o.number, f.name, f.value, json_remove(o.cell, ifnull(?1, '$.x')) AS rest, o.replicate"
    " FROM o CROSS JOIN final f ON f.key = o.key WHERE ";
/* Of a step or of the model, not results: shown when asked for by name. */
#define ALL_METRICS "?3 IS NULL AND f.name NOT IN ('batch_loss', 'lr', 'parameters', 'optimizer_bytes')"
/* null: a cell of a union that leaves this factor alone. */
static const char cell_sql[] =
    "SELECT key, iif(type IN ('true', 'false'), type, value) FROM json_each(?) WHERE type <> 'null'";

typedef struct maker {
  bsn_summary *s;
  bsn_store *store;
  const char *by, *path, *metric;
  bsn_error *error;
} maker;

static const char *keep(maker *m, const char *text) {
  const char *copy = text ? bsn_text_in(m->s->arena, "%s", text) : NULL;
  if (!copy) bsn_no_memory(m->error);
  return copy;
}

static bool ask(maker *m, bsn_query *query, const char *sql) {
  BSN_TRY(bsn_query_open(query, m->store, sql, m->error));
  const char *bound[] = {m->path, m->by, m->metric};
  for (int i = 0; i < 3; i++)
    if (!bsn_query_bind(query, i + 1, bound[i], m->error)) return bsn_query_close(query), false;
  return true;
}

/* Room for one more item at the end of *items; NULL without memory. */
static void *append(maker *m, void **items, size_t *n, size_t size) {
  void *larger = bsn_grow_in(m->s->arena, *items, *n, size);
  if (!larger) return bsn_no_memory(m->error), NULL;
  *items = larger;
  return (char *)larger + size * (*n)++;
}

/* ---- groups and their factors ---- */

static bool read_factors(maker *m) {
  bsn_query query;
  BSN_TRY(ask(m, &query, factors_sql));
  while (!m->error->code && bsn_query_next(&query, m->error)) {
    const char **name = append(m, (void **)&m->s->factor, &m->s->nfactors, sizeof *name);
    if (name) *name = keep(m, bsn_query_text(&query, 0));
  }
  bsn_query_close(&query);
  return !m->error->code;
}

static bool fill_values(maker *m, bsn_query *cell, bsn_group *g) {
  g->value = bsn_alloc_in(m->s->arena, (m->s->nfactors + 1) * sizeof *g->value);
  if (!g->value) return bsn_no_memory(m->error);
  bsn_query_again(cell);
  BSN_TRY(bsn_query_bind(cell, 1, g->cell, m->error));
  while (!m->error->code && bsn_query_next(cell, m->error)) {
    const char *name = bsn_query_text(cell, 0);
    for (size_t i = 0; name && i < m->s->nfactors; i++)
      if (strcmp(name, m->s->factor[i]) == 0) g->value[i] = keep(m, bsn_query_text(cell, 1));
  }
  return !m->error->code;
}

static size_t count_of(const bsn_query *query, int column) { return (size_t)bsn_query_whole(query, column); }

static bool read_group(maker *m, bsn_query *query, bsn_query *cell, size_t replicates) {
  bsn_group *g = append(m, (void **)&m->s->group, &m->s->ngroups, sizeof *g);
  if (!g) return false;
  *g = (bsn_group){.cell = keep(m, bsn_query_text(query, 0)),
                   .trials = count_of(query, 1),
                   .diverged = count_of(query, 2),
                   .failed = count_of(query, 3),
                   .tainted = count_of(query, 4)};
  g->of = !m->by && replicates > g->trials ? replicates : g->trials;
  m->s->trials += g->trials;
  return g->cell && fill_values(m, cell, g);
}

static bool fact_number(maker *m, const char *name, size_t *number) {
  const char *text;
  double x = 0;
  BSN_TRY(bsn_store_fact(m->store, name, m->s->arena, &text, m->error));
  if (text) bsn_number_read(text, &x);
  *number = x > 0 ? (size_t)x : 0;
  return true;
}

static bool read_groups(maker *m) {
  size_t replicates;
  bsn_query query, cell;
  BSN_TRY(fact_number(m, "replicates", &replicates) && fact_number(m, "trials", &m->s->of));
  BSN_TRY(bsn_query_open(&cell, m->store, cell_sql, m->error));
  bool ok = ask(m, &query, groups_sql);
  while (ok && bsn_query_next(&query, m->error)) ok = read_group(m, &query, &cell, replicates);
  if (query.statement) bsn_query_close(&query);
  bsn_query_close(&cell);
  return ok && !m->error->code;
}

/* ---- values ---- */

/* The finite values of one group and metric, or of a metric with what they are paired over. */
typedef struct value {
  size_t group, block; /* block: replicate and other factors */
  double x;
} value;

typedef struct run {
  value *item;
  size_t n, blocks;
  const char *metric;
} run;

static bool finish_row(maker *m, run *r, size_t group) {
  if (!r->metric) return true;
  bsn_summary_row *row = append(m, (void **)&m->s->row, &m->s->nrows, sizeof *row);
  double *x = bsn_alloc_in(m->s->arena, (r->n + 1) * sizeof *x);
  if (!row || !x) return bsn_no_memory(m->error);
  for (size_t i = 0; i < r->n; i++) x[i] = r->item[i].x;
  *row = (bsn_summary_row){.group = group, .metric = r->metric};
  row->interval = bsn_t_interval(x, r->n, 0.95);
  row->median = bsn_median(x, r->n);
  return true;
}

static bool add_value(maker *m, run *r, size_t group, double x) {
  if (!isfinite(x)) return true;
  value *v = append(m, (void **)&r->item, &r->n, sizeof *v);
  if (v) *v = (value){.group = group, .block = r->blocks, .x = x};
  return v;
}

/* A run without values that can take the memory of the last one. */
static bool restart(maker *m, run *r, const char *metric) {
  bool same = r->metric && strcmp(r->metric, metric) == 0;
  r->metric = same ? r->metric : keep(m, metric);
  r->n = r->blocks = 0;
  r->item = NULL;
  return r->metric;
}

/* A condition that is not there is one that SQLite need not plan around. */
static char *values_in(maker *m, const char *order) {
  return bsn_text_in(m->s->arena, "%s%s ORDER BY %s", values_sql, m->metric ? "f.name = ?3" : ALL_METRICS, order);
}

static bool read_rows(maker *m) {
  char *sql = values_in(m, "1, 2");
  bsn_query query;
  if (!sql) return bsn_no_memory(m->error);
  BSN_TRY(ask(m, &query, sql));
  run r = {0};
  size_t group = 0;
  bool ok = true;
  while (ok && bsn_query_next(&query, m->error)) {
    const char *metric = bsn_query_text(&query, 1);
    bool next = !r.metric || !metric || group != count_of(&query, 0) || strcmp(metric, r.metric) != 0;
    ok = metric || bsn_no_memory(m->error);
    if (ok && next) ok = finish_row(m, &r, group) && restart(m, &r, metric);
    group = count_of(&query, 0);
    ok = ok && add_value(m, &r, group, bsn_query_number(&query, 2));
  }
  bsn_query_close(&query);
  return ok && !m->error->code && finish_row(m, &r, group);
}

/* ---- comparisons ---- */

/* Pairs of values of two groups in the same block; the values come ordered by block. */
static size_t pair_up(const run *r, size_t first, size_t second, double *a, double *b) {
  size_t n = 0;
  const value *held[2] = {NULL, NULL};
  for (size_t i = 0; i < r->n; i++) {
    const value *v = &r->item[i];
    if (v->group != first && v->group != second) continue;
    held[v->group == second] = v;
    if (!held[0] || !held[1] || held[0]->block != held[1]->block) continue;
    a[n] = held[0]->x;
    b[n++] = held[1]->x;
  }
  return n;
}

static bool correct(maker *m, size_t from) {
  size_t n = m->s->ncomparisons - from;
  double *p = bsn_alloc_in(m->s->arena, 2 * n * sizeof *p + 1);
  if (!p) return bsn_no_memory(m->error);
  for (size_t i = 0; i < n; i++) p[i] = m->s->comparison[from + i].test.p;
  bsn_holm(p, p + n, n);
  for (size_t i = 0; i < n; i++) m->s->comparison[from + i].p_holm = p[n + i];
  return true;
}

static bool compare(maker *m, const run *r) {
  if (!r->metric) return true;
  double *a = bsn_alloc_in(m->s->arena, (2 * r->n + 1) * sizeof *a);
  if (!a) return bsn_no_memory(m->error);
  double *b = a + r->n;
  size_t from = m->s->ncomparisons;
  for (size_t i = 0; i < m->s->ngroups; i++)
    for (size_t j = i + 1; j < m->s->ngroups; j++) {
      bsn_comparison *c = append(m, (void **)&m->s->comparison, &m->s->ncomparisons, sizeof *c);
      if (!c) return false;
      size_t n = pair_up(r, i, j, a, b);
      *c = (bsn_comparison){.metric = r->metric, .first = i, .second = j, .test = bsn_paired_t(a, b, n, 0.95)};
    }
  return correct(m, from);
}

/* Is this row of another block than the one before? rest and replicate remember that one. */
static bool new_block(maker *m, const bsn_query *query, const char **rest, int64_t *replicate) {
  const char *text = bsn_query_text(query, 3);
  bool same = text && *rest && strcmp(text, *rest) == 0 && *replicate == bsn_query_whole(query, 4);
  if (same) return false;
  *rest = keep(m, text);
  *replicate = bsn_query_whole(query, 4);
  return true;
}

static bool read_comparisons(maker *m) {
  char *sql = values_in(m, "2, 4, 5, 1");
  bsn_query query;
  if (!sql) return bsn_no_memory(m->error);
  BSN_TRY(ask(m, &query, sql));
  run r = {0};
  const char *rest = NULL;
  int64_t replicate = 0;
  bool ok = true;
  while (ok && bsn_query_next(&query, m->error)) {
    const char *metric = bsn_query_text(&query, 1);
    ok = metric || bsn_no_memory(m->error);
    if (ok && (!r.metric || strcmp(metric, r.metric) != 0)) ok = compare(m, &r) && restart(m, &r, metric);
    r.blocks += new_block(m, &query, &rest, &replicate);
    ok = ok && !m->error->code && add_value(m, &r, count_of(&query, 0), bsn_query_number(&query, 2));
  }
  bsn_query_close(&query);
  return ok && !m->error->code && compare(m, &r);
}

/* ---- what was asked for must exist ---- */

static bool check_known(maker *m, const char *what, const char *word, const char *sql) {
  bsn_query query;
  size_t n = 0, length = 0;
  const char **known = NULL, *list = "";
  BSN_TRY(bsn_query_open(&query, m->store, sql, m->error));
  bool found = false;
  while (!m->error->code && bsn_query_next(&query, m->error)) {
    const char **name = append(m, (void **)&known, &n, sizeof *name);
    const char *text = name ? *name = keep(m, bsn_query_text(&query, 0)) : NULL;
    found = found || (text && strcmp(text, word) == 0);
    if (text) length += strlen(text);
  }
  bsn_query_close(&query);
  if (found || m->error->code) return found;
  for (size_t i = 0; list && i < n && length < 1500; i++)
    list = bsn_text_in(m->s->arena, "%s%s%s", list, i ? ", " : "", known[i]);
  return bsn_fail(m->error, BSN_USAGE, "%s: no %s \"%s\"; it has %s", m->s->study, what, word,
                  n == 0 ? "none"
                  : list ? list
                         : "others");
}

static bool check_factor(maker *m) {
  static const char factors[] = "SELECT DISTINCT j.key FROM (SELECT DISTINCT cell FROM trial) t, json_each(t.cell) j";
  return !m->by || check_known(m, "varied factor", m->by, factors);
}

/* Every metric that was recorded has a row; to list them all takes a while, so it is done only where one is missing. */
static bool check_metric(maker *m) {
  return !m->metric || m->s->nrows || check_known(m, "metric", m->metric, "SELECT DISTINCT name FROM final");
}

bool bsn_summary_make(bsn_summary *summary, bsn_store *store, bsn_arena *arena, const char *by, const char *metric,
                      bsn_error *error) {
  *summary = (bsn_summary){.arena = arena, .study = bsn_study_name(store, arena, error)};
  maker m = {.s = summary, .store = store, .by = by, .metric = metric, .error = error};
  if (!summary->study) return false;
  BSN_TRY(check_factor(&m));
  m.path = by ? bsn_text_in(arena, "$.\"%s\"", by) : NULL;
  if (by && !m.path) return bsn_no_memory(error);
  BSN_TRY(read_factors(&m) && read_groups(&m) && read_rows(&m) && check_metric(&m));
  return !by || read_comparisons(&m);
}
