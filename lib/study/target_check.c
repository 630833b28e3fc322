/* Do the words of targets and claims occur in the study? Every cell is looked at once. */
#include "stats/rule.h"
#include "study/protocol.h"
#include "study/target.h"
#include "study/traits.h"
#include <string.h>

/* Different texts in the order of appearance. */
typedef struct words {
  size_t n, *times; /* times: how often each was met */
  const char **item;
} words;

typedef struct sight { /* of a condition */
  words values;        /* what cells have at its path */
  bool *found;         /* each of its values */
} sight;

typedef struct look { /* at a target */
  const bsn_study_target *target;
  sight *where, *against;
  size_t cells, rest; /* that where and against select */
  words levels;       /* of the cells of where */
  bool *in_levels;    /* each level of rule set */
  bool faulty;
} look;

typedef struct looker {
  const bsn_study *study;
  bsn_arena *arena; /* of everything here */
  bsn_faults *faults;
  size_t n;
  look *item;
  words paths; /* that settings have */
} looker;

static bool no_memory(const looker *l) {
  l->faults->no_memory = true;
  return false;
}

static bool add_word(const looker *l, words *w, const char *text) {
  enum { MOST = 1000 };
  for (size_t i = 0; i < w->n; i++)
    if (!strcmp(w->item[i], text)) return ++w->times[i];
  if (w->n == MOST) return true;
  const char **items = bsn_grow_in(l->arena, w->item, w->n, sizeof *items);
  size_t *times = bsn_grow_in(l->arena, w->times, w->n, sizeof *times);
  if (!items || !times || !(items[w->n] = bsn_text_in(l->arena, "%s", text))) return no_memory(l);
  w->item = items;
  w->times = times;
  times[w->n++] = 1;
  return true;
}

/* ---- metrics ---- */
static const char *const of_trials[] = {"diverged", "outcome_step", "grads", "products"};
static const char *const of_surfaces[] = {"objective", "excess",     "distance",       "gradient_norm",
                                          "lr",        "parameters", "optimizer_bytes"};
static const char *const of_fits[] = {"train_loss",          "train_accuracy",   "validation_loss",
                                      "validation_accuracy", "test_loss",        "test_accuracy",
                                      "objective",           "batch_loss",       "lr",
                                      "parameters",          "optimizer_bytes",  "best_step",
                                      "update_norm",         "effective_lr",     "batch_gradient_norm",
                                      "optimizer_norm_1",    "optimizer_norm_2", "optimizer_norm_3",
                                      "optimizer_norm_4"};

static bool is_one_of(const char *word, size_t n, const char *const *list) {
  for (size_t i = 0; i < n; i++)
    if (!strcmp(word, list[i])) return true;
  return false;
}

/* What records of such a trial have in them; *n is 0 where probes, ensembles and other protocols record names of their own. */
static const char *const *metrics_of(const bsn_trial *t, size_t *n) {
  bool plain = !strcmp(t->protocol.row->name, "holdout") && !t->nprobes && !t->ensemble.row;
  *n = t->minimise.surface.row ? sizeof of_surfaces / sizeof *of_surfaces
       : plain                 ? sizeof of_fits / sizeof *of_fits
                               : 0;
  return t->minimise.surface.row ? of_surfaces : of_fits;
}

static bool check_metric(const looker *l, const bsn_study_target *target, const bsn_trial *t) {
  size_t n, trial = sizeof of_trials / sizeof *of_trials;
  const char *const *known = metrics_of(t, &n), *metric = target->metric;
  if (!n || is_one_of(metric, n, known) || is_one_of(metric, trial, of_trials)) return true;
  const char *near = bsn_nearest(metric, n, known);
  if (!near) near = bsn_nearest(metric, trial, of_trials);
  return bsn_fault(l->faults, target->metric_mark,
                   near ? "no trial records '%s': did you mean '%s'?" : "no trial records '%s'", metric, near);
}

