/* rank.h: several competitors on several problems, by ranks and by ratios.
 *
 *     bsn_friedman f;                                        // 3 optimizers on 10 data sets, losses row by row
 *     if (!bsn_friedman_of(&f, arena, loss, 10, 3)) return bsn_no_memory(error);
 *     // f.mean_rank[], f.p; two whose mean ranks are f.difference apart differ
 *
 * Smaller is better; nan is the worst. The program must have called gsl_set_error_handler_off().
 */
#ifndef BSN_STATS_RANK_H
#define BSN_STATS_RANK_H

#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct bsn_friedman {
  size_t blocks, groups;
  double *mean_rank;   /* of each group: 1 is best; equal values share mean ranks */
  double chi2, p_chi2; /* Friedman's statistic, corrected for ties; groups - 1 degrees of freedom */
  double f, p;         /* Iman and Davenport's, which is less conservative: decide by this one */
  double difference;   /* critical difference of mean ranks at 5 % (Nemenyi) */
} bsn_friedman;

/* Friedman's test (1937) of blocks x groups values, row by row: chi2 = 12 N / (k (k + 1)) sum (R_j - (k + 1)/2)^2 / (1 - sum
 * (t^3 - t) / (N k (k^2 - 1))) with mean ranks R, F = (N - 1) chi2 / (N (k - 1) - chi2) with k - 1 and (k - 1)(N - 1) degrees
 * of freedom (Iman and Davenport 1980), and when all blocks agree, where F is inf, p is that of this by chance, (1/k!)^(N - 1); the critical difference is q(0.95; k) / sqrt 2 * sqrt(k (k + 1) / (6 N)) with the
 * quantile of the Studentised range (Demsar 2006). Without two blocks and two groups the numbers are nan. False without
 * memory. */
bool bsn_friedman_of(bsn_friedman *friedman, bsn_arena *arena, const double *value, size_t blocks, size_t groups);

/* Quantile p of the range of k independent standard normal numbers: the q at which k times the integral of phi(z) (Phi(z) -
 * Phi(z - q))^(k - 1) is p. 0 < p < 1, k >= 2. */
double bsn_range_quantile(double p, size_t k);

/* Performance ratio (Dolan and More 2002): each cost over the least one of its problem; inf where it is inf or nan. 0 / 0 is 1.
 * problem[i] is the number of the problem of cost i. */
void bsn_performance_ratio(const double *problem, const double *cost, size_t n, double *ratio);

/* Empirical distribution: for each x the share of all n that are at most x; nan counts as above all others, and gets nan. */
void bsn_ecdf(const double *x, size_t n, double *share);

#endif
