/* What a study says about differences: which are real, which are not shown, and which cannot be told. */
#include "report/show_parts.h"
#include "stats/metric.h"
#include <math.h>
#include <string.h>

bool bsn_has_pairs(const bsn_summary *s) { return s->comparison && s->nmetrics && s->ngroups > 1; }

const char *bsn_level_of(const bsn_group *g) { return g->value[0] ? g->value[0] : "-"; }

const char *bsn_contrast_word(bsn_contrast is) {
  static const char *const words[] = {[BSN_UNTOLD] = "too few", [BSN_TIE] = "not shown", [BSN_DIFFERENT] = "real"};
  return words[is];
}

const char *bsn_letters_of(const bsn_summary *s, const bsn_summary_row *row) {
  if (!bsn_has_pairs(s)) return "";
  const bsn_comparisons *c = &s->comparison[row->metric];
  return c->letters && c->units >= BSN_LEAST_UNITS && isfinite(row->interval.mean) ? c->letters[row->group] : "";
}

/* The ends of an interval and its middle, of first and second or, turned, the other way round. */
typedef struct contrast_range {
  double mean, lo, hi;
} contrast_range;

static contrast_range range_of(const bsn_summary *s, const bsn_difference *d, bool turned) {
  contrast_range r = {d->test.mean, d->test.lo, d->test.hi};
  if (turned) r = (contrast_range){-d->test.mean, -d->test.hi, -d->test.lo};
  return s->ratio ? (contrast_range){exp(r.mean), exp(r.lo), exp(r.hi)} : r;
}

/* ---- in words ---- */

/* "real: adam is better", "real: adam is higher" of a metric that is neither good nor bad. */
static const char *verdict(const bsn_summary *s, const char *metric, const bsn_difference *d) {
  bool lower = d->test.mean < 0;
  int sense = bsn_metric_sense(metric);
  size_t named = sense < 0 ? (lower ? d->first : d->second) : (lower ? d->second : d->first);
  const char *text = d->is == BSN_UNTOLD ? "too few to tell" : "no difference shown";
  if (d->is == BSN_DIFFERENT)
    text = bsn_text_in(s->arena, "real: %s is %s", bsn_level_of(&s->group[named]), sense ? "better" : "higher");
  if (!text || !d->lost) return text;
  return bsn_text_in(s->arena, "%s (%zu pair%s lost)", text, d->lost, d->lost == 1 ? "" : "s");
}

static const char *const heads[] = {"metric", "first", "second", "n", "difference", "t 95% interval", "p (Holm)", ""};
enum { HEADS = sizeof heads / sizeof *heads };

static void fill_pair(bsn_columns *t, const bsn_summary *s, size_t metric, const bsn_difference *d) {
  contrast_range r = range_of(s, d, false);
  bsn_columns_put(t, s->metric[metric]);
  bsn_columns_put(t, bsn_level_of(&s->group[d->first]));
  bsn_columns_put(t, bsn_level_of(&s->group[d->second]));
  bsn_columns_put(t, bsn_text_in(t->arena, "%zu", d->test.n));
  bsn_columns_number(t, r.mean);
  bsn_columns_range(t, r.lo, r.hi);
  bsn_columns_put(t, isnan(d->p_holm) ? "-" : bsn_text_in(t->arena, "%.2g", d->p_holm));
  bsn_columns_put(t, verdict(s, s->metric[metric], d));
}

static void fill_pairs(bsn_columns *t, const bsn_summary *s) {
  t->columns = HEADS;
  for (size_t i = 0; i < HEADS; i++) bsn_columns_put(t, s->ratio && i == 4 ? "ratio" : heads[i]);
  for (size_t m = 0; m < s->nmetrics; m++)
    for (size_t i = 0; i < s->comparison[m].npairs; i++) fill_pair(t, s, m, &s->comparison[m].pair[i]);
}

