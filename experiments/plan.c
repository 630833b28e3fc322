#include "plan.h"
#include "base/clock.h"
#include "store/query.h"
#include "study/traits.h"
#include "study/work.h"
#include <math.h>
#include <string.h>

const char *time_text(char buffer[32], double seconds) {
  long s = lround(fmin(fmax(seconds, 0), 1e9));
  if (s >= 3600)
    snprintf(buffer, 32, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  else if (s >= 60)
    snprintf(buffer, 32, "%ld:%02ld", s / 60, s % 60);
  else
    snprintf(buffer, 32, s ? "%ld s" : "under 1 s", s);
  return buffer;
}

/* ---- --only ---- */
bool trial_is(bsn_arena *arena, const bsn_trial *t, size_t nonly, const char *const *only) {
  bsn_traits traits;
  bool is = bsn_traits_of(&traits, t, arena);
  for (size_t i = 0; is && i < nonly; i++) {
    size_t length = strcspn(only[i], "=");
    const char *path = bsn_text_in(arena, "%.*s", (int)length, only[i]);
    is = path && bsn_traits_are(&traits, path, only[i] + length + 1);
  }
  return is;
}

/* ---- cost ---- */
static size_t fits(const bsn_trial *t) { return bsn_protocol_of(t)->units(t); }

/* Share of the training set that one step takes. nan: the data cannot be had. */
static double share_of_step(bsn_work *work, const bsn_trial *t) {
  bsn_error ignored = {0};
  if (t->minimise.surface.row) return 1; /* a step costs one evaluation */
  if (bsn_optimizer_whole((const bsn_optimizer *)t->fit.optimizer.row, t->fit.optimizer.config)) return 1;
  if (!bsn_work_open(work, t, &ignored) || !work->train.n) return NAN;
  return fmin(1, (double)t->fit.train.batch / (double)work->train.n);
}

static double passes(bsn_work *work, const bsn_trial *t) {
  const bsn_train *train = &t->fit.train;
  if (bsn_protocol_of(t)->alone) return 0;
  if (train->epochs > 0) return train->epochs;
  return train->budget > 0 ? train->budget : (double)train->steps * share_of_step(work, t);
}

/* What a finished trial took. */
static double spent(const bsn_trial *t, bsn_sink *sink) {
  bsn_arena arena = {0};
  bsn_record record;
  bsn_error ignored = {0};
  double grads = sink->get(sink, t->key, &arena, &record, &ignored) ? record.grads : NAN;
  bsn_arena_free(&arena);
  return grads;
}

/* What is missing of a trial. */
typedef struct lack {
  size_t fits;
  bool probes, saved; /* nothing but probes; the weights that these need are there: else they take a fit */
  bool longer;        /* a fit goes on from where that of a shorter trial ended */
  double cost;        /* gradient evaluations */
} lack;

static lack lack_of_probes(const bsn_trial *t, bsn_sink *sink) {
  bool saved = bsn_work_probes_saved(t, sink);
  return (lack){.fits = !saved, .probes = true, .saved = saved, .cost = saved ? 0 : spent(t, sink)};
}

static lack lack_of(bsn_work *work, const bsn_trial *t, size_t n, const size_t *unit) {
  lack l = {0};
  if (n && work->sink->has(work->sink, t->key)) return lack_of_probes(t, work->sink);
  for (size_t i = 0; i < n; i++) {
    double made;
    if (unit[i] >= fits(t)) continue;
    l.fits++;
    l.longer |= bsn_work_continues(t, unit[i], work->sink, &made);
    l.cost -= made;
  }
  if (l.fits) l.cost += (double)l.fits * passes(work, t);
  return l;
}

static bool add_missing(plan *p, const bsn_trial *t, size_t number, const lack *l, bsn_arena *arena) {
  size_t *list = bsn_grow_in(arena, p->missing, p->nmissing, sizeof *list);
  bool *longer = bsn_grow_in(arena, p->longer, p->nmissing, sizeof *longer);
  if (!list || !longer) return false;
  p->missing = list;
  p->longer = longer;
  longer[p->nmissing] = l->longer;
  list[p->nmissing++] = number;
  p->units += fits(t);
  p->units_done += fits(t) - l->fits;
  p->cost += l->cost;
  return true;
}

/* What of the trial is missing: how many units, into *unit. */
static bool find_missing(const bsn_trial *t, bsn_sink *sink, bsn_arena *arena, size_t *n, size_t **unit) {
  size_t all = bsn_work_units(t);
  bool *tried = bsn_alloc_in(arena, all * sizeof *tried);
  *unit = bsn_alloc_in(arena, all * sizeof **unit);
  if (tried && *unit) *n = bsn_work_missing(t, sink, tried, *unit);
  return tried && *unit;
}

/* scratch: of the trial alone. asked: by --only, or by none being there. */
static bool look_at(plan *p, bsn_work *work, const bsn_trial *t, size_t number, bool asked, bsn_arena *scratch,
                    bsn_arena *arena) {
  size_t n, *unit;
  if (!find_missing(t, work->sink, scratch, &n, &unit)) return false;
  if (!asked && work->sink->has(work->sink, t->key)) return true;
  p->trials++;
  p->ndone += n == 0;
  p->nsources += !asked;
  lack l = lack_of(work, t, n, unit);
  p->nprobing += l.probes;
  p->nsaved += l.saved;
  p->probes |= n && t->nprobes;
  return !n || add_missing(p, t, number, &l, arena);
}

/* Which trials --only means; mark those that it does not, but whose weights a missing one starts from. */
typedef enum meant { NOT_MEANT, SOURCE, MEANT } meant;

static bool find_meant(const bsn_study *study, bsn_sink *sink, size_t i, size_t nonly, const char *const *only,
                       meant *which, bsn_error *error) {
  bsn_arena scratch = {0};
  bsn_trial t;
  size_t n = 0, *unit;
  bool ok = bsn_study_trial(study, i, &scratch, &t, error);
  if (ok && trial_is(&scratch, &t, nonly, only)) which[i] = MEANT;
  if (ok && which[i] && bsn_study_source(study, i) != SIZE_MAX)
    ok = find_missing(&t, sink, &scratch, &n, &unit) || bsn_no_memory(error);
  bsn_arena_free(&scratch);
  while (n && (i = bsn_study_source(study, i)) != SIZE_MAX)
    if (!which[i]) which[i] = SOURCE;
  return ok;
}

bool plan_make(plan *p, const bsn_study *study, bsn_sink *sink, size_t nonly, const char *const *only, bsn_arena *arena,
               bsn_error *error) {
  bsn_work work = {.sink = sink ? sink : bsn_memory_sink_in(arena)};
  meant *which = nonly ? bsn_alloc_in(arena, study->ntrials * sizeof *which) : NULL;
  bool ok = (work.sink && (which || !nonly)) || bsn_no_memory(error);
  *p = (plan){0};
  for (size_t i = 0; ok && nonly && i < study->ntrials; i++)
    ok = find_meant(study, work.sink, i, nonly, only, which, error);
  for (size_t i = 0; ok && i < study->ntrials; i++) {
    bsn_arena scratch = {0};
    bsn_trial trial;
    if (nonly && !which[i]) continue;
    ok = bsn_study_trial(study, i, &scratch, &trial, error);
    ok = ok && (look_at(p, &work, &trial, i, !nonly || which[i] == MEANT, &scratch, arena) || bsn_no_memory(error));
    bsn_arena_free(&scratch);
  }
  bsn_work_close(&work);
  if (ok && !p->trials)
    return bsn_fail(error, BSN_USAGE, "no trial has %s%s", only[0], nonly > 1 ? " and the other --only" : "");
  return ok;
}

/* Seconds that the first unit takes with so many steps; nan when it fails. */
static double time_steps(bsn_trial *t, size_t steps) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_sink *sink = bsn_memory_sink_in(&arena);
  bsn_work work = {.sink = sink};
  t->start.source = NULL; /* other weights take as long */
  t->fit.train.epochs = t->fit.train.budget = 0;
  t->fit.train.steps = t->minimise.train.steps = steps;
  t->fit.eval = t->minimise.eval = t->save = t->curve = t->internals = (bsn_moment){BSN_NEVER, 0};
  bool ok = sink && bsn_work_open(&work, t, &error);
  double begun = bsn_seconds();
  ok = ok && bsn_work_run(&work, 0, &error) && !error.code;
  double taken = bsn_seconds() - begun;
  bsn_work_close(&work);
  bsn_arena_free(&arena);
  return ok ? taken : NAN;
}

