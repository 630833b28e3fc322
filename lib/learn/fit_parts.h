/* fit_parts.h: what the files of a fit share (fit.c: the loop; fit_init.c, fit_rows.c, fit_measure.c), and stack.c, which leads several
 * of them; nobody else includes it. */
#ifndef BSN_LEARN_FIT_PARTS_H
#define BSN_LEARN_FIT_PARTS_H

#include "learn/fit.h"
#include "learn/objective.h"

/* The most that `steps` may be. */
enum { BSN_DECADES = 15 };
static const int64_t bsn_longest = 1000000000000000; /* 10^BSN_DECADES */

/* What can be made again from spec, rows and step, and so is in no checkpoint but for evaluated and before. */
typedef struct bsn_fit_work {
  bsn_evaluator *evaluator;
  bsn_real *z, *loss; /* of all rows of the larger view */
  size_t batch;
  size_t *order;   /* of the epoch, or the rows of one batch */
  int64_t ordered; /* the epoch that order holds; -1: none */
  int64_t next_eval, next_loss, *next_look;
  int64_t evaluated; /* last step with an evaluation; -1: none */
  bsn_view sample;   /* training rows of evaluations between start and end */
  bool sampled;      /* the last evaluation was of fewer than all training rows */
  double before;     /* seconds of earlier processes */
  double since;      /* clock at the start of this one */
} bsn_fit_work;

/* When the next evaluation, batch loss and looks are due, from the step that the fit is at. */
void bsn_fit_calendar(bsn_fit *fit);

/* Choose work->sample. */
bool bsn_fit_sample(bsn_fit *fit, bsn_error *error);

/* A step (bsn_fit_step) of a fit that is not over, in its parts: what comes before the first one; the update; what is due behind
 * it. */
bool bsn_fit_start(bsn_fit *fit, bsn_error *error);
bool bsn_fit_update(bsn_fit *fit, bsn_error *error);
bool bsn_fit_settle(bsn_fit *fit, bsn_error *error);

/* Will start, settle, or the end of a fit that is over, measure metrics at the weights as they are now? */
bool bsn_fit_will_measure(const bsn_fit *fit);

/* sum and what rows from .. from + count - 1 of a view add to it, weighted as it says: their losses; 1 for each that z has right. */
double bsn_sum_losses(const bsn_view *view, size_t from, size_t count, const bsn_real *loss, double sum);
double bsn_sum_right(const bsn_view *view, size_t from, size_t count, const bsn_real *z, size_t outputs, double sum);

/* Record a metric of this name behind the prefix. */
bool bsn_fit_note(bsn_record *record, int64_t step, const char *prefix, const char *name, double value,
                  bsn_error *error);

#endif
