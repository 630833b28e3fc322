#include "learn/surface.h"
#include "num/draw.h"
#include "num/legacy.h"
#include "num/math.h"
#include <math.h>
#include <string.h>

/* ---- functions on the plane: value, gradient, and the Hessian as {xx, xy, yy} ---- */
static void by_matrix(const double h[3], const double *v, double *out) {
  out[0] = h[0] * v[0] + h[1] * v[1];
  out[1] = h[1] * v[0] + h[2] * v[1];
}

/* Beale: three residuals r_k = c_k - x (1 - y^k). */
static const double beale_c[3] = {1.5, 2.25, 2.625};

static double beale_value(const bsn_surface *s, const double *w) {
  (void)s;
  double sum = 0, power = 1;
  for (int k = 0; k < 3; k++) {
    power *= w[1];
    double r = beale_c[k] - w[0] * (1 - power);
    sum += r * r;
  }
  return sum;
}

static void beale_gradient(const bsn_surface *s, const double *w, double *g) {
  (void)s;
  double before = 1; /* y^(k-1) */
  g[0] = g[1] = 0;
  for (int k = 0; k < 3; k++) {
    double power = before * w[1], r = beale_c[k] - w[0] * (1 - power);
    g[0] -= 2 * r * (1 - power);
    g[1] += 2 * r * (k + 1) * w[0] * before;
    before = power;
  }
}

static void beale_product(const bsn_surface *s, const double *w, const double *v, double *out) {
  (void)s;
  double h[3] = {0}, before = 1, second = 0; /* second: y^(k-2) */
  for (int k = 0; k < 3; k++) {
    double power = before * w[1], r = beale_c[k] - w[0] * (1 - power), rx = power - 1, ry = (k + 1) * w[0] * before;
    h[0] += 2 * rx * rx;
    h[1] += 2 * (rx * ry + r * (k + 1) * before);
    h[2] += 2 * (ry * ry + r * (k + 1) * k * w[0] * second);
    second = before;
    before = power;
  }
  by_matrix(h, v, out);
}

/* Branin: (y - b x^2 + c x - 6)^2 + s cos x + 10. */
#define BRANIN_B (5.1 / (4 * BSN_PI * BSN_PI))
#define BRANIN_C (5 / BSN_PI)
#define BRANIN_S (10 * (1 - 1 / (8 * BSN_PI)))

/* bsn_sin and bsn_cos promise nothing farther out, where every run has diverged. */
static double cosine(double x) { return fabs(x) < 1e5 ? bsn_cos(x) : NAN; }
static double sine(double x) { return fabs(x) < 1e5 ? bsn_sin(x) : NAN; }

static double branin_bend(const double *w) { return w[1] - BRANIN_B * w[0] * w[0] + BRANIN_C * w[0] - 6; }

static double branin_value(const bsn_surface *s, const double *w) {
  (void)s;
  double bend = branin_bend(w);
  return bend * bend + BRANIN_S * cosine(w[0]) + 10;
}

static void branin_gradient(const bsn_surface *s, const double *w, double *g) {
  (void)s;
  double bend = branin_bend(w);
  g[0] = 2 * bend * (BRANIN_C - 2 * BRANIN_B * w[0]) - BRANIN_S * sine(w[0]);
  g[1] = 2 * bend;
}

static void branin_product(const bsn_surface *s, const double *w, const double *v, double *out) {
  (void)s;
  double slope = BRANIN_C - 2 * BRANIN_B * w[0];
  double xx = 2 * slope * slope - 4 * BRANIN_B * branin_bend(w) - BRANIN_S * cosine(w[0]);
  by_matrix((const double[]){xx, 2 * slope, 2}, v, out);
}

/* Himmelblau: a^2 + b^2 with a = x^2 + y - 11, b = x + y^2 - 7. */
static double himmelblau_value(const bsn_surface *s, const double *w) {
  (void)s;
  double a = w[0] * w[0] + w[1] - 11, b = w[0] + w[1] * w[1] - 7;
  return a * a + b * b;
}

