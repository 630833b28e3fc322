/* gnuplot.h: run gnuplot and keep its picture only when it is whole.
 *
 *     if (!bsn_gnuplot_run(&(bsn_gnuplot){.folder = "results/x/charts", .script = "loss.gp", .picture = "loss.png",
 *                                         .format = "png"}, arena, error)) return false;
 */
#ifndef BSN_REPORT_GNUPLOT_H
#define BSN_REPORT_GNUPLOT_H

#include "base/arena.h"
#include "base/error.h"

typedef struct bsn_gnuplot {
  const char *program; /* NULL: "gnuplot", found in PATH */
  const char *folder;  /* where it runs */
  const char *script;  /* in folder; it plots to the file named by its variable `output` in the variable `format` */
  const char *picture; /* in folder: replaced at once, and only by a picture that is whole */
  const char *format;  /* "png", "svg", "pdf" */
  double timeout;      /* seconds; 0: 120 */
} bsn_gnuplot;

/* Run it. Fails with BSN_MISSING (naming the apt package) when there is no gnuplot, BSN_FAILED with gnuplot's own words when it
 * fails, writes nothing or takes too long, BSN_IO when files cannot be made; an older picture then stays as it was. */
bool bsn_gnuplot_run(const bsn_gnuplot *run, bsn_arena *arena, bsn_error *error);

#endif
