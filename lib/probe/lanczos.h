/* lanczos.h: the largest eigenvalues of a symmetric matrix that is known by its products alone.
 *
 *     double value[2], residual[2];
 *     bsn_lanczos l = {.n = o->n, .k = 2, .iterations = 100, .tolerance = 1e-6, .apply = product, .context = o,
 *                      .stream = stream, .value = value, .residual = residual};
 *     if (!bsn_lanczos_run(&l, error)) return false;
 *
 * Lanczos 1950 with full reorthogonalisation (every new vector twice against all before it), so that no eigenvalue appears
 * twice for reasons of rounding (Parlett 1998, chapter 13). An eigenvalue that the matrix has several times is found once, unless
 * the vectors reached so far span an invariant space: then a new random vector goes on outside of it.
 */
#ifndef BSN_PROBE_LANCZOS_H
#define BSN_PROBE_LANCZOS_H

#include "base/error.h"
#include "base/real.h"
#include "base/stream.h"

typedef struct bsn_lanczos {
  size_t n;          /* rows of the matrix A */
  size_t k;          /* eigenvalues wanted: 1 .. n */
  size_t iterations; /* most products, k or more; that many vectors of n numbers are kept */
  double tolerance;  /* enough when every residual is below tolerance * largest |eigenvalue| */
  /* out = A v, both n numbers with BSN_SLACK bytes behind them. False: it has said why in the error of bsn_lanczos_run. */
  bool (*apply)(void *context, const bsn_real *v, bsn_real *out, bsn_error *error);
  void *context;
  bsn_stream stream; /* of the start vector: entry i is draw i; new starts use the indices behind */
  /* Results: */
  double *value;    /* [k], the caller's: algebraically largest first; nan when a product was not finite */
  double *residual; /* [k], the caller's: |A u - value u| = |beta_m s_m| for the unit vector u that belongs to it */
  size_t products;  /* used */
  bool converged;   /* tolerance was met */
} bsn_lanczos;

/* Find them. Bits depend on A and stream alone. Fails when apply does, when k or iterations make no sense (BSN_BAD_INPUT), or
 * without memory. */
bool bsn_lanczos_run(bsn_lanczos *l, bsn_error *error);

#endif
