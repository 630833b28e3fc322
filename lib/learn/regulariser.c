#include "learn/regulariser.h"
#include "num/vector.h"
#include "stats/metric.h"
#include <math.h>
#include <string.h>

/* ---- l2 ---- */
typedef struct l2_config {
  double lambda;
  bool bias;
} l2_config;

static const bsn_param l2_params[] = {
    {"lambda", BSN_REAL, offsetof(l2_config, lambda), "1e-4", .lo = 0, .hi = INFINITY,
     .doc = "strength of the penalty"},
    {"bias", BSN_FLAG, offsetof(l2_config, bias), "false", .doc = "penalise biases and norms too"},
    {0}};

static bool penalised(const l2_config *c, const bsn_tensor *t) { return c->bias || t->role == BSN_WEIGHT; }

static void l2_penalty(const void *config, size_t ntensors, const bsn_tensor *tensor, const bsn_real *w, double *f,
                       bsn_real *g) {
  const l2_config *c = config;
  for (size_t i = 0; i < ntensors; i++) {
    const bsn_tensor *t = &tensor[i];
    if (!penalised(c, t)) continue;
    *f += 0.5 * c->lambda * bsn_dot(t->size, w + t->offset, w + t->offset);
    if (g) bsn_axpy(t->size, c->lambda, w + t->offset, g + t->offset);
  }
}

static void l2_curvature(const void *config, size_t ntensors, const bsn_tensor *tensor, const bsn_real *v,
                         bsn_real *out) {
  const l2_config *c = config;
  for (size_t i = 0; i < ntensors; i++)
    if (penalised(c, &tensor[i])) bsn_axpy(tensor[i].size, c->lambda, v + tensor[i].offset, out + tensor[i].offset);
}

/* ---- early stopping ---- */
typedef struct early_config {
  size_t patience;
  const char *metric;
  double min_delta;
  bool restore;
} early_config;

static const bsn_param early_params[] = {
    {"patience", BSN_COUNT, offsetof(early_config, patience), "10", .lo = 1, .hi = 1e9,
     .doc = "evaluations without a better value before it stops"},
    {"metric", BSN_TEXT, offsetof(early_config, metric), "validation_loss",
     .doc = "what it watches: a validation_ or train_ metric; an accuracy should grow, all others fall"},
    {"min_delta", BSN_REAL, offsetof(early_config, min_delta), "0", .lo = 0, .hi = INFINITY,
     .doc = "how much better a value must be to count"},
    {"restore", BSN_FLAG, offsetof(early_config, restore), "true",
     .doc = "end with the best weights; the last values recorded are theirs"},
    {0}};

enum { BEST, BAD, SEEN }; /* numbers: best value, evaluations since then, any value yet */

static const char *early_metric(const void *config) { return ((const early_config *)config)->metric; }

static bool early_stop(bsn_regulariser_state *s, int64_t step, double value, bool *keep) {
  (void)step;
  const early_config *c = s->config;
  if (bsn_metric_sense(c->metric) > 0) value = -value;
  if (!s->number[SEEN] || value < s->number[BEST] - c->min_delta) {
    s->number[BEST] = value;
    s->number[BAD] = 0;
    s->number[SEEN] = 1;
    *keep = c->restore;
    return false;
  }
  return ++s->number[BAD] >= (double)c->patience;
}

/* ---- the table ---- */
// clang-format off
static const bsn_regulariser rows[] = {
    {{"l2", "Adds the squared weights to the objective (not to train_loss).", "objective = loss + lambda / 2 |w|^2", "Krogh & Hertz 1992", l2_params, sizeof(l2_config)}, l2_penalty, l2_curvature, NULL, NULL},
    {{"early-stopping", "Stops when a validation metric has not become better for some evaluations.", NULL, "Prechelt 1998", early_params, sizeof(early_config)}, NULL, NULL, early_metric, early_stop},
    {{0}, NULL, NULL, NULL, NULL}};
// clang-format on

const bsn_table bsn_regularisers = {"regulariser", sizeof(bsn_regulariser), (const void *const[]){rows, NULL}};
