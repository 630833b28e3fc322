#include "report/findings.h"
#include "report/columns.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

size_t bsn_findings_count(const bsn_findings *findings, bsn_verdict verdict) {
  size_t n = 0;
  for (size_t i = 0; i < findings->n; i++) n += findings->item[i].is.verdict == verdict;
  return n;
}

/* ---- for people ---- */
/* Digits that let ours be seen beside the published number: one more than that has, four at least. */
static int digits_of(const bsn_finding *f) {
  enum { LEAST = 4, MOST = 15 };
  int n = 1;
  const char *end = f->published + strcspn(f->published, "eE");
  bool leading = true;
  for (const char *s = f->published; s < end; s++) {
    bool digit = *s >= '0' && *s <= '9';
    leading = leading && (!digit || *s == '0');
    n += digit && !leading;
  }
  return isnan(f->value) || n < LEAST ? LEAST : n > MOST ? MOST : n;
}

static const char *ours_text(const bsn_finding *f, bsn_arena *arena) {
  if (f->is.words) return f->is.words;
  return isnan(f->is.ours) ? "-" : bsn_text_in(arena, "%.*g", digits_of(f), f->is.ours);
}

/* A point is no interval. */
static const char *range_text(const bsn_finding *f, bsn_arena *arena) {
  if (isnan(f->is.lo) || isnan(f->is.hi) || f->is.lo == f->is.hi) return "";
  int digits = digits_of(f);
  return bsn_text_in(arena, "[%.*g, %.*g]", digits, f->is.lo, digits, f->is.hi);
}

static const char *published_text(const bsn_finding *f, bsn_arena *arena) {
  char number[32];
  return f->sd > 0 ? bsn_text_in(arena, "%s ± %s", f->published, bsn_number_text(number, f->sd)) : f->published;
}

static void fill(bsn_columns *t, const bsn_findings *findings) {
  for (size_t i = 0; i < findings->n; i++) {
    const bsn_finding *f = &findings->item[i];
    bsn_columns_put(t, f->metric);
    bsn_columns_put(t, f->where);
    bsn_columns_put(t, published_text(f, t->arena));
    bsn_columns_put(t, ours_text(f, t->arena));
    bsn_columns_put(t, range_text(f, t->arena));
    bsn_columns_put(t, f->rule);
  }
}

static bool same_text(const char *a, const char *b) { return a == b || (a && b && !strcmp(a, b)); }

static void write_heading(const bsn_findings *findings, size_t i, bsn_out *out) {
  const bsn_finding *f = &findings->item[i], *last = i ? f - 1 : NULL;
  if (last && same_text(f->study, last->study) && same_text(f->source, last->source)) return;
  bsn_out_add(out, "%s%s%s%s\n", i ? "\n" : "", f->study, f->source ? ": " : "", f->source ? f->source : "");
}

static void write_verdict(bsn_verdict verdict, bool colour, bsn_out *out) {
  static const char *const colours[] = {
      [BSN_PASS] = "\033[32m", [BSN_UNDECIDED] = "\033[33m", [BSN_DIFFERS] = "\033[36m", [BSN_FAIL] = "\033[1;31m"};
  bsn_out_add(out, "  %s%-9s%s  ", colour ? colours[verdict] : "", bsn_verdict_name(verdict), colour ? "\033[0m" : "");
}

static void write_counts(const bsn_findings *findings, bsn_out *out) {
  static const bsn_verdict order[] = {BSN_PASS, BSN_FAIL, BSN_UNDECIDED, BSN_DIFFERS};
  bsn_out_add(out, "%s%zu target%s", findings->n ? "\n" : "", findings->n, findings->n == 1 ? "" : "s");
  for (size_t i = 0; i < 4; i++)
    bsn_out_add(out, "%s%zu %s", i ? ", " : ": ", bsn_findings_count(findings, order[i]), bsn_verdict_name(order[i]));
  bsn_out_add(out, "\n");
}

bool bsn_findings_text(const bsn_findings *findings, bool colour, bsn_arena *scratch, bsn_out *out) {
  enum { COLUMNS = 6, INDENT = 13 };
  bsn_columns t = {.arena = scratch, .columns = COLUMNS};
  int width[BSN_MOST_COLUMNS];
  fill(&t, findings);
  if (t.no_memory) return false;
  bsn_columns_widths(&t, width);
  for (size_t i = 0; i < findings->n; i++) {
    const bsn_finding *f = &findings->item[i];
    write_heading(findings, i, out);
    write_verdict(f->is.verdict, colour, out);
    bsn_columns_line(&t, i, width, out);
    if (f->say) bsn_out_add(out, "%*s\"%s\"\n", INDENT, "", f->say);
    if (f->is.note) bsn_out_add(out, "%*s%s\n", INDENT, "", f->is.note);
  }
  write_counts(findings, out);
  return true;
}

/* ---- for programs ---- */
static void text_member(bsn_out *out, const char *name, const char *text) {
  bsn_out_add(out, ", \"%s\": ", name);
  bsn_out_json(out, text);
}

static void number_member(bsn_out *out, const char *name, double x) {
  bsn_out_add(out, ", \"%s\": ", name);
  if (isfinite(x))
    bsn_out_number(out, x);
  else
    bsn_out_add(out, "null");
}

static void write_object(const bsn_finding *f, bsn_out *out) {
  bsn_out_add(out, "{\"study\": ");
  bsn_out_json(out, f->study);
  text_member(out, "metric", f->metric);
  text_member(out, "where", f->where);
  text_member(out, "say", f->say);
  if (isnan(f->value))
    text_member(out, "published", *f->published ? f->published : NULL);
  else
    number_member(out, "published", f->value);
  number_member(out, "sd", f->sd > 0 ? f->sd : NAN);
  if (f->is.words)
    text_member(out, "ours", f->is.words);
  else
    number_member(out, "ours", f->is.ours);
  number_member(out, "lo", f->is.lo);
  number_member(out, "hi", f->is.hi);
  number_member(out, "from", f->is.from);
  number_member(out, "to", f->is.to);
  text_member(out, "rule", f->rule);
  text_member(out, "verdict", bsn_verdict_name(f->is.verdict));
  text_member(out, "source", f->source);
  text_member(out, "note", f->is.note);
  bsn_out_add(out, ", \"missing\": %zu, \"of\": %zu}", f->missing, f->of);
}

void bsn_findings_json(const bsn_findings *findings, bsn_out *out) {
  bsn_out_add(out, "[");
  for (size_t i = 0; i < findings->n; i++) {
    bsn_out_add(out, i ? ",\n" : "\n");
    write_object(&findings->item[i], out);
  }
  bsn_out_add(out, "\n]\n");
}
