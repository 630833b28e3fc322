/* Series of one factor's values: who is compared, at which settings, on what. */
#include "report/derive_parts.h"
#include "stats/choose.h"
#include "stats/compare.h"
#include "stats/metric.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- by: a cell taken apart ---- */

/* The end of a JSON value: the comma or brace behind it. */
static const char *value_end(const char *at) {
  bool quoted = false;
  for (int depth = 0; *at; at++) {
    if (quoted && *at == '\\' && at[1])
      at++;
    else if (*at == '"')
      quoted = !quoted;
    else if (!quoted && (*at == '{' || *at == '['))
      depth++;
    else if (!quoted && depth == 0 && (*at == ',' || *at == '}'))
      return at;
    else if (!quoted && (*at == '}' || *at == ']'))
      depth--;
  }
  return at;
}

typedef struct member {
  const char *key, *text; /* text: key and value, as they stand */
  size_t nkey, ntext;
} member;

/* The next member of an object; *at stands behind its brace or a comma. */
static bool next_member(const char **at, member *m) {
  const char *quote = strchr(*at, '"'), *close = quote ? strchr(quote + 1, '"') : NULL;
  if (!close) return false;
  const char *end = value_end(close + 1);
  *m = (member){quote + 1, quote, (size_t)(close - quote - 1), (size_t)(end - quote)};
  *at = *end ? end + 1 : end;
  return true;
}

static bool is_key(const member *m, const char *word) {
  return strlen(word) == m->nkey && !strncmp(m->key, word, m->nkey);
}

/* The factor itself, or its name; then what stands below it; then the rest. */
static size_t part_of(const member *m, const char *by) {
  size_t n = strlen(by);
  if (is_key(m, by)) return 0;
  if (m->nkey <= n || strncmp(m->key, by, n) != 0 || m->key[n] != '.') return 2;
  return m->nkey == n + 5 && !strncmp(m->key + n, ".name", 5) ? 0 : 1;
}

static bool take_apart(bsn_arena *arena, const char *cell, const char *by, const char *part[3]) {
  const char *at = cell + (*cell == '{');
  member m;
  for (size_t i = 0; i < 3; i++) part[i] = "";
  while (next_member(&at, &m)) {
    size_t i = part_of(&m, by);
    part[i] = bsn_text_in(arena, "%s%s%.*s", part[i], *part[i] ? ", " : "", (int)m.ntext, m.text);
    if (!part[i]) return false;
  }
  for (size_t i = 0; i < 3; i++)
    if (!(part[i] = bsn_text_in(arena, "{%s}", part[i]))) return false;
  return true;
}

static bool varies(const bsn_table_result *in, const char *by) {
  member m;
  for (size_t row = 0; row < in->rows; row++)
    for (const char *at = bsn_result_at(in, row, 0)->text; next_member(&at, &m);)
      if (part_of(&m, by) == 0) return true;
  return false;
}

/* The factor that is meant by auto: the optimizer where it varies, else the first one of the first cell. */
static const char *factor_of(const bsn_table_result *in, const char *by) {
  member m;
  const char *at = in->rows ? bsn_result_at(in, 0, 0)->text : "";
  if (strcmp(by, "auto") != 0) return by;
  if (varies(in, "optimizer") || !next_member(&at, &m)) return "optimizer";
  return bsn_text_in(in->arena, "%.*s", (int)m.nkey, m.key);
}

static bool run_by(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out, bsn_error *error) {
  static const char *const tails[] = {"setting", "block", "problem", NULL};
  size_t replicate, columns = in->columns;
  const char *part[3], *by = factor_of(in, arg[0]);
  (void)n;
  BSN_TRY(bsn_texts_only(in, 0, error) && bsn_need_column(in, "replicate", &replicate, error));
  if (!by) return bsn_no_memory(error);
  if (!varies(in, by)) return bsn_fail(error, BSN_BAD_INPUT, "no factor \"%s\" varies", by);
  bsn_table_result made;
  BSN_TRY(bsn_add_columns(in, NULL, tails, &made, error));
  for (size_t row = 0; row < in->rows; row++) {
    bsn_cell *to;
    BSN_TRY(bsn_copy_row(in, row, &made, &to, error));
    if (!take_apart(in->arena, to[0].text, by, part)) return bsn_no_memory(error);
    const char *problem = bsn_text_in(in->arena, "%s %.0f", part[2], bsn_result_number(in, row, replicate));
    if (!problem) return bsn_no_memory(error);
    to[0] = bsn_words(part[0]);
    to[columns] = bsn_words(part[1]);
    to[columns + 1] = bsn_words(part[2]);
    to[columns + 2] = bsn_words(problem);
  }
  *out = made;
  return true;
}

