/* derive_parts.h: what the families of derive.h share; nobody else needs it.
 *
 *     bsn_order o;
 *     BSN_TRY(bsn_order_rows(&o, in, key, 0, error));
 *     for (size_t i = 0, j; i < in->rows; i = j) {
 *       j = bsn_run_end(&o, i);                        // rows o.row[i] .. o.row[j - 1] have one series and one key
 *       size_t n = bsn_order_numbers(&o, i, j, column, work);
 *     }
 */
#ifndef BSN_REPORT_DERIVE_PARTS_H
#define BSN_REPORT_DERIVE_PARTS_H

#include "report/derive.h"

enum { BSN_MOST_Y = 6 }; /* columns that one derive works on */

/* The families of the table, each ended by a row without a name. */
extern const bsn_derive bsn_row_derives[], bsn_spread_derives[], bsn_array_derives[], bsn_statistic_derives[],
    bsn_compare_derives[], bsn_target_derives[];

/* The columns of these names; BSN_BAD_INPUT when one is missing. */
bool bsn_need_column(const bsn_table_result *in, const char *name, size_t *column, bsn_error *error);
bool bsn_need_columns(const bsn_table_result *in, size_t n, char *const *names, size_t *columns, bsn_error *error);

/* For qsort of doubles: nan comes last. */
int bsn_by_number(const void *first, const void *second);

/* The rows of a table sorted by series and then by one column (and, unless it is 0, a second one); rows that are equal stay in
 * order. */
typedef struct bsn_order {
  const bsn_table_result *table;
  bsn_series series;
  size_t key, second;
  size_t *row;
} bsn_order;
bool bsn_order_rows(bsn_order *o, const bsn_table_result *table, size_t key, size_t second, bsn_error *error);

/* The end of the rows from i on that are of one series; of the run of those that have one key, too. */
size_t bsn_series_end(const bsn_order *o, size_t i);
size_t bsn_run_end(const bsn_order *o, size_t i);

/* The numbers of a column in rows i..j, sorted; nan is left out. Returns how many. */
size_t bsn_order_numbers(const bsn_order *o, size_t i, size_t j, size_t column, double *out);

/* A copy of a row as the last one of out, whose first columns are those of in. */
bool bsn_copy_row(const bsn_table_result *in, size_t row, bsn_table_result *out, bsn_cell **to, bsn_error *error);

/* A table like in with more columns: STEM_TAIL for each tail (NULL-ended), or the tails alone without a stem. */
bool bsn_add_columns(const bsn_table_result *in, const char *stem, const char *const *tails, bsn_table_result *out,
                     bsn_error *error);

/* Calls each(o, i, j, ..) with the rows of each series, sorted by column y. */
typedef bool bsn_per_series(const bsn_order *o, size_t i, size_t j, size_t y, bsn_table_result *out, bsn_error *error);
bool bsn_each_series(const bsn_table_result *in, size_t y, bsn_table_result *out, bsn_per_series *each,
                     bsn_error *error);

/* Is every cell of the column a text? If not, BSN_BAD_INPUT. */
bool bsn_texts_only(const bsn_table_result *in, size_t column, bsn_error *error);

/* The texts of a column numbered from 0 in order of appearance, one number a row; *count (may be NULL): how many there are. */
bool bsn_number_texts(const bsn_table_result *in, const char *name, size_t **number, size_t *count, bsn_error *error);

/* Is the column one of these? */
bool bsn_among(size_t column, const size_t *columns, size_t n);

#endif
