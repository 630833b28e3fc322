/* Statistics of stats/statistic.h on the columns of a table. */
#include "report/derive_parts.h"
#include "stats/statistic.h"
#include <math.h>
#include <string.h>

/* ---- what was asked for ---- */

typedef struct asked {
  const bsn_statistic *statistic;
  const void *config;
  const char *const *gives; /* NULL-ended */
  size_t ncolumns, column[BSN_MOST_Y];
  bool whole, number[BSN_MOST_Y]; /* whole: takes the series as its first column; number: not a category */
} asked;

/* "grid" of "draw=grid" as a tree for the reader of rows. */
static bsn_value *named(bsn_arena *arena, size_t n, char *const *arg, bsn_faults *faults) {
  bsn_value *map = bsn_value_put(arena, NULL, "name", bsn_value_scalar(arena, arg[0]), faults);
  for (size_t i = 1; i < n && map; i++) {
    const char *equals = strchr(arg[i], '=');
    if (!equals) continue;
    const char *name = bsn_text_in(arena, "%.*s", (int)(equals - arg[i]), arg[i]);
    bsn_value *value = bsn_value_scalar(arena, equals + 1);
    map = name && value ? bsn_value_put(arena, map, name, value, faults) : NULL;
  }
  return map;
}

static bool read_statistic(asked *a, bsn_arena *arena, size_t n, char *const *arg, bsn_error *error) {
  static const bsn_table *const tables[] = {&bsn_statistics, NULL};
  bsn_faults faults = {.arena = arena};
  bsn_reader reader = {.arena = arena, .faults = &faults, .tables = tables, .folder = "."};
  bsn_value *map = named(arena, n, arg, &faults);
  bsn_choice choice;
  if (!map) return bsn_no_memory(error);
  bool ok = bsn_read_row(&reader, &bsn_statistics, map, "statistic", &choice, NULL, NULL);
  if (!bsn_faults_none(&faults, error)) return false;
  if (!ok) return bsn_no_memory(error);
  a->statistic = (const bsn_statistic *)choice.row;
  a->config = choice.config;
  return true;
}

static const char *const *split(bsn_arena *arena, const char *words) {
  size_t n = 0;
  const char **list = bsn_alloc_in(arena, (bsn_statistic_words(words) + 1) * sizeof *list);
  for (; list && *words; words += strspn(words, " ")) {
    size_t length = strcspn(words, " ");
    if (!(list[n++] = bsn_text_in(arena, "%.*s", (int)length, words))) return NULL;
    words += length;
  }
  return list;
}

static bool is_category(const char *name) {
  static const char *const categories[] = {"group", "block", "problem", "replicate"};
  for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
    if (!strcmp(name, categories[i])) return true;
  return false;
}

static bool read_columns(asked *a, const bsn_table_result *in, size_t n, char *const *arg, bsn_error *error) {
  const char *const *takes = split(in->arena, a->statistic->takes);
  a->gives = split(in->arena, a->statistic->gives);
  if (!takes || !a->gives) return bsn_no_memory(error);
  a->whole = !strcmp(takes[0], "group");
  takes += a->whole;
  for (size_t i = 1; i < n; i++) {
    if (strchr(arg[i], '=')) continue;
    if (!takes[a->ncolumns]) break;
    a->number[a->ncolumns] = !is_category(takes[a->ncolumns]);
    BSN_TRY(bsn_need_column(in, arg[i], &a->column[a->ncolumns++], error));
  }
  if (!takes[a->ncolumns]) return true;
  return bsn_fail(error, BSN_BAD_INPUT, "%s takes %s", a->statistic->row.name,
                  a->statistic->takes + (a->whole ? 6 : 0));
}

/* ---- numbers in ---- */

/* The number of a category: of the first row that has the same cell. *n counts them. */
static double category(const bsn_table_result *in, const size_t *row, size_t i, size_t column, const double *so_far,
                       size_t *n) {
  const bsn_cell *mine = bsn_result_at(in, row[i], column);
  for (size_t j = 0; j < i; j++) {
    const bsn_cell *other = bsn_result_at(in, row[j], column);
    bool same = mine->kind == other->kind &&
                (mine->kind == BSN_CELL_TEXT ? !strcmp(mine->text, other->text) : mine->number == other->number);
    if (same) return so_far[j];
  }
  return (double)(*n)++;
}

