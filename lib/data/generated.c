/* Data sets that are drawn: a row is a pure function of (seed, its number), so a larger set begins with the smaller one. */
#include "data/tables.h"
#include "num/draw.h"
#include "num/math.h"
#include <math.h>

/* Draws of one kind each, so that none depends on how many another takes: entry = row, or row * features + j. */
typedef struct draws {
  bsn_stream input, noise, extra;
  const double *fixed; /* what belongs to the problem and not to its rows (centres, coefficients) */
} draws;

typedef struct example {
  double *input, target, truth;
  int32_t label;
} example;

typedef struct maker {
  const char *name;
  void (*draw)(const void *config, const draws *d, size_t row, example *e);
  const void *config;
  size_t rows; /* default size */
  size_t width;
  size_t classes; /* 0: regression */
  const double *fixed;
} maker;

static size_t wanted(bsn_amount amount, size_t rows) {
  switch (amount.kind) {
  case BSN_AMOUNT_COUNT:
    return (size_t)amount.value;
  case BSN_AMOUNT_SHARE:
    return (size_t)(amount.value * (double)rows + 0.5);
  case BSN_AMOUNT_ALL:
    return rows;
  default:
    return 0;
  }
}

static bool room(bsn_dataset *set, const maker *m, size_t rows, bsn_arena *arena, bsn_error *error) {
  *set = (bsn_dataset){.task = m->classes ? BSN_CLASSIFICATION : BSN_REGRESSION,
                       .rows = rows,
                       .axes = 1,
                       .shape = {m->width},
                       .width = m->width,
                       .scale = 1,
                       .outputs = m->classes ? m->classes : 1};
  if (rows > INT32_MAX) return bsn_fail(error, BSN_BAD_INPUT, "data: %s: %zu rows are too many", m->name, rows);
  bool fits = m->width <= SIZE_MAX / sizeof(bsn_real) / (rows + 1);
  if (!fits || !(set->real = bsn_reals_in(arena, rows * m->width))) return bsn_no_memory(error);
  if (m->classes) return (set->label = bsn_buffer_in(arena, rows * sizeof(int32_t))) || bsn_no_memory(error);
  set->target = bsn_reals_in(arena, rows);
  set->truth = bsn_reals_in(arena, rows);
  return (set->target && set->truth) || bsn_no_memory(error);
}

static bool make(bsn_dataset *set, const maker *m, const char *purpose, uint64_t seed, size_t rows, bsn_arena *arena,
                 bsn_error *error) {
  BSN_TRY(room(set, m, rows, arena, error));
  draws d = {.input = bsn_stream_of(seed, purpose, m->name, 0),
             .noise = bsn_stream_of(seed, purpose, m->name, 1),
             .extra = bsn_stream_of(seed, purpose, m->name, 2),
             .fixed = m->fixed};
  bsn_real *real = (bsn_real *)set->real, *target = (bsn_real *)set->target, *truth = (bsn_real *)set->truth;
  int32_t *label = (int32_t *)set->label;
  bsn_arena scratch = {0};
  double *input = bsn_alloc_in(&scratch, m->width * sizeof *input);
  for (size_t i = 0; input && i < rows; i++) {
    example e = {.input = input};
    m->draw(m->config, &d, i, &e);
    for (size_t j = 0; j < m->width; j++) real[i * m->width + j] = (bsn_real)input[j];
    if (m->classes) label[i] = e.label;
    if (!m->classes) target[i] = (bsn_real)e.target;
    if (!m->classes) truth[i] = (bsn_real)e.truth;
  }
  bsn_arena_free(&scratch);
  return input || bsn_no_memory(error);
}

static bool generate(const maker *m, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                     bsn_error *error) {
  size_t train = wanted(options->train, m->rows), test = wanted(options->test, m->rows);
  *out = (bsn_loaded){0};
  if (!train) return bsn_fail(error, BSN_BAD_INPUT, "data: %s: no training rows are asked for", m->name);
  BSN_TRY(make(&out->train, m, "data", options->seed_data, train, arena, error));
  return !test || make(&out->test, m, "test", options->seed_test, test, arena, error);
}

/* Curves: y of one x. */

typedef struct curve_config {
  double frequency, noise, lo, hi;
  size_t rows;
  bsn_list coefficients;
} curve_config;

static double lecture_curve(const curve_config *c, double x) { return bsn_exp(-x * x) * bsn_cos(c->frequency * x); }
static double sine_curve(const curve_config *c, double x) { return bsn_sin(c->frequency * x); }

static double polynomial_curve(const curve_config *c, double x) {
  double y = 0;
  for (size_t k = c->coefficients.n; k-- > 0;) y = fma(y, x, c->coefficients.real[k]);
  return y;
}

