#include "model/init.h"
#include "num/draw.h"
#include <math.h>
#include <string.h>

/* ---- ways to draw one number; a and b are whatever two numbers describe it ---- */
typedef double drawing(bsn_stream s, uint64_t entry, double a, double b);

static double constant(bsn_stream s, uint64_t entry, double value, double unused) {
  (void)s, (void)entry, (void)unused;
  return value;
}

static double uniform(bsn_stream s, uint64_t entry, double lo, double hi) {
  return fma(hi - lo, bsn_uniform(s, entry), lo);
}

static double normal(bsn_stream s, uint64_t entry, double mean, double sd) {
  return fma(sd, bsn_normal(s, entry), mean);
}

static double truncated(bsn_stream s, uint64_t entry, double cut, double sd) {
  return sd * bsn_truncated_normal(s, entry, cut);
}

/* ---- filling ---- */
static void fill_with(const bsn_tensor *t, bsn_stream s, drawing *draw, double a, double b, bsn_real *out) {
  for (size_t e = 0; e < t->size; e++) out[e] = (bsn_real)draw(s, e, a, b);
}

/* A normalisation starts as doing nothing: scale 1, shift 0, whatever the row says. */
static bool fill_norm(const bsn_tensor *t, bsn_stream s, bsn_real *out) {
  if (t->role != BSN_NORM) return false;
  const char *last = strrchr(t->name, '.');
  fill_with(t, s, constant, strcmp(last ? last + 1 : t->name, "weight") == 0, 0, out);
  return true;
}

static void fill(const bsn_tensor *t, bsn_stream s, drawing *draw, double a, double b, double bias, bsn_real *out) {
  if (fill_norm(t, s, out)) return;
  if (t->role == BSN_BIAS)
    fill_with(t, s, constant, bias, 0, out);
  else
    fill_with(t, s, draw, a, b, out);
}

/* ---- rows that scale with the layer ---- */
static void fill_torch(const void *config, const bsn_tensor *t, bsn_stream s, bsn_real *out) {
  (void)config;
  double bound = 1 / sqrt((double)t->fan_in);
  if (!fill_norm(t, s, out)) fill_with(t, s, uniform, -bound, bound, out);
}

typedef struct scaled_config {
  const char *distribution, *mode;
  double gain, bias;
} scaled_config;

static const char *const distributions[] = {"normal", "uniform", NULL};
static const char *const modes[] = {"fan_in", "fan_out", NULL};

/* Both distributions with variance var: uniform in +-b has variance b^2 / 3. */
static void fill_scaled(const scaled_config *c, double var, const bsn_tensor *t, bsn_stream s, bsn_real *out) {
  double bound = sqrt(3 * var);
  if (strcmp(c->distribution, "normal") == 0)
    fill(t, s, normal, 0, sqrt(var), c->bias, out);
  else
    fill(t, s, uniform, -bound, bound, c->bias, out);
}

static void fill_kaiming(const void *config, const bsn_tensor *t, bsn_stream s, bsn_real *out) {
  const scaled_config *c = config;
  size_t fan = strcmp(c->mode, "fan_in") == 0 ? t->fan_in : t->fan_out;
  fill_scaled(c, 2 / (double)fan, t, s, out);
}

static void fill_xavier(const void *config, const bsn_tensor *t, bsn_stream s, bsn_real *out) {
  const scaled_config *c = config;
  fill_scaled(c, c->gain * c->gain * 2 / (double)(t->fan_in + t->fan_out), t, s, out);
}

// clang-format off
static const bsn_param kaiming_params[] = {
    {"distribution", BSN_WORD, offsetof(scaled_config, distribution), "normal", .words = distributions, .doc = "shape of the distribution"},
    {"mode", BSN_WORD, offsetof(scaled_config, mode), "fan_in", .words = modes, .doc = "which fan keeps its variance: fan_in going forward, fan_out going back"},
    {"bias", BSN_REAL, offsetof(scaled_config, bias), "0", .lo = -INFINITY, .hi = INFINITY, .doc = "value of all biases"},
    {0}};
static const bsn_param xavier_params[] = {
    {"distribution", BSN_WORD, offsetof(scaled_config, distribution), "normal", .words = distributions, .doc = "shape of the distribution"},
    {"gain", BSN_REAL, offsetof(scaled_config, gain), "1", .lo = 0, .hi = INFINITY, .doc = "factor of the standard deviation"},
    {"bias", BSN_REAL, offsetof(scaled_config, bias), "0", .lo = -INFINITY, .hi = INFINITY, .doc = "value of all biases"},
    {0}};
// clang-format on

/* ---- rows of one scale for all layers ---- */
typedef struct fixed_config {
  double a, b, bias; /* the two numbers of the way to draw */
} fixed_config;

