#include "stats/interval.h"
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

double bsn_mean(const double *x, size_t n) {
  double sum = 0, rest = 0;
  for (size_t i = 0; i < n; i++) sum += x[i];
  double mean = n ? sum / (double)n : NAN;
  if (!isfinite(mean)) return mean;
  for (size_t i = 0; i < n; i++) rest += x[i] - mean;
  return mean + rest / (double)n;
}

double bsn_sd(const double *x, size_t n) {
  if (n < 2) return NAN;
  double mean = bsn_mean(x, n), sum = 0;
  for (size_t i = 0; i < n; i++) sum += (x[i] - mean) * (x[i] - mean);
  return sqrt(sum / (double)(n - 1));
}

bsn_interval bsn_t_interval(const double *x, size_t n, double level) {
  bsn_interval it = {.n = n, .mean = bsn_mean(x, n), .lo = NAN, .hi = NAN};
  if (n < 2) return it;
  double half = gsl_cdf_tdist_Pinv(0.5 + level / 2, (double)(n - 1)) * bsn_sd(x, n) / sqrt((double)n);
  it.lo = it.mean - half;
  it.hi = it.mean + half;
  return it;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double bsn_quantile(double *x, size_t n, double p) {
  if (n == 0 || !(p >= 0 && p <= 1)) return NAN;
  qsort(x, n, sizeof *x, ascending);
  double h = (double)(n - 1) * p;
  size_t i = (size_t)h;
  double part = h - (double)i;
  return part == 0 ? x[i] : x[i] + part * (x[i + 1] - x[i]);
}

double bsn_median(double *x, size_t n) { return bsn_quantile(x, n, 0.5); }