static void himmelblau_gradient(const bsn_surface *s, const double *w, double *g) {
  (void)s;
  double a = w[0] * w[0] + w[1] - 11, b = w[0] + w[1] * w[1] - 7;
  g[0] = 4 * w[0] * a + 2 * b;
  g[1] = 2 * a + 4 * w[1] * b;
}

static void himmelblau_product(const bsn_surface *s, const double *w, const double *v, double *out) {
  (void)s;
  double x = w[0], y = w[1];
  by_matrix((const double[]){12 * x * x + 4 * y - 42, 4 * (x + y), 12 * y * y + 4 * x - 26}, v, out);
}

/* Saddles. */
static double saddle_value(const bsn_surface *s, const double *w) { return (void)s, w[0] * w[0] - w[1] * w[1]; }

static void saddle_gradient(const bsn_surface *s, const double *w, double *g) {
  (void)s;
  g[0] = 2 * w[0];
  g[1] = -2 * w[1];
}

static void saddle_product(const bsn_surface *s, const double *w, const double *v, double *out) {
  (void)s, (void)w;
  by_matrix((const double[]){2, 0, -2}, v, out);
}

static double monkey_value(const bsn_surface *s, const double *w) {
  return (void)s, w[0] * (w[0] * w[0] - 3 * w[1] * w[1]);
}

static void monkey_gradient(const bsn_surface *s, const double *w, double *g) {
  (void)s;
  g[0] = 3 * (w[0] * w[0] - w[1] * w[1]);
  g[1] = -6 * w[0] * w[1];
}

static void monkey_product(const bsn_surface *s, const double *w, const double *v, double *out) {
  (void)s;
  by_matrix((const double[]){6 * w[0], -6 * w[1], -6 * w[0]}, v, out);
}

static double wells_value(const bsn_surface *s, const double *w) {
  (void)s;
  double y2 = w[1] * w[1];
  return w[0] * w[0] - y2 + 0.5 * y2 * y2;
}

static void wells_gradient(const bsn_surface *s, const double *w, double *g) {
  (void)s;
  g[0] = 2 * w[0];
  g[1] = 2 * w[1] * (w[1] * w[1] - 1);
}

static void wells_product(const bsn_surface *s, const double *w, const double *v, double *out) {
  (void)s;
  by_matrix((const double[]){2, 0, 6 * w[1] * w[1] - 2}, v, out);
}

/* ---- functions of n numbers ---- */
typedef struct many_config {
  size_t dimension;
  double noise; /* of the plane's configuration, too: these stand first */
  size_t batch;
} many_config;

static size_t many(const void *config) { return ((const many_config *)config)->dimension; }

static double rosenbrock_value(const bsn_surface *s, const double *w) {
  double sum = 0;
  for (size_t i = 0; i + 1 < s->base.n; i++) {
    double bend = w[i + 1] - w[i] * w[i], rest = 1 - w[i];
    sum += rest * rest + 100 * bend * bend;
  }
  return sum;
}

static void rosenbrock_gradient(const bsn_surface *s, const double *w, double *g) {
  memset(g, 0, s->base.n * sizeof *g);
  for (size_t i = 0; i + 1 < s->base.n; i++) {
    double bend = w[i + 1] - w[i] * w[i];
    g[i] -= 400 * w[i] * bend + 2 * (1 - w[i]);
    g[i + 1] += 200 * bend;
  }
}

static void rosenbrock_product(const bsn_surface *s, const double *w, const double *v, double *out) {
  memset(out, 0, s->base.n * sizeof *out);
  for (size_t i = 0; i + 1 < s->base.n; i++) {
    double cross = -400 * w[i];
    out[i] += (1200 * w[i] * w[i] - 400 * w[i + 1] + 2) * v[i] + cross * v[i + 1];
    out[i + 1] += cross * v[i] + 200 * v[i + 1];
  }
}

static double rastrigin_value(const bsn_surface *s, const double *w) {
  double sum = 0;
  for (size_t i = 0; i < s->base.n; i++) sum += w[i] * w[i] + 10 * (1 - cosine(2 * BSN_PI * w[i]));
  return sum;
}

