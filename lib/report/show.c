#include "report/show.h"
#include "report/columns.h"
#include "report/summary.h"
#include <math.h>
#include <string.h>

/* ---- LaTeX ---- */
static void write_tex(bsn_out *out, const char *text) {
  static const char special[] = "&%$#_{}~^\\";
  static const char *const written[] = {"\\&",
                                        "\\%",
                                        "\\$",
                                        "\\#",
                                        "\\_",
                                        "\\{",
                                        "\\}",
                                        "\\textasciitilde{}",
                                        "\\textasciicircum{}",
                                        "\\textbackslash{}"};
  for (; *text; text++) {
    const char *at = strchr(special, *text);
    if (at)
      bsn_out_add(out, "%s", written[at - special]);
    else
      bsn_out_add(out, "%c", *text);
  }
}

static void write_tabular(const bsn_columns *t, bsn_out *out) {
  bsn_out_add(out, "\\begin{tabular}{");
  for (size_t i = 0; i < t->columns; i++) bsn_out_add(out, "l");
  bsn_out_add(out, "}\n\\hline\n");
  for (size_t i = 0; i < t->n; i++) {
    bool last = i % t->columns == t->columns - 1;
    write_tex(out, t->cell[i]);
    bsn_out_add(out, last ? " \\\\\n" : " & ");
    if (i == t->columns - 1) bsn_out_add(out, "\\hline\n");
  }
  bsn_out_add(out, "\\hline\n\\end{tabular}\n");
}

/* ---- rows for people ---- */

static const char *note_of(bsn_columns *t, const bsn_group *g) {
  const struct {
    size_t n;
    const char *what;
  } parts[] = {{g->diverged, "diverged"}, {g->failed, "failed"}, {g->tainted, "saw test data"}};
  const char *note = "";
  for (size_t i = 0; i < 3 && note; i++)
    if (parts[i].n) note = bsn_text_in(t->arena, "%s%s%zu %s", note, *note ? ", " : "", parts[i].n, parts[i].what);
  return note;
}

/* A study with more factors than there is room for shows the first ones. */
static size_t factors_shown(const bsn_summary *s) {
  return s->nfactors < BSN_MOST_COLUMNS - 6 ? s->nfactors : BSN_MOST_COLUMNS - 6;
}

static void fill_rows(bsn_columns *t, const bsn_summary *s) {
  static const char *const heads[] = {"metric", "n", "mean", "t 95% interval", "median", ""};
  size_t factors = factors_shown(s);
  t->columns = factors + 6;
  for (size_t i = 0; i < factors; i++) bsn_columns_put(t, s->factor[i]);
  for (size_t i = 0; i < 6; i++) bsn_columns_put(t, heads[i]);
  for (size_t i = 0; i < s->nrows; i++) {
    const bsn_summary_row *r = &s->row[i];
    const bsn_group *g = &s->group[r->group];
    for (size_t k = 0; k < factors; k++) bsn_columns_put(t, g->value[k] ? g->value[k] : "-");
    bsn_columns_put(t, r->metric);
    bsn_columns_put(t, bsn_text_in(t->arena, r->interval.n < g->of ? "%zu of %zu" : "%zu", r->interval.n, g->of));
    bsn_columns_number(t, r->interval.mean);
    bsn_columns_range(t, r->interval.lo, r->interval.hi);
    bsn_columns_number(t, r->median);
    bsn_columns_put(t, note_of(t, g));
  }
}

static const char *verdict(const bsn_comparison *c) {
  if (isnan(c->p_holm)) return "too few pairs";
  if (!(c->p_holm < 0.05)) return "no difference shown";
  return c->test.mean < 0 ? "first is lower" : "first is higher";
}

static const char *level_of(const bsn_group *g) { return g->value[0] ? g->value[0] : "-"; }

static void fill_comparisons(bsn_columns *t, const bsn_summary *s) {
  static const char *const heads[] = {"metric",     "first",          "second",   "pairs",
                                      "difference", "t 95% interval", "p (Holm)", ""};
  t->columns = 8;
  for (size_t i = 0; i < 8; i++) bsn_columns_put(t, heads[i]);
  for (size_t i = 0; i < s->ncomparisons; i++) {
    const bsn_comparison *c = &s->comparison[i];
    bsn_columns_put(t, c->metric);
    bsn_columns_put(t, level_of(&s->group[c->first]));
    bsn_columns_put(t, level_of(&s->group[c->second]));
    bsn_columns_put(t, bsn_text_in(t->arena, "%zu", c->test.n));
    bsn_columns_number(t, c->test.mean);
    bsn_columns_range(t, c->test.lo, c->test.hi);
    bsn_columns_put(t, isnan(c->p_holm) ? "-" : bsn_text_in(t->arena, "%.2g", c->p_holm));
    bsn_columns_put(t, verdict(c));
  }
}

