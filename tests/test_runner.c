/* The runner: the same records whatever happens to its processes, and a pause that loses nothing. */
#include "basin_check.h"
#include "num/kernels.h"
#include "report/out.h"
#include "study/runner.h"
#include "study_folder.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

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

typedef struct bench {
  bsn_arena arena;
  bsn_error error;
  const char *folder;
  bsn_study *study;
} bench;

static void make_bench(bench *b, const char *text) {
  *b = (bench){0};
  const char *folders[] = {bsn_text_in(&b->arena, "%s/experiments", getenv("BASIN_SOURCE")), NULL};
  bsn_flush_denormals();
  b->study = bsn_study_read(&b->arena, "test.yaml", text, strlen(text), 0, NULL, folders, &b->error);
  ck_assert_msg(b->study, "%s", b->error.text);
  b->folder = new_folder(&b->arena);
}

static void free_bench(bench *b) {
  remove_folder(b->folder);
  bsn_arena_free(&b->arena);
}

/* Run it on the bench's store; the error's code. */
static bsn_code run_it(bench *b, bsn_run *run) {
  b->error = (bsn_error){0};
  bsn_store *store = bsn_store_open(b->folder, BSN_STORE_WRITE, &b->error);
  ck_assert_msg(store, "%s", b->error.text);
  run->study = b->study;
  run->sink = bsn_store_sink(store);
  if (!run->trial) run->ntrials = b->study->ntrials;
  bool ok = bsn_run_study(run, &b->error);
  ck_assert(ok == !b->error.code);
  bsn_store_close(store);
  return b->error.code;
}

/* Everything in the store but what depends on clock and machine. */
static const char *dump(bench *b) {
  static const char *const queries[] = {
      "SELECT key, cell, replicate, place, outcome, outcome_step, message, tainted, grads FROM trial ORDER BY key",
      "SELECT key, path, value, identity FROM setting ORDER BY key, path",
      "SELECT key, trial, kind, idx, outcome, outcome_step, message, tainted, grads, products FROM unit ORDER BY key",
      "SELECT u.key, m.step, m.name, m.value FROM metric m JOIN unit u ON u.id = m.unit ORDER BY 1, 2, 3",
      "SELECT u.key, a.step, a.name, hex(a.bytes) FROM array a JOIN unit u ON u.id = a.unit ORDER BY 1, 2, 3"};
  bsn_error error = {0};
  bsn_out out = {0};
  bsn_store *store = bsn_store_open(b->folder, BSN_STORE_READ, &error);
  OK(store);
  for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
    bsn_query q;
    OK(bsn_query_open(&q, store, queries[i], &error));
    while (bsn_query_next(&q, &error)) {
      for (int c = 0; c < q.columns; c++) {
        if (bsn_query_cell(&q, c) == BSN_QUERY_NUMBER)
          bsn_out_number(&out, bsn_query_number(&q, c));
        else
          bsn_out_json(&out, bsn_query_text(&q, c));
        bsn_out_add(&out, ",");
      }
      bsn_out_add(&out, "\n");
    }
    bsn_query_close(&q);
  }
  bsn_store_close(store);
  const char *text = bsn_text_in(&b->arena, "%s", out.text);
  bsn_out_free(&out);
  return text;
}

/* The first line that differs, when one does. */
static void check_dump(bench *b, const char *want) {
  const char *have = dump(b);
  while (*have || *want) {
    int n = (int)strcspn(have, "\n"), m = (int)strcspn(want, "\n");
    ck_assert_msg(n == m && !strncmp(have, want, (size_t)n), "have %.*s, want %.*s", n, have, m, want);
    have += n + (have[n] != 0);
    want += m + (want[m] != 0);
  }
}

/* Start afresh in the same bench. */
static void clear(bench *b) {
  remove_folder(b->folder);
  b->folder = new_folder(&b->arena);
}

static const char *undisturbed(bench *b) {
  bsn_run run = {.jobs = 1};
  ck_assert_msg(run_it(b, &run) == BSN_OK, "%s", b->error.text);
  ck_assert_uint_eq(run.state.done, run.state.trials);
  ck_assert_uint_eq(run.state.running, 0);
  const char *text = dump(b);
  clear(b);
  return text;
}

static void sleep_for(double seconds) {
  nanosleep(&(struct timespec){(time_t)seconds, (long)(1e9 * (seconds - (double)(time_t)seconds))}, NULL);
}

