#include "report/chart_table.h"
#include "report/derive.h"
#include "report/overlay.h"
#include "report/phrase.h"
#include <ctype.h>
#include <stdint.h>
#include <string.h>

static bool is_name(const char *name, const char *from, size_t n) {
  return strlen(name) == n && !strncmp(name, from, n);
}

static const char *value_of(const bsn_chart *chart, const char *name, size_t n) {
  for (size_t i = 0; i < chart->nparameters; i++)
    if (is_name(chart->parameter[i].name, name, n)) return chart->parameter[i].value;
  return NULL;
}

static const char *phrase_of(const char *name, size_t n) {
  for (const bsn_phrase *p = bsn_phrases; p->name; p++)
    if (is_name(p->name, name, n)) return p->sql;
  return NULL;
}

/* Text with each {name} replaced. */
static bool substitute(const bsn_chart *chart, int line, const char *from, bsn_arena *arena, char **out,
                       bsn_error *error) {
  *out = bsn_text_in(arena, "%s", "");
  while (*out) {
    size_t plain = strcspn(from, "{");
    *out = bsn_text_in(arena, "%s%.*s", *out, (int)plain, from);
    from += plain;
    if (!*from || !*out) break;
    size_t n = strcspn(++from, "}");
    const char *value = value_of(chart, from, n), *phrase = value ? NULL : phrase_of(from, n);
    char *said = NULL;
    if (phrase) BSN_TRY(substitute(chart, line, phrase, arena, &said, error));
    if (!value && !phrase)
      return bsn_fail(error, BSN_BAD_INPUT, "%s:%d: there is no parameter \"%.*s\"", chart->path, line, (int)n, from);
    *out = bsn_text_in(arena, "%s%s", *out, value ? value : said);
    from += n + (from[n] == '}');
  }
  return *out || bsn_no_memory(error);
}

/* ---- what is asked and derived ---- */

enum { MAX_WORDS = 12 };

static bool derive_one(const bsn_chart *chart, const bsn_chart_derive *d, bsn_table_result *table, bsn_arena *arena,
                       bsn_error *error) {
  char *text, *words[MAX_WORDS] = {0}, *rest = NULL;
  size_t n = 0;
  bsn_error inner = {0};
  BSN_TRY(substitute(chart, d->line, d->text, arena, &text, error));
  for (char *w = strtok_r(text, " ", &rest); w && n < MAX_WORDS; w = strtok_r(NULL, " ", &rest)) words[n++] = w;
  const bsn_derive *row = bsn_derive_find(words[0]);
  if (n - 1 < row->least || n - 1 > row->most)
    return bsn_fail(error, BSN_BAD_INPUT, "%s:%d: derive %s takes %s", chart->path, d->line, row->name, row->usage);
  bsn_table_result in = *table;
  if (row->run(&in, n - 1, words + 1, table, &inner)) return true;
  return bsn_fail(error, inner.code, "%s:%d: derive %s: %s", chart->path, d->line, row->name, inner.text);
}

/* Cells of several studies begin with the study: {"study": "a", "optimizer": "adam"}; other series are "a: NAME". */
static bool name_study(bsn_table_result *t, const char *study, bsn_error *error) {
  for (size_t row = 0; row < t->rows; row++) {
    bsn_cell *cell = &t->cell[row * t->columns];
    if (cell->kind != BSN_CELL_TEXT) continue;
    const char *rest = cell->text + 1, *comma = *rest == '}' ? "" : ", ";
    cell->text = *cell->text == '{' ? bsn_text_in(t->arena, "{\"study\": \"%s\"%s%s", study, comma, rest)
                                    : bsn_text_in(t->arena, "%s: %s", study, cell->text);
    if (!cell->text) return bsn_no_memory(error);
  }
  return true;
}

static bool append(bsn_table_result *to, const bsn_table_result *from, bsn_error *error) {
  for (size_t row = 0; row < from->rows; row++) {
    bsn_cell *cell = bsn_result_row(to);
    if (!cell) return bsn_no_memory(error);
    memcpy(cell, bsn_result_at(from, row, 0), to->columns * sizeof *cell);
  }
  return true;
}

static bool ask(const bsn_chart_job *job, const char *sql, bsn_table_result *out, bsn_error *error) {
  for (size_t i = 0; i < job->nsources; i++) {
    const bsn_chart_source *s = &job->source[i];
    bsn_table_result one;
    BSN_TRY(s->rows(s->context, sql, &one, error));
    if (job->nsources > 1) BSN_TRY(name_study(&one, s->study, error));
    if (i == 0)
      *out = one;
    else
      BSN_TRY(append(out, &one, error));
  }
  return true;
}

