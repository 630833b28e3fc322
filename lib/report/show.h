/* show.h: the table of a study: for each cell and metric how many, the mean, its interval, the median.
 *
 *     bsn_out out = {.write = to_file, .to = stdout};
 *     bsn_show how = {.by = "train.batch", .form = BSN_SHOW_TEXT};
 *     ok = bsn_show_study(store, &how, &out, error) && bsn_out_end(&out, error);
 *
 * A cell is one combination of the varied factors; its values are the final ones of its replicates. Values that are not
 * finite, and losses and the like of diverged trials, take no part in the numbers: n says how many did, of says how many the file asks for,
 * and the counts of diverged and failed trials stand beside them. Intervals are Student's, at 95 %.
 *
 * With `by` the groups are the values of that factor, and every two of them are compared (stats/compare.h): the difference
 * of what is matched, same replicate and same other factors, averaged over the other factors and tested over replicates
 * (Student's paired t), p corrected for the number of pairs of that metric (Holm 1979). A difference is called real when the
 * corrected p is below 0.05, and never with fewer than three replicates. Letters show all verdicts of a metric at once: who
 * shares one is not shown to differ.
 *
 * Where settings of its own vary below the factor (optimizer.lr below optimizer.name), each group is compared at its best
 * setting: the one with the best mean of a metric that is not of test rows over the replicates; settings with diverged
 * trials come last. The other settings take no part. A study that tuned has done that already, on seeds of their own.
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
  const char
      *choose; /* the metric that chooses among settings below `by`; "none": all settings stay, as other factors; NULL:
                         validation_loss, train_loss or objective, the first that was recorded */
  bool pairs;  /* with by: the comparisons alone */
  bool ratio;  /* with by: compare by ratios (differences of logarithms) instead of differences */
} bsn_show;

/* Write the table. TEXT has aligned columns, a head that says how much of the grid is there ("12 of 40 trials") and, with
 * by, the comparisons in words; LATEX is a tabular. CSV has one line a row: the factors, metric, n, of, mean, lo, hi, median,
 * diverged, failed, with by also letters, chosen; with pairs one line a pair: metric, first, second, n, lost, difference, lo, hi,
 * p, p_ranks, p_holm, verdict. JSON is [{"cell", "metric", "n", "of", "mean", "lo", "hi", "median", "interval", "diverged",
 * "failed"}], with by also "chosen", "chosen_by", "edge" (whether it is the smallest or largest that was tried) where there was a choice, "letters" and "against": [{"cell", "n", "mean", "lo",
 * "hi", "p", "p_holm", "p_ranks", "lost", "verdict"}], this group less that one; with pairs [{"metric", "first", "second", ..}].
 * With ratio the numbers of a comparison are ratios, and JSON says "scale": "ratio". verdict is "real", "not shown" or
 * "too few"; lost counts matched values that are not finite, or of diverged trials. A factor or metric that the study does
 * not have is BSN_USAGE, with the ones that it has; so is a test metric that is to choose. */
bool bsn_show_study(bsn_store *store, const bsn_show *how, bsn_out *out, bsn_error *error);

#endif