static const bsn_summary_row *row_of(const bsn_summary *s, size_t group, size_t metric) {
  for (size_t i = 0; i < s->nrows; i++)
    if (s->row[i].group == group && s->row[i].metric == metric) return &s->row[i];
  return NULL;
}

/* "test_loss, best first: adam a, nag ab, sgd c" */
static void write_ranking(const bsn_summary *s, size_t metric, bsn_out *out) {
  const bsn_comparisons *c = &s->comparison[metric];
  int sense = bsn_metric_sense(s->metric[metric]);
  const char *comma = ": ";
  if (!c->letters || c->units < BSN_LEAST_UNITS) return;
  bsn_out_add(out, "%s, %s first", s->metric[metric], sense ? "best" : "lowest");
  for (size_t i = 0; i < c->groups; i++) {
    size_t group = c->order[i];
    const bsn_summary_row *row = row_of(s, group, metric);
    if (!row || !isfinite(row->interval.mean)) continue;
    bsn_out_add(out, "%s%s %s", comma, bsn_level_of(&s->group[group]), c->letters[group]);
    comma = ", ";
  }
  bsn_out_add(out, "\n");
}

static size_t most_units(const bsn_summary *s) {
  size_t units = 0;
  for (size_t m = 0; m < s->nmetrics; m++) units = s->comparison[m].units > units ? s->comparison[m].units : units;
  return units;
}

bool bsn_has_letters(const bsn_summary *s) { return bsn_has_pairs(s) && most_units(s) >= BSN_LEAST_UNITS; }

/* So few units that a test without a distribution could not tell anything. */
static void write_limit(const bsn_comparisons *c, size_t units, const char *what, bsn_out *out) {
  double least = bsn_least_p(units), corrected = fmin(1, least * (double)c->npairs);
  if (corrected < 0.05) return;
  bsn_out_add(out, "Over %zu %ss %s p = %.2g", units, what,
              c->by_block ? "it cannot go below" : "no test without a distribution can go below", least);
  if (c->npairs > 1) bsn_out_add(out, ", %.2g when corrected", corrected);
  bsn_out_add(out, "%s.\n", c->by_block ? "" : ": real rests on differences being about normal");
}

/* What the verdicts rest on. */
static void write_grounds(const bsn_summary *s, size_t units, const char *what, bsn_out *out) {
  const bsn_comparisons *c = &s->comparison[0];
  if (!units) {
    bsn_out_add(out, "\nNothing can be told: no %s is finished for both of a pair.\n", what);
    return;
  }
  if (units < BSN_LEAST_UNITS) {
    bsn_out_add(out, "\n%zu %s%s too few to tell what is real: it takes at least %d, better 6 or more.\n", units, what,
                units == 1 ? " is" : "s are", BSN_LEAST_UNITS);
    return;
  }
  bsn_out_add(out, "\nreal: p (Holm) < 0.05, %s over %zu %ss, corrected for the %zu pair%s of a metric.\n",
              c->by_block ? "Wilcoxon's signed ranks" : "Student's paired test", units, what, c->npairs,
              c->npairs == 1 ? "" : "s");
  write_limit(c, units, what, out);
}

bool bsn_pairs_text(const bsn_summary *s, bsn_out *out) {
  bsn_columns pairs = {.arena = s->arena};
  size_t units = most_units(s);
  bool by_block = s->comparison[0].by_block && units > 1;
  fill_pairs(&pairs, s);
  bsn_out_add(out, "%s by %s (first %s second), n: %s:\n\n", s->ratio ? "Ratios" : "Differences", s->by,
              s->ratio ? "/" : "-",
              by_block ? "settings of the other factors, as there is one replicate"
                       : "replicates, matched on all other factors");
  bsn_columns_write(&pairs, out);
  write_grounds(s, units, by_block ? "setting" : "replicate", out);
  if (units < BSN_LEAST_UNITS) return !pairs.no_memory;
  bsn_out_add(out, "\nWho shares a letter is not shown to differ:\n");
  for (size_t m = 0; m < s->nmetrics; m++) write_ranking(s, m, out);
  return !pairs.no_memory;
}

