/* Rules that compare with published numbers: their arithmetic against SciPy's (tests/reference/rules.py), every verdict. */
#include "basin_check.h"
#include "rule_golden.h"
#include "stats/rule.h"
#include <gsl/gsl_errno.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bsn_arena arena;

/* The rule written as {NAME: first parameter} or NAME, applied to e. */
static bsn_judgement judge(const char *text, const bsn_evidence *e) {
  bsn_faults faults = {.arena = &arena};
  static const bsn_table *const tables[] = {&bsn_rules, NULL};
  bsn_reader reader = {.arena = &arena, .faults = &faults, .tables = tables};
  bsn_choice choice;
  bsn_judgement out;
  bsn_error error = {0};
  bool ok = bsn_read_row(&reader, &bsn_rules, bsn_value_read(&arena, "rule", text, strlen(text), &faults), "rule",
                         &choice, NULL, NULL);
  ck_assert_msg(bsn_faults_none(&faults, &error) && ok, "%s", error.text);
  ck_assert(((const bsn_rule *)choice.row)->judge(choice.config, e, &arena, &out));
  return out;
}

static void check_near(double got, double want, const char *what) {
  ck_assert_msg(fabs(got - want) <= 1e-12 * fmax(1e-3, fabs(want)), "%s: %.17g, not %.17g", what, got, want);
}

static bsn_evidence of_ours(double value, const char *text) {
  return (bsn_evidence){.levels = 1, .n = COUNT(ours), .x = ours, .value = value, .text = text, .bands = 1};
}

START_TEST(bands_are_as_wide_as_they_should) {
  for (size_t i = 0; i < 2; i++) {
    bsn_evidence e = of_ours(87.2, "87.2");
    e.bands = i ? 9 : 1;
    bsn_judgement single = judge("band", &e), mean = judge("mean", &e);
    e.sd = 0.169, e.runs = 10;
    bsn_judgement band = judge("band", &e);
    const struct {
      bsn_judgement *j;
      double half;
    } all[] = {{&single, single_half[i]}, {&mean, mean_half[i]}, {&band, band_half[i]}};
    for (size_t k = 0; k < 3; k++) {
      check_near((all[k].j->to - all[k].j->from) / 2, all[k].half, "half width");
      check_near(all[k].j->to + all[k].j->from, 2 * 87.2, "twice the middle");
      check_near(all[k].j->ours, interval[0], "mean");
      check_near(all[k].j->lo, interval[1], "lo");
      check_near(all[k].j->hi, interval[2], "hi");
      ck_assert_int_eq(all[k].j->verdict, BSN_PASS);
    }
  }
}
END_TEST

START_TEST(logarithms_make_factors) {
  bsn_evidence e = {.levels = 1, .n = COUNT(small), .x = small, .value = 0.002, .text = "0.002", .bands = 3};
  for (size_t i = 0; i < 2; i++) {
    if (i) e.sd = 0.4, e.runs = 5;
    bsn_judgement j = judge("{band: log}", &e);
    check_near(j.to / 0.002, log_factor[i], "upper factor");
    check_near(0.002 / j.from, log_factor[i], "lower factor");
    check_near(j.ours, log_factor[2], "geometric mean");
    ck_assert_int_eq(j.verdict, BSN_PASS);
    ck_assert(j.lo < j.ours && j.ours < j.hi);
  }
  e.value = 0.1;
  ck_assert_int_eq(judge("{band: log}", &e).verdict, BSN_FAIL);
}
END_TEST

START_TEST(a_trend_is_a_rank_correlation) {
  static const char *const name[] = {"8", "16", "32", "64"};
  bsn_evidence e = {.levels = 4, .n = 3, .x = levels, .level = name, .bands = 1};
  bsn_judgement j = judge("{trend: increasing}", &e);
  check_near(j.ours, trend[0], "r");
  check_near(j.lo, trend[1], "lo");
  check_near(j.hi, trend[2], "hi");
  ck_assert_int_eq(j.verdict, BSN_PASS);
  ck_assert_int_eq(judge("{trend: decreasing}", &e).verdict, BSN_FAIL);
}
END_TEST

