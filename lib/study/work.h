/* work.h: what doing a trial's units needs: its data, split as its settings say, and a place to tell.
 *
 *     bsn_work work = {.sink = sink};
 *     if (!bsn_work_open(&work, &trial, error)) return false;       // loads the data unless the last trial had the same
 *     ok = bsn_work_run(&work, unit, error);                        // one unit: its record goes to the sink
 *     bsn_work_close(&work);
 */
#ifndef BSN_STUDY_WORK_H
#define BSN_STUDY_WORK_H

#include "study/protocol.h"

/* Asked between steps: why should the work pause? */
typedef enum bsn_pause { BSN_GO_ON, BSN_CHECKPOINT, BSN_PAUSE } bsn_pause;

struct bsn_work {
  bsn_sink *sink;
  /* Asked after each step, which it is told. NULL: never pauses. CHECKPOINT: keep the state and go on; PAUSE: keep it and stop */
  bsn_pause (*ask)(void *context, int64_t step, int64_t steps);
  void *context;
  const bsn_trial *trial;
  bsn_arena data_arena;            /* of loaded data, kept while trials share it */
  char data_key[33];
  bsn_loaded data;
  bsn_arena arena;                 /* of this trial's views and units */
  bsn_view train, validation, test; /* after the split of data.validation; .n 0: none */
};

/* Get ready for trial. False: the data cannot be had. */
bool bsn_work_open(bsn_work *work, const bsn_trial *trial, bsn_error *error);

/* The key of a unit of trial: the trial's own for kind "trial". */
void bsn_unit_key(const bsn_trial *trial, const char *kind, size_t index, char key[33]);

/* How many units the trial has, and do one of them; the reduction, when there is one, is unit number `units`. The record is
 * put into the sink, with outcome failed when it could not be computed. False: paused (BSN_PAUSED), or the sink failed. */
size_t bsn_work_units(const bsn_trial *trial);
bool bsn_work_run(bsn_work *work, size_t unit, bsn_error *error);

/* The key of unit number `unit` as bsn_work_run counts them. */
void bsn_work_key(const bsn_trial *trial, size_t unit, char key[33]);

/* Record that a unit failed that nobody could finish. False: the sink failed. */
bool bsn_work_give_up(const bsn_trial *trial, size_t unit, const char *why, bsn_sink *sink, bsn_error *error);

/* For protocols: train spec on rows to the end (or from its checkpoint on); record becomes its record, and fit stays usable
 * until the work's arena is freed. Test rows are watched, not seen: metrics of `test` are recorded under test_. */
bool bsn_work_fit(bsn_work *work, const bsn_fit_spec *spec, const bsn_fit_rows *rows, const bsn_view *test, bsn_fit *fit,
                  bsn_record *record, bsn_error *error);

/* Forget data and trial. */
void bsn_work_close(bsn_work *work);

#endif