static void draw_curve(double curve(const curve_config *, double), const curve_config *c, const draws *d, size_t row,
                       example *e) {
  /* The truth is that of the x which a model sees. */
  double x = (bsn_real)fma(c->hi - c->lo, bsn_uniform(d->input, row), c->lo);
  e->input[0] = x;
  e->truth = curve(c, x);
  e->target = fma(c->noise, bsn_normal(d->noise, row), e->truth);
}

static void draw_lecture(const void *config, const draws *d, size_t row, example *e) {
  draw_curve(lecture_curve, config, d, row, e);
}

static void draw_sine(const void *config, const draws *d, size_t row, example *e) {
  draw_curve(sine_curve, config, d, row, e);
}

static void draw_polynomial(const void *config, const draws *d, size_t row, example *e) {
  draw_curve(polynomial_curve, config, d, row, e);
}

static bool load_curve(maker m, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out, bsn_error *error) {
  const curve_config *c = m.config;
  /* bsn_sin and bsn_cos promise nothing farther out. */
  double farthest = fabs(c->frequency) * fmax(fabs(c->lo), fabs(c->hi));
  if (!(c->lo < c->hi)) return bsn_fail(error, BSN_BAD_INPUT, "data: %s: lo must be below hi", m.name);
  if (!(farthest < 1e5)) return bsn_fail(error, BSN_BAD_INPUT, "data: %s: frequency * x must stay below 1e5", m.name);
  m.rows = c->rows;
  m.width = 1;
  return generate(&m, options, arena, out, error);
}

static bool load_lecture(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                         bsn_error *error) {
  return load_curve((maker){"lecture-regression", draw_lecture, config}, options, arena, out, error);
}

static bool load_sine(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                      bsn_error *error) {
  return load_curve((maker){"sine", draw_sine, config}, options, arena, out, error);
}

static bool load_polynomial(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                            bsn_error *error) {
  return load_curve((maker){"polynomial", draw_polynomial, config}, options, arena, out, error);
}

// clang-format off
#define NOISE(config, def) {"noise", BSN_REAL, offsetof(config, noise), def, .lo = 0, .hi = INFINITY, .doc = "standard deviation of the normal noise"}
#define ROWS(config, def)  {"rows", BSN_COUNT, offsetof(config, rows), def, .lo = 1, .hi = INT32_MAX, .doc = "rows of each part, where train and test say no count"}
#define ENDS(a, b) \
  {"lo", BSN_REAL, offsetof(curve_config, lo), a, .lo = -1e5, .hi = 1e5, .doc = "smallest x"}, \
  {"hi", BSN_REAL, offsetof(curve_config, hi), b, .lo = -1e5, .hi = 1e5, .doc = "x stays below this"}
#define FREQUENCY(def) {"frequency", BSN_REAL, offsetof(curve_config, frequency), def, .lo = 0, .hi = 1e5, .doc = "angle per unit of x"}

static const bsn_param lecture_params[] = {FREQUENCY("10"), NOISE(curve_config, "0.03"), ROWS(curve_config, "10000"), ENDS("-3", "3"), {0}};
static const bsn_param sine_params[] = {FREQUENCY("2"), NOISE(curve_config, "0.1"), ROWS(curve_config, "1000"), ENDS("-3", "3"), {0}};
static const bsn_param polynomial_params[] = {
  {"coefficients", BSN_REALS, offsetof(curve_config, coefficients), "[0, -1, 0, 1]", .lo = -INFINITY, .hi = INFINITY, .doc = "of 1, x, x^2, .."},
  NOISE(curve_config, "0.1"), ROWS(curve_config, "1000"), ENDS("-1", "1"), {0}};

const bsn_data bsn_data_generated[] = {
  {.row = {"lecture-regression", "One wave packet with noise.", "y = exp(-x^2) cos(frequency x) + noise N(0, 1), x uniform in [lo, hi)", NULL,
           lecture_params, sizeof(curve_config)}, .load = load_lecture, .has_test = true, .generated = true},
  {.row = {"sine", "A sine with noise.", "y = sin(frequency x) + noise N(0, 1), x uniform in [lo, hi)", NULL,
           sine_params, sizeof(curve_config)}, .load = load_sine, .has_test = true, .generated = true},
  {.row = {"polynomial", "A polynomial with noise.", "y = sum_k coefficients[k] x^k + noise N(0, 1), x uniform in [lo, hi)", NULL,
           polynomial_params, sizeof(curve_config)}, .load = load_polynomial, .has_test = true, .generated = true},
  {.row = {0}}};
// clang-format on
