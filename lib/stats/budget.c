#include "stats/budget.h"
#include <math.h>

static double worst_if_nan(double x) { return isnan(x) ? INFINITY : x; }

/* The probability that k draws of n all fall among m of them. */
static double all_among(size_t m, size_t n, size_t k, bool replace) {
  if (replace) return pow((double)m / (double)n, (double)k);
  double p = 1;
  for (size_t j = 0; j < k && p > 0; j++) p *= m > j ? (double)(m - j) / (double)(n - j) : 0;
  return p;
}

void bsn_choice_weights(const double *score, size_t n, size_t k, bool replace, double *weight) {
  if (!replace && k > n) k = n;
  for (size_t i = 0; i < n; i++) {
    size_t better = 0, equal = 0;
    double mine = worst_if_nan(score[i]);
    for (size_t j = 0; j < n; j++) {
      double other = worst_if_nan(score[j]);
      better += other < mine;
      equal += other == mine;
    }
    weight[i] = (all_among(n - better, n, k, replace) - all_among(n - better - equal, n, k, replace)) / (double)equal;
  }
}

/* share[t]: the probability that none of the others has less than v, and that t of them have it. */
static void count_equal(const bsn_lottery *competitor, size_t m, size_t own, double v, double *share) {
  size_t others = 0;
  share[0] = 1;
  for (size_t c = 0; c < m; c++) {
    double more = 0, equal = 0;
    if (c == own) continue;
    for (size_t i = 0; i < competitor[c].n; i++) {
      double other = worst_if_nan(competitor[c].value[i]);
      if (other > v) more += competitor[c].weight[i];
      if (other == v) equal += competitor[c].weight[i];
    }
    share[++others] = 0;
    for (size_t t = others + 1; t-- > 0;) share[t] = share[t] * more + (t ? share[t - 1] * equal : 0);
  }
}

bool bsn_win_probability(const bsn_lottery *competitor, size_t m, bsn_arena *arena, double *probability) {
  double *share = bsn_alloc_in(arena, (m + 1) * sizeof *share);
  if (!share) return false;
  for (size_t c = 0; c < m; c++) {
    probability[c] = 0;
    for (size_t i = 0; i < competitor[c].n; i++) {
      if (!(competitor[c].weight[i] > 0)) continue;
      count_equal(competitor, m, c, worst_if_nan(competitor[c].value[i]), share);
      for (size_t t = 0; t < m; t++) probability[c] += competitor[c].weight[i] * share[t] / (double)(t + 1);
    }
  }
  return true;
}

/* Values come nearly sorted when several quantiles are asked for: insertion. */
static void sort_together(double *value, double *weight, size_t n) {
  for (size_t i = 1; i < n; i++) {
    double v = value[i], w = weight[i];
    size_t j = i;
    for (; j && (value[j - 1] > v || (isnan(value[j - 1]) && !isnan(v))); j--) {
      value[j] = value[j - 1];
      weight[j] = weight[j - 1];
    }
    value[j] = v;
    weight[j] = w;
  }
}

double bsn_weighted_quantile(double *value, double *weight, size_t n, double p) {
  double sum = 0, so_far = 0;
  sort_together(value, weight, n);
  for (size_t i = 0; i < n; i++) sum += weight[i];
  for (size_t i = 0; i < n; i++) {
    so_far += weight[i];
    if (so_far >= p * sum * (1 - 1e-12)) return value[i];
  }
  return NAN;
}
