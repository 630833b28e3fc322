/* label.h: names as people read them.
 *
 *     bsn_label_of(arena, "test_loss")            "Test loss"
 *     bsn_label_of(arena, "train.batch")          "Batch size"
 *     bsn_label_escape(arena, "train_loss")       "train\_loss": gnuplot's enhanced text
 *
 * The name of a cell is made of the values of its factors: {"optimizer.name": "adam", "optimizer.lr": 0.01} is
 * "adam, lr 0.01".
 */
#ifndef BSN_REPORT_LABEL_H
#define BSN_REPORT_LABEL_H

#include "report/result.h"

/* The field's standard term for a metric, a setting's path or an axis, unit included; an unknown name with its
 * underscores as spaces and a capital. NULL without memory. */
const char *bsn_label_of(bsn_arena *arena, const char *name);

/* Text in which nothing is markup to gnuplot. NULL without memory. */
char *bsn_label_escape(bsn_arena *arena, const char *text);

/* About how wide UTF-8 text is in a sans-serif font, in widths of a digit. */
double bsn_label_width(const char *text);

/* Replace column 0, cells as JSON, by names; the order of the rows stays.
 * Factors that have one value in all cells are left out, as is the path `without` (may be NULL). Where nothing is left the
 * name is "all trials". A cell may begin with "study": its name goes before names that cells of other studies have, too, and stands
 * for "all trials". Fails on text that is no JSON object, naming it. */
bool bsn_label_cells(bsn_table_result *table, const char *without, bsn_error *error);

#endif
