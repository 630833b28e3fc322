/* Protocol check: what it records of the library's rows, that it wants nothing else, and that no seed makes it anew. */
#include "fit_check.h"
#include "learn/check.h"

START_TEST(the_noisy_quadratic_is_recorded) {
  bench b;
  bsn_record r = bench_run(
      &b, "study: x\nprotocol: {name: check, of: {name: noisy-quadratic-steps, batch: 256, dimension: 10000}}\n");
  ck_assert_int_eq(r.outcome, BSN_BUDGET);
  ck_assert_double_eq(bsn_record_last(&r, "steps"), 26153);
  ck_assert_double_eq(bsn_record_last(&r, "examples"), 26153 * 256);
  ck_assert_double_eq_tol(bsn_record_last(&r, "best_lr"), .7141, 5e-5);
  ck_assert_double_eq_tol(bsn_record_last(&r, "start"), 4.893803018, 5e-10);
  bench_close(&b);
}
END_TEST

/* Every row runs with its defaults, records something, and says the same again. */
START_TEST(rows_record_the_same_each_time) {
  for (size_t i = 0; bsn_table_row(&bsn_checks, i); i++) {
    bsn_record r[2];
    bench b[2];
    bsn_arena arena = {0};
    const char *name = bsn_table_row(&bsn_checks, i)->name;
    const char *text = bsn_text_in(&arena, "study: x\nprotocol: {name: check, of: %s}\n", name);
    for (int k = 0; k < 2; k++) r[k] = bench_run(&b[k], text);
    ck_assert_uint_gt(r[0].nmetrics, 0);
    ck_assert(same_record(&r[0], &r[1]));
    ck_assert_str_eq(b[0].trial.key, b[1].trial.key);
    for (int k = 0; k < 2; k++) bench_close(&b[k]);
    bsn_arena_free(&arena);
  }
}
END_TEST

#define CHECK "study: x\nprotocol: {name: check, of: noisy-quadratic-steps}\n"

START_TEST(nothing_else_goes_with_it) {
  static const char *const bad[][2] = {
      {CHECK "data: sine\n", "1: error: 'data' is not used: protocol check computes values of the library alone"},
      {CHECK "objective: beale\n",
       "error: 'objective' is not used: protocol check computes values of the library alone"},
      {CHECK "train: {steps: 3}\n", "error: 'train' is not used: protocol check computes values of the library alone"},
      {CHECK "seeds: 2\n", "all seeds are fixed: replicates are the same trial"},
      {"study: x\nprotocol: check\n", "missing key 'of'"},
      {"study: x\nprotocol: {name: check, of: noisy-quadratic}\n", "did you mean 'noisy-quadratic-steps'?"},
      {"study: x\nobjective: beale\ntrain: {steps: 3}\noptimizer: gd\nloss: mse\nprotocol: minimise\n",
       "'loss' is not used: the study has an objective without data"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    ck_assert_ptr_null(bsn_study_read(&arena, "-", bad[i][0], strlen(bad[i][0]), 0, NULL, NULL, &error));
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    ck_assert_msg(strstr(error.text, bad[i][1]), "%s\nhas no\n%s", error.text, bad[i][1]);
    bsn_arena_free(&arena);
  }
}
END_TEST

BASIN_TESTS("check", the_noisy_quadratic_is_recorded, rows_record_the_same_each_time, nothing_else_goes_with_it)