static void rastrigin_gradient(const bsn_surface *s, const double *w, double *g) {
  for (size_t i = 0; i < s->base.n; i++) g[i] = 2 * w[i] + 20 * BSN_PI * sine(2 * BSN_PI * w[i]);
}

static void rastrigin_product(const bsn_surface *s, const double *w, const double *v, double *out) {
  for (size_t i = 0; i < s->base.n; i++) out[i] = (2 + 40 * BSN_PI * BSN_PI * cosine(2 * BSN_PI * w[i])) * v[i];
}

/* ---- w' A w / 2 ---- */
typedef struct quadratic_config {
  size_t dimension;
  double condition;
  bool rotated;
  size_t problem;
} quadratic_config;

typedef struct quadratic {
  double *eigenvalue;
  double *turn; /* A = turn' diag(eigenvalue) turn; NULL: not turned */
  double *u;    /* turn w */
} quadratic;

static bool quadratic_prepare(bsn_surface *s, bsn_arena *arena) {
  const quadratic_config *c = s->config;
  size_t n = s->base.n;
  quadratic *q = s->own = bsn_alloc_in(arena, sizeof *q);
  bsn_legacy *r = bsn_alloc_in(arena, sizeof *r);
  if (!q || !r) return false;
  bool turned = c->rotated && n > 1;
  q->eigenvalue = bsn_alloc_in(arena, n * sizeof *q->eigenvalue);
  q->u = bsn_alloc_in(arena, n * sizeof *q->u);
  q->turn = turned ? bsn_alloc_in(arena, n * n * sizeof *q->turn) : NULL;
  if (!q->eigenvalue || !q->u || (turned && !q->turn)) return false;
  for (size_t i = 0; i < n; i++)
    q->eigenvalue[i] = n > 1 ? bsn_pow(c->condition, (double)i / (double)(n - 1)) : c->condition;
  bsn_legacy_seed(r, (uint32_t)c->problem);
  if (turned) bsn_legacy_rotation(r, n, q->turn, q->u);
  return true;
}

static const double *turned(const quadratic *q, size_t n, const double *w) {
  if (!q->turn) return w;
  for (size_t i = 0; i < n; i++) {
    double sum = 0;
    for (size_t j = 0; j < n; j++) sum += q->turn[i * n + j] * w[j];
    q->u[i] = sum;
  }
  return q->u;
}

static double quadratic_value(const bsn_surface *s, const double *w) {
  const quadratic *q = s->own;
  const double *u = turned(q, s->base.n, w);
  double sum = 0;
  for (size_t i = 0; i < s->base.n; i++) sum += q->eigenvalue[i] * u[i] * u[i];
  return sum / 2;
}

static void quadratic_product(const bsn_surface *s, const double *w, const double *v, double *out) {
  const quadratic *q = s->own;
  size_t n = s->base.n;
  const double *u = turned(q, n, v);
  (void)w;
  for (size_t i = 0; i < n; i++) out[i] = q->turn ? 0 : q->eigenvalue[i] * u[i];
  for (size_t i = 0; q->turn && i < n; i++)
    for (size_t j = 0; j < n; j++) out[j] += q->turn[i * n + j] * q->eigenvalue[i] * u[i];
}

static void quadratic_gradient(const bsn_surface *s, const double *w, double *g) { quadratic_product(s, w, w, g); }

/* ---- the noisy quadratic model: curvature h_i = 1 / i, gradient noise of variance h_i / batch ---- */
static double noisy_value(const bsn_surface *s, const double *w) {
  double sum = 0;
  for (size_t i = 0; i < s->base.n; i++) sum += w[i] * w[i] / (double)(i + 1);
  return sum / 2;
}

static void noisy_product(const bsn_surface *s, const double *w, const double *v, double *out) {
  (void)w;
  for (size_t i = 0; i < s->base.n; i++) out[i] = v[i] / (double)(i + 1);
}

static void noisy_gradient(const bsn_surface *s, const double *w, double *g) { noisy_product(s, w, w, g); }

