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

static size_t wanted(bsn_amount amount, size_t rows) { return (size_t)(bsn_amount_of(amount, (double)rows) + 0.5); }

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

/* Shapes in the plane: row i is of class i mod classes. */

typedef struct shape_config {
  size_t classes, features, rows, problem;
  double noise, turns, factor, spread;
} shape_config;

/* (x, y) with noise on both; normal entries 2 row and 2 row + 1. */
static void put_point(const shape_config *c, const draws *d, size_t row, double x, double y, example *e) {
  e->input[0] = fma(c->noise, bsn_normal(d->noise, 2 * (uint64_t)row), x);
  e->input[1] = fma(c->noise, bsn_normal(d->noise, 2 * (uint64_t)row + 1), y);
}

static void draw_moons(const void *config, const draws *d, size_t row, example *e) {
  double t = BSN_PI * bsn_uniform(d->input, row), x = bsn_cos(t), y = bsn_sin(t);
  e->label = (int32_t)(row % 2);
  put_point(config, d, row, e->label ? 1 - x : x, e->label ? 0.5 - y : y, e);
}

static void draw_circles(const void *config, const draws *d, size_t row, example *e) {
  const shape_config *c = config;
  double t = 2 * BSN_PI * bsn_uniform(d->input, row);
  e->label = (int32_t)(row % 2);
  double radius = e->label ? c->factor : 1;
  put_point(c, d, row, radius * bsn_cos(t), radius * bsn_sin(t), e);
}

static void draw_spirals(const void *config, const draws *d, size_t row, example *e) {
  const shape_config *c = config;
  e->label = (int32_t)(row % c->classes);
  double radius = bsn_uniform(d->input, row);
  double angle = 2 * BSN_PI * fma(c->turns, radius, (double)e->label / (double)c->classes);
  put_point(c, d, row, radius * bsn_cos(angle), radius * bsn_sin(angle), e);
}

static void draw_blobs(const void *config, const draws *d, size_t row, example *e) {
  const shape_config *c = config;
  e->label = (int32_t)(row % c->classes);
  const double *centre = d->fixed + (size_t)e->label * c->features;
  for (size_t j = 0; j < c->features; j++) {
    e->input[j] = fma(c->spread, bsn_normal(d->noise, (uint64_t)row * c->features + j), centre[j]);
  }
}

static bool load_shape(maker m, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out, bsn_error *error) {
  const shape_config *c = m.config;
  m.rows = c->rows;
  m.width = c->features ? c->features : 2;
  m.classes = c->classes ? c->classes : 2;
  return generate(&m, options, arena, out, error);
}

static bool load_moons(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                       bsn_error *error) {
  return load_shape((maker){"moons", draw_moons, config}, options, arena, out, error);
}

static bool load_circles(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                         bsn_error *error) {
  return load_shape((maker){"circles", draw_circles, config}, options, arena, out, error);
}

static bool load_spirals(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                         bsn_error *error) {
  return load_shape((maker){"spirals", draw_spirals, config}, options, arena, out, error);
}

/* What belongs to the problem is drawn from a seed of its own: the same for training and test rows, and for all training
 * sets of a bias-variance study. */
static bool load_blobs(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                       bsn_error *error) {
  const shape_config *c = config;
  bsn_arena scratch = {0};
  bsn_stream stream = bsn_stream_of(c->problem, "data", "blobs.centres", 0);
  double *centre = bsn_alloc_in(&scratch, c->classes * c->features * sizeof *centre);
  for (size_t j = 0; centre && j < c->classes * c->features; j++) centre[j] = fma(20, bsn_uniform(stream, j), -10);
  bool ok = centre ? load_shape((maker){"blobs", draw_blobs, config, .fixed = centre}, options, arena, out, error)
                   : bsn_no_memory(error);
  bsn_arena_free(&scratch);
  return ok;
}

/* Sparse features: feature j is 1 with probability p_j, else 0. Its coefficient grows as its rarity, so that every feature
 * explains as much of the target as every other on average, and a rare one cannot be left out. */

typedef struct sparse_config {
  size_t features, rows, problem;
  double rarity, noise;
  const char *task;
} sparse_config;

static bool is_classes(const sparse_config *c) { return c->task[0] == 'c'; }

static void draw_sparse(const void *config, const draws *d, size_t row, example *e) {
  const sparse_config *c = config;
  const double *frequency = d->fixed, *coefficient = d->fixed + c->features;
  double sum = 0;
  for (size_t j = 0; j < c->features; j++) {
    e->input[j] = bsn_uniform(d->input, (uint64_t)row * c->features + j) < frequency[j];
    sum = fma(coefficient[j], e->input[j] - frequency[j], sum);
  }
  e->truth = sum;
  e->target = fma(c->noise, bsn_normal(d->noise, row), sum);
  e->label = e->target > 0;
}

