/* plan_parts.h (inside graph/ only): what planning knows of nodes, stages and calls.
 *
 *     bsn_node *arg[ARGS];
 *     args_of(plan, x, arg);
 *     if (of(plan, arg[0])->stage == of(plan, x)->stage) ...
 */
#ifndef BSN_GRAPH_PLAN_PARTS_H
#define BSN_GRAPH_PLAN_PARTS_H

#include "graph/plan.h"

enum { ARGS = 4 }; /* inputs 0 and 1, bias, gate */

/* What planning knows of a node. */
typedef struct info {
  bsn_node *core;        /* the op to evaluate for it: its own, or the contraction whose epilogue it ends */
  bsn_node *bias, *gate; /* of that epilogue */
  bsn_gate_kind gated;
  bool relu;
  bool needed, absorbed; /* absorbed: evaluated inside a later node's call */
  bool output, local;    /* local: lives in the tile buffer */
  size_t readers;
  bsn_node *reader;        /* one of them */
  size_t stage, at, last;  /* its stage, its place there, the place of its last reader there */
  bsn_node *again;         /* the same node for the calls of another stage (recompute.c); NULL: none */
  size_t depth;            /* longest way to it inside its stage */
  size_t lead, together;   /* place of the first node of its call; how many there are (1: itself alone) */
  const char *const *base; /* address of row r: *base + offset + r * step */
  size_t offset, step;
} info;

typedef struct operand {
  const char *const *base;
  size_t offset, step;
} operand;

typedef struct part { /* what is its own of a node in a call for several */
  operand b, bias, out;
} part;

typedef struct action { /* one kernel call */
  bsn_call call;
  operand arg[ARGS], out;
  bool all_rows; /* of a serial stage: sees every row, not one */
  size_t nparts; /* a call for several nodes; 0: for one */
  part *part;
  bsn_gemm_part *made; /* of part, for the rows at hand */
} action;

typedef struct stage {
  bool region; /* tile by tile over the rows; else once */
  bool repeat; /* second phase */
  size_t tile, row_bytes, min_rows;
  size_t n;
  bsn_node **work; /* in order of evaluation */
  size_t nactions;
  action *action;
} stage;

struct bsn_plan {
  bsn_graph *graph;
  bsn_arena *arena;
  bsn_plan_options options;
  size_t nodes, room; /* how many there are, and room for */
  bsn_node **node;    /* the graph's, then those that are there again; by id */
  info *info;         /* of each */
  stage *stage;
  size_t nstages;
  const char *slot[BSN_SLOTS];
  const char *kept, *tile, *nothing; /* buffers: all rows; one tile, shared by all stages; NULL */
  size_t kept_bytes, tile_bytes;
};

static inline size_t width(const bsn_node *x) {
  return x->type == BSN_NUMBER ? sizeof(bsn_real) : x->type == BSN_INT32 ? 4 : 1;
}
static inline size_t row_bytes(const bsn_node *x) { return x->size * width(x); }
static inline info *of(const bsn_plan *p, const bsn_node *x) { return &p->info[x->id]; }
static inline bool is_leaf(const bsn_node *x) { return x->op == &bsn_leaf_op; }
static inline bool is_view(const bsn_node *x) { return x->op->flags & BSN_IS_VIEW; }
static inline bool in_repeat(const bsn_plan *p, const bsn_node *x) { return x->slots & p->options.repeat; }

static inline bsn_node *root(bsn_node *x) {
  while (x && is_view(x)) x = x->in[0];
  return x;
}

/* Does a node have calls of its own? */
static inline bool is_work(const bsn_plan *p, const bsn_node *x) {
  return of(p, x)->needed && !of(p, x)->absorbed && !is_leaf(x) && !is_view(x);
}

/* The node whose memory stands for x in the calls of a stage. */
static inline bsn_node *seen_from(const bsn_plan *p, size_t s, bsn_node *x) {
  bsn_node *first = root(x), *y = first;
  while (y && of(p, y)->stage != s) y = of(p, y)->again;
  return y ? y : first;
}

/* The nodes whose memory the call for x reads; NULL where there is none. */
static inline void args_of(const bsn_plan *p, const bsn_node *x, bsn_node *arg[ARGS]) {
  const info *f = of(p, x);
  bsn_node *all[ARGS] = {f->core->in[0], f->core->in[1], f->bias, f->gate};
  for (int j = 0; j < ARGS; j++) arg[j] = seen_from(p, f->stage, all[j]);
}

/* Let contractions take up the bias, relu or gate that alone reads them: before there are stages. */
void bsn_fuse_epilogues(bsn_plan *plan);

/* Let cheap nodes be evaluated again in every region that reads them, rather than kept: when the stages are known. */
bool bsn_recompute(bsn_plan *plan);

/* Let narrow contractions of one input 0 be one call: when the stages are known. */
void bsn_fuse_company(bsn_plan *plan);

#endif
