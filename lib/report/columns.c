#include "report/columns.h"
#include <math.h>

void bsn_columns_put(bsn_columns *t, const char *text) {
  const char **larger = bsn_grow_in(t->arena, t->cell, t->n, sizeof *larger);
  t->no_memory = t->no_memory || !larger || !text;
  if (!larger) return;
  t->cell = larger;
  t->cell[t->n++] = text ? text : "";
}

/* Counts, such as bytes, in full. */
void bsn_columns_number(bsn_columns *t, double x) {
  const char *form = fabs(x) < 1e9 && floor(x) == x ? "%.0f" : "%.4g";
  bsn_columns_put(t, isnan(x) ? "-" : bsn_text_in(t->arena, form, x));
}

void bsn_columns_range(bsn_columns *t, double lo, double hi) {
  bsn_columns_put(t, isnan(lo) ? "-" : bsn_text_in(t->arena, "[%.4g, %.4g]", lo, hi));
}

/* Characters, not bytes, of UTF-8. */
static int width_of(const char *text) {
  int n = 0;
  for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
  return n;
}

void bsn_columns_widths(const bsn_columns *t, int width[BSN_MOST_COLUMNS]) {
  for (size_t i = 0; i < t->columns; i++) width[i] = 0;
  for (size_t i = 0; i < t->n; i++) {
    int here = width_of(t->cell[i]), *most = &width[i % t->columns];
    *most = here > *most ? here : *most;
  }
}

void bsn_columns_line(const bsn_columns *t, size_t row, const int *width, bsn_out *out) {
  const char *const *cell = t->cell + row * t->columns;
  size_t end = t->columns;
  while (end && !*cell[end - 1]) end--;
  for (size_t i = 0; i < end; i++) {
    int pad = i + 1 < end ? width[i] - width_of(cell[i]) + 2 : 0;
    bsn_out_add(out, "%s%*s", cell[i], pad, "");
  }
  bsn_out_add(out, "\n");
}

void bsn_columns_write(const bsn_columns *t, bsn_out *out) {
  int width[BSN_MOST_COLUMNS];
  bsn_columns_widths(t, width);
  for (size_t row = 0; (row + 1) * t->columns <= t->n; row++) bsn_columns_line(t, row, width, out);
}
