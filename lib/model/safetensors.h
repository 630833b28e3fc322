/* safetensors.h: the file format of weights, without any idea of models.
 *
 *     bsn_stored *stored;
 *     size_t n;
 *     if (!bsn_safetensors_read(bytes, size, arena, &stored, &n, error)) return false;
 *     for (size_t i = 0; i < n; i++) puts(stored[i].name);
 *
 * A file is the length of the header (8 bytes, little-endian), the header, the data. The header is JSON:
 * {"NAME": {"dtype": "F32", "shape": [10, 784], "data_offsets": [0, 31360]}, .., "__metadata__": {"key": "text"}}; offsets
 * count from the first byte behind the header, entries are little-endian, in C order. Source: the format's page of
 * huggingface/safetensors. Model weights are model/weights.h.
 */
#ifndef BSN_MODEL_SAFETENSORS_H
#define BSN_MODEL_SAFETENSORS_H

#include "base/arena.h"
#include "base/error.h"

enum { BSN_STORED_AXES = 8 };

/* One tensor of a file. */
typedef struct bsn_stored {
  const char *name;
  const char *dtype; /* "F32", "F64", "I64", .. as the format names them */
  int axes;          /* 0: a scalar */
  size_t shape[BSN_STORED_AXES];
  size_t size;               /* product of shape */
  size_t begin, end;         /* bytes of the data, from its first */
  const unsigned char *data; /* begin, inside the bytes that were read */
} bsn_stored;

/* The tensors of a file of n bytes, sorted by name, in arena; they point into bytes. BSN_BAD_INPUT for anything that the
 * format forbids: no JSON of this form, unknown types, a name twice, ranges that overlap, leave holes, lie outside the
 * data or differ from what shape and type say, bytes missing or left over. */
bool bsn_safetensors_read(const void *bytes, size_t n, bsn_arena *arena, bsn_stored **stored, size_t *nstored,
                          bsn_error *error);

/* Room for a file with these tensors (name, dtype, axes, shape are asked for; the rest is filled in): header written,
 * padded with spaces to a multiple of 8, data zeroed, in the order given. Names need printable characters without " and
 * \. The bytes live in arena; false without memory. */
bool bsn_safetensors_lay_out(bsn_stored *stored, size_t nstored, bsn_arena *arena, unsigned char **bytes, size_t *n,
                             bsn_error *error);

/* A number of at most 8 bytes, little-endian. */
uint64_t bsn_little_get(const unsigned char *from, size_t size);
void bsn_little_put(unsigned char *to, size_t size, uint64_t value);

#endif
