#include "report/chart_table.h"
#include "base/value.h"
#include "report/gnuplot.h"
#include "report/label.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- parameters ---- */

static bool allowed(const bsn_chart_parameter *p, const char *value) {
  for (size_t i = 0; i < p->nchoices; i++)
    if (!strcmp(p->choice[i], value)) return true;
  if (p->nchoices) return false;
  /* Values go into SQL as they are: nothing that could end a name or a string there. */
  for (const char *c = value; *c; c++)
    if (!isalnum((unsigned char)*c) && !strchr("_.:-", *c)) return false;
  return *value != 0;
}

static bool bad_value(const bsn_chart *chart, const bsn_chart_parameter *p, const char *value, bsn_arena *arena,
                      bsn_error *error) {
  const char *list = "";
  for (size_t i = 0; i < p->nchoices && list; i++)
    list = bsn_text_in(arena, "%s%s%s", list, i ? ", " : ": one of ", p->choice[i]);
  return bsn_fail(error, BSN_BAD_INPUT, "chart %s: \"%s\" is no value of %s%s", chart->name, value, p->name,
                  list && *list ? list : " (letters, digits and _.:-)");
}

bool bsn_chart_set_parameters(bsn_chart *chart, size_t n, const bsn_chart_set *set, bsn_arena *arena,
                              bsn_error *error) {
  size_t size = chart->nparameters * sizeof *chart->parameter;
  chart->parameter = size ? bsn_copy_in(arena, chart->parameter, size) : NULL;
  if (size && !chart->parameter) return bsn_no_memory(error);
  for (size_t i = 0; i < n; i++) {
    bsn_chart_parameter *p = NULL;
    for (size_t k = 0; k < chart->nparameters; k++)
      if (!strcmp(chart->parameter[k].name, set[i].name)) p = &chart->parameter[k];
    if (!p) return bsn_fail(error, BSN_BAD_INPUT, "chart %s has no parameter %s", chart->name, set[i].name);
    if (!allowed(p, set[i].value)) return bad_value(chart, p, set[i].value, arena, error);
    p->value = set[i].value;
  }
  return true;
}

/* ---- the variables ---- */

/* A gnuplot string: single quotes know no escape but the doubled quote. */
static void put_string(FILE *out, bsn_arena *arena, const char *text) {
  const char *escaped = bsn_label_escape(arena, text);
  fputc('\'', out);
  for (; escaped && *escaped; escaped++) fputs(*escaped == '\'' ? "''" : (char[]){*escaped, 0}, out);
  fputc('\'', out);
}

static void put_variable(FILE *out, bsn_arena *arena, const char *name, const char *text) {
  fprintf(out, "%s = ", name);
  put_string(out, arena, text);
  fputc('\n', out);
}

/* P, P_label ("Test loss"), P_words ("test loss"). */
static bool put_parameter(FILE *out, bsn_arena *arena, const bsn_chart_parameter *p, bsn_error *error) {
  const char *label = bsn_label_of(arena, p->value);
  char *words = label ? bsn_text_in(arena, "%s", label) : NULL;
  const char *label_name = bsn_text_in(arena, "%s_label", p->name),
             *words_name = bsn_text_in(arena, "%s_words", p->name);
  if (!words || !label_name || !words_name) return bsn_no_memory(error);
  if (islower((unsigned char)words[1]) || words[1] == ' ') *words = (char)tolower((unsigned char)*words);
  put_variable(out, arena, p->name, p->value);
  put_variable(out, arena, label_name, label);
  put_variable(out, arena, words_name, words);
  return true;
}

static void put_number(FILE *out, const char *column, const char *what, double x) {
  fprintf(out, isfinite(x) ? "%s_%s = %.10g\n" : "%s_%s = NaN\n", column, what, x);
}

/* The row in which column c of each series is found first, if it is a constant text; false else. */
static bool constant(const bsn_table_result *t, const bsn_series *series, size_t c, size_t *first) {
  memset(first, 0xff, series->n * sizeof *first);
  for (size_t row = 0; row < t->rows; row++) {
    size_t s = series->of[row];
    const bsn_cell *cell = bsn_result_at(t, row, c);
    if (cell->kind != BSN_CELL_TEXT) return false;
    if (first[s] == SIZE_MAX) first[s] = row;
    if (strcmp(bsn_result_at(t, first[s], c)->text, cell->text)) return false;
  }
  return true;
}

static void put_column(FILE *out, const bsn_table_result *t, size_t c) {
  double lo = INFINITY, hi = -INFINITY, positive = INFINITY;
  for (size_t row = 0; row < t->rows; row++) {
    double x = bsn_result_number(t, row, c);
    if (!isfinite(x)) continue;
    if (x < lo) lo = x;
    if (x > hi) hi = x;
    if (x > 0 && x < positive) positive = x;
  }
  put_number(out, t->name[c], "min", lo);
  put_number(out, t->name[c], "max", hi);
  put_number(out, t->name[c], "positive", positive);
}

