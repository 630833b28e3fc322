/* Two steps: bytes to cells (which knows quotes and lines), cells to numbers and classes (which knows columns). */
#include "data/read.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct scan {
  const bsn_bytes *file;
  size_t at;
  int line, column;
  char separator;
  char *text; /* where the next cell's text goes; a text and its NUL never need more room than what they are made of */
  bsn_error *error;
} scan;

enum { END = -1 };

static int peek(const scan *s) { return s->at < s->file->n ? s->file->at[s->at] : END; }

static bool line_end(int c) { return c == '\n' || c == '\r' || c == END; }
static bool blank(const scan *s, int c) { return (c == ' ' || c == '\t') && c != s->separator; }

static void advance(scan *s) {
  /* Columns count characters: the later bytes of a UTF-8 one are no new column. */
  s->at++;
  s->column += (peek(s) & 0xc0) != 0x80 || peek(s) == END;
}

static void end_line(scan *s) {
  bool pair = peek(s) == '\r' && s->at + 1 < s->file->n && s->file->at[s->at + 1] == '\n';
  s->at += pair ? 2 : s->at < s->file->n;
  s->line++;
  s->column = 1;
}

#define FAULT(s, line, column, ...) fault((s)->error, (s)->file->name, line, column, __VA_ARGS__)

