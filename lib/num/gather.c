#include "num/path.h"

enum { AHEAD = 4, CACHE_LINE = 64 }; /* rows are fetched this many before their turn */

INLINE void fetch(const void *row, size_t bytes) {
  for (size_t i = 0; i < bytes; i += CACHE_LINE) __builtin_prefetch((const char *)row + i);
}

void BSN_KERNEL(gather_u8)(const uint8_t *table, const int32_t *index, size_t rows, size_t n, const real *scale,
                           const real *shift, size_t step, real *restrict out) {
  for (size_t r = 0; r < rows; r++, out += n) {
    if (r + AHEAD < rows) fetch(table + (size_t)index[r + AHEAD] * n, n);
    const uint8_t *row = table + (size_t)index[r] * n;
    if (!scale)
      for (size_t j = 0; j < n; j++) out[j] = (real)row[j];
    else if (step)
      for (size_t j = 0; j < n; j++) out[j] = FMA_OF_ONE(scale[j], (real)row[j], shift[j]);
    else
      for (size_t j = 0; j < n; j++) out[j] = FMA_OF_ONE(*scale, (real)row[j], *shift);
  }
}

/* One column: rows are too small to be fetched ahead. */
static void gather_column(const real *table, const int32_t *index, size_t rows, const real *scale, const real *shift,
                          real *restrict out) {
  for (size_t r = 0; r < rows; r++) out[r] = table[index[r]];
  for (size_t r = 0; scale && r < rows; r++) out[r] = FMA_OF_ONE(*scale, out[r], *shift);
}

void BSN_KERNEL(gather)(const real *table, const int32_t *index, size_t rows, size_t n, const real *scale,
                        const real *shift, size_t step, real *restrict out) {
  if (n == 1) {
    gather_column(table, index, rows, scale, shift, out);
    return;
  }
  for (size_t r = 0; r < rows; r++, out += n) {
    if (r + AHEAD < rows) fetch(table + (size_t)index[r + AHEAD] * n, n * sizeof *table);
    const real *row = table + (size_t)index[r] * n;
    if (!scale)
      memcpy(out, row, n * sizeof *out);
    else if (step)
      for (size_t j = 0; j < n; j++) out[j] = FMA_OF_ONE(scale[j], row[j], shift[j]);
    else
      for (size_t j = 0; j < n; j++) out[j] = FMA_OF_ONE(*scale, row[j], *shift);
  }
}
