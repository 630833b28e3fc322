/* kernels.h: every heavy loop of the program on plain arrays, once for each kind of CPU.
 *
 *     const bsn_kernels *k = bsn_kernels_best();       // or what BASIN_KERNELS names
 *     k->tanh(x, out, n);
 *     k->gemm(&(bsn_gemm){.m = 64, .n = 10, .k = 784, .a = x, .a_row = 784, .a_col = 1, .b = w, .ldb = 10, .c = y, .ldc = 10});
 *
 * kernels.c is compiled for x86-64 baseline, v3 (AVX2, FMA) and v4 (AVX-512). All three give the same bits in float (v3 and
 * v4 also in double), from gcc and clang:
 *   - an element of a contraction is ONE chain of fma over its terms in index order, which starts from 0, or from the value in
 *     the slot when acc is set; so neither tile nor vector width nor splitting the terms into several calls changes a bit;
 *   - a sum over rows (sum_rows, contractions over rows) is one chain in row order, continued from the slot with acc;
 *   - a sum inside a row is 16 interleaved chains (entry i into chain i mod 16), added up in one fixed tree;
 *   - nothing contracts unless fma is written; no libm function is called but fma on baseline, which is exact.
 * nan stays nan, but which of its bits survive is not promised.
 * Every array has BSN_SLACK bytes behind it: loads may run past the end, stores never do. out may be one of the inputs where
 * their elements correspond. Sizes are in elements.
 */
#ifndef BSN_NUM_KERNELS_H
#define BSN_NUM_KERNELS_H

#include "base/arena.h"
#include <stdbool.h>

/* What a gate y makes of c: the product of c with the derivative of an activation whose result y is. */
typedef enum bsn_gate_kind {
  BSN_GATE_RELU,   /* y > 0 ? c : 0 */
  BSN_GATE_TANH,   /* c (1 - y^2) */
  BSN_GATE_SIGMOID /* c y (1 - y) */
} bsn_gate_kind;

/* C[m][n] = (acc ? C : 0) + A[m][k] B[k][n], then the epilogue on C: + bias[n], then relu or gate. */
typedef struct bsn_gemm {
  size_t m, n, k;
  const bsn_real *a; /* element (i, p) at a[i * a_row + p * a_col] */
  size_t a_row, a_col;
  const bsn_real *b; /* element (p, j) at b[p * ldb + j]; turned: at b[j * ldb + p] */
  size_t ldb;
  bool turned;
  bsn_real *c; /* element (i, j) at c[i * ldc + j] */
  size_t ldc;
  bool acc;
  const bsn_real *bias; /* [n]; NULL: none */
  bool relu;            /* max(c, 0), nan stays nan */
  const bsn_real *gate; /* laid out as c; NULL: none */
  bsn_gate_kind gated;  /* by what kind of gate */
} bsn_gemm;

/* What is its own of one of several products that share A. */
typedef struct bsn_gemm_part {
  const bsn_real *b, *bias; /* bias: of all parts or of none (NULL) */
  bsn_real *c;
} bsn_gemm_part;

/* How two operands of an elementwise kernel are walked: out[o * inner + i] = f(x[o * xo + i * xi], y[o * yo + i * yi]);
 * xi and yi are 0 (repeated) or 1. */
typedef struct bsn_walk {
  size_t outer, inner, xo, xi, yo, yi;
} bsn_walk;

typedef void bsn_unary(const bsn_real *x, bsn_real *out, size_t n);
typedef void bsn_unary1(const bsn_real *x, bsn_real a, bsn_real *out, size_t n);
typedef void bsn_unary2(const bsn_real *x, bsn_real a, bsn_real b, bsn_real *out, size_t n);
typedef void bsn_binary(const bsn_walk *walk, const bsn_real *x, const bsn_real *y, bsn_real *out);

