/* parts.h: what the files that make a study out of text share among themselves; nothing of this is for others. */
#ifndef BSN_STUDY_PARTS_H
#define BSN_STUDY_PARTS_H

#include "study/study.h"

/* Keys at top level that are no rows. */
typedef struct bsn_header {
  const char *study, *about, *source, *precision;
  bsn_moment save;
  bool peek;
} bsn_header;
extern const bsn_param bsn_header_params[];
extern const char *const bsn_known_keys[]; /* the other keys at top level, NULL-ended */

/* trial.c: read tree as a trial (its replicate and start are set), all settings, keys included. False with faults. */
bool bsn_trial_read(bsn_reader *reader, const bsn_value *tree, const char *const *folders, bsn_trial *trial);

/* set.c: tree with "path=value" put in: a path that `vary` or `tune` names becomes that single value. NULL with faults. */
bsn_value *bsn_tree_set(bsn_arena *arena, bsn_value *tree, const char *text, bsn_faults *faults);

/* check.c: does every decision of the trial watch what it may, and what is there? False with faults. */
bool bsn_check_decisions(bsn_faults *faults, const bsn_value *tree, const bsn_trial *trial);

/* The same for one metric that `who`, written at mark, decides by. */
bool bsn_check_metric(bsn_faults *faults, bsn_mark mark, const char *who, const char *metric, const bsn_trial *trial);

/* Resolve every cell and candidate once: all that is wrong with any of them, cells that are equal, and which cell each starts from
 * (into study->source). False with faults. */
bool bsn_check_cells(bsn_study *study, bsn_faults *faults);

/* tune.c: read the value of `tune` (NULL: none). False with faults. */
bool bsn_tune_read(bsn_study *study, const bsn_value *value, bsn_faults *faults);

/* Where trial number i of a tuned study is, and its tree and what it notes. */
void bsn_tune_place(const bsn_study *study, size_t i, bsn_coordinates *at);
bsn_value *bsn_tune_cell(const bsn_study *study, const bsn_coordinates *at, bsn_arena *arena, bsn_value *tree,
                         bsn_trial *trial, bsn_faults *faults);
bool bsn_tune_note(const bsn_study *study, const bsn_coordinates *at, bsn_trial *trial, bsn_reader *reader);

#endif
