/* Which rows a chart sees, how they are called and in which order. */
#include "report/derive_parts.h"
#include "report/label.h"
#include "stats/metric.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- label ---- */

static bool run_label(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out, bsn_error *error) {
  *out = *in;
  return bsn_label_cells(out, n ? arg[0] : NULL, error);
}

/* ---- worst: a value that is no number is the worst that there is ---- */

static bool run_worst(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out, bsn_error *error) {
  size_t column;
  BSN_TRY(bsn_need_column(in, arg[0], &column, error));
  double worst = n > 1 && bsn_metric_sense(arg[1]) > 0 ? -INFINITY : INFINITY;
  if (!bsn_result_init(out, in->arena, in->columns, in->name)) return bsn_no_memory(error);
  for (size_t row = 0; row < in->rows; row++) {
    bsn_cell *to;
    BSN_TRY(bsn_copy_row(in, row, out, &to, error));
    if (!isfinite(bsn_result_number(in, row, column))) to[column] = bsn_number(worst);
  }
  return true;
}

/* ---- finite: nothing to draw is said in words, not with an empty frame ---- */

static bool run_finite(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                       bsn_error *error) {
  size_t column[BSN_MOST_Y];
  bool found = false;
  BSN_TRY(bsn_need_columns(in, n, arg, column, error));
  for (size_t row = 0; row < in->rows && !found; row++)
    for (size_t k = 0; k < n; k++) found |= isfinite(bsn_result_number(in, row, column[k])) != 0;
  *out = *in;
  if (!found) out->rows = 0;
  return true;
}

/* ---- carry: a replicate that ended early keeps its last value, so that a median is always over all of them ---- */

typedef struct carrier {
  size_t step, ny;
  const size_t *y;
} carrier;

/* A copy of the row at a later step: numbers other than the Ys are not known there. */
static bool carry_one(const carrier *c, const bsn_table_result *in, size_t row, const bsn_cell *at,
                      bsn_table_result *out, bsn_error *error) {
  bsn_cell *to;
  BSN_TRY(bsn_copy_row(in, row, out, &to, error));
  for (size_t i = 1; i < in->columns; i++)
    if (!bsn_among(i, c->y, c->ny) && to[i].kind == BSN_CELL_NUMBER) to[i] = (bsn_cell){0};
  to[c->step] = *at;
  return true;
}

/* Later steps of the series, after the last row of one replicate. */
static bool carry_rest(const carrier *c, const bsn_order *steps, size_t last, bsn_table_result *out, bsn_error *error) {
  const bsn_table_result *in = steps->table;
  double end = bsn_result_number(in, last, c->step);
  for (size_t i = 0, j; i < in->rows; i = j) {
    j = bsn_run_end(steps, i);
    size_t row = steps->row[i];
    if (steps->series.of[row] != steps->series.of[last] || !(bsn_result_number(in, row, c->step) > end)) continue;
    BSN_TRY(carry_one(c, in, last, bsn_result_at(in, row, c->step), out, error));
  }
  return true;
}

static bool run_carry(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out, bsn_error *error) {
  size_t column[2 + BSN_MOST_Y];
  BSN_TRY(bsn_need_columns(in, n, arg, column, error));
  carrier c = {.step = column[1], .ny = n - 2, .y = column + 2};
  bsn_order runs, steps;
  BSN_TRY(bsn_order_rows(&runs, in, column[0], column[1], error));
  BSN_TRY(bsn_order_rows(&steps, in, column[1], 0, error));
  if (!bsn_result_init(out, in->arena, in->columns, in->name)) return bsn_no_memory(error);
  for (size_t i = 0, j; i < in->rows; i = j) {
    j = bsn_run_end(&runs, i);
    bsn_cell *to;
    for (size_t k = i; k < j; k++) BSN_TRY(bsn_copy_row(in, runs.row[k], out, &to, error));
    BSN_TRY(carry_rest(&c, &steps, runs.row[j - 1], out, error));
  }
  return true;
}

/* ---- by-median: series in the order of their medians ---- */

typedef struct middle {
  double median;
  size_t series;
} middle;

static int compare_ranks(const void *first, const void *second) {
  const middle *a = first, *b = second;
  int by = bsn_by_number(&a->median, &b->median);
  return by ? by : a->series < b->series ? -1 : 1;
}

