#include "optim/schedule.h"
#include "num/math.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

typedef struct step_config {
  size_t every;
  double gamma;
} step_config;

typedef struct milestones_config {
  bsn_list at;
  double gamma;
} milestones_config;

typedef struct exponential_config {
  double gamma;
  const char *by;
} exponential_config;

typedef struct cosine_config {
  double lr_min;
  const char *by;
} cosine_config;

typedef struct restarts_config {
  size_t period;
  double multiplier, lr_min;
  const char *by;
} restarts_config;

typedef struct warm_up_config {
  bsn_amount length;
  double start;
  bsn_choice then;
} warm_up_config;

typedef struct one_cycle_config {
  double pct_start, div_factor, final_div_factor;
} one_cycle_config;

typedef struct inverse_config {
  double decay, power;
  const char *by;
} inverse_config;

typedef struct plateau_config {
  const char *metric, *mode;
  double factor, threshold, lr_min;
  size_t patience;
} plateau_config;

/* Epochs done, as a fraction. */
static double epochs(const bsn_progress *p) { return (double)p->step / p->steps_per_epoch; }

/* Whole epochs done; the margin is for the rounding of step / steps_per_epoch at the end of an epoch. */
static double whole_epochs(const bsn_progress *p) { return floor(epochs(p) * (1 + 1e-12)); }

static double epochs_by(const bsn_progress *p, const char *by) {
  return !strcmp(by, "epoch") ? whole_epochs(p) : epochs(p);
}

/* From `from` to `to` along half a cosine, x from 0 to 1. */
static double half_cosine(double from, double to, double x) { return to + (from - to) / 2 * (1 + bsn_cos(BSN_PI * x)); }

static double constant_factor(const bsn_schedule_state *s, const bsn_progress *p) { return (void)s, (void)p, 1; }

static double step_factor(const bsn_schedule_state *s, const bsn_progress *p) {
  const step_config *c = s->config;
  return bsn_pow(c->gamma, floor(whole_epochs(p) / (double)c->every));
}

static double milestones_factor(const bsn_schedule_state *s, const bsn_progress *p) {
  const milestones_config *c = s->config;
  double factor = 1;
  for (size_t i = 0; i < c->at.n; i++)
    if (whole_epochs(p) >= (double)c->at.count[i]) factor *= c->gamma;
  return factor;
}

static double exponential_factor(const bsn_schedule_state *s, const bsn_progress *p) {
  const exponential_config *c = s->config;
  return bsn_pow(c->gamma, epochs_by(p, c->by));
}

static double cosine_factor(const bsn_schedule_state *s, const bsn_progress *p) {
  const cosine_config *c = s->config;
  double length = (double)p->steps / p->steps_per_epoch;
  if (!strcmp(c->by, "epoch")) length = ceil(length * (1 - 1e-12));
  return half_cosine(1, c->lr_min, fmin(1, epochs_by(p, c->by) / length));
}

static double restarts_factor(const bsn_schedule_state *s, const bsn_progress *p) {
  const restarts_config *c = s->config;
  double x = epochs_by(p, c->by), period = (double)c->period;
  for (; x >= period; period *= c->multiplier) x -= period;
  return half_cosine(1, c->lr_min, x / period);
}

/* The schedule behind the warm-up keeps its numbers in those of the warm-up, which has none itself. */
static bsn_schedule_state behind(const bsn_schedule_state *s) {
  const warm_up_config *c = s->config;
  bsn_schedule_state then = *s;
  then.type = (const bsn_schedule *)c->then.row;
  then.config = c->then.config;
  return then;
}

static double warm_up_factor(const bsn_schedule_state *s, const bsn_progress *p) {
  const warm_up_config *c = s->config;
  double length = floor(bsn_amount_of(c->length, (double)p->steps)), step = (double)p->step;
  if (step < length) return c->start + (1 - c->start) * step / length;
  bsn_schedule_state then = behind(s);
  bsn_progress rest = *p;
  rest.step -= (int64_t)length;
  rest.steps -= (int64_t)length;
  return bsn_schedule_factor(&then, &rest);
}

static void warm_up_watch(bsn_schedule_state *s, double metric) {
  bsn_schedule_state then = behind(s);
  bsn_schedule_watch(&then, metric);
  memcpy(s->number, then.number, sizeof s->number);
}

static const char *warm_up_metric(const void *config) {
  const warm_up_config *c = config;
  return bsn_schedule_metric((const bsn_schedule *)c->then.row, c->then.config);
}

static bool warm_up_needs_length(const void *config) {
  const warm_up_config *c = config;
  bool relative = c->length.kind == BSN_AMOUNT_ALL || c->length.kind == BSN_AMOUNT_SHARE;
  return relative || bsn_schedule_needs_length((const bsn_schedule *)c->then.row, c->then.config);
}

static bool always(const void *config) { return (void)config, true; }