bool bsn_pairs_latex(const bsn_summary *s, bsn_out *out) {
  bsn_columns pairs = {.arena = s->arena};
  fill_pairs(&pairs, s);
  bsn_tabular_write(&pairs, out);
  return !pairs.no_memory;
}

/* ---- for programs ---- */

bool bsn_pairs_csv(const bsn_summary *s, bsn_out *out) {
  bsn_out_add(out, "metric,first,second,n,lost,%s,lo,hi,p,p_ranks,p_holm,verdict\n", s->ratio ? "ratio" : "difference");
  for (size_t m = 0; m < s->nmetrics; m++)
    for (size_t i = 0; i < s->comparison[m].npairs; i++) {
      const bsn_difference *d = &s->comparison[m].pair[i];
      const contrast_range r = range_of(s, d, false);
      const double numbers[] = {r.mean, r.lo, r.hi, d->test.p, d->p_ranks, d->p_holm};
      bsn_out_csv(out, s->metric[m]);
      bsn_out_add(out, ",");
      bsn_out_csv(out, bsn_level_of(&s->group[d->first]));
      bsn_out_add(out, ",");
      bsn_out_csv(out, bsn_level_of(&s->group[d->second]));
      bsn_out_add(out, ",%zu,%zu", d->test.n, d->lost);
      for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
        bsn_out_add(out, ",");
        bsn_out_csv_number(out, numbers[k]);
      }
      bsn_out_add(out, ",%s\n", bsn_contrast_word(d->is));
    }
  return true;
}

void bsn_json_member(bsn_out *out, const char *name, double x) {
  bsn_out_add(out, ", \"%s\": ", name);
  bsn_out_number(out, x);
}

static void write_numbers(const bsn_summary *s, const bsn_difference *d, bool turned, bsn_out *out) {
  contrast_range r = range_of(s, d, turned);
  bsn_json_member(out, "mean", r.mean);
  bsn_json_member(out, "lo", r.lo);
  bsn_json_member(out, "hi", r.hi);
  bsn_json_member(out, "p", d->test.p);
  bsn_json_member(out, "p_holm", d->p_holm);
  bsn_json_member(out, "p_ranks", d->p_ranks);
  if (s->ratio) bsn_out_add(out, ", \"scale\": \"ratio\"");
  bsn_out_add(out, ", \"lost\": %zu, \"verdict\": \"%s\"}", d->lost, bsn_contrast_word(d->is));
}

void bsn_pairs_against(const bsn_summary *s, const bsn_summary_row *row, bsn_out *out) {
  const bsn_comparisons *c = &s->comparison[row->metric];
  const char *comma = "";
  bsn_out_add(out, ", \"against\": [");
  for (size_t i = 0; i < c->npairs; i++) {
    const bsn_difference *d = &c->pair[i];
    bool first = d->first == row->group;
    if (!first && d->second != row->group) continue;
    bsn_out_add(out, "%s{\"cell\": %s, \"n\": %zu", comma, s->group[first ? d->second : d->first].cell, d->test.n);
    write_numbers(s, d, !first, out);
    comma = ", ";
  }
  bsn_out_add(out, "]");
}

bool bsn_pairs_json(const bsn_summary *s, bsn_out *out) {
  const char *comma = "\n";
  bsn_out_add(out, "[");
  for (size_t m = 0; m < s->nmetrics; m++)
    for (size_t i = 0; i < s->comparison[m].npairs; i++) {
      const bsn_difference *d = &s->comparison[m].pair[i];
      bsn_out_add(out, "%s{\"metric\": ", comma);
      bsn_out_json(out, s->metric[m]);
      bsn_out_add(out, ", \"first\": %s, \"second\": %s, \"n\": %zu", s->group[d->first].cell, s->group[d->second].cell,
                  d->test.n);
      write_numbers(s, d, false, out);
      comma = ",\n";
    }
  bsn_out_add(out, "\n]\n");
  return true;
}
