/* Any bytes as rows of CIFAR-10: refused, or every pixel is found again in its place. The first byte is the number of rows. */
#include "data/read.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  enum { ROW = 3073 };
  if (!n) return 0;
  size_t rows = data[0] % 4;
  bsn_bytes file = {"x", data + 1, n - 1};
  bsn_error error = {0};
  uint8_t *pixels = malloc(rows * (ROW - 1) + 1);
  int32_t *label = malloc(rows * sizeof *label + 1);
  if (bsn_cifar10_parse(&file, rows, pixels, label, &error)) {
    if (n - 1 != rows * ROW) abort();
    for (size_t i = 0; i < rows * (ROW - 1); i++) {
      size_t row = i / (ROW - 1), at = i % (ROW - 1);
      if (pixels[i] != file.at[row * ROW + 1 + at % 3 * 1024 + at / 3] || label[row] > 9) abort();
    }
  } else if (error.code != BSN_BAD_INPUT || !error.text[0]) {
    abort();
  }
  free(pixels);
  free(label);
  return 0;
}
