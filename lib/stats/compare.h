/* compare.h: which of several groups differ, when the same replicates ran all of them.
 *
 *     bsn_observation seen[] = {{.group = 0, .block = 0, .replicate = 0, .value = 0.31}, ...};
 *     bsn_comparisons c;
 *     if (!bsn_compare(&c, arena, seen, n, groups, 0.95, -1)) return bsn_no_memory(error);
 *     // c.pair[i]: the difference of two groups, its interval, a corrected p, what was found; c.letters[g]: "ab"
 *
 * Every two groups are compared where they are matched: same block (what else varied), same replicate. The unit is the
 * replicate: its matched differences are averaged over blocks first, since values of one seed are not independent; with a
 * single replicate the blocks are the units. So two seeds never make a significant difference, however many other
 * factors there are. The program must have called gsl_set_error_handler_off().
 */
#ifndef BSN_STATS_COMPARE_H
#define BSN_STATS_COMPARE_H

#include "base/arena.h"
#include <stdbool.h>
#include "stats/test.h"

typedef struct bsn_observation {
  size_t group, block; /* numbers from 0 */
  int64_t replicate;
  double value; /* not finite: it takes no part, and is counted */
} bsn_observation;

typedef enum bsn_contrast {
  BSN_UNTOLD,   /* fewer than BSN_LEAST_UNITS matched units: nothing can be said */
  BSN_TIE,      /* p_holm is not below 0.05: a tie, as far as these data say */
  BSN_DIFFERENT /* p_holm is below 0.05 */
} bsn_contrast;

/* Two differences that agree by chance make a tiny p; three do so rarely. */
enum { BSN_LEAST_UNITS = 3 };

typedef struct bsn_difference {
  size_t first, second;
  /* First less second over units: mean, Student's interval, t, p; n: units. p is p_ranks where t is no measure: where units
   * are blocks, or all differences are equal. */
  bsn_test test;
  double p_ranks; /* exact signed-rank test of the units: believes in no distribution */
  double p_holm;  /* test.p corrected for all pairs that can be told */
  size_t lost;    /* matched pairs in which a value is not finite */
  bsn_contrast is;
} bsn_difference;

typedef struct bsn_comparisons {
  size_t groups, npairs;
  bsn_difference *pair; /* 0-1, 0-2, .. 1-2, .. */
  size_t units;         /* of the pair that has most */
  bool by_block;        /* units are blocks: there is one replicate */
  const char **letters; /* of each group: groups that share a letter are not shown to differ; NULL: too many groups */
  size_t *order;        /* groups by their mean, best first; those without a value last */
} bsn_comparisons;

/* Compare all pairs: paired t with intervals at level, Holm's correction. sense 1: a large value is good, else a small one.
 * False without memory. */
bool bsn_compare(bsn_comparisons *comparisons, bsn_arena *arena, const bsn_observation *seen, size_t n, size_t groups,
                 double level, int sense);

/* The smallest two-sided p that n matched units can give without trust in a distribution: all signs equal, 2 / 2^n. */
double bsn_least_p(size_t n);

/* Letters for groups (compact letter display, Piepho 2004, insert and absorb): differ[i * groups + j] says that i and j
 * differ. Groups that differ share no letter, others share one; letters are given out in the order of `order`. *letters is
 * NULL when more than 52 are needed, or for more than 64 groups. False without memory. */
bool bsn_letters(bsn_arena *arena, const bool *differ, size_t groups, const size_t *order, const char ***letters);

#endif
