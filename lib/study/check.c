/* What every word being known does not tell: decisions that have nothing to go by, and cells that are the same. */
#include "optim/schedule.h"
#include "study/parts.h"
#include "study/protocol.h"
#include <stdlib.h>
#include <string.h>

static bool no_memory(bsn_faults *faults) {
  faults->no_memory = true;
  return false;
}

/* ---- decisions ---- */
static const char *const metrics[] = {"train_loss",          "train_accuracy", "validation_loss",
                                      "validation_accuracy", "test_loss",      "test_accuracy"};
enum { ALL = 6, DECIDING = 4 }; /* the first ones may decide without peeking */

static bool unknown_metric(bsn_faults *faults, bsn_mark mark, const char *who, const char *metric, size_t n) {
  const char *near = bsn_nearest(metric, n, metrics);
  if (near) return bsn_fault(faults, mark, "%s cannot watch '%s': did you mean '%s'?", who, metric, near);
  return bsn_fault(faults, mark,
                   "%s cannot watch '%s': known are train_loss, train_accuracy, validation_loss, validation_accuracy",
                   who, metric);
}

bool bsn_check_metric(bsn_faults *faults, bsn_mark mark, const char *who, const char *metric, const bsn_trial *t) {
  bool known = false, test = !strncmp(metric, "test_", 5), validation = !strncmp(metric, "validation_", 11);
  size_t n = t->fit.peek ? ALL : DECIDING;
  if (t->minimise.surface.row)
    return !strcmp(metric, "objective") || !strcmp(metric, "excess") || !strcmp(metric, "distance") ||
           bsn_fault(faults, mark, "%s cannot watch '%s': without data there are objective, excess and distance", who,
                     metric);
  if (test && !t->fit.peek)
    return bsn_fault(faults, mark,
                     "%s may not watch %s: test data decides nothing (unless peek: true, which taints the trial)", who,
                     metric);
  for (size_t i = 0; i < n; i++) known |= !strcmp(metrics[i], metric);
  if (!known) return unknown_metric(faults, mark, who, metric, n);
  bool none = t->data_options.validation.kind == BSN_AMOUNT_NONE && !strcmp(t->protocol.row->name, "holdout");
  if (validation && none)
    return bsn_fault(faults, mark, "%s watches %s, but there are no validation rows: give data.validation", who,
                     metric);
  if (test && t->data_options.test.kind == BSN_AMOUNT_NONE)
    return bsn_fault(faults, mark, "%s watches %s, but data.test is none", who, metric);
  return true;
}

/* Who watches while training also wants something to see before the end. */
static bool check_watcher(bsn_faults *faults, bsn_mark mark, const char *who, const char *metric, const bsn_trial *t) {
  BSN_TRY(bsn_check_metric(faults, mark, who, metric, t));
  if (t->fit.eval.kind != BSN_NEVER && t->fit.eval.kind != BSN_AT_END) return true;
  return bsn_fault(faults, mark, "%s watches %s, which is recorded at start and end only: give eval.when", who, metric);
}

bool bsn_check_decisions(bsn_faults *faults, const bsn_value *tree, const bsn_trial *t) {
  const bsn_value *list = bsn_value_get(tree, "regularise"), *train = bsn_value_get(tree, "train");
  bool ok = true;
  for (size_t i = 0; i < t->fit.regularise.n; i++) {
    const bsn_choice *c = &t->fit.regularise.item[i];
    const bsn_regulariser *r = (const bsn_regulariser *)c->row;
    const char *metric = r->metric ? r->metric(c->config) : NULL;
    const bsn_value *own = bsn_value_get(list->item[i], "metric");
    if (metric) ok = check_watcher(faults, own ? own->mark : list->item[i]->mark, r->row.name, metric, t) && ok;
  }
  const bsn_choice *c = &t->fit.train.schedule;
  if (!train) return ok;
  const char *metric = c->row ? bsn_schedule_metric((const bsn_schedule *)c->row, c->config) : NULL;
  const bsn_value *schedule = bsn_value_get(train, "schedule"), *own = bsn_value_get(schedule, "metric");
  bsn_mark mark = own ? own->mark : schedule ? schedule->mark : train->mark;
  return (!metric || check_watcher(faults, mark, c->row->name, metric, t)) && ok;
}

/* ---- cells ---- */
typedef struct seen {
  char key[33], source[33]; /* source: key of the trial that it starts from; empty: there is none */
  bsn_mark mark;            /* where that is asked for */
  bsn_coordinates at;
} seen;

static void merge(bsn_faults *to, const bsn_faults *from) {
  for (size_t i = 0; i < from->n; i++) bsn_fault(to, from->item[i].mark, "%s", from->item[i].text);
  to->no_memory |= from->no_memory;
}

/* Resolve a trial for its keys, or for its cell (copied into the faults' arena) if cell is not NULL. */
static bool look_at(const bsn_study *s, seen *one, const char **cell, bsn_faults *faults) {
  bsn_arena arena = {0};
  bsn_faults own = {.arena = &arena};
  bsn_trial trial;
  bool ok = bsn_study_resolve(s, &one->at, &arena, &trial, &own);
  if (ok && s->tune) ok = bsn_check_metric(&own, s->tune->mark, "tune", s->tune->by, &trial);
  if (ok) memcpy(one->key, trial.key, sizeof one->key);
  if (ok && trial.start.source) memcpy(one->source, trial.start.source->key, sizeof one->source);
  if (ok) one->mark = trial.start.mark;
  if (ok && cell && !(*cell = bsn_text_in(faults->arena, "%s", trial.cell))) own.no_memory = true;
  if (!ok && !own.n) own.no_memory = true;
  merge(faults, &own);
  ok = ok && !own.no_memory;
  bsn_arena_free(&arena);
  return ok;
}

