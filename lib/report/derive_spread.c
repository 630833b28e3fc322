/* How values spread: bands of quantiles, distributions, boxes. */
#include "report/derive_parts.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- quantiles ---- */

typedef struct bands {
  size_t key, ny, y[BSN_MOST_Y]; /* columns of the table that is read */
  double lo, hi;                 /* the quantiles of the band */
  double *work;
} bands;

static bool band_columns(const bands *b, const bsn_table_result *in, bsn_table_result *out, bsn_error *error) {
  const char **name = bsn_alloc_in(in->arena, (in->columns + 3 * b->ny + 1) * sizeof *name);
  if (!name) return bsn_no_memory(error);
  size_t n = 0;
  for (; n < in->columns; n++) name[n] = in->name[n];
  static const char *const tail[] = {"lo", "hi", "bad"};
  for (size_t i = 0; i < 3 * b->ny; i++) {
    name[n] = bsn_text_in(in->arena, "%s_%s", in->name[b->y[i / 3]], tail[i % 3]);
    if (!name[n++]) return bsn_no_memory(error);
  }
  name[n++] = "n";
  return bsn_result_init(out, in->arena, n, name) || bsn_no_memory(error);
}

/* Median, band and number of infinite values of one y over rows i..j. */
static void band_of(const bands *b, const bsn_order *o, size_t i, size_t j, size_t which, bsn_cell *to) {
  size_t n = bsn_order_numbers(o, i, j, b->y[which], b->work), bad = 0;
  for (size_t k = 0; k < n; k++) bad += isinf(b->work[k]) != 0;
  bsn_cell *extra = to + o->table->columns + 3 * which;
  to[b->y[which]] = bsn_number(n ? bsn_sorted_quantile(b->work, n, 0.5) : NAN);
  extra[0] = bsn_number(n ? bsn_sorted_quantile(b->work, n, b->lo) : NAN);
  extra[1] = bsn_number(n ? bsn_sorted_quantile(b->work, n, b->hi) : NAN);
  extra[2] = bsn_number((double)bad);
}

static bool band_row(const bands *b, const bsn_order *o, size_t i, size_t j, bsn_table_result *out, bsn_error *error) {
  bsn_cell *to;
  BSN_TRY(bsn_copy_row(o->table, o->row[i], out, &to, error));
  for (size_t c = 1; c < o->table->columns; c++) {
    if (c == b->key || bsn_among(c, b->y, b->ny)) continue;
    size_t n = bsn_order_numbers(o, i, j, c, b->work);
    if (n) to[c] = bsn_number(bsn_sorted_quantile(b->work, n, 0.5));
  }
  for (size_t k = 0; k < b->ny; k++) band_of(b, o, i, j, k, to);
  to[out->columns - 1] = bsn_number((double)(j - i));
  return true;
}

static bool run_quantiles(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                          bsn_error *error) {
  bands b = {.ny = n - 1, .lo = 0.1, .hi = 0.9};
  bsn_order o;
  BSN_TRY(bsn_need_column(in, arg[0], &b.key, error));
  BSN_TRY(bsn_need_columns(in, n - 1, arg + 1, b.y, error));
  BSN_TRY(bsn_order_rows(&o, in, b.key, 0, error));
  BSN_TRY(band_columns(&b, in, out, error));
  b.work = bsn_alloc_in(in->arena, (in->rows + 1) * sizeof *b.work);
  if (!b.work) return bsn_no_memory(error);
  for (size_t i = 0, j; i < in->rows; i = j) {
    j = bsn_run_end(&o, i);
    BSN_TRY(band_row(&b, &o, i, j, out, error));
  }
  return true;
}

/* ---- density ---- */

enum { DENSITY_POINTS = 128 };

/* Silverman's rule of thumb (1986, equation 3.31). */
static double bandwidth(const double *x, size_t n) {
  double mean = 0, square = 0;
  for (size_t i = 0; i < n; i++) mean += x[i] / (double)n;
  for (size_t i = 0; i < n; i++) square += (x[i] - mean) * (x[i] - mean);
  double sd = sqrt(square / (double)(n - 1));
  double spread = (bsn_sorted_quantile(x, n, 0.75) - bsn_sorted_quantile(x, n, 0.25)) / 1.34;
  return 0.9 * (spread > 0 && spread < sd ? spread : sd) * pow((double)n, -0.2);
}

static double kernel_sum(const double *x, size_t n, double at, double h) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += exp(-0.5 * (x[i] - at) * (x[i] - at) / (h * h));
  return sum / ((double)n * h * sqrt(2 * M_PI));
}

