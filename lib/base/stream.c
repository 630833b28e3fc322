#include "base/stream.h"
#include <string.h>
#include <xxhash.h>

bsn_stream bsn_stream_of(uint64_t seed, const char *purpose, const char *name, uint64_t index) {
  uint64_t key = XXH3_64bits_withSeed(purpose, strlen(purpose) + 1, seed);
  return (bsn_stream){.key = XXH3_64bits_withSeed(name, strlen(name) + 1, key), .index = index};
}
