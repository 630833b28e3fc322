/* budget.h: what is an optimizer worth when it is tuned with k trials?
 *
 *     double weight[9];
 *     bsn_choice_weights(validation_loss, 9, 3, false, weight);    // nine stored rates, three of them tried
 *     for (i..9) expected += weight[i] * test_loss[i];
 *
 * The best of k trials is chosen by a score and judged by a value. The trials of a budget are thought of as drawn from the
 * stored ones, so that all is exact, by order statistics, and nothing is run again: with replacement for trials that were drawn
 * at random (Dodge et al. 2019, "Show your work", equation 7), without it for points of a grid (Tang et al. 2020). Smaller is
 * better, for score and value; nan counts as inf, the worst.
 */
#ifndef BSN_STATS_BUDGET_H
#define BSN_STATS_BUDGET_H

#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

/* The probability of each of n trials to be the one with the best score among k that are drawn; equal scores share it. With m
 * trials no better than i and e equal to it: (G(m) - G(m - e)) / e, where G(m) = (m/n)^k, or without replacement the product
 * of (m - j)/(n - j) over j < k. k above n without replacement counts as n. Sums to 1. */
void bsn_choice_weights(const double *score, size_t n, size_t k, bool replace, double *weight);

/* n possible results of one competitor and their weights, which sum to 1. */
typedef struct bsn_lottery {
  size_t n;
  const double *value, *weight;
} bsn_lottery;

/* The probability of each of m independent competitors to have the smallest value; those with equal values share it:
 * sum over its values v of weight * E[1 / (1 + T)], T how many others also have v when none has less. Sums to 1. False
 * without memory. */
bool bsn_win_probability(const bsn_lottery *competitor, size_t m, bsn_arena *arena, double *probability);

/* The smallest value at which the weights of all values up to it reach p of their sum; nan when there are none. Sorts value,
 * and weight with it. */
double bsn_weighted_quantile(double *value, double *weight, size_t n, double p);

#endif
