/* csv.h: a csv file as a table of texts.
 *
 *     bsn_csv csv;
 *     if (!bsn_csv_read(&csv, arena, "published.csv", error)) return false;
 *     for (size_t row = 0; row < csv.table.rows; row++) use(bsn_result_at(&csv.table, row, 0)->text, csv.line[row]);
 *
 * The first line names the columns. Fields are set apart by commas; one in double quotes may have commas and line ends in it,
 * and two quotes for one. Empty lines and those that begin with # are skipped. An empty field is a NULL.
 */
#ifndef BSN_REPORT_CSV_H
#define BSN_REPORT_CSV_H

#include "report/result.h"

typedef struct bsn_csv {
  const char *path;
  bsn_table_result table; /* of texts and NULLs */
  size_t *line;           /* of each row: where it begins in the file, from 1 */
} bsn_csv;

/* Read a file. Fails as bsn_file_read does; or with BSN_BAD_INPUT, with file and line, when it has no rows, two columns of one name,
 * a row with more or fewer fields than there are columns, a quote that is not closed, or a zero byte. */
bool bsn_csv_read(bsn_csv *csv, bsn_arena *arena, const char *path, bsn_error *error);

#endif
