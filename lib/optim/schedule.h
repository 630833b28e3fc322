/* schedule.h: how the learning rate changes while training.
 *
 *     double lr = base_lr * bsn_schedule_factor(&s, &progress);
 *
 * A schedule is a factor on the configured learning rate as a function of where training is; `plateau` also looks at a
 * metric. Rows are at the bottom of schedule.c.
 */
#ifndef BSN_OPTIM_SCHEDULE_H
#define BSN_OPTIM_SCHEDULE_H

#include "base/row.h"

/* Where training is, before a step. */
typedef struct bsn_progress {
  int64_t step;           /* steps done */
  int64_t steps;          /* of the whole run */
  double steps_per_epoch; /* may be fractional */
} bsn_progress;

enum { BSN_SCHEDULE_NUMBERS = 4 };

typedef struct bsn_schedule_state {
  const struct bsn_schedule *type;
  const void *config;
  double number[BSN_SCHEDULE_NUMBERS]; /* what a row remembers; saved in checkpoints */
} bsn_schedule_state;

typedef struct bsn_schedule {
  bsn_row row;
  double (*factor)(const bsn_schedule_state *s, const bsn_progress *p);
  /* Told the watched metric after each evaluation; NULL: does not look. */
  void (*watch)(bsn_schedule_state *s, double metric);
  /* The name of the metric that watch wants ("validation_loss"); NULL: none. */
  const char *(*metric)(const void *config);
  bool needs_length; /* the factor depends on p->steps: more epochs change earlier steps */
} bsn_schedule;

extern const bsn_table bsn_schedules;

/* The factor for the coming step; 1 when s has no type. */
double bsn_schedule_factor(const bsn_schedule_state *s, const bsn_progress *p);

#endif
