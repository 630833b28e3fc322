/* show.h: the table of a study: for each cell and metric how many, the mean, its interval, the median.
 *
 *     bsn_out out = {.write = to_file, .to = stdout};
 *     bsn_show how = {.by = "train.batch", .form = BSN_SHOW_TEXT};
 *     ok = bsn_show_study(store, &how, &out, error) && bsn_out_end(&out, error);
 *
 * A cell is one combination of the varied factors; its values are the final ones of its replicates. Values that are not
 * finite (a diverged trial's loss) take no part in the numbers: n says how many did, of says how many the file asks for,
 * and the counts of diverged and failed trials stand beside them. Intervals are Student's, at 95 %.
 *
 * With `by` the groups are the values of that factor over all other factors and replicates, and every two of them are
 * compared: the t test of their differences, paired over replicates and the other factors, p corrected for the number of
 * comparisons of that metric (Holm 1979). A difference counts as real when the corrected p is below 0.05.
 */
#ifndef BSN_REPORT_SHOW_H
#define BSN_REPORT_SHOW_H

#include "report/out.h"
#include "store/store.h"

typedef enum bsn_show_form { BSN_SHOW_TEXT, BSN_SHOW_CSV, BSN_SHOW_JSON, BSN_SHOW_LATEX } bsn_show_form;

typedef struct bsn_show {
  const char *by;     /* a factor; NULL: every cell by itself */
  const char *metric; /* only this one; NULL: all results (not batch_loss, lr, parameters, optimizer_bytes) */
  bsn_show_form form;
} bsn_show;

/* Write the table. TEXT has aligned columns, a head that says how much of the grid is there ("12 of 40 trials") and, with
 * by, the comparisons in words; LATEX is a tabular. CSV has one line a row: the factors, metric, n, of, mean, lo, hi, median,
 * diverged, failed. JSON is [{"cell", "metric", "n", "of", "mean", "lo", "hi", "median", "interval", "diverged", "failed"}],
 * with by also "against": [{"cell", "n", "mean", "lo", "hi", "p", "p_holm"}], this group less that one. A factor or metric
 * that the study does not have is BSN_USAGE, with the ones that it has. */
bool bsn_show_study(bsn_store *store, const bsn_show *how, bsn_out *out, bsn_error *error);

#endif
