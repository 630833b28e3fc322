/* protocol.h: how a trial is cut into units of work, and put together again.
 *
 *     size_t n = protocol->units(&trial);
 *     for each unit u: protocol->run(&work, u, &record, error);          // in a worker, in any order, resumable
 *     protocol->reduce(&work, &record, error);                           // when all are in the sink
 *
 * A unit is a fold, an ensemble's member, or the one fit of a hold-out. It has its own key and its own record. Rows are at the
 * bottom of protocol.c.
 */
#ifndef BSN_STUDY_PROTOCOL_H
#define BSN_STUDY_PROTOCOL_H

#include "study/study.h"

/* What a unit works with: the trial, its loaded data, and whom to tell. Made by study/work.h. */
typedef struct bsn_work bsn_work;

/* One fit: of what, on which rows, watched by which test rows (NULL: none). */
typedef struct bsn_fit_task {
  const bsn_fit_spec *spec;
  const bsn_fit_rows *rows;
  const bsn_view *test;
} bsn_fit_task;

typedef struct bsn_protocol {
  bsn_row row;
  const char *unit_kind; /* "fold" */
  /* How many units; 1 with unit_kind "trial": the only unit's record is the trial's. */
  size_t (*units)(const bsn_trial *trial);
  bool (*run)(bsn_work *work, size_t unit, bsn_record *record, bsn_error *error);
  /* The trial's record from those of its units (work->sink has them). NULL: the only unit is the trial. */
  bool (*reduce)(bsn_work *work, bsn_record *record, bsn_error *error);
  /* What the protocol becomes with an ensemble around the model: itself when its units loop over members on their own. NULL:
   * the two do not go together. */
  const struct bsn_protocol *ensemble;
  /* Do the trial's settings suit its rows? Asked before anything runs. NULL: always. */
  bool (*suits)(const bsn_work *work, bsn_error *error);
  bool surface; /* minimises an objective without data; all others but these fit a model to data */
  bool alone;   /* is all there is to the study: no data, no model, no objective, no seeds */
  /* What a unit fits, where a trial is one unit, which does nothing but a fit whose record is the trial's. NULL: it does more. */
  bool (*task)(bsn_work *work, size_t unit, bsn_fit_task *task, bsn_error *error);
} bsn_protocol;

/* The trial's protocol, as its ensemble wants it. */
const bsn_protocol *bsn_protocol_of(const bsn_trial *trial);

extern const bsn_table bsn_protocols;

#endif
