/* survival.h: how long until a target is reached, when some runs end before they reach it.
 *
 *     double time[] = {310, 400, 150, 400}, seen[] = {1, 0, 1, 0};      // two runs ended at 400 without it
 *     bsn_survival s;
 *     if (!bsn_kaplan_meier(&s, arena, time, seen, 4, 0.95)) return bsn_no_memory(error);
 *     bsn_interval median = bsn_survival_median(&s), mean = bsn_survival_mean(&s, 400);
 *
 * A time whose seen is 0 is censored: the target was not reached up to then. Leaving such runs out, or counting their end as
 * a time, makes an optimizer look faster than it is. Times must be finite and not below 0. Whoever is censored at a time
 * still counts as at risk there. The program must have called gsl_set_error_handler_off().
 */
#ifndef BSN_STATS_SURVIVAL_H
#define BSN_STATS_SURVIVAL_H

#include "base/arena.h"
#include <stdbool.h>
#include "stats/interval.h"
#include "stats/test.h"

/* After one time at which somebody reached the target. */
typedef struct bsn_survival_step {
  double time;
  size_t at_risk, events; /* who had not reached it before; who reached it now */
  double survival;        /* S(time): the share that has not reached it */
  double lo, hi;          /* interval of S, nan where S is 0 */
  double spread;          /* Greenwood's sum of d / (n (n - d)): Var S = S^2 spread; inf where S is 0 */
} bsn_survival_step;

typedef struct bsn_survival {
  size_t n, nsteps;
  bsn_survival_step *step; /* by time */
  double last, level;      /* the longest time, censored ones among them */
} bsn_survival;

/* S(t) = product over times t_i <= t of 1 - d_i / n_i (Kaplan and Meier 1958). Intervals are those of log(-log S): S^exp(-+ z
 * sqrt(spread) / log S) (Kalbfleisch and Prentice 1980, section 1.3). False without memory. */
bool bsn_kaplan_meier(bsn_survival *survival, bsn_arena *arena, const double *time, const double *seen, size_t n,
                      double level);

/* The first time at which S <= 1/2, in mean; its interval is the times at which the interval of S holds 1/2 (Brookmeyer and
 * Crowley 1982). inf: not reached by then. */
bsn_interval bsn_survival_median(const bsn_survival *survival);

/* Restricted mean: the integral of S from 0 to horizon, the mean time when every run is stopped there. Its variance is the sum
 * of A_i^2 d_i / (n_i (n_i - d_i)), A_i the integral from t_i on (Irwin 1949; Royston and Parmar 2013). nan for a horizon
 * beyond the longest time, unless all have reached the target. */
bsn_interval bsn_survival_mean(const bsn_survival *survival, double horizon);

/* Are the times of all groups those of one? Log-rank test (Mantel 1966): with Z the observed less the expected events of all
 * groups but the last and V their covariance (hypergeometric at each time), statistic = Z' V^-1 Z, chi-squared with df =
 * groups - 1. group: 0 .. groups - 1 of each time. mean, lo, hi are nan; p is nan without events. False without memory. */
bool bsn_log_rank(bsn_test *test, bsn_arena *arena, const double *group, const double *time, const double *seen,
                  size_t n, size_t groups);

/* Which of two is earlier in matched runs? A pair counts when it is known: the earlier time was seen. p is the exact sign test
 * of wins against losses (Dixon and Mood 1946); n: pairs that count; mean: wins of a less wins of b, as a share of them;
 * statistic: wins of a. No interval. */
bsn_test bsn_earlier(const double *a, const double *a_seen, const double *b, const double *b_seen, size_t n);

#endif
