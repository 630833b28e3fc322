/* Rules that give each weight a step size of its own, from its past gradients. */
#include "num/math.h"
#include "optim/rule.h"
#include <stddef.h>
#include <string.h>
#include <tgmath.h>

typedef struct adagrad_config {
  double lr, lr_decay, weight_decay, initial_accumulator_value, eps;
} adagrad_config;

typedef struct adadelta_config {
  double lr, rho, eps, weight_decay;
} adadelta_config;

typedef struct rmsprop_config {
  double lr, rho, eps, momentum, weight_decay, initial_accumulator_value;
  bool centered;
  const char *eps_place;
} rmsprop_config;

typedef struct adam_config {
  double lr, beta1, beta2, eps, weight_decay, momentum_decay;
  const char *form; /* nadam */
} adam_config;

typedef struct rprop_config {
  double lr, eta_minus, eta_plus, step_min, step_max;
} rprop_config;

static void fill(size_t n, bsn_real *x, double value) {
  for (size_t i = 0; i < n; i++) x[i] = (bsn_real)value;
}

static BSN_CLONES void adagrad_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict sum, bsn_real *restrict w,
                                    bsn_real decay, bsn_real eps, bsn_real size) {
  for (size_t i = 0; i < n; i++) {
    bsn_real d = g[i] + decay * w[i];
    sum[i] = sum[i] + d * d;
    w[i] = w[i] - size * d / (sqrt(sum[i]) + eps);
  }
}

static bool adagrad_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  const adagrad_config *c = s->config;
  BSN_TRY(bsn_rule_begin(s, o, w));
  if (s->t == 1) fill(s->n, s->slot[0], c->initial_accumulator_value);
  double size = lr / (1 + (double)(s->t - 1) * c->lr_decay);
  adagrad_loop(s->n, s->g, s->slot[0], w, (bsn_real)c->weight_decay, (bsn_real)c->eps, (bsn_real)size);
  return true;
}

static BSN_CLONES void adadelta_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict square,
                                     bsn_real *restrict moved, bsn_real *restrict w, bsn_real decay, bsn_real keep,
                                     bsn_real add, bsn_real eps, bsn_real lr) {
  for (size_t i = 0; i < n; i++) {
    bsn_real d = g[i] + decay * w[i];
    square[i] = keep * square[i] + add * d * d;
    bsn_real u = sqrt(moved[i] + eps) / sqrt(square[i] + eps) * d;
    moved[i] = keep * moved[i] + add * u * u;
    w[i] = w[i] - lr * u;
  }
}

static bool adadelta_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  const adadelta_config *c = s->config;
  BSN_TRY(bsn_rule_begin(s, o, w));
  adadelta_loop(s->n, s->g, s->slot[0], s->slot[1], w, (bsn_real)c->weight_decay, (bsn_real)c->rho,
                (bsn_real)(1 - c->rho), (bsn_real)c->eps, (bsn_real)lr);
  return true;
}

typedef struct rmsprop_call {
  bsn_real decay, keep, add, outside, inside, momentum, lr;
} rmsprop_call;

/* mean and velocity are read and written only where the configuration has them. */
static BSN_CLONES void rmsprop_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict square,
                                    bsn_real *restrict mean, bsn_real *restrict velocity, bsn_real *restrict w,
                                    rmsprop_call c) {
  for (size_t i = 0; i < n; i++) {
    bsn_real d = g[i] + c.decay * w[i];
    square[i] = c.keep * square[i] + c.add * d * d;
    bsn_real v = square[i];
    if (mean) {
      mean[i] = c.keep * mean[i] + c.add * d;
      v = v - mean[i] * mean[i];
    }
    bsn_real root = sqrt(v + c.inside) + c.outside;
    if (velocity) {
      velocity[i] = c.momentum * velocity[i] + d / root;
      w[i] = w[i] - c.lr * velocity[i];
    } else {
      w[i] = w[i] - c.lr * d / root;
    }
  }
}

static size_t rmsprop_slots(const void *config) {
  const rmsprop_config *c = config;
  return 1 + (size_t)c->centered + (size_t)(c->momentum > 0);
}