static bool fault(bsn_error *error, const char *file, int line, int column, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static bool fault(bsn_error *error, const char *file, int line, int column, const char *format, ...) {
  char text[1024];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  return bsn_fail(error, BSN_BAD_INPUT, "%s:%d:%d: error: %s", file, line, column, text);
}

static bool quoted(scan *s) {
  int line = s->line, column = s->column;
  advance(s);
  for (;; advance(s)) {
    int c = peek(s);
    if (c == END) return FAULT(s, line, column, "this quote is never closed");
    if (c == '"') {
      advance(s);
      if (peek(s) != '"') break;
    }
    *s->text++ = (char)c;
    if (c == '\n') {
      s->line++;
      s->column = 0;
    }
  }
  while (blank(s, peek(s))) advance(s);
  if (peek(s) == (unsigned char)s->separator || line_end(peek(s))) return true;
  return FAULT(s, s->line, s->column, "text behind a closing quote");
}

static bool bare(scan *s) {
  char *begin = s->text;
  for (int c; c = peek(s), c != (unsigned char)s->separator && !line_end(c); advance(s)) {
    if (c == '"') return FAULT(s, s->line, s->column, "a quote inside a cell that does not begin with one");
    *s->text++ = (char)c;
  }
  while (s->text > begin && blank(s, s->text[-1])) s->text--;
  return true;
}

static bool cell(scan *s, bsn_csv_cell *out) {
  while (blank(s, peek(s))) advance(s);
  *out = (bsn_csv_cell){s->text, s->line, s->column};
  BSN_TRY(peek(s) == '"' ? quoted(s) : bare(s));
  *s->text++ = 0;
  return true;
}

/* Cells are kept in one growing array; the first line's number of them is everybody's. */
static bool cells(scan *s, bsn_csv *csv, bsn_arena *arena) {
  bsn_csv_cell *all = NULL;
  size_t n = 0, columns = 0;
  while (peek(s) != END) {
    if (line_end(peek(s))) {
      end_line(s);
      continue;
    }
    for (size_t k = 1;; k++, advance(s)) {
      bsn_csv_cell *more = bsn_grow_in(arena, all, n, sizeof *all);
      if (!more) return bsn_no_memory(s->error);
      all = more;
      BSN_TRY(cell(s, &all[n]));
      if (columns && k > columns) {
        return FAULT(s, all[n].line, all[n].column, "more cells than the header has (%zu)", columns);
      }
      n++;
      if (!line_end(peek(s))) continue;
      if (columns && k < columns) {
        return FAULT(s, s->line, s->column, "the line ends after %zu of %zu cells", k, columns);
      }
      columns = k;
      break;
    }
    end_line(s);
  }
  csv->columns = columns;
  csv->rows = columns ? n / columns - 1 : 0;
  csv->header = all;
  csv->cell = all ? all + columns : NULL;
  return true;
}

/* Distinct texts in order of appearance, found by hash: files have many rows and may have many columns. */
typedef struct names {
  size_t n, room; /* room: a power of two, more than twice n */
  const char **name;
  size_t *slot; /* 1 + index of a name; 0: free */
} names;

static size_t *slot_of(const names *k, const char *text) {
  uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
  for (const char *s = text; *s; s++) hash = (hash ^ (unsigned char)*s) * 0x100000001b3u;
  size_t at = (hash ^ hash >> 32) & (k->room - 1);
  while (k->slot[at] && strcmp(k->name[k->slot[at] - 1], text) != 0) at = (at + 1) & (k->room - 1);
  return &k->slot[at];
}

/* Find every name again after they moved or before there is no room left. */
static bool names_index(names *k, size_t room, bsn_arena *arena) {
  k->slot = bsn_alloc_in(arena, room * sizeof *k->slot);
  k->room = room;
  for (size_t i = 0; k->slot && i < k->n; i++) *slot_of(k, k->name[i]) = i + 1;
  return k->slot != NULL;
}

/* Add text, which must outlive k, unless it is there. False without memory. */
static bool names_add(names *k, const char *text, bsn_arena *arena) {
  if (2 * (k->n + 1) >= k->room && !names_index(k, k->room ? 2 * k->room : 64, arena)) return false;
  size_t *slot = slot_of(k, text);
  if (*slot) return true;
  const char **more = bsn_grow_in(arena, k->name, k->n, sizeof *more);
  if (!more) return false;
  k->name = more;
  k->name[k->n] = text;
  *slot = ++k->n;
  return true;
}

static bool check_header(const bsn_csv *csv, bsn_arena *arena, bsn_error *error) {
  names seen = {0};
  double number;
  for (size_t j = 0; j < csv->columns; j++) {
    const bsn_csv_cell *h = &csv->header[j];
    if (!*h->text) return fault(error, csv->file, h->line, h->column, "this column has no name");
    if (bsn_number_read(h->text, &number)) {
      return fault(error, csv->file, h->line, h->column, "the first line must name the columns; '%.60s' is a number",
                   h->text);
    }
    if (!names_add(&seen, h->text, arena)) return bsn_no_memory(error);
    if (seen.n == j) return fault(error, csv->file, h->line, h->column, "two columns are named '%.60s'", h->text);
  }
  return true;
}

bool bsn_csv_parse(const bsn_bytes *file, char separator, bsn_arena *arena, bsn_csv *out, bsn_error *error) {
  *out = (bsn_csv){.file = file->name};
  if (file->n >= INT32_MAX) return bsn_fail(error, BSN_BAD_INPUT, "%s: larger than 2 GiB", file->name);
  char *text = bsn_alloc_in(arena, file->n + 1);
  if (!text) return bsn_no_memory(error);
  bool mark = file->n >= 3 && memcmp(file->at, "\xef\xbb\xbf", 3) == 0;
  scan s = {
      .file = file, .at = mark ? 3 : 0, .line = 1, .column = 1, .separator = separator, .text = text, .error = error};
  const unsigned char *zero = file->n ? memchr(file->at, 0, file->n) : NULL;
  if (zero)
    return bsn_fail(error, BSN_BAD_INPUT, "%s: byte %zu is 0: no text file", file->name, (size_t)(zero - file->at));
  BSN_TRY(cells(&s, out, arena));
  if (!out->columns) return bsn_fail(error, BSN_BAD_INPUT, "%s: the file is empty", file->name);
  BSN_TRY(check_header(out, arena, error));
  if (!out->rows) return bsn_fail(error, BSN_BAD_INPUT, "%s: there are no rows behind the header", file->name);
  return true;
}

/* Which columns are what: numbers of columns in the training table. */
typedef struct roles {
  size_t *input, inputs, *target, targets;
} roles;

static bool column_of(const bsn_csv *csv, const char *name, size_t *j, bsn_arena *arena, bsn_error *error) {
  for (*j = 0; *j < csv->columns; ++*j) {
    if (strcmp(csv->header[*j].text, name) == 0) return true;
  }
  const char **all = bsn_alloc_in(arena, csv->columns * sizeof *all);
  if (!all) return bsn_no_memory(error);
  for (size_t i = 0; i < csv->columns; i++) all[i] = csv->header[i].text;
  const char *near = bsn_nearest(name, csv->columns, all);
  return fault(error, csv->file, csv->header->line, csv->header->column, "there is no column '%s'%s%s%s", name,
               near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool columns_of(const bsn_csv *csv, const bsn_list *asked, size_t *out, bool *taken, bsn_arena *arena,
                       bsn_error *error) {
  for (size_t i = 0; i < asked->n; i++) {
    BSN_TRY(column_of(csv, asked->text[i], &out[i], arena, error));
    const bsn_csv_cell *h = &csv->header[out[i]];
    if (taken[out[i]]) return fault(error, csv->file, h->line, h->column, "column '%s' is asked for twice", h->text);
    taken[out[i]] = true;
  }
  return true;
}

static bool roles_of(const bsn_csv *csv, const bsn_csv_roles *asked, roles *r, bsn_arena *arena, bsn_error *error) {
  bool *taken = bsn_alloc_in(arena, csv->columns);
  size_t room = csv->columns + asked->target.n + asked->inputs.n;
  r->input = bsn_alloc_in(arena, room * sizeof *r->input);
  r->target = bsn_alloc_in(arena, room * sizeof *r->target);
  if (!taken || !r->input || !r->target) return bsn_no_memory(error);
  BSN_TRY(columns_of(csv, &asked->target, r->target, taken, arena, error));
  r->targets = asked->target.n;
  if (!r->targets) taken[r->target[r->targets++] = csv->columns - 1] = true;
  BSN_TRY(columns_of(csv, &asked->inputs, r->input, taken, arena, error));
  r->inputs = asked->inputs.n;
  for (size_t j = 0; !asked->inputs.n && j < csv->columns; j++) {
    if (!taken[j]) r->input[r->inputs++] = j;
  }
  if (!r->inputs) return bsn_fail(error, BSN_BAD_INPUT, "%s: no column is left for the inputs", csv->file);
  return true;
}

static bool no_value(const bsn_csv *csv, const bsn_csv_cell *c, size_t j, bsn_error *error) {
  return fault(error, csv->file, c->line, c->column, "column '%.60s' has no value here", csv->header[j].text);
}

static bool number_at(const bsn_csv *csv, size_t row, size_t j, bsn_real *out, bsn_error *error) {
  const bsn_csv_cell *c = &csv->cell[row * csv->columns + j];
  const char *column = csv->header[j].text;
  double x;
  if (!*c->text) return no_value(csv, c, j, error);
  if (!bsn_number_read(c->text, &x)) {
    return fault(error, csv->file, c->line, c->column, "column '%s' needs a number, got '%.60s'", column, c->text);
  }
  *out = (bsn_real)x;
  if (isfinite(*out)) return true;
  return fault(error, csv->file, c->line, c->column, "column '%s': %.60s is too large", column, c->text);
}

static bsn_real *numbers(const bsn_csv *csv, const size_t *column, size_t n, bsn_arena *arena, bsn_error *error) {
  bsn_real *out = n > SIZE_MAX / csv->rows ? NULL : bsn_reals_in(arena, csv->rows * n);
  if (!out) bsn_no_memory(error);
  for (size_t i = 0; out && i < csv->rows; i++) {
    for (size_t j = 0; j < n; j++) {
      if (!number_at(csv, i, column[j], &out[i * n + j], error)) return NULL;
    }
  }
  return out;
}

/* Is the target numbers? Of `auto` the values decide; some numbers and some texts is a mistake in the file. */
static bool is_regression(const bsn_csv *csv, const roles *r, const char *task, bool *answer, bsn_error *error) {
  size_t j = r->target[0];
  double x;
  *answer = strcmp(task, "regression") == 0 || (r->targets > 1 && strcmp(task, "auto") == 0);
  if (strcmp(task, "classification") == 0 && r->targets > 1) {
    return bsn_fail(error, BSN_BAD_INPUT, "%s: classification has one target column, not %zu", csv->file, r->targets);
  }
  if (strcmp(task, "auto") != 0 || *answer) return true;
  *answer = bsn_number_read(csv->cell[j].text, &x);
  for (size_t i = 0; i < csv->rows; i++) {
    const bsn_csv_cell *c = &csv->cell[i * csv->columns + j];
    if (!*c->text || bsn_number_read(c->text, &x) == *answer) continue;
    return fault(
        error, csv->file, c->line, c->column,
        "column '%s' mixes numbers and texts: '%.60s' here, '%.60s' in the first row; say task: classification if "
        "all are classes",
        csv->header[j].text, c->text, csv->cell[j].text);
  }
  return true;
}

typedef struct classes {
  names names;
  bool numbers; /* all are: then 1 and 1.0 are the same class, and they stand by value */
} classes;

/* What stands for a cell among the classes; buffer has 32 bytes. */
static const char *class_text(const classes *k, const char *text, char *buffer) {
  double x;
  return k->numbers && bsn_number_read(text, &x) ? bsn_number_text(buffer, x) : text;
}

static int by_number(const void *a, const void *b) {
  double x = 0, y = 0;
  bsn_number_read(*(const char *const *)a, &x);
  bsn_number_read(*(const char *const *)b, &y);
  return (x > y) - (x < y);
}

static bool classes_of(const bsn_csv *csv, size_t j, classes *k, bsn_arena *arena, bsn_error *error) {
  enum { MOST = 10000 };
  double x;
  k->numbers = true;
  for (size_t i = 0; i < csv->rows; i++) {
    const bsn_csv_cell *c = &csv->cell[i * csv->columns + j];
    if (!*c->text) return no_value(csv, c, j, error);
    k->numbers = k->numbers && bsn_number_read(c->text, &x);
  }
  for (size_t i = 0; i < csv->rows; i++) {
    const bsn_csv_cell *c = &csv->cell[i * csv->columns + j];
    char buffer[32];
    const char *text = class_text(k, c->text, buffer);
    if (text == buffer && k->names.room && *slot_of(&k->names, text)) continue;
    text = text == buffer ? bsn_text_in(arena, "%s", buffer) : text;
    if (!text || !names_add(&k->names, text, arena)) return bsn_no_memory(error);
    if (k->names.n > MOST) return fault(error, csv->file, c->line, c->column, "more than %d classes", MOST);
  }
  if (!k->numbers) return true;
  qsort(k->names.name, k->names.n, sizeof *k->names.name, by_number);
  return names_index(&k->names, k->names.room, arena) || bsn_no_memory(error);
}

static bool labels(bsn_dataset *set, const bsn_csv *csv, size_t j, const classes *k, bsn_arena *arena,
                   bsn_error *error) {
  int32_t *label = bsn_buffer_in(arena, csv->rows * sizeof *label);
  if (!label) return bsn_no_memory(error);
  for (size_t i = 0; i < csv->rows; i++) {
    const bsn_csv_cell *c = &csv->cell[i * csv->columns + j];
    char buffer[32];
    size_t at = *slot_of(&k->names, class_text(k, c->text, buffer));
    if (!*c->text) return no_value(csv, c, j, error);
    if (!at) {
      return fault(error, csv->file, c->line, c->column, "class '%.60s' does not occur in the training file", c->text);
    }
    label[i] = (int32_t)at - 1;
  }
  set->task = BSN_CLASSIFICATION;
  set->label = label;
  set->outputs = k->names.n;
  set->class_name = k->names.name;
  return true;
}

static const char *const *names_of(const bsn_csv *csv, const size_t *column, size_t n, bsn_arena *arena) {
  const char **name = bsn_alloc_in(arena, n * sizeof *name);
  for (size_t j = 0; name && j < n; j++) name[j] = csv->header[column[j]].text;
  return name;
}

/* k NULL: regression. */
static bool set_of(bsn_dataset *set, const bsn_csv *csv, const roles *r, const classes *k, bsn_arena *arena,
                   bsn_error *error) {
  *set = (bsn_dataset){
      .task = BSN_REGRESSION, .rows = csv->rows, .axes = 1, .shape = {r->inputs}, .width = r->inputs, .scale = 1};
  set->real = numbers(csv, r->input, r->inputs, arena, error);
  BSN_TRY(set->real);
  if (!(set->input_name = names_of(csv, r->input, r->inputs, arena))) return bsn_no_memory(error);
  if (k) return labels(set, csv, r->target[0], k, arena, error);
  set->outputs = r->targets;
  set->target = numbers(csv, r->target, r->targets, arena, error);
  return set->target;
}

/* The same roles in another table: its columns may stand in another order. */
static bool roles_in(const bsn_csv *train, const bsn_csv *test, const roles *r, roles *out, bsn_arena *arena,
                     bsn_error *error) {
  *out = (roles){.inputs = r->inputs, .targets = r->targets};
  out->input = bsn_alloc_in(arena, r->inputs * sizeof *out->input);
  out->target = bsn_alloc_in(arena, r->targets * sizeof *out->target);
  if (!out->input || !out->target) return bsn_no_memory(error);
  for (size_t i = 0; i < r->inputs; i++) {
    BSN_TRY(column_of(test, train->header[r->input[i]].text, &out->input[i], arena, error));
  }
  for (size_t i = 0; i < r->targets; i++) {
    BSN_TRY(column_of(test, train->header[r->target[i]].text, &out->target[i], arena, error));
  }
  return true;
}

bool bsn_csv_sets(const bsn_csv *train, const bsn_csv *test, const bsn_csv_roles *asked, bsn_arena *arena,
                  bsn_loaded *out, bsn_error *error) {
  roles r = {0}, in_test;
  classes k = {0};
  bool regression;
  *out = (bsn_loaded){0};
  BSN_TRY(roles_of(train, asked, &r, arena, error));
  BSN_TRY(is_regression(train, &r, asked->task, &regression, error));
  BSN_TRY(regression || classes_of(train, r.target[0], &k, arena, error));
  BSN_TRY(set_of(&out->train, train, &r, regression ? NULL : &k, arena, error));
  if (!test) return true;
  BSN_TRY(roles_in(train, test, &r, &in_test, arena, error));
  return set_of(&out->test, test, &in_test, regression ? NULL : &k, arena, error);
}

static bool keep_names(const char *const **list, size_t n, bsn_arena *arena) {
  const char **copy = bsn_alloc_in(arena, n * sizeof *copy);
  for (size_t i = 0; copy && i < n; i++) {
    if (!(copy[i] = bsn_text_in(arena, "%s", (*list)[i]))) return false;
  }
  *list = copy;
  return copy;
}

bool bsn_csv_keep(bsn_loaded *d, bsn_arena *arena) {
  if (!keep_names(&d->train.input_name, d->train.width, arena)) return false;
  if (d->train.class_name && !keep_names(&d->train.class_name, d->train.outputs, arena)) return false;
  if (!d->test.rows) return true;
  d->test.input_name = d->train.input_name;
  d->test.class_name = d->train.class_name;
  return true;
}

/* ---- inputs alone ---- */
/* Which columns are like's inputs. */
static bool input_columns(const bsn_csv *csv, const bsn_dataset *like, size_t *column, bsn_arena *arena,
                          bsn_error *error) {
  if (!like->input_name && csv->columns != like->width) {
    return bsn_fail(error, BSN_BAD_INPUT, "%s: %zu columns, but the model has %zu inputs", csv->file, csv->columns,
                    like->width);
  }
  for (size_t j = 0; j < like->width; j++) {
    column[j] = j;
    if (like->input_name) BSN_TRY(column_of(csv, like->input_name[j], &column[j], arena, error));
  }
  return true;
}

static const uint8_t *pixels(const bsn_csv *csv, const size_t *column, size_t width, const bsn_real *x,
                             bsn_arena *arena, bsn_error *error) {
  uint8_t *out = bsn_buffer_in(arena, csv->rows * width);
  if (!out) bsn_no_memory(error);
  for (size_t i = 0; out && i < csv->rows * width; i++) {
    const bsn_csv_cell *c = &csv->cell[i / width * csv->columns + column[i % width]];
    if (!(x[i] >= 0 && x[i] <= 255 && x[i] == floor(x[i]))) {
      fault(error, csv->file, c->line, c->column, "a pixel is a whole number from 0 to 255, not '%.60s'", c->text);
      return NULL;
    }
    out[i] = (uint8_t)x[i];
  }
  return out;
}

bool bsn_csv_inputs(const bsn_csv *csv, const bsn_dataset *like, bsn_arena *arena, bsn_dataset *out, bsn_error *error) {
  size_t *column = bsn_alloc_in(arena, like->width * sizeof *column);
  if (!column) return bsn_no_memory(error);
  BSN_TRY(input_columns(csv, like, column, arena, error));
  out->rows = csv->rows;
  out->real = numbers(csv, column, like->width, arena, error);
  BSN_TRY(out->real);
  if (!like->u8) return true;
  out->u8 = pixels(csv, column, like->width, out->real, arena, error);
  out->real = NULL;
  return out->u8;
}
