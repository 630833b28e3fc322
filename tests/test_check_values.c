/* Checks of what other tables hold, asked for as a study does: known curvatures, surfaces, statistics; bad columns are told. */
#include "basin_check.h"
#include "learn/check.h"
#include "study/study.h"
#include <gsl/gsl_errno.h>

static const double eps = sizeof(bsn_real) == sizeof(double) ? 1e-10 : 1e-5; /* relative, in this build's numbers */

static bsn_arena arena;
static bsn_error error;

static bool run(const char *text, bsn_record *r) {
  bsn_faults faults = {.arena = &arena};
  bsn_reader reader = {.arena = &arena, .faults = &faults, .tables = bsn_tables};
  bsn_choice choice;
  const bsn_value *value = bsn_value_read(&arena, "check", text, strlen(text), &faults);
  error = (bsn_error){0};
  gsl_set_error_handler_off();
  bool ok = bsn_read_row(&reader, &bsn_checks, value, "of", &choice, NULL, NULL);
  ck_assert_msg(bsn_faults_none(&faults, &error) && ok, "%s", error.text);
  bsn_record_init(r, &arena, "", "", "trial", 0);
  return ((const bsn_check *)choice.row)->run(choice.config, r, &error);
}

static const struct known {
  const char *check, *metric;
  double value;
  bool in_double; /* computed in double in every build */
} known[] = {
    {"{name: loss-spectrum, loss: quadratic-deep, momentum: 0.99}", "largest", 53.1290153986, false},
    {"{name: loss-spectrum, loss: quadratic-deep, momentum: 0.99}", "trace", 477.6122795950, false},
    {"{name: loss-spectrum, loss: quadratic-deep, momentum: 0.99}", "gd_limit", 2 / 53.1290153986, false},
    {"{name: loss-spectrum, loss: quadratic-deep, momentum: 0.99}", "momentum_limit", 3.98 / 53.1290153986, false},
    {"{name: loss-spectrum, loss: cross-entropy, outputs: 4}", "largest", 0.25, false},
    {"{name: loss-spectrum, loss: cross-entropy, outputs: 4}", "trace", 0.75, false},
    {"{name: loss-spectrum, loss: binary-cross-entropy, outputs: 1}", "largest", 0.25, false},
    {"{name: loss-spectrum, loss: mse, outputs: 4}", "smallest", 0.5, false},
    {"{name: loss-spectrum, loss: mae, outputs: 4}", "largest", 0, false},
    {"{name: surface, of: rosenbrock}", "start", 158.5, true},
    {"{name: surface, of: branin}", "lowest", 0.39788735772973816, true},
    {"{name: statistic, of: paired-t, a: [1, 2, 3, 5], b: [2, 3, 4, 5]}", "t", -3, true},
    {"{name: statistic, of: holm, a: [0.01, 0.04]}", "p_holm_1", 0.04, true},
};

START_TEST(known_values_come_out) {
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    const struct known *k = &known[i];
    bsn_record r;
    arena = (bsn_arena){0};
    ck_assert_msg(run(k->check, &r), "%s", error.text);
    double got = bsn_record_last(&r, k->metric), near = (k->in_double ? 1e-10 : eps) * fmax(1e-3, fabs(k->value));
    ck_assert_msg(fabs(got - k->value) <= near, "%s %s: %.17g, not %.17g", k->check, k->metric, got, k->value);
    bsn_arena_free(&arena);
  }
}
END_TEST

/* f at every known minimum is what its row says, and flat there. */
START_TEST(surfaces_are_lowest_where_they_say) {
  for (size_t i = 0; bsn_table_row(&bsn_surfaces, i); i++) {
    bsn_record r;
    arena = (bsn_arena){0};
    ck_assert_msg(run(bsn_text_in(&arena, "{surface: %s}", bsn_table_row(&bsn_surfaces, i)->name), &r), "%s",
                  error.text);
    double gap = bsn_record_last(&r, "minimum_gap"), slope = bsn_record_last(&r, "minimum_slope");
    ck_assert(isnan(gap) || (gap < 1e-12 && slope < 1e-10));
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(columns_must_fit) {
  static const char *const bad[] = {
      "{name: statistic, of: paired-t, a: [1, 2]}", "{name: statistic, of: paired-t, a: [1, 2], b: [1]}",
      "{name: statistic, of: t-interval, a: [1, 2], b: [1, 2]}", "{name: statistic, of: t-interval, a: []}"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    bsn_record r;
    arena = (bsn_arena){0};
    ck_assert_msg(!run(bad[i], &r), "%s", bad[i]);
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(error.text, "of equal length"));
    bsn_arena_free(&arena);
  }
}
END_TEST

BASIN_TESTS("check_values", known_values_come_out, surfaces_are_lowest_where_they_say, columns_must_fit)
