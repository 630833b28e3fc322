/* How long each run took to reach a target, and which one that is. */
#include "report/derive_parts.h"
#include "stats/metric.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the runs of one block did. */
typedef struct race {
  double best, start, n; /* the best value; sum and number of those that the runs began with */
  double first, end;     /* the smallest and the largest x */
} race;

typedef struct hunt {
  const bsn_table_result *in;
  size_t run, x, y, ended;  /* columns */
  double sign;              /* -1 where large values are good: all is then done with -y */
  double target, tolerance; /* target nan: by block */
  size_t *block;            /* of each row */
  race *race;               /* of each block */
} hunt;

static double value_at(const hunt *h, size_t row) { return h->sign * bsn_result_number(h->in, row, h->y); }

static bool watch(hunt *h, bsn_error *error) {
  size_t blocks;
  BSN_TRY(bsn_number_texts(h->in, "block", &h->block, &blocks, error));
  if (!(h->race = bsn_alloc_in(h->in->arena, (blocks + 1) * sizeof *h->race))) return bsn_no_memory(error);
  for (size_t b = 0; b < blocks; b++) h->race[b] = (race){.best = INFINITY, .first = INFINITY, .end = -INFINITY};
  for (size_t i = 0; i < h->in->rows; i++) {
    race *r = &h->race[h->block[i]];
    double x = bsn_result_number(h->in, i, h->x), y = value_at(h, i);
    r->first = fmin(r->first, x);
    r->end = fmax(r->end, x);
    if (isfinite(y)) r->best = fmin(r->best, y);
  }
  for (size_t i = 0; i < h->in->rows; i++) {
    race *r = &h->race[h->block[i]];
    double y = value_at(h, i);
    if (bsn_result_number(h->in, i, h->x) != r->first || !isfinite(y)) continue;
    r->start += y;
    r->n++;
  }
  return true;
}

/* The best value that any run of the block reached, and a part of the way back to where its runs began (More and Wild 2009,
 * equation 2.2, the mean start for f(x0)). */
static double target_of(const hunt *h, const race *r) {
  return isnan(h->target) ? r->best + h->tolerance * (r->start / r->n - r->best) : h->sign * h->target;
}

/* One run, rows i .. j of the order by run and x. */
static bool put_run(const hunt *h, const bsn_order *o, size_t i, size_t j, bsn_table_result *out, bsn_error *error) {
  const race *r = &h->race[h->block[o->row[i]]];
  double target = target_of(h, r), time = NAN;
  for (size_t k = i; k < j && isnan(time); k++)
    if (value_at(h, o->row[k]) <= target) time = bsn_result_number(h->in, o->row[k], h->x);
  bool seen = !isnan(time);
  double last = bsn_result_number(h->in, o->row[j - 1], h->x);
  /* Who ended by itself or diverged will not reach it later on; who ran out of budget might have. */
  if (!seen) time = bsn_result_number(h->in, o->row[i], h->ended) != 0 ? r->end : last;
  bsn_cell *to;
  size_t columns = h->in->columns;
  BSN_TRY(bsn_copy_row(h->in, o->row[j - 1], out, &to, error));
  to[columns] = bsn_number(time);
  to[columns + 1] = bsn_number(seen);
  to[columns + 2] = bsn_number(seen ? time : INFINITY);
  to[columns + 3] = bsn_number(h->sign * target);
  to[columns + 4] = bsn_number(r->end);
  return true;
}

static bool read_target(hunt *h, const char *target, const char *tolerance, bsn_error *error) {
  char *rest;
  h->target = strcmp(target, "auto") ? strtod(target, &rest) : NAN;
  if (strcmp(target, "auto") && *rest)
    return bsn_fail(error, BSN_BAD_INPUT, "target \"%s\" is no number, nor auto", target);
  h->tolerance = strtod(tolerance, &rest);
  if (*rest || !(h->tolerance >= 0 && h->tolerance < 1))
    return bsn_fail(error, BSN_BAD_INPUT, "tolerance \"%s\" is no number from 0 to below 1", tolerance);
  return true;
}

static bool run_target(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                       bsn_error *error) {
  static const char *const tails[] = {"time", "seen", "cost", "target", "end", NULL};
  hunt h = {.in = in, .sign = bsn_metric_sense(arg[3]) > 0 ? -1 : 1};
  bsn_order o;
  bsn_table_result made;
  (void)n;
  BSN_TRY(bsn_need_column(in, arg[0], &h.run, error) && bsn_need_column(in, arg[1], &h.x, error));
  BSN_TRY(bsn_need_column(in, arg[2], &h.y, error));
  BSN_TRY(bsn_need_column(in, "ended", &h.ended, error) && read_target(&h, arg[4], arg[5], error) && watch(&h, error));
  BSN_TRY(bsn_order_rows(&o, in, h.run, h.x, error) && bsn_add_columns(in, NULL, tails, &made, error));
  for (size_t i = 0, j; i < in->rows; i = j) {
    j = bsn_run_end(&o, i);
    BSN_TRY(put_run(&h, &o, i, j, &made, error));
  }
  *out = made;
  return true;
}

// clang-format off
const bsn_derive bsn_target_derives[] = {
  {"target", "RUN X Y METRIC TARGET TOLERANCE", "Makes one row of each RUN: time (the first X at which Y is as good as the target, or where it ended), seen (1 if it got there), cost (time, inf if not), target, end; TARGET auto is the best Y of the block and TOLERANCE of the way back to its start.", 6, 6, run_target},
  {0}};
// clang-format on
