/* derive.h: what is done to a query's result where SQL is not enough.
 *
 *     #: derive label
 *     #: derive worst y {metric}
 *     #: derive quantiles step y
 *
 * Each row of the table reads one table of results (column 0 is the series) and makes another. Charts name them in their
 * heads, in the order in which they apply.
 */
#ifndef BSN_REPORT_DERIVE_H
#define BSN_REPORT_DERIVE_H

#include "report/result.h"

typedef struct bsn_derive {
  const char *name;
  const char *usage;  /* its arguments, as a message shows them */
  const char *doc;    /* one sentence */
  size_t least, most; /* number of arguments */
  /* Fill *out, which shares in's arena and may be *in itself. Arguments that name a missing column are BSN_BAD_INPUT. */
  bool (*run)(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out, bsn_error *error);
} bsn_derive;

/* Row i of the table, in families (derive_rows.c, derive_spread.c, ..); NULL behind the last. */
const bsn_derive *bsn_derive_row(size_t i);

/* The one of this name, or NULL. */
const bsn_derive *bsn_derive_find(const char *name);

/* The p-quantile of n sorted numbers, n > 0: linear between order statistics, at (n - 1) p (Hyndman and Fan 1996, type 7).
 * Infinities may be among them. */
double bsn_sorted_quantile(const double *sorted, size_t n, double p);

#endif
