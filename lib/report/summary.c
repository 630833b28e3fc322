#include "report/summary_parts.h"
#include "base/value.h"
#include "report/export.h"
#include "stats/metric.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- helpers ---- */

const char *bsn_summary_keep(bsn_summary_maker *m, const char *text) {
  const char *copy = text ? bsn_text_in(m->s->arena, "%s", text) : NULL;
  if (!copy) bsn_no_memory(m->error);
  return copy;
}

void *bsn_summary_append(bsn_summary_maker *m, void **items, size_t *n, size_t size) {
  void *larger = bsn_grow_in(m->s->arena, *items, *n, size);
  if (!larger) return bsn_no_memory(m->error), NULL;
  *items = larger;
  return (char *)larger + size * (*n)++;
}

/* Parameter 1 is the factor's path inside the cell, 2 the factor; NULL where nothing was asked. */
static bool ask(bsn_summary_maker *m, bsn_query *query, const char *sql) {
  if (!sql) return bsn_no_memory(m->error);
  BSN_TRY(bsn_query_open(query, m->store, sql, m->error));
  if (bsn_query_bind(query, 1, m->path, m->error) && bsn_query_bind(query, 2, m->s->by, m->error)) return true;
  bsn_query_close(query);
  return false;
}

/* ---- what was asked for must exist ---- */

static const char all_factors[] = "SELECT DISTINCT j.key FROM (SELECT DISTINCT cell FROM trial) t, json_each(t.cell) j";