/* ---- best: each series at the best of its settings ---- */

static bool run_best(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out, bsn_error *error) {
  size_t score, *setting, *block;
  bsn_series series;
  bsn_table_result made;
  int sense = n > 1 ? bsn_metric_sense(arg[1]) : -1;
  bool by_time = n > 1 && !strcmp(arg[1], "time");
  BSN_TRY(bsn_need_column(in, by_time ? "cost" : arg[0], &score, error) && bsn_series_of(in, &series, error));
  BSN_TRY(bsn_number_texts(in, "setting", &setting, NULL, error) && bsn_number_texts(in, "block", &block, NULL, error));
  bsn_candidate *all = bsn_alloc_in(in->arena, (in->rows + 1) * sizeof *all);
  bool *is_out = bsn_alloc_in(in->arena, in->rows + 1);
  if (!all || !is_out || !bsn_result_init(&made, in->arena, in->columns, in->name)) return bsn_no_memory(error);
  for (size_t i = 0; i < in->rows; i++)
    all[i] = (bsn_candidate){series.of[i], block[i], setting[i], bsn_result_number(in, i, score)};
  if (!bsn_choose(in->arena, all, in->rows, sense, is_out)) return bsn_no_memory(error);
  for (size_t i = 0; i < in->rows; i++) {
    bsn_cell *to;
    if (!is_out[i]) BSN_TRY(bsn_copy_row(in, i, &made, &to, error));
  }
  *out = made;
  return true;
}

/* ---- compare: a series for each pair ---- */

typedef struct comparer {
  const bsn_table_result *in;
  bsn_series series;
  bsn_comparisons c;
  bool ratio;
} comparer;

static bool observe(comparer *c, size_t value, int sense, bsn_error *error) {
  const bsn_table_result *in = c->in;
  size_t *block, replicate;
  BSN_TRY(bsn_series_of(in, &c->series, error) && bsn_number_texts(in, "block", &block, NULL, error));
  BSN_TRY(bsn_need_column(in, "replicate", &replicate, error));
  bsn_observation *seen = bsn_alloc_in(in->arena, (in->rows + 1) * sizeof *seen);
  if (!seen) return bsn_no_memory(error);
  for (size_t i = 0; i < in->rows; i++) {
    double x = bsn_result_number(in, i, value);
    seen[i] = (bsn_observation){c->series.of[i], block[i], (int64_t)bsn_result_number(in, i, replicate),
                                c->ratio ? log(x) : x};
  }
  return bsn_compare(&c->c, in->arena, seen, in->rows, c->series.n, 0.95, sense) || bsn_no_memory(error);
}

/* The comparison of two groups, whichever came first. */
static const bsn_difference *pair_of(const comparer *c, size_t a, size_t b) {
  const bsn_difference *d = c->c.pair;
  while (!(d->first == a && d->second == b) && !(d->first == b && d->second == a)) d++;
  return d;
}

static bool put_pair(const comparer *c, size_t first, size_t second, bsn_table_result *out, bsn_error *error) {
  const bsn_difference *d = pair_of(c, first, second);
  bsn_cell *to = bsn_result_row(out);
  const char *name =
      bsn_text_in(out->arena, "%s %s %s", c->series.name[first], c->ratio ? "/" : "−", c->series.name[second]);
  if (!to || !name) return bsn_no_memory(error);
  double ends[] = {d->test.mean, d->test.lo, d->test.hi};
  if (d->first == second) memcpy(ends, (double[]){-d->test.mean, -d->test.hi, -d->test.lo}, sizeof ends);
  to[0] = bsn_words(name);
  for (size_t i = 0; i < 3; i++) to[1 + i] = bsn_number(c->ratio ? exp(ends[i]) : ends[i]);
  to[4] = bsn_number(d->p_holm);
  to[5] = bsn_number(d->is);
  to[6] = bsn_number((double)d->test.n);
  to[7] = bsn_number((double)d->lost);
  return true;
}