static int by_key(const void *a, const void *b) {
  const seen *s = a, *t = b;
  int order = strcmp(s->key, t->key);
  return order ? order : s->at.place < t->at.place ? -1 : s->at.place > t->at.place;
}

static int by_key_alone(const void *a, const void *b) { return strcmp(((const seen *)a)->key, ((const seen *)b)->key); }

static bsn_mark mark_of(const bsn_study *s, const char *key) {
  const bsn_value *v = bsn_value_get(s->tree, key);
  return v ? v->mark : s->tree->mark;
}

/* A trial is stored once, under one cell: two cells of equal settings would share it, and one would seem to be missing. */
static bool find_equal(const bsn_study *s, seen *all, size_t n, bsn_faults *faults) {
  enum { SHOWN = 4 };
  size_t shown = 0;
  qsort(all, n, sizeof *all, by_key);
  for (size_t i = 1; i < n && shown < SHOWN; i++) {
    const char *a, *b;
    if (strcmp(all[i - 1].key, all[i].key)) continue;
    if (!look_at(s, &all[i - 1], &a, faults) || !look_at(s, &all[i], &b, faults)) return false;
    bsn_fault(faults, mark_of(s, bsn_value_get(s->tree, "vary") ? "vary" : "tune"),
              "cells %s and %s have the same settings: the same trial cannot be both", a, b);
    shown++;
  }
  return !shown;
}

/* ---- who starts from whom ---- */
static bool no_source(const bsn_study *s, const seen *one, bsn_faults *faults) {
  bsn_arena arena = {0};
  bsn_trial t;
  bsn_faults ignored = {.arena = &arena};
  bool known = bsn_study_resolve(s, &one->at, &arena, &t, &ignored);
  if (known)
    bsn_fault(faults, one->mark, "there is no trial to start from: the study has none that is %s but with %s%s", t.cell,
              t.start.of, t.start.source->start.source ? "" : " and without model.weights");
  bsn_arena_free(&arena);
  return !known && no_memory(faults);
}

/* In another replicate the source must be the same cell: one that fixes a seed is the source of one replicate by chance. */
static bool is_source(const bsn_study *s, const seen *one, const seen *source, bsn_faults *faults) {
  seen a = {.at = one->at}, b = {.at = source->at};
  if (s->nreplicates < 2) return true;
  a.at.replicate = b.at.replicate = s->replicate[1];
  return look_at(s, &a, NULL, faults) && look_at(s, &b, NULL, faults) && !strcmp(a.source, b.key);
}

/* all is sorted by key. */
static bool find_sources(bsn_study *s, const seen *all, size_t n, bsn_faults *faults) {
  enum { SHOWN = 4 };
  size_t shown = 0;
  for (size_t i = 0; i < n && shown < SHOWN; i++) {
    seen wanted = {0};
    if (!*all[i].source) continue;
    if (!s->source) s->source = bsn_alloc_in(s->arena, n * sizeof *s->source);
    if (!s->source) return no_memory(faults);
    memcpy(wanted.key, all[i].source, sizeof wanted.key);
    const seen *source = bsearch(&wanted, all, n, sizeof *all, by_key_alone);
    if (source && is_source(s, &all[i], source, faults))
      s->source[all[i].at.cell] = source->at.cell + 1;
    else
      shown++, no_source(s, &all[i], faults);
  }
  return !shown;
}

/* When every seed is fixed, replicates are copies. */
static bool check_replicates(const bsn_study *s, bsn_faults *faults) {
  seen a = {.at = {.replicate = s->replicate[0], .tuning = s->tune}}, b = a;
  if (s->nreplicates < 2) return true;
  b.at.replicate = s->replicate[1];
  if (!look_at(s, &a, NULL, faults) || !look_at(s, &b, NULL, faults)) return false;
  return strcmp(a.key, b.key) ||
         bsn_fault(faults, mark_of(s, "seed"), "all seeds are fixed: replicates are the same trial");
}

bool bsn_check_cells(bsn_study *s, bsn_faults *faults) {
  enum { ENOUGH = 50 };
  size_t candidates = s->tune ? s->tune->over.ncells : 1, n = s->ncells * candidates;
  bsn_arena scratch = {0};
  seen *all = bsn_alloc_in(&scratch, n * sizeof *all);
  uint64_t replicate = s->tune ? BSN_TUNING : s->replicate[0];
  bool ok = all || no_memory(faults);
  for (size_t i = 0; all && i < n && faults->n < ENOUGH && !faults->no_memory; i++) {
    all[i].at = (bsn_coordinates){i / candidates, i % candidates, replicate, i, s->tune};
    ok = look_at(s, &all[i], NULL, faults) && ok;
  }
  ok = ok && find_equal(s, all, n, faults) && find_sources(s, all, n, faults) && check_replicates(s, faults);
  bsn_arena_free(&scratch);
  return ok;
}
