/* traits.h: what a trial is called at a path: its setting, the name of the row there, its label in the cell.
 *
 *     bsn_traits t;
 *     if (!bsn_traits_of(&t, &trial, arena)) return no_memory;
 *     if (bsn_traits_are(&t, "optimizer", "adam")) ...
 */
#ifndef BSN_STUDY_TRAITS_H
#define BSN_STUDY_TRAITS_H

#include "study/study.h"

typedef struct bsn_traits {
  const bsn_trial *trial;
  const bsn_value *cell; /* its varied factors */
} bsn_traits;

/* The traits of a trial, which must live as long. False without memory. */
bool bsn_traits_of(bsn_traits *traits, const bsn_trial *trial, bsn_arena *arena);

/* Is the setting at path (or the name of the row there, or the cell's label, or for path `replicate` the replicate) this value?
 * Numbers may be written in any way, and rounded to four digits or more (stats/rule.h). */
bool bsn_traits_are(const bsn_traits *traits, const char *path, const char *value);

/* The label in the cell at path, else the setting, else the row's name; NULL when there is nothing at path. */
const char *bsn_traits_at(const bsn_traits *traits, const char *path);

#endif
