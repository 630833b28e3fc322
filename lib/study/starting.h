/* starting.h (inside study/): a trial that starts from weights that another trial of its study saved.
 *
 *     model: {name: mlp, hidden: [64], weights: {of: {train.batch: 256}, at: end}}
 *     save: end
 *
 * `of` says what is different in the other trial, its source: paths and values as in `vary`. All else is equal, the replicate
 * too, but for model.weights, which is none there unless `of` says otherwise. So no circle can be written, and `of: {}` is the
 * trial itself as it is without model.weights.
 *
 * The source is a trial of the study, and one fit. It saves its weights then: `at: end` (the default) goes with `save: end`,
 * {step: N} and {epoch: N} with a `save` that is due there. In the key of the trial the source's key and `at` stand for the
 * mapping, however that is written.
 *
 * Rows that the trial holds back, to test or to decide, must be held back there, too (where they are of the same data); and who starts
 * from weights that a decision by test data made (peek) is as tainted.
 *
 * A runner does the source first. Weights of it that are not there any more (or were not saved, `save` being in no key) are made
 * again by another training, to the same bits, once for all that start from it. Of a source that failed or diverged there are
 * none: the trial fails, and says so.
 */
#ifndef BSN_STUDY_STARTING_H
#define BSN_STUDY_STARTING_H

#include "study/work.h"

/* Take a mapping at model.weights out of *tree, of which nothing is expanded yet: *source becomes the tree of the other trial;
 * NULL: there is no such mapping. False with faults. */
bool bsn_start_read(bsn_start *start, bsn_arena *arena, bsn_value **tree, bsn_value **source, bsn_faults *faults);

/* A mapping at model.weights as people and --only see it: "from train.batch 256; optimizer.lr 0.1 at epoch 5". NULL without memory. */
const char *bsn_start_label(const bsn_value *start, bsn_arena *arena);

/* Can the trial start from its source? Both were read. False with faults. */
bool bsn_start_check(const bsn_trial *trial, bsn_faults *faults);

/* Let the setting model.weights say it. False without memory. */
bool bsn_start_note(const bsn_start *start, bsn_settings *settings, bsn_arena *arena);

/* Trials list[0 .. n) (NULL: 0 .. n-1) with none before its source, and else as they are. NULL without memory. */
const size_t *bsn_start_order(const bsn_study *study, size_t n, const size_t *list, bsn_arena *arena);

/* What work's trial fits, with the weights of its source, if it has one. In work's arena; NULL with a message. */
const bsn_fit_spec *bsn_start_spec(bsn_work *work, bsn_error *error);

#endif
