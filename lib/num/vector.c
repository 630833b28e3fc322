#include "num/vector.h"
#include <math.h>
#include <string.h>

enum { CHAINS = 16 };

/* The fixed tree: chain j takes up chain j + 8, then j + 4, j + 2, j + 1. */
static double tree(double chain[CHAINS]) {
  for (int half = CHAINS / 2; half; half /= 2)
    for (int j = 0; j < half; j++) chain[j] += chain[j + half];
  return chain[0];
}

BSN_CLONES double bsn_dot(size_t n, const bsn_real *x, const bsn_real *y) {
  double chain[CHAINS] = {0};
  size_t whole = n / CHAINS * CHAINS;
  for (size_t i = 0; i < whole; i += CHAINS)
    for (size_t j = 0; j < CHAINS; j++) chain[j] += (double)x[i + j] * (double)y[i + j];
  for (size_t j = 0; j < n - whole; j++) chain[j] += (double)x[whole + j] * (double)y[whole + j];
  return tree(chain);
}

double bsn_norm(size_t n, const bsn_real *x) { return sqrt(bsn_dot(n, x, x)); }

BSN_CLONES double bsn_vector_sum(size_t n, const bsn_real *x) {
  double chain[CHAINS] = {0};
  size_t whole = n / CHAINS * CHAINS;
  for (size_t i = 0; i < whole; i += CHAINS)
    for (size_t j = 0; j < CHAINS; j++) chain[j] += (double)x[i + j];
  for (size_t j = 0; j < n - whole; j++) chain[j] += (double)x[whole + j];
  return tree(chain);
}

BSN_CLONES double bsn_largest(size_t n, const bsn_real *x) {
  double largest = 0;
  int nan = 0;
  for (size_t i = 0; i < n; i++) {
    double size = x[i] < 0 ? -(double)x[i] : (double)x[i];
    largest = size > largest ? size : largest;
    nan |= x[i] != x[i];
  }
  return nan ? NAN : largest;
}

BSN_CLONES bool bsn_all_finite(size_t n, const bsn_real *x) {
  int bad = 0;
  for (size_t i = 0; i < n; i++) bad |= x[i] - x[i] != 0; // inf - inf and nan are nan
  return !bad;
}

BSN_CLONES void bsn_axpy(size_t n, double a, const bsn_real *x, bsn_real *y) {
  bsn_real factor = (bsn_real)a;
  for (size_t i = 0; i < n; i++) y[i] += factor * x[i];
}

BSN_CLONES void bsn_scale(size_t n, double a, bsn_real *x) {
  bsn_real factor = (bsn_real)a;
  for (size_t i = 0; i < n; i++) x[i] *= factor;
}

void bsn_copy(size_t n, const bsn_real *x, bsn_real *y) {
  if (n) memmove(y, x, n * sizeof *x);
}
