#include "stats/rank.h"
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

/* ---- Friedman ---- */

static double worst_if_nan(double x) { return isnan(x) ? INFINITY : x; }

/* Add the ranks of one block; returns the sum of t^3 - t over its ties. */
static double add_ranks(const double *x, size_t k, double *sum) {
  double tied = 0;
  for (size_t i = 0; i < k; i++) {
    size_t less = 0, equal = 0;
    for (size_t j = 0; j < k; j++) {
      less += worst_if_nan(x[j]) < worst_if_nan(x[i]);
      equal += worst_if_nan(x[j]) == worst_if_nan(x[i]);
    }
    sum[i] += (double)less + ((double)equal + 1) / 2;
    tied += (double)equal * (double)equal - 1;
  }
  return tied;
}

bool bsn_friedman_of(bsn_friedman *friedman, bsn_arena *arena, const double *value, size_t blocks, size_t groups) {
  *friedman = (bsn_friedman){.blocks = blocks, .groups = groups, .chi2 = NAN, .p_chi2 = NAN, .f = NAN, .p = NAN};
  friedman->difference = NAN;
  friedman->mean_rank = bsn_alloc_in(arena, (groups + 1) * sizeof *friedman->mean_rank);
  if (!friedman->mean_rank) return false;
  double n = (double)blocks, k = (double)groups, tied = 0, square = 0;
  for (size_t b = 0; b < blocks; b++) tied += add_ranks(value + b * groups, groups, friedman->mean_rank);
  for (size_t j = 0; j < groups; j++) {
    friedman->mean_rank[j] /= n;
    square += (friedman->mean_rank[j] - (k + 1) / 2) * (friedman->mean_rank[j] - (k + 1) / 2);
  }
  if (blocks < 2 || groups < 2) return true;
  double untied = 1 - tied / (n * k * (k * k - 1));
  friedman->chi2 = untied > 0 ? 12 * n / (k * (k + 1)) * square / untied : 0;
  friedman->p_chi2 = gsl_cdf_chisq_Q(friedman->chi2, k - 1);
  double rest = n * (k - 1) - friedman->chi2;
  friedman->f = rest > 1e-12 * n ? (n - 1) * friedman->chi2 / rest : INFINITY;
  friedman->p =
      isinf(friedman->f) ? exp(-(n - 1) * lgamma(k + 1)) : gsl_cdf_fdist_Q(friedman->f, k - 1, (k - 1) * (n - 1));
  friedman->difference = bsn_range_quantile(0.95, groups) * sqrt(k * (k + 1) / (12 * n));
  return true;
}

/* Simpson's rule: the integrand vanishes, with all derivatives, at both ends. */
static double range_below(double q, size_t k) {
  enum { STEPS = 800 };
  double lo = -9, h = 18. / STEPS, sum = 0;
  for (int i = 0; i <= STEPS; i++) {
    double z = lo + h * i, inside = gsl_cdf_ugaussian_P(z) - gsl_cdf_ugaussian_P(z - q);
    sum += (i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2) * gsl_ran_ugaussian_pdf(z) * pow(inside, (double)(k - 1));
  }
  return (double)k * sum * h / 3;
}

double bsn_range_quantile(double p, size_t k) {
  double lo = 0, hi = 40;
  while (hi - lo > 1e-13 * hi) {
    double middle = (lo + hi) / 2;
    if (middle == lo || middle == hi) break;
    if (range_below(middle, k) < p)
      lo = middle;
    else
      hi = middle;
  }
  return (lo + hi) / 2;
}

/* ---- ratios and shares ---- */

void bsn_performance_ratio(const double *problem, const double *cost, size_t n, double *ratio) {
  for (size_t i = 0; i < n; i++) {
    double least = INFINITY, mine = worst_if_nan(cost[i]);
    for (size_t j = 0; j < n; j++)
      if (problem[j] == problem[i]) least = fmin(least, worst_if_nan(cost[j]));
    ratio[i] = isinf(mine) ? INFINITY : mine == least ? 1 : mine / least;
  }
}

void bsn_ecdf(const double *x, size_t n, double *share) {
  for (size_t i = 0; i < n; i++) {
    size_t below = 0;
    for (size_t j = 0; j < n; j++) below += x[j] <= x[i];
    share[i] = isnan(x[i]) ? NAN : (double)below / (double)n;
  }
}