static bool load_sparse(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                        bsn_error *error) {
  const sparse_config *c = config;
  bsn_arena scratch = {0};
  bsn_stream stream = bsn_stream_of(c->problem, "data", "sparse-features.coefficients", 0);
  double *fixed = bsn_alloc_in(&scratch, 2 * c->features * sizeof *fixed);
  for (size_t j = 0; fixed && j < c->features; j++) {
    double p = 0.5 * bsn_pow((double)(j + 1), -c->rarity);
    fixed[j] = p;
    fixed[c->features + j] = bsn_normal(stream, j) / sqrt(p * (1 - p) * (double)c->features);
  }
  maker m = {"sparse-features", draw_sparse,          config,
             .rows = c->rows,   .width = c->features, .classes = is_classes(c) ? 2 : 0,
             .fixed = fixed};
  bool ok = fixed ? generate(&m, options, arena, out, error) : bsn_no_memory(error);
  bsn_arena_free(&scratch);
  return ok;
}

static const char *const tasks[] = {"regression", "classification", NULL};

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

#define PROBLEM(config, what) {"problem", BSN_COUNT, offsetof(config, problem), "0", .doc = "seed of the " what ", which training and test rows share"}
#define CLASSES(def) {"classes", BSN_COUNT, offsetof(shape_config, classes), def, .lo = 2, .hi = 1000, .doc = "number of classes"}

static const bsn_param moons_params[] = {NOISE(shape_config, "0.1"), ROWS(shape_config, "1000"), {0}};
static const bsn_param circles_params[] = {
  NOISE(shape_config, "0.05"), ROWS(shape_config, "1000"),
  {"factor", BSN_REAL, offsetof(shape_config, factor), "0.5", .lo = 0, .hi = 1, .above = true, .below = true, .doc = "radius of the inner circle"},
  {0}};
static const bsn_param spirals_params[] = {
  CLASSES("2"), {"turns", BSN_REAL, offsetof(shape_config, turns), "1.5", .lo = 0, .hi = 1000, .doc = "turns of each arm"},
  NOISE(shape_config, "0.02"), ROWS(shape_config, "1000"), {0}};
static const bsn_param blobs_params[] = {
  CLASSES("3"), {"features", BSN_COUNT, offsetof(shape_config, features), "2", .lo = 1, .hi = 100000, .doc = "number of inputs"},
  {"spread", BSN_REAL, offsetof(shape_config, spread), "1", .lo = 0, .hi = INFINITY, .doc = "standard deviation around a centre"},
  ROWS(shape_config, "1000"), PROBLEM(shape_config, "centres"), {0}};
static const bsn_param sparse_params[] = {
  {"features", BSN_COUNT, offsetof(sparse_config, features), "100", .lo = 1, .hi = 100000, .doc = "number of inputs"},
  {"rarity", BSN_REAL, offsetof(sparse_config, rarity), "1", .lo = 0, .hi = 10, .doc = "exponent of the power law of frequencies"},
  NOISE(sparse_config, "0.1"), ROWS(sparse_config, "2000"),
  {"task", BSN_WORD, offsetof(sparse_config, task), "regression", .words = tasks, .doc = "predict y, or whether y > 0"},
  PROBLEM(sparse_config, "coefficients"), {0}};

const bsn_data bsn_data_generated[] = {
  {.row = {"lecture-regression", "One wave packet with noise.", "y = exp(-x^2) cos(frequency x) + noise N(0, 1), x uniform in [lo, hi)", NULL,
           lecture_params, sizeof(curve_config)}, .load = load_lecture, .has_test = true, .generated = true},
  {.row = {"sine", "A sine with noise.", "y = sin(frequency x) + noise N(0, 1), x uniform in [lo, hi)", NULL,
           sine_params, sizeof(curve_config)}, .load = load_sine, .has_test = true, .generated = true},
  {.row = {"polynomial", "A polynomial with noise.", "y = sum_k coefficients[k] x^k + noise N(0, 1), x uniform in [lo, hi)", NULL,
           polynomial_params, sizeof(curve_config)}, .load = load_polynomial, .has_test = true, .generated = true},
  {.row = {"moons", "Two half circles that reach into each other.",
           "t = pi U; class 0: (cos t, sin t), class 1: (1 - cos t, 0.5 - sin t); + noise N(0, 1) each", NULL,
           moons_params, sizeof(shape_config)}, .load = load_moons, .has_test = true, .generated = true},
  {.row = {"circles", "A circle inside a circle.", "r (cos t, sin t) + noise N(0, 1) each, t = 2 pi U, r = 1 (class 0), factor (class 1)", NULL,
           circles_params, sizeof(shape_config)}, .load = load_circles, .has_test = true, .generated = true},
  {.row = {"spirals", "Arms that wind around each other.", "r = U, t = 2 pi (turns r + class / classes); r (cos t, sin t) + noise N(0, 1) each", NULL,
           spirals_params, sizeof(shape_config)}, .load = load_spirals, .has_test = true, .generated = true},
  {.row = {"blobs", "Round clouds around random centres.", "centre + spread N(0, 1) each, centres uniform in [-10, 10)^features", NULL,
           blobs_params, sizeof(shape_config)}, .load = load_blobs, .has_test = true, .generated = true},
  {.row = {"sparse-features", "Rare features that matter, for methods with a rate per weight.",
           "x_j = 1 with p_j = j^-rarity / 2, else 0; y = sum_j c_j (x_j - p_j) + noise N(0, 1), c_j = N(0, 1) / sqrt(features p_j (1 - p_j))", NULL,
           sparse_params, sizeof(sparse_config)}, .load = load_sparse, .has_test = true, .generated = true},
  {.row = {0}}};
// clang-format on
