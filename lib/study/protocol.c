#include "study/protocol.h"
#include "data/split.h"
#include "learn/check.h"
#include "study/starting.h"
#include "study/work.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool fit_transform(bsn_work *work, bsn_fit_rows *rows, bsn_error *error) {
  return bsn_transform_fit(&rows->transform, work->trial->data_options.scale, &rows->train, &work->arena, error);
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
    const char *why = list[i].message ? list[i].message : "no memory for the reason";
    if (list[i].outcome == BSN_TRIAL_FAILED) return bsn_fail(error, BSN_FAILED, "%s %zu failed: %s", kind, i, why);
  }
  *units = list;
  return true;
}

/* ---- holdout: one fit ---- */
static size_t one_unit(const bsn_trial *trial) {
  (void)trial;
  return 1;
}

static bool holdout_task(bsn_work *work, size_t unit, bsn_fit_task *task, bsn_error *error) {
  (void)unit;
  bsn_fit_rows *rows = bsn_alloc_in(&work->arena, sizeof *rows);
  if (!rows) return bsn_no_memory(error);
  *rows = (bsn_fit_rows){.train = work->train, .validation = work->validation};
  *task = (bsn_fit_task){.spec = bsn_start_spec(work, error), .rows = rows, .test = &work->test};
  return task->spec && fit_transform(work, rows, error);
}

static bool holdout_run(bsn_work *work, size_t unit, bsn_record *record, bsn_error *error) {
  bsn_fit_task task = {0};
  bsn_fit *fit = bsn_alloc_in(&work->arena, sizeof *fit);
  if (!fit) return bsn_no_memory(error);
  BSN_TRY(holdout_task(work, unit, &task, error));
  return bsn_work_fit(work, task.spec, task.rows, task.test, fit, record, error);
}

/* ---- ensembles: members leave their outputs for all rows, the reduction averages them ---- */
typedef struct outputs_of {
  const char *prefix, *array;
  const bsn_view *view;
} outputs_of;

enum { PARTS = 3 };

static void parts_of(outputs_of part[PARTS], const bsn_fit_rows *whole, const bsn_view *test) {
  part[0] = (outputs_of){"train", "train_prediction", &whole->train};
  part[1] = (outputs_of){"validation", "validation_prediction", &whole->validation};
  part[2] = (outputs_of){"test", "test_prediction", test};
}

static bool note_outputs(const outputs_of *part, const bsn_fit *fit, bsn_record *record, bsn_error *error) {
  size_t n = part->view ? part->view->n : 0, outputs = fit->net.io.outputs;
  if (!n) return true;
  bsn_real *z = bsn_reals_in(record->arena, n * outputs);
  if (!z) return bsn_no_memory(error);
  BSN_TRY(bsn_fit_predict(fit, part->view, z, error));
  bsn_array array = {fit->step, part->array, sizeof *z == sizeof(double) ? 'd' : 'f', 2, {(int64_t)n, (int64_t)outputs},
                     z};
  return bsn_record_array(record, array) || bsn_no_memory(error);
}

/* Train member m of an ensemble on whole; record gets its metrics and its outputs for all rows of whole and test. */
static bool run_member(bsn_work *work, const bsn_fit_rows *whole, const bsn_view *test, size_t m, bsn_record *record,
                       bsn_error *error) {
  const bsn_trial *t = work->trial;
  bsn_fit_rows *rows = bsn_alloc_in(&work->arena, sizeof *rows);
  bsn_fit_spec *spec = bsn_alloc_in(&work->arena, sizeof *spec);
  bsn_fit *fit = bsn_alloc_in(&work->arena, sizeof *fit);
  outputs_of part[PARTS];
  if (!rows || !spec || !fit) return bsn_no_memory(error);
  BSN_TRY(bsn_ensemble_member(&t->fit, whole, &t->ensemble, m, &work->arena, spec, rows, error));
  BSN_TRY(fit_transform(work, rows, error));
  BSN_TRY(bsn_work_fit(work, spec, rows, test, fit, record, error));
  parts_of(part, whole, test);
  for (size_t i = 0; i < PARTS; i++) BSN_TRY(note_outputs(&part[i], fit, record, error));
  return true;
}

