/* result.h: a table of results, as a query answers it: what charts are made of.
 *
 *     bsn_table_result t;
 *     const char *const names[] = {"series", "step", "loss"};
 *     if (!bsn_result_init(&t, arena, 3, names)) return bsn_no_memory(error);
 *     bsn_cell *row = bsn_result_row(&t);
 *     if (!row) return bsn_no_memory(error);
 *     row[0] = bsn_words("adam"), row[1] = bsn_number(60), row[2] = bsn_number(0.4);
 *
 * Rows are appended; nothing is freed before the arena is.
 */
#ifndef BSN_REPORT_RESULT_H
#define BSN_REPORT_RESULT_H

#include "base/arena.h"
#include "base/error.h"

typedef enum bsn_cell_kind {
  BSN_CELL_NULL,   /* SQL's NULL: in a numeric column a nan */
  BSN_CELL_NUMBER, /* number */
  BSN_CELL_TEXT,   /* text */
  BSN_CELL_BYTES   /* bytes, size */
} bsn_cell_kind;

typedef struct bsn_cell {
  bsn_cell_kind kind;
  double number;
  const char *text;
  const void *bytes; /* of any alignment */
  size_t size;
} bsn_cell;

typedef struct bsn_table_result {
  bsn_arena *arena; /* everything below lives there */
  size_t columns, rows;
  const char **name; /* of each column */
  bsn_cell *cell;    /* row by row: rows x columns */
} bsn_table_result;

/* An empty table with these columns; the names are copied. False without memory. */
bool bsn_result_init(bsn_table_result *table, bsn_arena *arena, size_t columns, const char *const *names);

/* A new last row of NULLs to fill; valid until the next row is added. NULL without memory. */
bsn_cell *bsn_result_row(bsn_table_result *table);

/* The cell at a row and a column, both in range. */
const bsn_cell *bsn_result_at(const bsn_table_result *table, size_t row, size_t column);

/* The number there; nan for NULL, text and bytes. */
double bsn_result_number(const bsn_table_result *table, size_t row, size_t column);

/* The column of this name; SIZE_MAX when there is none. */
size_t bsn_result_column(const bsn_table_result *table, const char *name);

/* Cells of a number or a text (not copied). */
bsn_cell bsn_number(double number);
bsn_cell bsn_words(const char *text);

/* The series of each row: names are column 0 as text, numbered from 0 in order of appearance. */
typedef struct bsn_series {
  size_t n;          /* number of series */
  const char **name; /* of each */
  size_t *of;        /* the series of each row */
} bsn_series;

/* Find the series of a table. Fails without memory. */
bool bsn_series_of(const bsn_table_result *table, bsn_series *series, bsn_error *error);

/* The table as gnuplot reads it: per series one block of a comment with its name, a line of column names, and its rows,
 * tab-separated; blocks are two blank lines apart. Column 0 is left out. Numbers have 10 digits; NULL is "nan". Tabs and line
 * ends in text become spaces. NULL without memory. */
char *bsn_result_tsv(const bsn_table_result *table, bsn_error *error);

#endif
