/* The runner: the same records whatever happens to its processes, and a pause that loses nothing. */
#include "runner_check.h"
#include <poll.h>
#include <sys/mman.h>

/* 4 trials of 3 folds, each some tens of milliseconds. */
static const char folds[] =
    "study: folds\n"
    "data: {name: digits, test: 300}\n"
    "model: {name: mlp, hidden: [32]}\n"
    "loss: cross-entropy\n"
    "optimizer: {name: adam, lr: 0.001}\n"
    "train: {batch: 16, epochs: 16}\n"
    "protocol: {name: k-fold, k: 3}\n"
    "seeds: 2\n"
    "vary: {optimizer.lr: [0.001, 0.01]}\n";

/* More folds than rows: the second cell cannot be computed. */
static const char failing[] =
    "study: failing\n"
    "data: {name: iris, test: 30}\n"
    "model: {name: mlp, hidden: [4]}\n"
    "loss: cross-entropy\n"
    "optimizer: sgd\n"
    "train: {batch: 16, epochs: 1}\n"
    "protocol: k-fold\n"
    "vary: {protocol.k: [2, 121]}\n";

/* `folds` with so many epochs instead of 16. */
static void make_longer(bench *b, int epochs) {
  char text[sizeof folds + 8];
  const char *at = strstr(folds, "16}");
  snprintf(text, sizeof text, "%.*s%d%s", (int)(at - folds), folds, epochs, at + 2);
  make_bench(b, text);
}

/* ---- order and number of workers ---- */
START_TEST(any_order_any_number_of_workers) {
  bench b;
  make_bench(&b, folds);
  const char *want = undisturbed(&b);
  ck_assert(strstr(want, "validation_loss"));
  bsn_run four = {.jobs = 4};
  ck_assert(run_it(&b, &four) == BSN_OK);
  check_dump(&b, want);
  bsn_run again = {.jobs = 4};
  ck_assert(run_it(&b, &again) == BSN_OK);
  ck_assert_uint_eq(again.state.done, 0);
  ck_assert_uint_eq(again.state.skipped, 4);
  clear(&b);
  const size_t backward[] = {3, 2, 1, 0};
  bsn_run reversed = {.jobs = 2, .trial = backward, .ntrials = 4};
  ck_assert(run_it(&b, &reversed) == BSN_OK);
  check_dump(&b, want);
  clear(&b);
  for (size_t i = 0; i < 4; i++) {
    size_t only = (i + 2) % 4;
    bsn_run alone = {.trial = &only, .ntrials = 1};
    ck_assert(run_it(&b, &alone) == BSN_OK);
    ck_assert_uint_eq(alone.state.done, 1);
  }
  check_dump(&b, want);
  free_bench(&b);
}
END_TEST

/* ---- killing ---- */
START_TEST(killed_workers_are_replaced) { check_killed_workers(folds, 6, 0.05); }
END_TEST

/* The first unit whose checkpoint is looked for, in memory that all processes of the test share. */
static struct victim {
  char name[100];
  int deaths;
} * victim;

static bool (*own_load)(bsn_sink *, const char *, bsn_arena *, void **, size_t *, bsn_error *);

/* A worker looks for a checkpoint when it begins a unit. */
static bool die_of_it(bsn_sink *sink, const char *name, bsn_arena *arena, void **bytes, size_t *n, bsn_error *error) {
  if (!victim->name[0]) snprintf(victim->name, sizeof victim->name, "%s", name);
  if (!strcmp(victim->name, name)) {
    victim->deaths++;
    kill(getpid(), SIGKILL);
  }
  return own_load(sink, name, arena, bytes, n, error);
}