/* The array of this name; NULL when there is none of n numbers of this build's type. */
static const bsn_real *array_of(const bsn_record *r, const char *name, size_t n) {
  for (size_t i = 0; i < r->narrays; i++) {
    const bsn_array *a = &r->array[i];
    bool fits = a->dtype == (sizeof(bsn_real) == sizeof(double) ? 'd' : 'f') && a->axes == 2;
    if (fits && !strcmp(a->name, name) && (size_t)a->shape[0] * (size_t)a->shape[1] == n) return a->data;
  }
  return NULL;
}

/* Average what members said of part; unseen: of a row, only those that did not train on it. */
static bool count_votes(bsn_work *work, const outputs_of *part, const bsn_record *member, size_t n, bool unseen,
                        bsn_votes *votes, bsn_error *error) {
  const bsn_trial *t = work->trial;
  bool *where = unseen ? bsn_alloc_in(&work->arena, part->view->n) : NULL;
  if (unseen && !where) return bsn_no_memory(error);
  BSN_TRY(bsn_votes_init(votes, &t->fit.loss, part->view, &work->arena, error));
  for (size_t m = 0; m < n; m++) {
    const bsn_real *z = array_of(&member[m], part->array, votes->n * votes->outputs);
    if (!z) return bsn_fail(error, BSN_FAILED, "member %zu has no %s", m, part->array);
    if (unseen) BSN_TRY(bsn_ensemble_unseen(&t->fit, part->view, &t->ensemble, m, where, error));
    bsn_votes_add(votes, z, where);
  }
  return true;
}

/* Metrics of the averaged answers to part under prefix, over the rows that have an answer. */
static bool measure_votes(bsn_work *work, const bsn_votes *votes, const bsn_view *view, const char *prefix,
                          bsn_record *record, bsn_error *error) {
  size_t n = 0, k = votes->outputs;
  size_t *pick = bsn_alloc_in(&work->arena, view->n * sizeof *pick);
  bsn_real *z = bsn_reals_in(&work->arena, view->n * k);
  if (!pick || !z) return bsn_no_memory(error);
  bsn_votes_outputs(votes, z);
  for (size_t i = 0; i < view->n; i++) {
    if (!votes->count[i]) continue;
    memmove(z + n * k, z + i * k, k * sizeof *z);
    pick[n++] = i;
  }
  bsn_view part = bsn_view_pick(view, pick, n, &work->arena);
  if (!part.row) return bsn_no_memory(error);
  return !n || bsn_outputs_measure(&work->trial->fit.loss, &part, z, prefix, record, record->outcome_step, error);
}

static bool mean_of_members(const char *metric, const bsn_record *member, size_t n, bsn_record *record,
                            bsn_error *error) {
  double sum = 0;
  for (size_t m = 0; m < n; m++) sum += bsn_record_last(&member[m], metric);
  const char *name = bsn_text_in(record->arena, "mean_%s", metric);
  return (name && bsn_record_metric(record, record->outcome_step, name, sum / (double)n)) || bsn_no_memory(error);
}

/* PREFIX_loss and PREFIX_accuracy of the ensemble, mean_.. of its members, oob_.. of training rows by those who did not see them. */
static bool join_members(bsn_work *work, const bsn_fit_rows *whole, const bsn_view *test, const bsn_record *member,
                         size_t n, bsn_record *record, bsn_error *error) {
  outputs_of part[PARTS];
  bsn_votes votes;
  parts_of(part, whole, test);
  sum_up(record, member, n);
  for (size_t i = 0; i < PARTS; i++) {
    if (!part[i].view || !part[i].view->n) continue;
    const char *loss = bsn_text_in(record->arena, "%s_loss", part[i].prefix);
    const char *accuracy = bsn_text_in(record->arena, "%s_accuracy", part[i].prefix);
    if (!loss || !accuracy) return bsn_no_memory(error);
    BSN_TRY(count_votes(work, &part[i], member, n, false, &votes, error));
    BSN_TRY(measure_votes(work, &votes, part[i].view, part[i].prefix, record, error));
    BSN_TRY(mean_of_members(loss, member, n, record, error));
    if (votes.classes) BSN_TRY(mean_of_members(accuracy, member, n, record, error));
  }
  return count_votes(work, &part[0], member, n, true, &votes, error) &&
         measure_votes(work, &votes, part[0].view, "oob", record, error);
}

