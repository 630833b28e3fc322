#include "graph/graph.h"
#include <stdio.h>
#include <string.h>

const bsn_op bsn_leaf_op = {.name = "leaf"};

void bsn_graph_init(bsn_graph *graph, bsn_arena *arena) { *graph = (bsn_graph){.arena = arena}; }

bool bsn_same_shape(const bsn_node *a, const bsn_node *b) {
  return a->batch == b->batch && a->axes == b->axes && !memcmp(a->shape, b->shape, sizeof a->shape);
}

void bsn_set_shape(bsn_node *y, int axes, const size_t *shape) {
  memset(y->shape, 0, sizeof y->shape);
  y->axes = axes;
  y->size = 1;
  for (int i = 0; i < axes; i++) {
    y->shape[i] = shape[i];
    y->size *= shape[i];
  }
}

void bsn_like(bsn_node *y, const bsn_node *x) {
  y->type = x->type;
  y->batch = x->batch;
  bsn_set_shape(y, x->axes, x->shape);
}

static bool equal(const bsn_node *a, const bsn_node *b) {
  return a->op == b->op && a->in[0] == b->in[0] && a->in[1] == b->in[1] && a->type == b->type && bsn_same_shape(a, b) &&
         !memcmp(&a->attr, &b->attr, sizeof a->attr);
}

/* What a builder returns when the graph has failed: some node, which nothing will ever evaluate; NULL if there is none. */
static bsn_node *harmless(bsn_graph *graph) { return graph->n ? graph->node[0] : NULL; }

static bsn_node *append(bsn_graph *graph, const bsn_node *y) {
  for (size_t i = 0; i < graph->n; i++)
    if (equal(graph->node[i], y)) return graph->node[i];
  bsn_node **list = bsn_grow_in(graph->arena, graph->node, graph->n, sizeof *list);
  bsn_node *node = bsn_copy_in(graph->arena, y, sizeof *y);
  if (list) graph->node = list;
  if (!list || !node) {
    bsn_no_memory(&graph->error);
    return harmless(graph);
  }
  node->graph = graph;
  node->id = graph->n;
  return graph->node[graph->n++] = node;
}

static size_t shape_text(char *text, size_t room, const bsn_node *x) {
  size_t n = (size_t)snprintf(text, room, "%s", x->batch ? "rows" : x->axes ? "" : "1");
  for (int i = 0; i < x->axes && n < room; i++)
    n += (size_t)snprintf(text + n, room - n, "%s%zu", i || x->batch ? "x" : "", x->shape[i]);
  return n;
}

static bsn_node *unfit(bsn_graph *graph, const bsn_node *y) {
  char a[96] = "", b[96] = "";
  shape_text(a, sizeof a, y->in[0]);
  if (y->in[1]) shape_text(b, sizeof b, y->in[1]);
  bsn_fail(&graph->error, BSN_BAD_INPUT, y->in[1] ? "%s: shapes %s and %s do not fit" : "%s: shape %s%s does not fit",
           y->op->name, a, b);
  return harmless(graph);
}

bsn_node *bsn_apply(const bsn_op *op, bsn_node *a, bsn_node *b, const bsn_attr *attr) {
  if (!a || (op->arity > 1 && !b)) return NULL; /* a leaf that found no memory; its graph has the error */
  bsn_graph *graph = a->graph;
  if (graph->error.code) return harmless(graph);
  bsn_node y;
  memset(&y, 0, sizeof y); /* padding too: nodes are compared as bytes */
  y.op = op;
  y.in[0] = a;
  y.in[1] = b;
  y.slots = a->slots | (b ? b->slots : 0);
  if (attr) memcpy(&y.attr, attr, sizeof y.attr);
  bsn_like(&y, a);
  if (!op->shape(&y) || !y.size) return unfit(graph, &y);
  return append(graph, &y);
}

static bsn_node *leaf(bsn_graph *graph, int slot, bsn_node *y) {
  if (!y->size) bsn_fail(&graph->error, BSN_BAD_INPUT, "an input without entries");
  if (graph->error.code) return harmless(graph);
  y->op = &bsn_leaf_op;
  y->slots = slot < 0 ? 0 : UINT64_C(1) << slot;
  y->attr.count[0] = (size_t)(slot + 1); /* 0: the number is the node's own */
  return append(graph, y);
}

bsn_node *bsn_leaf(bsn_graph *graph, int slot, size_t offset, bool batch, int axes, const size_t *shape) {
  bsn_node y;
  memset(&y, 0, sizeof y);
  if (axes < 0 || axes > BSN_AXES)
    bsn_fail(&graph->error, BSN_BAD_INPUT, "an input of %d axes: at most %d are possible", axes, BSN_AXES);
  else
    bsn_set_shape(&y, axes, shape);
  y.batch = batch;
  y.attr.count[1] = offset;
  return leaf(graph, slot, &y);
}

bsn_node *bsn_index_leaf(bsn_graph *graph, int slot) {
  bsn_node y;
  memset(&y, 0, sizeof y);
  bsn_set_shape(&y, 0, NULL);
  y.batch = true;
  y.type = BSN_INT32;
  return leaf(graph, slot, &y);
}

bsn_node *bsn_constants(bsn_graph *graph, const bsn_real *data, int axes, const size_t *shape) {
  bsn_node y;
  memset(&y, 0, sizeof y);
  bsn_set_shape(&y, axes, shape);
  y.attr.data = data;
  return leaf(graph, -1, &y);
}

bsn_node *bsn_constant(bsn_graph *graph, double value) {
  bsn_node y;
  memset(&y, 0, sizeof y);
  bsn_set_shape(&y, 0, NULL);
  bsn_real number = (bsn_real)value;
  memcpy(&y.attr.number[0], &number, sizeof number); /* as it lies in memory: the leaf's own number */
  return leaf(graph, -1, &y);
}
