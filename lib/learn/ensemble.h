/* ensemble.h: many fits that answer together.
 *
 *     ensemble: {name: bagging, members: 10}
 *
 *     for each member m: if (!bsn_ensemble_member(&spec, &rows, &ensemble, m, arena, &its_spec, &its_rows, error)) ..;
 *                        train its_spec on its_rows, predict
 *     for each member m: bsn_votes_add(&votes, z_m);        // z_m[n][outputs]
 *     bsn_votes_outputs(&votes, z);                         // what the ensemble says, as outputs of the same meaning
 *
 * Members have the same settings and seeds, and streams of their own: "member.3" is put before every name, so they start
 * from different weights and see their rows in different orders. Rows are at the bottom of ensemble.c.
 */
#ifndef BSN_LEARN_ENSEMBLE_H
#define BSN_LEARN_ENSEMBLE_H

#include "learn/fit.h"

typedef struct bsn_ensemble {
  bsn_row row;
  size_t (*members)(const void *config);
  /* The training rows of member m, drawn from those of the whole; out: those it does not see. */
  bool (*draw)(const void *config, const bsn_view *train, uint64_t seed_split, size_t m, bsn_arena *arena, bsn_view *in,
               bsn_view *out, bsn_error *error);
} bsn_ensemble;

extern const bsn_table bsn_ensembles;

size_t bsn_ensemble_members(const bsn_choice *ensemble);

/* The spec and rows of member m of an ensemble of spec on rows; their transform is still to be fitted. */
bool bsn_ensemble_member(const bsn_fit_spec *spec, const bsn_fit_rows *rows, const bsn_choice *ensemble, size_t m,
                         bsn_arena *arena, bsn_fit_spec *its_spec, bsn_fit_rows *its_rows, bsn_error *error);

/* Which rows of train member m has not seen: unseen[train->n]. */
bool bsn_ensemble_unseen(const bsn_fit_spec *spec, const bsn_view *train, const bsn_choice *ensemble, size_t m,
                         bool *unseen, bsn_error *error);

/* Answers to n rows that are being averaged: probabilities where the loss gives outputs that meaning (softmax for
 * cross-entropy, sigmoid for binary cross-entropy, on classes), else the outputs themselves. */
typedef struct bsn_votes {
  const bsn_loss *loss;
  bool classes;
  size_t n, outputs;
  double *sum;   /* [n][outputs] */
  size_t *count; /* [n] */
} bsn_votes;

bool bsn_votes_init(bsn_votes *votes, const bsn_choice *loss, const bsn_view *view, bsn_arena *arena, bsn_error *error);

/* Add one member's outputs z[n][outputs] for the rows where[i] (NULL: all). */
void bsn_votes_add(bsn_votes *votes, const bsn_real *z, const bool *where);

/* The averages as outputs that mean the same as a net's: z = log p, or log(p / (1 - p)), for averaged probabilities. Rows
 * without a vote get zeros. */
void bsn_votes_outputs(const bsn_votes *votes, bsn_real *z);

#endif
