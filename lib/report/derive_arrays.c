/* Recorded arrays as rows. */
#include "report/derive_parts.h"
#include "base/record.h"
#include <stdint.h>
#include <string.h>

static double entry(const void *bytes, char dtype, size_t i) {
  const char *at = bytes;
  float f;
  double d;
  int32_t n;
  switch (dtype) { /* blobs have no alignment */
  case 'f':
    return memcpy(&f, at + i * sizeof f, sizeof f), f;
  case 'd':
    return memcpy(&d, at + i * sizeof d, sizeof d), d;
  case 'i':
    return memcpy(&n, at + i * sizeof n, sizeof n), n;
  default:
    return (unsigned char)at[i];
  }
}

/* The dtype and length of an array of one row; arrays of a row must be equally long. */
static bool array_of(const bsn_table_result *in, size_t row, const char *name, size_t column, char *dtype, size_t *n,
                     bsn_error *error) {
  size_t type_column;
  const char *type_name = bsn_text_in(in->arena, "%s_dtype", name);
  if (!type_name) return bsn_no_memory(error);
  BSN_TRY(bsn_need_column(in, type_name, &type_column, error));
  const bsn_cell *type = bsn_result_at(in, row, type_column), *blob = bsn_result_at(in, row, column);
  *dtype = type->kind == BSN_CELL_TEXT ? type->text[0] : 0;
  size_t size = bsn_dtype_size(*dtype);
  if (!size || blob->kind != BSN_CELL_BYTES || blob->size % size)
    return bsn_fail(error, BSN_BAD_INPUT, "array \"%s\": %zu bytes of dtype \"%c\" are no array", name, blob->size,
                    *dtype ? *dtype : '?');
  if (*n != SIZE_MAX && *n != blob->size / size)
    return bsn_fail(error, BSN_BAD_INPUT, "array \"%s\" has %zu entries, another of its row %zu", name,
                    blob->size / size, *n);
  *n = blob->size / size;
  return true;
}

static bool unfold_row(const bsn_table_result *in, size_t row, size_t n, char *const *arg, const size_t *column,
                       bsn_table_result *out, bsn_error *error) {
  char dtype[BSN_MOST_Y];
  size_t entries = SIZE_MAX;
  for (size_t k = 0; k < n; k++) BSN_TRY(array_of(in, row, arg[k], column[k], &dtype[k], &entries, error));
  for (size_t i = 0; i < entries; i++) {
    bsn_cell *to;
    BSN_TRY(bsn_copy_row(in, row, out, &to, error));
    for (size_t k = 0; k < n; k++) to[column[k]] = bsn_number(entry(to[column[k]].bytes, dtype[k], i));
  }
  return true;
}

static bool run_unfold(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                       bsn_error *error) {
  size_t column[BSN_MOST_Y];
  BSN_TRY(bsn_need_columns(in, n, arg, column, error));
  if (!bsn_result_init(out, in->arena, in->columns, in->name)) return bsn_no_memory(error);
  for (size_t row = 0; row < in->rows; row++) BSN_TRY(unfold_row(in, row, n, arg, column, out, error));
  return true;
}

// clang-format off
const bsn_derive bsn_array_derives[] = {
  {"unfold",    "ARRAY..",      "Makes one row of each entry of the arrays; ARRAY_dtype says how its bytes are read.", 1, BSN_MOST_Y, run_unfold},
  {0}};
// clang-format on