/* Uniform in [0, 1), the same in every run of the test. */
static double chance(void) {
  static uint64_t state = 88172645463325252;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (double)(state >> 11) / 9007199254740992.0;
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
/* The run in a process of its own. */
static pid_t run_apart(bench *b, size_t jobs, double seconds) {
  pid_t pid = fork();
  if (pid) return pid;
  bsn_run run = {.jobs = jobs, .checkpoint = 0.01, .time = seconds};
  _exit((int)run_it(b, &run));
}

/* Kill one of its children; false: it has none. */
static bool kill_a_worker(pid_t parent) {
  char path[64], text[256] = "";
  pid_t child[16];
  size_t n = 0;
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
  int fd = open(path, O_RDONLY);
  if (fd < 0 || read(fd, text, sizeof text - 1) < 0) text[0] = 0;
  if (fd >= 0) close(fd);
  for (char *at = text, *end; n < 16; at = end) {
    child[n] = (pid_t)strtol(at, &end, 10);
    if (end == at) break;
    n++;
  }
  return n && kill(child[(size_t)(chance() * (double)n)], SIGKILL) == 0;
}

static int exit_of(pid_t pid) {
  int status;
  ck_assert(waitpid(pid, &status, 0) == pid);
  ck_assert_msg(WIFEXITED(status), "signal %d", WTERMSIG(status));
  return WEXITSTATUS(status);
}

START_TEST(killed_workers_are_replaced) {
  bench b;
  make_bench(&b, folds);
  const char *want = undisturbed(&b);
  int kills = 0;
  for (int round = 0; round < 6; round++) {
    pid_t pid = run_apart(&b, 2, 0);
    for (int i = 0; i < 2; i++) { /* a unit may lose two workers */
      sleep_for(0.01 + 0.05 * chance());
      kills += kill_a_worker(pid);
    }
    ck_assert_int_eq(exit_of(pid), 0);
    check_dump(&b, want);
    clear(&b);
  }
  ck_assert_int_ge(kills, 4);
  free_bench(&b);
}
END_TEST

START_TEST(a_unit_that_kills_its_workers_is_given_up) {
  bench b;
  make_bench(&b, folds);
  const char *want = undisturbed(&b);
  pid_t pid = run_apart(&b, 1, 0);
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    kill_a_worker(pid);
    sleep_for(0.0005);
  }
  ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  ck_assert_ptr_nonnull(strstr(dump(&b), "\"failed\",\"0\",\"worker died (signal 9)\""));
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
  int early = 0, code = 1;
  for (int i = 0; i < 12; i++) {
    pid_t pid = run_apart(&b, 2, 0);
    sleep_for(0.06 * chance());
    int status;
    ck_assert(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
    early += WIFSIGNALED(status);
  }
  ck_assert_int_ge(early, 3);
  for (int i = 0; i < 2; i++) code = exit_of(run_apart(&b, 2, 0));
  ck_assert_int_eq(code, 0);
  check_dump(&b, want);
  free_bench(&b);
}
END_TEST

/* The test program gets the orphans; none may be left. */
START_TEST(workers_die_with_the_runner) {
  bench b;
  int left[2];
  char byte;
  make_bench(&b, folds);
  ck_assert(pipe(left) == 0); /* its writing end is open in the run and all its workers */
  pid_t pid = run_apart(&b, 3, 0);
  close(left[1]);
  sleep_for(0.03);
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  fcntl(left[0], F_SETFL, O_NONBLOCK);
  ssize_t end = -1;
  for (int i = 0; i < 200 && end != 0; i++) {
    end = read(left[0], &byte, 1);
    sleep_for(0.01);
  }
  ck_assert_int_eq(end, 0);
  close(left[0]);
  free_bench(&b);
}
END_TEST

/* ---- pauses ---- */
/* Files in a folder of the study: what fits left to longer ones, or the others. */
static size_t count_files(const bench *b, const char *name, bool left) {
  bsn_arena arena = {0};
  DIR *dir = opendir(bsn_text_in(&arena, "%s/%s", b->folder, name));
  size_t n = 0;
  for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
    n += e->d_name[0] != '.' && (strstr(e->d_name, ".end") != NULL) == left;
  if (dir) closedir(dir);
  bsn_arena_free(&arena);
  return n;
}

/* How far a run comes before its signal is the machine's affair; that nothing is lost is ours. */
START_TEST(signals_pause) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  bench b;
  make_bench(&b, folds);
  const char *want = undisturbed(&b);
  int paused = 0;
  for (int i = 0; i < 3; i++) {
    pid_t pid = run_apart(&b, 2, 0);
    sleep_for(0.03);
    kill(pid, signals[i]);
    int code = exit_of(pid);
    ck_assert(code == BSN_PAUSED || code == 0);
    paused += code == BSN_PAUSED;
  }
  ck_assert_int_ge(paused, 1);
  ck_assert_int_eq(exit_of(run_apart(&b, 2, 0)), 0);
  check_dump(&b, want);
  ck_assert_uint_eq(count_files(&b, "checkpoints", false), 0);
  free_bench(&b);
}
END_TEST

/* `folds` with so many epochs instead of 16. */
static void make_longer(bench *b, int epochs) {
  char text[sizeof folds + 8];
  const char *at = strstr(folds, "16}");
  snprintf(text, sizeof text, "%.*s%d%s", (int)(at - folds), folds, epochs, at + 2);
  make_bench(b, text);
}

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

START_TEST(the_end_of_the_time_pauses) {
  bench b;
  make_bench(&b, folds);
  const char *want = undisturbed(&b);
  int rounds = 0;
  bsn_run run;
  do {
    run = (bsn_run){.jobs = 2, .time = 0.02 + 0.01 * rounds}; /* longer each time, so that it ends on any machine */
    ck_assert_int_lt(rounds++, 500);
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

START_TEST(a_sink_that_fails_stops_the_run) {
  bench b;
  make_bench(&b, folds);
  bsn_sink *sink = bsn_memory_sink_in(&b.arena);
  sink->put = refuse;
  bsn_run run = {.study = b.study, .sink = sink, .ntrials = b.study->ntrials, .jobs = 2};
  ck_assert(!bsn_run_study(&run, &b.error));
  ck_assert(b.error.code == BSN_IO);
  ck_assert_str_eq(b.error.text, "no room");
  ck_assert_uint_eq(run.state.running, 0);
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
            a_unit_that_kills_its_workers_is_given_up, a_killed_run_goes_on, workers_die_with_the_runner, signals_pause,
            longer_trials_go_on, the_end_of_the_time_pauses, failures_are_recorded_and_done_again,
            a_sink_that_fails_stops_the_run, data_that_is_not_there_stops_the_run, progress_is_told)
