#include "report/derive.h"
#include "report/label.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- helpers ---- */

enum { MAX_Y = 6 }; /* columns that one derive works on */

static bool need_column(const bsn_table_result *in, const char *name, size_t *column, bsn_error *error) {
  *column = bsn_result_column(in, name);
  if (*column != SIZE_MAX) return true;
  return bsn_fail(error, BSN_BAD_INPUT, "the query has no column \"%s\"", name);
}

static bool need_columns(const bsn_table_result *in, size_t n, char *const *names, size_t *columns, bsn_error *error) {
  for (size_t i = 0; i < n; i++) BSN_TRY(need_column(in, names[i], &columns[i], error));
  return true;
}

static int compare_numbers(const void *first, const void *second) {
  double a = *(const double *)first, b = *(const double *)second;
  if (isnan(a) || isnan(b)) return (isnan(a) != 0) - (isnan(b) != 0);
  return (a > b) - (a < b);
}

double bsn_sorted_quantile(const double *sorted, size_t n, double p) {
  double at = (double)(n - 1) * p;
  size_t below = (size_t)floor(at);
  double lo = sorted[below], hi = sorted[below + 1 < n ? below + 1 : below], part = at - (double)below;
  return lo == hi || part == 0 ? lo : lo + part * (hi - lo); /* inf - inf would be nan */
}

/* The rows of a table sorted by series and then by one column; rows that are equal stay in order. */
typedef struct order {
  const bsn_table_result *table;
  bsn_series series;
  size_t key, second;
  size_t *row;
} order;

static int compare_cells(const bsn_cell *a, const bsn_cell *b) {
  if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
  if (a->kind == BSN_CELL_TEXT) return strcmp(a->text, b->text);
  return compare_numbers(&a->number, &b->number);
}

static int compare_rows(const void *first, const void *second, void *context) {
  const order *o = context;
  size_t a = *(const size_t *)first, b = *(const size_t *)second, sa = o->series.of[a], sb = o->series.of[b];
  if (sa != sb) return sa < sb ? -1 : 1;
  int by_key = compare_cells(bsn_result_at(o->table, a, o->key), bsn_result_at(o->table, b, o->key));
  if (!by_key && o->second)
    by_key = compare_cells(bsn_result_at(o->table, a, o->second), bsn_result_at(o->table, b, o->second));
  return by_key ? by_key : a < b ? -1 : 1;
}

static bool sort_rows(order *o, const bsn_table_result *table, size_t key, size_t second, bsn_error *error) {
  *o = (order){.table = table, .key = key, .second = second};
  BSN_TRY(bsn_series_of(table, &o->series, error));
  o->row = bsn_alloc_in(table->arena, table->rows * sizeof *o->row);
  if (!o->row) return bsn_no_memory(error);
  for (size_t i = 0; i < table->rows; i++) o->row[i] = i;
  qsort_r(o->row, table->rows, sizeof *o->row, compare_rows, o);
  return true;
}

/* The end of the run of rows from i on that have one series and one key. */
static size_t run_end(const order *o, size_t i) {
  size_t j = i + 1;
  while (j < o->table->rows && o->series.of[o->row[j]] == o->series.of[o->row[i]] &&
         !compare_cells(bsn_result_at(o->table, o->row[i], o->key), bsn_result_at(o->table, o->row[j], o->key)))
    j++;
  return j;
}

/* The numbers of a column in rows i..j, sorted; nan is left out. Returns how many. */
static size_t gather(const order *o, size_t i, size_t j, size_t column, double *out) {
  size_t n = 0;
  for (; i < j; i++) {
    double x = bsn_result_number(o->table, o->row[i], column);
    if (!isnan(x)) out[n++] = x;
  }
  qsort(out, n, sizeof *out, compare_numbers);
  return n;
}

static bool copy_row(const bsn_table_result *in, size_t row, bsn_table_result *out, bsn_cell **to, bsn_error *error) {
  *to = bsn_result_row(out);
  if (!*to) return bsn_no_memory(error);
  memcpy(*to, bsn_result_at(in, row, 0), in->columns * sizeof **to);
  return true;
}

/* ---- label ---- */

static bool run_label(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out, bsn_error *error) {
  *out = *in;
  return bsn_label_cells(out, n ? arg[0] : NULL, error);
}

/* ---- worst: a value that is no number is the worst that there is ---- */

static bool more_is_better(const char *metric) {
  static const char *const tail[] = {"accuracy", "r2", "auc", "likelihood"};
  size_t length = strlen(metric);
  for (size_t i = 0; i < sizeof tail / sizeof *tail; i++) {
    size_t n = strlen(tail[i]);
    if (length >= n && !strcmp(metric + length - n, tail[i])) return true;
  }
  return false;
}