static bool rank_series(const bsn_order *o, size_t y, middle *ranks, bsn_error *error) {
  double *work = bsn_alloc_in(o->table->arena, (o->table->rows + 1) * sizeof *work);
  if (!work) return bsn_no_memory(error);
  for (size_t i = 0, j; i < o->table->rows; i = j) {
    size_t series = o->series.of[o->row[i]], n = bsn_order_numbers(o, i, j = bsn_series_end(o, i), y, work);
    ranks[series] = (middle){n ? bsn_sorted_quantile(work, n, 0.5) : INFINITY, series};
  }
  qsort(ranks, o->series.n, sizeof *ranks, compare_ranks);
  return true;
}

/* Best first: the smallest, or for a metric like accuracy the largest. */
static bool run_by_median(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                          bsn_error *error) {
  size_t y;
  bsn_order o;
  BSN_TRY(bsn_need_column(in, arg[0], &y, error));
  BSN_TRY(bsn_order_rows(&o, in, y, 0, error));
  middle *ranks = bsn_alloc_in(in->arena, (o.series.n + 1) * sizeof *ranks);
  if (!ranks) return bsn_no_memory(error);
  BSN_TRY(rank_series(&o, y, ranks, error));
  if (!bsn_result_init(out, in->arena, in->columns, in->name)) return bsn_no_memory(error);
  bool down = n > 1 && bsn_metric_sense(arg[1]) > 0, as_is = n > 2 && !strcmp(arg[2], "file");
  for (size_t i = 0; i < o.series.n; i++)
    for (size_t k = 0, series = as_is ? i : ranks[down ? o.series.n - 1 - i : i].series; k < in->rows; k++) {
      bsn_cell *to;
      if (o.series.of[o.row[k]] == series) BSN_TRY(bsn_copy_row(in, o.row[k], out, &to, error));
    }
  return true;
}

/* ---- pick: a few of the values of a column, evenly spread by rank, first and last among them ---- */

static bool picked(size_t i, size_t n, size_t k) {
  for (size_t j = 0; j < k; j++)
    if (k < 2 ? i == n - 1 : i == (j * (n - 1) + (k - 1) / 2) / (k - 1)) return true;
  return false;
}

/* The chosen rows of one series, rows i..end of the order, which have `runs` values. */
static bool pick_series(const bsn_order *o, size_t i, size_t end, size_t runs, size_t count, bsn_table_result *out,
                        bsn_error *error) {
  size_t rank = 0;
  for (size_t j, run = 0; i < end; i = j, run++) {
    j = bsn_run_end(o, i);
    if (runs > count && !picked(run, runs, count)) continue;
    for (size_t row = i; row < j; row++) {
      bsn_cell *to;
      BSN_TRY(bsn_copy_row(o->table, o->row[row], out, &to, error));
      to[out->columns - 1] = bsn_number((double)rank);
    }
    rank++;
  }
  return true;
}

static bool run_pick(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out, bsn_error *error) {
  size_t column, count = strtoul(arg[1], NULL, 10);
  bsn_order o;
  (void)n;
  if (!count) return bsn_fail(error, BSN_BAD_INPUT, "\"%s\" is no count", arg[1]);
  BSN_TRY(bsn_need_column(in, arg[0], &column, error));
  BSN_TRY(bsn_order_rows(&o, in, column, 0, error));
  BSN_TRY(bsn_add_columns(in, arg[0], (const char *const[]){"rank", NULL}, out, error));
  for (size_t i = 0, end; i < in->rows; i = end) {
    size_t runs = 0;
    end = bsn_series_end(&o, i);
    for (size_t run = i; run < end; run = bsn_run_end(&o, run)) runs++;
    BSN_TRY(pick_series(&o, i, end, runs, count, out, error));
  }
  return true;
}

/* ---- reaches ---- */

static bool run_reaches(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                        bsn_error *error) {
  size_t column;
  bool found = false;
  (void)n;
  BSN_TRY(bsn_need_column(in, arg[0], &column, error));
  for (size_t row = 0; row < in->rows && !found; row++)
    found = bsn_result_number(in, row, column) >= strtod(arg[1], NULL);
  *out = *in;
  if (!found) out->rows = 0;
  return true;
}