/* A series with fewer than 3 numbers, or with equal ones, has no density: it gives no rows. */
static bool density_series(const bsn_order *o, size_t i, size_t j, size_t y, bsn_table_result *out, bsn_error *error) {
  double *x = bsn_alloc_in(out->arena, (j - i) * sizeof *x);
  if (!x) return bsn_no_memory(error);
  size_t n = bsn_order_numbers(o, i, j, y, x);
  while (n && isinf(x[n - 1])) n--;
  while (n && isinf(x[0])) x++, n--;
  double h = n > 2 ? bandwidth(x, n) : 0;
  for (size_t k = 0; h > 0 && k < DENSITY_POINTS; k++) {
    double at = x[0] - 3 * h + (x[n - 1] - x[0] + 6 * h) * (double)k / (DENSITY_POINTS - 1);
    bsn_cell *to = bsn_result_row(out);
    if (!to) return bsn_no_memory(error);
    to[0] = *bsn_result_at(o->table, o->row[i], 0);
    to[1] = bsn_number(at);
    to[2] = bsn_number(kernel_sum(x, n, at, h));
  }
  return true;
}

static bool run_density(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                        bsn_error *error) {
  size_t y;
  (void)n;
  BSN_TRY(bsn_need_column(in, arg[0], &y, error));
  if (!bsn_result_init(out, in->arena, 3, (const char *const[]){in->name[0], arg[0], "density"}))
    return bsn_no_memory(error);
  return bsn_each_series(in, y, out, density_series, error);
}

/* ---- box: what a box plot shows, the same in every row of a series ---- */

/* Whiskers end at the farthest points within 1.5 box lengths of the box (Tukey 1977). */
static void box_of(const double *x, size_t n, double *box) {
  double q1 = bsn_sorted_quantile(x, n, 0.25), q3 = bsn_sorted_quantile(x, n, 0.75);
  size_t lo = 0, hi = n - 1;
  while (x[lo] < q1 - 1.5 * (q3 - q1)) lo++;
  while (x[hi] > q3 + 1.5 * (q3 - q1)) hi--;
  const double all[] = {x[lo], q1, bsn_sorted_quantile(x, n, 0.5), q3, x[hi]};
  memcpy(box, all, sizeof all);
}

static bool box_series(const bsn_order *o, size_t i, size_t j, size_t y, bsn_table_result *out, bsn_error *error) {
  double box[5] = {NAN, NAN, NAN, NAN, NAN}, *x = bsn_alloc_in(out->arena, (j - i) * sizeof *x);
  if (!x) return bsn_no_memory(error);
  size_t n = bsn_order_numbers(o, i, j, y, x), columns = o->table->columns, bad = j - i - n;
  for (size_t k = 0; k < n; k++) bad += isinf(x[k]) != 0;
  if (n) box_of(x, n, box);
  for (size_t k = i; k < j; k++) {
    bsn_cell *to;
    BSN_TRY(bsn_copy_row(o->table, o->row[k], out, &to, error));
    for (size_t c = 0; c < 5; c++) to[columns + c] = bsn_number(box[c]);
    to[columns + 5] = bsn_number((double)bad);
    to[columns + 6] = bsn_number((double)(j - i));
  }
  return true;
}

static bool run_box(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out, bsn_error *error) {
  static const char *const tails[] = {"lo", "q1", "median", "q3", "hi", "bad", "of", NULL};
  size_t y;
  (void)n;
  BSN_TRY(bsn_need_column(in, arg[0], &y, error));
  BSN_TRY(bsn_add_columns(in, arg[0], tails, out, error));
  return bsn_each_series(in, y, out, box_series, error);
}

// clang-format off
const bsn_derive bsn_spread_derives[] = {
  {"quantiles", "X Y [Y..]",    "Median, 10 % and 90 % quantile of each Y over the rows with equal series and X: Y, Y_lo, Y_hi, Y_bad (how many are infinite), n.", 2, 1 + BSN_MOST_Y, run_quantiles},
  {"density",   "Y",            "Gaussian kernel density of Y for each series, with Silverman's bandwidth: Y, density.", 1, 1, run_density},
  {"box",       "Y",            "Adds to each row what a box plot of its series shows: Y_lo, Y_q1, Y_median, Y_q3, Y_hi, Y_bad (how many Y are not finite), Y_of (of how many).", 1, 1, run_box},
  {0}};
// clang-format on
