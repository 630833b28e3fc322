#include "stats/rule.h"
#include "stats/interval.h"
#include "stats/test.h"
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

const char *bsn_verdict_name(bsn_verdict verdict) {
  static const char *const names[] = {"PASS", "UNDECIDED", "DIFFERS", "FAIL"};
  return names[verdict];
}

/* ---- numbers as they are written ---- */
typedef struct written {
  int digits;   /* significant ones */
  int exponent; /* of the last digit: it counts tens to this power */
} written;

static written read_written(const char *text) {
  written w = {0};
  const char *end = text + strcspn(text, "eE"), *point = memchr(text, '.', (size_t)(end - text));
  bool leading = true;
  for (const char *s = text; s < end; s++) {
    bool digit = *s >= '0' && *s <= '9';
    leading = leading && (!digit || *s == '0');
    w.digits += digit && !leading;
  }
  double power = 0;
  if (*end) bsn_number_read(end + 1, &power);
  w.exponent = (int)fmax(-400, fmin(400, power)) - (point ? (int)(end - point - 1) : 0);
  return w;
}

double bsn_half_unit(const char *text) {
  double x;
  return bsn_number_read(text, &x) ? 0.5 * pow(10, read_written(text).exponent) : 0;
}

bool bsn_shows(const char *text, double x) {
  enum { ENOUGH = 4 };
  double shown;
  if (!bsn_number_read(text, &shown)) return false;
  return shown == x || (read_written(text).digits >= ENOUGH && fabs(x - shown) <= bsn_half_unit(text));
}

/* ---- configurations ---- */
typedef struct exact_config {
  double within;
} exact_config;
typedef struct band_config {
  const char *scale;
} band_config;
typedef struct word_config {
  const char *is;
} word_config;

static const char *const scales[] = {"linear", "log", NULL};
static const char *const signs[] = {"positive", "negative", NULL};
static const char *const trends[] = {"increasing", "decreasing", NULL};
static const char *const shapes[] = {"increasing", "decreasing", "unimodal", "valley", NULL};

/* ---- cell by cell ---- */
static bool says(bsn_judgement *out, bsn_verdict verdict, const char *note) {
  out->verdict = verdict;
  out->note = note;
  return note;
}

/* Our mean with its 95 % interval; FAIL when a value is not finite. */
static bool start(const bsn_evidence *e, bsn_arena *arena, bsn_judgement *out, bool *finite) {
  size_t n = e->levels * e->n, bad = 0;
  *out = (bsn_judgement){BSN_PASS, .ours = NAN, .lo = NAN, .hi = NAN, .from = NAN, .to = NAN, .room = NAN};
  for (size_t i = 0; i < n; i++) bad += !isfinite(e->x[i]);
  *finite = !bad;
  if (bad) return says(out, BSN_FAIL, bsn_text_in(arena, "%zu of %zu values are not finite", bad, n));
  bsn_interval it = bsn_t_interval(e->x, e->n, 0.95);
  if (e->levels == 1) out->ours = it.mean, out->lo = it.lo, out->hi = it.hi;
  return true;
}

/* Is x at most off away from the value? */
static void judge_distance(double x, double value, double off, bsn_judgement *out) {
  double distance = fabs(x - value);
  out->from = value - off;
  out->to = value + off;
  out->room = off > 0 ? 1 - distance / off : 0;
  out->verdict = distance <= off ? BSN_PASS : BSN_FAIL;
}

/* ours is the value that is farthest off, lo and hi the smallest and the largest. */
static bool judge_exact(const void *config, const bsn_evidence *e, bsn_arena *arena, bsn_judgement *out) {
  double within = ((const exact_config *)config)->within;
  double off = within > 0 ? within * fabs(e->value) : bsn_half_unit(e->text) * (1 + 1e-9);
  bool finite;
  BSN_TRY(start(e, arena, out, &finite));
  if (!finite) return true;
  out->ours = out->lo = out->hi = e->x[0];
  for (size_t i = 0; i < e->n; i++) {
    if (fabs(e->x[i] - e->value) > fabs(out->ours - e->value)) out->ours = e->x[i];
    out->lo = fmin(out->lo, e->x[i]);
    out->hi = fmax(out->hi, e->x[i]);
  }
  judge_distance(out->ours, e->value, off, out);
  return true;
}