static bool fill(const asked *a, const bsn_table_result *in, const size_t *row, size_t n, double **to,
                 bsn_error *error) {
  for (size_t c = 0; c < a->ncolumns; c++) {
    size_t known = 0;
    to[c] = bsn_alloc_in(in->arena, (n + 1) * sizeof **to);
    if (!to[c]) return bsn_no_memory(error);
    for (size_t i = 0; i < n; i++)
      to[c][i] = a->number[c] ? bsn_result_number(in, row[i], a->column[c])
                              : category(in, row, i, a->column[c], to[c], &known);
  }
  return true;
}

/* ---- rows out ---- */

static bool put_table(const asked *a, const bsn_series *series, const bsn_numbers *got, bsn_table_result *out,
                      bsn_error *error) {
  size_t columns = bsn_statistic_words(a->statistic->gives);
  for (size_t i = 0; i < got->n; i++) {
    bsn_cell *to = bsn_result_row(out);
    if (!to) return bsn_no_memory(error);
    to[0] = bsn_words(series->name[(size_t)got->x[0][i]]);
    for (size_t c = 1; c < columns; c++) to[c] = bsn_number(got->x[c][i]);
  }
  return true;
}

static bool put_rows(const asked *a, const bsn_table_result *in, const size_t *row, size_t n, const bsn_numbers *got,
                     bsn_table_result *out, bsn_error *error) {
  for (size_t i = 0; i < n; i++) {
    bsn_cell *to;
    BSN_TRY(bsn_copy_row(in, row[i], out, &to, error));
    for (size_t c = 0; in->columns + c < out->columns; c++)
      to[in->columns + c] = bsn_number(got->x[c][a->statistic->shape == BSN_ONE ? 0 : i]);
  }
  return true;
}

/* The statistic of some rows, whose series is `group` where it is asked for. */
static bool run_rows(const asked *a, const bsn_table_result *in, const bsn_series *series, const size_t *row, size_t n,
                     bsn_table_result *out, bsn_error *error) {
  double *column[BSN_MOST_Y + 1];
  bsn_numbers got;
  if (a->whole) {
    column[0] = bsn_alloc_in(in->arena, (n + 1) * sizeof **column);
    if (!column[0]) return bsn_no_memory(error);
    for (size_t i = 0; i < n; i++) column[0][i] = (double)series->of[row[i]];
  }
  BSN_TRY(fill(a, in, row, n, column + a->whole, error));
  if (!bsn_statistic_run(a->statistic, a->config, (const double *const *)column, n, &got, in->arena))
    return bsn_no_memory(error);
  if (a->statistic->shape == BSN_TABLE) return put_table(a, series, &got, out, error);
  return put_rows(a, in, row, n, &got, out, error);
}

static bool run_all(const asked *a, const bsn_table_result *in, bsn_table_result *out, bsn_error *error) {
  bsn_order o;
  size_t n = in->rows;
  BSN_TRY(bsn_order_rows(&o, in, a->ncolumns ? a->column[0] : 0, 0, error));
  if (a->whole) return run_rows(a, in, &o.series, o.row, n, out, error);
  for (size_t i = 0, j; i < n; i = j) {
    j = bsn_series_end(&o, i);
    BSN_TRY(run_rows(a, in, &o.series, o.row + i, j - i, out, error));
  }
  return true;
}

static bool run_statistic(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                          bsn_error *error) {
  asked a = {0};
  bsn_table_result made;
  BSN_TRY(read_statistic(&a, in->arena, n, arg, error));
  BSN_TRY(read_columns(&a, in, n, arg, error));
  if (a.statistic->shape != BSN_TABLE) {
    BSN_TRY(bsn_add_columns(in, NULL, a.gives, &made, error));
  } else if (!bsn_result_init(&made, in->arena, bsn_statistic_words(a.statistic->gives), a.gives))
    return bsn_no_memory(error);
  if (in->rows) BSN_TRY(run_all(&a, in, &made, error));
  *out = made;
  return true;
}

// clang-format off
const bsn_derive bsn_statistic_derives[] = {
  {"statistic", "NAME COLUMN.. [PARAMETER=VALUE..]", "Adds what a statistic (basin list statistic) gives for the columns that it takes, series by series; one that takes groups sees all series at once.", 1, 12, run_statistic},
  {0}};
// clang-format on
