#include "model/loss.h"
#include "graph/ops.h"
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

/* ---- the table ---- */
// clang-format off
static const bsn_loss rows[] = {
    {{"mse", "Squared error, mean over outputs (classes as one-hot targets).", "l = mean_j (z_j - y_j)^2", NULL, NULL, 0}, build_mse, false, false},
    {{"mae", "Absolute error, mean over outputs.", "l = mean_j |z_j - y_j|", NULL, NULL, 0}, build_mae, false, false},
    {{"huber", "Squared error for small errors, absolute for large ones, mean over outputs.", "e = |z - y|; l = e <= delta ? e^2 / 2 : delta (e - delta / 2)", "Huber 1964", huber_params, sizeof(huber_config)}, build_huber, false, false},
    {{"cross-entropy", "Negative log-likelihood of the class (or of soft labels) under softmax of the outputs.", "l = -log softmax(z)[y], or -sum_j y_j log softmax(z)_j", NULL, NULL, 0}, build_cross_entropy, false, false, BSN_LINK_SOFTMAX},
    {{"binary-cross-entropy", "Negative log-likelihood of yes or no under a sigmoid of each output, mean over outputs.", "l = mean_j log(1 + exp(z_j)) - y_j z_j", NULL, NULL, 0}, build_binary_cross_entropy, true, false, BSN_LINK_SIGMOID},
    {{"hinge", "Margin loss with labels -1 and 1, mean over outputs (one against the rest).", "l = mean_j max(0, 1 - t_j z_j), t = 2y - 1", "Cortes & Vapnik 1995", NULL, 0}, build_hinge, true, true},
    {{0}, NULL, false, false}};
// clang-format on

const bsn_table bsn_losses = {"loss", sizeof(bsn_loss), (const void *const[]){rows, NULL}};
