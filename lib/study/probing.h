/* probing.h (inside study/): the probes of a trial, measured while its fit runs.
 *
 *     bsn_probing p;
 *     if (!bsn_probing_init(&p, trial, true, sink, arena, error)) return false;     // those that sink does not have yet
 *     watcher[n++] = bsn_probing_watcher(&p.one[i]); ...                      // for each of the p.n
 *     ... the fit runs ...
 *     bsn_probing_finish(&p, outcome, step);                                  // p.one[i].record is ready to be put
 *
 * They have an objective of their own, so the fit's selection and costs are as without them. A probe that fails says so in its
 * own record; the fit goes on.
 */
#ifndef BSN_STUDY_PROBING_H
#define BSN_STUDY_PROBING_H

#include "study/study.h"

typedef struct bsn_probing bsn_probing;

typedef struct bsn_probing_one {
  bsn_probing *all;
  const bsn_probe_choice *choice;
  bsn_record record;
  bool gap; /* what it measured before the fit was taken up is lost: this time it gets no record */
} bsn_probing_one;

struct bsn_probing {
  bsn_arena *arena;
  const bsn_trial *trial;
  bsn_objective *objective; /* made when first needed */
  size_t n;
  bsn_probing_one *one;
};

/* any false: none of them (the fit is one of many). */
bool bsn_probing_init(bsn_probing *p, const bsn_trial *trial, bool any, bsn_sink *sink, bsn_arena *arena,
                      bsn_error *error);

bsn_watcher bsn_probing_watcher(bsn_probing_one *one);

/* Measure all, at all their moments, at weights that sink kept of the trial. *found: it had them all; else the records are as
 * after init, and fit's weights are lost. fit is fresh. */
bool bsn_probing_saved(bsn_probing *p, bsn_sink *sink, bsn_fit *fit, bool *found, bsn_error *error);

/* Will that find all weights that it needs? Nothing is measured and nothing changed; whether the weights fit the model is seen when
 * they are read. False with BSN_OK in error: no. */
bool bsn_probing_are_saved(const bsn_trial *trial, bsn_sink *sink, bsn_error *error);

/* A fit's state together with the records so far, as bytes; and back, into those of any trial that has the probes. What the
 * bytes do not have becomes a gap, unless the probe looks at the end alone. False with BSN_OK in error: the bytes do not fit the
 * fit, or whole is asked for and there would be a gap: the fit must be made anew. */
bool bsn_probing_pack(const bsn_probing *p, const bsn_fit *fit, bsn_arena *arena, void **bytes, size_t *n,
                      bsn_error *error);
bool bsn_probing_unpack(bsn_probing *p, bsn_fit *fit, const void *bytes, size_t n, bool whole, bsn_error *error);

/* Do the bytes, which are of a fit of another length, have what each probe of trial measures before the end? */
bool bsn_probing_covers(const bsn_trial *trial, const void *bytes, size_t n);

/* Close the records with the outcome of the fit. */
void bsn_probing_finish(bsn_probing *p, bsn_outcome outcome, int64_t step);

#endif