static bool rmsprop_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  const rmsprop_config *c = s->config;
  BSN_TRY(bsn_rule_begin(s, o, w));
  if (s->t == 1) fill(s->n, s->slot[0], c->initial_accumulator_value);
  bool inside = !strcmp(c->eps_place, "inside");
  rmsprop_call call = {.decay = (bsn_real)c->weight_decay,
                       .keep = (bsn_real)c->rho,
                       .add = (bsn_real)(1 - c->rho),
                       .outside = inside ? 0 : (bsn_real)c->eps,
                       .inside = inside ? (bsn_real)c->eps : 0,
                       .momentum = (bsn_real)c->momentum,
                       .lr = (bsn_real)lr};
  bsn_real *mean = c->centered ? s->slot[1] : NULL;
  bsn_real *velocity = c->momentum > 0 ? s->slot[s->nslots - 1] : NULL;
  rmsprop_loop(s->n, s->g, s->slot[0], mean, velocity, w, call);
  return true;
}

/* Scalars of one step of the Adam family. Divisors that are the same for all weights are factors here, which is an ulp away
 * from PyTorch's quotients and twice as fast. */
typedef struct adam_call {
  bsn_real shrink, decay, keep1, add1, keep2, add2, unbias, eps, size;
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
                     .unbias = (bsn_real)(1 / sqrt(1 - power[1])),
                     .eps = (bsn_real)c->eps,
                     .size = (bsn_real)(lr / (1 - power[0]))};
}

static BSN_CLONES void adam_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict m, bsn_real *restrict v,
                                 bsn_real *restrict w, adam_call c) {
  for (size_t i = 0; i < n; i++) {
    bsn_real x = c.shrink * w[i], d = g[i] + c.decay * x;
    m[i] = c.keep1 * m[i] + c.add1 * d;
    v[i] = c.keep2 * v[i] + c.add2 * d * d;
    w[i] = x - c.size * m[i] / (sqrt(v[i]) * c.unbias + c.eps);
  }
}

static bool adam_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  BSN_TRY(bsn_rule_begin(s, o, w));
  adam_loop(s->n, s->g, s->slot[0], s->slot[1], w, adam_begin(s, lr));
  return true;
}

/* Decoupled weight decay: the weights shrink first, the gradient stays as it is. */
static bool adamw_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  const adam_config *c = s->config;
  BSN_TRY(bsn_rule_begin(s, o, w));
  adam_call call = adam_begin(s, lr);
  call.decay = 0;
  call.shrink = (bsn_real)(1 - lr * c->weight_decay);
  adam_loop(s->n, s->g, s->slot[0], s->slot[1], w, call);
  return true;
}

static BSN_CLONES void amsgrad_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict m, bsn_real *restrict v,
                                    bsn_real *restrict top, bsn_real *restrict w, adam_call c) {
  for (size_t i = 0; i < n; i++) {
    bsn_real d = g[i] + c.decay * w[i];
    m[i] = c.keep1 * m[i] + c.add1 * d;
    v[i] = c.keep2 * v[i] + c.add2 * d * d;
    top[i] = top[i] > v[i] ? top[i] : v[i];
    w[i] = w[i] - c.size * m[i] / (sqrt(top[i]) * c.unbias + c.eps);
  }
}

static bool amsgrad_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  BSN_TRY(bsn_rule_begin(s, o, w));
  amsgrad_loop(s->n, s->g, s->slot[0], s->slot[1], s->slot[2], w, adam_begin(s, lr));
  return true;
}

static BSN_CLONES void nadam_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict m, bsn_real *restrict v,
                                  bsn_real *restrict w, adam_call c, bsn_real now) {
  for (size_t i = 0; i < n; i++) {
    bsn_real d = g[i] + c.decay * w[i];
    m[i] = c.keep1 * m[i] + c.add1 * d;
    v[i] = c.keep2 * v[i] + c.add2 * d * d;
    w[i] = w[i] - (now * d + c.size * m[i]) / (sqrt(v[i]) * c.unbias + c.eps);
  }
}

/* number[2] holds the product of all mu so far. PyTorch 1.13's default loop multiplies mu_t into P_{t+1} a second time; the
 * paper, its `foreach` loop and later versions do not. */
