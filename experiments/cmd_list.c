/* list, explain: what an experiment file can name. */
#include "program.h"
#include "report/chart.h"
#include "report/derive.h"
#include "report/phrase.h"
#include "study/form.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_kind(const char *kind, const char *wanted) { return !wanted || !strcmp(kind, wanted); }

/* ---- one parameter ---- */
static const char *const type_names[] = {
    [BSN_REAL] = "number",  [BSN_COUNT] = "whole number", [BSN_FLAG] = "true or false", [BSN_WORD] = "word",
    [BSN_TEXT] = "text",    [BSN_FILE] = "file",          [BSN_REALS] = "numbers",      [BSN_COUNTS] = "whole numbers",
    [BSN_TEXTS] = "texts",  [BSN_ROW] = "name",           [BSN_ROWS] = "names",         [BSN_AMOUNT] = "amount",
    [BSN_MOMENT] = "moment"};

static bool has_bounds(const bsn_param *p) {
  return p->type == BSN_REAL || p->type == BSN_COUNT || p->type == BSN_REALS || p->type == BSN_COUNTS;
}

/* What the two bounds mean: see bsn_param. NAN: none. */
static double low(const bsn_param *p) {
  bool counts = p->type == BSN_COUNT || p->type == BSN_COUNTS;
  if (p->lo == 0 && p->hi == 0) return p->above || counts ? 0 : NAN;
  return p->lo;
}
static double high(const bsn_param *p) {
  return (p->lo == 0 && p->hi == 0) || p->hi < p->lo || isinf(p->hi) ? NAN : p->hi;
}

static void write_words(const bsn_param *p, bsn_out *out) {
  for (int i = 0; p->words && p->words[i]; i++) bsn_out_add(out, "%s%s", i ? ", " : "", p->words[i]);
}

static void write_range(const bsn_param *p, bsn_out *out) {
  double lo = low(p), hi = high(p);
  if (p->type == BSN_WORD) write_words(p, out);
  if (p->type == BSN_ROW || p->type == BSN_ROWS) bsn_out_add(out, "%s of kind %s", type_names[p->type], p->table);
  if (p->type == BSN_WORD || p->type == BSN_ROW || p->type == BSN_ROWS) return;
  bsn_out_add(out, "%s", type_names[p->type]);
  if (!has_bounds(p)) return;
  if (!isnan(lo)) bsn_out_add(out, " %s %g", p->above ? ">" : ">=", lo);
  if (!isnan(hi)) bsn_out_add(out, "%s %s %g", isnan(lo) ? "" : " and", p->below ? "<" : "<=", hi);
}

static void text_param(const bsn_param *p, bsn_out *out) {
  bsn_out_add(out, "  %-18s %-12s ", p->name, p->def ? p->def : "(required)");
  write_range(p, out);
  bsn_out_add(out, "\n  %-31s %s\n", "", p->doc ? p->doc : "");
}

static void json_bound(bsn_out *out, const char *name, double x) {
  bsn_out_add(out, ", \"%s\": ", name);
  if (isnan(x))
    bsn_out_add(out, "null");
  else
    bsn_out_number(out, x);
}

/* A default as JSON: a number where it is one. */
static void json_default(const bsn_param *p, bsn_out *out) {
  double x;
  if (has_bounds(p) && p->def && bsn_number_read(p->def, &x))
    bsn_out_number(out, x);
  else if (p->type == BSN_FLAG && p->def)
    bsn_out_add(out, "%s", p->def);
  else
    bsn_out_json(out, p->def);
}

static void json_param(const bsn_param *p, bsn_out *out) {
  bsn_out_add(out, "{\"name\": \"%s\", \"type\": \"%s\", \"default\": ", p->name, type_names[p->type]);
  json_default(p, out);
  json_bound(out, "lo", has_bounds(p) ? low(p) : NAN);
  json_bound(out, "hi", has_bounds(p) ? high(p) : NAN);
  bsn_out_add(out, ", \"doc\": ");
  bsn_out_json(out, p->doc);
  if (p->words) bsn_out_add(out, ", \"words\": [");
  for (int i = 0; p->words && p->words[i]; i++) bsn_out_add(out, "%s\"%s\"", i ? ", " : "", p->words[i]);
  bsn_out_add(out, "%s}", p->words ? "]" : "");
}

static void json_params(const char *key, const bsn_param *params, bsn_out *out) {
  bsn_out_add(out, ", \"%s\": [", key);
  for (const bsn_param *p = params; p && p->name; p++) {
    if (p != params) bsn_out_add(out, ", ");
    json_param(p, out);
  }
  bsn_out_add(out, "]");
}

/* ---- one row ---- */
static void json_row(const char *kind, const bsn_row *row, bsn_out *out) {
  bsn_out_add(out, "{\"kind\": \"%s\", \"name\": \"%s\", \"doc\": ", kind, row->name);
  bsn_out_json(out, row->doc);
  bsn_out_add(out, ", \"formula\": ");
  bsn_out_json(out, row->formula);
  bsn_out_add(out, ", \"source\": ");
  bsn_out_json(out, row->source);
  json_params("params", row->params, out);
  if (bsn_extra_params(kind)) json_params("shared", bsn_extra_params(kind), out);
  bsn_out_add(out, "}");
}