static double t_quantile(const bsn_evidence *e, size_t runs) {
  return gsl_cdf_tdist_Qinv(0.005 / (double)(e->bands ? e->bands : 1), (double)(runs - 1));
}

static bool judge_band(const void *config, const bsn_evidence *e, bsn_arena *arena, bsn_judgement *out) {
  bool log_scale = !strcmp(((const band_config *)config)->scale, "log"), finite, single = e->sd == 0;
  double *x = bsn_alloc_in(arena, e->n * sizeof *x), value = log_scale ? log(e->value) : e->value;
  bsn_evidence own = *e;
  if (!x) return false;
  for (size_t i = 0; i < e->n; i++) x[i] = log_scale ? log(e->x[i]) : e->x[i];
  own.x = x;
  BSN_TRY(start(&own, arena, out, &finite));
  if (!finite) return true;
  if (!isfinite(value)) return says(out, BSN_FAIL, "the published value has no logarithm");
  if (single && e->n < 2) return says(out, BSN_UNDECIDED, "one run has no spread: more seeds are wanted");
  double sd = single ? bsn_sd(x, e->n) : e->sd, runs = single ? 1 : (double)e->runs;
  double off = t_quantile(e, single ? e->n : e->runs) * sd * sqrt(1 / runs + 1 / (double)e->n);
  judge_distance(out->ours, value, off, out);
  double *shown[] = {&out->ours, &out->lo, &out->hi, &out->from, &out->to};
  for (size_t i = 0; i < 5 && log_scale; i++) *shown[i] = exp(*shown[i]);
  return true;
}

static bool judge_mean(const void *config, const bsn_evidence *e, bsn_arena *arena, bsn_judgement *out) {
  bool finite;
  (void)config;
  BSN_TRY(start(e, arena, out, &finite));
  if (!finite) return true;
  if (e->n < 2) return says(out, BSN_UNDECIDED, "one run has no interval: more seeds are wanted");
  judge_distance(out->ours, e->value, t_quantile(e, e->n) * bsn_sd(e->x, e->n) / sqrt((double)e->n), out);
  return true;
}

/* Is all of our interval on one side (1: above, -1: below) of bound? strict: bound itself is on neither. A single value is its
 * own interval. */
static bool judge_side(const bsn_evidence *e, double bound, int side, bool strict, bsn_arena *arena,
                       bsn_judgement *out) {
  bool finite;
  BSN_TRY(start(e, arena, out, &finite));
  if (!finite) return true;
  double lo = isnan(out->lo) ? out->ours : out->lo, hi = isnan(out->hi) ? out->ours : out->hi;
  double worst = side > 0 ? lo - bound : bound - hi, best = side > 0 ? hi - bound : bound - lo;
  out->from = side > 0 ? bound : -INFINITY;
  out->to = side > 0 ? INFINITY : bound;
  out->room = worst;
  out->verdict = worst > 0 || (worst == 0 && !strict) ? BSN_PASS : BSN_UNDECIDED;
  if (best < 0 || (best == 0 && strict)) out->verdict = BSN_FAIL;
  return true;
}

static bool judge_at_least(const void *config, const bsn_evidence *e, bsn_arena *arena, bsn_judgement *out) {
  (void)config;
  return judge_side(e, e->value, 1, false, arena, out);
}

static bool judge_at_most(const void *config, const bsn_evidence *e, bsn_arena *arena, bsn_judgement *out) {
  (void)config;
  return judge_side(e, e->value, -1, false, arena, out);
}

static bool judge_sign(const void *config, const bsn_evidence *e, bsn_arena *arena, bsn_judgement *out) {
  bool positive = !strcmp(((const word_config *)config)->is, "positive");
  return judge_side(e, 0, positive ? 1 : -1, true, arena, out);
}