static bool nadam_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  const adam_config *c = s->config;
  BSN_TRY(bsn_rule_begin(s, o, w));
  adam_call call = adam_begin(s, lr);
  double mu = c->beta1 * (1 - 0.5 * bsn_pow(0.96, (double)s->t * c->momentum_decay));
  double next = c->beta1 * (1 - 0.5 * bsn_pow(0.96, (double)(s->t + 1) * c->momentum_decay));
  s->number[2] = s->t == 1 ? mu : s->number[2] * mu;
  double ahead = s->number[2] * (strcmp(c->form, "torch") ? 1 : mu) * next;
  call.size = (bsn_real)(lr * next / (1 - ahead));
  nadam_loop(s->n, s->g, s->slot[0], s->slot[1], w, call, (bsn_real)(lr * (1 - mu) / (1 - s->number[2])));
  return true;
}

/* size is that of an adapted step; 0: the variance is not known yet, and the step is plain times the mean gradient. */
static BSN_CLONES void radam_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict m, bsn_real *restrict v,
                                  bsn_real *restrict w, adam_call c, bsn_real plain) {
  for (size_t i = 0; i < n; i++) {
    bsn_real d = g[i] + c.decay * w[i];
    m[i] = c.keep1 * m[i] + c.add1 * d;
    v[i] = c.keep2 * v[i] + c.add2 * d * d;
    w[i] = w[i] - (c.size > 0 ? c.size * m[i] / (sqrt(v[i]) + c.eps) : plain * m[i]);
  }
}

static bool radam_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  const adam_config *c = s->config;
  BSN_TRY(bsn_rule_begin(s, o, w));
  adam_call call = adam_begin(s, lr);
  double power = s->number[1], last = 2 / (1 - c->beta2) - 1, plain = lr / (1 - s->number[0]);
  double rho = last - 2 * (double)s->t * power / (1 - power);
  double rect = rho > 5 ? sqrt((rho - 4) * (rho - 2) * last / ((last - 4) * (last - 2) * rho)) : 0;
  call.size = (bsn_real)(plain * sqrt(1 - power) * rect);
  radam_loop(s->n, s->g, s->slot[0], s->slot[1], w, call, (bsn_real)plain);
  return true;
}

static BSN_CLONES void adamax_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict m, bsn_real *restrict top,
                                   bsn_real *restrict w, adam_call c) {
  for (size_t i = 0; i < n; i++) {
    bsn_real d = g[i] + c.decay * w[i];
    m[i] = c.keep1 * m[i] + c.add1 * d;
    bsn_real old = c.keep2 * top[i], new = (d < 0 ? -d : d) + c.eps;
    top[i] = old > new ? old : new;
    w[i] = w[i] - c.size * m[i] / top[i];
  }
}

static bool adamax_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  BSN_TRY(bsn_rule_begin(s, o, w));
  adamax_loop(s->n, s->g, s->slot[0], s->slot[1], w, adam_begin(s, lr));
  return true;
}

/* A gradient whose sign has turned counts as 0, now and as the next step's `before`. */
static BSN_CLONES void rprop_loop(size_t n, const bsn_real *restrict g, bsn_real *restrict before,
                                  bsn_real *restrict size, bsn_real *restrict w, bsn_real minus, bsn_real plus,
                                  bsn_real least, bsn_real most) {
  for (size_t i = 0; i < n; i++) {
    bsn_real turn = g[i] * before[i];
    bsn_real d = turn < 0 ? 0 : g[i];
    bsn_real x = size[i] * (turn > 0 ? plus : turn < 0 ? minus : 1);
    x = x < least ? least : x;
    size[i] = x > most ? most : x;
    w[i] = w[i] - (d > 0 ? size[i] : d < 0 ? -size[i] : d);
    before[i] = d;
  }
}

static bool rprop_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  const rprop_config *c = s->config;
  BSN_TRY(bsn_rule_begin(s, o, w));
  if (s->t == 1) fill(s->n, s->slot[1], lr);
  rprop_loop(s->n, s->g, s->slot[0], s->slot[1], w, (bsn_real)c->eta_minus, (bsn_real)c->eta_plus,
             (bsn_real)c->step_min, (bsn_real)c->step_max);
  return true;
}

// clang-format off
#define EPS(config, def) BSN_EPS(config, def, "Added to the root, against division by zero.")
#define ACCUMULATOR(config) \
    {"initial_accumulator_value", BSN_REAL, offsetof(config, initial_accumulator_value), "0", .lo = 0, .hi = INFINITY, \
     .doc = "Squared gradient that is taken to have been seen before the first step."}
