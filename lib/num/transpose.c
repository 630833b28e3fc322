#include "num/path.h"
#include "num/turn.h"

enum { BLOCK = 64 }; /* columns whose results stay in the first cache */

void BSN_KERNEL(transpose)(const real *x, size_t rows, size_t n, real *out) {
  for (size_t j = 0; j < n; j += BLOCK) turn(x + j, n, rows, n - j < BLOCK ? n - j : BLOCK, out + j * rows, rows);
}
