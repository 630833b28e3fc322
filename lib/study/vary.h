/* vary.h: what `vary:` makes of a file: the list of cells.
 *
 *     bsn_vary vary;
 *     if (!bsn_vary_read(&vary, arena, tree, faults)) ...
 *     for (size_t c = 0; c < vary.ncells; c++) tree = bsn_vary_cell(&vary, c, arena, &cell, faults);
 *
 * A mapping is the product of its factors, the last one running fastest; a list of mappings is their union. A factor is a list
 * of values, {log: [a, b], points: n}, {range: [a, b]}, or {random: n, log: [a, b]} or {random: n, range: [a, b]}: all random
 * factors of a mapping are drawn together, draw j of path p being a function of (p, j).
 */
#ifndef BSN_STUDY_VARY_H
#define BSN_STUDY_VARY_H

#include "base/value.h"

typedef struct bsn_factor {
  const char *path; /* "train.batch" */
  size_t n;
  bsn_value **value;
  const char **json; /* each value as the cell shows it: a number, true, false, or a quoted label */
  bool random;       /* runs together with the other random factors */
} bsn_factor;

typedef struct bsn_grid {         /* one mapping */
  size_t nfactors, ncells, first; /* first: number of its first cell */
  bsn_factor *factor;
} bsn_grid;

typedef struct bsn_vary {
  size_t ngrids, ncells;
  bsn_grid *grid;
} bsn_vary;

/* Read the value of `vary` (NULL: one cell without factors); base is the tree that the cells are made of. False with
 * faults. */
bool bsn_vary_read(bsn_vary *vary, bsn_arena *arena, const bsn_value *value, const bsn_value *base, bsn_faults *faults);

/* May cells differ at this path? False with a fault at mark for what is the same in all trials. */
bool bsn_path_varies(const char *path, bsn_mark mark, bsn_faults *faults);

/* The order of factors: later must not replace what earlier sets, nor set what a value of earlier sets itself. False with a fault
 * at mark. */
bool bsn_factors_fit(const bsn_factor *earlier, const bsn_factor *later, bsn_mark mark, bsn_faults *faults);

/* tree with the values of cell c put at their paths, its rows in their long form; *json becomes {"path": value, ..} in the
 * order of the file. NULL with a fault, or without memory (noted in faults). */
bsn_value *bsn_vary_cell(const bsn_vary *vary, size_t c, bsn_arena *arena, const bsn_value *tree, const char **json,
                         bsn_faults *faults);

#endif
