/* Metrics of a fit's weights on the rows of a view. */
#include "learn/fit_parts.h"
#include "learn/objective.h"
#include <math.h>
#include <string.h>

static double weight_of(const bsn_view *view, size_t i) { return view->weight ? (double)view->weight[i] : 1.0; }

double bsn_sum_losses(const bsn_view *view, size_t from, size_t count, const bsn_real *loss, double sum) {
  for (size_t i = 0; i < count; i++) sum += weight_of(view, from + i) * (double)loss[i];
  return sum;
}

static bool right(const bsn_real *z, size_t outputs, int32_t label) {
  if (outputs == 1) return (z[0] > 0) == (label == 1);
  size_t best = 0;
  for (size_t j = 1; j < outputs; j++)
    if (z[j] > z[best] || isnan(z[j])) best = j;
  return !isnan(z[best]) && best == (size_t)label;
}

double bsn_sum_right(const bsn_view *view, size_t from, size_t count, const bsn_real *z, size_t outputs, double sum) {
  for (size_t i = 0; i < count; i++)
    if (right(z + i * outputs, outputs, view->set->label[view->row[from + i]])) sum += weight_of(view, from + i);
  return sum;
}

bool bsn_fit_note(bsn_record *record, int64_t step, const char *prefix, const char *name, double value,
                  bsn_error *error) {
  const char *full = bsn_text_in(record->arena, "%s%s", prefix, name);
  return (full && bsn_record_metric(record, step, full, value)) || bsn_no_memory(error);
}

/* A set that is not the training set (test rows) gets an evaluator of its own, for the time of the call. */
static bool on_foreign_rows(const bsn_fit *fit, const bsn_view *view, bsn_real *z, bsn_real *loss, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_evaluator *e = bsn_evaluator_in(&arena, &fit->net, &fit->spec->loss, view->set, &fit->rows->transform, error);
  if (e) bsn_evaluator_run(e, fit->w, view->row, view->n, z, loss);
  bsn_arena_free(&arena);
  return e;
}

static bool run_rows(const bsn_fit *fit, const bsn_view *view, bsn_real *z, bsn_real *loss, bsn_error *error) {
  if (view->set != fit->rows->train.set) return on_foreign_rows(fit, view, z, loss, error);
  bsn_evaluator_run(fit->work->evaluator, fit->w, view->row, view->n, z, loss);
  return true;
}

bool bsn_fit_predict(const bsn_fit *fit, const bsn_view *view, bsn_real *z, bsn_error *error) {
  return run_rows(fit, view, z, NULL, error);
}

static bool may_be_seen(const bsn_view *view, const char *prefix, bsn_error *error) {
  if (!view->set->sealed || !strcmp(prefix, "test")) return true;
  return bsn_fail(error, BSN_BAD_INPUT, "test rows are sealed: they cannot be measured as %s_loss", prefix);
}

static bool note_both(const bsn_view *view, double loss, double accuracy, const char *prefix, bsn_record *record,
                      int64_t step, bsn_error *error) {
  return bsn_fit_note(record, step, prefix, "_loss", loss, error) &&
         (view->set->task != BSN_CLASSIFICATION || bsn_fit_note(record, step, prefix, "_accuracy", accuracy, error));
}

static bool note_all(const bsn_view *view, const bsn_real *z, size_t outputs, const bsn_real *loss, const char *prefix,
                     bsn_record *record, int64_t step, bsn_error *error) {
  bool classes = view->set->task == BSN_CLASSIFICATION;
  double n = (double)view->n, right = classes ? bsn_sum_right(view, 0, view->n, z, outputs, 0) : 0;
  return note_both(view, bsn_sum_losses(view, 0, view->n, loss, 0) / n, right / n, prefix, record, step, error);
}

bool bsn_fit_measure(const bsn_fit *fit, const bsn_view *view, const char *prefix, bsn_record *record,
                     bsn_error *error) {
  bsn_arena arena = {0};
  size_t outputs = fit->net.io.outputs;
  bool classes = view->set->task == BSN_CLASSIFICATION;
  double mean, share;
  BSN_TRY(may_be_seen(view, prefix, error));
  if (fit->company && fit->company->measured(fit->company->context, fit, view, &mean, &share))
    return note_both(view, mean, share, prefix, record, fit->step, error);
  bsn_real *loss = bsn_reals_in(&arena, view->n), *z = classes ? bsn_reals_in(&arena, view->n * outputs) : NULL;
  bool ok = (loss && (z || !classes)) || bsn_no_memory(error);
  ok = ok && run_rows(fit, view, z, loss, error) && note_all(view, z, outputs, loss, prefix, record, fit->step, error);
  bsn_arena_free(&arena);
  return ok;
}

bool bsn_outputs_measure(const bsn_choice *loss, const bsn_view *view, const bsn_real *z, const char *prefix,
                         bsn_record *record, int64_t step, bsn_error *error) {
  bsn_arena arena = {0};
  BSN_TRY(may_be_seen(view, prefix, error));
  bsn_real *l = bsn_reals_in(&arena, view->n);
  bool ok = (l || bsn_no_memory(error)) && bsn_outputs_loss(loss, view, z, l, error) &&
            note_all(view, z, bsn_outputs_for(loss, view->set), l, prefix, record, step, error);
  bsn_arena_free(&arena);
  return ok;
}