/* What divides a normal number to make it noise; behind these, room for such numbers. */
static bool noisy_prepare(bsn_surface *s, bsn_arena *arena) {
  const many_config *c = s->config;
  double *root = s->own = bsn_alloc_in(arena, 2 * s->base.n * sizeof *root);
  for (size_t i = 0; root && i < s->base.n; i++) root[i] = sqrt((double)(i + 1) * (double)c->batch);
  return root;
}

static void noisy_begin(const bsn_surface *s, bsn_stream stream, double *w) { bsn_normals(stream, s->base.n, w); }

static void noisy_disturb(const bsn_surface *s, uint64_t step, double *noise) {
  const double *root = s->own;
  double *z = (double *)s->own + s->base.n;
  bsn_normals(bsn_stream_of(s->seeds.noise, "noise", s->type->row.name, step), s->base.n, z);
  for (size_t i = 0; i < s->base.n; i++) noise[i] += z[i] / root[i];
}

/* ---- noise on the plane: as DeepOBS has it, a mini-batch of 10 000 fixed pairs ---- */
enum { PAIRS = 10000, PAIRS_SEED = 42 };

/* All x, then all y, rounded to float as there. */
static bool pairs_prepare(bsn_surface *s, bsn_arena *arena) {
  const many_config *c = s->config;
  if (c->noise == 0) return true;
  float *pair = s->own = bsn_alloc_in(arena, 2 * PAIRS * sizeof *pair);
  bsn_legacy *r = bsn_alloc_in(arena, sizeof *r);
  if (!pair || !r) return false;
  bsn_legacy_seed(r, PAIRS_SEED);
  for (size_t i = 0; i < 2 * PAIRS; i++) pair[i] = (float)(c->noise * bsn_legacy_normal(r));
  return true;
}

static void pairs_disturb(const bsn_surface *s, uint64_t step, double *noise) {
  const many_config *c = s->config;
  const float *pair = s->own;
  bsn_stream stream = bsn_stream_of(s->seeds.noise, "noise", s->type->row.name, step);
  for (size_t b = 0; pair && b < c->batch; b++) {
    size_t row = bsn_below(stream, b, PAIRS);
    for (size_t i = 0; i < 2; i++) noise[i] += (double)pair[i * PAIRS + row] / (double)c->batch;
  }
}

/* ---- an objective of it ---- */
static const double *noise_of(bsn_surface *s) {
  if (s->drawn == s->step + 1) return s->noise;
  memset(s->noise, 0, s->base.n * sizeof *s->noise);
  s->type->disturb(s, s->step, s->noise);
  s->drawn = s->step + 1;
  return s->noise;
}

static bool eval(bsn_objective *o, const bsn_real *w, double *f, bsn_real *g) {
  bsn_surface *s = (bsn_surface *)o;
  const double *noise = s->type->disturb && !s->calm ? noise_of(s) : NULL;
  for (size_t i = 0; i < o->n; i++) s->w[i] = (double)w[i];
  *f = s->type->value(s, s->w);
  for (size_t i = 0; noise && i < o->n; i++) *f += noise[i] * s->w[i];
  *(g ? &o->cost.gradients : &o->cost.values) += 1;
  if (!g) return true;
  s->type->gradient(s, s->w, s->out);
  for (size_t i = 0; i < o->n; i++) g[i] = (bsn_real)(s->out[i] + (noise ? noise[i] : 0));
  return true;
}

static bool product(bsn_objective *o, const bsn_real *w, const bsn_real *v, bsn_real *out, bsn_product kind) {
  bsn_surface *s = (bsn_surface *)o;
  if (kind != BSN_HESSIAN) return bsn_fail(&o->error, BSN_FAILED, "a surface has Hessian products alone");
  for (size_t i = 0; i < o->n; i++) s->w[i] = (double)w[i];
  for (size_t i = 0; i < o->n; i++) s->v[i] = (double)v[i];
  s->type->product(s, s->w, s->v, s->out);
  for (size_t i = 0; i < o->n; i++) out[i] = (bsn_real)s->out[i];
  o->cost.products += 1;
  return true;
}

static bool select_mode(bsn_objective *o, const size_t *rows, size_t m, bsn_mode mode) {
  (void)rows, (void)m;
  ((bsn_surface *)o)->calm = mode == BSN_EVAL;
  return true;
}