static bool check_time(const looker *l, const bsn_study_target *target, const bsn_trial *t) {
  if (target->at.unit != BSN_TIME_EPOCH || !t->minimise.surface.row) return true;
  return bsn_fault(l->faults, target->mark, "at: a study without data has no epochs, but {step: N}");
}

/* ---- one cell ---- */
static bool see_condition(const looker *l, const bsn_condition *c, sight *s, const bsn_traits *t, bool *fits) {
  const char *own = bsn_traits_at(t, c->path);
  bool any = false;
  if (own) BSN_TRY(add_word(l, &s->values, own));
  for (size_t i = 0; i < c->n; i++) {
    bool is = bsn_traits_are(t, c->path, c->value[i]->text);
    s->found[i] |= is;
    any |= is;
  }
  *fits &= any;
  return true;
}

static bool see_conditions(const looker *l, const bsn_conditions *c, sight *s, const bsn_traits *t, bool *fits) {
  *fits = true;
  for (size_t i = 0; i < c->n; i++) BSN_TRY(see_condition(l, &c->item[i], &s[i], t, fits));
  return true;
}

static bool see_level(const looker *l, look *k, const bsn_traits *t) {
  const bsn_study_target *target = k->target;
  const char *level = bsn_traits_at(t, target->by);
  if (!level && !k->faulty) bsn_fault(l->faults, target->by_mark, "by: a cell has nothing at '%s'", target->by);
  k->faulty |= !level;
  for (size_t i = 0; level && i < target->nlevels; i++)
    k->in_levels[i] |= bsn_traits_are(t, target->by, target->levels[i]->text);
  return !level || add_word(l, &k->levels, level);
}

static bool see(const looker *l, look *k, const bsn_traits *t) {
  bool fits, rest;
  BSN_TRY(see_conditions(l, &k->target->where, k->where, t, &fits));
  BSN_TRY(see_conditions(l, &k->target->against, k->against, t, &rest));
  k->rest += rest && k->target->against.n;
  k->cells += fits;
  if (!fits || k->faulty) return true;
  k->faulty = !check_metric(l, k->target, t->trial) || !check_time(l, k->target, t->trial);
  return !k->target->by || see_level(l, k, t);
}

static bool see_cell(looker *l, const bsn_coordinates *at) {
  bsn_arena arena = {0};
  bsn_faults ignored = {.arena = &arena};
  bsn_trial trial;
  bsn_traits traits;
  bool ok = (bsn_study_resolve(l->study, at, &arena, &trial, &ignored) && bsn_traits_of(&traits, &trial, &arena)) ||
            no_memory(l);
  for (size_t i = 0; ok && i < trial.settings.n; i++) ok = add_word(l, &l->paths, trial.settings.item[i].path);
  for (size_t i = 0; ok && i < l->n; i++) ok = see(l, &l->item[i], &traits);
  bsn_arena_free(&arena);
  return ok;
}

/* ---- what was not found ---- */
static bool missing_path(const looker *l, const bsn_condition *c) {
  const char *near = bsn_nearest(c->path, l->paths.n, l->paths.item);
  return bsn_fault(l->faults, c->mark,
                   near ? "no cell has a setting '%s': did you mean '%s'?" : "no cell has a setting '%s'", c->path,
                   near);
}

static bool missing_value(const looker *l, const char *path, const bsn_value *value, const words *seen) {
  enum { FEW = 12 };
  const char *near = bsn_nearest(value->text, seen->n, seen->item), *list = "";
  if (near)
    return bsn_fault(l->faults, value->mark, "no cell has %s = %s: did you mean '%s'?", path, value->text, near);
  for (size_t i = 0; list && i < seen->n && i < FEW; i++)
    list = bsn_text_in(l->arena, "%s%s%s", list, i ? ", " : "", seen->item[i]);
  if (!list) return no_memory(l);
  return bsn_fault(l->faults, value->mark, "no cell has %s = %s: there %s %s%s", path, value->text,
                   seen->n == 1 ? "is" : "are", list, seen->n > FEW ? ", .." : "");
}

