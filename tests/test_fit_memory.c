/* Every allocation of a fit, of what can be asked of it, and of doing a trial's units fails once: a message, no crash, no leak
 * (a sanitizer looks), and whoever runs the trial again gets the bits that it would have had. */
#include "refuse.h"
#include "fit_check.h"
#include "learn/objective.h"
#include "study/stacking.h"

/* ---- a fit, and what can be asked of it ---- */
static const char *const fits[] = {
    SINE
    "optimizer: {name: adam, lr: 0.1}\ntrain: {batch: 10, steps: 4, schedule: {name: plateau}}\neval: {when: every 2 "
    "steps}\n"
    "regularise: [{name: early-stopping, patience: 1}, {name: l2, lambda: 0.01}]\n",
    SINE "optimizer: {name: lookahead, base: {name: lbfgs, lr: 0.1}}\ntrain: {batch: 40, steps: 2}\n",
    "study: x\ndata: {name: blobs, rows: 30, test: 10, scale: standard}\nmodel: {name: mlp, hidden: [4]}\nloss: "
    "cross-entropy\n"
    "optimizer: {name: sam, base: {name: sgd, lr: 0.1}}\ntrain: {batch: 8, epochs: 1, order: iid}\n",
};
enum { FITS = sizeof fits / sizeof *fits };

static bool ask(const bsn_fit *fit, bsn_arena *arena, bsn_error *error) {
  bsn_objective *o = bsn_fit_objective_in(fit, arena, error);
  if (!o) return false;
  bsn_real *out = bsn_reals_in(arena, fit->net.n);
  if (!out) return bsn_no_memory(error);
  bool ok = o->select(o, NULL, 0, BSN_EVAL) && o->product(o, fit->w, fit->w, out, BSN_HESSIAN) &&
            o->product(o, fit->w, fit->w, out, BSN_GAUSS_NEWTON);
  return ok || bsn_fail(error, o->error.code, "%s", o->error.text);
}

static bool fit_twice(bench *b, bsn_arena *arena, bsn_error *error) {
  bsn_fit first = {0}, second = {0};
  bsn_record record = {.arena = arena};
  void *bytes;
  size_t n;
  BSN_TRY(bsn_fit_init(&first, &b->trial.fit, &b->rows, arena, error));
  BSN_TRY(bsn_fit_step(&first, error));
  BSN_TRY(ask(&first, arena, error));
  BSN_TRY(bsn_fit_measure(&first, &b->work.test, "test", &record, error));
  BSN_TRY(bsn_fit_pack(&first, arena, &bytes, &n, error));
  BSN_TRY(bsn_fit_init(&second, &b->trial.fit, &b->rows, arena, error));
  BSN_TRY(bsn_fit_unpack(&second, bytes, n, error));
  while (second.record.outcome == BSN_UNDONE) BSN_TRY(bsn_fit_step(&second, error));
  return true;
}

static void refuse_fit(const char *text, bool blocks, size_t at_least) {
  bench b;
  refused = 0;
  bench_open(&b, text);
  by_block = blocks;
  for (size_t turn = 1, reached = 1; reached; turn++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    calls = 0;
    refused = turn;
    bool ok = fit_twice(&b, &arena, &error);
    reached = calls >= refused;
    refused = 0;
    bsn_arena_free(&arena);
    ck_assert_msg(error.code == (reached ? BSN_NO_MEMORY : BSN_OK), "call %zu: code %d: %s", turn, error.code,
                  error.text);
    ck_assert_int_eq(ok, !reached);
    if (!reached) ck_assert_uint_gt(turn, at_least);
  }
  bench_close(&b);
}

START_TEST(pieces_of_a_fit_fail) { refuse_fit(fits[_i], false, 500); }
END_TEST

START_TEST(blocks_of_a_fit_fail) { refuse_fit(fits[_i], true, 5); }
END_TEST

/* ---- the units of a trial ---- */
#define TRAIN "optimizer: {name: adam, lr: 0.1}\ntrain: {batch: 20, steps: 2}\n"

static const char *const trials[] = {
    SINE TRAIN
    "probes: [{name: hessian-top, k: 1, when: every 1 steps}, gradient-norm]\nsave: every 1 steps\n"
    "eval: {curve: end, internals: every 1 steps}\n",
    SINE TRAIN "protocol: {name: k-fold, k: 2}\n",
    SINE TRAIN "ensemble: {name: bagging, members: 2}\n",
    SINE TRAIN "protocol: {name: k-fold, k: 2}\nensemble: {name: bagging, members: 2}\n",
};
enum { TRIALS = sizeof trials / sizeof *trials, UNITS = 8 };

static bsn_pause at_each_step(void *context, int64_t step, int64_t steps) {
  return (void)context, (void)step, (void)steps, BSN_CHECKPOINT;
}

/* Do all that sink lacks of the trial. */
static bool do_trial(const bsn_trial *trial, bsn_sink *sink, bsn_error *error) {
  bsn_work work = {.sink = sink, .ask = at_each_step};
  bool tried[UNITS] = {false}, ok = true;
  size_t unit[UNITS], n;
  ck_assert_uint_le(bsn_work_units(trial), UNITS);
  while (ok && (n = bsn_work_missing(trial, sink, tried, unit)))
    for (size_t i = 0; ok && i < n; i++) {
      tried[unit[i]] = true;
      ok = bsn_work_open(&work, trial, error) && bsn_work_run(&work, unit[i], error);
    }
  bsn_work_close(&work);
  return ok;
}