/* ---- along levels ---- */
/* At level i: 1 when the metric is above the bound for all replicates, 0 for none, -1 else. */
static int is_member(const bsn_evidence *e, size_t i, double bound) {
  size_t above = 0;
  for (size_t k = 0; k < e->n; k++) above += e->x[i * e->n + k] > bound;
  return above == e->n ? 1 : above ? -1 : 0;
}

/* The levels that the published set has and ours has not, or the other way; those of which replicates disagree. */
static bool judge_set(const void *config, const bsn_evidence *e, bsn_arena *arena, bsn_judgement *out) {
  double bound = *(const double *)config;
  size_t ours = 0;
  const char *more = "", *less = "", *torn = "";
  *out = (bsn_judgement){BSN_PASS, .ours = NAN, .lo = NAN, .hi = NAN, .from = NAN, .to = NAN, .room = NAN};
  for (size_t i = 0; i < e->levels; i++) {
    int is = is_member(e, i, bound);
    const char **list = is < 0 ? &torn : is && !e->listed[i] ? &more : !is && e->listed[i] ? &less : NULL;
    ours += is == 1;
    if (list && !(*list = bsn_text_in(arena, "%s %s", *list, e->level[i]))) return false;
  }
  out->words = bsn_text_in(arena, "%zu of %zu levels", ours, e->levels);
  if (!*more && !*less && !*torn) return out->words;
  const char *note = bsn_text_in(arena, "%s%s%s%s%s%s%s%s", *more ? "not published:" : "", more,
                                 *more && *less ? "; " : "", *less ? "not ours:" : "", less,
                                 (*more || *less) && *torn ? "; " : "", *torn ? "replicates disagree:" : "", torn);
  return out->words && says(out, *more || *less ? BSN_FAIL : BSN_UNDECIDED, note);
}

static bool judge_trend(const void *config, const bsn_evidence *e, bsn_arena *arena, bsn_judgement *out) {
  double sign = strcmp(((const word_config *)config)->is, "decreasing") ? 1 : -1;
  double *place = bsn_alloc_in(arena, e->levels * e->n * sizeof *place);
  bool finite;
  if (!place) return false;
  BSN_TRY(start(e, arena, out, &finite));
  if (!finite) return true;
  for (size_t i = 0; i < e->levels * e->n; i++) place[i] = (double)(i / e->n);
  bsn_test t = bsn_spearman(place, e->x, e->levels * e->n, 0.95);
  out->ours = t.mean, out->lo = t.lo, out->hi = t.hi;
  out->from = sign > 0 ? 0 : -1;
  out->to = sign > 0 ? 1 : 0;
  if (isnan(t.lo)) return says(out, BSN_UNDECIDED, "a rank correlation wants four values that are not all equal");
  out->verdict = fmin(sign * t.lo, sign * t.hi) > 0   ? BSN_PASS
                 : fmax(sign * t.lo, sign * t.hi) < 0 ? BSN_FAIL
                                                      : BSN_UNDECIDED;
  return true;
}

/* How level j differs from level i: 1 higher, -1 lower, 0 not shown. Pairs of levels share 5 % of false alarms. */
static int differs(const bsn_evidence *e, size_t i, size_t j) {
  double pairs = (double)(e->levels * (e->levels - 1)) / 2;
  bsn_test t = bsn_paired_t(e->x + j * e->n, e->x + i * e->n, e->n, 1 - 0.05 / pairs);
  if (e->n == 1) t.lo = t.hi = t.mean;
  return t.lo > 0 ? 1 : t.hi < 0 ? -1 : 0;
}

static double level_mean(const bsn_evidence *e, size_t i) { return bsn_mean(e->x + i * e->n, e->n); }

/* The level of the highest mean (sign -1: the lowest). */
static size_t extreme(const bsn_evidence *e, double sign) {
  size_t best = 0;
  for (size_t i = 1; i < e->levels; i++)
    if (sign * level_mean(e, i) > sign * level_mean(e, best)) best = i;
  return best;
}