START_TEST(a_unit_that_kills_its_workers_is_given_up) {
  bench b;
  make_bench(&b, folds);
  const char *want = undisturbed(&b);
  victim = mmap(NULL, sizeof *victim, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ck_assert(victim != MAP_FAILED);
  bsn_store *store = bsn_store_open(b.folder, BSN_STORE_WRITE, &b.error);
  ck_assert_msg(store, "%s", b.error.text);
  bsn_sink *sink = bsn_store_sink(store);
  own_load = sink->load;
  sink->load = die_of_it;
  bsn_run run = {.study = b.study, .sink = sink, .ntrials = b.study->ntrials, .jobs = 1};
  ck_assert_msg(bsn_run_study(&run, &b.error), "%s", b.error.text);
  bsn_store_close(store);
  ck_assert_int_eq(victim->deaths, 3);
  ck_assert_uint_eq(run.state.done, 4);
  ck_assert_uint_eq(run.state.failed, 1);
  ck_assert_ptr_nonnull(strstr(dump(&b), "\"failed\",\"0\",\"worker died (signal 9)\""));
  bsn_run again = {.jobs = 2};
  ck_assert(run_it(&b, &again) == BSN_OK);
  ck_assert_uint_eq(again.state.done, 1);
  check_dump(&b, want);
  munmap(victim, sizeof *victim);
  free_bench(&b);
}
END_TEST

/* Whatever they were doing: units are given up, and done again when somebody asks. */
START_TEST(workers_that_die_all_the_time_spoil_nothing) {
  bench b;
  make_bench(&b, folds);
  const char *want = undisturbed(&b);
  pid_t pid = run_apart(&b, 1);
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    kill_a_worker(pid);
    sleep_for(0.0005);
  }
  ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  bsn_run again = {.jobs = 2};
  ck_assert(run_it(&b, &again) == BSN_OK);
  check_dump(&b, want);
  free_bench(&b);
}
END_TEST

START_TEST(a_killed_run_goes_on) {
  bench b;
  make_bench(&b, folds);
  const char *want = undisturbed(&b);
  kill_runs(&b, 12, 0.06);
  int code = 1;
  for (int i = 0; i < 2; i++) code = exit_of(run_apart(&b, 2));
  ck_assert_int_eq(code, 0);
  check_dump(&b, want);
  free_bench(&b);
}
END_TEST

/* The test program gets the orphans; none may be left, though each has work for hours. */
START_TEST(workers_die_with_the_runner) {
  bench b;
  int left[2];
  make_longer(&b, 1000000);
  ck_assert(pipe(left) == 0); /* its writing end is open in the run and all its workers */
  pid_t pid = run_apart(&b, 3);
  close(left[1]);
  await_workers(pid, 3);
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  struct pollfd end = {.fd = left[0], .events = POLLIN};
  ck_assert_int_eq(poll(&end, 1, 60000), 1); /* when the last of them is gone, or after a minute */
  ck_assert_int_eq(end.revents, POLLHUP);
  close(left[0]);
  free_bench(&b);
}
END_TEST

/* ---- pauses ---- */
/* How far a run comes before its signal is the machine's affair; that nothing is lost is ours. */
START_TEST(signals_pause) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  bench b;
  make_bench(&b, folds);
  const char *want = undisturbed(&b);
  int paused = 0;
  for (int i = 0; i < 3; i++) {
    pid_t pid = run_apart(&b, 2);
    await_workers(pid, 1);
    if (i) sleep_for(0.02);
    kill(pid, signals[i]);
    int code = exit_of(pid);
    ck_assert(code == BSN_PAUSED || code == 0);
    paused += code == BSN_PAUSED;
  }
  ck_assert_int_ge(paused, 1);
  ck_assert_int_eq(exit_of(run_apart(&b, 2)), 0);
  check_dump(&b, want);
  ck_assert_uint_eq(count_files(&b, "checkpoints", false), 0);
  free_bench(&b);
}
END_TEST

