/* tensor.h: where the tensors of a model lie in its flat vector of parameters.
 *
 *     for (size_t i = 0; i < o->nblocks; i++) norm2 += bsn_dot(o->blocks[i].size, w + o->blocks[i].offset, ...);
 */
#ifndef BSN_BASE_TENSOR_H
#define BSN_BASE_TENSOR_H

#include <stddef.h>

typedef enum bsn_role { BSN_WEIGHT, BSN_BIAS, BSN_NORM } bsn_role;

/* One tensor: a stretch of the flat vector, without padding. */
typedef struct bsn_tensor {
  const char *name;    /* "0.weight", as in files */
  size_t offset, size; /* first entry, number of entries */
  int axes;
  size_t shape[5]; /* as it lies in the vector: dense weights [in][out] */
  bsn_role role;
  int filter_axis;        /* axis that counts output units; -1: none */
  size_t fan_in, fan_out; /* inputs and outputs of one unit, for initialisers; of the layer, for its bias too */
} bsn_tensor;

#endif
