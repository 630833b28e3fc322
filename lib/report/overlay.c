#include "report/overlay.h"
#include "base/value.h"
#include "report/derive.h"
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { X, Y, LO, HI, SD, SEED, SERIES, ROLES };

static const struct role {
  const char *name;
  const char *columns[6]; /* with %x and %y for what the chart draws; NULL-ended */
} roles[ROLES] = {[X] = {"x", {"%x", "x"}},
                  [Y] = {"y", {"%y", "final_%y", "mean", "median", "value", "y"}},
                  [LO] = {"lo", {"lo", "%y_lo"}},
                  [HI] = {"hi", {"hi", "%y_hi"}},
                  [SD] = {"sd", {"sd", "std", "%y_sd"}},
                  [SEED] = {"seed", {"seed", "replicate", "run"}},
                  [SERIES] = {"series", {"series"}}};

typedef struct overlay {
  bsn_csv csv;
  bsn_arena *arena;
  bsn_error *error;
  size_t column[ROLES]; /* SIZE_MAX: none */
  bool *words;          /* of each column: it has a field that is no number */
} overlay;

/* As a study file's numbers, and nan and inf, which a published run may have ended with. */
static bool read_number(const char *text, double *x) {
  const char *plain = text + (*text == '-' || *text == '+');
  bool infinite = !strcasecmp(plain, "inf");
  if (!infinite && strcasecmp(plain, "nan")) return bsn_number_read(text, x);
  *x = infinite ? (*text == '-' ? -INFINITY : INFINITY) : NAN;
  return true;
}

/* ---- which column is what ---- */
/* A column's name from its pattern. NULL without memory. */
static const char *filled(bsn_arena *arena, const char *pattern, const char *x, const char *y) {
  const char *at = strchr(pattern, '%');
  if (!at) return pattern;
  return bsn_text_in(arena, "%.*s%s%s", (int)(at - pattern), pattern, at[1] == 'x' ? x : y, at + 2);
}

static bool find_columns(overlay *o, const char *x, const char *y) {
  for (int r = 0; r < ROLES; r++)
    for (int i = 0; i < 6 && roles[r].columns[i] && o->column[r] == SIZE_MAX; i++) {
      const char *name = filled(o->arena, roles[r].columns[i], x, y);
      if (!name) return bsn_no_memory(o->error);
      o->column[r] = bsn_result_column(&o->csv.table, name);
    }
  return true;
}

/* Also under other names of the same: the last word of a path, acc for accuracy. */
static bool find_all(overlay *o, const char *x, const char *y) {
  const char *dot = strrchr(x, '.');
  size_t n = strlen(y), m = strlen("accuracy");
  BSN_TRY(find_columns(o, x, y));
  if (dot) BSN_TRY(find_columns(o, dot + 1, y));
  if (n < m || strcmp(y + n - m, "accuracy")) return true;
  const char *brief = bsn_text_in(o->arena, "%.*sacc", (int)(n - m), y);
  return brief ? find_columns(o, x, brief) : bsn_no_memory(o->error);
}

/* "y=loss": the column of a role. */
static bool set_role(overlay *o, char *text) {
  char *column = strchr(text, '=');
  int r = 0;
  if (column) *column++ = 0;
  while (r < ROLES && strcmp(roles[r].name, text)) r++;
  if (r == ROLES || !column)
    return bsn_fail(o->error, BSN_USAGE, "overlay: '%s' is none of x, y, lo, hi, sd, seed, series with =COLUMN", text);
  o->column[r] = bsn_result_column(&o->csv.table, column);
  return o->column[r] != SIZE_MAX ||
         bsn_fail(o->error, BSN_BAD_INPUT, "%s:1: there is no column '%s'", o->csv.path, column);
}

static bool has_needed(overlay *o, const char *x, const char *y) {
  for (int r = X; r <= Y; r++)
    if (o->column[r] == SIZE_MAX)
      return bsn_fail(o->error, BSN_BAD_INPUT, "%s:1: no column is the %s of this chart: one named %s, or %s=COLUMN",
                      o->csv.path, roles[r].name, r == X ? x : y, roles[r].name);
  if ((o->column[LO] == SIZE_MAX) == (o->column[HI] == SIZE_MAX)) return true;
  return bsn_fail(o->error, BSN_BAD_INPUT, "%s:1: a band wants both lo and hi", o->csv.path);
}

