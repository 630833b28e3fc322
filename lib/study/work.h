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
  size_t room; /* bytes of a state that a finished fit may leave to longer ones (study/continuing.h); 0: leaves none */
  double toil; /* seconds that a fit must have taken to leave its state */
  size_t unit; /* number of the one at work (set by bsn_work_run) */
  const char *checkpoint; /* name of the only fit's; NULL: one that is swept away when the unit has its record */
  bool again; /* the trial is done, only its probes are wanted: fits record nothing else (set by bsn_work_run) */
  const bsn_trial *trial;
  bsn_arena source_arena; /* of what was read from files, kept while trials name the same ones */
  char source_key[33];
  bsn_loaded source;
  bsn_arena data_arena; /* of what is cut from that, kept while trials share it */
  char data_key[33];
  bsn_loaded data;
  bsn_arena arena;                  /* of this trial's views and units */
  bsn_view train, validation, test; /* after the split of data.validation; .n 0: none */
};

/* Get ready for trial. False: the data cannot be had. */
bool bsn_work_open(bsn_work *work, const bsn_trial *trial, bsn_error *error);

/* The key of a unit of trial: the trial's own for kind "trial"; that of its probe number index for kind "probe". */
void bsn_unit_key(const bsn_trial *trial, const char *kind, size_t index, char key[33]);

/* Units are numbered: first the fits of the protocol (folds, members, or the only one), which may run at the same time and in
 * any order; then the reduction of several fits to the trial's record; last the probes, all in one unit. The only fit of
 * a trial computes the probes on its way and puts their records before its own; the probes' unit is for those that are missing
 * when the trial is done: from saved weights if the sink has them, else by training again to the same bits. */
size_t bsn_work_units(const bsn_trial *trial);

/* The units to start now, into unit[bsn_work_units(trial)]: those whose records sink does not have, and whose needs it has.
 * tried[u]: unit u was run before by this caller (a failed one is not run twice); the rest of the trial is known only when all
 * that were started are back:
 *
 *     while ((n = bsn_work_missing(&trial, sink, tried, unit)))
 *       for each of the n: tried[unit[i]] = true, bsn_work_run(&work, unit[i], error);
 */
size_t bsn_work_missing(const bsn_trial *trial, bsn_sink *sink, const bool *tried, size_t *unit);

/* Do one unit. Its records are put into the sink (several for a fit with probes, and for the probes), with outcome failed when
 * they could not be computed. The reduction gets the units' records from the sink, the probes' unit the trial's. False: paused
 * (BSN_PAUSED), or the sink failed. */
bool bsn_work_run(bsn_work *work, size_t unit, bsn_error *error);

/* Does a unit that is a fit (or begins with one) go on from where a shorter trial ended? Then *grads are the gradient evaluations,
 * in units of the training set, that the shorter one made, and that are not made again. */
bool bsn_work_continues(const bsn_trial *trial, size_t unit, bsn_sink *sink, double *grads);

/* Of a finished trial that lacks probes: will their unit find all the weights that it needs in sink? Else it trains again. */
bool bsn_work_probes_saved(const bsn_trial *trial, bsn_sink *sink);

/* Record that a unit failed that nobody could finish; the (last) record put is in *record, in arena. False: the sink failed. */
bool bsn_work_give_up(const bsn_trial *trial, size_t unit, const char *why, bsn_sink *sink, bsn_arena *arena,
                      bsn_record *record, bsn_error *error);

/* For protocols: train spec on rows to the end (from its checkpoint on, else from where a shorter trial ended); record becomes its record, and fit stays usable
 * until the work's arena is freed. Test rows are watched, not seen: metrics of `test` are recorded under test_. */
bool bsn_work_fit(bsn_work *work, const bsn_fit_spec *spec, const bsn_fit_rows *rows, const bsn_view *test,
                  bsn_fit *fit, bsn_record *record, bsn_error *error);

/* For protocols: minimise the trial's surface to the end, in the same way; record becomes its record. */
bool bsn_work_minimise(bsn_work *work, bsn_record *record, bsn_error *error);

/* Forget data and trial. */
void bsn_work_close(bsn_work *work);

#endif
