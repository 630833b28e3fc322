#include "optim/schedule.h"

static double constant_factor(const bsn_schedule_state *s, const bsn_progress *p) { return (void)s, (void)p, 1; }

double bsn_schedule_factor(const bsn_schedule_state *s, const bsn_progress *p) {
  return s->type ? s->type->factor(s, p) : 1;
}

static const bsn_schedule rows[] = {
    {{"constant", "The learning rate never changes.", "1", NULL, NULL, 0}, constant_factor},
    {.row = {NULL}},
};

const bsn_table bsn_schedules = {
    .kind = "schedule",
    .row_size = sizeof(bsn_schedule),
    .families = (const void *const[]){rows, NULL},
};
