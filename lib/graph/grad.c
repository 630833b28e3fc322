#include "graph/grad.h"
#include "graph/ops.h"
#include <string.h>

typedef struct walk {
  size_t n;       /* nodes that were there at the start: rules add more behind them */
  bool *on;       /* does the node depend on one of the x? */
  bsn_node **sum; /* its cotangent so far */
} walk;

static void add_to(bsn_node **sum, bsn_node *term) { *sum = *sum ? bsn_add(*sum, term) : term; }

static void mark_paths(const bsn_graph *graph, walk *w, size_t nx, bsn_node *const x[]) {
  for (size_t i = 0; i < nx; i++) w->on[x[i]->id] = true;
  for (size_t i = 0; i < w->n; i++)
    for (int j = 0; j < graph->node[i]->op->arity; j++) w->on[i] |= w->on[graph->node[i]->in[j]->id];
}

/* Hand the cotangent of y on to its inputs, undoing the broadcasting that y did. */
static void visit(bsn_node *y, walk *w) {
  bsn_node *gx[BSN_ARITY] = {0};
  y->op->vjp(y, w->sum[y->id], gx);
  for (int j = 0; j < y->op->arity; j++)
    if (gx[j] && w->on[y->in[j]->id]) add_to(&w->sum[y->in[j]->id], bsn_sum_to(gx[j], y->in[j]));
}

bool bsn_grad(size_t ny, bsn_node *const y[], bsn_node *const seed[], size_t nx, bsn_node *const x[], bsn_node *g[]) {
  memset(g, 0, nx * sizeof *g);
  for (size_t i = 0; i < nx; i++)
    if (!x[i] || x[i]->graph->error.code) return false;
  if (!nx) return true;
  bsn_graph *graph = x[0]->graph;
  walk w = {.n = graph->n};
  w.on = bsn_alloc_in(graph->arena, w.n * sizeof *w.on);
  w.sum = bsn_alloc_in(graph->arena, w.n * sizeof *w.sum);
  if (!w.on || !w.sum) return bsn_no_memory(&graph->error);
  mark_paths(graph, &w, nx, x);
  for (size_t i = 0; i < ny; i++)
    if (y[i] && seed[i]) add_to(&w.sum[y[i]->id], bsn_expand(seed[i], y[i]));
  for (size_t i = w.n; i-- > 0;)
    if (w.sum[i] && w.on[i] && graph->node[i]->op->vjp) visit(graph->node[i], &w);
  for (size_t i = 0; i < nx; i++) g[i] = w.sum[x[i]->id];
  return graph->error.code == BSN_OK;
}

bsn_node *bsn_push(bsn_node *y, bsn_node *dummy, size_t nx, bsn_node *const x[], bsn_node *const v[]) {
  if (!y) return NULL;
  bsn_graph *graph = y->graph;
  bsn_node **pull = bsn_alloc_in(graph->arena, nx * sizeof *pull), *jv = NULL;
  if (!pull) return bsn_no_memory(&graph->error), NULL;
  if (!bsn_grad(1, &y, &dummy, nx, x, pull)) return NULL;
  return bsn_grad(nx, pull, v, 1, &dummy, &jv) ? jv : NULL;
}
