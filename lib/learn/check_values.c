/* Checks of what other tables hold: the curvature of a loss, a surface at its start and its minima, a statistic of given numbers. */
#include "graph/grad.h"
#include "graph/ops.h"
#include "graph/plan.h"
#include "learn/check.h"
#include "learn/surface.h"
#include "model/loss.h"
#include "num/symmetric.h"
#include "num/vector.h"
#include "stats/statistic.h"
#include <math.h>
#include <string.h>

/* Record under a name that is made up; false without memory. */
static bool note(bsn_record *r, const char *name, double value, bsn_error *error) {
  return (name && bsn_record_metric(r, 0, name, value)) || bsn_no_memory(error);
}

/* ---- loss-spectrum ---- */
typedef struct spectrum_config {
  bsn_choice loss;
  size_t outputs;
  double momentum;
} spectrum_config;

static const bsn_param spectrum_params[] = {
    {"loss", BSN_ROW, offsetof(spectrum_config, loss), "quadratic-deep", .table = "loss", .doc = "whose curvature"},
    {"outputs", BSN_COUNT, offsetof(spectrum_config, outputs), "100", .lo = 1, .hi = 1000, .doc = "of the model"},
    {"momentum", BSN_REAL, offsetof(spectrum_config, momentum), "0.9", .lo = 0, .hi = 1, .below = true,
     .doc = "of the heavy ball whose limit is recorded"},
    {0}};

enum { OUTPUT, TARGET, LABEL, DIRECTION, PRODUCT };

/* The product of the Hessian of the loss of one example (its target is 0, its class the first) with a direction. */
static bsn_node *hessian_product(bsn_graph *g, const spectrum_config *c) {
  const bsn_loss *loss = (const bsn_loss *)c->loss.row;
  bsn_node *z = bsn_leaf(g, OUTPUT, 0, true, 1, &c->outputs), *v = bsn_leaf(g, DIRECTION, 0, true, 1, &c->outputs);
  bsn_target target = {.classes = loss->single && c->outputs == 1 ? 2 : c->outputs};
  if (loss->classes_only || loss->link)
    target.label = bsn_index_leaf(g, LABEL);
  else
    target.value = bsn_leaf(g, TARGET, 0, true, 1, &c->outputs);
  bsn_node *l = loss->build(c->loss.config, z, &target), *one = bsn_constant(g, 1), *first = NULL, *second = NULL;
  bool ok = bsn_grad(1, &l, &one, 1, &z, &first) && first && bsn_grad(1, &first, &v, 1, &z, &second);
  return ok ? second : NULL;
}

/* Column by column into h[n][n], at outputs 0. */
static bool fill_hessian(const spectrum_config *c, double *h, bsn_arena *arena, bsn_error *error) {
  size_t n = c->outputs;
  bsn_graph graph;
  bsn_graph_init(&graph, arena);
  bsn_node *product = hessian_product(&graph, c);
  bsn_output out = {product, PRODUCT, 0};
  bsn_real *zero = bsn_reals_in(arena, n), *v = bsn_reals_in(arena, n), *hv = bsn_reals_in(arena, n);
  bsn_plan_options options = {.rows = 1, .repeat = 1u << DIRECTION};
  bsn_plan *plan = bsn_plan_new(&graph, 1, &out, &options, arena, error);
  if (!plan) return false;
  if (!zero || !v || !hv) return bsn_no_memory(error);
  const struct {
    int slot;
    bsn_real *data;
  } all[] = {{OUTPUT, zero}, {TARGET, zero}, {LABEL, zero}, {DIRECTION, v}, {PRODUCT, hv}};
  for (size_t i = 0; i < 5; i++) bsn_plan_bind(plan, all[i].slot, all[i].data);
  for (size_t j = 0; j < n; j++) {
    v[j] = 1;
    bsn_plan_run(plan, 1);
    for (size_t i = 0; i < n; i++) h[i * n + j] = (double)hv[i];
    v[j] = 0;
  }
  return true;
}

static bool spectrum(const void *config, bsn_record *r, bsn_error *error) {
  const spectrum_config *c = config;
  size_t n = c->outputs;
  bsn_arena arena = {0};
  double *h = bsn_alloc_in(&arena, 2 * n * n * sizeof *h), *value = bsn_alloc_in(&arena, n * sizeof *value), trace = 0;
  bool ok = ((h && value) || bsn_no_memory(error)) && fill_hessian(c, h, &arena, error);
  for (size_t i = 0; ok && i < n; i++) trace += h[i * n + i];
  ok = ok && (bsn_symmetric_eigen(n, h, value, h + n * n, &arena) || bsn_no_memory(error));
  ok = ok && note(r, "largest", value[0], error) && note(r, "smallest", value[n - 1], error);
  ok = ok && note(r, "trace", trace, error) && note(r, "gd_limit", 2 / value[0], error);
  ok = ok && note(r, "momentum_limit", 2 * (1 + c->momentum) / value[0], error);
  bsn_arena_free(&arena);
  return ok;
}

/* ---- surface ---- */
typedef struct surface_config {
  bsn_choice of;
} surface_config;

static const bsn_param surface_params[] = {
    {"of", BSN_ROW, offsetof(surface_config, of), "rosenbrock", .table = "objective", .doc = "the objective"}, {0}};