/* ---- holdout with an ensemble: members are units ---- */
static size_t member_units(const bsn_trial *trial) { return bsn_ensemble_members(&trial->ensemble); }

static bool member_run(bsn_work *work, size_t unit, bsn_record *record, bsn_error *error) {
  bsn_fit_rows *whole = bsn_alloc_in(&work->arena, sizeof *whole);
  if (!whole) return bsn_no_memory(error);
  *whole = (bsn_fit_rows){.train = work->train, .validation = work->validation};
  return run_member(work, whole, &work->test, unit, record, error);
}

static bool member_reduce(bsn_work *work, bsn_record *record, bsn_error *error) {
  const bsn_fit_rows whole = {.train = work->train, .validation = work->validation};
  size_t n = member_units(work->trial);
  bsn_record *member = NULL;
  BSN_TRY(read_units(work, "member", n, &member, error));
  return join_members(work, &whole, &work->test, member, n, record, error);
}

static const bsn_protocol bagged_holdout = {{"holdout"}, "member", member_units, member_run, member_reduce, NULL};

/* ---- inside of a unit: one fit, or an ensemble one member after the other ---- */
/* A member that lives only until its unit is done. Its fit is given back at once: there may be many. */
static bool inner_member(bsn_work *work, const bsn_fit_rows *whole, size_t m, const char *unit_key, bsn_record *member,
                         bsn_error *error) {
  bsn_arena outer = work->arena;
  char text[64], key[33];
  bsn_record record;
  void *bytes;
  size_t size;
  int length = snprintf(text, sizeof text, "%s member %zu", unit_key, m);
  bsn_hash_text(text, (size_t)length, key);
  work->arena = (bsn_arena){0};
  bsn_record_init(&record, &work->arena, key, work->trial->key, "member", (int64_t)m);
  bool ok = run_member(work, whole, NULL, m, &record, error) && bsn_record_pack(&record, &outer, &bytes, &size, error);
  bsn_arena_free(&work->arena);
  work->arena = outer;
  return ok && bsn_record_unpack(member, &work->arena, bytes, size, error);
}

static bool learn(bsn_work *work, bsn_fit_rows *rows, bsn_record *record, bsn_error *error) {
  const bsn_trial *t = work->trial;
  size_t n = t->ensemble.row ? bsn_ensemble_members(&t->ensemble) : 0;
  if (!n) {
    bsn_fit *fit = bsn_alloc_in(&work->arena, sizeof *fit);
    if (!fit) return bsn_no_memory(error);
    BSN_TRY(fit_transform(work, rows, error));
    return bsn_work_fit(work, &t->fit, rows, NULL, fit, record, error);
  }
  bsn_record *member = bsn_alloc_in(&work->arena, n * sizeof *member);
  if (!member) return bsn_no_memory(error);
  for (size_t m = 0; m < n; m++) BSN_TRY(inner_member(work, rows, m, record->key, &member[m], error));
  return join_members(work, rows, NULL, member, n, record, error);
}

/* ---- k-fold ---- */
typedef struct kfold_config {
  size_t k, repeats;
  bool stratified;
} kfold_config;

static const bsn_param kfold_params[] = {
    {"k", BSN_COUNT, offsetof(kfold_config, k), "5", .lo = 2, .hi = 1e6, .doc = "number of folds"},
    {"repeats", BSN_COUNT, offsetof(kfold_config, repeats), "1", .lo = 1, .hi = 1e4,
     .doc = "times that the rows are dealt anew"},
    {"stratified", BSN_FLAG, offsetof(kfold_config, stratified), "false",
     .doc = "every fold has each class in its share"},
    {0}};

static size_t kfold_units(const bsn_trial *trial) {
  const kfold_config *c = trial->protocol.config;
  return c->k * c->repeats;
}

