/* progress.h: what a run says while it goes on: one live line on a terminal, plain lines elsewhere.
 *
 *     progress p;
 *     progress_start(&p, quiet), progress_go_on(&p, already);
 *     run.context = &p, run.tell = progress_tell, run.ended = progress_ended;
 *     ...
 *     progress_stop(&p);
 */
#ifndef EXPERIMENTS_PROGRESS_H
#define EXPERIMENTS_PROGRESS_H

#include "study/runner.h"

typedef struct progress {
  bool quiet, terminal, shown; /* shown: the live line stands there */
  size_t already, before;      /* trials that were done before this stretch of the run; before all of it */
  size_t stretches;
  size_t outcome[BSN_TRIAL_FAILED + 1];
} progress;

void progress_start(progress *p, bool quiet);

/* A stretch of the run begins, of a study of which so many trials are done. */
void progress_go_on(progress *p, size_t already);
void progress_tell(void *context, const bsn_run_state *state);
void progress_ended(void *context, const bsn_record *record, const bsn_run_state *state);

/* Wipe the live line. */
void progress_stop(progress *p);

#endif
