/* Rules around another rule, their `base`. */
#include "optim/rule.h"
#include <stddef.h>

typedef struct sam_config {
  bsn_choice base;
  double rho, eta;
  bool adaptive;
} sam_config;

typedef struct lookahead_config {
  bsn_choice base;
  double alpha;
  size_t k;
} lookahead_config;

static size_t base_slots_and_one(const void *config) {
  const bsn_choice *base = config; /* the first field of both */
  return 1 + ((const bsn_optimizer *)base->row)->slots(base->config);
}

/* What the base of SAM sees: the loss at w with the gradient of the point uphill. Only eval is offered. */
typedef struct uphill {
  bsn_objective o;
  bsn_objective *of;
  bsn_optimizer_state *s;
} uphill;

static BSN_CLONES void scale_by_weights(size_t n, const bsn_real *restrict w, const bsn_real *restrict g,
                                        bsn_real *restrict out, bsn_real eta) {
  for (size_t i = 0; i < n; i++) out[i] = ((w[i] < 0 ? -w[i] : w[i]) + eta) * g[i];
}

static BSN_CLONES void climb_by_weights(size_t n, const bsn_real *restrict w, bsn_real *restrict x, bsn_real size,
                                        bsn_real eta) {
  for (size_t i = 0; i < n; i++) x[i] = w[i] + size * ((w[i] < 0 ? -w[i] : w[i]) + eta) * x[i];
}

static BSN_CLONES void climb(size_t n, const bsn_real *restrict w, const bsn_real *restrict g, bsn_real *restrict x,
                             bsn_real size) {
  for (size_t i = 0; i < n; i++) x[i] = w[i] + size * g[i];
}

/* x = w + rho T^2 g / |T g|, T = 1 or |w| + eta. */
static void set_uphill(const bsn_optimizer_state *s, const bsn_real *w, bsn_real *x) {
  const sam_config *c = s->config;
  if (!c->adaptive) {
    climb(s->n, w, s->g, x, (bsn_real)(c->rho / (bsn_norm(s->n, s->g) + 1e-12)));
    return;
  }
  scale_by_weights(s->n, w, s->g, x, (bsn_real)c->eta);
  climb_by_weights(s->n, w, x, (bsn_real)(c->rho / (bsn_norm(s->n, x) + 1e-12)), (bsn_real)c->eta);
}

static bool uphill_eval(bsn_objective *o, const bsn_real *w, double *f, bsn_real *g) {
  uphill *u = (uphill *)o;
  if (!g) return u->of->eval(u->of, w, f, NULL);
  BSN_TRY(u->of->eval(u->of, w, f, u->s->g));
  double there;
  set_uphill(u->s, w, u->s->slot[0]);
  return u->of->eval(u->of, u->s->slot[0], &there, g);
}

static bool sam_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  uphill u = {.o = {.n = o->n, .rows = o->rows, .blocks = o->blocks, .nblocks = o->nblocks, .eval = uphill_eval},
              .of = o,
              .s = s};
  BSN_TRY(s->inner->type->step(s->inner, &u.o, w, lr));
  s->loss = s->inner->loss;
  s->t++;
  return true;
}

static BSN_CLONES void pull(size_t n, bsn_real *restrict slow, bsn_real *restrict w, bsn_real alpha) {
  for (size_t i = 0; i < n; i++) w[i] = slow[i] = slow[i] + alpha * (w[i] - slow[i]);
}

static bool lookahead_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  const lookahead_config *c = s->config;
  if (s->t == 0) bsn_copy(s->n, w, s->slot[0]);
  BSN_TRY(s->inner->type->step(s->inner, o, w, lr));
  bsn_copy(s->n, s->inner->g, s->g);
  s->loss = s->inner->loss;
  if (++s->t % (int64_t)c->k == 0) pull(s->n, s->slot[0], w, (bsn_real)c->alpha);
  return true;
}

// clang-format off
#define BASE(config) {"base", BSN_ROW, offsetof(config, base), "sgd", .table = "optimizer", .doc = "The rule that makes the steps."}

static const bsn_param sam_params[] = {
    BASE(sam_config),
    {"rho", BSN_REAL, offsetof(sam_config, rho), "0.05", .lo = 0, .hi = INFINITY, .doc = "How far uphill the gradient is taken."},
    {"adaptive", BSN_FLAG, offsetof(sam_config, adaptive), "false", .doc = "Measure that distance relative to each weight's size (ASAM)."},
    {"eta", BSN_REAL, offsetof(sam_config, eta), "0.01", .lo = 0, .hi = INFINITY, .doc = "Added to each weight's size when adaptive."},
    {0}};

static const bsn_param lookahead_params[] = {
    BASE(lookahead_config),
    {"alpha", BSN_REAL, offsetof(lookahead_config, alpha), "0.5", .lo = 0, .hi = 1, .doc = "Share of the way that the slow weights go."},
    {"k", BSN_COUNT, offsetof(lookahead_config, k), "5", .lo = 1, .hi = 1e9, .doc = "Steps of the base between two of the slow weights."},
    {0}};

const bsn_optimizer bsn_wrapped_rows[] = {
    {{"sam", "Sharpness-aware minimisation: the base steps along the gradient of a point uphill; two evaluations each.",
      "e = rho g / |g|; adaptive: T = |w| + eta, e = rho T^2 g / |T g|; base step with the gradient at w + e",
      "Foret et al. 2021, eq. 2-3; Kwon et al. 2021 (adaptive)", sam_params, sizeof(sam_config)},
     base_slots_and_one, sam_step},
    {{"lookahead", "Slow weights follow the base's fast ones every k steps, which then go on from there.",
      "every k steps: slow += alpha (w - slow); w = slow",
      "Zhang et al. 2019, algorithm 1", lookahead_params, sizeof(lookahead_config)},
     base_slots_and_one, lookahead_step},
    {.row = {NULL}}};