static bool make_own(bsn_table_result *table, const bsn_chart *chart, const bsn_chart_job *job, bsn_arena *arena,
                     bsn_error *error) {
  char *sql, *empty;
  bsn_error inner = {0};
  BSN_TRY(substitute(chart, chart->select_line, chart->select, arena, &sql, error));
  BSN_TRY(substitute(chart, chart->empty_line, chart->empty ? chart->empty : "the study has no such results", arena,
                     &empty, error));
  if (!ask(job, sql, table, &inner))
    return bsn_fail(error, inner.code, "%s:%d: %s", chart->path, chart->select_line, inner.text);
  for (size_t i = 0; i < chart->nderives && table->rows; i++)
    BSN_TRY(derive_one(chart, &chart->derive[i], table, arena, error));
  if (table->rows && table->columns > 1) return true;
  return bsn_fail(error, BSN_BAD_INPUT, "nothing to draw for chart %s of study %s: %s", chart->name,
                  job->source[0].study, empty);
}

/* ---- what is laid below ---- */

/* "adam" is like "AdamOptimizer": the one is the first word of the other. */
static bool alike(const char *series, const char *overlay) {
  size_t n = 0;
  if (!strncmp(series, "sgd", 3) && !strncasecmp(overlay, "GradientDescent", 15)) return true; /* TensorFlow's name */
  while (series[n] && tolower((unsigned char)series[n]) == tolower((unsigned char)overlay[n])) n++;
  bool ends = !series[n] || series[n] == ',', whole = !overlay[n] || !islower((unsigned char)overlay[n]);
  return n > 1 && ends && whole;
}

static void find_like(bsn_chart_table *t, size_t k) {
  t->like[k] = t->series.n + k + 1;
  for (size_t i = t->series.n; i-- > 0;)
    if (alike(t->series.name[i], t->overlay[k])) t->like[k] = i + 1;
}

/* A name of its own for a curve that is called like one of the study. */
static const char *name_of(const bsn_chart_table *t, const char *name) {
  for (size_t i = 0; i < t->series.n; i++)
    if (!strcmp(t->series.name[i], name)) return bsn_text_in(t->all.arena, "%s, overlay", name);
  return name;
}

/* The rows of a file, in the columns of the table that have the same names. */
static bool lay_below(bsn_chart_table *t, const bsn_table_result *from, bsn_error *error) {
  for (size_t row = 0; row < from->rows; row++) {
    bsn_cell *to = bsn_result_row(&t->all);
    const char *name = to ? name_of(t, bsn_result_at(from, row, 0)->text) : NULL;
    if (!name) return bsn_no_memory(error);
    to[0] = bsn_words(name);
    for (size_t c = 1; c < t->all.columns; c++) {
      size_t its = bsn_result_column(from, t->all.name[c]);
      if (its != SIZE_MAX) to[c] = *bsn_result_at(from, row, its);
    }
  }
  return true;
}

static bool read_overlays(bsn_chart_table *t, const bsn_chart *chart, const bsn_chart_job *job, bsn_arena *arena,
                          bsn_error *error) {
  char *text, *x, *y;
  if (!chart->overlay) return bsn_fail(error, BSN_USAGE, "chart %s takes no overlay", chart->name);
  BSN_TRY(substitute(chart, chart->overlay_line, chart->overlay, arena, &text, error));
  x = strtok_r(text, " ", &y);
  if (!x || !*y || bsn_result_column(&t->own, "x") == SIZE_MAX || bsn_result_column(&t->own, "y") == SIZE_MAX)
    return bsn_fail(error, BSN_BAD_INPUT, "%s:%d: overlay wants X Y, and columns x and y", chart->path,
                    chart->overlay_line);
  for (size_t i = 0; i < job->noverlays; i++) {
    bsn_table_result one;
    BSN_TRY(bsn_overlay_read(&one, arena, job->overlay[i], x, y, error) && lay_below(t, &one, error));
  }
  return true;
}

static bool add_overlays(bsn_chart_table *t, const bsn_chart *chart, const bsn_chart_job *job, bsn_arena *arena,
                         bsn_error *error) {
  bsn_series all;
  t->all = t->own;
  if (!job->noverlays) return true;
  if (!bsn_result_init(&t->all, arena, t->own.columns, t->own.name)) return bsn_no_memory(error);
  BSN_TRY(append(&t->all, &t->own, error) && read_overlays(t, chart, job, arena, error));
  BSN_TRY(bsn_series_of(&t->all, &all, error));
  t->overlays = all.n - t->series.n;
  t->overlay = all.name + t->series.n;
  t->like = bsn_alloc_in(arena, (t->overlays + 1) * sizeof *t->like);
  if (!t->like) return bsn_no_memory(error);
  for (size_t k = 0; k < t->overlays; k++) find_like(t, k);
  return true;
}

bool bsn_chart_table_make(bsn_chart_table *t, const bsn_chart *chart, const bsn_chart_job *job, bsn_arena *arena,
                          bsn_error *error) {
  *t = (bsn_chart_table){0};
  return make_own(&t->own, chart, job, arena, error) && bsn_series_of(&t->own, &t->series, error) &&
         add_overlays(t, chart, job, arena, error);
}
