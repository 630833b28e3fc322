/* test.h: is a difference real?
 *
 *     bsn_test t = bsn_paired_t(adam, sgd, 5, 0.95);     // same seeds in the same order
 *     // t.mean is the mean difference, t.lo and t.hi its interval, t.p its two-sided p value
 *     bsn_holm(p, adjusted, comparisons);                // when several differences are looked at
 *
 * All p values are two-sided. Where there are too few values the numbers are nan. Values must be finite. The program must
 * have called gsl_set_error_handler_off().
 */
#ifndef BSN_STATS_TEST_H
#define BSN_STATS_TEST_H

#include <stddef.h>

typedef struct bsn_test {
  size_t n;            /* pairs, or values of both samples, that took part */
  double mean, lo, hi; /* estimate (a difference, or a correlation) and its interval */
  double statistic;    /* t, or the smaller of W+ and W- */
  double df;           /* degrees of freedom of t */
  double p;
} bsn_test;

/* Student's t of the differences a - b: mean / (sd / sqrt n), n - 1 degrees of freedom. Equal differences give p = 0,
 * all of them zero p = 1. */
bsn_test bsn_paired_t(const double *a, const double *b, size_t n, double level);

/* Two independent samples of unequal variances: t = (mean a - mean b) / sqrt(sa^2/na + sb^2/nb), degrees of freedom
 * (sa^2/na + sb^2/nb)^2 / ((sa^2/na)^2/(na-1) + (sb^2/nb)^2/(nb-1)) (Welch 1947). */
bsn_test bsn_welch_t(const double *a, size_t na, const double *b, size_t nb, double level);

/* Wilcoxon's signed ranks of a - b (Wilcoxon 1945): zero differences are dropped, ties share mean ranks. Up to 50
 * differences p is exact, the share of the 2^n sign patterns that are at least as extreme, ties included; above it is the
 * normal approximation with tie correction. mean is the median difference's stand-in, mean(a - b); no interval. Takes n^2
 * steps. */
bsn_test bsn_signed_rank(const double *a, const double *b, size_t n);

/* Spearman's rank correlation, ties sharing mean ranks; its interval is Fisher's z with the standard error
 * sqrt((1 + r^2/2) / (n - 3)) (Bonett and Wright 2000), p from t = r sqrt((n-2)/(1-r^2)). Takes n^2 steps. */
bsn_test bsn_spearman(const double *x, const double *y, size_t n, double level);

/* p values corrected for looking at n of them, step-down (Holm 1979): the i-th smallest becomes the largest of
 * min(1, (n - j + 1) p_j) over j <= i. nan stays nan and does not count. Two arrays of n. */
void bsn_holm(const double *p, double *adjusted, size_t n);

#endif
