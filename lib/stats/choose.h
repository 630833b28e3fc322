/* choose.h: which setting of its own a group is compared at: each optimizer at its best learning rate.
 *
 *     bsn_candidate all[] = {{.group = 0, .block = 0, .setting = 3, .score = 0.31}, ...};     // a trial each
 *     if (!bsn_choose(arena, all, n, -1, out)) return bsn_no_memory(error);
 *     // out[i]: the trial's group has a better setting in that block
 */
#ifndef BSN_STATS_CHOOSE_H
#define BSN_STATS_CHOOSE_H

#include "base/arena.h"
#include <stdbool.h>

typedef struct bsn_candidate {
  size_t group, block, setting; /* block: what varies besides group and setting; each has a choice of its own */
  double score;                 /* not finite: the trial failed at its task */
} bsn_candidate;

/* Of each group and block keep the trials of one setting: the one with the most finite scores, and of these the best mean;
 * of equal ones the first. sense 1: a large score is good, else a small one. False without memory. */
bool bsn_choose(bsn_arena *arena, const bsn_candidate *all, size_t n, int sense, bool *out);

#endif
