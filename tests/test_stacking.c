/* Trials whose fits a worker trains side by side have the records that each has alone: with any number of workers, in any order,
 * killed, paused and gone on, though one diverges, stops early or fails. */
#include "runner_check.h"

/* 24 trials that see the same batches: rules of several kinds, one learning rate that ends it all, one that stops early. */
static const char side[] =
    "study: side\n"
    "data: {name: digits, train: 800, test: 300, validation: 0.2}\n"
    "model: logistic\n"
    "loss: cross-entropy\n"
    "optimizer: adam\n"
    "train: {batch: 16, epochs: 25}\n"
    "seed: {data: 0, split: 0, order: 0}\n"
    "seeds: 2\n"
    "probes: [{name: gradient-norm, when: every 10 epochs}]\n"
    "save: every 15 epochs\n"
    "vary:\n"
    "  optimizer: [{name: momentum}, {name: adam}]\n"
    "  optimizer.lr: [0.001, 0.01, 1e6]\n"
    "  regularise: [[], [{name: early-stopping, patience: 1}, {name: l2, lambda: 0.001}]]\n";

/* Those of the same optimizer go together, those on all rows too; the others are alone, and wide nets are. */
static const char mixed[] =
    "study: mixed\n"
    "data: {name: digits, train: 100, test: 30}\n"
    "model: logistic\n"
    "loss: cross-entropy\n"
    "optimizer: sgd\n"
    "train: {batch: 16, epochs: 3}\n"
    "vary:\n"
    "  model: [logistic, {name: mlp, hidden: [48]}]\n"
    "  optimizer: [sgd, gd, {name: nag, form: lookahead}, {name: sam, base: momentum}, lbfgs]\n"
    "  train.batch: [16, 32]\n";

/* The most units that were at work at the end of a trial. */
static void see_end(void *context, const bsn_record *record, const bsn_run_state *state) {
  size_t *most = context;
  (void)record;
  if (state->running > *most) *most = state->running;
}

static size_t run_and_check(bench *b, const char *want, bsn_run run) {
  size_t most = 0;
  run.context = &most;
  run.ended = see_end;
  ck_assert_msg(run_it(b, &run) == BSN_OK, "%s", b->error.text);
  ck_assert_uint_eq(run.state.running, 0);
  ck_assert_uint_eq(run.state.done, run.state.trials);
  check_dump(b, want);
  ck_assert_uint_eq(count_files(b, "checkpoints", false), 0);
  clear(b);
  return most;
}

START_TEST(each_has_its_own_record) {
  bench b;
  make_bench(&b, side);
  const char *want = undisturbed(&b);
  ck_assert(strstr(want, "diverged") && strstr(want, "stopped_early") && strstr(want, "probe"));
  ck_assert_uint_eq(run_and_check(&b, want, (bsn_run){.jobs = 1, .stack = 1}), 1);
  ck_assert_uint_eq(run_and_check(&b, want, (bsn_run){.jobs = 1}), 16);
  ck_assert_uint_eq(run_and_check(&b, want, (bsn_run){.jobs = 2}), 24);
  ck_assert_uint_eq(run_and_check(&b, want, (bsn_run){.jobs = 2, .stack = 3}), 6);
  size_t backward[24];
  for (size_t i = 0; i < 24; i++) backward[i] = 23 - i;
  ck_assert_uint_eq(run_and_check(&b, want, (bsn_run){.jobs = 1, .trial = backward, .ntrials = 24}), 16);
  free_bench(&b);
}
END_TEST

START_TEST(who_does_not_fit_is_alone) {
  bench b;
  make_bench(&b, mixed);
  const char *want = undisturbed(&b);
  ck_assert_uint_gt(run_and_check(&b, want, (bsn_run){.jobs = 1}), 1);
  ck_assert_uint_gt(run_and_check(&b, want, (bsn_run){.jobs = 1, .stack = 16}), 1);
  ck_assert_uint_gt(run_and_check(&b, want, (bsn_run){.jobs = 3}), 1);
  free_bench(&b);
}
END_TEST

/* A wide net is handed back before it is trained. */
START_TEST(what_does_not_pay_is_not_stacked) {
  bench b;
  make_bench(&b,
             "study: wide\ndata: {name: digits, train: 100, test: 30}\nmodel: {name: mlp, hidden: [48]}\n"
             "loss: cross-entropy\noptimizer: sgd\ntrain: {batch: 16, epochs: 3}\n"
             "vary: {optimizer.lr: {log: [0.001, 1], points: 7}}\n");
  const char *want = undisturbed(&b);
  ck_assert_uint_eq(run_and_check(&b, want, (bsn_run){.jobs = 1}), 1);
  run_and_check(&b, want, (bsn_run){.jobs = 2});
  ck_assert_uint_eq(run_and_check(&b, want, (bsn_run){.jobs = 1, .stack = 7}), 7);
  free_bench(&b);
}
END_TEST

START_TEST(killed_workers_are_replaced) { check_killed_workers(side, 5, 0.1); }
END_TEST

/* Whatever was kept, stacked or not, at the same step or not, is gone on with. */
START_TEST(a_killed_run_goes_on) {
  bench b;
  make_bench(&b, side);
  const char *want = undisturbed(&b);
  kill_runs(&b, 10, 0.15);
  pid_t pid = run_apart(&b, 2);
  sleep_for(0.05);
  kill(pid, SIGTERM);
  int code = exit_of(pid);
  ck_assert(code == BSN_PAUSED || code == 0);
  bsn_run alone = {.jobs = 1, .time = 0.05, .stack = 1};
  ck_assert(run_it(&b, &alone) == BSN_PAUSED || !b.error.code);
  ck_assert_int_eq(exit_of(run_apart(&b, 2)), 0);
  check_dump(&b, want);
  free_bench(&b);
}
END_TEST

/* One whose weights cannot be read fails, and nobody with it. */
START_TEST(one_fails_alone) {
  bench b;
  bsn_arena arena = {0};
  const char *folder = new_folder(&arena);
  const char *bad = bsn_text_in(&arena, "%s/bad.safetensors", folder);
  FILE *f = fopen(bad, "w");
  ck_assert(f && fputs("no weights at all", f) >= 0 && !fclose(f));
  make_bench(&b,
             bsn_text_in(&arena,
                         "study: one\ndata: {name: digits, train: 100, test: 30}\nmodel: logistic\n"
                         "loss: cross-entropy\noptimizer: sgd\ntrain: {batch: 16, epochs: 3}\n"
                         "vary: {optimizer.lr: [0.1, 0.2, 0.3], model: [logistic, {name: logistic, weights: %s}]}\n",
                         bad));
  const char *want = undisturbed(&b);
  ck_assert(strstr(want, "failed") && strstr(want, "budget"));
  for (size_t jobs = 1; jobs < 3; jobs++) {
    bsn_run run = {.jobs = jobs, .stack = 16};
    ck_assert_msg(run_it(&b, &run) == BSN_OK, "%s", b.error.text);
    ck_assert_uint_eq(run.state.failed, 3);
    check_dump(&b, want);
    clear(&b);
  }
  free_bench(&b);
  remove_folder(folder);
  bsn_arena_free(&arena);
}
END_TEST

BASIN_TESTS("stacking", each_has_its_own_record, who_does_not_fit_is_alone, what_does_not_pay_is_not_stacked,
            killed_workers_are_replaced, a_killed_run_goes_on, one_fails_alone)
