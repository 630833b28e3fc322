/* runner.h: do the trials of a study in several processes at once, and survive whatever happens to them.
 *
 *     bsn_run run = {.study = study, .sink = sink, .ntrials = study->ntrials, .jobs = 4};
 *     if (!bsn_run_study(&run, &error)) ...            // BSN_PAUSED: run again to go on
 *     if (run.state.failed) ...
 *
 * The runner forks workers and hands them units; they send records back; the runner alone uses the sink (workers read and
 * write its blobs, which are files). What the sink has is not done again. Units run in any order and any process: records
 * are equal but for seconds, started, ended and host. A trial that starts from another one's weights (study/starting.h) waits for
 * it; the caller has that one in the list unless it is done. A worker that dies has its unit done again by another one, from its last
 * checkpoint, twice; then the unit is recorded as failed. SIGINT, SIGTERM and SIGHUP make every unit keep a checkpoint and
 * stop; a second signal stops at once. Workers die with the runner, even if that is killed.
 */
#ifndef BSN_STUDY_RUNNER_H
#define BSN_STUDY_RUNNER_H

#include "study/study.h"

/* How far a run is. */
typedef struct bsn_run_state {
  size_t trials;           /* asked for */
  size_t skipped;          /* were there already */
  size_t done;             /* done by this run, whatever the outcome */
  size_t failed, diverged; /* of done; a probe that failed counts too */
  size_t running;          /* units at work now */
  double progress;         /* done, and the parts done of what is running, in trials */
  double seconds;          /* since the run began */
  double left;             /* seconds that the rest will take at this rate; nan: not known yet */
  bool pausing;            /* asked to stop; waiting for checkpoints */
} bsn_run_state;

typedef struct bsn_run {
  const bsn_study *study;
  bsn_sink *sink;
  size_t ntrials;
  const size_t
      *trial; /* numbers of the ntrials trials to do, in this order, but for those that wait; NULL: 0 .. ntrials-1 */
  /* Trials whose fits a worker may train side by side (learn/stack.h): 0: as many as pay and leave no worker idle; 1: none;
   * more: up to so many, whether it pays or not. Changes no bit. */
  size_t stack;
  size_t jobs;       /* worker processes; 0: the cores that this process may use */
  double time;       /* pause after so many seconds; 0: never */
  double checkpoint; /* seconds between two checkpoints of a unit; 0: 10 */
  bool fail_fast;    /* stop at the first trial that fails */
  void *context;
  /* Both may be NULL. tell: a few times a second. ended: each trial that is over, and each probe that failed; the record lives until it returns. */
  void (*tell)(void *context, const bsn_run_state *state);
  void (*ended)(void *context, const bsn_record *record, const bsn_run_state *state);
  bsn_run_state state; /* filled by the run */
} bsn_run;

/* Do it. True when all trials are over, failed ones included. False: BSN_PAUSED after a signal, at the end of the time, or
 * with fail_fast BSN_FAILED; BSN_IO when the sink cannot keep a record; or what was wrong with the data of a trial. All that
 * was finished is kept in every case. The caller must not have threads. */
bool bsn_run_study(bsn_run *run, bsn_error *error);

/* The cores that this process may use, at least 1. */
size_t bsn_cores(void);

#endif