static bool write_text(const bsn_summary *s, bsn_out *out) {
  bsn_columns rows = {.arena = s->arena}, pairs = {.arena = s->arena};
  fill_rows(&rows, s);
  if (s->of > s->trials)
    bsn_out_add(out, "%s: %zu of %zu trials\n", s->study, s->trials, s->of);
  else
    bsn_out_add(out, "%s: %zu trial%s\n", s->study, s->trials, s->trials == 1 ? "" : "s");
  if (s->nrows) bsn_out_add(out, "\n");
  if (s->nrows) bsn_columns_write(&rows, out);
  if (!s->ncomparisons) return !rows.no_memory;
  fill_comparisons(&pairs, s);
  bsn_out_add(out, "\nDifferences by %s (first - second), paired over replicates and the other factors:\n\n",
              s->factor[0]);
  bsn_columns_write(&pairs, out);
  return !rows.no_memory && !pairs.no_memory;
}

static bool write_latex(const bsn_summary *s, bsn_out *out) {
  bsn_columns rows = {.arena = s->arena}, pairs = {.arena = s->arena};
  fill_rows(&rows, s);
  write_tabular(&rows, out);
  if (!s->ncomparisons) return !rows.no_memory;
  fill_comparisons(&pairs, s);
  bsn_out_add(out, "\n");
  write_tabular(&pairs, out);
  return !rows.no_memory && !pairs.no_memory;
}

/* ---- rows for programs ---- */

static bool write_csv(const bsn_summary *s, bsn_out *out) {
  for (size_t i = 0; i < s->nfactors; i++) {
    bsn_out_csv(out, s->factor[i]);
    bsn_out_add(out, ",");
  }
  bsn_out_add(out, "metric,n,of,mean,lo,hi,median,diverged,failed\n");
  for (size_t i = 0; i < s->nrows; i++) {
    const bsn_summary_row *r = &s->row[i];
    const bsn_group *g = &s->group[r->group];
    for (size_t k = 0; k < s->nfactors; k++) {
      bsn_out_csv(out, g->value[k]);
      bsn_out_add(out, ",");
    }
    bsn_out_csv(out, r->metric);
    bsn_out_add(out, ",%zu,%zu", r->interval.n, g->of);
    const double numbers[] = {r->interval.mean, r->interval.lo, r->interval.hi, r->median};
    for (size_t k = 0; k < 4; k++) {
      bsn_out_add(out, ",");
      bsn_out_csv_number(out, numbers[k]);
    }
    bsn_out_add(out, ",%zu,%zu\n", g->diverged, g->failed);
  }
  return true;
}

static void member(bsn_out *out, const char *name, double x) {
  bsn_out_add(out, ", \"%s\": ", name);
  bsn_out_number(out, x);
}

/* This group less each other one. */
static void write_against(const bsn_summary *s, const bsn_summary_row *r, bsn_out *out) {
  const char *comma = "";
  bsn_out_add(out, ", \"against\": [");
  for (size_t i = 0; i < s->ncomparisons; i++) {
    const bsn_comparison *c = &s->comparison[i];
    bool first = c->first == r->group;
    if ((!first && c->second != r->group) || strcmp(c->metric, r->metric) != 0) continue;
    double sign = first ? 1 : -1;
    bsn_out_add(out, "%s{\"cell\": %s, \"n\": %zu", comma, s->group[first ? c->second : c->first].cell, c->test.n);
    member(out, "mean", sign * c->test.mean);
    member(out, "lo", first ? c->test.lo : -c->test.hi);
    member(out, "hi", first ? c->test.hi : -c->test.lo);
    member(out, "p", c->test.p);
    member(out, "p_holm", c->p_holm);
    bsn_out_add(out, "}");
    comma = ", ";
  }
  bsn_out_add(out, "]");
}

static bool write_json(const bsn_summary *s, bsn_out *out) {
  bsn_out_add(out, "[");
  for (size_t i = 0; i < s->nrows; i++) {
    const bsn_summary_row *r = &s->row[i];
    const bsn_group *g = &s->group[r->group];
    bsn_out_add(out, "%s{\"cell\": %s, \"metric\": ", i ? ",\n" : "\n", g->cell);
    bsn_out_json(out, r->metric);
    bsn_out_add(out, ", \"n\": %zu, \"of\": %zu", r->interval.n, g->of);
    member(out, "mean", r->interval.mean);
    member(out, "lo", r->interval.lo);
    member(out, "hi", r->interval.hi);
    member(out, "median", r->median);
    bsn_out_add(out, ", \"interval\": \"t 95%%\", \"diverged\": %zu, \"failed\": %zu", g->diverged, g->failed);
    if (s->ncomparisons) write_against(s, r, out);
    bsn_out_add(out, "}");
  }
  bsn_out_add(out, "\n]\n");
  return true;
}

typedef bool writer(const bsn_summary *summary, bsn_out *out);

static writer *const writers[] = {[BSN_SHOW_TEXT] = write_text,
                                  [BSN_SHOW_CSV] = write_csv,
                                  [BSN_SHOW_JSON] = write_json,
                                  [BSN_SHOW_LATEX] = write_latex};

bool bsn_show_study(bsn_store *store, const bsn_show *how, bsn_out *out, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_summary summary;
  bool ok = bsn_summary_make(&summary, store, &arena, how->by, how->metric, error);
  ok = ok && (writers[how->form](&summary, out) || bsn_no_memory(error));
  bsn_arena_free(&arena);
  return ok;
}