/* ---- staircase: a function that jumps, as a line can draw it ---- */

typedef struct stairs {
  size_t x, ny;
  const size_t *y;
  double start, end;
} stairs;

/* A copy of a row at another x, with the Ys of `before` (SIZE_MAX: 0). */
static bool add_step(const stairs *s, const bsn_order *o, size_t row, double x, size_t before, bsn_table_result *out,
                     bsn_error *error) {
  bsn_cell *to;
  BSN_TRY(bsn_copy_row(o->table, row, out, &to, error));
  to[s->x] = bsn_number(x);
  for (size_t k = 0; k < s->ny; k++)
    to[s->y[k]] = before == SIZE_MAX ? bsn_number(0) : *bsn_result_at(o->table, before, s->y[k]);
  return true;
}

/* The steps of one series, rows i..j of the order. Rows without a finite x only say that it ends lower. */
static bool put_stairs(const stairs *s, const bsn_order *o, size_t i, size_t j, bsn_table_result *out,
                       bsn_error *error) {
  size_t before = SIZE_MAX;
  BSN_TRY(add_step(s, o, o->row[i], s->start, before, out, error));
  for (size_t k = i; k < j; k++) {
    double x = bsn_result_number(o->table, o->row[k], s->x);
    if (!isfinite(x)) continue;
    BSN_TRY(add_step(s, o, o->row[k], x, before, out, error));
    before = o->row[k];
    BSN_TRY(add_step(s, o, before, x, before, out, error));
  }
  return add_step(s, o, o->row[i], s->end, before, out, error);
}

static bool run_staircase(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                          bsn_error *error) {
  size_t last, y[BSN_MOST_Y];
  bsn_order o;
  bsn_table_result made;
  stairs s = {.ny = n - 3, .y = y, .start = strtod(arg[2], NULL), .end = -INFINITY};
  BSN_TRY(bsn_need_column(in, arg[0], &s.x, error) && bsn_need_column(in, arg[1], &last, error));
  BSN_TRY(bsn_need_columns(in, n - 3, arg + 3, y, error) && bsn_order_rows(&o, in, s.x, 0, error));
  if (!bsn_result_init(&made, in->arena, in->columns, in->name)) return bsn_no_memory(error);
  for (size_t row = 0; row < in->rows; row++) {
    double x = bsn_result_number(in, row, last);
    if (isfinite(x)) s.end = fmax(s.end, x);
  }
  for (size_t i = 0, j; isfinite(s.end) && i < in->rows; i = j) {
    j = bsn_series_end(&o, i);
    BSN_TRY(put_stairs(&s, &o, i, j, &made, error));
  }
  *out = made;
  return true;
}

// clang-format off
const bsn_derive bsn_row_derives[] = {
  {"label",     "[PATH]",       "Turns cells (JSON) into names of series, without the factor PATH.", 0, 1, run_label},
  {"worst",     "Y [METRIC]",   "Makes nan and infinite Y the worst value: +inf, or -inf for a metric that should be large.", 1, 2, run_worst},
  {"finite",    "Y..",          "Keeps all rows when there is a finite Y, else none, so that the chart says that it is empty.", 1, BSN_MOST_Y, run_finite},
  {"carry",     "RUN STEP Y..", "Repeats the last Y of each RUN at the later steps of its series.", 3, 2 + BSN_MOST_Y, run_carry},
  {"by-median", "Y [METRIC [ORDER]]", "Orders the series by their median Y, best first; where ORDER is file, leaves them as they are.", 1, 3, run_by_median},
  {"pick",      "X COUNT",      "Keeps the rows of COUNT values of X per series, evenly spread, first and last among them; X_rank counts them from 0.", 2, 2, run_pick},
  {"reaches",   "X LEAST",      "Keeps all rows when the largest X is at least LEAST, else none, so that the chart says that it is empty.", 2, 2, run_reaches},
  {"staircase", "X LAST START Y..", "Makes steps of each series, sorted by X: from 0 at START, two rows at each X, up to the largest finite LAST of all.", 4, 3 + BSN_MOST_Y, run_staircase},
  {0}};
// clang-format on
