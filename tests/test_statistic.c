/* Every row of the table of statistics against values of an independent script (tests/reference/statistics.py), and what the
 * functions behind them promise at their edges. */
#include "basin_check.h"
#include "stats/budget.h"
#include "stats/compare.h"
#include "stats/rank.h"
#include "stats/statistic.h"
#include "stats/survival.h"
#include <gsl/gsl_errno.h>
#include <stdio.h>

#define N(x)       (sizeof(x) / sizeof *(x))
#define NEAR(x, y) ck_assert_msg(near(x, y), "%s = %.17g, not %.17g", #x, (double)(x), (double)(y))

/* Sums of differences have lost a few digits. */
static bool near(double x, double y) {
  return (isnan(x) && isnan(y)) || x == y || fabs(x - y) <= 1e-11 * fmax(1e-2, fabs(y));
}

/* ---- golden values ---- */

enum { MOST_COLUMNS = 8, MOST_ROWS = 64 };

typedef struct golden {
  const bsn_statistic *statistic;
  bsn_value *wanted; /* {name: .., parameter: ..} */
  size_t nin, nout, n[MOST_COLUMNS], nrows[MOST_COLUMNS];
  double *in[MOST_COLUMNS], *out[MOST_COLUMNS];
} golden;

static bsn_value *read_case(bsn_arena *arena, char *line) {
  char *rest, *word = strtok_r(line, ",\n", &rest);
  bsn_faults faults = {.arena = arena};
  bsn_value *map = bsn_value_put(arena, NULL, "name", bsn_value_scalar(arena, word), &faults);
  while ((word = strtok_r(NULL, ",\n", &rest))) {
    char *value = strchr(word, '=');
    *value++ = 0;
    map = bsn_value_put(arena, map, word, bsn_value_scalar(arena, value), &faults);
  }
  return map;
}

static size_t read_numbers(bsn_arena *arena, char *line, double **column) {
  size_t n = 0;
  char *rest;
  *column = bsn_alloc_in(arena, MOST_ROWS * sizeof **column);
  for (char *word = strtok_r(line, ",\n", &rest); word; word = strtok_r(NULL, ",\n", &rest), n++) {
    ck_assert_uint_lt(n, MOST_ROWS);
    (*column)[n] = strtod(word, NULL);
  }
  return n;
}

static void check_case(bsn_arena *arena, const golden *g) {
  static const bsn_table *const tables[] = {&bsn_statistics, NULL};
  bsn_faults faults = {.arena = arena};
  bsn_reader reader = {.arena = arena, .faults = &faults, .tables = tables, .folder = "."};
  bsn_choice choice;
  bsn_numbers out;
  ck_assert(bsn_read_row(&reader, &bsn_statistics, g->wanted, "statistic", &choice, NULL, NULL));
  const bsn_statistic *s = (const bsn_statistic *)choice.row;
  ck_assert_uint_eq(bsn_statistic_words(s->takes), g->nin);
  ck_assert_uint_eq(bsn_statistic_words(s->gives), g->nout);
  ck_assert(bsn_statistic_run(s, choice.config, (const double *const *)g->in, g->n[0], &out, arena));
  for (size_t c = 0; c < g->nout; c++) {
    ck_assert_uint_eq(out.n, g->nrows[c]);
    for (size_t i = 0; i < out.n; i++)
      ck_assert_msg(near(out.x[c][i], g->out[c][i]), "%s, column %zu, row %zu: %.17g, not %.17g", s->row.name, c, i,
                    out.x[c][i], g->out[c][i]);
  }
}

START_TEST(every_row_has_golden_values) {
  gsl_set_error_handler_off();
  bsn_arena arena = {0};
  bool seen[64] = {0};
  char path[512], line[4096];
  snprintf(path, sizeof path, "%s/tests/golden/statistics.csv", getenv("BASIN_SOURCE"));
  FILE *file = fopen(path, "r");
  ck_assert_ptr_nonnull(file);
  golden g = {0};
  for (bool more = true; more;) {
    more = fgets(line, sizeof line, file) != NULL;
    if (g.wanted && (!more || !strncmp(line, "case,", 5))) check_case(&arena, &g);
    if (!more) break;
    if (!strncmp(line, "case,", 5)) g = (golden){.wanted = read_case(&arena, line + 5)};
    if (!strncmp(line, "in,", 3)) g.n[g.nin] = read_numbers(&arena, line + 3, &g.in[g.nin]), g.nin++;
    if (!strncmp(line, "out,", 4)) g.nrows[g.nout] = read_numbers(&arena, line + 4, &g.out[g.nout]), g.nout++;
    for (size_t i = 0; bsn_table_row(&bsn_statistics, i); i++)
      seen[i] |= !strcmp(bsn_table_row(&bsn_statistics, i)->name, bsn_value_get(g.wanted, "name")->text);
  }
  fclose(file);
  for (size_t i = 0; bsn_table_row(&bsn_statistics, i); i++)
    ck_assert_msg(seen[i], "%s has no golden value", bsn_table_row(&bsn_statistics, i)->name);
  bsn_arena_free(&arena);
}
END_TEST

