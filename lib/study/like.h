/* like.h: conventions by name: `like: torch | tf1 | lecture`, at top level or inside one row, expanded to plain settings.
 *
 *     tree = bsn_like_expand(arena, tree, faults);       // no `like` is left in it
 *
 * A convention fills in what the file does not say itself. One inside a row is for that row alone, and there hides the one
 * at top level. The table is at the top of like.c.
 */
#ifndef BSN_STUDY_LIKE_H
#define BSN_STUDY_LIKE_H

#include "base/value.h"

/* tree with every `like` replaced by the settings it stands for; an unknown one is a fault and stands for nothing. NULL
 * without memory (noted in faults). */
bsn_value *bsn_like_expand(bsn_arena *arena, bsn_value *tree, bsn_faults *faults);

#endif
