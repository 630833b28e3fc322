/* init.h: initial parameters.
 *
 *     for each tensor: init->fill(config, &tensor, bsn_stream_of(seed, "init", tensor.name, 0), w + tensor.offset);
 *
 * Every tensor has a stream of its own name, entry e of it is draw e: its numbers do not depend on any other layer. Computed in
 * double, so both precisions start from the same numbers up to rounding. Rows are at the bottom of init.c.
 */
#ifndef BSN_MODEL_INIT_H
#define BSN_MODEL_INIT_H

#include "base/real.h"
#include "base/row.h"
#include "base/stream.h"
#include "base/tensor.h"

typedef struct bsn_init {
  bsn_row row;
  /* Fill the tensor->size numbers of one tensor. */
  void (*fill)(const void *config, const bsn_tensor *tensor, bsn_stream stream, bsn_real *out);
} bsn_init;

extern const bsn_table bsn_inits;

/* Fill the whole flat vector w of ntensors tensors. */
void bsn_init_all(const bsn_choice *init, size_t ntensors, const bsn_tensor *tensors, uint64_t seed, bsn_real *w);

#endif