/* More epochs in the same folder, with what the shorter trials left and without. */
START_TEST(longer_trials_go_on) {
  bench b, longer;
  bsn_run run = {.jobs = 2};
  make_longer(&b, 60);
  make_longer(&longer, 80);
  remove_folder(longer.folder);
  longer.folder = b.folder;
  ck_assert(run_it(&longer, &run) == BSN_OK && run_it(&b, &run) == BSN_OK);
  const char *want = dump(&b);
  clear(&b);
  longer.folder = b.folder;
  ck_assert(run_it(&b, &run) == BSN_OK);
  ck_assert_uint_gt(count_files(&b, "checkpoints", true), 0);
  ck_assert(run_it(&longer, &run) == BSN_OK);
  ck_assert_uint_eq(run.state.done, 4);
  check_dump(&b, want);
  bsn_arena_free(&longer.arena);
  free_bench(&b);
}
END_TEST

/* Probes that are added, and are interrupted, leave no checkpoint behind their last record. */
START_TEST(added_probes_leave_nothing_behind) {
#define ONE                                                                                              \
  "study: one\ndata: {name: digits, test: 300}\nmodel: {name: mlp, hidden: [32]}\nloss: cross-entropy\n" \
  "optimizer: {name: adam, lr: 0.001}\ntrain: {batch: 16, epochs: 30}\n"
  bench b, probed;
  bsn_run run = {.jobs = 1};
  int rounds = 0;
  size_t kept = 0;
  make_bench(&b, ONE);
  make_bench(&probed, ONE "probes: [{name: gradient-norm, when: every 7 steps}, gradient-norm]\n");
  ck_assert(run_it(&probed, &run) == BSN_OK);
  const char *want = dump(&probed);
  ck_assert(run_it(&b, &run) == BSN_OK);
  remove_folder(probed.folder);
  probed.folder = b.folder;
  do {
    run = (bsn_run){.jobs = 1, .time = ldexp(0.001, rounds)};
    ck_assert_int_lt(rounds++, 20);
    kept += count_files(&probed, "checkpoints", false);
  } while (run_it(&probed, &run) == BSN_PAUSED);
  ck_assert_msg(!probed.error.code && kept, "%s, %zu checkpoints", probed.error.text, kept);
  check_dump(&probed, want);
  ck_assert_uint_eq(count_files(&probed, "checkpoints", false), 0);
  bsn_arena_free(&probed.arena);
  free_bench(&b);
}
END_TEST

START_TEST(the_end_of_the_time_pauses) {
  bench b;
  make_bench(&b, folds);
  const char *want = undisturbed(&b);
  int rounds = 0;
  bsn_run run;
  do {
    run = (bsn_run){.jobs = 2, .time = ldexp(0.001, rounds)}; /* longer each time, so that it ends on any machine */
    ck_assert_int_lt(rounds++, 20);
  } while (run_it(&b, &run) == BSN_PAUSED);
  ck_assert_int_ge(rounds, 3);
  ck_assert(b.error.code == BSN_OK);
  check_dump(&b, want);
  free_bench(&b);
}
END_TEST

/* ---- failures ---- */
START_TEST(failures_are_recorded_and_done_again) {
  bench b;
  make_bench(&b, failing);
  for (int i = 0; i < 2; i++) {
    bsn_run run = {.jobs = 2};
    ck_assert(run_it(&b, &run) == BSN_OK);
    ck_assert_uint_eq(run.state.failed, 1);
    ck_assert_uint_eq(run.state.done, i ? 1 : 2);
    ck_assert_uint_eq(run.state.skipped, i ? 1 : 0);
  }
  ck_assert_ptr_nonnull(strstr(dump(&b), "121 folds of 120 training rows"));
  bsn_run fast = {.fail_fast = true};
  ck_assert(run_it(&b, &fast) == BSN_FAILED);
  ck_assert_str_eq(b.error.text, "stopped at the first trial that failed");
  free_bench(&b);
}
END_TEST

/* A sink that cannot keep records, as on a full disk. */
static bool refuse(bsn_sink *sink, const bsn_record *record, bsn_error *error) {
  (void)sink, (void)record;
  return bsn_fail(error, BSN_IO, "no room");
}

static bool refuse_all(bsn_sink *sink, bsn_error *error) { return refuse(sink, NULL, error); }

static size_t ndropped;