static double one_cycle_factor(const bsn_schedule_state *s, const bsn_progress *p) {
  const one_cycle_config *c = s->config;
  double start = 1 / c->div_factor, end = start / c->final_div_factor, step = (double)p->step;
  double top = c->pct_start * (double)p->steps - 1, last = (double)p->steps - 1;
  if (step <= top && top > 0) return half_cosine(start, 1, step / top);
  top = fmax(top, 0);
  return half_cosine(1, end, last > top ? fmin(1, (step - top) / (last - top)) : 1);
}

static double inverse_factor(const bsn_schedule_state *s, const bsn_progress *p) {
  const inverse_config *c = s->config;
  return bsn_pow(1 + c->decay * epochs_by(p, c->by), -c->power);
}

/* Numbers of plateau. */
enum { CUTS, BAD, BEST, SEEN };

static double plateau_factor(const bsn_schedule_state *s, const bsn_progress *p) {
  const plateau_config *c = s->config;
  (void)p;
  return fmax(bsn_pow(c->factor, s->number[CUTS]), c->lr_min);
}

static bool is_better(const plateau_config *c, double metric, double best) {
  if (!strcmp(c->mode, "max")) return metric > best * (1 + c->threshold);
  return metric < best * (1 - c->threshold);
}

static void plateau_watch(bsn_schedule_state *s, double metric) {
  const plateau_config *c = s->config;
  double *number = s->number;
  if (metric == metric && (!number[SEEN] || is_better(c, metric, number[BEST]))) {
    number[BEST] = metric;
    number[SEEN] = 1;
    number[BAD] = 0;
  } else if (++number[BAD] > (double)c->patience) {
    number[CUTS]++;
    number[BAD] = 0;
  }
}

static const char *plateau_metric(const void *config) { return ((const plateau_config *)config)->metric; }

const char *bsn_schedule_metric(const bsn_schedule *type, const void *config) {
  return type && type->metric ? type->metric(config) : NULL;
}

void bsn_schedule_watch(bsn_schedule_state *s, double metric) {
  if (s->type && s->type->watch) s->type->watch(s, metric);
}

bool bsn_schedule_needs_length(const bsn_schedule *type, const void *config) {
  return type && type->needs_length && type->needs_length(config);
}

double bsn_schedule_factor(const bsn_schedule_state *s, const bsn_progress *p) {
  return s->type ? s->type->factor(s, p) : 1;
}

// clang-format off
#define BY(config, def) \
  {"by", BSN_WORD, offsetof(config, by), def, .words = (const char *const[]){"step", "epoch", NULL}, \
   .doc = "Whether the factor moves with each step or stays for a whole epoch."}
#define GAMMA(config, def, when) \
  {"gamma", BSN_REAL, offsetof(config, gamma), def, .lo = 0, .hi = INFINITY, .above = true, .doc = "Factor " when "."}
#define LR_MIN(config) \
  {"lr_min", BSN_REAL, offsetof(config, lr_min), "0", .lo = 0, .hi = 1, .doc = "Smallest factor, as a share of the learning rate."}

static const bsn_param step_params[] = {
    {"every", BSN_COUNT, offsetof(step_config, every), "30", .lo = 1, .hi = INFINITY, .doc = "Epochs between two cuts."},
    GAMMA(step_config, "0.1", "at each cut"), {0}};

static const bsn_param milestones_params[] = {
    {"at", BSN_COUNTS, offsetof(milestones_config, at), NULL, .lo = 0, .hi = INFINITY, .doc = "Epochs after which it is cut."},
    GAMMA(milestones_config, "0.1", "at each cut"), {0}};

static const bsn_param exponential_params[] = {
    GAMMA(exponential_config, "0.95", "for each epoch"), BY(exponential_config, "epoch"), {0}};

static const bsn_param cosine_params[] = {LR_MIN(cosine_config), BY(cosine_config, "step"), {0}};

static const bsn_param restarts_params[] = {
    {"period", BSN_COUNT, offsetof(restarts_config, period), "10", .lo = 1, .hi = INFINITY, .doc = "Epochs until the first restart."},
    {"multiplier", BSN_REAL, offsetof(restarts_config, multiplier), "1", .lo = 1, .hi = INFINITY, .doc = "Each period is this many times the one before."},
    LR_MIN(restarts_config), BY(restarts_config, "step"), {0}};

static const bsn_param warm_up_params[] = {
    {"length", BSN_AMOUNT, offsetof(warm_up_config, length), "0.05", .doc = "Steps, or the share of all steps, until the factor is 1."},
    {"start", BSN_REAL, offsetof(warm_up_config, start), "0.3333333333333333", .lo = 0, .hi = 1, .doc = "Factor at the first step."},
    {"then", BSN_ROW, offsetof(warm_up_config, then), "constant", .table = "schedule", .doc = "The schedule of the steps after, counted from 0."},
    {0}};

