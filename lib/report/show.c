#include "report/show.h"
#include "report/show_parts.h"
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

void bsn_tabular_write(const bsn_columns *t, bsn_out *out) {
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
  if (g->edge && note) note = bsn_text_in(t->arena, "%s%sat the edge of what was tried", note, *note ? ", " : "");
  return note;
}

/* A study with more factors than there is room for shows the first ones. */
static size_t factors_shown(const bsn_summary *s) {
  return s->nfactors < BSN_MOST_COLUMNS - 6 ? s->nfactors : BSN_MOST_COLUMNS - 6;
}

/* What stands behind the factors: where one was chosen, at which settings; where groups are compared, their letters. */
static void fill_rows(bsn_columns *t, const bsn_summary *s) {
  static const char *const heads[] = {"metric", "n", "mean", "t 95% interval", "median"};
  size_t factors = factors_shown(s);
  bool at = s->chosen_by, letters = bsn_has_letters(s);
  t->columns = factors + 6 + at + letters;
  for (size_t i = 0; i < factors; i++) bsn_columns_put(t, s->factor[i]);
  if (at) bsn_columns_put(t, "at");
  for (size_t i = 0; i < 5; i++) bsn_columns_put(t, heads[i]);
  if (letters) bsn_columns_put(t, "letters");
  bsn_columns_put(t, "");
  for (size_t i = 0; i < s->nrows; i++) {
    const bsn_summary_row *r = &s->row[i];
    const bsn_group *g = &s->group[r->group];
    for (size_t k = 0; k < factors; k++) bsn_columns_put(t, g->value[k] ? g->value[k] : "-");
    if (at) bsn_columns_put(t, g->at ? g->at : "several");
    bsn_columns_put(t, s->metric[r->metric]);
    bsn_columns_put(t, bsn_text_in(t->arena, r->interval.n < g->of ? "%zu of %zu" : "%zu", r->interval.n, g->of));
    bsn_columns_number(t, r->interval.mean);
    bsn_columns_range(t, r->interval.lo, r->interval.hi);
    bsn_columns_number(t, r->median);
    if (letters) bsn_columns_put(t, bsn_letters_of(s, r));
    bsn_columns_put(t, note_of(t, g));
  }
}

/* At which settings the groups are compared, where that is a question. */
static void write_choice(const bsn_summary *s, const bsn_show *how, bsn_out *out) {
  if (s->chosen_by) {
    bsn_out_add(out, "Each %s at its best of", s->by);
    for (size_t i = 0; i < s->nchosen; i++) bsn_out_add(out, "%s %s", i ? "," : "", s->chosen[i]);
    bsn_out_add(out, ", chosen by mean %s over the same replicates\n", s->chosen_by);
  } else if (how->choose && !strcmp(how->choose, "none"))
    bsn_out_add(out, "Nothing was chosen: all settings take part, each matched with its like\n");
  else if (s->tuned_by)
    bsn_out_add(out, "Each %s was tuned by %s with seeds of its own\n", s->by, s->tuned_by);
  else if (s->by && (!strcmp(s->by, "optimizer") || !strcmp(s->by, "optimizer.name")))
    bsn_out_add(out, "Nothing was tuned: each %s ran at the settings that the file gives it\n", s->by);
}

static bool write_text(const bsn_summary *s, const bsn_show *how, bsn_out *out) {
  bsn_columns rows = {.arena = s->arena};
  fill_rows(&rows, s);
  bsn_out_add(out, "%s: %zu ", s->study, s->trials);
  if (s->of > s->trials) bsn_out_add(out, "of %zu ", s->of);
  bsn_out_add(out, "trial%s", s->trials == 1 && s->of <= 1 ? "" : "s");
  if (s->tuning) bsn_out_add(out, ", %zu of them for tuning", s->tuning);
  bsn_out_add(out, "\n");
  write_choice(s, how, out);
  if (s->nrows) bsn_out_add(out, "\n");
  if (s->nrows && !how->pairs) bsn_columns_write(&rows, out);
  if (rows.no_memory || !bsn_has_pairs(s)) return !rows.no_memory;
  if (!how->pairs) bsn_out_add(out, "\n");
  return bsn_pairs_text(s, out);
}

static bool write_latex(const bsn_summary *s, const bsn_show *how, bsn_out *out) {
  bsn_columns rows = {.arena = s->arena};
  fill_rows(&rows, s);
  if (!how->pairs) bsn_tabular_write(&rows, out);
  if (rows.no_memory || !bsn_has_pairs(s)) return !rows.no_memory;
  if (!how->pairs) bsn_out_add(out, "\n");
  return bsn_pairs_latex(s, out);
}

