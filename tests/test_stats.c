/* Statistics against SciPy's values (tests/reference/stats.py), and their edges. */
#include "basin_check.h"
#include "stats/interval.h"
#include "stats/metric.h"
#include "stats/test.h"
#include "stats_golden.h"
#include <stdbool.h>

#define N(x)       (sizeof(x) / sizeof *(x))
#define NEAR(x, y) ck_assert_msg(near(x, y), "%s = %.17g, not %.17g", #x, (double)(x), (double)(y))

static bool near(double x, double y) { return fabs(x - y) <= 1e-12 * fmax(1e-3, fabs(y)); }

static void check_interval(const double *x, size_t n, const double want[4]) {
  bsn_interval i = bsn_t_interval(x, n, 0.95);
  ck_assert_uint_eq(i.n, n);
  NEAR(i.mean, want[0]);
  NEAR(bsn_sd(x, n), want[1]);
  NEAR(i.lo, want[2]);
  NEAR(i.hi, want[3]);
}

START_TEST(intervals) {
  check_interval(data_A, N(data_A), interval_A);
  check_interval(data_C, N(data_C), interval_C);
  check_interval(data_D, N(data_D), interval_D);
  double one = 3;
  bsn_interval i = bsn_t_interval(&one, 1, 0.95);
  ck_assert(i.mean == 3 && isnan(i.lo) && isnan(i.hi) && isnan(bsn_sd(&one, 1)));
  ck_assert(isnan(bsn_mean(NULL, 0)));
  double far[] = {1, INFINITY};
  ck_assert(bsn_mean(far, 2) == INFINITY);
}
END_TEST

START_TEST(quantiles) {
  static const double p[] = {0, 0.1, 0.25, 0.5, 0.9, 1};
  double x[N(data_D)];
  for (size_t i = 0; i < N(p); i++) {
    memcpy(x, data_D, sizeof x);
    NEAR(bsn_quantile(x, N(x), p[i]), quantile_D[i]);
  }
  double even[] = {4, 1, 3, 2}, far[] = {INFINITY, 1, 2};
  ck_assert(bsn_median(even, 4) == 2.5 && bsn_median(far, 3) == 2);
  ck_assert(isnan(bsn_median(even, 0)) && isnan(bsn_quantile(even, 4, 1.5)) && isnan(bsn_quantile(even, 4, NAN)));
}
END_TEST

static void check_t(bsn_test t, const double want[6]) {
  double have[] = {t.mean, t.lo, t.hi, t.statistic, t.df, t.p};
  for (int i = 0; i < 6; i++) NEAR(have[i], want[i]);
}

START_TEST(t_tests) {
  check_t(bsn_paired_t(data_A, data_B, N(data_A), 0.95), paired_AB);
  check_t(bsn_welch_t(data_A, N(data_A), data_D, N(data_D), 0.95), welch_AD);
  bsn_test same = bsn_paired_t(data_A, data_A, 5, 0.95);
  ck_assert(same.p == 1 && same.mean == 0 && same.lo == 0 && same.hi == 0);
  static const double a[] = {1, 2, 3}, b[] = {0, 1, 2};
  bsn_test shifted = bsn_paired_t(a, b, 3, 0.95);
  ck_assert(shifted.p == 0 && shifted.mean == 1 && shifted.lo == 1 && shifted.hi == 1);
  ck_assert(isnan(bsn_paired_t(a, b, 1, 0.95).p) && isnan(bsn_paired_t(a, b, 0, 0.95).mean));
  ck_assert(isnan(bsn_welch_t(a, 3, b, 1, 0.95).p) && isnan(bsn_welch_t(a, 0, b, 3, 0.95).mean));
  static const double flat[] = {1, 1, 1}, other[] = {2, 2};
  ck_assert(bsn_welch_t(flat, 3, flat, 3, 0.95).p == 1 && bsn_welch_t(flat, 3, other, 2, 0.95).p == 0);
}
END_TEST

static void check_ranks(bsn_test t, const double want[2]) {
  NEAR(t.statistic, want[0]);
  NEAR(t.p, want[1]);
}

START_TEST(signed_ranks) {
  check_ranks(bsn_signed_rank(data_D, data_E, N(data_D)), signed_DE);
  check_ranks(bsn_signed_rank(data_A, data_B, N(data_A)), signed_AB);
  check_ranks(bsn_signed_rank(data_F, data_G, N(data_F)), signed_FG);
  ck_assert(isnan(bsn_signed_rank(data_A, data_A, 5).p));
  /* All of 50 positive: two of 2^50 patterns. */
  double zeros[50] = {0}, rising[50];
  for (int i = 0; i < 50; i++) rising[i] = i + 1;
  ck_assert(bsn_signed_rank(rising, zeros, 50).p == ldexp(1, -49));
}
END_TEST

static void check_correlation(bsn_test t, const double want[4]) {
  NEAR(t.mean, want[0]);
  NEAR(t.lo, want[1]);
  NEAR(t.hi, want[2]);
  NEAR(t.p, want[3]);
}

START_TEST(rank_correlations) {
  check_correlation(bsn_spearman(data_D, data_E, N(data_D), 0.95), spearman_DE);
  check_correlation(bsn_spearman(data_F, data_G, N(data_F), 0.95), spearman_FG);
  static const double x[] = {1, 2, 3, 4, 5}, down[] = {9, 7, 5, 3, 1}, flat[] = {1, 1, 1, 1, 1};
  bsn_test t = bsn_spearman(x, down, 5, 0.95);
  ck_assert(t.mean == -1 && t.lo == -1 && t.hi == -1 && t.p == 0);
  ck_assert(isnan(bsn_spearman(x, flat, 5, 0.95).mean));
  ck_assert(isnan(bsn_spearman(x, down, 3, 0.95).lo) && isnan(bsn_spearman(x, down, 2, 0.95).p));
}
END_TEST

START_TEST(holm) {
  double adjusted[N(holm_p)];
  bsn_holm(holm_p, adjusted, N(holm_p));
  for (size_t i = 0; i < N(holm_p); i++) NEAR(adjusted[i], holm_adjusted[i]);
  static const double p[] = {NAN, 0.04, 0.02};
  bsn_holm(p, adjusted, 3);
  ck_assert(isnan(adjusted[0]) && adjusted[1] == 0.04 && adjusted[2] == 0.04);
}
END_TEST

START_TEST(names_say_what_is_good) {
  static const struct {
    const char *name;
    int sense;
  } all[] = {{"test_loss", -1},
             {"loss", -1},
             {"validation_accuracy", 1},
             {"oob_accuracy", 1},
             {"test_r2", 1},
             {"objective", -1},
             {"gradient_norm", 0},
             {"accuracy_of_all", 0},
             {"test_accurac", 0},
             {"log_likelihood", 1},
             {"", 0},
             {"hessian_eigenvalue_1", 0}};
  for (size_t i = 0; i < N(all); i++) ck_assert_msg(bsn_metric_sense(all[i].name) == all[i].sense, "%s", all[i].name);
}
END_TEST

BASIN_TESTS("stats", intervals, quantiles, t_tests, signed_ranks, rank_correlations, holm, names_say_what_is_good)