static void commit(bsn_objective *o) { ((bsn_surface *)o)->step++; }

double bsn_surface_value(const bsn_surface *s, const double *w) { return s->type->value(s, w); }

double bsn_surface_distance(const bsn_surface *s, const bsn_real *w) {
  double best = INFINITY;
  for (size_t k = 0; k < s->type->nminima; k++) {
    double sum = 0;
    for (size_t i = 0; i < s->base.n; i++) {
      double d = (double)w[i] - s->type->minimum[k][i > 0];
      sum += d * d;
    }
    if (!(sum >= best)) best = sum; /* a nan stays one */
  }
  return s->type->nminima ? sqrt(best) : NAN;
}

/* ---- making one ---- */
static bool find_start(bsn_surface *s, const bsn_surface_options *options, bsn_error *error) {
  bsn_stream stream = bsn_stream_of(s->seeds.init, "init", "start", 0);
  size_t n = s->base.n;
  if (options->start.n && options->start.n != n)
    return bsn_fail(error, BSN_BAD_INPUT, "objective %s: start has %zu numbers, not %zu", s->type->row.name,
                    options->start.n, n);
  if (s->type->begin) s->type->begin(s, bsn_stream_of(s->seeds.init, "init", "begin", 0), s->w);
  for (size_t i = 0; i < n && !s->type->begin; i++) s->w[i] = s->type->start[i > 0];
  for (size_t i = 0; i < options->start.n; i++) s->w[i] = options->start.real[i];
  for (size_t i = 0; i < n && options->spread > 0; i++) s->w[i] = fma(options->spread, bsn_normal(stream, i), s->w[i]);
  for (size_t i = 0; i < n; i++) s->w[i] = (double)(s->start[i] = (bsn_real)s->w[i]);
  double f = bsn_surface_value(s, s->w);
  return isfinite(f) ||
         bsn_fail(error, BSN_BAD_INPUT, "objective %s: it is not finite at the start", s->type->row.name);
}

static bool find_window(bsn_surface *s, const bsn_surface_options *options, bsn_error *error) {
  size_t n = options->window.n;
  memcpy(s->window, n == 4 ? options->window.real : s->type->window, sizeof s->window);
  bool wide = s->window[0] < s->window[1] && s->window[2] < s->window[3];
  return ((n == 0 || n == 4) && wide) ||
         bsn_fail(error, BSN_BAD_INPUT, "objective %s: window wants four numbers: x from, x to, y from, y to",
                  s->type->row.name);
}

bsn_surface *bsn_surface_in(bsn_arena *arena, const bsn_surface_type *type, const void *config,
                            const bsn_surface_options *options, const bsn_seeds *seeds, bsn_error *error) {
  bsn_surface *s = bsn_alloc_in(arena, sizeof *s);
  bsn_tensor *block = bsn_alloc_in(arena, sizeof *block);
  if (!s || !block) return bsn_no_memory(error), NULL;
  size_t n = type->dimension ? type->dimension(config) : 2;
  *block = (bsn_tensor){"w", 0, n, 1, {n}, BSN_WEIGHT, -1, n, 1};
  s->base = (bsn_objective){
      .n = n, .blocks = block, .nblocks = 1, .eval = eval, .commit = commit, .select = select_mode, .product = product};
  s->type = type;
  s->config = config;
  s->seeds = *seeds;
  double *scratch = bsn_alloc_in(arena, 4 * n * sizeof *scratch);
  s->start = bsn_reals_in(arena, n);
  if (!scratch || !s->start || (type->prepare && !type->prepare(s, arena))) return bsn_no_memory(error), NULL;
  s->w = scratch;
  s->v = scratch + n;
  s->out = scratch + 2 * n;
  s->noise = scratch + 3 * n;
  return find_start(s, options, error) && find_window(s, options, error) ? s : NULL;
}

