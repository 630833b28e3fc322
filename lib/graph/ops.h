/* ops.h: the catalogue of ops. Each line is a builder with its formula; builders read like the formula they build.
 *
 *     bsn_node *h = bsn_tanh_of(bsn_add(bsn_matmul(x, w), b));
 *
 * Shapes broadcast as in NumPy (aligned at the last axis; the example axis of batch nodes is separate and broadcasts too): a bias
 * [n] adds to every row of a batch [m][n]. Rows of the op tables are at the bottom of elementwise.c, contraction.c, shaping.c,
 * reduction.c and rows.c; a primitive op takes a row there, a line here, and a case in the derivative test.
 */
#ifndef BSN_GRAPH_OPS_H
#define BSN_GRAPH_OPS_H

#include "graph/graph.h"

/* ---- elementwise (elementwise.c); _of: num/math.h has the function of one number by the bare name ---- */
bsn_node *bsn_add(bsn_node *x, bsn_node *y);           /* x + y */
bsn_node *bsn_sub(bsn_node *x, bsn_node *y);           /* x - y */
bsn_node *bsn_mul(bsn_node *x, bsn_node *y);           /* x y */
bsn_node *bsn_div(bsn_node *x, bsn_node *y);           /* x / y */
bsn_node *bsn_max(bsn_node *x, bsn_node *y);           /* the larger; where equal the gradient is shared in halves */
bsn_node *bsn_min(bsn_node *x, bsn_node *y);           /* the smaller; likewise */
bsn_node *bsn_gate(bsn_node *x, bsn_node *y);          /* x where y > 0, else 0; constant in y */
bsn_node *bsn_greater(bsn_node *x, bsn_node *y);       /* 1 where x > y, 1/2 where equal, else 0; constant */
bsn_node *bsn_tanh_back(bsn_node *x, bsn_node *y);     /* x (1 - y^2): tanh's rule in one pass */
bsn_node *bsn_sigmoid_back(bsn_node *x, bsn_node *y);  /* x y (1 - y): sigmoid's */
bsn_node *bsn_affine(bsn_node *x, double a, double b); /* a x + b, one fma */
bsn_node *bsn_neg(bsn_node *x);                        /* -x */
bsn_node *bsn_exp_of(bsn_node *x);
bsn_node *bsn_log_of(bsn_node *x);
bsn_node *bsn_sqrt(bsn_node *x);
bsn_node *bsn_rsqrt(bsn_node *x);            /* 1 / sqrt(x) */
bsn_node *bsn_square(bsn_node *x);           /* x x */
bsn_node *bsn_pow_of(bsn_node *x, double p); /* x^p */
bsn_node *bsn_abs(bsn_node *x);
bsn_node *bsn_sign(bsn_node *x); /* -1, 0, 1; constant */
bsn_node *bsn_step(bsn_node *x); /* 1 where x > 0, else 0; constant */
bsn_node *bsn_tanh_of(bsn_node *x);
bsn_node *bsn_sigmoid(bsn_node *x);                  /* 1 / (1 + exp(-x)) */
bsn_node *bsn_softplus(bsn_node *x);                 /* log(1 + exp(x)) */
bsn_node *bsn_erf_of(bsn_node *x);                   /* 2/sqrt(pi) int_0^x exp(-t^2) dt */
bsn_node *bsn_relu(bsn_node *x);                     /* max(x, 0); slope 0 at 0 */
bsn_node *bsn_leaky_relu(bsn_node *x, double slope); /* x where x > 0, else slope x */
bsn_node *bsn_elu(bsn_node *x, double alpha);        /* x where x > 0, else alpha (exp(x) - 1) */
bsn_node *bsn_gelu(bsn_node *x);                     /* x (1 + erf(x / sqrt 2)) / 2; Hendrycks & Gimpel 2016 */
bsn_node *bsn_silu(bsn_node *x);                     /* x sigmoid(x) */

/* ---- contractions (contraction.c) ---- */
/* C = A B over A's last axis and B's first of the last two. B a matrix [k][n] that is not batch: every row [k] of A is
 * multiplied by it, whatever A's other axes. Else both are stacks of matrices with equal leading axes (one that is not batch
 * serves every example). */