static bool kfold_suits(const bsn_work *work, bsn_error *error) {
  const kfold_config *c = work->trial->protocol.config;
  if (c->k > work->train.n)
    return bsn_fail(error, BSN_BAD_INPUT, "k-fold: %zu folds of %zu training rows", c->k, work->train.n);
  if (c->stratified && work->train.set->task != BSN_CLASSIFICATION)
    return bsn_fail(error, BSN_BAD_INPUT, "k-fold: stratified wants classes, but the data's targets are numbers");
  return true;
}

/* The held-out fold is what validation_ metrics are of; the data's own test rows stay sealed. */
static bool kfold_run(bsn_work *work, size_t unit, bsn_record *record, bsn_error *error) {
  const kfold_config *c = work->trial->protocol.config;
  bsn_fit_rows *rows = bsn_alloc_in(&work->arena, sizeof *rows);
  if (!rows) return bsn_no_memory(error);
  BSN_TRY(kfold_suits(work, error));
  bsn_stream stream = bsn_stream_of(work->trial->fit.seeds.split, "split", "fold", unit / c->k);
  *rows = (bsn_fit_rows){0};
  if (!bsn_fold(&work->train, c->k, unit % c->k, c->stratified, stream, &work->arena, &rows->train, &rows->validation))
    return bsn_no_memory(error);
  return learn(work, rows, record, error);
}

static bool kfold_reduce(bsn_work *work, bsn_record *record, bsn_error *error) {
  size_t n = kfold_units(work->trial);
  bsn_record *units = NULL;
  BSN_TRY(read_units(work, "fold", n, &units, error));
  sum_up(record, units, n);
  return mean_metrics(record, units, n, error);
}

/* ---- minimise: an objective without data ---- */
static const bsn_param minimise_params[] = {
    {"tolerance", BSN_REAL, 0, "0", .lo = 0, .hi = INFINITY,
     .doc = "converged when a step began with a gradient no longer than this; 0: never"},
    {0}};

static bool minimise_run(bsn_work *work, size_t unit, bsn_record *record, bsn_error *error) {
  (void)unit;
  return bsn_work_minimise(work, record, error);
}

/* ---- check: values of the library itself ---- */
static const bsn_param check_params[] = {{"of", BSN_ROW, 0, NULL, .table = "check", .doc = "what is computed"}, {0}};

static bool check_run(bsn_work *work, size_t unit, bsn_record *record, bsn_error *error) {
  const bsn_choice *of = work->trial->protocol.config;
  (void)unit;
  record->outcome = BSN_BUDGET;
  return ((const bsn_check *)of->row)->run(of->config, record, error);
}

/* ---- the table ---- */
// clang-format off
static const bsn_protocol rows[] = {
    {{"holdout", "Fit once on the training rows; the test rows are looked at, never used.", NULL, NULL, NULL, 0}, "trial", one_unit, holdout_run, NULL, &bagged_holdout, .task = holdout_task},
    {{"k-fold", "Cross-validation: fit k times, each time without one fold, which is then the validation set; metrics are means over folds.", "validation_loss = mean over folds of the loss on the held-out fold", "Stone 1974", kfold_params, sizeof(kfold_config)}, "fold", kfold_units, kfold_run, kfold_reduce, &rows[1], kfold_suits},
    {{"minimise", "Run an optimizer on an objective without data.", NULL, NULL, minimise_params, sizeof(double)}, "trial", one_unit, minimise_run, NULL, NULL, .surface = true},
    {{"check", "Compute values of the library that are known from elsewhere: no data, no model, no randomness.", NULL, NULL, check_params, sizeof(bsn_choice)}, "trial", one_unit, check_run, NULL, NULL, .alone = true},
    {{0}, NULL, NULL, NULL, NULL, NULL}};
// clang-format on

const bsn_table bsn_protocols = {"protocol", sizeof(bsn_protocol), (const void *const[]){rows, NULL}};

const bsn_protocol *bsn_protocol_of(const bsn_trial *trial) {
  const bsn_protocol *p = (const bsn_protocol *)trial->protocol.row;
  return trial->ensemble.row ? p->ensemble : p;
}
