/* plan.h: what of a study is to be done, what that costs, and how long it will take.
 *
 *     plan p;
 *     if (!plan_make(&p, study, sink, nonly, only, arena, &error)) ...
 *     plan_print(&p, study, store, jobs, stdout);
 */
#ifndef EXPERIMENTS_PLAN_H
#define EXPERIMENTS_PLAN_H

#include "program.h"
#include <stdio.h>

typedef struct plan {
  size_t trials, ndone;      /* that --only leaves; of these there already */
  size_t nmissing, *missing; /* numbers of the others, in the order of the file */
  bool *longer;              /* of each missing one: does it go on from where a shorter trial ended? */
  size_t nprobing, nsaved;   /* of the missing ones: those that lack probes alone; of these, with all weights saved */
  size_t nsources;           /* of the missing ones: not asked for by --only, but others start from their weights */
  bool probes;               /* probes are missing: what they take by themselves is in no cost */
  size_t units, units_done;  /* fits of the missing ones, those that only probes are wanted of among them */
  double cost; /* gradient evaluations that the missing units take, in units of the training set; nan: the data
                             that would say cannot be had */
} plan;

/* Look at every trial of the study. sink NULL: nothing is done yet. only: "path=value" texts that all must be true of a
 * trial; BSN_USAGE when no trial is left. */
bool plan_make(plan *p, const bsn_study *study, bsn_sink *sink, size_t nonly, const char *const *only, bsn_arena *arena,
               bsn_error *error);

/* Are all "path=value" texts true of the trial: a setting, the name of a row, a label of its cell, or replicate=R? */
bool trial_is(bsn_arena *arena, const bsn_trial *t, size_t nonly, const char *const *only);

/* Cells, trials, cost and time, for people. store may be NULL. Takes a few training steps when no trial is stored. */
bool plan_print(const plan *p, const bsn_study *study, bsn_store *store, size_t jobs, FILE *to, bsn_error *error);

/* "2:10", "1:02:10", "45 s", "under 1 s". */
const char *time_text(char buffer[32], double seconds);

#endif
