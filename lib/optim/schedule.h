/* schedule.h: how the learning rate changes while training.
 *
 *     double lr = base_lr * bsn_schedule_factor(&s, &progress);
 *
 * A schedule is a factor on the configured learning rate as a function of where training is; `plateau` also looks at a
 * metric. PyTorch's names and forms hold where it has the schedule. Rows are at the bottom of schedule.c.
 */
#ifndef BSN_OPTIM_SCHEDULE_H
#define BSN_OPTIM_SCHEDULE_H

#include "base/row.h"

/* Where training is, before a step. */
typedef struct bsn_progress {
  int64_t step;           /* steps done */
  int64_t steps;          /* of the whole run */
  double steps_per_epoch; /* above 0, may be fractional; 1 where there are no epochs */
} bsn_progress;

enum { BSN_SCHEDULE_NUMBERS = 4 };

typedef struct bsn_schedule_state {
  const struct bsn_schedule *type;
  const void *config;
  double number[BSN_SCHEDULE_NUMBERS]; /* what a row remembers, zeroed at the start; saved in checkpoints */
} bsn_schedule_state;

typedef struct bsn_schedule {
  bsn_row row;
  double (*factor)(const bsn_schedule_state *s, const bsn_progress *p);
  /* Told the watched metric after each evaluation; NULL: does not look. */
  void (*watch)(bsn_schedule_state *s, double metric);
  /* The name of the metric that watch wants ("validation_loss"); NULL: none. */
  const char *(*metric)(const void *config);
  /* Whether the factor depends on p->steps, so that more epochs change earlier steps; NULL: it does not. */
  bool (*needs_length)(const void *config);
} bsn_schedule;

extern const bsn_table bsn_schedules;

/* The metric that a schedule watches; NULL: none. */
const char *bsn_schedule_metric(const bsn_schedule *type, const void *config);

/* Tell the schedule the watched metric; a nan counts as no progress. Does nothing when it watches none. */
void bsn_schedule_watch(bsn_schedule_state *s, double metric);

/* Whether factors depend on the length of the run. */
bool bsn_schedule_needs_length(const bsn_schedule *type, const void *config);

/* The factor for the coming step; 1 when s has no type. */
double bsn_schedule_factor(const bsn_schedule_state *s, const bsn_progress *p);

#endif
