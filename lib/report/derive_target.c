/* How long each run took to reach a target, and which one that is. */
#include "report/derive_parts.h"
#include "report/summary.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct hunt {
  const bsn_table_result *in;
  size_t run, x, y, block, ended; /* columns */
  double sign;                    /* -1 where large values are good: all is then done with -y */
  double target, tolerance;       /* target nan: by block */
} hunt;

static double value_at(const hunt *h, size_t row) { return h->sign * bsn_result_number(h->in, row, h->y); }

static bool same_block(const hunt *h, size_t a, size_t b) {
  return !strcmp(bsn_result_at(h->in, a, h->block)->text, bsn_result_at(h->in, b, h->block)->text);
}

/* The target of a row's block: the best value that any of its runs reached, and a part of the way back to where the runs
 * began (More and Wild 2009, equation 2.2, the mean start for f(x0)). end: the largest x. */
static double target_of(const hunt *h, size_t row, double *end) {
  double best = INFINITY, start = 0, first = INFINITY, n = 0;
  *end = -INFINITY;
  for (size_t i = 0; i < h->in->rows; i++) {
    if (!same_block(h, row, i)) continue;
    double x = bsn_result_number(h->in, i, h->x), y = value_at(h, i);
    first = fmin(first, x);
    *end = fmax(*end, x);
    if (isfinite(y)) best = fmin(best, y);
  }
  for (size_t i = 0; i < h->in->rows; i++) {
    double y = value_at(h, i);
    if (!same_block(h, row, i) || bsn_result_number(h->in, i, h->x) != first || !isfinite(y)) continue;
    start += y;
    n++;
  }
  return isnan(h->target) ? best + h->tolerance * (start / n - best) : h->sign * h->target;
}

/* One run, rows i .. j of the order by run and x. */
static bool put_run(const hunt *h, const bsn_order *o, size_t i, size_t j, bsn_table_result *out, bsn_error *error) {
  double end, target = target_of(h, o->row[i], &end), time = NAN;
  for (size_t k = i; k < j && isnan(time); k++)
    if (value_at(h, o->row[k]) <= target) time = bsn_result_number(h->in, o->row[k], h->x);
  bool seen = !isnan(time);
  double last = bsn_result_number(h->in, o->row[j - 1], h->x);
  /* Who ended by itself or diverged will not reach it later on; who ran out of budget might have. */
  if (!seen) time = bsn_result_number(h->in, o->row[i], h->ended) != 0 ? end : last;
  bsn_cell *to;
  size_t columns = h->in->columns;
  BSN_TRY(bsn_copy_row(h->in, o->row[j - 1], out, &to, error));
  to[columns] = bsn_number(time);
  to[columns + 1] = bsn_number(seen);
  to[columns + 2] = bsn_number(seen ? time : INFINITY);
  to[columns + 3] = bsn_number(h->sign * target);
  to[columns + 4] = bsn_number(end);
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
  BSN_TRY(bsn_need_column(in, arg[2], &h.y, error) && bsn_need_column(in, "block", &h.block, error));
  BSN_TRY(bsn_need_column(in, "ended", &h.ended, error) && read_target(&h, arg[4], arg[5], error));
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
