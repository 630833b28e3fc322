#include "model/loss.h"
#include "graph/ops.h"
#include "num/legacy.h"
#include <math.h>

/* The target as numbers of z's shape: as they are, one-hot, or 0 and 1 for a single output. */
static bsn_node *numbers(bsn_node *z, const bsn_target *t) {
  if (t->value) return t->value;
  bsn_node *hot = bsn_one_hot(t->label, t->classes);
  return z->size == 1 && t->classes == 2 ? bsn_slice(hot, 0, 1, 1) : hot;
}

static bsn_node *build_mse(const void *config, bsn_node *z, const bsn_target *t) {
  (void)config;
  return bsn_mean_row(bsn_square(bsn_sub(z, numbers(z, t))));
}

static bsn_node *build_mae(const void *config, bsn_node *z, const bsn_target *t) {
  (void)config;
  return bsn_mean_row(bsn_abs(bsn_sub(z, numbers(z, t))));
}

typedef struct huber_config {
  double delta;
} huber_config;

static const bsn_param huber_params[] = {{"delta", BSN_REAL, offsetof(huber_config, delta), "1", .lo = 0,
                                          .hi = INFINITY, .above = true, .doc = "error above which the loss is linear"},
                                         {0}};

/* With a = |e| and q = min(a, delta): q (a - q/2) is e^2/2 below delta and delta (a - delta/2) above. */
static bsn_node *build_huber(const void *config, bsn_node *z, const bsn_target *t) {
  double delta = ((const huber_config *)config)->delta;
  bsn_node *a = bsn_abs(bsn_sub(z, numbers(z, t)));
  bsn_node *q = bsn_min(a, bsn_constant(z->graph, delta));
  return bsn_mean_row(bsn_mul(q, bsn_sub(a, bsn_affine(q, 0.5, 0))));
}

static bsn_node *build_cross_entropy(const void *config, bsn_node *z, const bsn_target *t) {
  (void)config;
  if (t->label) return bsn_cross_entropy(z, t->label);
  return bsn_neg(bsn_sum_row(bsn_mul(t->value, bsn_log_softmax(z))));
}

static bsn_node *build_binary_cross_entropy(const void *config, bsn_node *z, const bsn_target *t) {
  (void)config;
  return bsn_mean_row(bsn_sub(bsn_softplus(z), bsn_mul(z, numbers(z, t))));
}

static bsn_node *build_hinge(const void *config, bsn_node *z, const bsn_target *t) {
  (void)config;
  bsn_node *sign = bsn_affine(numbers(z, t), 2, -1);
  return bsn_mean_row(bsn_relu(bsn_affine(bsn_mul(sign, z), -1, 1)));
}

/* ---- the quadratic form of DeepOBS ---- */
typedef struct form_config {
  size_t stiff, problem, draw;
} form_config;

static const bsn_param form_params[] = {
    {"stiff", BSN_COUNT, offsetof(form_config, stiff), "10", .lo = 0, .hi = 1000,
     .doc = "directions of large curvature, at most all"},
    {"problem", BSN_COUNT, offsetof(form_config, problem), "42", .lo = 0, .hi = UINT32_MAX,
     .doc = "seed of the matrix"},
    {"draw", BSN_COUNT, offsetof(form_config, draw), "0", .lo = 0, .hi = 1000,
     .doc = "matrices drawn before with the same generator: 0 is the published one"},
    {0}};

/* NumPy's draws of one matrix, in turn: the small eigenvalues, the large ones, the rotation. */
static void draw_parts(const form_config *c, bsn_legacy *r, size_t n, double *e, double *turn) {
  for (size_t k = 0; k < n; k++) {
    double u = bsn_legacy_uniform(r);
    e[k] = k + c->stiff < n ? u : 30 + 30 * u;
  }
  turn[0] = 1;
  if (n > 1) bsn_legacy_rotation(r, n, turn, e + n);
}