/* Of single cells: three values each. */
static const struct single {
  const char *rule, *text;
  double x[3];
  size_t n;
  bsn_verdict verdict;
} singles[] = {
    {"exact", "0.396", {0.3955, 0.3962, 0.3964}, 3, BSN_PASS},
    {"exact", "0.396", {0.3962, 0.3966, 0.396}, 3, BSN_FAIL},
    {"exact", "0.3960", {0.3962}, 1, BSN_FAIL},
    {"{exact: 1e-3}", "0.3960", {0.3962, 0.3957}, 2, BSN_PASS},
    {"{exact: 1e-4}", "0.3960", {0.3962}, 1, BSN_FAIL},
    {"{exact: 1e-11}", "-2", {-2.00000000001}, 1, BSN_PASS},
    {"exact", "1", {INFINITY}, 1, BSN_FAIL},
    {"exact", "1", {1, NAN}, 2, BSN_FAIL},
    {"band", "1", {1.1, 0.8, 1.2}, 3, BSN_PASS},
    {"band", "9", {1.1, 0.8, 1.2}, 3, BSN_FAIL},
    {"band", "1", {1}, 1, BSN_UNDECIDED},
    {"{band: log}", "-1", {1.1, 0.8, 1.2}, 3, BSN_FAIL},
    {"mean", "1", {1.1, 0.8, 1.2}, 3, BSN_PASS},
    {"mean", "9", {1.1, 0.8, 1.2}, 3, BSN_FAIL},
    {"mean", "1", {1}, 1, BSN_UNDECIDED},
    {"mean", "1", {1, NAN, 1}, 3, BSN_FAIL},
    {"at-least", "0.5", {1.1, 0.9, 1.0}, 3, BSN_PASS},
    {"at-least", "1", {1.1, 0.9, 1.0}, 3, BSN_UNDECIDED},
    {"at-least", "2", {1.1, 0.9, 1.0}, 3, BSN_FAIL},
    {"at-least", "1", {1}, 1, BSN_PASS},
    {"at-most", "2", {1.1, 0.9, 1.0}, 3, BSN_PASS},
    {"at-most", "1", {1.1, 0.9, 1.0}, 3, BSN_UNDECIDED},
    {"at-most", "0.5", {1.1, 0.9, 1.0}, 3, BSN_FAIL},
    {"at-most", "0.5", {0.51}, 1, BSN_FAIL},
    {"{sign: positive}", "", {1.1, 0.9, 1.0}, 3, BSN_PASS},
    {"{sign: positive}", "", {1.1, -0.9, 1.0}, 3, BSN_UNDECIDED},
    {"{sign: positive}", "", {-1.1, -0.9, -1.0}, 3, BSN_FAIL},
    {"{sign: negative}", "", {-1.1, -0.9, -1.0}, 3, BSN_PASS},
    {"{sign: negative}", "", {1.1, 0.9, 1.0}, 3, BSN_FAIL},
    {"{sign: negative}", "", {0, 0, 0}, 3, BSN_FAIL},
    {"{sign: negative}", "", {-1e-9}, 1, BSN_PASS},
};

START_TEST(every_verdict_on_a_cell) {
  for (size_t i = 0; i < COUNT(singles); i++) {
    const struct single *s = &singles[i];
    bsn_evidence e = {.levels = 1, .n = s->n, .x = s->x, .text = s->text, .bands = 1};
    bsn_number_read(s->text, &e.value);
    bsn_judgement j = judge(s->rule, &e);
    ck_assert_msg(j.verdict == s->verdict, "%zu: %s %s: %s", i, s->rule, s->text, bsn_verdict_name(j.verdict));
    ck_assert(j.verdict == BSN_PASS || j.note || !isnan(j.ours));
  }
}
END_TEST