static void fill_truncated(const void *config, const bsn_tensor *t, bsn_stream s, bsn_real *out) {
  const fixed_config *c = config;
  fill(t, s, truncated, c->a, c->b, c->bias, out);
}

static void fill_normal(const void *config, const bsn_tensor *t, bsn_stream s, bsn_real *out) {
  const fixed_config *c = config;
  fill(t, s, normal, c->a, c->b, c->bias, out);
}

static void fill_uniform(const void *config, const bsn_tensor *t, bsn_stream s, bsn_real *out) {
  const fixed_config *c = config;
  fill(t, s, uniform, c->a, c->b, c->bias, out);
}

static void fill_constant(const void *config, const bsn_tensor *t, bsn_stream s, bsn_real *out) {
  const fixed_config *c = config;
  fill(t, s, constant, c->a, c->b, c->bias, out);
}

// clang-format off
#define FIXED_BIAS {"bias", BSN_REAL, offsetof(fixed_config, bias), "0", .lo = -INFINITY, .hi = INFINITY, .doc = "value of all biases"}
static const bsn_param truncated_params[] = {
    {"sd", BSN_REAL, offsetof(fixed_config, b), "0.05", .lo = 0, .hi = INFINITY, .doc = "standard deviation before cutting"},
    {"cut", BSN_REAL, offsetof(fixed_config, a), "2", .lo = 0.1, .hi = 10, .doc = "values farther than this many standard deviations are drawn again"},
    FIXED_BIAS, {0}};
static const bsn_param normal_params[] = {
    {"sd", BSN_REAL, offsetof(fixed_config, b), "0.01", .lo = 0, .hi = INFINITY, .doc = "standard deviation"},
    {"mean", BSN_REAL, offsetof(fixed_config, a), "0", .lo = -INFINITY, .hi = INFINITY, .doc = "mean"},
    FIXED_BIAS, {0}};
static const bsn_param uniform_params[] = {
    {"lo", BSN_REAL, offsetof(fixed_config, a), "-0.05", .lo = -INFINITY, .hi = INFINITY, .doc = "one end of the interval"},
    {"hi", BSN_REAL, offsetof(fixed_config, b), "0.05", .lo = -INFINITY, .hi = INFINITY, .doc = "the other end"},
    FIXED_BIAS, {0}};
static const bsn_param constant_params[] = {
    {"value", BSN_REAL, offsetof(fixed_config, a), "0", .lo = -INFINITY, .hi = INFINITY, .doc = "value of all weights"},
    FIXED_BIAS, {0}};

/* ---- the table ---- */
static const bsn_init rows[] = {
    {{"torch", "PyTorch's default for linear and convolution layers: weights and biases uniform, scaled by the inputs.", "w, b ~ U(-k, k), k = 1 / sqrt(fan_in)", "PyTorch, torch.nn.Linear and torch.nn.Conv2d", NULL, 0}, fill_torch},
    {{"kaiming", "Keeps the variance through relu layers.", "var w = 2 / fan: normal with sd sqrt(2 / fan), or uniform in +-sqrt(6 / fan)", "He, Zhang, Ren & Sun 2015, eq. 10 and 14", kaiming_params, sizeof(scaled_config)}, fill_kaiming},
    {{"xavier", "Keeps the variance through linear or tanh layers, a compromise of both directions.", "var w = 2 gain^2 / (fan_in + fan_out): normal, or uniform in +-gain sqrt(6 / (fan_in + fan_out))", "Glorot & Bengio 2010, eq. 12 and 16", xavier_params, sizeof(scaled_config)}, fill_xavier},
    {{"truncated-normal", "Normal around 0, values far out drawn again.", "w = sd z, z ~ N(0, 1) given |z| <= cut", "TensorFlow, tf.random.truncated_normal; Schneider, Balles & Hennig 2019 (DeepOBS)", truncated_params, sizeof(fixed_config)}, fill_truncated},
    {{"normal", "Normal.", "w ~ N(mean, sd^2)", NULL, normal_params, sizeof(fixed_config)}, fill_normal},
    {{"uniform", "Uniform between two numbers.", "w ~ U(lo, hi)", NULL, uniform_params, sizeof(fixed_config)}, fill_uniform},
    {{"constant", "The same number everywhere.", "w = value", NULL, constant_params, sizeof(fixed_config)}, fill_constant},
    {{0}, NULL}};
// clang-format on

const bsn_table bsn_inits = {"init", sizeof(bsn_init), (const void *const[]){rows, NULL}};

void bsn_init_all(const bsn_choice *init, size_t ntensors, const bsn_tensor *tensors, uint64_t seed, bsn_real *w) {
  const bsn_init *row = (const bsn_init *)init->row;
  for (size_t i = 0; i < ntensors; i++) {
    const bsn_tensor *t = &tensors[i];
    row->fill(init->config, t, bsn_stream_of(seed, "init", t->name, 0), w + t->offset);
  }
}
