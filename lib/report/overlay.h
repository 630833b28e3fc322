/* overlay.h: curves from a csv file, to be drawn below those of a study: published ones, say.
 *
 *     epoch,mean,sd                       optimizer,seed,epoch,test_loss            lr,median,lo,hi
 *     0,2.31,0.01                         adam,42,0,2.31                            1e-4,0.9,0.8,1.1
 *     1,0.41,0.02                         adam,43,0,2.30                            1e-3,0.4,0.3,0.5
 *
 * What a column is goes by its name. X and Y are what the chart draws (its head says `#: overlay X Y`, which for the convergence
 * of the test_loss by epoch are these two words):
 *
 *     role    columns that have it, the first that is there
 *     x       X, its last word (lr of optimizer.lr), x
 *     y       Y, final_Y, mean, median, value, y          (for a Y that ends in accuracy also with acc: test_acc)
 *     lo hi   lo and hi, or Y_lo and Y_hi                  the band; both or none
 *     sd      sd, std, Y_sd                                the band is y - sd to y + sd
 *     seed    seed, replicate, run                         is no part of a curve's name
 *     series  series, else all columns that hold words     the name of the curve; none: the file's name
 *
 * Where no column is a band, rows of equal series and x (of several seeds) are one point: their median and 10-90 % band.
 * All other columns are left alone. "FILE.csv:y=loss,x=iteration" names columns itself. Numbers may be nan and inf (diverged); a row
 * whose y is empty is no point.
 */
#ifndef BSN_REPORT_OVERLAY_H
#define BSN_REPORT_OVERLAY_H

#include "report/csv.h"

/* Read FILE[:ROLE=COLUMN,..] as a table of series (the name), x, y, y_lo, y_hi (the band; nan: none) and y_bad (how many rows of
 * this point were no finite number). BSN_BAD_INPUT with file and line: see csv.h; there is no column for x or y,
 * or a field there is no number. */
bool bsn_overlay_read(bsn_table_result *out, bsn_arena *arena, const char *spec, const char *x, const char *y,
                      bsn_error *error);

#endif