static void put_array(FILE *out, bsn_arena *arena, const char *name, size_t n, const char *const *text) {
  fprintf(out, "array %s[%zu] = [", name, n ? n : 1); /* gnuplot has no empty arrays */
  for (size_t i = 0; i < n; i++) {
    if (i) fputs(", ", out);
    put_string(out, arena, text[i]);
  }
  fputs(n ? "]\n" : "'']\n", out);
}

/* How much room the names of series and overlays need. */
static void put_widths(FILE *out, const bsn_chart_table *t) {
  double widest = 0;
  fprintf(out, "array series_width[%zu] = [", t->series.n);
  for (size_t i = 0; i < t->series.n; i++) {
    double width = bsn_label_width(t->series.name[i]);
    fprintf(out, "%s%.1f", i ? ", " : "", width);
    if (width > widest) widest = width;
  }
  for (size_t i = 0; i < t->overlays; i++)
    if (bsn_label_width(t->overlay[i]) > widest) widest = bsn_label_width(t->overlay[i]);
  fprintf(out, "]\nwidth = %.1f\n", widest);
}

static void put_overlays(FILE *out, bsn_arena *arena, const bsn_chart_table *t) {
  fprintf(out, "overlays = %zu\n", t->overlays);
  put_array(out, arena, "overlay_name", t->overlays, t->overlay);
  fprintf(out, "array overlay_like[%zu] = [", t->overlays ? t->overlays : 1);
  for (size_t i = 0; i < t->overlays; i++) fprintf(out, "%s%zu", i ? ", " : "", t->like[i]);
  fputs(t->overlays ? "]\n" : "1]\n", out);
}

/* A text column that is constant in each series is an array; of the others the ranges are told. */
static bool put_columns(FILE *out, bsn_arena *arena, const bsn_chart_table *t, bsn_error *error) {
  const size_t n = t->series.n;
  size_t *first = bsn_alloc_in(arena, n * sizeof *first);
  const char **text = bsn_alloc_in(arena, n * sizeof *text);
  if (!first || !text) return bsn_no_memory(error);
  for (size_t c = 1; c < t->own.columns; c++) {
    if (!constant(&t->own, &t->series, c, first)) {
      put_column(out, &t->all, c);
      continue;
    }
    const char *name = bsn_text_in(arena, "series_%s", t->own.name[c]);
    if (!name) return bsn_no_memory(error);
    for (size_t i = 0; i < n; i++) text[i] = bsn_result_at(&t->own, first[i], c)->text;
    put_array(out, arena, name, n, text);
  }
  return true;
}

static bool put_table(FILE *out, bsn_arena *arena, const bsn_chart_table *t, bsn_error *error) {
  fprintf(out, "series = %zu\n", t->series.n);
  put_widths(out, t);
  put_array(out, arena, "series_name", t->series.n, t->series.name);
  put_overlays(out, arena, t);
  return put_columns(out, arena, t, error);
}

typedef struct facts {
  size_t trials, wanted; /* stored; asked for, 0: not known of each study */
  size_t least, most;    /* replicates */
  bool tainted;
} facts;

static bool add_facts(const bsn_chart_source *s, facts *f, bsn_error *error) {
  bsn_table_result t;
  BSN_TRY(s->rows(s->context,
                  "SELECT count(*), (SELECT count(DISTINCT replicate) FROM report WHERE outcome <> 'failed'), "
                  "coalesce(max(tainted <> 0), 0) FROM trial WHERE outcome <> 'failed'",
                  &t, error));
  if (t.rows != 1 || t.columns != 3) return bsn_fail(error, BSN_BAD_INPUT, "table trial is not as it should be");
  size_t trials = (size_t)bsn_result_number(&t, 0, 0), replicates = (size_t)bsn_result_number(&t, 0, 1);
  f->trials += trials;
  f->wanted += s->trials > trials ? s->trials : trials;
  f->least = replicates < f->least ? replicates : f->least;
  f->most = replicates > f->most ? replicates : f->most;
  f->tainted |= bsn_result_number(&t, 0, 2) > 0;
  return true;
}

/* "a, b" */
static const char *all_studies(const bsn_chart_job *job, bsn_arena *arena) {
  const char *text = job->source[0].study;
  for (size_t i = 1; i < job->nsources && text; i++) text = bsn_text_in(arena, "%s, %s", text, job->source[i].study);
  return text;
}

