/* columns.h: a table of short texts in aligned columns.
 *
 *     bsn_columns t = {.arena = arena, .columns = 2};
 *     bsn_columns_put(&t, "metric"), bsn_columns_put(&t, "mean");
 *     bsn_columns_put(&t, "test_loss"), bsn_columns_number(&t, 0.31);
 *     bsn_columns_write(&t, out);
 *
 * Cells are put row by row. Trouble with memory is remembered in no_memory.
 */
#ifndef BSN_REPORT_COLUMNS_H
#define BSN_REPORT_COLUMNS_H

#include "report/out.h"

enum { BSN_MOST_COLUMNS = 64 };

typedef struct bsn_columns {
  bsn_arena *arena;
  size_t columns, n; /* columns: at most BSN_MOST_COLUMNS; n: cells so far */
  const char **cell; /* row by row */
  bool no_memory;
} bsn_columns;

/* The next cell, not copied; NULL stands for memory that could not be had. */
void bsn_columns_put(bsn_columns *t, const char *text);

/* A number with four digits, counts in full; nan is "-". */
void bsn_columns_number(bsn_columns *t, double x);

/* "[lo, hi]"; "-" when lo is nan. */
void bsn_columns_range(bsn_columns *t, double lo, double hi);

/* How wide each column is, in characters. */
void bsn_columns_widths(const bsn_columns *t, int width[BSN_MOST_COLUMNS]);

/* One row as a line; nothing is written behind the last cell that has something in it. */
void bsn_columns_line(const bsn_columns *t, size_t row, const int *width, bsn_out *out);

/* All rows. */
void bsn_columns_write(const bsn_columns *t, bsn_out *out);

#endif
