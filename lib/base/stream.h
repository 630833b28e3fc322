/* stream.h: random numbers are named, not drawn in turn.
 *
 *     bsn_stream s = bsn_stream_of(seed, "init", "0.weight", 0);
 *     double u = bsn_uniform(s, 17);                    // num/draw.h; the same number whoever asked before
 *
 * A draw is Philox(seed, purpose, name, index, entry): it depends on nothing else, so it is the same alone, in a grid,
 * with any number of workers and whatever else is switched on. The seed, the purpose (data, test, split, init, order,
 * dropout, augment, noise, probe) and the name (of the tensor, layer, regulariser or transform) become the 64-bit key;
 * the index (epoch or step) and the entry (example or element) become the 128-bit counter.
 */
#ifndef BSN_BASE_STREAM_H
#define BSN_BASE_STREAM_H

#include <stdint.h>

typedef struct bsn_stream {
  uint64_t key;   /* of seed, purpose and name */
  uint64_t index; /* epoch or step: the upper half of the counter */
} bsn_stream;

/* The stream of these names: key = XXH3-64 of the name, seeded with XXH3-64 of the purpose, seeded with the seed. */
bsn_stream bsn_stream_of(uint64_t seed, const char *purpose, const char *name, uint64_t index);

#endif
