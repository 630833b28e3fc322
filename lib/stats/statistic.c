#include "stats/statistic.h"
#include "stats/interval.h"
#include "stats/rank.h"
#include "stats/survival.h"
#include "stats/test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- helpers ---- */

size_t bsn_statistic_words(const char *words) {
  size_t n = 0;
  for (; *words; words += strspn(words, " ")) {
    words += strcspn(words, " ");
    n++;
  }
  return n;
}

bool bsn_numbers_room(bsn_numbers *out, size_t columns, size_t rows, bsn_arena *arena) {
  out->n = rows;
  for (size_t c = 0; c < columns; c++)
    if (!(out->x[c] = bsn_alloc_in(arena, (rows + 1) * sizeof **out->x))) return false;
  return true;
}

void bsn_numbers_put(bsn_numbers *out, size_t row, size_t columns, const double *values) {
  for (size_t c = 0; c < columns; c++) out->x[c][row] = values[c];
}

static bool give(bsn_numbers *out, bsn_arena *arena, size_t n, const double *values) {
  if (!bsn_numbers_room(out, n, 1, arena)) return false;
  bsn_numbers_put(out, 0, n, values);
  return true;
}
#define GIVE(...) give(out, arena, sizeof((double[]){__VA_ARGS__}) / sizeof(double), (const double[]){__VA_ARGS__})

size_t bsn_count_numbers(const double *number, size_t n) {
  double most = -1;
  for (size_t i = 0; i < n; i++) most = fmax(most, number[i]);
  return (size_t)(most + 1);
}

static double *copy(bsn_arena *arena, const double *x, size_t n) {
  return n ? bsn_copy_in(arena, x, n * sizeof *x) : bsn_alloc_in(arena, sizeof *x);
}

typedef bool runner(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena);
#define UNUSED (void)config, (void)arena

/* ---- one sample, two samples ---- */

typedef struct level_config {
  double level;
} level_config;
#define LEVEL                                                                                                 \
  {                                                                                                           \
    "level", BSN_REAL, offsetof(level_config, level), "0.95", .lo = 0, .hi = 1, .above = true, .below = true, \
                                                              .doc = "coverage of the interval"               \
  }
static const bsn_param level_params[] = {LEVEL, {0}};

static bool run_interval(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  bsn_interval i = bsn_t_interval(in[0], n, ((const level_config *)config)->level);
  return GIVE((double)i.n, i.mean, i.lo, i.hi, bsn_sd(in[0], n));
}

typedef struct quantile_config {
  double p;
} quantile_config;
static const bsn_param quantile_params[] = {
    {"p", BSN_REAL, offsetof(quantile_config, p), "0.5", .lo = 0, .hi = 1, .doc = "which quantile; 0.5 is the median"},
    {0}};

static bool run_quantile(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  double *x = copy(arena, in[0], n);
  return x && GIVE(bsn_quantile(x, n, ((const quantile_config *)config)->p));
}

static bool run_paired(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  bsn_test t = bsn_paired_t(in[0], in[1], n, ((const level_config *)config)->level);
  return GIVE(t.mean, t.lo, t.hi, t.statistic, t.df, t.p);
}

static bool run_welch(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  double *a = bsn_alloc_in(arena, (2 * n + 1) * sizeof *a), *b = a + n;
  size_t na = 0, nb = 0;
  if (!a) return false;
  for (size_t i = 0; i < n; i++) {
    if (in[0][i] == 0) a[na++] = in[1][i];
    if (in[0][i] == 1) b[nb++] = in[1][i];
  }
  bsn_test t = bsn_welch_t(a, na, b, nb, ((const level_config *)config)->level);
  return GIVE(t.mean, t.lo, t.hi, t.statistic, t.df, t.p);
}

static bool run_signed(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  UNUSED;
  bsn_test t = bsn_signed_rank(in[0], in[1], n);
  return GIVE((double)t.n, t.statistic, t.p);
}

static bool run_spearman(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  bsn_test t = bsn_spearman(in[0], in[1], n, ((const level_config *)config)->level);
  return GIVE(t.mean, t.lo, t.hi, t.p);
}

static bool run_holm(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  UNUSED;
  if (!bsn_numbers_room(out, 1, n, arena)) return false;
  bsn_holm(in[0], out->x[0], n);
  return true;
}

