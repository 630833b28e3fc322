#include "report/show.h"
#include "report/summary.h"
#include <math.h>
#include <string.h>

enum { MOST = 64 /* columns of a table; a study with more factors shows the first ones */ };

/* ---- a table of short texts ---- */

typedef struct table {
  bsn_arena *arena;
  size_t columns, n; /* n: cells */
  const char **cell; /* row by row, the head first */
  bool no_memory;
} table;

static void put(table *t, const char *text) {
  const char **larger = bsn_grow_in(t->arena, t->cell, t->n, sizeof *larger);
  t->no_memory = t->no_memory || !larger || !text;
  if (!larger) return;
  t->cell = larger;
  t->cell[t->n++] = text ? text : "";
}

/* Counts, such as bytes, in full. */
static void put_number(table *t, double x) {
  const char *form = fabs(x) < 1e9 && floor(x) == x ? "%.0f" : "%.4g";
  put(t, isnan(x) ? "-" : bsn_text_in(t->arena, form, x));
}

static void put_range(table *t, double lo, double hi) {
  put(t, isnan(lo) ? "-" : bsn_text_in(t->arena, "[%.4g, %.4g]", lo, hi));
}

/* Characters, not bytes, of UTF-8. */
static int width_of(const char *text) {
  int n = 0;
  for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
  return n;
}

/* Nothing is written behind the last cell of a row that has something in it. */
static void write_line(const char *const *cell, size_t columns, const int *width, bsn_out *out) {
  size_t end = columns;
  while (end && !*cell[end - 1]) end--;
  for (size_t i = 0; i < end; i++) {
    int pad = i + 1 < end ? width[i] - width_of(cell[i]) + 2 : 0;
    bsn_out_add(out, "%s%*s", cell[i], pad, "");
  }
  bsn_out_add(out, "\n");
}

static void write_aligned(const table *t, bsn_out *out) {
  int width[MOST] = {0};
  for (size_t i = 0; i < t->n; i++) {
    int here = width_of(t->cell[i]), *most = &width[i % t->columns];
    *most = here > *most ? here : *most;
  }
  for (size_t i = 0; i + t->columns <= t->n; i += t->columns) write_line(t->cell + i, t->columns, width, out);
}

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

static void write_tabular(const table *t, bsn_out *out) {
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

static const char *note_of(table *t, const bsn_group *g) {
  const struct {
    size_t n;
    const char *what;
  } parts[] = {{g->diverged, "diverged"}, {g->failed, "failed"}, {g->tainted, "saw test data"}};
  const char *note = "";
  for (size_t i = 0; i < 3 && note; i++)
    if (parts[i].n) note = bsn_text_in(t->arena, "%s%s%zu %s", note, *note ? ", " : "", parts[i].n, parts[i].what);
  return note;
}

static size_t factors_shown(const bsn_summary *s) { return s->nfactors < MOST - 6 ? s->nfactors : MOST - 6; }

static void fill_rows(table *t, const bsn_summary *s) {
  static const char *const heads[] = {"metric", "n", "mean", "t 95% interval", "median", ""};
  size_t factors = factors_shown(s);
  t->columns = factors + 6;
  for (size_t i = 0; i < factors; i++) put(t, s->factor[i]);
  for (size_t i = 0; i < 6; i++) put(t, heads[i]);
  for (size_t i = 0; i < s->nrows; i++) {
    const bsn_summary_row *r = &s->row[i];
    const bsn_group *g = &s->group[r->group];
    for (size_t k = 0; k < factors; k++) put(t, g->value[k] ? g->value[k] : "-");
    put(t, r->metric);
    put(t, bsn_text_in(t->arena, r->interval.n < g->of ? "%zu of %zu" : "%zu", r->interval.n, g->of));
    put_number(t, r->interval.mean);
    put_range(t, r->interval.lo, r->interval.hi);
    put_number(t, r->median);
    put(t, note_of(t, g));
  }
}

static const char *verdict(const bsn_comparison *c) {
  if (isnan(c->p_holm)) return "too few pairs";
  if (!(c->p_holm < 0.05)) return "no difference shown";
  return c->test.mean < 0 ? "first is lower" : "first is higher";
}

static const char *level_of(const bsn_group *g) { return g->value[0] ? g->value[0] : "-"; }

static void fill_comparisons(table *t, const bsn_summary *s) {
  static const char *const heads[] = {"metric",     "first",          "second",   "pairs",
                                      "difference", "t 95% interval", "p (Holm)", ""};
  t->columns = 8;
  for (size_t i = 0; i < 8; i++) put(t, heads[i]);
  for (size_t i = 0; i < s->ncomparisons; i++) {
    const bsn_comparison *c = &s->comparison[i];
    put(t, c->metric);
    put(t, level_of(&s->group[c->first]));
    put(t, level_of(&s->group[c->second]));
    put(t, bsn_text_in(t->arena, "%zu", c->test.n));
    put_number(t, c->test.mean);
    put_range(t, c->test.lo, c->test.hi);
    put(t, isnan(c->p_holm) ? "-" : bsn_text_in(t->arena, "%.2g", c->p_holm));
    put(t, verdict(c));
  }
}

static bool write_text(const bsn_summary *s, bsn_out *out) {
  table rows = {.arena = s->arena}, pairs = {.arena = s->arena};
  fill_rows(&rows, s);
  if (s->of > s->trials)
    bsn_out_add(out, "%s: %zu of %zu trials\n", s->study, s->trials, s->of);
  else
    bsn_out_add(out, "%s: %zu trial%s\n", s->study, s->trials, s->trials == 1 ? "" : "s");
  if (s->nrows) bsn_out_add(out, "\n");
  if (s->nrows) write_aligned(&rows, out);
  if (!s->ncomparisons) return !rows.no_memory;
  fill_comparisons(&pairs, s);
  bsn_out_add(out, "\nDifferences by %s (first - second), paired over replicates and the other factors:\n\n",
              s->factor[0]);
  write_aligned(&pairs, out);
  return !rows.no_memory && !pairs.no_memory;
}

static bool write_latex(const bsn_summary *s, bsn_out *out) {
  table rows = {.arena = s->arena}, pairs = {.arena = s->arena};
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
