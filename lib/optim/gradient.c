/* Rules that move along the gradient or its velocity, with one step size for all weights. */
#include "optim/rule.h"
#include <stddef.h>

typedef struct sgd_config {
  double lr, weight_decay;
} sgd_config;

typedef struct momentum_config {
  double lr, momentum, dampening, weight_decay;
} momentum_config;

typedef struct nag_config {
  double lr, momentum, weight_decay;
  const char *form;
} nag_config;

typedef struct lion_config {
  double lr, beta1, beta2, weight_decay;
} lion_config;

static BSN_CLONES void sgd_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict w, bsn_real lr,
                                bsn_real decay) {
  for (size_t i = 0; i < n; i++) {
    bsn_real d = g[i] + decay * w[i];
    w[i] = w[i] - lr * d;
  }
}

/* v = keep v + add d; the first step of PyTorch's velocity has keep 0, add 1. */
static BSN_CLONES void momentum_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict v, bsn_real *restrict w,
                                     bsn_real lr, bsn_real decay, bsn_real keep, bsn_real add) {
  for (size_t i = 0; i < n; i++) {
    bsn_real d = g[i] + decay * w[i];
    v[i] = keep * v[i] + add * d;
    w[i] = w[i] - lr * v[i];
  }
}

static BSN_CLONES void nag_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict v, bsn_real *restrict w,
                                bsn_real lr, bsn_real decay, bsn_real m) {
  for (size_t i = 0; i < n; i++) {
    bsn_real d = g[i] + decay * w[i];
    v[i] = m * v[i] + d;
    w[i] = w[i] - lr * (d + m * v[i]);
  }
}

/* The second half of the look-ahead form: w stands at the point ahead, where lr * m * v is already taken off. */
static BSN_CLONES void ahead_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict v, bsn_real *restrict w,
                                  bsn_real lr, bsn_real decay, bsn_real m) {
  for (size_t i = 0; i < n; i++) {
    bsn_real d = g[i] + decay * w[i];
    v[i] = m * v[i] + d;
    w[i] = w[i] - lr * d;
  }
}

static bool sgd_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  const sgd_config *c = s->config;
  BSN_TRY(bsn_rule_begin(s, o, w));
  sgd_loop(s->n, s->g, w, (bsn_real)lr, (bsn_real)c->weight_decay);
  return true;
}

static bool momentum_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  const momentum_config *c = s->config;
  BSN_TRY(bsn_rule_begin(s, o, w));
  bool first = s->t == 1;
  momentum_loop(s->n, s->g, s->slot[0], w, (bsn_real)lr, (bsn_real)c->weight_decay, first ? 0 : (bsn_real)c->momentum,
                first ? 1 : (bsn_real)(1 - c->dampening));
  return true;
}

static bool nag_ahead(const void *config) { return ((const nag_config *)config)->form[0] == 'l'; }

static bool nag_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  const nag_config *c = s->config;
  bsn_real decay = (bsn_real)c->weight_decay, m = (bsn_real)c->momentum;
  bool ahead = nag_ahead(c);
  if (ahead) sgd_loop(s->n, s->slot[0], w, (bsn_real)(lr * c->momentum), 0);
  BSN_TRY(bsn_rule_begin(s, o, w));
  (ahead ? ahead_loop : nag_loop)(s->n, s->g, s->slot[0], w, (bsn_real)lr, decay, m);
  return true;
}

static BSN_CLONES void lion_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict m, bsn_real *restrict w,
                                 bsn_real lr, bsn_real shrink, const bsn_real beta[4]) {
  for (size_t i = 0; i < n; i++) {
    bsn_real u = beta[0] * m[i] + beta[1] * g[i];
    w[i] = shrink * w[i] - lr * (u > 0 ? 1 : u < 0 ? -1 : u);
    m[i] = beta[2] * m[i] + beta[3] * g[i];
  }
}

static bool lion_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  const lion_config *c = s->config;
  BSN_TRY(bsn_rule_begin(s, o, w));
  const bsn_real beta[4] = {(bsn_real)c->beta1, (bsn_real)(1 - c->beta1), (bsn_real)c->beta2, (bsn_real)(1 - c->beta2)};
  lion_loop(s->n, s->g, s->slot[0], w, (bsn_real)lr, (bsn_real)(1 - lr * c->weight_decay), beta);
  return true;
}