#define SQUARES_KEPT(config, def) BSN_BETA(config, rho, def, "Share of the mean squared gradient that is kept each step.")
#define ADAM(def_lr, decay) \
    BSN_LR(adam_config, def_lr), \
    BSN_BETA(adam_config, beta1, "0.9", "Share of the mean gradient that is kept each step."), \
    BSN_BETA(adam_config, beta2, "0.999", "Share of the mean squared gradient that is kept each step."), \
    EPS(adam_config, "1e-8"), decay

static const bsn_param adagrad_params[] = {
    BSN_LR(adagrad_config, "0.01"),
    {"lr_decay", BSN_REAL, offsetof(adagrad_config, lr_decay), "0", .lo = 0, .hi = INFINITY,
     .doc = "Divides lr by 1 + lr_decay * (steps done)."},
    BSN_COUPLED(adagrad_config), ACCUMULATOR(adagrad_config), EPS(adagrad_config, "1e-10"), {0}};

static const bsn_param adadelta_params[] = {
    BSN_LR(adadelta_config, "1.0"), SQUARES_KEPT(adadelta_config, "0.9"),
    BSN_EPS(adadelta_config, "1e-6", "Added inside both roots; it sets the size of the first steps."),
    BSN_COUPLED(adadelta_config), {0}};

static const bsn_param rmsprop_params[] = {
    BSN_LR(rmsprop_config, "0.01"), SQUARES_KEPT(rmsprop_config, "0.99"), EPS(rmsprop_config, "1e-8"),
    {"eps_place", BSN_WORD, offsetof(rmsprop_config, eps_place), "outside",
     .words = (const char *const[]){"outside", "inside", NULL},
     .doc = "Where eps stands: `outside` the root, as in PyTorch, or `inside`, as in TensorFlow 1."},
    {"centered", BSN_FLAG, offsetof(rmsprop_config, centered), "false", .doc = "Subtract the squared mean gradient: divide by the standard deviation."},
    BSN_MOMENTUM(rmsprop_config, "0"), BSN_COUPLED(rmsprop_config), ACCUMULATOR(rmsprop_config), {0}};

static const bsn_param adam_params[] = {ADAM("0.001", BSN_COUPLED(adam_config)), {0}};
static const bsn_param adamw_params[] = {ADAM("0.001", BSN_DECOUPLED(adam_config, "0.01")), {0}};
static const bsn_param adamax_params[] = {
    BSN_LR(adam_config, "0.002"),
    BSN_BETA(adam_config, beta1, "0.9", "Share of the mean gradient that is kept each step."),
    BSN_BETA(adam_config, beta2, "0.999", "Share of the largest gradient that is kept each step."),
    BSN_EPS(adam_config, "1e-8", "Added to the size of each gradient, against division by zero."), BSN_COUPLED(adam_config), {0}};
static const char *const nadam_forms[] = {"torch", "paper", NULL};
static const bsn_param nadam_params[] = {
    ADAM("0.002", BSN_COUPLED(adam_config)),
    {"momentum_decay", BSN_REAL, offsetof(adam_config, momentum_decay), "0.004", .lo = 0, .hi = INFINITY,
     .doc = "How fast the weight of the mean gradient grows from beta1 / 2 to beta1."},
    {"form", BSN_WORD, offsetof(adam_config, form), "torch", .words = nadam_forms,
     .doc = "torch: as the default loop of PyTorch 1.13, where P_{t+1} has mu_t twice; paper: as Dozat, and later versions."},
    {0}};

static const bsn_param rprop_params[] = {
    {"lr", BSN_REAL, offsetof(rprop_config, lr), "0.01", .lo = 0, .hi = INFINITY,
     .doc = "Size of every weight's first step; later values of a schedule change nothing."},
    {"eta_minus", BSN_REAL, offsetof(rprop_config, eta_minus), "0.5", .lo = 0, .hi = 1, .above = true, .below = true,
     .doc = "Factor on a weight's step where the sign of its gradient turned."},
    {"eta_plus", BSN_REAL, offsetof(rprop_config, eta_plus), "1.2", .lo = 1, .hi = INFINITY, .above = true,
     .doc = "Factor on a weight's step where the sign of its gradient stayed."},
    {"step_min", BSN_REAL, offsetof(rprop_config, step_min), "1e-6", .lo = 0, .hi = INFINITY, .doc = "Smallest step."},
    {"step_max", BSN_REAL, offsetof(rprop_config, step_max), "50", .lo = 0, .hi = INFINITY, .doc = "Largest step."},
    {0}};

#define MOMENTS "m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; "