/* "5 replicates, 12 of 40 trials" */
static bool put_facts(FILE *out, const bsn_chart_job *job, bsn_arena *arena, bsn_error *error) {
  facts f = {.least = SIZE_MAX};
  for (size_t i = 0; i < job->nsources; i++) BSN_TRY(add_facts(&job->source[i], &f, error));
  const char *note = f.least < f.most ? bsn_text_in(arena, "%zu to %zu replicates", f.least, f.most)
                                      : bsn_text_in(arena, "%zu replicate%s", f.most, f.most == 1 ? "" : "s");
  if (note && f.wanted > f.trials) note = bsn_text_in(arena, "%s, %zu of %zu trials", note, f.trials, f.wanted);
  const char *study = all_studies(job, arena);
  if (!note || !study) return bsn_no_memory(error);
  put_variable(out, arena, "study", study);
  put_variable(out, arena, "note", note);
  fprintf(out, "replicates = %zu\ntainted = %d\n", f.most, f.tainted);
  return true;
}

static bool put_script(FILE *out, const bsn_chart *chart, const bsn_chart_job *job, const char *style,
                       const bsn_chart_table *table, bsn_arena *arena, bsn_error *error) {
  const char *name = job->name ? job->name : chart->name;
  fprintf(out, "# %s\n# Run again: gnuplot %s.gp    Other formats: gnuplot -e \"format='svg'\" %s.gp\n", chart->doc,
          name, name);
  fprintf(out, "if (!exists('format')) format = '%s'\nif (!exists('output')) output = '%s.'.format\ndata = '%s.tsv'\n",
          job->format, name, name);
  for (size_t i = 0; i < chart->nparameters; i++) BSN_TRY(put_parameter(out, arena, &chart->parameter[i], error));
  BSN_TRY(put_facts(out, job, arena, error));
  BSN_TRY(put_table(out, arena, table, error));
  fprintf(out, "\n%s\n%s", style, chart->body);
  return true;
}

static bool make_script(const bsn_chart *chart, const bsn_chart_job *job, const bsn_chart_table *table,
                        bsn_arena *arena, char **script, bsn_error *error) {
  char *text = NULL, *style;
  size_t size = 0, length;
  BSN_TRY(bsn_file_read(arena, job->style, &style, &length, error));
  FILE *out = open_memstream(&text, &size);
  if (!out) return bsn_no_memory(error);
  bool ok = put_script(out, chart, job, style, table, arena, error);
  bool bad = ferror(out) != 0;
  if (fclose(out) || bad) ok = bsn_no_memory(error);
  *script = ok ? bsn_copy_in(arena, text, size + 1) : NULL;
  free(text);
  return ok && (*script || bsn_no_memory(error));
}

/* ---- files ---- */

static bool write_file(const char *folder, const char *name, const char *tail, const char *text, bsn_arena *arena,
                       bsn_error *error) {
  const char *final = bsn_text_in(arena, "%s/%s.%s", folder, name, tail);
  const char *made = bsn_text_in(arena, "%s/.%s.%s.%ld", folder, name, tail, (long)getpid());
  if (!final || !made) return bsn_no_memory(error);
  FILE *file = fopen(made, "w");
  if (!file) return bsn_fail(error, BSN_IO, "%s: %s", final, strerror(errno));
  bool bad = fputs(text, file) < 0;
  if (fclose(file) || bad || rename(made, final)) {
    bsn_fail(error, BSN_IO, "%s: %s", final, strerror(errno));
    unlink(made);
    return false;
  }
  return true;
}

static bool known_format(const char *format) {
  return !strcmp(format, "png") || !strcmp(format, "svg") || !strcmp(format, "pdf");
}

bool bsn_chart_draw(const bsn_chart *given, const bsn_chart_job *job, bsn_arena *arena, const char **picture,
                    bsn_error *error) {
  bsn_chart chart = *given;
  bsn_chart_table table;
  char *script = NULL;
  const char *name = job->name ? job->name : chart.name;
  if (!known_format(job->format))
    return bsn_fail(error, BSN_USAGE, "format \"%s\" is none of png, svg, pdf", job->format);
  BSN_TRY(bsn_chart_set_parameters(&chart, job->nset, job->set, arena, error));
  BSN_TRY(bsn_chart_table_make(&table, &chart, job, arena, error));
  BSN_TRY(make_script(&chart, job, &table, arena, &script, error));
  const char *tsv = bsn_result_tsv(&table.all, error), *file = bsn_text_in(arena, "%s.%s", name, job->format);
  const char *gp = bsn_text_in(arena, "%s.gp", name);
  if (!tsv) return false;
  if (!file || !gp) return bsn_no_memory(error);
  BSN_TRY(write_file(job->folder, name, "tsv", tsv, arena, error));
  BSN_TRY(write_file(job->folder, name, "gp", script, arena, error));
  BSN_TRY(
      bsn_gnuplot_run(&(bsn_gnuplot){job->gnuplot, job->folder, gp, file, job->format, job->timeout}, arena, error));
  if (!picture) return true;
  *picture = bsn_text_in(arena, "%s/%s", job->folder, file);
  return *picture || bsn_no_memory(error);
}