static bool check_conditions(const looker *l, const bsn_conditions *c, const sight *s, size_t cells,
                             const bsn_study_target *t, const char *key) {
  bool ok = true;
  for (size_t i = 0; i < c->n; i++) {
    const bsn_condition *one = &c->item[i];
    if (!s[i].values.n && strcmp(one->path, "replicate")) ok = missing_path(l, one);
    for (size_t k = 0; s[i].values.n && k < one->n; k++)
      if (!s[i].found[k]) ok = missing_value(l, one->path, one->value[k], &s[i].values);
  }
  return ok && (cells || !c->n || bsn_fault(l->faults, t->mark, "no cell has all of %s", key));
}

static bool check_levels(const looker *l, const look *k) {
  const bsn_study_target *t = k->target;
  bool ok = true;
  if (!t->by || k->faulty) return true;
  if (k->levels.n < 2)
    return bsn_fault(l->faults, t->by_mark, "by: the cells have one level of '%s' only: there is nothing to compare",
                     t->by);
  for (size_t i = 1; i < k->levels.n && !l->study->tune; i++)
    if (k->levels.times[i] != k->levels.times[0])
      return bsn_fault(l->faults, t->by_mark, "by: level '%s' has %zu cells, '%s' %zu: as many of each are compared",
                       k->levels.item[0], k->levels.times[0], k->levels.item[i], k->levels.times[i]);
  for (size_t i = 0; i < t->nlevels; i++)
    if (!k->in_levels[i]) ok = missing_value(l, t->by, t->levels[i], &k->levels);
  return ok;
}

static bool check_look(const looker *l, const look *k) {
  const bsn_study_target *t = k->target;
  bool ok = check_conditions(l, &t->where, k->where, k->cells, t, "where");
  ok = check_conditions(l, &t->against, k->against, k->rest, t, "against") && ok;
  if (!ok) return false;
  if (t->against.n && !l->study->tune && k->rest != 1 && k->rest != k->cells)
    return bsn_fault(l->faults, t->mark, "against selects %zu cells, where %zu: one, or as many, are wanted", k->rest,
                     k->cells);
  return check_levels(l, k);
}

/* ---- all of them ---- */
static sight *sights_in(const looker *l, const bsn_conditions *c) {
  sight *s = bsn_alloc_in(l->arena, (c->n + 1) * sizeof *s);
  for (size_t i = 0; s && i < c->n; i++)
    if (!(s[i].found = bsn_alloc_in(l->arena, c->item[i].n * sizeof(bool)))) return NULL;
  return s;
}

static bool prepare(looker *l, const bsn_study_targets *targets) {
  l->n = targets->n;
  l->item = bsn_alloc_in(l->arena, l->n * sizeof *l->item);
  for (size_t i = 0; l->item && i < l->n; i++) {
    look *k = &l->item[i];
    k->target = &targets->item[i];
    k->where = sights_in(l, &k->target->where);
    k->against = sights_in(l, &k->target->against);
    k->in_levels = bsn_alloc_in(l->arena, (k->target->nlevels + 1) * sizeof(bool));
    if (!k->where || !k->against || !k->in_levels) return no_memory(l);
  }
  return l->item || no_memory(l);
}

bool bsn_study_targets_check(const bsn_study *s, bsn_faults *faults) {
  bsn_arena arena = {0};
  looker l = {.study = s, .arena = &arena, .faults = faults};
  bool ok = !s->targets.n || prepare(&l, &s->targets);
  size_t candidates = s->tune ? s->tune->over.ncells : 1;
  uint64_t replicate = s->tune ? BSN_TUNING : s->replicate[0];
  for (size_t i = 0; ok && l.n && i < s->ncells * candidates; i++) {
    bsn_coordinates at = {i / candidates, i % candidates, replicate, 0, s->tune};
    ok = see_cell(&l, &at);
  }
  for (size_t i = 0; i < l.n && !faults->no_memory; i++) ok = check_look(&l, &l.item[i]) && ok;
  bsn_arena_free(&arena);
  return ok;
}