/* Seconds of all missing units, from 2 and from 22 steps of the first one: what differs is 20 steps, what is equal is the
 * beginning and two evaluations of all rows. nan where there are no steps. */
static double measured(const plan *p, const bsn_study *study) {
  bsn_arena arena = {0};
  bsn_error ignored = {0};
  bsn_trial t;
  bsn_work work = {0};
  double seconds = NAN;
  if (bsn_study_trial(study, p->missing[0], &arena, &t, &ignored) && !bsn_protocol_of(&t)->alone) {
    double share = share_of_step(&work, &t),
           evaluations = t.fit.eval.kind == BSN_EVERY_EPOCHS ? 1.0 / (double)t.fit.eval.n : 0;
    double few = time_steps(&t, 2), many = time_steps(&t, 22), step = fmax(0, (many - few) / 20);
    double rest = fmax(0, few - 2 * step);
    seconds = p->cost * (step / share + evaluations * rest / 2) + (double)(p->units - p->units_done) * rest;
  }
  bsn_work_close(&work);
  bsn_arena_free(&arena);
  return seconds;
}

/* Seconds by what stored trials took for each gradient evaluation; nan: there are none. */
static double remembered(const plan *p, bsn_store *store) {
  bsn_query q;
  bsn_error ignored = {0};
  const char *sql = "SELECT sum(seconds) / sum(grads) FROM trial WHERE outcome <> 'failed' AND grads > 0";
  if (!store || !bsn_query_open(&q, store, sql, &ignored)) return NAN;
  double each = bsn_query_next(&q, &ignored) ? bsn_query_number(&q, 0) : NAN;
  bsn_query_close(&q);
  return each * p->cost;
}

