/* watch.h: ready-made watchers: what can be seen of a fit besides its metrics.
 *
 *     bsn_curve_watch curve = {.set = &data.test};
 *     watcher[n++] = (bsn_watcher){.when = when, .context = &curve, .look = bsn_watch_curve};
 *
 * They look and record; nothing that they do reaches the fit.
 */
#ifndef BSN_LEARN_WATCH_H
#define BSN_LEARN_WATCH_H

#include "learn/fit.h"

/* Points of a recorded curve, at most. */
enum { BSN_CURVE_POINTS = 400 };

/* Context of bsn_watch_curve: whose inputs are the points. */
typedef struct bsn_curve_watch {
  const bsn_dataset *set; /* regression, one input and one output */
} bsn_curve_watch;

/* Arrays grid_x, grid_truth and grid_prediction: the fitted curve at up to BSN_CURVE_POINTS of the set's inputs, in order of x,
 * as doubles. The truth is the curve without noise where the set knows it, else its targets. BSN_BAD_INPUT when the set is no
 * regression on one input. */
bool bsn_watch_curve(void *context, const bsn_fit *fit, bsn_record *record, bsn_error *error);

/* Metrics of the last step: update_norm = |w - w before|, effective_lr = update_norm / |gradient|, batch_gradient_norm, and
 * optimizer_norm_1.. = Euclidean norms of the optimizer's state vectors. Needs fit->spec->internals. context is not used. */
bool bsn_watch_internals(void *context, const bsn_fit *fit, bsn_record *record, bsn_error *error);

#endif
