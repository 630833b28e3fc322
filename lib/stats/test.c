#include "stats/test.h"
#include "stats/interval.h"
#include <gsl/gsl_cdf.h>
#include <math.h>

static const bsn_test nothing = {.mean = NAN, .lo = NAN, .hi = NAN, .statistic = NAN, .df = NAN, .p = NAN};

/* The t test of an estimate with its standard error. */
static bsn_test t_test(size_t n, double mean, double error, double df, double level) {
  bsn_test t = {.n = n, .mean = mean, .df = df};
  double half = error > 0 ? gsl_cdf_tdist_Pinv(0.5 + level / 2, df) * error : 0;
  t.lo = mean - half;
  t.hi = mean + half;
  t.statistic = mean == 0 ? 0 : mean / error;
  t.p = isinf(t.statistic) ? 0 : 2 * gsl_cdf_tdist_Q(fabs(t.statistic), df);
  return t;
}

/* As in interval.h, of a[i] - b[i]. */
static double mean_difference(const double *a, const double *b, size_t n) {
  double sum = 0, rest = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] - b[i];
  double mean = sum / (double)n;
  for (size_t i = 0; i < n; i++) rest += a[i] - b[i] - mean;
  return mean + rest / (double)n;
}

bsn_test bsn_paired_t(const double *a, const double *b, size_t n, double level) {
  bsn_test none = nothing;
  none.n = n;
  if (n < 1) return none;
  none.mean = mean_difference(a, b, n);
  if (n < 2) return none;
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (a[i] - b[i] - none.mean) * (a[i] - b[i] - none.mean);
  double error = sqrt(sum / (double)(n - 1) / (double)n);
  return t_test(n, none.mean, error, (double)(n - 1), level);
}

bsn_test bsn_welch_t(const double *a, size_t na, const double *b, size_t nb, double level) {
  bsn_test none = nothing;
  none.n = na + nb;
  if (na < 1 || nb < 1) return none;
  none.mean = bsn_mean(a, na) - bsn_mean(b, nb);
  if (na < 2 || nb < 2) return none;
  double sa = bsn_sd(a, na), sb = bsn_sd(b, nb);
  double va = sa * sa / (double)na, vb = sb * sb / (double)nb;
  double df = (va + vb) * (va + vb) / (va * va / (double)(na - 1) + vb * vb / (double)(nb - 1));
  return t_test(na + nb, none.mean, sqrt(va + vb), isfinite(df) ? df : (double)(na + nb - 2), level);
}

/* Twice the mean rank (from 1) of |d[i]| among the nonzero ones: whole, ties included. ties: how many are equal to it. */
static size_t doubled_rank(const double *a, const double *b, size_t n, size_t i, size_t *ties) {
  double mine = fabs(a[i] - b[i]);
  size_t less = 0, equal = 0;
  for (size_t j = 0; j < n; j++) {
    double other = fabs(a[j] - b[j]);
    less += other != 0 && other < mine;
    equal += other == mine;
  }
  *ties = equal;
  return 2 * less + equal + 1;
}

enum { EXACT = 50 };

/* Share of the sign patterns whose doubled sum of positive ranks is at most w: the number of patterns of each sum is the
 * product of (1 + x^rank). */
static double share_below(const size_t *rank, size_t n, size_t w) {
  double ways[EXACT * (EXACT + 1) + 1] = {1}, below = 0;
  size_t top = 0;
  for (size_t i = 0; i < n; i++) {
    top += rank[i];
    for (size_t s = top; s >= rank[i]; s--) ways[s] += ways[s - rank[i]];
  }
  for (size_t s = 0; s <= w; s++) below += ways[s];
  return ldexp(below, -(int)n);
}

bsn_test bsn_signed_rank(const double *a, const double *b, size_t n) {
  bsn_test t = nothing;
  size_t rank[EXACT] = {0}, m = 0, plus = 0, total = 0, ties;
  double tied = 0;
  for (size_t i = 0; i < n; i++) {
    if (a[i] == b[i]) continue;
    size_t r = doubled_rank(a, b, n, i, &ties);
    if (m < EXACT) rank[m] = r;
    tied += (double)ties * (double)ties - 1;
    plus += a[i] > b[i] ? r : 0;
    total += r;
    m++;
  }
  t.n = m;
  if (n) t.mean = mean_difference(a, b, n);
  if (m == 0) return t;
  size_t w = plus < total - plus ? plus : total - plus;
  t.statistic = (double)w / 2;
  double k = (double)m, variance = k * (k + 1) * (2 * k + 1) / 24 - tied / 48;
  t.p = m <= EXACT ? 2 * share_below(rank, m, w)
                   : 2 * gsl_cdf_ugaussian_P((t.statistic - k * (k + 1) / 4) / sqrt(variance));
  t.p = fmin(t.p, 1);
  return t;
}

/* The rank of x[i] less the mean of all ranks, doubled: whole. */
static double centred_rank(const double *x, size_t n, size_t i) {
  double above = 0;
  for (size_t j = 0; j < n; j++) above += (x[j] < x[i]) - (x[j] > x[i]);
  return above;
}

bsn_test bsn_spearman(const double *x, const double *y, size_t n, double level) {
  bsn_test t = nothing;
  t.n = n;
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < n; i++) {
    double rx = centred_rank(x, n, i), ry = centred_rank(y, n, i);
    xx += rx * rx, yy += ry * ry, xy += rx * ry;
  }
  if (xx == 0 || yy == 0) return t;
  double r = t.mean = fmax(-1, fmin(1, xy / sqrt(xx * yy)));
  t.df = (double)n - 2;
  if (n < 3) return t;
  t.statistic = r * sqrt(t.df / ((1 - r) * (1 + r)));
  t.p = fabs(r) == 1 ? 0 : 2 * gsl_cdf_tdist_Q(fabs(t.statistic), t.df);
  if (n < 4) return t;
  double half = gsl_cdf_ugaussian_Pinv(0.5 + level / 2) * sqrt((1 + r * r / 2) / ((double)n - 3));
  t.lo = fabs(r) == 1 ? r : tanh(atanh(r) - half);
  t.hi = fabs(r) == 1 ? r : tanh(atanh(r) + half);
  return t;
}

/* First each p times the number of those not below it, then the running maximum: a value raised early changes no maximum. */
void bsn_holm(const double *p, double *adjusted, size_t n) {
  for (size_t i = 0; i < n; i++) {
    size_t left = 0;
    for (size_t j = 0; j < n; j++) left += p[j] >= p[i];
    adjusted[i] = isnan(p[i]) ? NAN : fmin(1, (double)left * p[i]);
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      if (p[j] <= p[i]) adjusted[i] = fmax(adjusted[i], adjusted[j]);
}