/* The file and what is said of its columns. */
static bool open_file(overlay *o, const char *spec, const char *x, const char *y) {
  const char *colon = strrchr(spec, ':');
  bool said = colon && strchr(colon, '=');
  const char *path = bsn_text_in(o->arena, "%.*s", said ? (int)(colon - spec) : (int)strlen(spec), spec);
  char *rest = NULL, *list = bsn_text_in(o->arena, "%s", said ? colon + 1 : "");
  if (!path || !list) return bsn_no_memory(o->error);
  BSN_TRY(bsn_csv_read(&o->csv, o->arena, path, o->error));
  for (char *one = strtok_r(list, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) BSN_TRY(set_role(o, one));
  return find_all(o, x, y) && has_needed(o, x, y);
}

static bool find_words(overlay *o) {
  const bsn_table_result *t = &o->csv.table;
  double ignored;
  o->words = bsn_alloc_in(o->arena, t->columns * sizeof *o->words);
  if (!o->words) return bsn_no_memory(o->error);
  for (size_t c = 0; c < t->columns; c++)
    for (size_t row = 0; row < t->rows && !o->words[c]; row++) {
      const char *text = bsn_result_at(t, row, c)->text;
      o->words[c] = text && !read_number(text, &ignored);
    }
  return true;
}

/* ---- rows ---- */
/* The number of a role in a row; nan where there is none. False: it is no number. */
static bool number_of(const overlay *o, size_t row, int role, double *x) {
  const char *text = o->column[role] == SIZE_MAX ? NULL : bsn_result_at(&o->csv.table, row, o->column[role])->text;
  *x = NAN;
  if (!text || read_number(text, x)) return true;
  return bsn_fail(o->error, BSN_BAD_INPUT, "%s:%zu: %s '%s' is no number", o->csv.path, o->csv.line[row],
                  o->csv.table.name[o->column[role]], text);
}

/* "runs/adam.csv" is adam. */
static const char *file_name(const overlay *o) {
  const char *slash = strrchr(o->csv.path, '/'), *name = slash ? slash + 1 : o->csv.path, *dot = strrchr(name, '.');
  return bsn_text_in(o->arena, "%.*s", dot ? (int)(dot - name) : (int)strlen(name), name);
}

static const char *series_of(const overlay *o, size_t row) {
  const bsn_table_result *t = &o->csv.table;
  const char *name = "";
  for (size_t c = 0; c < t->columns && name; c++) {
    bool part = o->column[SERIES] == SIZE_MAX ? o->words[c] && c != o->column[SEED] : c == o->column[SERIES];
    const char *text = bsn_result_at(t, row, c)->text;
    if (part && text) name = bsn_text_in(o->arena, "%s%s%s", name, *name ? ", " : "", text);
  }
  return name && !*name ? file_name(o) : name;
}

static bool add_row(const overlay *o, size_t row, bsn_table_result *out) {
  double v[ROLES];
  const char *text = bsn_result_at(&o->csv.table, row, o->column[Y])->text;
  for (int r = X; r <= SD; r++) BSN_TRY(number_of(o, row, r, &v[r]));
  if (!text) return true; /* no point */
  if (!isfinite(v[X]))
    return bsn_fail(o->error, BSN_BAD_INPUT, "%s:%zu: %s is no finite number", o->csv.path, o->csv.line[row],
                    o->csv.table.name[o->column[X]]);
  bsn_cell *to = bsn_result_row(out);
  if (!to || !(to[0] = bsn_words(series_of(o, row))).text) return bsn_no_memory(o->error);
  bool band = o->column[LO] != SIZE_MAX;
  to[1] = bsn_number(v[X]);
  to[2] = bsn_number(v[Y]);
  to[3] = bsn_number(band ? v[LO] : v[Y] - v[SD]);
  to[4] = bsn_number(band ? v[HI] : v[Y] + v[SD]);
  to[5] = bsn_number(!isfinite(v[Y]));
  return true;
}

static bool derive(const bsn_table_result *in, const char *name, size_t n, char **arg, bsn_table_result *out,
                   bsn_error *error) {
  bsn_table_result from = *in;
  return bsn_derive_find(name)->run(&from, n, arg, out, error);
}

/* Rows of equal series and x as one point, in the way of the study's own replicates, and points in order of x. */
static bool join_runs(const bsn_table_result *in, const char *y, bsn_table_result *out, bsn_error *error) {
  static const char *const names[] = {"series", "x", "y"};
  bsn_table_result plain;
  char x_name[] = "x", y_name[] = "y", *worst[] = {y_name, (char *)(uintptr_t)y}, *bands[] = {x_name, y_name};
  if (!bsn_result_init(&plain, in->arena, 3, names)) return bsn_no_memory(error);
  for (size_t row = 0; row < in->rows; row++) {
    bsn_cell *to = bsn_result_row(&plain);
    if (!to) return bsn_no_memory(error);
    memcpy(to, bsn_result_at(in, row, 0), 3 * sizeof *to);
  }
  return derive(&plain, "worst", 2, worst, &plain, error) && derive(&plain, "quantiles", 2, bands, out, error);
}

bool bsn_overlay_read(bsn_table_result *out, bsn_arena *arena, const char *spec, const char *x, const char *y,
                      bsn_error *error) {
  static const char *const names[] = {"series", "x", "y", "y_lo", "y_hi", "y_bad"};
  overlay o = {.arena = arena, .error = error};
  for (int r = 0; r < ROLES; r++) o.column[r] = SIZE_MAX;
  BSN_TRY(open_file(&o, spec, x, y) && find_words(&o));
  if (!bsn_result_init(out, arena, 6, names)) return bsn_no_memory(error);
  for (size_t row = 0; row < o.csv.table.rows; row++) BSN_TRY(add_row(&o, row, out));
  if (!out->rows) return bsn_fail(error, BSN_BAD_INPUT, "%s: no row has a %s", o.csv.path, roles[Y].name);
  return o.column[LO] != SIZE_MAX || o.column[SD] != SIZE_MAX || join_runs(out, y, out, error);
}
