/* continuing.h (inside study/): a trial that differs from a finished one only in being longer goes on from where that one ended.
 *
 *     bsn_left left;
 *     if (bsn_left_find(work, record, &left, error)) ... unpack left.state, which is of step left.step ...
 *     ... and where a fit is over, before its end is measured: ...
 *     bsn_left_keep(work, record, &left);
 *
 * The state of a fit that has run as long as it was asked to is, before its end is measured, that of a longer fit at this step: if
 * neither schedule nor moments depend on the length, if it recorded the same things, and if nothing was saved on the way (a
 * longer trial would have those weights under its own key). A trial of which all this is true belongs to a family: its settings
 * but train.epochs, train.steps and train.budget, and what its eval says. Each fit of a family (a fold, a member) leaves one
 * state, the longest, in checkpoints/FAMILY.end; a longer trial starts from it, whatever cannot is trained anew. Bits are the
 * same either way, so these files may be deleted at any time.
 *
 * They are kept small: a fit leaves its state when it took at least BSN_LEFT_SECONDS, and all states of a study have room in
 * BSN_LEFT_BYTES (each has an equal share of that); `save: end` keeps weights anyway, and so the state, whatever its size.
 */
#ifndef BSN_STUDY_CONTINUING_H
#define BSN_STUDY_CONTINUING_H

#include "study/work.h"

#define BSN_LEFT_SECONDS 0.01
enum { BSN_LEFT_BYTES = 256 << 20 };

/* What a fit left. */
typedef struct bsn_left {
  int64_t step;
  double grads;           /* gradient evaluations until then, in units of the training set */
  double steps_per_epoch; /* 1 where there are no epochs */
  double seconds;         /* that it took; is not kept */
  void *state;            /* from bsn_probing_pack or bsn_minimise_pack */
  size_t n;
} bsn_left;

/* The family of a trial, as 32 hex digits; false: it has none, or there is no memory. */
bool bsn_family_of(const bsn_trial *trial, char family[33]);

/* What the fit whose record is begun in record (its kind and index say which one of work's unit it is) starts from: what a
 * shorter one left, if that has what every probe of this trial had measured by then. In work's arena. False with BSN_OK: nothing. */
bool bsn_left_find(bsn_work *work, const bsn_record *record, bsn_left *left, bsn_error *error);

/* Leave a state, unless there is a longer one, or no room. That it cannot be written is no error: then there is none. */
void bsn_left_keep(bsn_work *work, const bsn_record *record, const bsn_left *left);

/* Bytes that each fit of a trial may leave, when its study has so many trials. */
size_t bsn_left_room(const bsn_trial *trial, size_t trials);

#endif