static bool run_compare(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                        bsn_error *error) {
  static const char *const names[] = {"pair", "difference", "lo", "hi", "p_holm", "verdict", "units", "lost"};
  size_t value;
  bsn_table_result made;
  comparer c = {.in = in, .ratio = n > 2 && !strcmp(arg[2], "ratio")};
  BSN_TRY(bsn_need_column(in, arg[0], &value, error) && observe(&c, value, bsn_metric_sense(arg[1]), error));
  if (!bsn_result_init(&made, in->arena, 8, names)) return bsn_no_memory(error);
  for (size_t i = 0; i < c.series.n; i++)
    for (size_t j = i + 1; j < c.series.n; j++) BSN_TRY(put_pair(&c, c.c.order[i], c.c.order[j], &made, error));
  *out = made;
  return true;
}

/* ---- blocks: what a test by ranks takes as independent ---- */

/* Several blocks are the units, each with the mean over its replicates; of one block the replicates are. */
static bool run_blocks(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                       bsn_error *error) {
  size_t y, block, problem, *number, count;
  bsn_order o;
  bsn_table_result made;
  (void)n;
  BSN_TRY(bsn_need_column(in, arg[0], &y, error) && bsn_need_column(in, "block", &block, error));
  BSN_TRY(bsn_need_column(in, "problem", &problem, error) && bsn_number_texts(in, "block", &number, &count, error));
  if (count < 2) return *out = *in, true;
  BSN_TRY(bsn_order_rows(&o, in, block, 0, error));
  if (!bsn_result_init(&made, in->arena, in->columns, in->name)) return bsn_no_memory(error);
  for (size_t i = 0, j; i < in->rows; i = j) {
    double sum = 0;
    bsn_cell *to;
    j = bsn_run_end(&o, i);
    for (size_t k = i; k < j; k++) sum += bsn_result_number(in, o.row[k], y);
    BSN_TRY(bsn_copy_row(in, o.row[i], &made, &to, error));
    to[y] = bsn_number(sum / (double)(j - i));
    to[problem] = to[block];
  }
  *out = made;
  return true;
}

/* ---- smaller-is-better ---- */

static bool run_smaller(const bsn_table_result *in, size_t n, char *const *arg, bsn_table_result *out,
                        bsn_error *error) {
  size_t y;
  bsn_table_result made;
  (void)n;
  BSN_TRY(bsn_need_column(in, arg[0], &y, error));
  if (bsn_metric_sense(arg[1]) <= 0) return *out = *in, true;
  if (!bsn_result_init(&made, in->arena, in->columns, in->name)) return bsn_no_memory(error);
  for (size_t row = 0; row < in->rows; row++) {
    bsn_cell *to;
    BSN_TRY(bsn_copy_row(in, row, &made, &to, error));
    to[y] = bsn_number(-bsn_result_number(in, row, y));
  }
  *out = made;
  return true;
}

// clang-format off
const bsn_derive bsn_compare_derives[] = {
  {"by",      "FACTOR",             "Makes series of the values of FACTOR (auto: the optimizer, else the first one) and takes cells apart: setting (factors below it, as optimizer.lr), block (the others), problem (block and replicate).", 1, 1, run_by},
  {"best",    "SCORE [METRIC]",     "Keeps, of each series and block, the rows of the setting with the best mean SCORE, as show --by does; METRIC time: with the best mean cost (derive target).", 1, 2, run_best},
  {"compare", "Y METRIC [ratio]",   "Compares all pairs of series as show --by does, best first: difference (or ratio), lo, hi, p_holm, verdict (0 too few, 1 not shown, 2 real), units, lost.", 2, 3, run_compare},
  {"blocks",  "Y",                  "Where there are several blocks, makes one row of each series and block, with the mean Y of its replicates.", 1, 1, run_blocks},
  {"smaller-is-better", "Y METRIC", "Turns the sign of Y for a metric that should be large.", 2, 2, run_smaller},
  {0}};
// clang-format on