/* ---- survival ---- */

static bsn_survival curve_of(bsn_arena *arena, const double *time, const double *seen, size_t n) {
  bsn_survival s;
  ck_assert(bsn_kaplan_meier(&s, arena, time, seen, n, 0.95));
  return s;
}

START_TEST(censored_times) {
  bsn_arena arena = {0};
  static const double time[] = {4, 4, 2, 1}, all[] = {1, 1, 1, 1}, none[] = {0, 0, 0, 0};
  bsn_survival s = curve_of(&arena, time, all, 4);
  /* Without censoring the mean is the mean and the curve is the ECDF. */
  NEAR(bsn_survival_mean(&s, s.last).mean, 2.75);
  NEAR(bsn_survival_mean(&s, 100).mean, 2.75);
  ck_assert(s.nsteps == 3 && s.step[0].survival == 0.75 && s.step[2].survival == 0 && isnan(s.step[2].lo));
  s = curve_of(&arena, time, none, 4);
  ck_assert(isinf(bsn_survival_median(&s).mean) && isinf(bsn_survival_median(&s).lo));
  NEAR(bsn_survival_mean(&s, 4).mean, 4);
  ck_assert(isnan(bsn_survival_mean(&s, 5).mean));
  s = curve_of(&arena, time, none, 0);
  ck_assert(isnan(bsn_survival_median(&s).mean) && isnan(bsn_survival_mean(&s, 1).mean));
  bsn_test t;
  static const double group[] = {0, 0, 1, 1}, same[] = {3, 5, 3, 5};
  ck_assert(bsn_log_rank(&t, &arena, group, same, all, 4, 2));
  ck_assert(t.statistic == 0 && t.p == 1);
  ck_assert(bsn_log_rank(&t, &arena, group, same, none, 4, 2) && isnan(t.p));
  ck_assert(bsn_log_rank(&t, &arena, group, same, all, 4, 1) && isnan(t.p));
  t = bsn_earlier(time, none, time, none, 4);
  ck_assert(t.n == 0 && isnan(t.p));
  bsn_arena_free(&arena);
}
END_TEST

/* ---- budgets ---- */

START_TEST(budgets_end_at_the_best) {
  static const double score[] = {3, NAN, 1, 2, 2};
  double w[5];
  bsn_choice_weights(score, 5, 5, false, w);
  ck_assert(w[2] == 1 && w[0] == 0 && w[1] == 0);
  bsn_choice_weights(score, 5, 99, false, w);
  ck_assert(w[2] == 1);
  for (size_t k = 1; k <= 9; k++)
    for (int replace = 0; replace < 2; replace++) {
      double sum = 0;
      bsn_choice_weights(score, 5, k, replace, w);
      for (int i = 0; i < 5; i++) sum += w[i];
      NEAR(sum, 1);
      ck_assert(w[3] == w[4]);
    }
  bsn_choice_weights(score, 5, 1, true, w);
  for (int i = 0; i < 5; i++) NEAR(w[i], 0.2);
}
END_TEST

START_TEST(wins_sum_to_one) {
  bsn_arena arena = {0};
  static const double value[] = {1, 2, INFINITY, NAN}, weight[] = {0.25, 0.25, 0.25, 0.25};
  const bsn_lottery all[] = {{4, value, weight}, {4, value, weight}, {4, value, weight}};
  double p[3], one[1];
  ck_assert(bsn_win_probability(all, 3, &arena, p));
  for (int i = 0; i < 3; i++) NEAR(p[i], 1. / 3);
  ck_assert(bsn_win_probability(all, 1, &arena, one));
  NEAR(one[0], 1);
  double v[] = {3, 1, 2}, w[] = {0.5, 0.25, 0.25};
  ck_assert(bsn_weighted_quantile(v, w, 3, 0.5) == 2 && bsn_weighted_quantile(v, w, 3, 0.51) == 3);
  ck_assert(isnan(bsn_weighted_quantile(v, w, 0, 0.5)));
  bsn_arena_free(&arena);
}
END_TEST

/* ---- ranks ---- */

START_TEST(ranks_that_agree) {
  bsn_arena arena = {0};
  static const double rising[] = {1, 2, 3, 1, 2, 3, 1, 2, 3}, flat[] = {1, 1, 1, 1, 1, 1};
  bsn_friedman f;
  ck_assert(bsn_friedman_of(&f, &arena, rising, 3, 3));
  NEAR(f.p, 1. / 36);
  ck_assert(f.mean_rank[0] == 1 && f.mean_rank[2] == 3);
  ck_assert(bsn_friedman_of(&f, &arena, flat, 2, 3));
  ck_assert(f.chi2 == 0 && f.p == 1);
  ck_assert(bsn_friedman_of(&f, &arena, rising, 1, 3) && isnan(f.p) && isnan(f.difference));
  /* Of two: the range is |N(0, 2)|. */
  NEAR(bsn_range_quantile(0.95, 2), 1.959963984540054 * sqrt(2));
  static const double problem[] = {0, 0, 1, 1}, cost[] = {0, 0, 0, 5};
  double ratio[4];
  bsn_performance_ratio(problem, cost, 4, ratio);
  ck_assert(ratio[0] == 1 && ratio[1] == 1 && ratio[2] == 1 && isinf(ratio[3]));
  bsn_arena_free(&arena);
}
END_TEST