bool bsn_summary_known(bsn_summary_maker *m, const char *what, const char *word, const char *sql) {
  bsn_query query;
  size_t n = 0, length = 0;
  const char **known = NULL, *list = "";
  BSN_TRY(bsn_query_open(&query, m->store, sql, m->error));
  bool found = false;
  while (!m->error->code && bsn_query_next(&query, m->error)) {
    const char **name = bsn_summary_append(m, (void **)&known, &n, sizeof *name);
    const char *text = name ? *name = bsn_summary_keep(m, bsn_query_text(&query, 0)) : NULL;
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

/* "optimizer" means optimizer.name where only that one varies. */
static bool find_factor(bsn_summary_maker *m) {
  bsn_query query;
  const char *named = m->asked->by ? bsn_text_in(m->s->arena, "%s.name", m->asked->by) : NULL;
  if (!m->asked->by) return true;
  if (!named) return bsn_no_memory(m->error);
  m->s->by = m->asked->by;
  BSN_TRY(bsn_query_open(&query, m->store, all_factors, m->error));
  bool itself = false, short_for = false;
  while (!m->error->code && bsn_query_next(&query, m->error)) {
    const char *text = bsn_query_text(&query, 0);
    itself |= text && !strcmp(text, m->s->by);
    short_for |= text && !strcmp(text, named);
  }
  bsn_query_close(&query);
  if (!itself && short_for) m->s->by = named;
  m->path = bsn_text_in(m->s->arena, "$.\"%s\"", m->s->by);
  if (!m->path) return bsn_no_memory(m->error);
  return !m->error->code && (itself || short_for || bsn_summary_known(m, "varied factor", m->s->by, all_factors));
}

/* ---- trials ---- */

#define GROUP "iif(?2 IS NULL, cell, json_object(?2, json(cell -> ?1)))"

typedef struct setting_sql {
  const char *object, *words; /* the settings that are chosen among: as JSON, and for people */
  const char *without;        /* the paths of what is left out of a block */
} setting_sql;

/* One more setting; a path has no quotes. */
static bool add_setting(bsn_summary_maker *m, setting_sql *sql, const char *path, const char *comma) {
  bsn_arena *arena = m->s->arena;
  const char *dot = strrchr(path, '.');
  sql->object = bsn_text_in(arena, "%s%s'%s', json(cell -> '$.\"%s\"')", sql->object, comma, path, path);
  sql->words = bsn_text_in(arena,
                           "%s || '%s%s ' || ifnull(iif(json_type(cell, '$.\"%s\"') = 'real', printf('%%.4g', cell ->> "
                           "'$.\"%s\"'), cell ->> '$.\"%s\"'), '-')",
                           sql->words, comma, dot ? dot + 1 : path, path, path, path);
  sql->without = bsn_text_in(arena, "%s, '$.\"%s\"'", sql->without, path);
  return (sql->object && sql->words && sql->without) || bsn_no_memory(m->error);
}

/* A group's place is that of its first trial. */
static const char *trials_sql(bsn_summary_maker *m) {
  setting_sql sql = {"json_object(", "''", "ifnull(?1, '$.x')"};
  for (size_t i = 0; i < m->s->nchosen; i++)
    if (!add_setting(m, &sql, m->s->chosen[i], i ? ", " : "")) return NULL;
  return bsn_text_in(m->s->arena,
                     "WITH t AS (SELECT *, " GROUP
                     " AS g, iif(?2 IS NULL, '', json_remove(cell, %s)) AS block,"
                     " %s) AS setting, %s AS words FROM report),"
                     " p AS (SELECT *, min(place) OVER (PARTITION BY g) AS at FROM t)"
                     " SELECT dense_rank() OVER (ORDER BY at, g) - 1, dense_rank() OVER (ORDER BY block) - 1,"
                     " dense_rank() OVER (ORDER BY setting) - 1, replicate, outcome = 'diverged', outcome = 'failed',"
                     " tainted, g, setting, words FROM p ORDER BY place, key",
                     sql.without, sql.object, sql.words);
}

static size_t count_of(const bsn_query *query, int column) { return (size_t)bsn_query_whole(query, column); }

/* The texts of its setting, shared with the trial before where it is the same. */
static bool read_setting(bsn_summary_maker *m, const bsn_query *q, bsn_summary_trial *t) {
  const bsn_summary_trial *last = m->ntrials > 1 ? t - 1 : NULL;
  if (!m->s->nchosen) return true;
  bool same = last && last->setting == t->setting;
  t->setting_text = same ? last->setting_text : bsn_summary_keep(m, bsn_query_text(q, 8));
  t->setting_words = same ? last->setting_words : bsn_summary_keep(m, bsn_query_text(q, 9));
  return t->setting_text && t->setting_words;
}

static bool add_group(bsn_summary_maker *m) {
  bsn_group *g = bsn_summary_append(m, (void **)&m->s->group, &m->s->ngroups, sizeof *g);
  if (g) *g = (bsn_group){0};
  return g;
}

static bool read_trial(bsn_summary_maker *m, const bsn_query *q) {
  bsn_summary_trial *t = bsn_summary_append(m, (void **)&m->trial, &m->ntrials, sizeof *t);
  if (!t) return false;
  *t = (bsn_summary_trial){.group = count_of(q, 0),
                           .block = count_of(q, 1),
                           .setting = count_of(q, 2),
                           .replicate = bsn_query_whole(q, 3),
                           .diverged = count_of(q, 4),
                           .failed = count_of(q, 5),
                           .tainted = count_of(q, 6)};
  BSN_TRY(read_setting(m, q, t));
  while (m->s->ngroups <= t->group) BSN_TRY(add_group(m));
  bsn_group *g = &m->s->group[t->group];
  if (!g->cell) g->cell = bsn_summary_keep(m, bsn_query_text(q, 7));
  return g->cell;
}

static bool read_trials(bsn_summary_maker *m) {
  bsn_query q;
  BSN_TRY(ask(m, &q, trials_sql(m)));
  bool ok = true;
  while (ok && bsn_query_next(&q, m->error)) ok = read_trial(m, &q);
  bsn_query_close(&q);
  return ok && !m->error->code;
}

/* ---- groups and their factors ---- */

static bool read_factors(bsn_summary_maker *m) {
  static const char sql[] = "WITH c AS (SELECT " GROUP
                            " AS g, min(place) AS at FROM report GROUP BY g)"
                            " SELECT j.key FROM c, json_each(c.g) j GROUP BY j.key ORDER BY min(c.at), min(j.id)";
  bsn_query query;
  BSN_TRY(ask(m, &query, sql));
  while (!m->error->code && bsn_query_next(&query, m->error)) {
    const char **name = bsn_summary_append(m, (void **)&m->s->factor, &m->s->nfactors, sizeof *name);
    if (name) *name = bsn_summary_keep(m, bsn_query_text(&query, 0));
  }
  bsn_query_close(&query);
  return !m->error->code;
}

static bool fill_values(bsn_summary_maker *m, bsn_query *cell, bsn_group *g) {
  g->value = bsn_alloc_in(m->s->arena, (m->s->nfactors + 1) * sizeof *g->value);
  if (!g->value) return bsn_no_memory(m->error);
  bsn_query_again(cell);
  BSN_TRY(bsn_query_bind(cell, 1, g->cell, m->error));
  while (!m->error->code && bsn_query_next(cell, m->error)) {
    const char *name = bsn_query_text(cell, 0);
    for (size_t i = 0; name && i < m->s->nfactors; i++)
      if (strcmp(name, m->s->factor[i]) == 0) g->value[i] = bsn_summary_keep(m, bsn_query_text(cell, 1));
  }
  return !m->error->code;
}

static bool fact_number(bsn_summary_maker *m, const char *name, size_t *number) {
  const char *text;
  double x = 0;
  BSN_TRY(bsn_store_fact(m->store, name, m->s->arena, &text, m->error));
  if (text) bsn_number_read(text, &x);
  *number = x > 0 ? (size_t)x : 0;
  return true;
}

/* Trials that were left out count for the study, but for no group. */
static void count_trials(bsn_summary_maker *m) {
  for (size_t i = 0; i < m->ntrials; i++) {
    const bsn_summary_trial *t = &m->trial[i];
    bsn_group *g = &m->s->group[t->group];
    if (t->out) continue;
    if (!g->trials) g->chosen = t->setting_text, g->at = t->setting_words;
    if (g->chosen && strcmp(g->chosen, t->setting_text)) g->chosen = g->at = NULL;
    g->trials++;
    g->diverged += t->diverged;
    g->failed += t->failed;
    g->tainted += t->tainted;
  }
}

/* Trials of the study, those of its own tuning among them. */
static bool count_all(bsn_summary_maker *m) {
  bsn_query q;
  BSN_TRY(bsn_query_open(&q, m->store, "SELECT count(*) FROM trial", m->error));
  if (bsn_query_next(&q, m->error)) m->s->trials = count_of(&q, 0);
  bsn_query_close(&q);
  m->s->tuning = m->s->trials - m->ntrials;
  return !m->error->code;
}

/* null: a cell of a union that leaves this factor alone. */
static bool fill_groups(bsn_summary_maker *m) {
  static const char cell_sql[] =
      "SELECT key, iif(type IN ('true', 'false'), type, value) FROM json_each(?) WHERE type <> 'null'";
  size_t replicates;
  bsn_query cell;
  BSN_TRY(fact_number(m, "replicates", &replicates) && fact_number(m, "trials", &m->s->of) && count_all(m));
  BSN_TRY(bsn_query_open(&cell, m->store, cell_sql, m->error));
  bool ok = true;
  count_trials(m);
  bsn_summary_edges(m);
  for (size_t i = 0; ok && i < m->s->ngroups; i++) {
    bsn_group *g = &m->s->group[i];
    g->of = !m->s->by && replicates > g->trials ? replicates : g->trials;
    ok = fill_values(m, &cell, g);
  }
  bsn_query_close(&cell);
  return ok;
}

/* ---- values ---- */

/* CROSS JOIN keeps SQLite from walking all metrics before it knows of which trial. What is of a step or of the model is no
 * result: it is shown when asked for by name. A condition that is not there is one that SQLite need not plan around. */
bool bsn_summary_values(bsn_summary_maker *m, bsn_query *query, const char *name) {
  const char *sql = bsn_text_in(
      m->s->arena,
      "WITH o AS MATERIALIZED (SELECT key, row_number() OVER (ORDER BY place, key) - 1 AS number FROM report)"
      " SELECT o.number, f.name, f.value FROM o CROSS JOIN final f ON f.key = o.key WHERE %s ORDER BY f.name, o.number",
      name ? "f.name = ?" : "f.name NOT IN ('batch_loss', 'lr', 'parameters', 'optimizer_bytes')");
  if (!sql) return bsn_no_memory(m->error);
  BSN_TRY(bsn_query_open(query, m->store, sql, m->error));
  if (!name || bsn_query_bind(query, 1, name, m->error)) return true;
  bsn_query_close(query);
  return false;
}

/* The values of one metric so far. */
typedef struct run {
  bsn_observation *item;
  size_t n;
  double *work; /* room for as many numbers */
} run;

static bool add_rows(bsn_summary_maker *m, run *r) {
  for (size_t g = 0; g < m->s->ngroups; g++) {
    size_t n = 0, seen = 0;
    for (size_t i = 0; i < r->n; i++) {
      seen += r->item[i].group == g;
      if (r->item[i].group == g && isfinite(r->item[i].value)) r->work[n++] = r->item[i].value;
    }
    if (!seen) continue;
    bsn_summary_row *row = bsn_summary_append(m, (void **)&m->s->row, &m->s->nrows, sizeof *row);
    if (!row) return false;
    *row = (bsn_summary_row){.group = g, .metric = m->s->nmetrics - 1, .interval = bsn_t_interval(r->work, n, 0.95)};
    row->median = bsn_median(r->work, n);
  }
  return true;
}

static bool finish_metric(bsn_summary_maker *m, run *r) {
  if (!m->s->nmetrics) return true;
  r->work = bsn_alloc_in(m->s->arena, (r->n + 1) * sizeof *r->work);
  if (!r->work) return bsn_no_memory(m->error);
  BSN_TRY(add_rows(m, r));
  if (!m->s->by) return true;
  size_t n = m->s->nmetrics - 1;
  bsn_comparisons *c = bsn_summary_append(m, (void **)&m->s->comparison, &n, sizeof *c);
  int sense = bsn_metric_sense(m->s->metric[n - 1]);
  for (size_t i = 0; m->s->ratio && i < r->n; i++) r->item[i].value = log(r->item[i].value);
  return c && (bsn_compare(c, m->s->arena, r->item, r->n, m->s->ngroups, 0.95, sense) || bsn_no_memory(m->error));
}

static bool start_metric(bsn_summary_maker *m, run *r, const char *name) {
  const char **metric = bsn_summary_append(m, (void **)&m->s->metric, &m->s->nmetrics, sizeof *metric);
  *r = (run){0};
  return metric && (*metric = bsn_summary_keep(m, name));
}

/* How good a diverged trial was when it last could be measured says nothing: it is as if it were not finite. */
static bool add_value(bsn_summary_maker *m, run *r, const bsn_summary_trial *t, double x) {
  if (t->out) return true;
  if (t->diverged && bsn_metric_sense(m->s->metric[m->s->nmetrics - 1])) x = NAN;
  bsn_observation *o = bsn_summary_append(m, (void **)&r->item, &r->n, sizeof *o);
  if (o) *o = (bsn_observation){t->group, t->block, t->replicate, x};
  return o;
}

static int by_group(const void *first, const void *second) {
  const bsn_summary_row *a = first, *b = second;
  if (a->group != b->group) return a->group < b->group ? -1 : 1;
  return (a->metric > b->metric) - (a->metric < b->metric);
}

static bool read_values(bsn_summary_maker *m) {
  bsn_query q;
  run r = {0};
  bool ok = true;
  BSN_TRY(bsn_summary_values(m, &q, m->asked->metric));
  while (ok && bsn_query_next(&q, m->error)) {
    size_t i = count_of(&q, 0);
    const char *name = bsn_query_text(&q, 1), *last = m->s->nmetrics ? m->s->metric[m->s->nmetrics - 1] : "";
    ok = name || bsn_no_memory(m->error);
    if (ok && strcmp(name, last) != 0) ok = finish_metric(m, &r) && start_metric(m, &r, name);
    ok = ok && i < m->ntrials && add_value(m, &r, &m->trial[i], bsn_query_number(&q, 2));
  }
  bsn_query_close(&q);
  BSN_TRY(ok && !m->error->code && finish_metric(m, &r));
  if (m->s->nrows) qsort(m->s->row, m->s->nrows, sizeof *m->s->row, by_group);
  return true;
}

/* ---- all of it ---- */

/* Every metric that was recorded has a row; to list them all takes a while, so it is done only where one is missing. */
static bool check_metric(bsn_summary_maker *m) {
  return !m->asked->metric || m->s->nrows ||
         bsn_summary_known(m, "metric", m->asked->metric, "SELECT DISTINCT name FROM final");
}

static bool make(bsn_summary_maker *m) {
  BSN_TRY(find_factor(m) && bsn_summary_settings(m));
  BSN_TRY(read_factors(m) && read_trials(m) && bsn_summary_choose(m) && fill_groups(m));
  return read_values(m) && check_metric(m);
}

bool bsn_summary_make(bsn_summary *summary, bsn_store *store, bsn_arena *arena, const bsn_question *question,
                      bsn_error *error) {
  *summary = (bsn_summary){.arena = arena, .study = bsn_study_name(store, arena, error), .ratio = question->ratio};
  bsn_summary_maker m = {.s = summary, .store = store, .asked = question, .error = error};
  bsn_query snapshot; /* open until the end: all queries see what this one does */
  if (!summary->study || !bsn_query_open(&snapshot, store, "SELECT name FROM study", error)) return false;
  bsn_query_next(&snapshot, error);
  bool ok = !error->code && make(&m);
  bsn_query_close(&snapshot);
  return ok;
}
