/* basin_check.h: the main() of a check program, and helpers that several share.
 *
 *     START_TEST(adds) { ck_assert_int_eq(1 + 1, 2); } END_TEST
 *     BASIN_TESTS("sums", adds, subtracts)
 */
#ifndef BASIN_CHECK_H
#define BASIN_CHECK_H

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A case table of all tests named; main() returns 0 under TAP, where the log says what failed. */
#define BASIN_TESTS(title, ...)                                                                \
  int main(void) {                                                                             \
    const TTest *const tests[] = {__VA_ARGS__};                                                \
    Suite *suite = suite_create(title);                                                        \
    TCase *tcase = tcase_create(title);                                                        \
    tcase_set_timeout(tcase, 280); /* a loaded machine */                                      \
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) tcase_add_test(tcase, tests[i]); \
    suite_add_tcase(suite, tcase);                                                             \
    SRunner *runner = srunner_create(suite);                                                   \
    srunner_run_all(runner, CK_ENV);                                                           \
    int failed = srunner_ntests_failed(runner);                                                \
    srunner_free(runner);                                                                      \
    return failed && !getenv("CK_TAP_LOG_FILE_NAME");                                          \
  }

#endif