bsn_node *bsn_matmul(bsn_node *a, bsn_node *b);
/* The same with A or B read as its transpose (of the last two axes). */
bsn_node *bsn_matmul_t(bsn_node *a, bool a_turned, bsn_node *b, bool b_turned);
/* C[k][n] = sum over all rows of A[..][k] G[..][n]: the weight gradient of a row-wise product. */
bsn_node *bsn_contract(bsn_node *a, bsn_node *g);

/* ---- shape (shaping.c) ---- */
bsn_node *bsn_reshape(bsn_node *x, int axes, const size_t *shape);     /* the same numbers; a view */
bsn_node *bsn_flatten(bsn_node *x);                                    /* each row as one axis */
bsn_node *bsn_permute(bsn_node *x, const size_t *order);               /* axis i of the result is axis order[i] of x */
bsn_node *bsn_transpose(bsn_node *x);                                  /* the last two axes exchanged */
bsn_node *bsn_slice(bsn_node *x, int axis, size_t from, size_t count); /* entries from .. from+count-1 of an axis */
bsn_node *bsn_pad(bsn_node *x, int axis, size_t before, size_t after); /* zeros around an axis; adjoint of slice */
bsn_node *bsn_expand(bsn_node *x, const bsn_node *like); /* x broadcast to the shape (and batch) of like, written out */
bsn_node *bsn_unexpanded(bsn_node *x);                   /* what x is an expand of; else x */

/* ---- reductions (reduction.c) ---- */
bsn_node *bsn_sum_axis(bsn_node *x, int axis,
                       bool keep); /* over one axis of a row; keep: the axis stays, with length 1 */
bsn_node *bsn_mean_axis(bsn_node *x, int axis, bool keep);
bsn_node *bsn_amax(bsn_node *x, int axis, bool keep);    /* the largest; the first of equals gets the gradient */
bsn_node *bsn_sum_rows(bsn_node *x);                     /* over examples; the result is not batch */
bsn_node *bsn_sum_to(bsn_node *x, const bsn_node *like); /* adjoint of expand: sums away what broadcasting repeated */
bsn_node *bsn_sum_row(bsn_node *x);                      /* over all axes of a row: one number each */
bsn_node *bsn_mean_row(bsn_node *x);
bsn_node *bsn_winner(bsn_node *x, int axis); /* index of the first largest along an axis, as integers; constant */
bsn_node *bsn_pick(bsn_node *x, bsn_node *index, int axis); /* entry index of an axis, which goes away */
bsn_node *bsn_place(bsn_node *x, bsn_node *index, int axis, size_t length); /* adjoint: x at index, zeros elsewhere */

/* ---- rows of classes and of data (rows.c) ---- */
bsn_node *bsn_softmax(bsn_node *z);                        /* exp(z_j) / sum_k exp(z_k) along the last axis */
bsn_node *bsn_log_softmax(bsn_node *z);                    /* z_j - log sum_k exp(z_k) */
bsn_node *bsn_cross_entropy(bsn_node *z, bsn_node *label); /* -log_softmax(z)[label]: one number a row */
bsn_node *bsn_one_hot(bsn_node *label, size_t classes);    /* constant */
/* Row index[r] of a table [..][n] outside the graph, as scale x + shift (bsn_gather of num/kernels.h); constant. The table must
 * outlive every run. */
typedef struct bsn_rows_of {
  const uint8_t *u8; /* one of the two */
  const bsn_real *real;
  const bsn_real *scale, *shift; /* step 0: one number each; 1: one for each column; NULL: as they are */
  size_t step;
} bsn_rows_of;
bsn_node *bsn_gather(bsn_node *index, const bsn_rows_of *table, int axes, const size_t *shape);
bsn_node *bsn_gather_label(bsn_node *index, const int32_t *label); /* label[index[r]] */

/* Every op of the tables above, NULL-ended; for the test that none is left out. */
extern const bsn_op *const *const bsn_op_families[];

#endif