const bsn_optimizer bsn_adaptive_rows[] = {
    {{"adagrad", "Divides by the root of the sum of all squared gradients.",
      "s += g^2; w -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)",
      "Duchi, Hazan and Singer 2011; PyTorch Adagrad", adagrad_params, sizeof(adagrad_config)},
     bsn_rule_one_slot, adagrad_step},
    {{"adadelta", "Divides by the root mean square gradient, multiplies by the root mean square of its own steps.",
      "s = rho s + (1 - rho) g^2; u = sqrt(a + eps) / sqrt(s + eps) g; a = rho a + (1 - rho) u^2; w -= lr u",
      "Zeiler 2012, algorithm 1; PyTorch Adadelta", adadelta_params, sizeof(adadelta_config)},
     bsn_rule_two_slots, adadelta_step},
    {{"rmsprop", "Divides by the root mean square of recent gradients.",
      "s = rho s + (1 - rho) g^2; centered: a = rho a + (1 - rho) g, s - a^2 for s; r = sqrt(s) + eps, or sqrt(s + eps); "
      "v = momentum v + g / r; w -= lr v",
      "Tieleman and Hinton 2012, lecture 6.5; Graves 2013, eq. 38-45 (centered); PyTorch RMSprop", rmsprop_params, sizeof(rmsprop_config)},
     rmsprop_slots, rmsprop_step},
    {{"adam", "Mean gradient over root mean square gradient, both corrected for their start at 0.",
      MOMENTS "w -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)",
      "Kingma and Ba 2015, algorithm 1; PyTorch Adam", adam_params, sizeof(adam_config)},
     bsn_rule_two_slots, adam_step},
    {{"adamw", "Adam with weight decay apart from the gradient.",
      "w *= 1 - lr weight_decay; then adam's step", "Loshchilov and Hutter 2019, algorithm 2; PyTorch AdamW",
      adamw_params, sizeof(adam_config)},
     bsn_rule_two_slots, adamw_step},
    {{"amsgrad", "Adam whose mean squared gradient never shrinks.",
      MOMENTS "x = max(x, v); w -= lr m / (1 - beta1^t) / (sqrt(x / (1 - beta2^t)) + eps)",
      "Reddi, Kale and Kumar 2018, algorithm 2; PyTorch Adam(amsgrad=True)", adam_params, sizeof(adam_config)},
     bsn_rule_three_slots, amsgrad_step},
    {{"nadam", "Adam with Nesterov's momentum.",
      MOMENTS "mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2), P_t = mu_1 .. mu_t, r = sqrt(v / (1 - beta2^t)) + eps; "
      "w -= lr ((1 - mu_t) / (1 - P_t) g + mu_{t+1} / (1 - P_{t+1}) m) / r",
      "Dozat 2016; PyTorch NAdam", nadam_params, sizeof(adam_config)},
     bsn_rule_two_slots, nadam_step},
    {{"radam", "Adam that waits until the variance of its step size is known, and corrects for it.",
      MOMENTS "R = 2 / (1 - beta2) - 1, r = R - 2 t beta2^t / (1 - beta2^t); w -= lr m / (1 - beta1^t), and if r > 5 times "
      "sqrt((r - 4)(r - 2) R / ((R - 4)(R - 2) r)) sqrt(1 - beta2^t) / (sqrt(v) + eps)",
      "Liu et al. 2020, algorithm 2; PyTorch RAdam", adam_params, sizeof(adam_config)},
     bsn_rule_two_slots, radam_step},
    {{"adamax", "Adam with the largest recent gradient in place of the root mean square.",
      "m = beta1 m + (1 - beta1) g; u = max(beta2 u, |g| + eps); w -= lr / (1 - beta1^t) m / u",
      "Kingma and Ba 2015, algorithm 2; PyTorch Adamax", adamax_params, sizeof(adam_config)},
     bsn_rule_two_slots, adamax_step},
    {{"rprop", "Only the signs of gradients count: each weight's step grows while they agree and shrinks when they turn.",
      "d *= eta_plus where g g' > 0; where g g' < 0: d *= eta_minus, g = 0; d in [step_min, step_max]; w -= sign(g) d",
      "Riedmiller and Braun 1993; Igel and Huesken 2000 (iRprop-); PyTorch Rprop", rprop_params, sizeof(rprop_config)},
     bsn_rule_two_slots, rprop_step},
    {.row = {NULL}}};