/* From level `from` to `to` the metric goes in one direction: PASS when the ends say so and no two levels the contrary. */
static bsn_verdict monotone(const bsn_evidence *e, size_t from, size_t to, int direction) {
  for (size_t i = from; i < to; i++)
    for (size_t j = i + 1; j <= to; j++)
      if (differs(e, i, j) == -direction) return BSN_FAIL;
  return differs(e, from, to) == direction ? BSN_PASS : BSN_UNDECIDED;
}

/* Up to an inner extreme and down again (direction -1: the other way). */
static bsn_verdict bend(const bsn_evidence *e, int direction) {
  size_t top = extreme(e, direction), last = e->levels - 1;
  if (top == 0 || top == last) { /* at an end: FAIL when that one is beyond every inner level */
    for (size_t i = 1; i < last; i++)
      if (differs(e, top, i) != -direction) return BSN_UNDECIDED;
    return BSN_FAIL;
  }
  bsn_verdict up = monotone(e, 0, top, direction), down = monotone(e, top, last, -direction);
  return up > down ? up : down;
}

static bool judge_shape(const void *config, const bsn_evidence *e, bsn_arena *arena, bsn_judgement *out) {
  const char *is = ((const word_config *)config)->is;
  bool finite, valley = !strcmp(is, "valley"), rising = !strcmp(is, "increasing");
  BSN_TRY(start(e, arena, out, &finite));
  if (!finite) return true;
  if (valley || !strcmp(is, "unimodal")) {
    out->words = bsn_text_in(arena, "%s at %s", valley ? "lowest" : "highest", e->level[extreme(e, valley ? -1 : 1)]);
    out->verdict = bend(e, valley ? -1 : 1);
  } else {
    out->words = bsn_text_in(arena, "%.4g to %.4g", level_mean(e, 0), level_mean(e, e->levels - 1));
    out->verdict = monotone(e, 0, e->levels - 1, rising ? 1 : -1);
  }
  return out->words;
}

/* Of the listed levels the most extreme one; SIZE_MAX when none is listed. */
static size_t best_listed(const bsn_evidence *e, double sign) {
  size_t best = SIZE_MAX;
  for (size_t i = 0; i < e->levels; i++)
    if (e->listed[i] && (best == SIZE_MAX || sign * level_mean(e, i) > sign * level_mean(e, best))) best = i;
  return best;
}

/* Every other level is short of the best listed one: PASS; one is beyond it: FAIL. */
static bool judge_extreme(const bsn_evidence *e, int direction, bsn_arena *arena, bsn_judgement *out) {
  size_t best = best_listed(e, direction);
  bool finite;
  BSN_TRY(start(e, arena, out, &finite));
  if (!finite) return true;
  out->words = bsn_text_in(arena, "%s", e->level[extreme(e, direction)]);
  if (best == SIZE_MAX) return out->words && says(out, BSN_FAIL, "no level is published");
  for (size_t i = 0; i < e->levels; i++) {
    int other = e->listed[i] ? -direction : differs(e, best, i);
    bsn_verdict here = other == direction ? BSN_FAIL : other ? BSN_PASS : BSN_UNDECIDED;
    if (here > out->verdict) out->verdict = here;
  }
  return out->words;
}

static bool judge_lowest(const void *config, const bsn_evidence *e, bsn_arena *arena, bsn_judgement *out) {
  (void)config;
  return judge_extreme(e, -1, arena, out);
}

static bool judge_highest(const void *config, const bsn_evidence *e, bsn_arena *arena, bsn_judgement *out) {
  (void)config;
  return judge_extreme(e, 1, arena, out);
}

/* ---- the table ---- */
static const bsn_param exact_params[] = {
    {"within", BSN_REAL, offsetof(exact_config, within), "0", .lo = 0, .hi = 1, .below = true,
     .doc = "largest relative deviation; 0: half a unit of the last digit of the value as written"},
    {0}};
static const bsn_param band_params[] = {{"scale", BSN_WORD, offsetof(band_config, scale), "linear", .words = scales,
                                         .doc = "log: logarithms are compared, and sd is theirs"},
                                        {0}};