/* ---- print ---- */
static void print_to_do(size_t n, size_t longer, FILE *to) {
  fprintf(to, ": %zu to do", n);
  if (longer) fprintf(to, ", %zu of them from where a shorter trial ended", longer);
  fprintf(to, "\n");
}

/* Each cell, with how many of its trials are missing; trials of a cell stand together in the list. */
static bool print_cells(const plan *p, const bsn_study *study, FILE *to, bsn_error *error) {
  bsn_arena arena = {0};
  const char *last = NULL;
  size_t n = 0, longer = 0;
  bool ok = true;
  for (size_t i = 0; ok && i < p->nmissing; i++) {
    bsn_arena scratch = {0};
    bsn_trial t;
    ok = bsn_study_trial(study, p->missing[i], &scratch, &t, error);
    if (ok && (!last || strcmp(last, t.cell))) {
      if (last) print_to_do(n, longer, to);
      n = longer = 0;
      const char *words = cell_words(&scratch, t.cell);
      fprintf(to, "  %s%s", *words ? words : "(one cell)", t.tuning ? " (tuning)" : "");
      bsn_arena_free(&arena);
      ok = (last = bsn_text_in(&arena, "%s", t.cell)) || bsn_no_memory(error);
    }
    n++;
    longer += p->longer[i];
    bsn_arena_free(&scratch);
  }
  if (last) print_to_do(n, longer, to);
  bsn_arena_free(&arena);
  return ok;
}

static void print_head(const bsn_study *s, FILE *to) {
  size_t n = s->nreplicates;
  fprintf(to, "%s: %zu cell%s x %zu replicate%s = %zu trial%s", s->name, s->ncells, s->ncells == 1 ? "" : "s", n,
          n == 1 ? "" : "s", s->ncells * n, s->ncells * n == 1 ? "" : "s");
  if (s->tune) fprintf(to, ", and %zu of tuning", s->nplaces - s->ncells * n);
  fprintf(to, "\n");
}

static void print_cost(const plan *p, FILE *to) {
  if (isnan(p->cost))
    fprintf(to, "cost: not known: the data cannot be read\n");
  else
    fprintf(to, "cost: %.6g gradient evaluations of the training set%s\n", p->cost,
            p->probes ? ", and what probes take by themselves" : "");
}

bool plan_print(const plan *p, const bsn_study *study, bsn_store *store, size_t jobs, FILE *to, bsn_error *error) {
  char text[32];
  print_head(study, to);
  BSN_TRY(print_cells(p, study, to, error));
  fprintf(to, "%zu of %zu trials to do", p->nmissing, p->trials);
  if (p->units != p->nmissing) fprintf(to, ", in %zu units of work (%zu done)", p->units, p->units_done);
  if (study->nplaces > study->ntrials)
    fprintf(to, "; %zu more once tuning has chosen", study->nplaces - study->ntrials);
  if (p->nsources)
    fprintf(to, "\n%zu of them %s not asked for, but others start from their weights", p->nsources,
            p->nsources == 1 ? "was" : "were");
  fprintf(to, "\n");
  if (p->nprobing)
    fprintf(to, "probes of finished trials: %zu from saved weights, %zu by training again\n", p->nsaved,
            p->nprobing - p->nsaved);
  print_cost(p, to);
  if (p->units == p->units_done) return true;
  double stored = remembered(p, store), seconds = isnan(stored) ? measured(p, study) : stored;
  size_t workers = jobs < p->units - p->units_done ? jobs : p->units - p->units_done;
  if (isnan(seconds))
    fprintf(to, "time: not known\n");
  else
    fprintf(to, "time: %s with %zu worker%s, by %s\n", time_text(text, seconds / (double)(workers ? workers : 1)),
            workers, workers == 1 ? "" : "s",
            isnan(stored) ? "24 steps of the first trial" : "what stored trials took");
  return true;
}