/* The largest curvature h of the loss; with weight decay the rule sees h + weight_decay. */
static double sgd_threshold(const void *config, const bsn_optimizer_state *s, double lr) {
  (void)s;
  return 2 / lr - ((const sgd_config *)config)->weight_decay;
}

static double momentum_threshold(const void *config, const bsn_optimizer_state *s, double lr) {
  const momentum_config *c = config;
  (void)s;
  return 2 * (1 + c->momentum) / (lr * (1 - c->dampening)) - c->weight_decay;
}

static double nag_threshold(const void *config, const bsn_optimizer_state *s, double lr) {
  const nag_config *c = config;
  (void)s;
  return 2 * (1 + c->momentum) / (lr * (1 + 2 * c->momentum)) - c->weight_decay;
}

// clang-format off
static const bsn_param sgd_params[] = {BSN_LR(sgd_config, "0.01"), BSN_COUPLED(sgd_config), {0}};

static const bsn_param momentum_params[] = {
    BSN_LR(momentum_config, "0.01"), BSN_MOMENTUM(momentum_config, "0.9"),
    {"dampening", BSN_REAL, offsetof(momentum_config, dampening), "0", .lo = 0, .hi = 1, .below = true,
     .doc = "Share of each later gradient that does not reach the velocity."},
    BSN_COUPLED(momentum_config), {0}};

static const bsn_param nag_params[] = {
    BSN_LR(nag_config, "0.01"), BSN_MOMENTUM(nag_config, "0.9"), BSN_COUPLED(nag_config),
    {"form", BSN_WORD, offsetof(nag_config, form), "torch", .words = (const char *const[]){"torch", "lookahead", NULL},
     .doc = "`torch` takes the gradient at w; `lookahead` at w - lr * momentum * v, as textbooks do."},
    {0}};

static const bsn_param lion_params[] = {
    BSN_LR(lion_config, "1e-4"),
    BSN_BETA(lion_config, beta1, "0.9", "Share of the mean gradient in the sum whose sign is the step."),
    BSN_BETA(lion_config, beta2, "0.99", "Share of the mean gradient that is kept each step."),
    BSN_DECOUPLED(lion_config, "0"), {0}};

const bsn_optimizer bsn_gradient_rows[] = {
    {{"gd", "Gradient descent on all rows at once.", "w -= lr g", "Cauchy 1847", sgd_params, sizeof(sgd_config)},
     bsn_rule_no_slots, sgd_step, sgd_threshold, .whole = true},
    {{"sgd", "Stochastic gradient descent: a step against the gradient of each batch.", "w -= lr g",
      "Robbins and Monro 1951; PyTorch SGD", sgd_params, sizeof(sgd_config)},
     bsn_rule_no_slots, sgd_step, sgd_threshold},
    {{"momentum", "Heavy ball: a velocity collects gradients and decays.",
      "v = momentum v + (1 - dampening) g (first step: v = g); w -= lr v", "Polyak 1964; PyTorch SGD",
      momentum_params, sizeof(momentum_config)},
     bsn_rule_one_slot, momentum_step, momentum_threshold},
    {{"nag", "Nesterov's accelerated gradient: the velocity is applied before the gradient is used.",
      "v = momentum v + g; w -= lr (g + momentum v); lookahead: g at w - lr momentum v, v = momentum v + g, w -= lr v",
      "Nesterov 1983; Sutskever et al. 2013, eq. 3-4; PyTorch SGD", nag_params, sizeof(nag_config)},
     bsn_rule_one_slot, nag_step, nag_threshold, .ahead = nag_ahead},
    {{"lion", "Every weight moves by lr, along the sign of a mean gradient.",
      "w *= 1 - lr weight_decay; w -= lr sign(beta1 m + (1 - beta1) g); m = beta2 m + (1 - beta2) g",
      "Chen et al. 2023, algorithm 2", lion_params, sizeof(lion_config)},
     bsn_rule_one_slot, lion_step},
    {.row = {NULL}}};
