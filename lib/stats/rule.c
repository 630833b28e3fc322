#include "stats/rule.h"
#include <math.h>
#include <string.h>

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

/* ---- parameters ---- */
typedef struct exact_config {
  double within;
} exact_config;
typedef struct band_config {
  const char *scale;
} band_config;
typedef struct word_config {
  const char *is;
} word_config;
typedef struct shape_config {
  const char *is, *at;
} shape_config;

static const char *const scales[] = {"linear", "log", NULL};
static const char *const signs[] = {"positive", "negative", NULL};
static const char *const trends[] = {"increasing", "decreasing", NULL};
static const char *const shapes[] = {"increasing", "decreasing", "unimodal", "valley", "lowest", "highest", NULL};

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
static const bsn_param shape_params[] = {
    {"is", BSN_WORD, offsetof(shape_config, is), NULL, .words = shapes,
     .doc = "unimodal rises and then falls, valley falls and then rises; lowest and highest are at one level"},
    {"at", BSN_TEXT, offsetof(shape_config, at), "none", .doc = "the level of lowest or highest"},
    {0}};

// clang-format off
static const bsn_rule rows[] = {
    {{"exact", "The published number itself, to the last digit that is printed or within a relative bound.",
      "|ours - value| <= 10^e / 2, the last digit counting 10^e; or <= within |value|", NULL, exact_params, sizeof(exact_config)}, BSN_PUBLISHED_NUMBER},
    {{"band", "Our mean is as far from the published mean as the spread of runs allows (99 % for all bands of a study together).",
      "|mean - value| <= t(1 - .005/k; m - 1) sd sqrt(1/n + 1/ours), k bands in the study; sd, n of the published runs, m = n; a single published run (n = 1, no sd): sd and m of ours", NULL, band_params, sizeof(band_config)}, BSN_PUBLISHED_NUMBER, .spread = true},
    {{"mean", "The value is an expectation, known exactly: our 99 % interval for the mean holds it.",
      "|mean - value| <= t(1 - .005/k; ours - 1) sd / sqrt(ours), k rules band and mean in the study", NULL, NULL, 0}, BSN_PUBLISHED_NUMBER},
    {{"at-least", "Our 95 % interval for the mean is not below the value.", "lo >= value", NULL, NULL, 0}, BSN_PUBLISHED_NUMBER},
    {{"at-most", "Our 95 % interval for the mean is not above the value.", "hi <= value", NULL, NULL, 0}, BSN_PUBLISHED_NUMBER},
    {{"sign", "Our 95 % interval for the mean lies on one side of 0.", NULL, NULL, sign_params, sizeof(word_config)}, BSN_PUBLISHED_NOTHING},
    {{"set", "The metric exceeds a bound at the listed levels of by, and at no other: with metric diverged, the same cells diverge.",
      NULL, NULL, set_params, sizeof(double)}, BSN_PUBLISHED_LEVELS, .by = true},
    {{"trend", "The rank correlation of the metric, seed by seed, with the levels of by has an interval on one side of 0.",
      "Spearman's r, 95 % interval of Bonett and Wright", "Spearman 1904; Bonett & Wright 2000", trend_params, sizeof(word_config)}, BSN_PUBLISHED_NOTHING, .by = true},
    {{"shape", "The metric's means along the levels of by have this shape: no difference of two levels contradicts it (95 %, paired over seeds), and those between its ends and its extreme confirm it.",
      NULL, NULL, shape_params, sizeof(shape_config)}, BSN_PUBLISHED_NOTHING, .by = true},
    {{0}, 0}};
// clang-format on

const bsn_table bsn_rules = {"rule", sizeof(bsn_rule), (const void *const[]){rows, NULL}};