/* What an optimizer with its defaults remembers; one with a required parameter is left out. */
static void write_state(const bsn_row *row, bsn_out *out) {
  bsn_arena arena = {0};
  bsn_faults faults = {.arena = &arena};
  bsn_reader reader = {.arena = &arena, .faults = &faults, .tables = bsn_tables, .folder = "."};
  bsn_value *name = bsn_value_scalar(&arena, row->name);
  bsn_choice choice;
  if (name && bsn_read_row(&reader, &bsn_optimizers, name, "optimizer", &choice, NULL, NULL)) {
    size_t bytes = bsn_optimizer_bytes((const bsn_optimizer *)choice.row, choice.config, 1);
    bsn_out_add(out, "  state: %zu bytes per parameter, besides the gradient\n", bytes);
  }
  bsn_arena_free(&arena);
}

static void text_row(const char *kind, const bsn_row *row, bsn_out *out) {
  bsn_out_add(out, "%s (%s)\n  %s\n", row->name, kind, row->doc);
  if (row->formula) bsn_out_add(out, "  formula: %s\n", row->formula);
  if (row->source) bsn_out_add(out, "  source: %s\n", row->source);
  if (!strcmp(kind, bsn_optimizers.kind)) write_state(row, out);
  if (row->params && row->params->name) bsn_out_add(out, "\n  parameter          default\n");
  for (const bsn_param *p = row->params; p && p->name; p++) text_param(p, out);
  const bsn_param *shared = bsn_extra_params(kind);
  if (shared) bsn_out_add(out, "\n  taken by all of this kind\n");
  for (const bsn_param *p = shared; p && p->name; p++) text_param(p, out);
}

/* ---- charts are files, what their heads name has rows of other kinds: all as rows ---- */
static bool chart_row(bsn_arena *arena, const char *name, bsn_row *row, bsn_error *error) {
  bsn_chart chart;
  const char *file = chart_file(arena, name, error);
  BSN_TRY(file && bsn_chart_read(&chart, arena, file, error));
  bsn_param *params = bsn_alloc_in(arena, (chart.nparameters + 1) * sizeof *params);
  if (!params) return bsn_no_memory(error);
  for (size_t i = 0; i < chart.nparameters; i++) {
    const bsn_chart_parameter *p = &chart.parameter[i];
    const char **words = bsn_alloc_in(arena, (p->nchoices + 1) * sizeof *words);
    if (!words) return bsn_no_memory(error);
    for (size_t k = 0; k < p->nchoices; k++) words[k] = p->choice[k];
    params[i] = (bsn_param){.name = p->name,
                            .type = p->nchoices ? BSN_WORD : BSN_TEXT,
                            .def = p->value,
                            .doc = p->doc,
                            .words = p->nchoices ? words : NULL};
  }
  *row = (bsn_row){.name = name, .doc = chart.doc, .params = params};
  return true;
}

typedef bool visitor(void *context, const char *kind, const bsn_row *row);

static bool visit_derives(bsn_arena *arena, visitor *visit, void *context) {
  const bsn_derive *d;
  for (size_t i = 0; (d = bsn_derive_row(i)); i++) {
    const char *doc = bsn_text_in(arena, "%s: %s", d->usage, d->doc);
    if (!doc || !visit(context, "derive", &(bsn_row){.name = d->name, .doc = doc})) return false;
  }
  return true;
}

static bool visit_phrases(visitor *visit, void *context) {
  for (const bsn_phrase *p = bsn_phrases; p->name; p++)
    if (!visit(context, "phrase", &(bsn_row){.name = p->name, .doc = p->doc, .formula = p->sql})) return false;
  return true;
}

/* Every row of every kind. */
static bool visit_all(bsn_arena *arena, const char *kind, visitor *visit, void *context, bsn_error *error) {
  const char **charts;
  bsn_row row;
  for (const bsn_table *const *t = bsn_tables; *t; t++)
    for (size_t i = 0; is_kind((*t)->kind, kind) && bsn_table_row(*t, i); i++)
      if (!visit(context, (*t)->kind, bsn_table_row(*t, i))) return bsn_no_memory(error);
  if (is_kind("derive", kind) && !visit_derives(arena, visit, context)) return bsn_no_memory(error);
  if (is_kind("phrase", kind) && !visit_phrases(visit, context)) return bsn_no_memory(error);
  size_t n = is_kind("chart", kind) ? chart_names(arena, &charts) : 0;
  for (size_t i = 0; i < n; i++) {
    BSN_TRY(chart_row(arena, charts[i], &row, error));
    if (!visit(context, "chart", &row)) return bsn_no_memory(error);
  }
  return true;
}

/* ---- list ---- */
typedef struct lister {
  bsn_out out;
  const char *wanted, *kind; /* kind: of the row before */
  bool json;
  size_t n;
} lister;