static const bsn_param sign_params[] = {
    {"is", BSN_WORD, offsetof(word_config, is), "positive", .words = signs, .doc = "which side of 0"}, {0}};
static const bsn_param trend_params[] = {
    {"is", BSN_WORD, offsetof(word_config, is), "increasing", .words = trends, .doc = "along the levels of by"}, {0}};
static const bsn_param set_params[] = {
    {"bound", BSN_REAL, 0, "0.5", .doc = "a level is in the set when the metric is above this"}, {0}};
static const bsn_param shape_params[] = {{"is", BSN_WORD, offsetof(word_config, is), "increasing", .words = shapes,
                                          .doc = "unimodal rises and then falls, valley falls and then rises"},
                                         {0}};

// clang-format off
static const bsn_rule rows[] = {
    {{"exact", "The published number itself, to the last digit that is printed or within a relative bound.",
      "|ours - value| <= 10^e / 2, the last digit counting 10^e; or <= within |value|", NULL, exact_params, sizeof(exact_config)}, BSN_PUBLISHED_NUMBER, .judge = judge_exact},
    {{"band", "Our mean is as far from the published mean as the spread of runs allows (99 % for all bands of a study together).",
      "|mean - value| <= t(1 - .005/k; m - 1) sd sqrt(1/n + 1/ours), k bands in the study; sd, n of the published runs, m = n; a single published run (n = 1, no sd): sd and m of ours", NULL, band_params, sizeof(band_config)}, BSN_PUBLISHED_NUMBER, .spread = true, .shares = true, .judge = judge_band},
    {{"mean", "The value is an expectation, known exactly: our 99 % interval for the mean holds it.",
      "|mean - value| <= t(1 - .005/k; ours - 1) sd / sqrt(ours), k rules band and mean in the study", NULL, NULL, 0}, BSN_PUBLISHED_NUMBER, .shares = true, .judge = judge_mean},
    {{"at-least", "Our 95 % interval for the mean is not below the value.", "lo >= value", NULL, NULL, 0}, BSN_PUBLISHED_NUMBER, .judge = judge_at_least},
    {{"at-most", "Our 95 % interval for the mean is not above the value.", "hi <= value", NULL, NULL, 0}, BSN_PUBLISHED_NUMBER, .judge = judge_at_most},
    {{"sign", "Our 95 % interval for the mean lies on one side of 0.", NULL, NULL, sign_params, sizeof(word_config)}, BSN_PUBLISHED_NOTHING, .judge = judge_sign},
    {{"set", "The metric exceeds a bound at the listed levels of by, and at no other: with metric diverged, the same cells diverge.",
      NULL, NULL, set_params, sizeof(double)}, BSN_PUBLISHED_LEVELS, .by = true, .judge = judge_set},
    {{"trend", "The rank correlation of the metric, seed by seed, with the levels of by has an interval on one side of 0.",
      "Spearman's r, 95 % interval of Bonett and Wright", "Spearman 1904; Bonett & Wright 2000", trend_params, sizeof(word_config)}, BSN_PUBLISHED_NOTHING, .by = true, .judge = judge_trend},
    {{"shape", "The metric's means along the levels of by have this shape: no difference of two levels contradicts it (95 %, paired over seeds), and those between its ends and its extreme confirm it.",
      NULL, NULL, shape_params, sizeof(word_config)}, BSN_PUBLISHED_NOTHING, .by = true, .judge = judge_shape},
    {{"lowest", "The mean is lowest at a listed level of by: the best of these is below all others (95 %, paired over seeds).", NULL, NULL, NULL, 0}, BSN_PUBLISHED_LEVELS, .by = true, .judge = judge_lowest},
    {{"highest", "The mean is highest at a listed level of by: the best of these is above all others (95 %, paired over seeds).", NULL, NULL, NULL, 0}, BSN_PUBLISHED_LEVELS, .by = true, .judge = judge_highest},
    {{0}, 0}};
// clang-format on

const bsn_table bsn_rules = {"rule", sizeof(bsn_rule), (const void *const[]){rows, NULL}};