/* Q = R' diag(e) R in q[n][n]. */
static bool draw_form(const form_config *c, size_t n, bsn_real *q, bsn_arena *arena) {
  bsn_legacy *r = bsn_alloc_in(arena, sizeof *r);
  double *turn = bsn_alloc_in(arena, n * n * sizeof *turn), *e = bsn_alloc_in(arena, 2 * n * sizeof *e);
  if (!r || !turn || !e) return false;
  bsn_legacy_seed(r, (uint32_t)c->problem);
  for (size_t k = 0; k <= c->draw; k++) draw_parts(c, r, n, e, turn);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      double sum = 0;
      for (size_t k = 0; k < n; k++) sum += turn[k * n + i] * e[k] * turn[k * n + j];
      q[i * n + j] = (bsn_real)sum;
    }
  return true;
}

static bsn_node *build_form(const void *config, bsn_node *z, const bsn_target *t) {
  const form_config *c = config;
  bsn_graph *graph = z->graph;
  size_t n = z->size;
  if (n > 1000) return bsn_fail(&graph->error, BSN_BAD_INPUT, "loss quadratic-deep is for at most 1000 outputs"), z;
  bsn_real *q = bsn_reals_in(graph->arena, n * n);
  bsn_arena scratch = {0};
  bool ok = q && draw_form(c, n, q, &scratch);
  bsn_arena_free(&scratch);
  if (!ok) return bsn_no_memory(&graph->error), z;
  bsn_node *d = bsn_sub(z, numbers(z, t));
  bsn_node *qd = bsn_matmul(d, bsn_constants(graph, q, 2, (const size_t[]){n, n}));
  return bsn_affine(bsn_sum_row(bsn_mul(d, qd)), 0.5, 0);
}

/* ---- the table ---- */
// clang-format off
static const bsn_loss rows[] = {
    {{"mse", "Squared error, mean over outputs (classes as one-hot targets).", "l = mean_j (z_j - y_j)^2", NULL, NULL, 0}, build_mse, false, false},
    {{"mae", "Absolute error, mean over outputs.", "l = mean_j |z_j - y_j|", NULL, NULL, 0}, build_mae, false, false},
    {{"huber", "Squared error for small errors, absolute for large ones, mean over outputs.", "e = |z - y|; l = e <= delta ? e^2 / 2 : delta (e - delta / 2)", "Huber 1964", huber_params, sizeof(huber_config)}, build_huber, false, false},
    {{"cross-entropy", "Negative log-likelihood of the class (or of soft labels) under softmax of the outputs.", "l = -log softmax(z)[y], or -sum_j y_j log softmax(z)_j", NULL, NULL, 0}, build_cross_entropy, false, false, BSN_LINK_SOFTMAX},
    {{"binary-cross-entropy", "Negative log-likelihood of yes or no under a sigmoid of each output, mean over outputs.", "l = mean_j log(1 + exp(z_j)) - y_j z_j", NULL, NULL, 0}, build_binary_cross_entropy, true, false, BSN_LINK_SIGMOID},
    {{"hinge", "Margin loss with labels -1 and 1, mean over outputs (one against the rest).", "l = mean_j max(0, 1 - t_j z_j), t = 2y - 1", "Cortes & Vapnik 1995", NULL, 0}, build_hinge, true, true},
    {{"quadratic-deep", "Squared distance in a random metric with a few stiff directions.", "l = (z - y)' Q (z - y) / 2; eigenvalues of Q uniform in [0, 1), of `stiff` ones in [30, 60)", "Chaudhari et al. 2017; Schneider, Balles & Hennig 2019 (DeepOBS)", form_params, sizeof(form_config)}, build_form, false, false},
    {{0}, NULL, false, false}};
// clang-format on

const bsn_table bsn_losses = {"loss", sizeof(bsn_loss), (const void *const[]){rows, NULL}};
