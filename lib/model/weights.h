/* weights.h: a model's parameters in a safetensors file, under PyTorch's names and in PyTorch's shapes.
 *
 *     if (!bsn_weights_pack(net.ntensors, net.tensor, w, arena, &bytes, &n, error)) return false;   // to a file
 *     if (!bsn_weights_load("mlp.safetensors", net.ntensors, net.tensor, w, error)) return false;   // from one
 *
 * Tensor "0.weight" of layer 0 is out x in there and [in][out] in memory; a convolution's is out x in x height x width
 * there and [height][width][in][out] in memory; all others are the same in both. The float build writes F32, the double
 * build F64; both read both. Equal weights give equal bytes.
 */
#ifndef BSN_MODEL_WEIGHTS_H
#define BSN_MODEL_WEIGHTS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/tensor.h"

/* The file's bytes, in arena: the tensors in the order given, any numbers (nan too). Fails without memory. */
bool bsn_weights_pack(size_t ntensors, const bsn_tensor *tensors, const bsn_real *w, bsn_arena *arena, void **bytes,
                      size_t *n, bsn_error *error);

/* Fill w from a file of n bytes. BSN_BAD_INPUT, and w as it was, when the bytes are damaged (model/safetensors.h), when
 * tensors are missing or left over or of another shape or type (one message lists them all: ours and the file's), or
 * when a number is not finite in this build's precision. */
bool bsn_weights_read(const void *bytes, size_t n, size_t ntensors, const bsn_tensor *tensors, bsn_real *w,
                      bsn_error *error);

/* bsn_weights_read of the file at path; its messages begin with the path. */
bool bsn_weights_load(const char *path, size_t ntensors, const bsn_tensor *tensors, bsn_real *w, bsn_error *error);

#endif