static const bsn_param one_cycle_params[] = {
    {"pct_start", BSN_REAL, offsetof(one_cycle_config, pct_start), "0.3", .lo = 0, .hi = 1, .doc = "Share of the steps that rise."},
    {"div_factor", BSN_REAL, offsetof(one_cycle_config, div_factor), "25", .lo = 1, .hi = INFINITY, .doc = "The first step has lr divided by this."},
    {"final_div_factor", BSN_REAL, offsetof(one_cycle_config, final_div_factor), "10000", .lo = 1, .hi = INFINITY, .doc = "The last step has the first one's divided by this."},
    {0}};

static const bsn_param inverse_params[] = {
    {"decay", BSN_REAL, offsetof(inverse_config, decay), "0.1", .lo = 0, .hi = INFINITY, .doc = "How fast, per epoch."},
    {"power", BSN_REAL, offsetof(inverse_config, power), "1", .lo = 0, .hi = INFINITY, .doc = "1 for 1 / t, 0.5 for 1 / sqrt(t)."},
    BY(inverse_config, "epoch"), {0}};

static const bsn_param plateau_params[] = {
    {"metric", BSN_TEXT, offsetof(plateau_config, metric), "validation_loss", .doc = "The metric that is watched."},
    {"mode", BSN_WORD, offsetof(plateau_config, mode), "min", .words = (const char *const[]){"min", "max", NULL},
     .doc = "Whether smaller or larger values are better."},
    {"factor", BSN_REAL, offsetof(plateau_config, factor), "0.1", .lo = 0, .hi = 1, .above = true, .below = true, .doc = "Factor at each cut."},
    {"patience", BSN_COUNT, offsetof(plateau_config, patience), "10", .lo = 0, .hi = INFINITY, .doc = "Evaluations in a row without progress that are borne; the next one cuts."},
    {"threshold", BSN_REAL, offsetof(plateau_config, threshold), "0.0001", .lo = 0, .hi = 1, .doc = "Progress is better than the best by this share of it."},
    LR_MIN(plateau_config), {0}};

static const bsn_schedule rows[] = {
    {{"constant", "The learning rate never changes.", "1", NULL, NULL, 0}, constant_factor},
    {{"step", "Cut at equal distances.", "gamma^floor(epoch / every)", "PyTorch StepLR", step_params, sizeof(step_config)}, step_factor},
    {{"milestones", "Cut after given epochs.", "gamma^(number of `at` <= epoch)", "PyTorch MultiStepLR",
      milestones_params, sizeof(milestones_config)}, milestones_factor},
    {{"exponential", "The same factor for every epoch.", "gamma^epoch", "PyTorch ExponentialLR", exponential_params, sizeof(exponential_config)},
     exponential_factor},
    {{"cosine", "Down along half a cosine over the whole run.", "lr_min + (1 - lr_min) (1 + cos(pi t / T)) / 2",
      "Loshchilov and Hutter 2017, eq. 5, one period; PyTorch CosineAnnealingLR", cosine_params, sizeof(cosine_config)},
     cosine_factor, .needs_length = always},
    {{"cosine-restarts", "Half cosines one after the other, each from the full learning rate.",
      "lr_min + (1 - lr_min) (1 + cos(pi t / T_i)) / 2, t from the last restart, T_{i+1} = multiplier T_i",
      "Loshchilov and Hutter 2017, eq. 5; PyTorch CosineAnnealingWarmRestarts", restarts_params, sizeof(restarts_config)},
     restarts_factor},
    {{"warm-up", "Up along a line, then another schedule.", "start + (1 - start) t / length; then `then` at t - length",
      "Goyal et al. 2017, section 2.2; PyTorch LinearLR, SequentialLR", warm_up_params, sizeof(warm_up_config)},
     warm_up_factor, warm_up_watch, warm_up_metric, warm_up_needs_length},
    {{"one-cycle", "Up to the learning rate and far down again, along half cosines.",
      "from 1 / div_factor to 1 at step pct_start T - 1, to 1 / (div_factor final_div_factor) at T - 1; momentum is left alone",
      "Smith and Topin 2018; PyTorch OneCycleLR", one_cycle_params, sizeof(one_cycle_config)},
     one_cycle_factor, .needs_length = always},
    {{"inverse-time", "One over a line, or over its root.", "(1 + decay epoch)^-power", "Robbins and Monro 1951", inverse_params, sizeof(inverse_config)},
     inverse_factor},
    {{"plateau", "Cut when a metric has stopped getting better.",
      "max(factor^cuts, lr_min); a cut after more than `patience` evaluations that did not improve the best by `threshold` of it",
      "PyTorch ReduceLROnPlateau", plateau_params, sizeof(plateau_config)},
     plateau_factor, plateau_watch, plateau_metric},
    {.row = {NULL}}};
// clang-format on

const bsn_table bsn_schedules = {
    .kind = "schedule",
    .row_size = sizeof(bsn_schedule),
    .families = (const void *const[]){rows, NULL},
};
