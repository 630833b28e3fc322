/* Which setting of its own a group is compared at: each optimizer at its best learning rate. */
#include "report/summary_parts.h"
#include "stats/choose.h"
#include "stats/metric.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- which settings there are ---- */

static bool below(const char *path, const char *by) {
  size_t n = strlen(by);
  if (n > 5 && !strcmp(by + n - 5, ".name")) n -= 5;
  return !strncmp(path, by, n) && path[n] == '.' && strcmp(path, by) != 0;
}

/* The study's own tuning, on seeds that no result is of. */
static bool read_tuned(bsn_summary_maker *m) {
  bsn_query q;
  BSN_TRY(bsn_query_open(&q, m->store, "SELECT value FROM setting WHERE path = 'tune.by' LIMIT 1", m->error));
  if (bsn_query_next(&q, m->error)) m->s->tuned_by = bsn_summary_keep(m, bsn_query_text(&q, 0));
  bsn_query_close(&q);
  return !m->error->code;
}

static bool recorded(bsn_summary_maker *m, const char *name, bool *there) {
  bsn_query q;
  BSN_TRY(bsn_query_open(&q, m->store, "SELECT 1 FROM final WHERE name = ? LIMIT 1", m->error));
  *there = bsn_query_bind(&q, 1, name, m->error) && bsn_query_next(&q, m->error);
  bsn_query_close(&q);
  return !m->error->code;
}

/* A word that is asked for is checked even where there is nothing to choose. */
static bool check_choice(bsn_summary_maker *m) {
  const char *asked = m->asked->choose;
  bool there;
  if (!asked || !strcmp(asked, "none")) return true;
  if (!strncmp(asked, "test_", 5))
    return bsn_fail(m->error, BSN_USAGE,
                    "%s: test metrics are recorded, never used to choose; take a validation_ or train_ metric", asked);
  BSN_TRY(recorded(m, asked, &there));
  return there || bsn_summary_known(m, "metric", asked, "SELECT DISTINCT name FROM final");
}

bool bsn_summary_settings(bsn_summary_maker *m) {
  static const char factors[] = "SELECT DISTINCT j.key FROM (SELECT DISTINCT cell FROM report) t, json_each(t.cell) j";
  bsn_query q;
  if (!m->s->by) return true;
  BSN_TRY(check_choice(m) && read_tuned(m));
  if (m->asked->choose && !strcmp(m->asked->choose, "none")) return true;
  BSN_TRY(bsn_query_open(&q, m->store, factors, m->error));
  while (!m->error->code && bsn_query_next(&q, m->error)) {
    const char *path = bsn_summary_keep(m, bsn_query_text(&q, 0));
    if (!path || !below(path, m->s->by)) continue;
    const char **name = bsn_summary_append(m, (void **)&m->s->chosen, &m->s->nchosen, sizeof *name);
    if (name) *name = path;
  }
  bsn_query_close(&q);
  return !m->error->code;
}

/* ---- the metric that decides ---- */

static bool find_metric(bsn_summary_maker *m) {
  static const char *const usual[] = {"validation_loss", "train_loss", "objective"};
  bool there = false;
  m->s->chosen_by = m->asked->choose;
  for (size_t i = 0; !m->asked->choose && i < 3 && !there; i++) {
    BSN_TRY(recorded(m, usual[i], &there));
    if (there) m->s->chosen_by = usual[i];
  }
  return true;
}

/* ---- choosing ---- */

static bool add_scores(bsn_summary_maker *m, bsn_candidate *all) {
  bsn_query q;
  BSN_TRY(bsn_summary_values(m, &q, m->s->chosen_by));
  while (bsn_query_next(&q, m->error)) {
    size_t i = (size_t)bsn_query_whole(&q, 0);
    if (i < m->ntrials && !m->trial[i].diverged) all[i].score = bsn_query_number(&q, 2);
  }
  bsn_query_close(&q);
  return !m->error->code;
}

bool bsn_summary_choose(bsn_summary_maker *m) {
  if (!m->s->nchosen) return true;
  BSN_TRY(find_metric(m));
  if (!m->s->chosen_by) return true;
  bsn_candidate *all = bsn_alloc_in(m->s->arena, (m->ntrials + 1) * sizeof *all);
  bool *out = bsn_alloc_in(m->s->arena, m->ntrials + 1);
  if (!all || !out) return bsn_no_memory(m->error);
  for (size_t i = 0; i < m->ntrials; i++)
    all[i] = (bsn_candidate){m->trial[i].group, m->trial[i].block, m->trial[i].setting, NAN};
  BSN_TRY(add_scores(m, all));
  if (!bsn_choose(m->s->arena, all, m->ntrials, bsn_metric_sense(m->s->chosen_by), out)) return bsn_no_memory(m->error);
  for (size_t i = 0; i < m->ntrials; i++) m->trial[i].out = out[i];
  return true;
}

/* ---- the edge of what was tried ---- */

/* The number in {"optimizer.lr":0.1}; nan for anything else. */
static double only_number(const char *setting) {
  const char *colon = strstr(setting, "\":");
  char *end = NULL;
  double x = colon ? strtod(colon + 2, &end) : NAN;
  return end && end != colon + 2 && *end == '}' ? x : NAN;
}

/* Is the number of trial i the smallest or largest of three or more of its group and block? */
static bool at_edge(const bsn_summary_maker *m, size_t i) {
  const bsn_summary_trial *t = &m->trial[i];
  double mine = only_number(t->setting_text), other = NAN;
  bool below = false, above = false, three = false;
  for (size_t j = 0; j < m->ntrials && !isnan(mine); j++) {
    const bsn_summary_trial *o = &m->trial[j];
    if (o->group != t->group || o->block != t->block) continue;
    double x = only_number(o->setting_text);
    below |= x < mine;
    above |= x > mine;
    three |= x != mine && !isnan(other) && x != other;
    if (x != mine) other = x;
  }
  return three && below != above;
}

void bsn_summary_edges(bsn_summary_maker *m) {
  for (size_t i = 0; m->s->chosen_by && m->s->nchosen == 1 && i < m->ntrials; i++) {
    bsn_group *g = &m->s->group[m->trial[i].group];
    g->edge = g->edge || (!m->trial[i].out && at_edge(m, i));
  }
}