/* The farthest that f at a minimum is from the least value that the row names, and the steepest that it is there. */
static bool look_at_minima(bsn_surface *s, bsn_arena *arena, double *gap, double *slope, bsn_error *error) {
  size_t n = s->base.n;
  double *w = bsn_alloc_in(arena, n * sizeof *w), *g = bsn_alloc_in(arena, n * sizeof *g);
  if (!w || !g) return bsn_no_memory(error);
  for (size_t k = 0; k < s->type->nminima; k++) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) w[i] = s->type->minimum[k][i > 0];
    s->type->gradient(s, w, g);
    for (size_t i = 0; i < n; i++) sum += g[i] * g[i];
    *gap = fmax(*gap, fabs(bsn_surface_value(s, w) - s->type->lowest));
    *slope = fmax(*slope, sqrt(sum));
  }
  return true;
}

static bool surface(const void *config, bsn_record *r, bsn_error *error) {
  const bsn_choice *of = &((const surface_config *)config)->of;
  const bsn_surface_type *type = (const bsn_surface_type *)of->row;
  bsn_arena arena = {0};
  bsn_surface *s =
      bsn_surface_in(&arena, type, of->config, &(bsn_surface_options){.spread = 0}, &(bsn_seeds){.init = 0}, error);
  double *w = s ? bsn_alloc_in(&arena, s->base.n * sizeof *w) : NULL, gap = 0, slope = 0;
  bool ok = s && (w || bsn_no_memory(error));
  for (size_t i = 0; ok && i < s->base.n; i++) w[i] = (double)s->start[i];
  ok = ok && note(r, "start", bsn_surface_value(s, w), error) && look_at_minima(s, &arena, &gap, &slope, error);
  if (ok && type->nminima)
    ok = note(r, "lowest", type->lowest, error) && note(r, "minimum_gap", gap, error) &&
         note(r, "minimum_slope", slope, error);
  bsn_arena_free(&arena);
  return ok;
}

/* ---- statistic ---- */
enum { MOST_COLUMNS = 3 };

typedef struct statistic_config {
  bsn_choice of;
  bsn_list column[MOST_COLUMNS];
} statistic_config;

#define COLUMN(name, k, def) \
  { name, BSN_REALS, offsetof(statistic_config, column[k]), def, .doc = "numbers of column " #k " of what it takes" }
static const bsn_param statistic_params[] = {
    {"of", BSN_ROW, offsetof(statistic_config, of), "t-interval", .table = "statistic", .doc = "the statistic"},
    COLUMN("a", 0, "[1, 2, 4]"),
    COLUMN("b", 1, "[]"),
    COLUMN("c", 2, "[]"),
    {0}};

/* The columns that it takes are there and equally long. */
static bool check_columns(const statistic_config *c, const bsn_statistic *s, bsn_error *error) {
  size_t wanted = bsn_statistic_words(s->takes);
  for (size_t k = 0; k < MOST_COLUMNS; k++)
    if (k < wanted ? c->column[k].n != c->column[0].n || !c->column[k].n : c->column[k].n && k)
      return bsn_fail(error, BSN_BAD_INPUT, "check statistic: %s takes %s: %zu columns of equal length", s->row.name,
                      s->takes, wanted);
  return wanted <= MOST_COLUMNS ||
         bsn_fail(error, BSN_BAD_INPUT, "check statistic: %s takes more than %d columns", s->row.name, MOST_COLUMNS);
}

/* Row i of the answer; of several the number stands behind the names. */
static bool note_row(const bsn_statistic *s, const bsn_numbers *out, size_t i, bsn_record *r, bsn_error *error) {
  const char *word = s->gives;
  for (size_t k = 0, n; *word; word += n + strspn(word + n, " "), k++) {
    n = strcspn(word, " ");
    const char *name =
        out->n > 1 ? bsn_text_in(r->arena, "%.*s_%zu", (int)n, word, i) : bsn_text_in(r->arena, "%.*s", (int)n, word);
    BSN_TRY(note(r, name, out->x[k][i], error));
  }
  return true;
}

static bool statistic(const void *config, bsn_record *r, bsn_error *error) {
  const statistic_config *c = config;
  const bsn_statistic *s = (const bsn_statistic *)c->of.row;
  const double *in[MOST_COLUMNS];
  bsn_arena arena = {0};
  bsn_numbers out;
  BSN_TRY(check_columns(c, s, error));
  for (size_t k = 0; k < MOST_COLUMNS; k++) in[k] = c->column[k].real;
  bool ok = bsn_statistic_run(s, c->of.config, in, c->column[0].n, &out, &arena) || bsn_no_memory(error);
  for (size_t i = 0; ok && i < out.n; i++) ok = note_row(s, &out, i, r, error);
  bsn_arena_free(&arena);
  return ok;
}

// clang-format off
const bsn_check bsn_value_checks[] = {
    {{"loss-spectrum", "Curvature of a loss in its outputs, where these are 0: its largest and smallest eigenvalue, their sum (trace), and the learning rates beyond which gradient descent and the heavy ball diverge on it (gd_limit, momentum_limit).",
      "H = d2 l / dz2; 2 / largest; 2 (1 + momentum) / largest", "Polyak 1964 (limits)", spectrum_params, sizeof(spectrum_config)}, spectrum},
    {{"surface", "An objective at its start (start) and at its minima: the value there (lowest), how far f is from it at any of them (minimum_gap), and the norm of the gradient there (minimum_slope).",
      NULL, NULL, surface_params, sizeof(surface_config)}, surface},
    {{"statistic", "What a statistic says of given numbers: its columns by name, with _0, _1 .. behind them where it gives several rows.",
      NULL, NULL, statistic_params, sizeof(statistic_config)}, statistic},
    {{0}, NULL}};
// clang-format on
