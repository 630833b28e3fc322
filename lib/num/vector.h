/* vector.h: small operations on flat vectors: what optimizers and probes are written with.
 *
 *     double beta = bsn_dot(n, g, g) / bsn_dot(n, h, h);
 *     bsn_axpy(n, -lr, g, w);
 *
 * Sums accumulate in double, as 16 interleaved chains added in one fixed tree: the same bits on every machine.
 */
#ifndef BSN_NUM_VECTOR_H
#define BSN_NUM_VECTOR_H

#include "base/real.h"
#include <stdbool.h>
#include <stddef.h>

/* Put before a function with plain loops over vectors: it is compiled for several CPUs and the best is taken. Bits are equal
 * because such loops only have +, -, *, /, sqrt and comparisons, element by element. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define BSN_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define BSN_CLONES
#endif

double bsn_dot(size_t n, const bsn_real *x, const bsn_real *y);
double bsn_norm(size_t n, const bsn_real *x); /* sqrt(x'x) */
double bsn_vector_sum(size_t n, const bsn_real *x);
double bsn_largest(size_t n, const bsn_real *x); /* max |x_i|, 0 for n = 0; nan if one is */
bool bsn_all_finite(size_t n, const bsn_real *x);
void bsn_axpy(size_t n, double a, const bsn_real *x, bsn_real *y); /* y += (bsn_real)a * x */
void bsn_scale(size_t n, double a, bsn_real *x);                   /* x *= (bsn_real)a */
void bsn_copy(size_t n, const bsn_real *x, bsn_real *y);           /* y = x */

#endif
