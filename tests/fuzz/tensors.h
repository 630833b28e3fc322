/* tensors.h: what fuzz_npy.c and fuzz_idx.c share: bytes as a pair of files, inputs and targets.
 *
 *     return fuzz_pair(bsn_idx_parse, data, n);
 */
#ifndef BASIN_FUZZ_TENSORS_H
#define BASIN_FUZZ_TENSORS_H

#include "data/read.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void check_set(const bsn_dataset *set) {
  size_t width = 1;
  for (int a = 0; a < set->axes; a++) width *= set->shape[a];
  if (!set->rows || width != set->width || !set->u8 == !set->real || !set->label == !set->target) abort();
  for (size_t i = 0; set->real && i < set->rows * set->width; i++) {
    if (!isfinite((double)set->real[i])) abort();
  }
  for (size_t i = 0; set->label && i < set->rows; i++) {
    if (set->label[i] < 0 || (size_t)set->label[i] >= set->outputs) abort();
  }
}

/* The first two bytes are the length of the inputs' file; the targets' file is what follows. */
static int fuzz_pair(bool parse(const bsn_bytes *, bsn_elements *, bsn_error *), const uint8_t *data, size_t n) {
  if (n < 2) return 0;
  size_t first = (size_t)data[0] | (size_t)data[1] << 8;
  if (first > n - 2) first = n - 2;
  bsn_bytes x = {"x", data + 2, first}, y = {"y", data + 2 + first, n - 2 - first};
  bsn_elements tx, ty;
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_dataset set;
  size_t square[] = {2, 2};
  bsn_list shape = {.n = n % 5 == 0 ? 2 : 0, .count = square};
  bool ok =
      parse(&x, &tx, &error) && parse(&y, &ty, &error) && bsn_elements_set(&tx, &ty, &shape, 0, &arena, &set, &error);
  if (ok) check_set(&set);
  if (!ok && (error.code != BSN_BAD_INPUT || !error.text[0])) abort();
  bsn_arena_free(&arena);
  return 0;
}

#endif
