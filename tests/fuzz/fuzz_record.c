/* Any bytes as a packed record, with the checksum made right: refused, or read and packed again to the same bytes. */
#include "base/record.h"
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void seal(uint8_t *bytes, size_t n) {
  XXH64_hash_t sum = XXH3_64bits(bytes, n);
  for (int i = 0; i < 8; i++) bytes[n + (size_t)i] = (uint8_t)(sum >> 8 * i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_record record;
  void *again;
  size_t m;
  uint8_t *bytes = malloc(n + 8);
  if (n) memcpy(bytes, data, n);
  seal(bytes, n);
  if (bsn_record_unpack(&record, &arena, bytes, n + 8, &error)) {
    bool ok = bsn_record_pack(&record, &arena, &again, &m, &error);
    if (!ok || m != n + 8 || memcmp(bytes, again, m)) abort();
  } else if (error.code != BSN_BAD_INPUT) {
    abort();
  }
  free(bytes);
  bsn_arena_free(&arena);
  return 0;
}
