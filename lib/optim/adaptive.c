/* Rules that give each weight a step size of its own, from its past gradients. */
#include "optim/rule.h"
#include <stddef.h>
#include <tgmath.h>

typedef struct adam_config {
  double lr, beta1, beta2, eps, weight_decay;
} adam_config;

/* Scalars of one step of the Adam family. */
typedef struct adam_call {
  bsn_real shrink, decay, keep1, add1, keep2, add2, root, eps, size;
} adam_call;

/* number[0] and number[1] hold beta1^t and beta2^t, as running products. */
static adam_call adam_begin(bsn_optimizer_state *s, double lr) {
  const adam_config *c = s->config;
  double *power = s->number;
  power[0] = s->t == 1 ? c->beta1 : power[0] * c->beta1;
  power[1] = s->t == 1 ? c->beta2 : power[1] * c->beta2;
  return (adam_call){.shrink = 1,
                     .decay = (bsn_real)c->weight_decay,
                     .keep1 = (bsn_real)c->beta1,
                     .add1 = (bsn_real)(1 - c->beta1),
                     .keep2 = (bsn_real)c->beta2,
                     .add2 = (bsn_real)(1 - c->beta2),
                     .root = (bsn_real)sqrt(1 - power[1]),
                     .eps = (bsn_real)c->eps,
                     .size = (bsn_real)(lr / (1 - power[0]))};
}

static BSN_CLONES void adam_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict m, bsn_real *restrict v,
                                 bsn_real *restrict w, adam_call c) {
  for (size_t i = 0; i < n; i++) {
    bsn_real x = c.shrink * w[i], d = g[i] + c.decay * x;
    m[i] = c.keep1 * m[i] + c.add1 * d;
    v[i] = c.keep2 * v[i] + c.add2 * d * d;
    w[i] = x - c.size * m[i] / (sqrt(v[i]) / c.root + c.eps);
  }
}

static bool adam_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  BSN_TRY(bsn_rule_begin(s, o, w));
  adam_loop(s->n, s->g, s->slot[0], s->slot[1], w, adam_begin(s, lr));
  return true;
}

// clang-format off
#define BETAS(config, def1, def2) \
    BSN_BETA(config, beta1, def1, "Share of the mean gradient that is kept each step."), \
    BSN_BETA(config, beta2, def2, "Share of the mean squared gradient that is kept each step.")
#define EPS(config, def) BSN_EPS(config, def, "Added to the root, against division by zero.")

static const bsn_param adam_params[] = {
    BSN_LR(adam_config, "0.001"), BETAS(adam_config, "0.9", "0.999"), EPS(adam_config, "1e-8"), BSN_COUPLED(adam_config), {0}};

#define ADAM_MOMENTS "m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; "

const bsn_optimizer bsn_adaptive_rows[] = {
    {{"adam", "Mean gradient over root mean square gradient, both corrected for their start at 0.",
      ADAM_MOMENTS "w -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)",
      "Kingma and Ba 2015, algorithm 1; PyTorch Adam", adam_params, sizeof(adam_config)},
     bsn_rule_two_slots, adam_step},
    {.row = {NULL}}};
