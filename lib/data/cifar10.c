#include "data/read.h"

enum { PIXELS = 32 * 32, CHANNELS = 3, ROW = 1 + PIXELS * CHANNELS };

bool bsn_cifar10_parse(const bsn_bytes *file, size_t rows, uint8_t *pixels, int32_t *label, bsn_error *error) {
  if (file->n / ROW != rows || file->n % ROW) {
    return bsn_fail(error, BSN_BAD_INPUT, "%s: byte %zu: %zu rows of %d bytes: expected %zu bytes, the file has %zu",
                    file->name, file->n < rows * ROW ? file->n : rows * ROW, rows, ROW, rows * ROW, file->n);
  }
  for (size_t i = 0; i < rows; i++) {
    const unsigned char *at = file->at + i * ROW;
    if (at[0] > 9) {
      return bsn_fail(error, BSN_BAD_INPUT, "%s: byte %zu: row %zu: class %u is not in 0 .. 9", file->name, i * ROW, i,
                      at[0]);
    }
    label[i] = at[0];
    for (size_t c = 0; c < CHANNELS; c++) {
      for (size_t p = 0; p < PIXELS; p++) pixels[(i * PIXELS + p) * CHANNELS + c] = at[1 + c * PIXELS + p];
    }
  }
  return true;
}
