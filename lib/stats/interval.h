/* interval.h: what a few repeated measurements say: mean, spread, an interval for the mean, quantiles.
 *
 *     double loss[] = {0.31, 0.30, 0.33, 0.32, 0.31};
 *     bsn_interval i = bsn_t_interval(loss, 5, 0.95);
 *     // i.mean, i.lo, i.hi: "0.314 [0.300, 0.328]"
 *
 * Everything is in double. Where there are too few values to say something the answer is nan. Values must not be nan;
 * inf is passed on. The program must have called gsl_set_error_handler_off().
 */
#ifndef BSN_STATS_INTERVAL_H
#define BSN_STATS_INTERVAL_H

#include <stddef.h>

typedef struct bsn_interval {
  size_t n;
  double mean, lo, hi; /* lo, hi: nan for n < 2 */
} bsn_interval;

/* sum x / n, corrected by the mean of the residuals (a second pass), so that close values keep their digits. */
double bsn_mean(const double *x, size_t n);

/* Sample standard deviation: sqrt(sum (x - mean)^2 / (n - 1)); nan for n < 2. */
double bsn_sd(const double *x, size_t n);

/* Student's interval for the mean: mean -+ t(1 - (1 - level)/2; n - 1) sd / sqrt(n) (Student 1908). 0 < level < 1. */
bsn_interval bsn_t_interval(const double *x, size_t n, double level);

/* Quantile p in [0, 1] by linear interpolation between order statistics: with h = (n - 1) p, x[floor h] + (h - floor h)
 * (x[floor h + 1] - x[floor h]); type 7 of Hyndman and Fan 1996. Sorts x. nan for n = 0 or p outside. */
double bsn_quantile(double *x, size_t n, double p);

/* bsn_quantile at 1/2. Sorts x. */
double bsn_median(double *x, size_t n);

#endif