static bool run_worst(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out, bsn_error *error) {
  size_t column;
  BSN_TRY(need_column(in, arg[0], &column, error));
  double worst = n > 1 && more_is_better(arg[1]) ? -INFINITY : INFINITY;
  if (!bsn_result_init(out, in->arena, in->columns, in->name)) return bsn_no_memory(error);
  for (size_t row = 0; row < in->rows; row++) {
    bsn_cell *to;
    BSN_TRY(copy_row(in, row, out, &to, error));
    if (!isfinite(bsn_result_number(in, row, column))) to[column] = bsn_number(worst);
  }
  return true;
}

/* ---- finite: nothing to draw is said in words, not with an empty frame ---- */

static bool run_finite(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                       bsn_error *error) {
  size_t column[MAX_Y];
  bool found = false;
  BSN_TRY(need_columns(in, n, arg, column, error));
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

static bool among(size_t column, const size_t *columns, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (columns[i] == column) return true;
  return false;
}

/* A copy of the row at a later step: numbers other than the Ys are not known there. */
static bool carry_one(const carrier *c, const bsn_table_result *in, size_t row, const bsn_cell *at,
                      bsn_table_result *out, bsn_error *error) {
  bsn_cell *to;
  BSN_TRY(copy_row(in, row, out, &to, error));
  for (size_t i = 1; i < in->columns; i++)
    if (!among(i, c->y, c->ny) && to[i].kind == BSN_CELL_NUMBER) to[i] = (bsn_cell){0};
  to[c->step] = *at;
  return true;
}

/* Later steps of the series, after the last row of one replicate. */
static bool carry_rest(const carrier *c, const order *steps, size_t last, bsn_table_result *out, bsn_error *error) {
  const bsn_table_result *in = steps->table;
  double end = bsn_result_number(in, last, c->step);
  for (size_t i = 0, j; i < in->rows; i = j) {
    j = run_end(steps, i);
    size_t row = steps->row[i];
    if (steps->series.of[row] != steps->series.of[last] || !(bsn_result_number(in, row, c->step) > end)) continue;
    BSN_TRY(carry_one(c, in, last, bsn_result_at(in, row, c->step), out, error));
  }
  return true;
}

static bool run_carry(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out, bsn_error *error) {
  size_t column[2 + MAX_Y];
  BSN_TRY(need_columns(in, n, arg, column, error));
  carrier c = {.step = column[1], .ny = n - 2, .y = column + 2};
  order runs, steps;
  BSN_TRY(sort_rows(&runs, in, column[0], column[1], error));
  BSN_TRY(sort_rows(&steps, in, column[1], 0, error));
  if (!bsn_result_init(out, in->arena, in->columns, in->name)) return bsn_no_memory(error);
  for (size_t i = 0, j; i < in->rows; i = j) {
    j = run_end(&runs, i);
    bsn_cell *to;
    for (size_t k = i; k < j; k++) BSN_TRY(copy_row(in, runs.row[k], out, &to, error));
    BSN_TRY(carry_rest(&c, &steps, runs.row[j - 1], out, error));
  }
  return true;
}

/* ---- quantiles ---- */

typedef struct bands {
  size_t key, ny, y[MAX_Y]; /* columns of the table that is read */
  double lo, hi;            /* the quantiles of the band */
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
static void band_of(const bands *b, const order *o, size_t i, size_t j, size_t which, bsn_cell *to) {
  size_t n = gather(o, i, j, b->y[which], b->work), bad = 0;
  for (size_t k = 0; k < n; k++) bad += isinf(b->work[k]) != 0;
  bsn_cell *extra = to + o->table->columns + 3 * which;
  to[b->y[which]] = bsn_number(n ? bsn_sorted_quantile(b->work, n, 0.5) : NAN);
  extra[0] = bsn_number(n ? bsn_sorted_quantile(b->work, n, b->lo) : NAN);
  extra[1] = bsn_number(n ? bsn_sorted_quantile(b->work, n, b->hi) : NAN);
  extra[2] = bsn_number((double)bad);
}

static bool band_row(const bands *b, const order *o, size_t i, size_t j, bsn_table_result *out, bsn_error *error) {
  bsn_cell *to;
  BSN_TRY(copy_row(o->table, o->row[i], out, &to, error));
  for (size_t c = 1; c < o->table->columns; c++) {
    if (c == b->key || among(c, b->y, b->ny)) continue;
    size_t n = gather(o, i, j, c, b->work);
    if (n) to[c] = bsn_number(bsn_sorted_quantile(b->work, n, 0.5));
  }
  for (size_t k = 0; k < b->ny; k++) band_of(b, o, i, j, k, to);
  to[out->columns - 1] = bsn_number((double)(j - i));
  return true;
}

static bool run_quantiles(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                          bsn_error *error) {
  bands b = {.ny = n - 1, .lo = 0.1, .hi = 0.9};
  order o;
  BSN_TRY(need_column(in, arg[0], &b.key, error));
  BSN_TRY(need_columns(in, n - 1, arg + 1, b.y, error));
  BSN_TRY(sort_rows(&o, in, b.key, 0, error));
  BSN_TRY(band_columns(&b, in, out, error));
  b.work = bsn_alloc_in(in->arena, (in->rows + 1) * sizeof *b.work);
  if (!b.work) return bsn_no_memory(error);
  for (size_t i = 0, j; i < in->rows; i = j) {
    j = run_end(&o, i);
    BSN_TRY(band_row(&b, &o, i, j, out, error));
  }
  return true;
}

/* ---- ecdf, density ---- */

/* Calls each(o, i, j, ..) with the rows of each series. */
typedef bool per_series(const order *o, size_t i, size_t j, size_t y, bsn_table_result *out, bsn_error *error);

static bool each_series(const bsn_table_result *in, size_t y, bsn_table_result *out, per_series *each,
                        bsn_error *error) {
  order o;
  BSN_TRY(sort_rows(&o, in, y, 0, error));
  for (size_t i = 0, j; i < in->rows; i = j) {
    for (j = i + 1; j < in->rows && o.series.of[o.row[j]] == o.series.of[o.row[i]];) j++;
    BSN_TRY(each(&o, i, j, y, out, error));
  }
  return true;
}

/* Values that are no numbers count as later than all others. */
static bool ecdf_series(const order *o, size_t i, size_t j, size_t y, bsn_table_result *out, bsn_error *error) {
  size_t below = 0;
  for (size_t k = i; k < j; k++) {
    double x = bsn_result_number(o->table, o->row[k], y);
    bsn_cell *to;
    if (!isfinite(x) && !(x < 0)) continue;
    below++;
    BSN_TRY(copy_row(o->table, o->row[k], out, &to, error));
    to[out->columns - 1] = bsn_number((double)below / (double)(j - i));
  }
  return true;
}

/* A table like in with more columns: STEM_TAIL for each tail, or the tails alone without a stem. */
static bool add_columns(const bsn_table_result *in, const char *stem, const char *const *tails, bsn_table_result *out,
                        bsn_error *error) {
  const char *names[64];
  size_t n = 0;
  for (; n < in->columns && n < 48; n++) names[n] = in->name[n];
  if (n < in->columns) return bsn_fail(error, BSN_BAD_INPUT, "the query has more than 48 columns");
  for (; *tails; tails++) {
    names[n] = stem ? bsn_text_in(in->arena, "%s_%s", stem, *tails) : *tails;
    if (!names[n++]) return bsn_no_memory(error);
  }
  return bsn_result_init(out, in->arena, n, names) || bsn_no_memory(error);
}

static bool run_ecdf(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out, bsn_error *error) {
  size_t y;
  (void)n;
  BSN_TRY(need_column(in, arg[0], &y, error));
  BSN_TRY(add_columns(in, NULL, (const char *const[]){"share", NULL}, out, error));
  return each_series(in, y, out, ecdf_series, error);
}

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
static bool density_series(const order *o, size_t i, size_t j, size_t y, bsn_table_result *out, bsn_error *error) {
  double *x = bsn_alloc_in(out->arena, (j - i) * sizeof *x);
  if (!x) return bsn_no_memory(error);
  size_t n = gather(o, i, j, y, x);
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
  BSN_TRY(need_column(in, arg[0], &y, error));
  if (!bsn_result_init(out, in->arena, 3, (const char *const[]){in->name[0], arg[0], "density"}))
    return bsn_no_memory(error);
  return each_series(in, y, out, density_series, error);
}

/* ---- by-median: series in the order of their medians ---- */

typedef struct middle {
  double median;
  size_t series;
} middle;

static int compare_ranks(const void *first, const void *second) {
  const middle *a = first, *b = second;
  int by = compare_numbers(&a->median, &b->median);
  return by ? by : a->series < b->series ? -1 : 1;
}

static bool rank_series(const order *o, size_t y, middle *ranks, bsn_error *error) {
  double *work = bsn_alloc_in(o->table->arena, (o->table->rows + 1) * sizeof *work);
  if (!work) return bsn_no_memory(error);
  for (size_t i = 0, j; i < o->table->rows; i = j) {
    size_t series = o->series.of[o->row[i]];
    for (j = i + 1; j < o->table->rows && o->series.of[o->row[j]] == series;) j++;
    size_t n = gather(o, i, j, y, work);
    ranks[series] = (middle){n ? bsn_sorted_quantile(work, n, 0.5) : INFINITY, series};
  }
  qsort(ranks, o->series.n, sizeof *ranks, compare_ranks);
  return true;
}

/* Best first: the smallest, or for a metric like accuracy the largest. */
static bool run_by_median(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                          bsn_error *error) {
  size_t y;
  order o;
  BSN_TRY(need_column(in, arg[0], &y, error));
  BSN_TRY(sort_rows(&o, in, y, 0, error));
  middle *ranks = bsn_alloc_in(in->arena, (o.series.n + 1) * sizeof *ranks);
  if (!ranks) return bsn_no_memory(error);
  BSN_TRY(rank_series(&o, y, ranks, error));
  if (!bsn_result_init(out, in->arena, in->columns, in->name)) return bsn_no_memory(error);
  bool down = n > 1 && more_is_better(arg[1]), as_is = n > 2 && !strcmp(arg[2], "file");
  for (size_t i = 0; i < o.series.n; i++)
    for (size_t k = 0, series = as_is ? i : ranks[down ? o.series.n - 1 - i : i].series; k < in->rows; k++) {
      bsn_cell *to;
      if (o.series.of[o.row[k]] == series) BSN_TRY(copy_row(in, o.row[k], out, &to, error));
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
static bool pick_series(const order *o, size_t i, size_t end, size_t runs, size_t count, bsn_table_result *out,
                        bsn_error *error) {
  size_t rank = 0;
  for (size_t j, run = 0; i < end; i = j, run++) {
    j = run_end(o, i);
    if (runs > count && !picked(run, runs, count)) continue;
    for (size_t row = i; row < j; row++) {
      bsn_cell *to;
      BSN_TRY(copy_row(o->table, o->row[row], out, &to, error));
      to[out->columns - 1] = bsn_number((double)rank);
    }
    rank++;
  }
  return true;
}

static bool run_pick(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out, bsn_error *error) {
  size_t column, count = strtoul(arg[1], NULL, 10);
  order o;
  (void)n;
  if (!count) return bsn_fail(error, BSN_BAD_INPUT, "\"%s\" is no count", arg[1]);
  BSN_TRY(need_column(in, arg[0], &column, error));
  BSN_TRY(sort_rows(&o, in, column, 0, error));
  BSN_TRY(add_columns(in, arg[0], (const char *const[]){"rank", NULL}, out, error));
  for (size_t i = 0, end; i < in->rows; i = end) {
    size_t runs = 0, series = o.series.of[o.row[i]];
    for (end = i; end < in->rows && o.series.of[o.row[end]] == series; end = run_end(&o, end)) runs++;
    BSN_TRY(pick_series(&o, i, end, runs, count, out, error));
  }
  return true;
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

static bool box_series(const order *o, size_t i, size_t j, size_t y, bsn_table_result *out, bsn_error *error) {
  double box[5] = {NAN, NAN, NAN, NAN, NAN}, *x = bsn_alloc_in(out->arena, (j - i) * sizeof *x);
  if (!x) return bsn_no_memory(error);
  size_t n = gather(o, i, j, y, x), columns = o->table->columns, bad = j - i - n;
  for (size_t k = 0; k < n; k++) bad += isinf(x[k]) != 0;
  if (n) box_of(x, n, box);
  for (size_t k = i; k < j; k++) {
    bsn_cell *to;
    BSN_TRY(copy_row(o->table, o->row[k], out, &to, error));
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
  BSN_TRY(need_column(in, arg[0], &y, error));
  BSN_TRY(add_columns(in, arg[0], tails, out, error));
  return each_series(in, y, out, box_series, error);
}

/* ---- unfold: recorded arrays become rows ---- */

static double entry(const void *bytes, char dtype, size_t i) {
  const char *at = bytes;
  float f;
  double d;
  int32_t n;
  switch (dtype) { /* blobs have no alignment */
  case 'f':
    return memcpy(&f, at + i * sizeof f, sizeof f), f;
  case 'd':
    return memcpy(&d, at + i * sizeof d, sizeof d), d;
  case 'i':
    return memcpy(&n, at + i * sizeof n, sizeof n), n;
  default:
    return (unsigned char)at[i];
  }
}

static size_t entry_size(char dtype) {
  return dtype == 'f' || dtype == 'i' ? 4 : dtype == 'd' ? 8 : dtype == 'b' ? 1 : 0;
}

/* The dtype and length of an array of one row; arrays of a row must be equally long. */
static bool array_of(const bsn_table_result *in, size_t row, const char *name, size_t column, char *dtype, size_t *n,
                     bsn_error *error) {
  size_t type_column;
  const char *type_name = bsn_text_in(in->arena, "%s_dtype", name);
  if (!type_name) return bsn_no_memory(error);
  BSN_TRY(need_column(in, type_name, &type_column, error));
  const bsn_cell *type = bsn_result_at(in, row, type_column), *blob = bsn_result_at(in, row, column);
  *dtype = type->kind == BSN_CELL_TEXT ? type->text[0] : 0;
  size_t size = entry_size(*dtype);
  if (!size || blob->kind != BSN_CELL_BYTES || blob->size % size)
    return bsn_fail(error, BSN_BAD_INPUT, "array \"%s\": %zu bytes of dtype \"%c\" are no array", name, blob->size,
                    *dtype ? *dtype : '?');
  if (*n != SIZE_MAX && *n != blob->size / size)
    return bsn_fail(error, BSN_BAD_INPUT, "array \"%s\" has %zu entries, another of its row %zu", name,
                    blob->size / size, *n);
  *n = blob->size / size;
  return true;
}

static bool unfold_row(const bsn_table_result *in, size_t row, size_t n, char *const *arg, const size_t *column,
                       bsn_table_result *out, bsn_error *error) {
  char dtype[MAX_Y];
  size_t entries = SIZE_MAX;
  for (size_t k = 0; k < n; k++) BSN_TRY(array_of(in, row, arg[k], column[k], &dtype[k], &entries, error));
  for (size_t i = 0; i < entries; i++) {
    bsn_cell *to;
    BSN_TRY(copy_row(in, row, out, &to, error));
    for (size_t k = 0; k < n; k++) to[column[k]] = bsn_number(entry(to[column[k]].bytes, dtype[k], i));
  }
  return true;
}

static bool run_unfold(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                       bsn_error *error) {
  size_t column[MAX_Y];
  BSN_TRY(need_columns(in, n, arg, column, error));
  if (!bsn_result_init(out, in->arena, in->columns, in->name)) return bsn_no_memory(error);
  for (size_t row = 0; row < in->rows; row++) BSN_TRY(unfold_row(in, row, n, arg, column, out, error));
  return true;
}

// clang-format off
const bsn_derive bsn_derive_rows[] = {
  {"label",     "[PATH]",       "Turns cells (JSON) into names of series, without the factor PATH.", 0, 1, run_label},
  {"worst",     "Y [METRIC]",   "Makes nan and infinite Y the worst value: +inf, or -inf for a metric that should be large.", 1, 2, run_worst},
  {"finite",    "Y..",          "Keeps all rows when there is a finite Y, else none, so that the chart says that it is empty.", 1, MAX_Y, run_finite},
  {"carry",     "RUN STEP Y..", "Repeats the last Y of each RUN at the later steps of its series.", 3, 2 + MAX_Y, run_carry},
  {"quantiles", "X Y [Y..]",    "Median, 10 % and 90 % quantile of each Y over the rows with equal series and X: Y, Y_lo, Y_hi, Y_bad (how many are infinite), n.", 2, 1 + MAX_Y, run_quantiles},
  {"ecdf",      "Y",            "Sorts each series by Y and adds share, the part of its rows with at most that Y.", 1, 1, run_ecdf},
  {"density",   "Y",            "Gaussian kernel density of Y for each series, with Silverman's bandwidth: Y, density.", 1, 1, run_density},
  {"by-median", "Y [METRIC [ORDER]]", "Orders the series by their median Y, best first; where ORDER is file, leaves them as they are.", 1, 3, run_by_median},
  {"box",       "Y",            "Adds to each row what a box plot of its series shows: Y_lo, Y_q1, Y_median, Y_q3, Y_hi, Y_bad (how many Y are not finite), Y_of (of how many).", 1, 1, run_box},
  {"pick",      "X COUNT",      "Keeps the rows of COUNT values of X per series, evenly spread, first and last among them; X_rank counts them from 0.", 2, 2, run_pick},
  {"unfold",    "ARRAY..",      "Makes one row of each entry of the arrays; ARRAY_dtype says how its bytes are read.", 1, MAX_Y, run_unfold},
  {0}};
// clang-format on

const bsn_derive *bsn_derive_find(const char *name) {
  for (const bsn_derive *row = bsn_derive_rows; row->name; row++)
    if (!strcmp(row->name, name)) return row;
  return NULL;
}
