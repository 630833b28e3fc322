/* stacking.h (inside study/): the only fits of several trials, trained side by side (learn/stack.h) by one worker.
 *
 *     if (bsn_stacking_key(&a, one) && bsn_stacking_key(&b, other) && !strcmp(one, other)) ...   // they may be stacked
 *     bsn_work_open(&work, &a, error);
 *     bsn_stacking_run(&work, &(bsn_stacking){.n = 2, .trial = (const bsn_trial *[]){&a, &b}}, error);
 *
 * Records, probes, checkpoints, outcomes and failures of each are those of the trial alone; only seconds are its share.
 */
#ifndef BSN_STUDY_STACKING_H
#define BSN_STUDY_STACKING_H

#include "learn/stack.h"
#include "study/work.h"

typedef struct bsn_stacking {
  size_t n; /* 1 .. BSN_STACK_MOST */
  const bsn_trial *const *trial;
  bool always; /* stack them though it may not pay */
  void *context;
  /* Only the first n are done here: stacking the others does not pay. Told before any of these is trained. False: nobody
   * listens any more. NULL: nobody wants to know. */
  bool (*keeps)(void *context, size_t n);
} bsn_stacking;

/* Fits of trials with the same key see the same batches of the same data, of a model of the same shape: their settings are equal but
 * for optimizer, schedule, regularisers, initial weights, and seeds that batches do not depend on. False: the trial is stacked with no
 * other (it has several fits, or none; its rule's evaluations are elsewhere; no memory). */
bool bsn_stacking_key(const bsn_trial *trial, char key[33]);

/* Do the fits, which are unit 0, of trials with one key; work is opened on the first of them. What one of them fails of is
 * in its record. False: paused (BSN_PAUSED; those that are over are put), or the sink failed. */
bool bsn_stacking_run(bsn_work *work, const bsn_stacking *stacking, bsn_error *error);

#endif
