/* predict.h: what the stored model of a trial says of new points.
 *
 *     bsn_prediction p;
 *     if (!bsn_trial_predict(&trial, sink, "new.csv", arena, &p, error)) ...
 *     for (size_t i = 0; i < p.n; i++) use(p.best[i], p.value + i * p.width);
 *
 * The weights are those of the end of the trial, which `save: end` keeps; inputs are transformed as in training.
 */
#ifndef BSN_STUDY_PREDICT_H
#define BSN_STUDY_PREDICT_H

#include "study/study.h"

typedef struct bsn_prediction {
  size_t n;     /* rows */
  bool classes; /* else a regression */
  size_t width; /* of value: outputs; with classes their number, or 0 when the loss gives outputs no such meaning */
  const double *value;           /* [n][width]: outputs, or probabilities of classes */
  const size_t *best;            /* with classes: the one that each row is put into; else NULL */
  const char *const *class_name; /* of each class; NULL: numbers */
} bsn_prediction;

/* The model that the trial ended with, on the inputs of a file (data/dataset.h: bsn_data_inputs). Loads the trial's data, since
 * transforms are fitted on its training rows. BSN_BAD_INPUT when the trial is no single fit (k-fold, ensembles), is not done,
 * diverged, or left no weights, or when the file is wrong or does not fit. */
bool bsn_trial_predict(const bsn_trial *trial, bsn_sink *sink, const char *path, bsn_arena *arena, bsn_prediction *out,
                       bsn_error *error);

#endif
