/* basin_check.h: the main() of a check program, and helpers that several share.
 *
 *     START_TEST(adds) { ck_assert_int_eq(1 + 1, 2); } END_TEST
 *     BASIN_TESTS("sums", adds, subtracts)            // or BASIN_CASES("sums", {adds, 5}, {subtracts, 1})
 */
#ifndef BASIN_CHECK_H
#define BASIN_CHECK_H

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void write_bytes(const char *path, const void *bytes, size_t n) {
  FILE *f = fopen(path, "wb");
  ck_assert_msg(f, "%s cannot be written", path);
  ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
  ck_assert_int_eq(fclose(f), 0);
}

static inline void write_file(const char *path, const char *text) { write_bytes(path, text, strlen(text)); }

/* A test and how often it runs, with _i from 0. */
typedef struct basin_case {
  const TTest *test;
  size_t times;
} basin_case;

/* All of them; 0 under TAP, where the log says what failed. */
static inline int basin_run(const char *title, size_t n, const basin_case *cases) {
  Suite *suite = suite_create(title);
  TCase *tcase = tcase_create(title);
  tcase_set_timeout(tcase, 280); /* a loaded machine */
  for (size_t i = 0; i < n; i++) tcase_add_loop_test(tcase, cases[i].test, 0, (int)cases[i].times);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed && !getenv("CK_TAP_LOG_FILE_NAME");
}

/* main() of tests that run once each. */
#define BASIN_TESTS(title, ...)                                                      \
  int main(void) {                                                                   \
    const TTest *const basin_tests[] = {__VA_ARGS__};                                \
    basin_case basin_cases[sizeof basin_tests / sizeof *basin_tests];                \
    size_t n = sizeof basin_tests / sizeof *basin_tests;                             \
    for (size_t i = 0; i < n; i++) basin_cases[i] = (basin_case){basin_tests[i], 1}; \
    return basin_run(title, n, basin_cases);                                         \
  }

/* main() of tests of which some run over a table: {test, times}, .. */
#define BASIN_CASES(title, ...)                                                     \
  int main(void) {                                                                  \
    const basin_case basin_cases[] = {__VA_ARGS__};                                 \
    return basin_run(title, sizeof basin_cases / sizeof *basin_cases, basin_cases); \
  }

#endif