/* ---- rows for programs ---- */

static bool write_csv(const bsn_summary *s, const bsn_show *how, bsn_out *out) {
  if (how->pairs) return bsn_pairs_csv(s, out);
  for (size_t i = 0; i < s->nfactors; i++) {
    bsn_out_csv(out, s->factor[i]);
    bsn_out_add(out, ",");
  }
  bsn_out_add(out, "metric,n,of,mean,lo,hi,median,diverged,failed%s\n", s->by ? ",letters,chosen" : "");
  for (size_t i = 0; i < s->nrows; i++) {
    const bsn_summary_row *r = &s->row[i];
    const bsn_group *g = &s->group[r->group];
    for (size_t k = 0; k < s->nfactors; k++) {
      bsn_out_csv(out, g->value[k]);
      bsn_out_add(out, ",");
    }
    bsn_out_csv(out, s->metric[r->metric]);
    bsn_out_add(out, ",%zu,%zu", r->interval.n, g->of);
    const double numbers[] = {r->interval.mean, r->interval.lo, r->interval.hi, r->median};
    for (size_t k = 0; k < 4; k++) {
      bsn_out_add(out, ",");
      bsn_out_csv_number(out, numbers[k]);
    }
    bsn_out_add(out, ",%zu,%zu", g->diverged, g->failed);
    if (s->by) {
      bsn_out_add(out, ",%s,", bsn_letters_of(s, r));
      bsn_out_csv(out, g->chosen);
    }
    bsn_out_add(out, "\n");
  }
  return true;
}

static void write_comparison(const bsn_summary *s, const bsn_summary_row *r, bsn_out *out) {
  const bsn_group *g = &s->group[r->group];
  if (s->chosen_by) {
    bsn_out_add(out, ", \"chosen\": %s, \"chosen_by\": ", g->chosen ? g->chosen : "null");
    bsn_out_json(out, s->chosen_by);
    bsn_out_add(out, ", \"edge\": %s", g->edge ? "true" : "false");
  }
  if (!bsn_has_pairs(s)) return;
  bsn_out_add(out, ", \"letters\": \"%s\"", bsn_letters_of(s, r));
  bsn_pairs_against(s, r, out);
}

static bool write_json(const bsn_summary *s, const bsn_show *how, bsn_out *out) {
  if (how->pairs) return bsn_pairs_json(s, out);
  bsn_out_add(out, "[");
  for (size_t i = 0; i < s->nrows; i++) {
    const bsn_summary_row *r = &s->row[i];
    const bsn_group *g = &s->group[r->group];
    bsn_out_add(out, "%s{\"cell\": %s, \"metric\": ", i ? ",\n" : "\n", g->cell);
    bsn_out_json(out, s->metric[r->metric]);
    bsn_out_add(out, ", \"n\": %zu, \"of\": %zu", r->interval.n, g->of);
    bsn_json_member(out, "mean", r->interval.mean);
    bsn_json_member(out, "lo", r->interval.lo);
    bsn_json_member(out, "hi", r->interval.hi);
    bsn_json_member(out, "median", r->median);
    bsn_out_add(out, ", \"interval\": \"t 95%%\", \"diverged\": %zu, \"failed\": %zu", g->diverged, g->failed);
    write_comparison(s, r, out);
    bsn_out_add(out, "}");
  }
  bsn_out_add(out, "\n]\n");
  return true;
}

typedef bool writer(const bsn_summary *summary, const bsn_show *how, bsn_out *out);

static writer *const writers[] = {[BSN_SHOW_TEXT] = write_text,
                                  [BSN_SHOW_CSV] = write_csv,
                                  [BSN_SHOW_JSON] = write_json,
                                  [BSN_SHOW_LATEX] = write_latex};

bool bsn_show_study(bsn_store *store, const bsn_show *how, bsn_out *out, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_summary summary;
  bsn_question question = {how->by, how->metric, how->choose, how->ratio};
  if ((how->pairs || how->ratio) && !how->by)
    return bsn_fail(error, BSN_USAGE, "%s of what? they need a factor to compare by", how->pairs ? "pairs" : "ratios");
  bool ok = bsn_summary_make(&summary, store, &arena, &question, error);
  ok = ok && (writers[how->form](&summary, how, out) || bsn_no_memory(error));
  bsn_arena_free(&arena);
  return ok;
}