/* ---- the table ---- */
// clang-format off
#define DIMENSION(type, def, least, most) {"dimension", BSN_COUNT, offsetof(type, dimension), def, .lo = least, .hi = most, .doc = "number of parameters"}
#define NOISE \
  {"noise", BSN_REAL, offsetof(many_config, noise), "0", .lo = 0, .hi = INFINITY, .doc = "standard deviation of the noise term a x + b y: a and b are means over a mini-batch of 10 000 fixed normal pairs"}, \
  {"batch", BSN_COUNT, offsetof(many_config, batch), "128", .lo = 1, .hi = 1e6, .doc = "pairs of a mini-batch, drawn for each step"}

static const bsn_param plane_params[] = {NOISE, {0}};
static const bsn_param many_params[] = {DIMENSION(many_config, "2", 2, 1e6), {0}};
static const bsn_param quadratic_params[] = {
    {"condition", BSN_REAL, offsetof(quadratic_config, condition), "100", .lo = 1, .hi = 1e15, .doc = "largest curvature; the smallest is 1"},
    DIMENSION(quadratic_config, "2", 1, 1000),
    {"rotated", BSN_FLAG, offsetof(quadratic_config, rotated), "false", .doc = "turn the axes at random"},
    {"problem", BSN_COUNT, offsetof(quadratic_config, problem), "0", .lo = 0, .hi = UINT32_MAX, .doc = "seed of that rotation"},
    {0}};
static const bsn_param noisy_params[] = {
    DIMENSION(many_config, "10000", 1, 1e7),
    {"batch", BSN_COUNT, offsetof(many_config, batch), "1", .lo = 1, .hi = 1e15, .doc = "batch size: divides the variance of the noise"},
    {0}};

