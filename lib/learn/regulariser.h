/* regulariser.h: what keeps a fit from following its training rows too closely, as rows with hooks.
 *
 *     regularise: [{name: l2, lambda: 1e-4}, {name: early-stopping, patience: 10}]
 *
 * A hook that a row leaves NULL is one that it does not need. The training loop calls the hooks of every row of the study's
 * list, in the order of the list. Rows are at the bottom of regulariser.c.
 */
#ifndef BSN_LEARN_REGULARISER_H
#define BSN_LEARN_REGULARISER_H

#include "base/real.h"
#include "base/row.h"
#include "base/tensor.h"

enum { BSN_REGULARISER_NUMBERS = 8 };

typedef struct bsn_regulariser bsn_regulariser;

/* One regulariser of a running fit. */
typedef struct bsn_regulariser_state {
  const bsn_regulariser *type;
  const void *config;
  double number[BSN_REGULARISER_NUMBERS]; /* what it remembers; zeroed at the start, saved in checkpoints */
} bsn_regulariser_state;

struct bsn_regulariser {
  bsn_row row;
  /* Gradient hook: add its penalty at w to *f and, unless g is NULL, the penalty's gradient to g. */
  void (*penalty)(const void *config, size_t ntensors, const bsn_tensor *tensor, const bsn_real *w, double *f,
                  bsn_real *g);
  /* Add the penalty's Hessian times v to out. Goes with penalty. */
  void (*curvature)(const void *config, size_t ntensors, const bsn_tensor *tensor, const bsn_real *v, bsn_real *out);
  /* Stop hook: the metric it watches (a train_ or validation_ one), and what it makes of each new value. keep is set when these
   * are the best weights so far; true: stop now. */
  const char *(*metric)(const void *config);
  bool (*stop)(bsn_regulariser_state *s, int64_t step, double value, bool *keep);
};

extern const bsn_table bsn_regularisers;

#endif
