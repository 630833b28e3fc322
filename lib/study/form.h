/* form.h: where the rows of tables stand in a study's tree.
 *
 *     tree = bsn_tree_long(arena, tree);          // optimizer: {sgd: 0.1} is {name: sgd, lr: 0.1} now
 *     tree = bsn_tree_edit(&edit, tree);          // the same, and edit.edit sees every row
 *
 * Paths such as optimizer.lr lead into rows, so rows must have their long form before anything is put at a path.
 */
#ifndef BSN_STUDY_FORM_H
#define BSN_STUDY_FORM_H

#include "base/row.h"

/* Keys that every model takes besides its own: init, weights. Defined beside their reader. */
extern const bsn_param bsn_model_extra[];

/* Keys that every row of this kind takes besides its own, where it stands at top level; NULL: none. */
const bsn_param *bsn_extra_params(const char *kind);

/* tree with every row in its long form, edited. `train`, which is no row, is shown to edit as one of a table of that kind. NULL
 * without memory, or when edit said so. */
bsn_value *bsn_tree_edit(const bsn_edit *edit, bsn_value *tree);

/* Without an edit. NULL without memory. */
bsn_value *bsn_tree_long(bsn_arena *arena, bsn_value *tree);

/* tree with value at path, its rows in their long form. NULL with a fault, or without memory (noted in faults). */
bsn_value *bsn_tree_put(bsn_arena *arena, const bsn_value *tree, const char *path, bsn_value *value,
                        bsn_faults *faults);

#endif