/* Along four levels, two values each. */
static const struct along {
  const char *rule;
  double x[8];
  bool listed[4];
  bsn_verdict verdict;
  const char *says; /* part of the note; NULL: any */
} alongs[] = {
    {"set", {0, 0, 0, 0, 1, 1, 1, 1}, {0, 0, 1, 1}, BSN_PASS, NULL},
    {"set", {0, 0, 0, 0, 1, 1, 1, 1}, {0, 0, 0, 1}, BSN_FAIL, "not published: c"},
    {"set", {0, 0, 0, 0, 0, 0, 1, 1}, {0, 1, 0, 1}, BSN_FAIL, "not ours: b"},
    {"set", {1, 1, 0, 0, 0, 0, 1, 1}, {0, 1, 0, 1}, BSN_FAIL, "not published: a; not ours: b"},
    {"set", {0, 0, 0, 0, 1, 0, 1, 1}, {0, 0, 1, 1}, BSN_UNDECIDED, "replicates disagree: c"},
    {"set", {0, 0, 0, 0, 0, 0, 0, 0}, {0}, BSN_PASS, NULL},
    {"{set: 5}", {1, 2, 3, 4, 6, 7, 8, 9}, {0, 0, 1, 1}, BSN_PASS, NULL},
    {"lowest", {5, 5.1, 1, 1.1, 3, 3.1, 4, 4.1}, {0, 1}, BSN_PASS, NULL},
    {"lowest", {5, 5.1, 1, 1.1, 3, 3.1, 4, 4.1}, {0, 0, 1}, BSN_FAIL, NULL},
    {"lowest", {5, 5.1, 1, 2, 1.9, 1.2, 4, 4.1}, {0, 1}, BSN_UNDECIDED, NULL},
    {"lowest", {5, 5.2, 1, 1.2, 1.1, 1.3, 4, 4.2}, {0, 1, 1}, BSN_PASS, NULL},
    {"lowest", {5, 5.1, 1, 1.2, 1.1, 1.3, 4, 4.1}, {0}, BSN_FAIL, "no level is published"},
    {"highest", {5, 5.1, 1, 1.1, 3, 3.1, 4, 4.1}, {1}, BSN_PASS, NULL},
    {"highest", {5, 5.1, 1, 1.1, 3, 3.1, 4, 4.1}, {0, 0, 0, 1}, BSN_FAIL, NULL},
    {"{shape: increasing}", {1, 1.1, 2, 2.1, 3, 3.1, 4, 4.1}, {0}, BSN_PASS, NULL},
    {"{shape: increasing}", {1, 1.1, 3, 3.1, 2, 2.1, 4, 4.1}, {0}, BSN_FAIL, NULL},
    {"{shape: increasing}", {1, 1.1, 2, 2.6, 2.5, 2, 4, 4.1}, {0}, BSN_PASS, NULL},
    {"{shape: increasing}", {1, 2, 2, 1, 1.5, 1.4, 2, 1.6}, {0}, BSN_UNDECIDED, NULL},
    {"{shape: decreasing}", {4, 4.1, 3, 3.1, 2, 2.1, 1, 1.1}, {0}, BSN_PASS, NULL},
    {"{shape: decreasing}", {1, 1.1, 2, 2.1, 3, 3.1, 4, 4.1}, {0}, BSN_FAIL, NULL},
    {"{shape: unimodal}", {1, 1.1, 3, 3.1, 2, 2.1, 1.5, 1.6}, {0}, BSN_PASS, NULL},
    {"{shape: unimodal}", {3, 3.1, 1, 1.1, 4, 4.1, 2, 2.1}, {0}, BSN_FAIL, NULL},
    {"{shape: unimodal}", {1, 1.1, 2, 2.1, 3, 3.1, 4, 4.1}, {0}, BSN_FAIL, NULL},
    {"{shape: unimodal}", {1, 1.1, 2, 2.1, 3.9, 4.5, 4.5, 4}, {0}, BSN_UNDECIDED, NULL},
    {"{shape: valley}", {4, 4.1, 1, 1.1, 2, 2.1, 3, 3.1}, {0}, BSN_PASS, NULL},
    {"{shape: valley}", {1, 1.1, 3, 3.1, 2, 2.1, 1.5, 1.6}, {0}, BSN_FAIL, NULL},
    {"{shape: increasing}", {1, 2, 2, 2, 3, INFINITY, 4, 4}, {0}, BSN_FAIL, "1 of 8 values are not finite"},
    {"{trend: increasing}", {1, 2, 1.5, 1.8, 2, 1, 1.9, 1.2}, {0}, BSN_UNDECIDED, NULL},
    {"{trend: increasing}", {1, 1, 1, 1, 1, 1, 1, 1}, {0}, BSN_UNDECIDED, "four values that are not all equal"},
};