// clang-format off
const bsn_statistic bsn_sample_rows[] = {
  {{"t-interval", "Mean of a few values and its interval.", "mean -+ t(1 - (1 - level)/2; n - 1) sd / sqrt n", "Student 1908", level_params, sizeof(level_config)},
   BSN_ONE, "x", "n mean lo hi sd", run_interval},
  {{"quantile", "A quantile, linear between order statistics.", "x[h] + (h - floor h)(x[h + 1] - x[h]) at h = (n - 1) p", "Hyndman and Fan 1996, type 7", quantile_params, sizeof(quantile_config)},
   BSN_ONE, "x", "quantile", run_quantile},
  {{"paired-t", "Is the mean of matched differences a - b zero?", "t = mean / (sd / sqrt n), n - 1 degrees of freedom", "Student 1908", level_params, sizeof(level_config)},
   BSN_ONE, "a b", "mean lo hi t df p", run_paired},
  {{"welch-t", "Do two independent groups, 0 and 1, have one mean? Their variances may differ.", "t = (m0 - m1) / sqrt(v0/n0 + v1/n1)", "Welch 1947", level_params, sizeof(level_config)},
   BSN_ONE, "group x", "mean lo hi t df p", run_welch},
  {{"signed-rank", "Are matched differences a - b symmetric about zero? Exact up to 50 of them, ties included.", "the smaller sum of ranks of |a - b| of one sign, over all 2^n signs", "Wilcoxon 1945", NULL, 0},
   BSN_ONE, "a b", "n statistic p", run_signed},
  {{"spearman", "Rank correlation and its interval: does y rise with x?", "r of the ranks; tanh(atanh r -+ z sqrt((1 + r^2/2) / (n - 3)))", "Bonett and Wright 2000", level_params, sizeof(level_config)},
   BSN_ONE, "x y", "r lo hi p", run_spearman},
  {{"holm", "p values corrected for looking at all of them.", "max over p_j <= p_i of min(1, (number of p not below p_j) p_j)", "Holm 1979", NULL, 0},
   BSN_EACH, "p", "p_holm", run_holm},
  {{0}, BSN_ONE, NULL, NULL, NULL}};
// clang-format on

/* ---- times that may be censored ---- */

typedef struct mean_config {
  level_config interval; /* first: its parameter is LEVEL, too */
  double horizon;
} mean_config;
static const bsn_param mean_params[] = {LEVEL,
                                        {"horizon", BSN_REAL, offsetof(mean_config, horizon), "0", .lo = 0,
                                         .hi = INFINITY, .doc = "where every run is stopped; 0: the longest time"},
                                        {0}};

/* The curve at each row's time: the last step up to there. */
static void fill_curve(const bsn_survival *s, const double *time, size_t n, bsn_numbers *out) {
  for (size_t i = 0; i < n; i++) {
    const bsn_survival_step *at = NULL;
    for (size_t k = 0; k < s->nsteps && s->step[k].time <= time[i]; k++) at = &s->step[k];
    out->x[0][i] = at ? 1 - at->survival : 0;
    out->x[1][i] = at ? 1 - at->hi : 0;
    out->x[2][i] = at ? 1 - at->lo : 0;
  }
}

static bool run_reached(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  bsn_survival s;
  if (!bsn_kaplan_meier(&s, arena, in[0], in[1], n, ((const level_config *)config)->level)) return false;
  if (!bsn_numbers_room(out, 3, n, arena)) return false;
  fill_curve(&s, in[0], n, out);
  return true;
}

static bool run_median_time(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  bsn_survival s;
  if (!bsn_kaplan_meier(&s, arena, in[0], in[1], n, ((const level_config *)config)->level)) return false;
  bsn_interval m = bsn_survival_median(&s);
  return GIVE(m.mean, m.lo, m.hi);
}

static bool run_mean_time(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  const mean_config *c = config;
  bsn_survival s;
  if (!bsn_kaplan_meier(&s, arena, in[0], in[1], n, c->interval.level)) return false;
  bsn_interval m = bsn_survival_mean(&s, c->horizon > 0 ? c->horizon : s.last);
  return GIVE(m.mean, m.lo, m.hi);
}

static bool run_log_rank(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  UNUSED;
  bsn_test t;
  return bsn_log_rank(&t, arena, in[0], in[1], in[2], n, bsn_count_numbers(in[0], n)) && GIVE(t.statistic, t.df, t.p);
}

static bool run_earlier(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  UNUSED;
  bsn_test t = bsn_earlier(in[0], in[1], in[2], in[3], n);
  return GIVE((double)t.n, t.statistic, t.p);
}

// clang-format off
const bsn_statistic bsn_time_rows[] = {
  {{"time-to-target", "Share of runs that have reached a target by each time, when some (seen 0) end without it.", "1 - product over t_i <= t of (1 - d_i / n_i); interval of log(-log S)", "Kaplan and Meier 1958; Kalbfleisch and Prentice 1980", level_params, sizeof(level_config)},
   BSN_EACH, "time seen", "share share_lo share_hi", run_reached},
  {{"median-time", "Median time to a target with its interval; inf where the runs end before.", "first t with S(t) <= 1/2; times at which the interval of S holds 1/2", "Brookmeyer and Crowley 1982", level_params, sizeof(level_config)},
   BSN_ONE, "time seen", "median lo hi", run_median_time},
  {{"restricted-mean-time", "Mean time to a target when every run is stopped at a horizon.", "integral of S from 0 to horizon; variance sum A_i^2 d_i / (n_i (n_i - d_i))", "Irwin 1949; Royston and Parmar 2013", mean_params, sizeof(mean_config)},
   BSN_ONE, "time seen", "mean lo hi", run_mean_time},
  {{"log-rank", "Do several groups take the same time to a target?", "Z' V^-1 Z, Z observed less expected, chi-squared with groups - 1 degrees of freedom", "Mantel 1966", NULL, 0},
   BSN_ONE, "group time seen", "chi2 df p", run_log_rank},
  {{"earlier", "Is a earlier than b in matched runs, as far as the earlier one was seen? Exact sign test.", "2 P(Binomial(wins + losses, 1/2) <= the fewer of them)", "Dixon and Mood 1946", NULL, 0},
   BSN_ONE, "a a_seen b b_seen", "n wins p", run_earlier},
  {{0}, BSN_ONE, NULL, NULL, NULL}};
