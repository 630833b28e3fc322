/* Any bytes as a pair of npy files: refused with a message, or a data set whose parts fit. */
#include "tensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) { return fuzz_pair(bsn_npy_parse, data, n); }
