/* Any bytes as a csv file: refused with a message that names a place, or a data set whose parts fit. The first byte chooses
 * separator and task; a file of two halves with a zero byte between is a training and a test file. */
#include "data/read.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(const bsn_dataset *set) {
  for (size_t i = 0; i < set->rows * set->width; i++) {
    if (!isfinite((double)set->real[i])) abort();
  }
  for (size_t i = 0; set->target && i < set->rows * set->outputs; i++) {
    if (!isfinite((double)set->target[i])) abort();
  }
  for (size_t i = 0; set->label && i < set->rows; i++) {
    if (set->label[i] < 0 || (size_t)set->label[i] >= set->outputs) abort();
  }
  for (size_t k = 0; set->label && k < set->outputs; k++) {
    if (!set->class_name[k][0]) abort();
  }
}

static bool read_sets(const bsn_bytes *file, uint8_t choice, bsn_arena *cells, bsn_arena *arena, bsn_loaded *out,
                      bsn_error *error) {
  static const char *const tasks[] = {"auto", "regression", "classification"}, *const names[] = {"x", "y"};
  char separator = ",;\t "[choice % 4];
  const uint8_t *zero = file->n ? memchr(file->at, 0, file->n) : NULL;
  size_t first = zero ? (size_t)(zero - file->at) : file->n;
  bsn_bytes a = {"a.csv", file->at, first}, b = {"b.csv", zero ? zero + 1 : NULL, zero ? file->n - first - 1 : 0};
  bsn_csv train, test;
  bsn_csv_roles roles = {.task = tasks[choice / 4 % 3]};
  if (choice & 64) roles.target = (bsn_list){.n = 1, .text = names};
  if (choice & 128) roles.inputs = (bsn_list){.n = 1, .text = names + 1};
  BSN_TRY(bsn_csv_parse(&a, separator, cells, &train, error));
  if (zero) BSN_TRY(bsn_csv_parse(&b, separator, cells, &test, error));
  return bsn_csv_sets(&train, zero ? &test : NULL, &roles, arena, out, error) && bsn_csv_keep(out, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  if (!n) return 0;
  bsn_arena cells = {0}, arena = {0};
  bsn_error error = {0};
  bsn_loaded d = {0};
  bool ok = read_sets(&(bsn_bytes){"", data + 1, n - 1}, data[0], &cells, &arena, &d, &error);
  bsn_arena_free(&cells);
  if (ok && (!d.train.rows || !d.train.width || !d.train.outputs)) abort();
  if (ok) check(&d.train);
  if (ok) check(&d.test);
  if (!ok && (error.code != BSN_BAD_INPUT || !error.text[0])) abort();
  bsn_arena_free(&arena);
  return 0;
}
