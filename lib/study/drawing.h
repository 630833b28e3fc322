/* drawing.h: which charts a study wants.
 *
 *     charts: [convergence, {lr-sensitivity: {metric: test_loss}}]
 *
 * The names and parameters are those of the chart's own file, which this layer does not know: whoever draws checks them.
 */
#ifndef BSN_STUDY_DRAWING_H
#define BSN_STUDY_DRAWING_H

#include "base/value.h"

typedef struct bsn_drawing {
  const char *chart; /* "convergence" */
  size_t n;          /* parameters that are not the chart's defaults */
  const char **name, **value;
  bsn_mark mark;
} bsn_drawing;

typedef struct bsn_drawings {
  size_t n;
  bsn_drawing *item;
} bsn_drawings;

/* Read the value of `charts:` (NULL: none). False with faults. */
bool bsn_drawings_read(bsn_drawings *out, bsn_arena *arena, const bsn_value *value, bsn_faults *faults);

#endif
