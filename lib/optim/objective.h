/* objective.h: what optimizers and probes see of a model, its loss and its data: a function of a flat vector.
 *
 *     double f;
 *     if (!o->select(o, rows, 64, BSN_TRAIN)) return false;
 *     if (!o->eval(o, w, &f, g)) return false;          // as often as wanted, anywhere, on these rows and masks
 *     o->commit(o);                                     // once a step
 *
 * Whoever makes an objective puts this struct first in his own. Nothing here knows of graphs, data sets or files.
 */
#ifndef BSN_OPTIM_OBJECTIVE_H
#define BSN_OPTIM_OBJECTIVE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/tensor.h"

/* What has been spent, so that budgets are fair and every probe has a price. In examples; 1 gradient of b rows = b. */
typedef struct bsn_cost {
  double gradients; /* rows whose gradient was evaluated */
  double values;    /* rows whose loss alone was evaluated */
  double products;  /* rows of Hessian, Gauss-Newton or Fisher products */
} bsn_cost;

typedef enum bsn_mode { BSN_TRAIN, BSN_EVAL } bsn_mode;
typedef enum bsn_product { BSN_HESSIAN, BSN_GAUSS_NEWTON, BSN_FISHER } bsn_product;

typedef struct bsn_objective bsn_objective;
struct bsn_objective {
  size_t n;    /* parameters, without any padding */
  size_t rows; /* of the training view; 0: no data (a function on a plane) */
  const bsn_tensor *blocks;
  size_t nblocks;
  /* Loss *f (mean over the selected rows, penalties included) and, unless g is NULL, its gradient g[n] at w[n]. w and g
   * have BSN_SLACK bytes behind them. Repeatable: same rows, same masks, no side effect. */
  bool (*eval)(bsn_objective *o, const bsn_real *w, double *f, bsn_real *g);
  /* Side effects of the last eval: running statistics. NULL: none. */
  void (*commit)(bsn_objective *o);
  /* The m rows (of the training view) that eval and product use from now on; rows NULL: all. */
  bool (*select)(bsn_objective *o, const size_t *rows, size_t m, bsn_mode mode);
  /* out = A v at w on the selected rows, A chosen by kind. Several v at one w in a row cost less than the first. */
  bool (*product)(bsn_objective *o, const bsn_real *w, const bsn_real *v, bsn_real *out, bsn_product kind);
  /* Over the selected rows' own gradients: mean, mean of squares (both [n]), and the mean of their squared norm. NULL: not
   * offered. */
  bool (*moments)(bsn_objective *o, const bsn_real *w, bsn_real *mean, bsn_real *second, double *norm2);
  bsn_cost cost;
  bsn_error error; /* why the last call returned false */
};

#endif
