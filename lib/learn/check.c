#include "learn/check.h"
#include "learn/noisy_quadratic.h"
#include "num/math.h"
#include <math.h>

/* ---- noisy-quadratic-steps ---- */
typedef struct noisy_config {
  size_t dimension, points;
  double batch, target, from, to;
} noisy_config;

static const bsn_param noisy_params[] = {{"batch", BSN_REAL, offsetof(noisy_config, batch), "1", .lo = 0, .hi = 1e15,
                                          .above = true, .doc = "batch size: divides the variance of the noise"},
                                         {"dimension", BSN_COUNT, offsetof(noisy_config, dimension), "10000", .lo = 1,
                                          .hi = 1e7, .doc = "number of parameters"},
                                         {"target", BSN_REAL, offsetof(noisy_config, target), "0.01", .lo = 0,
                                          .hi = INFINITY, .above = true, .doc = "expected loss to be reached"},
                                         {"from", BSN_REAL, offsetof(noisy_config, from), "1e-4", .lo = 0, .hi = 2,
                                          .above = true, .below = true, .doc = "smallest learning rate tried"},
                                         {"to", BSN_REAL, offsetof(noisy_config, to), "1.95", .lo = 0, .hi = 2,
                                          .above = true, .below = true, .doc = "largest one"},
                                         {"points", BSN_COUNT, offsetof(noisy_config, points), "60", .lo = 1, .hi = 1e4,
                                          .doc = "learning rates tried, even in their logarithm"},
                                         {0}};

static double rate(const noisy_config *c, size_t k) {
  double last = fmax((double)c->points - 1, 1);
  return bsn_exp(bsn_log(c->from) + (double)k * (bsn_log(c->to) - bsn_log(c->from)) / last);
}

/* The fewest steps over all rates, and the rate that takes them; INFINITY when none gets there. From the largest rate down,
 * and the many that are no better cost one evaluation each. */
static double fewest(const noisy_config *c, double *lr) {
  double best = INFINITY;
  *lr = NAN;
  for (size_t k = c->points; k-- > 0;) {
    double at = rate(c, k);
    if (isfinite(best) && bsn_noisy_quadratic_loss(c->dimension, c->batch, at, best) > c->target) continue;
    double steps = bsn_noisy_quadratic_steps(c->dimension, c->batch, at, c->target);
    if (steps >= best) continue;
    best = steps;
    *lr = at;
  }
  return best;
}

static bool noisy_steps(const void *config, bsn_record *record, bsn_error *error) {
  const noisy_config *c = config;
  double lr, steps = fewest(c, &lr), start = bsn_noisy_quadratic_loss(c->dimension, c->batch, c->from, 0);
  return (bsn_record_metric(record, 0, "steps", steps) && bsn_record_metric(record, 0, "best_lr", lr) &&
          bsn_record_metric(record, 0, "examples", steps * c->batch) && bsn_record_metric(record, 0, "start", start)) ||
         bsn_no_memory(error);
}

// clang-format off
static const bsn_check rows[] = {
    {{"noisy-quadratic-steps", "Steps of SGD on the noisy quadratic model until its expected loss is at a target, with the best of many learning rates: steps, examples, best_lr; start is the loss before.",
      "E f(t) = sum_i h_i [r_i^t + (1 - r_i^t) lr / (batch (2 - lr h_i))] / 2, r_i = (1 - lr h_i)^2, h_i = 1 / i", "Zhang et al. 2019, section 3", noisy_params, sizeof(noisy_config)}, noisy_steps},
    {{0}, NULL}};
// clang-format on

const bsn_table bsn_checks = {"check", sizeof(bsn_check), (const void *const[]){rows, bsn_value_checks, NULL}};