START_TEST(every_verdict_along_levels) {
  static const char *const name[] = {"a", "b", "c", "d"};
  for (size_t i = 0; i < COUNT(alongs); i++) {
    const struct along *a = &alongs[i];
    bsn_evidence e = {.levels = 4, .n = 2, .x = a->x, .level = name, .listed = a->listed, .bands = 1};
    bsn_judgement j = judge(a->rule, &e);
    ck_assert_msg(j.verdict == a->verdict, "%zu: %s: %s", i, a->rule, bsn_verdict_name(j.verdict));
    ck_assert_msg(!a->says || (j.note && strstr(j.note, a->says)), "%zu: %s", i, j.note ? j.note : "no note");
    ck_assert(j.verdict == BSN_PASS || j.note || j.words || !isnan(j.ours));
  }
}
END_TEST

/* Without replicates the values themselves decide. */
START_TEST(one_replicate_decides_by_its_values) {
  static const char *const name[] = {"a", "b", "c", "d"};
  static const double rising[] = {1, 2, 2, 3}, bent[] = {1, 3, 2, 0};
  static const bool second[] = {false, true, false, false};
  bsn_evidence e = {.levels = 4, .n = 1, .x = rising, .level = name, .listed = second, .bands = 1};
  ck_assert_int_eq(judge("{shape: increasing}", &e).verdict, BSN_PASS);
  ck_assert_int_eq(judge("highest", &e).verdict, BSN_FAIL);
  e.x = bent;
  ck_assert_int_eq(judge("{shape: increasing}", &e).verdict, BSN_FAIL);
  ck_assert_int_eq(judge("{shape: unimodal}", &e).verdict, BSN_PASS);
  ck_assert_int_eq(judge("highest", &e).verdict, BSN_PASS);
  ck_assert_int_eq(judge("lowest", &e).verdict, BSN_FAIL);
}
END_TEST

START_TEST(every_rule_judges) {
  for (const bsn_rule *r = (const bsn_rule *)bsn_table_row(&bsn_rules, 0); r->row.name; r++) {
    ck_assert_msg(r->judge != NULL && r->row.doc, "%s", r->row.name);
    bool tried = false;
    for (size_t i = 0; i < COUNT(singles); i++) tried |= strstr(singles[i].rule, r->row.name) != NULL;
    for (size_t i = 0; i < COUNT(alongs); i++) tried |= strstr(alongs[i].rule, r->row.name) != NULL;
    ck_assert_msg(tried, "%s has no case here", r->row.name);
  }
}
END_TEST

START_TEST(numbers_are_read_as_written) {
  static const struct {
    const char *text;
    double half;
  } cases[] = {{"0.3960", 5e-5}, {"1.2e3", 50}, {"12", 0.5}, {"-7.25", 5e-3}, {"5e-3", 5e-4}, {".5", 0.05}, {"low", 0}};
  for (size_t i = 0; i < COUNT(cases); i++)
    ck_assert_double_eq_tol(bsn_half_unit(cases[i].text), cases[i].half, 1e-15 * cases[i].half + 1e-300);
  ck_assert(bsn_shows("0.1", 0.1) && bsn_shows("0.01585", 0.0158489319246) && bsn_shows("0.0158489", 0.0158489319246));
  ck_assert(!bsn_shows("0.016", 0.0158489319246) && !bsn_shows("0.01584", 0.0158489319246) && !bsn_shows("adam", 1));
  ck_assert(!bsn_shows("0.001", 0.00099999));
}
END_TEST

BASIN_TESTS("rule", bands_are_as_wide_as_they_should, logarithms_make_factors, a_trend_is_a_rank_correlation,
            every_verdict_on_a_cell, every_verdict_along_levels, one_replicate_decides_by_its_values, every_rule_judges,
            numbers_are_read_as_written)
