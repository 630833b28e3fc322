/* plan.h: memory, order and tiles for a graph; what runs.
 *
 *     bsn_output out[] = {{loss, SLOT_LOSS, 0}, {grad_w, SLOT_G, 0}};
 *     bsn_plan *plan = bsn_plan_new(&graph, 2, out, &(bsn_plan_options){.rows = 128}, arena, error);
 *     bsn_plan_bind(plan, SLOT_W, w); ...                     // every slot that a leaf or an output names
 *     bsn_plan_run(plan, 128);                                // any number of rows up to .rows, again and again
 *
 * Nodes that nobody needs are left out. Runs of row-wise nodes form a region, which goes through the cache tile by tile; sums
 * over rows continue one chain in row order, so the size of a tile changes no bit. What is read only inside its region
 * lives in a buffer of one tile; what is cheap (rows of the data, labels) is evaluated again in every region that reads it; everything
 * else is kept for all rows. A run allocates nothing.
 */
#ifndef BSN_GRAPH_PLAN_H
#define BSN_GRAPH_PLAN_H

#include "graph/graph.h"

/* Where a result goes: the array bound to slot, from number offset on. */
typedef struct bsn_output {
  bsn_node *node;
  int slot;
  size_t offset;
} bsn_output;

typedef struct bsn_plan_options {
  size_t rows;     /* most rows of a run; at least 1 */
  uint64_t repeat; /* slots (bit s) that change more often than all others: bsn_plan_repeat runs only what they reach */
  size_t tile;     /* rows of a tile; 0: what BASIN_TILE says, else chosen by cost. Changes no bit */
  bool plain;      /* no epilogues, nothing taken together or evaluated again, for tests. Changes no bit */
  const bsn_kernels *kernels; /* NULL: bsn_kernels_chosen() */
} bsn_plan_options;

typedef struct bsn_plan bsn_plan;

/* A plan for these outputs, all memory from arena. NULL with the graph's own error, or without memory. An output whose node is
 * NULL is skipped (an exact zero: the caller clears it once). May append copies to the graph. */
bsn_plan *bsn_plan_new(bsn_graph *graph, size_t nout, const bsn_output *out, const bsn_plan_options *options,
                       bsn_arena *arena, bsn_error *error);

/* Let slot mean this array, from the next run on. It needs BSN_SLACK bytes behind it. */
void bsn_plan_bind(bsn_plan *plan, int slot, const void *data);

/* Evaluate all outputs for rows rows (batch leaves hold that many). */
void bsn_plan_run(bsn_plan *plan, size_t rows);

/* The same, but sums over rows go on from where they are: the next rows of a set that comes in blocks. */
void bsn_plan_continue(bsn_plan *plan, size_t rows);

/* Evaluate again after a change in slots of options.repeat alone; the last bsn_plan_run had the same rows. */
void bsn_plan_repeat(bsn_plan *plan, size_t rows);

/* Would a plan compute this contraction and others like it of the same input 0 in one call, which is faster than one call each? */
bool bsn_goes_together(const bsn_node *contraction);

/* Bytes that the plan holds for values; and what it does, a line for each stage and call, for people. */
size_t bsn_plan_bytes(const bsn_plan *plan);
const char *bsn_plan_text(const bsn_plan *plan, bsn_arena *arena);

#endif