// clang-format on

/* ---- ranks, ratios, shares ---- */

static bool run_ecdf(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  UNUSED;
  if (!bsn_numbers_room(out, 1, n, arena)) return false;
  bsn_ecdf(in[0], n, out->x[0]);
  return true;
}

/* share counts problems, those that a group did not run among them. */
static bool run_profile(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  UNUSED;
  if (!bsn_numbers_room(out, 3, n, arena)) return false;
  double problems = (double)bsn_count_numbers(in[1], n), *ratio = out->x[0];
  bsn_performance_ratio(in[1], in[2], n, ratio);
  for (size_t i = 0; i < n; i++) {
    size_t solved = 0;
    for (size_t j = 0; j < n; j++) solved += in[0][j] == in[0][i] && ratio[j] <= ratio[i] && isfinite(ratio[j]);
    out->x[1][i] = (double)solved / problems;
    out->x[2][i] = problems;
  }
  return true;
}

/* The values of the blocks in which every group has one, row by row; returns how many blocks. */
static size_t full_blocks(const double *const *in, size_t n, size_t groups, double *value, double *work) {
  size_t blocks = bsn_count_numbers(in[1], n), kept = 0;
  for (size_t b = 0; b < blocks; b++) {
    size_t seen = 0;
    for (size_t g = 0; g < groups; g++) work[g] = 0;
    for (size_t i = 0; i < n; i++) {
      size_t g = (size_t)in[0][i];
      if (in[1][i] != (double)b || work[g] != 0) continue;
      work[g] = 1;
      value[kept * groups + g] = in[2][i];
      seen++;
    }
    kept += seen == groups;
  }
  return kept;
}

static bool run_friedman(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  UNUSED;
  size_t groups = bsn_count_numbers(in[0], n), blocks = bsn_count_numbers(in[1], n);
  double *value = bsn_alloc_in(arena, ((blocks + 1) * groups + 1) * sizeof *value);
  bsn_friedman f;
  if (!value) return false;
  blocks = full_blocks(in, n, groups, value, value + blocks * groups);
  if (!bsn_friedman_of(&f, arena, value, blocks, groups) || !bsn_numbers_room(out, 7, groups, arena)) return false;
  for (size_t g = 0; g < groups; g++) {
    const double row[] = {(double)g, blocks ? f.mean_rank[g] : NAN, (double)blocks, f.chi2, f.f, f.p, f.difference};
    bsn_numbers_put(out, g, 7, row);
  }
  return true;
}

// clang-format off
const bsn_statistic bsn_rank_rows[] = {
  {{"ecdf", "Empirical distribution: the share of all values that are at most x; nan counts as above all.", "#{x_j <= x} / n", NULL, NULL, 0},
   BSN_EACH, "x", "share", run_ecdf},
  {{"performance-profile", "Share of problems that a group solves within a factor of the best group's cost.", "ratio = cost / least cost of the problem; share = #{its ratios <= ratio} / problems", "Dolan and More 2002, equation 2.1", NULL, 0},
   BSN_EACH, "group problem cost", "ratio share problems", run_profile},
  {{"friedman", "Do groups differ in their ranks over blocks, and how far apart must mean ranks be?", "F = (N - 1) chi2 / (N (k - 1) - chi2); q(0.95; k) sqrt(k (k + 1) / (12 N))", "Friedman 1937; Iman and Davenport 1980; Demsar 2006", NULL, 0},
   BSN_TABLE, "group block value", "group mean_rank blocks chi2 f p difference", run_friedman},
  {{0}, BSN_ONE, NULL, NULL, NULL}};
// clang-format on

/* ---- the table ---- */

bool bsn_statistic_run(const bsn_statistic *statistic, const void *config, const double *const *in, size_t n,
                       bsn_numbers *out, bsn_arena *arena) {
  *out = (bsn_numbers){.x = bsn_alloc_in(arena, bsn_statistic_words(statistic->gives) * sizeof *out->x)};
  return out->x && statistic->run(config, in, n, out, arena);
}

static const void *const families[] = {bsn_sample_rows, bsn_time_rows, bsn_rank_rows, bsn_budget_rows, NULL};
const bsn_table bsn_statistics = {"statistic", sizeof(bsn_statistic), families};
