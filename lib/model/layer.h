/* layer.h: layers are functions that add nodes to a graph and name the parameters they need.
 *
 *     static bsn_node *build_dense(bsn_builder *b, const void *config, bsn_node *x) {
 *       const dense_config *c = config;
 *       bsn_node *w = bsn_parameter(b, "weight", BSN_WEIGHT, 2, (size_t[]){x->size, c->units}, 1, x->size, c->units);
 *       ...
 *       return bsn_add(bsn_matmul(x, w), bias);
 *     }
 *
 * Parameters are numbered through in the order in which layers ask for them; that order is the layout of the flat vector.
 * Rows are at the bottom of layer.c.
 */
#ifndef BSN_MODEL_LAYER_H
#define BSN_MODEL_LAYER_H

#include "base/row.h"
#include "base/tensor.h"
#include "graph/graph.h"

/* What layers build with. */
typedef struct bsn_builder {
  bsn_graph *graph;
  int slot;           /* of the flat vector of parameters */
  const char *prefix; /* of the layer being built: "3" or "3.0" */
  size_t n;           /* parameters so far */
  size_t ntensors;
  bsn_tensor *tensor; /* in the graph's arena */
  bsn_node **leaf;    /* the leaf of each tensor */
} bsn_builder;

typedef struct bsn_layer {
  bsn_row row;
  /* The layer's output for x (a batch). Shapes that do not fit become the graph's error. */
  bsn_node *(*build)(bsn_builder *b, const void *config, bsn_node *x);
} bsn_layer;

extern const bsn_table bsn_layers;

/* A new tensor "PREFIX.name" of the flat vector, as a leaf. filter_axis, fan_in, fan_out: see bsn_tensor. */
bsn_node *bsn_parameter(bsn_builder *b, const char *name, bsn_role role, int axes, const size_t *shape, int filter_axis,
                        size_t fan_in, size_t fan_out);

/* All layers of a list, one after the other; layer i has prefix "i" (below prefix, if b has one). */
bsn_node *bsn_build_layers(bsn_builder *b, const bsn_choices *layers, bsn_node *x);

#endif