static bool list_row(void *context, const char *kind, const bsn_row *row) {
  lister *l = context;
  if (l->json) {
    bsn_out_add(&l->out, "%s", l->n ? ",\n" : "\n");
    json_row(kind, row, &l->out);
  } else {
    if (!l->wanted && (!l->kind || strcmp(kind, l->kind))) bsn_out_add(&l->out, "%s%s\n", l->n ? "\n" : "", kind);
    bsn_out_add(&l->out, "  %-22s %s\n", row->name, row->doc);
  }
  l->kind = kind;
  l->n++;
  return true;
}

static bool unknown_kind(const char *word, bsn_error *error) {
  enum { MOST = 64 };
  const char *kinds[MOST] = {"derive", "phrase", "chart"};
  size_t n = 3;
  bsn_arena arena = {0};
  for (const bsn_table *const *t = bsn_tables; *t && n < MOST; t++) kinds[n++] = (*t)->kind;
  const char *near = bsn_nearest(word, n, kinds), *all = kinds[0];
  for (size_t i = 1; i < n && all; i++) all = bsn_text_in(&arena, "%s, %s", all, kinds[i]);
  bsn_fail(error, BSN_USAGE, near ? "no kind '%s': did you mean '%s'?" : "no kind '%s': there are %s", word,
           near  ? near
           : all ? all
                 : "");
  bsn_arena_free(&arena);
  return false;
}

enum { JSON = 1000 };

static error_t parse_list(int key, char *arg, struct argp_state *state) {
  lister *l = state->input;
  if (key == JSON) return l->json = true, 0;
  if (key != ARGP_KEY_ARG) return ARGP_ERR_UNKNOWN;
  if (l->wanted) argp_error(state, "one kind at a time");
  l->wanted = arg;
  return 0;
}

int cmd_list(int argc, char **argv) {
  static const struct argp_option list[] = {{"json", JSON, NULL, 0, "As JSON, with all parameters", 0}, {0}};
  const struct argp argp = {.options = list,
                            .parser = parse_list,
                            .args_doc = "[KIND]",
                            .doc =
                                "List everything that an experiment file or a chart can name. KIND is a heading of "
                                "that list, as data, optimizer, probe or chart: only what is below it.",
                            .children = help_child};
  lister l = {.out = {.write = to_stdout}};
  bsn_error error = {0};
  bsn_arena arena = {0};
  if (argp_parse(&argp, argc, argv, 0, NULL, &l)) return BSN_USAGE;
  if (l.json) bsn_out_add(&l.out, "[");
  bool ok = visit_all(&arena, l.wanted, list_row, &l, &error);
  if (l.json) bsn_out_add(&l.out, "\n]\n");
  if (ok && !l.n) ok = unknown_kind(l.wanted ? l.wanted : "", &error);
  if (ok) bsn_out_end(&l.out, &error);
  bsn_out_free(&l.out);
  bsn_arena_free(&arena);
  return finish(&error);
}

/* ---- explain ---- */
typedef struct explainer {
  bsn_out out;
  bsn_arena arena;
  const char *wanted;
  size_t found, nnames;
  const char **name; /* of all rows, for who misspelt one */
} explainer;

static bool explain_row(void *context, const char *kind, const bsn_row *row) {
  explainer *e = context;
  const char **names = bsn_grow_in(&e->arena, e->name, e->nnames, sizeof *names);
  if (!names) return false;
  e->name = names;
  names[e->nnames++] = row->name;
  if (strcmp(row->name, e->wanted)) return true;
  if (e->found++) bsn_out_add(&e->out, "\n");
  text_row(kind, row, &e->out);
  return true;
}

static error_t parse_explain(int key, char *arg, struct argp_state *state) {
  explainer *e = state->input;
  if (key == ARGP_KEY_NO_ARGS) argp_error(state, "which name?");
  if (key != ARGP_KEY_ARG) return ARGP_ERR_UNKNOWN;
  if (e->wanted) argp_error(state, "one name at a time");
  e->wanted = arg;
  return 0;
}

int cmd_explain(int argc, char **argv) {
  const struct argp argp = {.parser = parse_explain,
                            .args_doc = "NAME",
                            .doc =
                                "Tell all about a name, as adam or convergence: what it is, its parameters with "
                                "defaults and bounds, formula and source.",
                            .children = help_child};
  explainer e = {.out = {.write = to_stdout}};
  bsn_error error = {0};
  if (argp_parse(&argp, argc, argv, 0, NULL, &e)) return BSN_USAGE;
  bool ok = visit_all(&e.arena, NULL, explain_row, &e, &error);
  const char *near = ok && !e.found ? bsn_nearest(e.wanted, e.nnames, e.name) : NULL;
  if (ok && !e.found)
    ok = bsn_fail(&error, BSN_USAGE,
                  near ? "nothing is named '%s': did you mean '%s'?" : "nothing is named '%s'; see basin list%s",
                  e.wanted, near ? near : "");
  if (ok) bsn_out_end(&e.out, &error);
  bsn_out_free(&e.out);
  bsn_arena_free(&e.arena);
  return finish(&error);
}