/* ---- comparisons ---- */

enum { GROUPS = 4 };

/* Group g is g + noise in every replicate and block; groups 0 and 1 differ by the noise alone. */
static size_t fill(bsn_observation *o, size_t replicates, size_t blocks) {
  static const double level[] = {1, 1, 2, 3}, noise[] = {0, 0.02, -0.01, 0.03, -0.03, 0.01, -0.02};
  size_t n = 0;
  for (size_t g = 0; g < GROUPS; g++)
    for (size_t r = 0; r < replicates; r++)
      for (size_t b = 0; b < blocks; b++, n++)
        o[n] = (bsn_observation){g, b, (int64_t)r, level[g] + (double)b + noise[(3 * g + 5 * r + b) % 7]};
  return n;
}

START_TEST(differences_and_letters) {
  bsn_arena arena = {0};
  bsn_observation o[GROUPS * 6 * 2];
  bsn_comparisons c;
  size_t n = fill(o, 6, 2);
  ck_assert(bsn_compare(&c, &arena, o, n, GROUPS, 0.95, -1));
  ck_assert(c.npairs == 6 && c.units == 6 && !c.by_block);
  ck_assert_int_eq(c.pair[0].is, BSN_TIE);
  for (size_t i = 1; i < 6; i++) ck_assert_int_eq(c.pair[i].is, BSN_DIFFERENT);
  ck_assert(c.pair[5].test.n == 6 && fabs(c.pair[5].test.mean + 1) < 0.1 && c.pair[5].p_ranks == bsn_least_p(6));
  ck_assert_str_eq(c.letters[0], "a");
  ck_assert_str_eq(c.letters[1], "a");
  ck_assert_str_eq(c.letters[2], "b");
  ck_assert_str_eq(c.letters[3], "c");
  /* A value that is lost takes its match with it, and is counted. */
  o[0].value = INFINITY;
  ck_assert(bsn_compare(&c, &arena, o, n, GROUPS, 0.95, -1));
  ck_assert(c.pair[0].lost == 1 && c.pair[5].lost == 0 && c.pair[0].test.n == 6);
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(two_seeds_show_nothing) {
  bsn_arena arena = {0};
  bsn_observation o[GROUPS * 2 * 20];
  bsn_comparisons c;
  size_t n = fill(o, 2, 20);
  ck_assert(bsn_compare(&c, &arena, o, n, GROUPS, 0.95, -1));
  ck_assert_uint_eq(c.units, 2);
  for (size_t i = 0; i < c.npairs; i++) ck_assert(c.pair[i].is == BSN_UNTOLD && isnan(c.pair[i].p_holm));
  for (size_t g = 0; g < GROUPS; g++) ck_assert_str_eq(c.letters[g], "a");
  /* One replicate on twenty problems: the problems are the units. */
  n = fill(o, 1, 20);
  ck_assert(bsn_compare(&c, &arena, o, n, GROUPS, 0.95, -1));
  ck_assert(c.by_block && c.units == 20);
  ck_assert_int_eq(c.pair[5].is, BSN_DIFFERENT);
  ck_assert(bsn_compare(&c, &arena, o, 0, 2, 0.95, -1) && c.npairs == 1 && c.units == 0);
  bsn_arena_free(&arena);
}
END_TEST

/* Groups share a letter exactly when they are not shown to differ. */
static void check_letters(bsn_arena *arena, const bool *differ, size_t n) {
  size_t order[8];
  const char **letters;
  for (size_t i = 0; i < n; i++) order[i] = n - 1 - i;
  ck_assert(bsn_letters(arena, differ, n, order, &letters));
  ck_assert_ptr_nonnull(letters);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      if (i != j) ck_assert_int_eq(strpbrk(letters[i], letters[j]) == NULL, differ[i * n + j]);
  ck_assert_ptr_nonnull(strchr(letters[n - 1], 'a'));
}

START_TEST(letters_say_what_differs) {
  bsn_arena arena = {0};
  enum { n = 6 };
  for (uint32_t pattern = 0; pattern < 1u << 15; pattern += 7) {
    bool differ[n * n] = {0};
    for (uint32_t i = 0, bit = 0; i < n; i++)
      for (uint32_t j = i + 1; j < n; j++, bit++) differ[i * n + j] = differ[j * n + i] = pattern >> bit & 1;
    check_letters(&arena, differ, n);
    bsn_arena_free(&arena);
  }
  const char **letters = NULL;
  size_t order[65] = {0};
  bool none[65 * 65] = {0};
  ck_assert(bsn_letters(&arena, none, 65, order, &letters) && !letters);
  bsn_arena_free(&arena);
}
END_TEST

BASIN_TESTS("statistic", every_row_has_golden_values, censored_times, budgets_end_at_the_best, wins_sum_to_one,
            ranks_that_agree, differences_and_letters, two_seeds_show_nothing, letters_say_what_differs)