static bool has_all(const bsn_trial *trial, bsn_sink *sink) {
  bool all = sink->has(sink, trial->key);
  for (size_t i = 0; i < trial->nprobes; i++) all = all && sink->has(sink, trial->probe[i].key);
  return all;
}

static void compare(const char *key, bsn_sink *want, bsn_sink *got, bsn_arena *arena, size_t turn) {
  bsn_record a, b;
  bsn_error error = {0};
  bool both = want->get(want, key, arena, &a, &error) && got->get(got, key, arena, &b, &error);
  ck_assert_msg(both && same_record(&a, &b), "call %zu: %s", turn, both ? difference(&a, &b) : error.text);
}

/* A refusal is a message or a failed record; the next run makes up for it. */
static void refuse_trial(const bsn_trial *trial, bsn_sink *want, size_t turn, bool *reached) {
  bsn_arena arena = {0};
  bsn_error error = {0}, none = {0};
  bsn_sink *sink = bsn_memory_sink_in(&arena);
  calls = 0;
  refused = turn;
  bool ok = do_trial(trial, sink, &error);
  *reached = calls >= refused;
  refused = 0;
  ck_assert_msg(error.code == (ok ? BSN_OK : BSN_NO_MEMORY), "call %zu: code %d: %s", turn, error.code, error.text);
  ck_assert(*reached || has_all(trial, sink));
  ck_assert_msg(do_trial(trial, sink, &none), "call %zu: %s", turn, none.text);
  ck_assert_msg(has_all(trial, sink), "call %zu: not all is done by the second run", turn);
  compare(trial->key, want, sink, &arena, turn);
  for (size_t i = 0; i < trial->nprobes; i++) compare(trial->probe[i].key, want, sink, &arena, turn);
  bsn_arena_free(&arena);
}

START_TEST(pieces_of_a_trial_fail) {
  bench b;
  bool reached = true;
  size_t turn = 1;
  refused = 0;
  bench_open(&b, trials[_i]);
  ck_assert(do_trial(&b.trial, b.work.sink, &b.error) && has_all(&b.trial, b.work.sink));
  /* each graph is built by the same calls as in the tests above: every third is enough here */
  for (; reached; turn += 3) refuse_trial(&b.trial, b.work.sink, turn, &reached);
  ck_assert_uint_gt(turn, 500);
  bench_close(&b);
}
END_TEST

/* ---- two trials side by side ---- */
static const char pair[] =
    "study: x\ndata: {name: blobs, rows: 30, test: 10, validation: 5}\nmodel: logistic\n"
    "loss: cross-entropy\noptimizer: sgd\ntrain: {batch: 9, steps: 3}\n"
    "probes: [gradient-norm]\nsave: end\nvary: {optimizer.lr: [0.1, 0.2]}\n";

static bool do_pair(const bsn_trial *const trial[2], bsn_sink *sink, bsn_error *error) {
  bsn_work work = {.sink = sink, .ask = at_each_step};
  bool ok = bsn_work_open(&work, trial[0], error) &&
            bsn_stacking_run(&work, &(bsn_stacking){.n = 2, .trial = trial, .always = true}, error);
  bsn_work_close(&work);
  return ok;
}

static void refuse_pair(const bsn_trial *const trial[2], bsn_sink *want, size_t turn, bool *reached) {
  bsn_arena arena = {0};
  bsn_error error = {0}, none = {0};
  bsn_sink *sink = bsn_memory_sink_in(&arena);
  calls = 0;
  refused = turn;
  bool ok = do_pair(trial, sink, &error);
  *reached = calls >= refused;
  refused = 0;
  ck_assert_msg(error.code == (ok ? BSN_OK : BSN_NO_MEMORY), "call %zu: code %d: %s", turn, error.code, error.text);
  for (int i = 0; i < 2; i++) {
    ck_assert(*reached || has_all(trial[i], sink));
    ck_assert_msg(do_trial(trial[i], sink, &none), "call %zu: %s", turn, none.text);
    compare(trial[i]->key, want, sink, &arena, turn);
    compare(trial[i]->probe[0].key, want, sink, &arena, turn);
  }
  bsn_arena_free(&arena);
}

START_TEST(pieces_of_a_stack_fail) {
  bench b;
  bsn_trial other;
  bool reached = true;
  size_t turn = 1;
  refused = 0;
  bench_open(&b, pair);
  ck_assert(bsn_study_trial(b.study, 1, &b.arena, &other, &b.error));
  const bsn_trial *const trial[2] = {&b.trial, &other};
  for (int i = 0; i < 2; i++) ck_assert(do_trial(trial[i], b.work.sink, &b.error));
  for (; reached; turn++) refuse_pair(trial, b.work.sink, turn, &reached);
  ck_assert_uint_gt(turn, 500);
  bench_close(&b);
}
END_TEST

BASIN_CASES("fit memory", {pieces_of_a_fit_fail, FITS}, {blocks_of_a_fit_fail, FITS}, {pieces_of_a_trial_fail, TRIALS},
            {pieces_of_a_stack_fail, 1})
