#include "study/protocol.h"
#include "data/split.h"
#include "study/work.h"
#include <math.h>
#include <string.h>

static bool fit_transform(bsn_work *work, bsn_fit_rows *rows, bsn_error *error) {
  return bsn_transform_fit(&rows->transform, work->trial->data_options.scale, &rows->train, &work->arena, error);
}

/* ---- holdout: one fit ---- */
static size_t one_unit(const bsn_trial *trial) {
  (void)trial;
  return 1;
}

static bool holdout_run(bsn_work *work, size_t unit, bsn_record *record, bsn_error *error) {
  (void)unit;
  bsn_fit_rows *rows = bsn_alloc_in(&work->arena, sizeof *rows);
  bsn_fit *fit = bsn_alloc_in(&work->arena, sizeof *fit);
  if (!rows || !fit) return bsn_no_memory(error);
  *rows = (bsn_fit_rows){.train = work->train, .validation = work->validation};
  BSN_TRY(fit_transform(work, rows, error));
  return bsn_work_fit(work, &work->trial->fit, rows, &work->test, fit, record, error);
}

/* ---- k-fold ---- */
typedef struct kfold_config {
  size_t k, repeats;
  bool stratified;
} kfold_config;

static const bsn_param kfold_params[] = {
    {"k", BSN_COUNT, offsetof(kfold_config, k), "5", .lo = 2, .hi = 1e6, .doc = "number of folds"},
    {"repeats", BSN_COUNT, offsetof(kfold_config, repeats), "1", .lo = 1, .hi = 1e4, .doc = "times that the rows are dealt anew"},
    {"stratified", BSN_FLAG, offsetof(kfold_config, stratified), "false", .doc = "every fold has each class in its share"},
    {0}};

static size_t kfold_units(const bsn_trial *trial) {
  const kfold_config *c = trial->protocol.config;
  return c->k * c->repeats;
}

/* The held-out fold is what validation_ metrics are of; the data's own test rows stay sealed. */
static bool kfold_run(bsn_work *work, size_t unit, bsn_record *record, bsn_error *error) {
  const kfold_config *c = work->trial->protocol.config;
  bsn_fit_rows *rows = bsn_alloc_in(&work->arena, sizeof *rows);
  bsn_fit *fit = bsn_alloc_in(&work->arena, sizeof *fit);
  if (!rows || !fit) return bsn_no_memory(error);
  if (c->k > work->train.n)
    return bsn_fail(error, BSN_BAD_INPUT, "k-fold: %zu folds of %zu training rows", c->k, work->train.n);
  if (c->stratified && work->train.set->task != BSN_CLASSIFICATION)
    return bsn_fail(error, BSN_BAD_INPUT, "k-fold: stratified wants classes, but the data's targets are numbers");
  bsn_stream stream = bsn_stream_of(work->trial->fit.seeds.split, "split", "fold", unit / c->k);
  *rows = (bsn_fit_rows){0};
  if (!bsn_fold(&work->train, c->k, unit % c->k, c->stratified, stream, &work->arena, &rows->train, &rows->validation))
    return bsn_no_memory(error);
  BSN_TRY(fit_transform(work, rows, error));
  return bsn_work_fit(work, &work->trial->fit, rows, NULL, fit, record, error);
}

/* ---- reduction by averaging: the last value of every metric, over units ---- */
static bool add_mean(bsn_record *out, const char *name, const double *value, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += value[i];
  return bsn_record_metric(out, 0, name, sum / (double)n);
}

static bool mean_metrics(bsn_record *out, const bsn_record *unit, size_t n, bsn_error *error) {
  double *value = bsn_alloc_in(out->arena, n * sizeof *value);
  if (!value) return bsn_no_memory(error);
  for (size_t m = 0; m < unit[0].nmetrics; m++) {
    const char *name = unit[0].metric[m].name;
    bool first = strncmp(name, "steps_per_", 10) && strncmp(name, "examples_per_", 13);
    for (size_t k = 0; k < m; k++) first &= strcmp(unit[0].metric[k].name, name) != 0;
    if (!first) continue;
    for (size_t i = 0; i < n; i++) value[i] = bsn_record_last(&unit[i], name);
    if (!add_mean(out, name, value, n)) return bsn_no_memory(error);
  }
  return true;
}

static void sum_up(bsn_record *out, const bsn_record *unit, size_t n) {
  out->outcome = BSN_BUDGET;
  for (size_t i = 0; i < n; i++) {
    out->grads += unit[i].grads;
    out->products += unit[i].products;
    out->seconds += unit[i].seconds;
    out->tainted |= unit[i].tainted;
    if (unit[i].outcome_step > out->outcome_step) out->outcome_step = unit[i].outcome_step;
    if (unit[i].outcome == BSN_DIVERGED || (out->outcome == BSN_BUDGET && unit[i].outcome != BSN_BUDGET))
      out->outcome = unit[i].outcome;
  }
}

static bool read_units(bsn_work *work, const char *kind, size_t n, bsn_record **units, bsn_error *error) {
  bsn_record *list = bsn_alloc_in(&work->arena, n * sizeof *list);
  if (!list) return bsn_no_memory(error);
  for (size_t i = 0; i < n; i++) {
    char key[33];
    bsn_unit_key(work->trial, kind, i, key);
    if (!work->sink->get(work->sink, key, &work->arena, &list[i], error))
      return bsn_fail(error, BSN_FAILED, "%s %zu has no result", kind, i);
    if (list[i].outcome == BSN_TRIAL_FAILED) return bsn_fail(error, BSN_FAILED, "%s %zu failed: %s", kind, i, list[i].message);
  }
  *units = list;
  return true;
}

static bool kfold_reduce(bsn_work *work, bsn_record *record, bsn_error *error) {
  size_t n = kfold_units(work->trial);
  bsn_record *units = NULL;
  BSN_TRY(read_units(work, "fold", n, &units, error));
  sum_up(record, units, n);
  return mean_metrics(record, units, n, error);
}

/* ---- the table ---- */
// clang-format off
static const bsn_protocol rows[] = {
    {{"holdout", "Fit once on the training rows; the test rows are looked at, never used.", NULL, NULL, NULL, 0}, "trial", one_unit, holdout_run, NULL},
    {{"k-fold", "Cross-validation: fit k times, each time without one fold, which is then the validation set; metrics are means over folds.", "validation_loss = mean over folds of the loss on the held-out fold", "Stone 1974", kfold_params, sizeof(kfold_config)}, "fold", kfold_units, kfold_run, kfold_reduce},
    {{0}, NULL, NULL, NULL, NULL}};
// clang-format on

const bsn_table bsn_protocols = {"protocol", sizeof(bsn_protocol), (const void *const[]){rows, NULL}};