#define PLANE(name) .prepare = pairs_prepare, .value = name##_value, .gradient = name##_gradient, .product = name##_product, .disturb = pairs_disturb
#define CALM(name) .value = name##_value, .gradient = name##_gradient, .product = name##_product
static const bsn_surface_type rows[] = {
    {.row = {"rosenbrock", "A bent valley, flat along its floor.", "f = sum_i (1 - w_i)^2 + 100 (w_{i+1} - w_i^2)^2; minimum 0 at (1, 1, ..)", "Rosenbrock 1960; noise and start: Schneider, Balles & Hennig 2019 (DeepOBS)", plane_params, sizeof(many_config)},
     PLANE(rosenbrock), .start = {-0.5, 1.5}, .lowest = 0, .nminima = 1, .minimum = {{1, 1}}, .window = {-2, 2, -1, 3}},
    {.row = {"beale", "A plateau with walls at the corners.", "f = (1.5 - x + x y)^2 + (2.25 - x + x y^2)^2 + (2.625 - x + x y^3)^2; minimum 0 at (3, 0.5)", "Beale 1958; noise and start: DeepOBS", plane_params, sizeof(many_config)},
     PLANE(beale), .start = {-4.5, 4.5}, .lowest = 0, .nminima = 1, .minimum = {{3, 0.5}}, .window = {-4.5, 4.5, -4.5, 4.5}},
    {.row = {"branin", "A waved valley with three equal minima.", "f = (y - 5.1 x^2 / (4 pi^2) + 5 x / pi - 6)^2 + 10 (1 - 1 / (8 pi)) cos x + 10; minimum 0.397887 at (-pi, 12.275), (pi, 2.275), (3 pi, 2.475)", "Branin 1972; noise and start: DeepOBS", plane_params, sizeof(many_config)},
     PLANE(branin), .start = {2.5, 12.5}, .lowest = 0.39788735772973816, .nminima = 3,
     .minimum = {{-BSN_PI, 12.275}, {BSN_PI, 2.275}, {3 * BSN_PI, 2.475}}, .window = {-5, 10, 0, 15}},
    {.row = {"himmelblau", "Four equal minima around a hill.", "f = (x^2 + y - 11)^2 + (x + y^2 - 7)^2; minimum 0 at (3, 2), (-2.805, 3.131), (-3.779, -3.283), (3.584, -1.848)", "Himmelblau 1972", plane_params, sizeof(many_config)},
     PLANE(himmelblau), .start = {0, 0}, .lowest = 0, .nminima = 4,
     .minimum = {{3, 2}, {-2.805118086952745, 3.131312518250573}, {-3.779310253377747, -3.283185991286170}, {3.584428340330492, -1.848126526964404}}, .window = {-6, 6, -6, 6}},
    {.row = {"saddle", "A saddle that falls without end to two sides.", "f = x^2 - y^2", NULL, plane_params, sizeof(many_config)},
     PLANE(saddle), .start = {1, 0.001}, .lowest = NAN, .window = {-1.5, 1.5, -1.5, 1.5}},
    {.row = {"monkey-saddle", "A saddle with three ways down, whose curvature vanishes.", "f = x^3 - 3 x y^2", NULL, plane_params, sizeof(many_config)},
     PLANE(monkey), .start = {1, 0.001}, .lowest = NAN, .window = {-1.5, 1.5, -1.5, 1.5}},
    {.row = {"two-wells", "A saddle between two minima.", "f = x^2 - y^2 + y^4 / 2; minimum -1/2 at (0, -1) and (0, 1)", NULL, plane_params, sizeof(many_config)},
     PLANE(wells), .start = {1, 0.001}, .lowest = -0.5, .nminima = 2, .minimum = {{0, -1}, {0, 1}}, .window = {-1.5, 1.5, -1.5, 1.5}},
    {.row = {"rosenbrock-chain", "Rosenbrock's valley in many dimensions (from four on there is a second, local minimum near (-1, 1, 1, ..)).", "f = sum_i (1 - w_i)^2 + 100 (w_{i+1} - w_i^2)^2; minimum 0 at (1, 1, ..)", "Rosenbrock 1960", many_params, sizeof(many_config)},
     CALM(rosenbrock), .dimension = many, .start = {-0.5, 1.5}, .lowest = 0, .nminima = 1, .minimum = {{1, 1}}, .window = {-2, 2, -1, 3}},
    {.row = {"rastrigin", "A bowl full of hollows.", "f = sum_i w_i^2 + 10 (1 - cos(2 pi w_i)); minimum 0 at 0", "Rastrigin 1974", many_params, sizeof(many_config)},
     CALM(rastrigin), .dimension = many, .start = {-2, 3.5}, .lowest = 0, .nminima = 1, .minimum = {{0, 0}}, .window = {-5, 5, -5, 5}},
    {.row = {"quadratic", "A bowl, the longer the larger its condition.", "f = w' A w / 2, curvatures condition^(i / (n - 1)), i = 0 .. n - 1; minimum 0 at 0", NULL, quadratic_params, sizeof(quadratic_config)},
     CALM(quadratic), .dimension = many, .prepare = quadratic_prepare, .start = {1, 1}, .lowest = 0, .nminima = 1, .minimum = {{0, 0}}, .window = {-1.5, 1.5, -1.5, 1.5}},
    {.row = {"noisy-quadratic", "What the batch size does where noise and curvature go together; starts at N(0, 1).", "f = sum_i h_i w_i^2 / 2, h_i = 1 / i, gradient noise N(0, h_i / batch)", "Zhang et al. 2019, section 3", noisy_params, sizeof(many_config)},
     CALM(noisy), .dimension = many, .prepare = noisy_prepare, .begin = noisy_begin, .disturb = noisy_disturb, .lowest = 0, .nminima = 1, .minimum = {{0, 0}}, .window = {-2, 2, -2, 2}},
    {.row = {NULL}}};

const bsn_param bsn_surface_params[] = {
    {"start", BSN_REALS, offsetof(bsn_surface_options, start), "none", .lo = -INFINITY, .hi = INFINITY, .doc = "where to begin, a number for each parameter; none: the row's own start"},
    {"spread", BSN_REAL, offsetof(bsn_surface_options, spread), "0", .lo = 0, .hi = INFINITY, .doc = "standard deviation of a normal shift of the start, by seed.init"},
    {"window", BSN_REALS, offsetof(bsn_surface_options, window), "none", .lo = -INFINITY, .hi = INFINITY, .silent = true, .doc = "what pictures show: x from, x to, y from, y to; none: the row's own"},
    {0}};
// clang-format on

const bsn_table bsn_surfaces = {"objective", sizeof(bsn_surface_type), (const void *const[]){rows, NULL}};
