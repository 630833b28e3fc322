/* runner_check.h: a study of a text, run in a store of its own, and what can befall its processes.
 *
 *     bench b;
 *     make_bench(&b, text);
 *     const char *want = undisturbed(&b);                // everything that the store has after a run alone
 *     pid_t pid = run_apart(&b, 2);                      // another run, in a process of its own
 *     await_workers(pid, 1);
 *     kill_a_worker(pid);
 *     ck_assert_int_eq(exit_of(pid), 0);
 *     check_dump(&b, want);
 *     free_bench(&b);
 */
#ifndef RUNNER_CHECK_H
#define RUNNER_CHECK_H

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

typedef struct bench {
  bsn_arena arena;
  bsn_error error;
  const char *folder;
  bsn_study *study;
} bench;

static inline void make_bench(bench *b, const char *text) {
  *b = (bench){0};
  const char *folders[] = {bsn_text_in(&b->arena, "%s/experiments", getenv("BASIN_SOURCE")), NULL};
  bsn_flush_denormals();
  b->study = bsn_study_read(&b->arena, "test.yaml", text, strlen(text), 0, NULL, folders, &b->error);
  ck_assert_msg(b->study, "%s", b->error.text);
  b->folder = new_folder(&b->arena);
}

static inline void free_bench(bench *b) {
  remove_folder(b->folder);
  bsn_arena_free(&b->arena);
}

/* Run it on the bench's store; the error's code. */
static inline bsn_code run_it(bench *b, bsn_run *run) {
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
static inline const char *dump(bench *b) {
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
static inline void check_dump(bench *b, const char *want) {
  const char *have = dump(b);
  while (*have || *want) {
    int n = (int)strcspn(have, "\n"), m = (int)strcspn(want, "\n");
    ck_assert_msg(n == m && !strncmp(have, want, (size_t)n), "have %.*s, want %.*s", n, have, m, want);
    have += n + (have[n] != 0);
    want += m + (want[m] != 0);
  }
}

/* Start afresh in the same bench. */
static inline void clear(bench *b) {
  remove_folder(b->folder);
  b->folder = new_folder(&b->arena);
}

static inline const char *undisturbed(bench *b) {
  bsn_run run = {.jobs = 1, .stack = 1};
  ck_assert_msg(run_it(b, &run) == BSN_OK, "%s", b->error.text);
  ck_assert_uint_eq(run.state.done, run.state.trials);
  ck_assert_uint_eq(run.state.running, 0);
  const char *text = dump(b);
  clear(b);
  return text;
}

static inline void sleep_for(double seconds) {
  nanosleep(&(struct timespec){(time_t)seconds, (long)(1e9 * (seconds - (double)(time_t)seconds))}, NULL);
}

/* Uniform in [0, 1), the same in every run of the test. */
static inline double chance(void) {
  static uint64_t state = 88172645463325252;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (double)(state >> 11) / 9007199254740992.0;
}

/* The run in a process of its own. Signals that reach it before it listens wait for that. */
static inline pid_t run_apart(bench *b, size_t jobs) {
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  sigprocmask(SIG_BLOCK, &set, &before);
  pid_t pid = fork();
  if (pid) sigprocmask(SIG_SETMASK, &before, NULL);
  if (pid) return pid;
  bsn_run run = {.jobs = jobs, .checkpoint = 0.01};
  _exit((int)run_it(b, &run));
}

/* The workers of a run, at most 16 of them. */
static inline size_t workers_of(pid_t run, pid_t *worker) {
  char path[64], text[256] = "";
  size_t n = 0;
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)run, (int)run);
  int fd = open(path, O_RDONLY);
  if (fd < 0 || read(fd, text, sizeof text - 1) < 0) text[0] = 0;
  if (fd >= 0) close(fd);
  for (char *at = text, *end; n < 16; at = end) {
    worker[n] = (pid_t)strtol(at, &end, 10);
    if (end == at) break;
    n++;
  }
  return n;
}

/* Wait until a run has so many workers, or is over. */
static inline void await_workers(pid_t run, size_t n) {
  pid_t worker[16];
  siginfo_t end = {.si_pid = 0};
  while (workers_of(run, worker) < n && !end.si_pid) {
    sleep_for(0.0005);
    ck_assert_int_eq(waitid(P_PID, (id_t)run, &end, WEXITED | WNOHANG | WNOWAIT), 0);
  }
}

/* Kill one of them; false: it has none. */
static inline bool kill_a_worker(pid_t run) {
  pid_t worker[16];
  size_t n = workers_of(run, worker);
  return n && kill(worker[(size_t)(chance() * (double)n)], SIGKILL) == 0;
}

static inline int exit_of(pid_t pid) {
  int status;
  ck_assert(waitpid(pid, &status, 0) == pid);
  ck_assert_msg(WIFEXITED(status), "signal %d", WTERMSIG(status));
  return WEXITSTATUS(status);
}

/* Files in a folder of the study: what fits left to longer ones, or the others. */
static inline size_t count_files(const bench *b, const char *name, bool left) {
  bsn_arena arena = {0};
  DIR *dir = opendir(bsn_text_in(&arena, "%s/%s", b->folder, name));
  size_t n = 0;
  for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
    n += e->d_name[0] != '.' && (strstr(e->d_name, ".end") != NULL) == left;
  if (dir) closedir(dir);
  bsn_arena_free(&arena);
  return n;
}

/* ---- what both kinds of work must survive: one by one, and stacked ---- */
/* Runs whose workers are killed, in every second run as soon as there are any, else at some moment of the first `most` seconds. */
static inline void check_killed_workers(const char *text, int runs, double most) {
  bench b;
  make_bench(&b, text);
  const char *want = undisturbed(&b);
  int kills = 0;
  for (int i = 0; i < runs; i++) {
    pid_t pid = run_apart(&b, 2);
    for (int k = 0; k < 2; k++) { /* a unit may lose two workers */
      await_workers(pid, 1);
      if (i % 2) sleep_for(most * chance());
      kills += kill_a_worker(pid);
    }
    ck_assert_int_eq(exit_of(pid), 0);
    check_dump(&b, want);
    clear(&b);
  }
  ck_assert_int_ge(kills, runs);
  free_bench(&b);
}

/* Kill runs that go on with each other's work: the first three as soon as they have a worker, then at any moment. */
static inline void kill_runs(bench *b, int runs, double most) {
  int early = 0, status;
  for (int i = 0; i < runs; i++) {
    pid_t pid = run_apart(b, 2);
    if (i < 3) await_workers(pid, 1);
    if (i >= 3) sleep_for(most * chance());
    ck_assert(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
    early += WIFSIGNALED(status);
  }
  ck_assert_int_ge(early, 3);
}

#endif
