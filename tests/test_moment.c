/* At which steps something is due. */
#include "basin_check.h"
#include "learn/moment.h"

enum { MOST = 20 };

static const struct {
  bsn_moment when;
  int64_t steps;
  double per_epoch;
  int64_t due[MOST]; /* behind step 0, up to the last step; ended by 0 */
} cases[] = {
    {{BSN_NEVER, 0}, 10, 5, {0}},
    {{BSN_AT_END, 0}, 10, 5, {0}},
    {{BSN_EVERY_STEPS, 1}, 4, 2, {1, 2, 3, 4}},
    {{BSN_EVERY_STEPS, 3}, 10, 2, {3, 6, 9}},
    {{BSN_EVERY_STEPS, 11}, 10, 2, {0}},
    {{BSN_EVERY_EPOCHS, 1}, 12, 4, {4, 8, 12}},
    {{BSN_EVERY_EPOCHS, 2}, 20, 4, {8, 16}},
    {{BSN_EVERY_EPOCHS, 1}, 10, 2.5, {3, 5, 8, 10}},  /* the first step at which the epoch is over */
    {{BSN_EVERY_EPOCHS, 1}, 5, 0.4, {1, 2, 3, 4, 5}}, /* epochs shorter than a step: once a step */
    {{BSN_EVERY_EPOCHS, 1}, 3, 1, {1, 2, 3}},
    {{BSN_EVERY_EPOCHS, 1}, 10, 10.0 / 3, {4, 7, 10}},
    {{BSN_LOG_POINTS, 1}, 100, 1, {100}},
    {{BSN_LOG_POINTS, 2}, 100, 1, {1, 100}},
    {{BSN_LOG_POINTS, 3}, 100, 1, {1, 10, 100}},
    {{BSN_LOG_POINTS, 5}, 10000, 1, {1, 10, 100, 1000, 10000}},
    {{BSN_LOG_POINTS, 10}, 4, 1, {1, 2, 3, 4}}, /* more points than steps: every step once */
    {{BSN_LOG_POINTS, 4}, 1, 1, {1}},
};

START_TEST(moments_are_where_they_are_said_to_be) {
  int64_t step = 0, k = 0;
  for (; k < MOST; k++) {
    step = bsn_next_moment(&cases[_i].when, step, cases[_i].steps, cases[_i].per_epoch);
    if (step > cases[_i].steps) break;
    ck_assert_msg(step == cases[_i].due[k], "point %d is %d, not %d", (int)k, (int)step, (int)cases[_i].due[k]);
  }
  ck_assert_int_eq(cases[_i].due[k], 0);
}
END_TEST

/* From wherever one asks, the answer is the next of the same list: a run that is taken up has the same calendar. */
START_TEST(the_calendar_does_not_depend_on_who_asks) {
  const bsn_moment *when = &cases[_i].when;
  int64_t steps = cases[_i].steps, k = 0;
  for (int64_t after = 0; after <= steps; after++) {
    while (cases[_i].due[k] && cases[_i].due[k] <= after) k++;
    int64_t next = bsn_next_moment(when, after, steps, cases[_i].per_epoch);
    ck_assert_int_gt(next, after);
    if (cases[_i].due[k])
      ck_assert_int_eq(next, cases[_i].due[k]);
    else
      ck_assert_int_gt(next, steps);
  }
}
END_TEST

BASIN_CASES("moment", {moments_are_where_they_are_said_to_be, sizeof cases / sizeof *cases},
            {the_calendar_does_not_depend_on_who_asks, sizeof cases / sizeof *cases})