typedef struct bsn_kernels {
  const char *name; /* "baseline", "v3", "v4" */

  void (*gemm)(const bsn_gemm *g);
  /* C_i = A B_i for count (at least 1) products of one A and one shape, with the bits of gemm. g says what they have in common (its
   * b, bias, gate and c are not looked at; not turned), part what is each one's own. Faster than gemm for each where n is
   * less than two vectors: several B fill them together. */
  void (*gemm_many)(const bsn_gemm *g, size_t count, const bsn_gemm_part *part);

  bsn_unary *exp;      /* within 2 ulp, over- and underflow to inf and 0 */
  bsn_unary *log;      /* within 2 ulp; log(0) = -inf, nan below */
  bsn_unary *sqrt;     /* correctly rounded */
  bsn_unary *rsqrt;    /* 1 / sqrt(x), two roundings */
  bsn_unary *tanh;     /* within 2 ulp */
  bsn_unary *sigmoid;  /* 1 / (1 + exp(-x)), within 2 ulp */
  bsn_unary *softplus; /* log(1 + exp(x)), never overflows; within 2 ulp */
  bsn_unary *erf;      /* within 2 ulp */
  bsn_unary *relu;     /* max(x, 0), nan stays nan */
  bsn_unary *step;     /* 1 where x > 0, else 0 */
  bsn_unary *abs;
  bsn_unary *sign;    /* -1, 0, 1; 0 for nan */
  bsn_unary1 *leaky;  /* x > 0 ? x : a x */
  bsn_unary1 *elu;    /* x > 0 ? x : a (exp(x) - 1), accurate near 0 */
  bsn_unary1 *pow;    /* x^a; a whole: exact repeated products for |a| <= 4, else exp(a log x), with sign for whole a */
  bsn_unary2 *affine; /* fma(a, x, b) */
  bsn_binary *add, *sub, *mul, *div;
  bsn_binary *max;          /* nan if either is */
  bsn_binary *gate;         /* y > 0 ? x : 0 */
  bsn_binary *greater;      /* 1 where x > y, 0.5 where equal, else 0 */
  bsn_binary *tanh_back;    /* x fma(-1, y y, 1) */
  bsn_binary *sigmoid_back; /* x (y fma(-1, y, 1)) */

  /* out[n] = (acc ? out : 0) + sum over rows of x[rows][n], one chain a column. */
  void (*sum_rows)(const bsn_real *x, size_t rows, size_t n, bsn_real *out, bool acc);
  /* out[outer][inner] = sum over the middle axis of x[outer][n][inner]. inner 1: 16 interleaved chains from 0, then chain j
   * takes up j + 8, j + 4, j + 2, j + 1. inner > 1: one chain in order for each entry, as sum_rows. */
  void (*sum_axis)(const bsn_real *x, size_t outer, size_t n, size_t inner, bsn_real *out);
  /* Index of the first largest entry along the middle axis (nan counts as largest). */
  void (*winner)(const bsn_real *x, size_t outer, size_t n, size_t inner, int32_t *out);
  /* Along rows of n: exp(x - max) / sum; x - max - log(sum). */
  void (*softmax)(const bsn_real *x, size_t rows, size_t n, bsn_real *out);
  void (*log_softmax)(const bsn_real *x, size_t rows, size_t n, bsn_real *out);
  /* out[r] = -log_softmax(x[r])[label[r]]. */
  void (*cross_entropy)(const bsn_real *x, const int32_t *label, size_t rows, size_t n, bsn_real *out);
  /* out[j][i] = x[i][j], x is [rows][n]. */
  void (*transpose)(const bsn_real *x, size_t rows, size_t n, bsn_real *out);
  /* Rows index[r] of table[..][n], u8 or real, as fma(scale[j], table, shift[j]); scale NULL: as they are. step 0: one scale
   * and shift for all j; 1: one each. */
  void (*gather_u8)(const uint8_t *table, const int32_t *index, size_t rows, size_t n, const bsn_real *scale,
                    const bsn_real *shift, size_t step, bsn_real *out);
  void (*gather)(const bsn_real *table, const int32_t *index, size_t rows, size_t n, const bsn_real *scale,
                 const bsn_real *shift, size_t step, bsn_real *out);
  /* Multiply and add in registers, as fast as this path can: the operations done. What all else is measured by. */
  double (*peak)(size_t rounds);
} bsn_kernels;

/* The fastest that this CPU can run. */
const bsn_kernels *bsn_kernels_best(void);

/* By name; NULL when the name is unknown or this CPU cannot run it. */
const bsn_kernels *bsn_kernels_named(const char *name);

/* What a process should use: BASIN_KERNELS if that names one that can run here, else the best. */
const bsn_kernels *bsn_kernels_chosen(void);

/* Numbers too small for full precision are treated as 0 from now on in this thread (denormals are slow and their use
 * differs between machines); every worker calls it once. Not honoured by valgrind. */
void bsn_flush_denormals(void);

#endif
