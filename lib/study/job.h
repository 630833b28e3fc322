/* job.h (inside study/): a unit's fit on its way, with all that looks at it: what work.c and stacking.c share.
 *
 *     bsn_job *job = bsn_job_begin(work, &task, fit, &record, error);
 *     if (job && bsn_job_take_up(job, error)) ...
 *     while (!fit->record.outcome) ... bsn_job_pass(job, error), a step of the fit, now and then bsn_job_keep(job, error) ...
 *     bsn_job_over(job);
 *     bsn_job_end(job, &record, error);
 */
#ifndef BSN_STUDY_JOB_H
#define BSN_STUDY_JOB_H

#include "study/probing.h"
#include "study/work.h"

typedef struct bsn_job {
  bsn_work *work;
  bsn_fit_task task;
  bsn_fit *fit;
  const bsn_record *record; /* begun: key, kind and index */
  const char *checkpoint;   /* name of the blob */
  bsn_probing probing;
  bsn_watcher *watcher;
  size_t nwatchers;
  double started;
} bsn_job;

/* Make fit, with everything that watches it, in work's arena. NULL with a message. */
bsn_job *bsn_job_begin(bsn_work *work, const bsn_fit_task *task, bsn_fit *fit, const bsn_record *record,
                       bsn_error *error);

/* Go on from its own checkpoint, or from what a shorter fit left, where there is one. */
bool bsn_job_take_up(bsn_job *job, bsn_error *error);

/* Before every step: one whose next step is its end leaves its state to longer ones. */
bool bsn_job_pass(bsn_job *job, bsn_error *error);

/* Keep a checkpoint. */
bool bsn_job_keep(bsn_job *job, bsn_error *error);

/* The fit has an outcome: close the records of its probes. */
void bsn_job_over(bsn_job *job);

/* Put the probes, drop the checkpoint, and let record become the fit's. */
bool bsn_job_end(bsn_job *job, bsn_record *record, bsn_error *error);

/* The record of a unit, empty; true: it is that of the reduction. And the end of it: what failed becomes its outcome, and it is
 * put. False: own is no fault of the trial (paused, I/O), or the sink failed. */
bool bsn_unit_begin(const bsn_trial *trial, size_t unit, bsn_arena *arena, bsn_record *record);
bool bsn_unit_end(bsn_work *work, bsn_record *record, double started, const bsn_error *own, bsn_error *error);

/* The clock that records start and end by. */
double bsn_clock(void);

#endif
