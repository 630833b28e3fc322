/* loss.h: one number for each example from a model's output and the example's target.
 *
 *     bsn_node *l = loss->build(config, z, &target);        // batch, a scalar a row
 *
 * The mean over examples, weights included, is taken outside the graph. Rows are at the bottom of loss.c.
 */
#ifndef BSN_MODEL_LOSS_H
#define BSN_MODEL_LOSS_H

#include "base/row.h"
#include "graph/graph.h"

/* The example's target as nodes: one of the two. */
typedef struct bsn_target {
  bsn_node *label; /* batch integers 0 .. classes-1; NULL for regression */
  bsn_node *value; /* batch numbers, as many as outputs; NULL for classes */
  size_t classes;  /* of label */
} bsn_target;

/* What a net's outputs mean to a loss on classes, when they mean probabilities. */
typedef enum bsn_link { BSN_LINK_NONE, BSN_LINK_SOFTMAX, BSN_LINK_SIGMOID } bsn_link;

typedef struct bsn_loss {
  bsn_row row;
  bsn_node *(*build)(const void *config, bsn_node *z, const bsn_target *target);
  bool single;       /* two classes are one output: positive for class 1 */
  bool classes_only; /* makes no sense for regression */
  bsn_link link;     /* softmax(z) or sigmoid(z) are probabilities of classes */
} bsn_loss;

extern const bsn_table bsn_losses;

#endif
