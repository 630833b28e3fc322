/* Any bytes as a weights file: a message or weights, never a crash. What was read must survive being written. */
#include "model/weights.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  static const bsn_elements tensors[] = {{"0.weight", 0, 12, 2, {3, 4}, BSN_WEIGHT, 1, 3, 4},
                                         {"0.bias", 12, 4, 1, {4}, BSN_BIAS, -1, 3, 4},
                                         {"2.weight", 16, 8, 2, {4, 2}, BSN_WEIGHT, 1, 4, 2},
                                         {"2.bias", 24, 2, 1, {2}, BSN_BIAS, -1, 4, 2}};
  bsn_real w[26], back[26];
  bsn_error error = {0};
  if (!bsn_weights_read(bytes, n, 4, tensors, w, &error)) {
    if (error.code != BSN_BAD_INPUT || !error.text[0]) abort();
    return 0;
  }
  bsn_arena arena = {0};
  void *packed;
  size_t size;
  if (!bsn_weights_pack(4, tensors, w, &arena, &packed, &size, &error)) abort();
  if (!bsn_weights_read(packed, size, 4, tensors, back, &error)) abort();
  if (memcmp(w, back, sizeof w) != 0) abort();
  bsn_arena_free(&arena);
  return 0;
}