static void count_drop(bsn_sink *sink, const char *name) {
  (void)sink, (void)name;
  ndropped++;
}

/* At once, or when what was gathered is to be settled. The checkpoints of what was lost are all that is left of it. */
START_TEST(a_sink_that_fails_stops_the_run) {
  for (int late = 0; late < 2; late++) {
    bench b;
    make_bench(&b, folds);
    bsn_sink *sink = bsn_memory_sink_in(&b.arena);
    if (late)
      sink->settle = refuse_all;
    else
      sink->put = refuse;
    sink->drop = count_drop;
    bsn_run run = {.study = b.study, .sink = sink, .ntrials = b.study->ntrials, .jobs = 2};
    ck_assert(!bsn_run_study(&run, &b.error));
    ck_assert(b.error.code == BSN_IO);
    ck_assert_str_eq(b.error.text, "no room");
    ck_assert_uint_eq(run.state.running, 0);
    ck_assert_uint_eq(ndropped, 0);
    free_bench(&b);
  }
}
END_TEST

static bool interrupt(bsn_sink *sink, const bsn_record *record, bsn_error *error) {
  (void)sink, (void)record, (void)error;
  return kill(getpid(), SIGINT) == 0;
}

/* Who is interrupted and then cannot keep what was done is told of the latter. */
START_TEST(a_pause_hides_no_loss) {
  bench b;
  make_bench(&b, folds);
  bsn_sink *sink = bsn_memory_sink_in(&b.arena);
  sink->put = interrupt;
  sink->settle = refuse_all;
  bsn_run run = {.study = b.study, .sink = sink, .ntrials = b.study->ntrials, .jobs = 1};
  ck_assert(!bsn_run_study(&run, &b.error));
  ck_assert(b.error.code == BSN_IO);
  ck_assert_str_eq(b.error.text, "no room");
  free_bench(&b);
}
END_TEST

/* Data that cannot be had ends the run with what is wrong, and records nothing. */
START_TEST(data_that_is_not_there_stops_the_run) {
  bench b;
  make_bench(&b, folds);
  b.study->folders = (const char *const[]){"/nowhere", NULL};
  bsn_run run = {.jobs = 2};
  ck_assert(run_it(&b, &run) != BSN_OK);
  ck_assert_ptr_nonnull(strstr(b.error.text, "digits"));
  ck_assert_uint_eq(run.state.done, 0);
  free_bench(&b);
}
END_TEST

typedef struct witness {
  size_t ended, told;
} witness;

static void see_end(void *context, const bsn_record *record, const bsn_run_state *state) {
  witness *w = context;
  ck_assert(record->outcome == BSN_BUDGET && record->cell);
  ck_assert_uint_eq(state->done, ++w->ended);
}

static void see_state(void *context, const bsn_run_state *state) {
  witness *w = context;
  w->told++;
  ck_assert(state->progress >= 0 && state->progress <= (double)state->trials);
  ck_assert(isnan(state->left) || state->left >= -1e-9);
}

START_TEST(progress_is_told) {
  bench b;
  witness w = {0};
  make_bench(&b, folds);
  bsn_run run = {.jobs = 2, .context = &w, .tell = see_state, .ended = see_end};
  ck_assert(run_it(&b, &run) == BSN_OK);
  ck_assert_uint_eq(w.ended, 4);
  ck_assert_uint_eq(run.state.done, 4);
  free_bench(&b);
}
END_TEST

BASIN_TESTS("runner", any_order_any_number_of_workers, killed_workers_are_replaced,
            a_unit_that_kills_its_workers_is_given_up, workers_that_die_all_the_time_spoil_nothing,
            a_killed_run_goes_on, workers_die_with_the_runner, signals_pause, longer_trials_go_on,
            added_probes_leave_nothing_behind, the_end_of_the_time_pauses, failures_are_recorded_and_done_again,
            a_sink_that_fails_stops_the_run, a_pause_hides_no_loss, data_that_is_not_there_stops_the_run,
            progress_is_told)
