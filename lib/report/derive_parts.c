#include "report/derive_parts.h"
#include "report/derive.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool bsn_need_column(const bsn_table_result *in, const char *name, size_t *column, bsn_error *error) {
  *column = bsn_result_column(in, name);
  if (*column != SIZE_MAX) return true;
  return bsn_fail(error, BSN_BAD_INPUT, "the query has no column \"%s\"", name);
}

bool bsn_need_columns(const bsn_table_result *in, size_t n, char *const *names, size_t *columns, bsn_error *error) {
  for (size_t i = 0; i < n; i++) BSN_TRY(bsn_need_column(in, names[i], &columns[i], error));
  return true;
}

int bsn_by_number(const void *first, const void *second) {
  double a = *(const double *)first, b = *(const double *)second;
  if (isnan(a) || isnan(b)) return (isnan(a) != 0) - (isnan(b) != 0);
  return (a > b) - (a < b);
}

double bsn_sorted_quantile(const double *sorted, size_t n, double p) {
  double at = (double)(n - 1) * p;
  size_t below = (size_t)floor(at);
  double lo = sorted[below], hi = sorted[below + 1 < n ? below + 1 : below], part = at - (double)below;
  return lo == hi || part == 0 ? lo : lo + part * (hi - lo); /* inf - inf would be nan */
}

static int compare_cells(const bsn_cell *a, const bsn_cell *b) {
  if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
  if (a->kind == BSN_CELL_TEXT) return strcmp(a->text, b->text);
  return bsn_by_number(&a->number, &b->number);
}

static int compare_rows(const void *first, const void *second, void *context) {
  const bsn_order *o = context;
  size_t a = *(const size_t *)first, b = *(const size_t *)second, sa = o->series.of[a], sb = o->series.of[b];
  if (sa != sb) return sa < sb ? -1 : 1;
  int by_key = compare_cells(bsn_result_at(o->table, a, o->key), bsn_result_at(o->table, b, o->key));
  if (!by_key && o->second)
    by_key = compare_cells(bsn_result_at(o->table, a, o->second), bsn_result_at(o->table, b, o->second));
  return by_key ? by_key : a < b ? -1 : 1;
}

bool bsn_order_rows(bsn_order *o, const bsn_table_result *table, size_t key, size_t second, bsn_error *error) {
  *o = (bsn_order){.table = table, .key = key, .second = second};
  BSN_TRY(bsn_series_of(table, &o->series, error));
  o->row = bsn_alloc_in(table->arena, table->rows * sizeof *o->row);
  if (!o->row) return bsn_no_memory(error);
  for (size_t i = 0; i < table->rows; i++) o->row[i] = i;
  qsort_r(o->row, table->rows, sizeof *o->row, compare_rows, o);
  return true;
}

static bool same_series(const bsn_order *o, size_t i, size_t j) {
  return j < o->table->rows && o->series.of[o->row[j]] == o->series.of[o->row[i]];
}

size_t bsn_series_end(const bsn_order *o, size_t i) {
  size_t j = i + 1;
  while (same_series(o, i, j)) j++;
  return j;
}

size_t bsn_run_end(const bsn_order *o, size_t i) {
  size_t j = i + 1;
  const bsn_cell *key = bsn_result_at(o->table, o->row[i], o->key);
  while (same_series(o, i, j) && !compare_cells(key, bsn_result_at(o->table, o->row[j], o->key))) j++;
  return j;
}

size_t bsn_order_numbers(const bsn_order *o, size_t i, size_t j, size_t column, double *out) {
  size_t n = 0;
  for (; i < j; i++) {
    double x = bsn_result_number(o->table, o->row[i], column);
    if (!isnan(x)) out[n++] = x;
  }
  qsort(out, n, sizeof *out, bsn_by_number);
  return n;
}

bool bsn_copy_row(const bsn_table_result *in, size_t row, bsn_table_result *out, bsn_cell **to, bsn_error *error) {
  *to = bsn_result_row(out);
  if (!*to) return bsn_no_memory(error);
  memcpy(*to, bsn_result_at(in, row, 0), in->columns * sizeof **to);
  return true;
}

bool bsn_among(size_t column, const size_t *columns, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (columns[i] == column) return true;
  return false;
}

bool bsn_add_columns(const bsn_table_result *in, const char *stem, const char *const *tails, bsn_table_result *out,
                     bsn_error *error) {
  const char *names[64];
  size_t n = 0;
  for (; n < in->columns && n < 48; n++) names[n] = in->name[n];
  if (n < in->columns) return bsn_fail(error, BSN_BAD_INPUT, "the query has more than 48 columns");
  for (; *tails; tails++) {
    names[n] = stem ? bsn_text_in(in->arena, "%s_%s", stem, *tails) : *tails;
    if (!names[n++]) return bsn_no_memory(error);
  }
  return bsn_result_init(out, in->arena, n, names) || bsn_no_memory(error);
}

bool bsn_each_series(const bsn_table_result *in, size_t y, bsn_table_result *out, bsn_per_series *each,
                     bsn_error *error) {
  bsn_order o;
  BSN_TRY(bsn_order_rows(&o, in, y, 0, error));
  for (size_t i = 0, j; i < in->rows; i = j) {
    j = bsn_series_end(&o, i);
    BSN_TRY(each(&o, i, j, y, out, error));
  }
  return true;
}

bool bsn_texts_only(const bsn_table_result *in, size_t column, bsn_error *error) {
  for (size_t row = 0; row < in->rows; row++)
    if (bsn_result_at(in, row, column)->kind != BSN_CELL_TEXT)
      return bsn_fail(error, BSN_BAD_INPUT, "column \"%s\" is no text", in->name[column]);
  return true;
}

bool bsn_number_texts(const bsn_table_result *in, const char *name, size_t **number, size_t *count, bsn_error *error) {
  size_t column, n = 0;
  BSN_TRY(bsn_need_column(in, name, &column, error));
  if (!(*number = bsn_alloc_in(in->arena, (in->rows + 1) * sizeof **number))) return bsn_no_memory(error);
  BSN_TRY(bsn_texts_only(in, column, error));
  for (size_t i = 0; i < in->rows; i++) {
    size_t j = i;
    const char *mine = bsn_result_at(in, i, column)->text;
    while (j-- > 0 && strcmp(bsn_result_at(in, j, column)->text, mine)) continue;
    (*number)[i] = j < i ? (*number)[j] : n++;
  }
  if (count) *count = n;
  return true;
}
