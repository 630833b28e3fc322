/* net.h: architectures: a list of layers, and named lists.
 *
 *     bsn_net net;
 *     if (!bsn_net_init(&net, model, config, init, &io, arena, error)) return false;   // net.n parameters in net.tensor
 *     bsn_node *z = bsn_net_forward(&net, &builder, x);
 *
 * A named model is its list written out: `mlp` with hidden [64, 64] and tanh is [dense 64, tanh, dense 64, tanh, dense
 * outputs]. Rows are at the bottom of net.c.
 */
#ifndef BSN_MODEL_NET_H
#define BSN_MODEL_NET_H

#include "model/layer.h"

/* What goes in and comes out. */
typedef struct bsn_io {
  int axes;
  size_t shape[4]; /* of one input: [features] or [height, width, channels] */
  size_t outputs;
} bsn_io;

typedef struct bsn_model {
  bsn_row row;
  /* The list of layers for this input and output. False without memory. */
  bool (*layers)(const void *config, const bsn_io *io, bsn_arena *arena, bsn_choices *out);
  bool flat; /* the input is taken as one row of features, whatever its shape */
} bsn_model;

extern const bsn_table bsn_models;

typedef struct bsn_net {
  bsn_io io;
  bool flat;
  bsn_choices layers;
  size_t n; /* parameters */
  size_t ntensors;
  const bsn_tensor *tensor;
} bsn_net;

/* Find the layers and tensors of model. Fails with BSN_BAD_INPUT when shapes do not fit or the last layer does not have
 * io->outputs outputs. */
bool bsn_net_init(bsn_net *net, const bsn_model *model, const void *config, const bsn_io *io, bsn_arena *arena,
                  bsn_error *error);

/* Build the net on x (a batch of io's shape) in builder's graph; builder's tensors come out as net's. */
bsn_node *bsn_net_forward(const bsn_net *net, bsn_builder *builder, bsn_node *x);

#endif
