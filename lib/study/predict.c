#include "study/predict.h"
#include "learn/objective.h"
#include "model/weights.h"
#include "study/work.h"
#include <math.h>
#include <string.h>

/* ---- whose weights ---- */
static bool is_one_fit(const bsn_trial *t, bsn_error *error) {
  const char *protocol = t->protocol.row->name;
  if (!bsn_protocol_of(t)->reduce) return true;
  return bsn_fail(error, BSN_BAD_INPUT, "predict takes trials of one fit: %s%s%s makes many", protocol,
                  t->ensemble.row ? " with " : "", t->ensemble.row ? t->ensemble.row->name : "");
}

static bool ended_well(const bsn_trial *t, bsn_sink *sink, bsn_arena *arena, bsn_record *record, bsn_error *error) {
  if (!sink->get(sink, t->key, arena, record, error))
    return error->code ? false : bsn_fail(error, BSN_BAD_INPUT, "trial %s is not done yet: run it first", t->key);
  if (record->outcome == BSN_TRIAL_FAILED)
    return bsn_fail(error, BSN_BAD_INPUT, "trial %s failed: run it again", t->key);
  if (record->outcome != BSN_DIVERGED) return true;
  return bsn_fail(error, BSN_BAD_INPUT, "trial %s diverged at step %lld: it has no model", t->key,
                  (long long)record->outcome_step);
}

/* Weights of a step into w; *found: there are some. */
static bool load_weights(const bsn_trial *t, bsn_sink *sink, int64_t step, const bsn_net *net, bsn_real *w, bool *found,
                         bsn_error *error) {
  bsn_arena arena = {0};
  bsn_error unfit = {0};
  void *bytes;
  size_t n;
  const char *name = bsn_weights_name(&arena, t->key, step);
  bool ok = name || bsn_no_memory(error);
  *found = ok && sink->load(sink, name, &arena, &bytes, &n, error);
  if (*found && !bsn_weights_read(bytes, n, net->ntensors, net->tensor, w, &unfit))
    ok = bsn_fail(error, unfit.code, "%s: %s", name, unfit.text);
  bsn_arena_free(&arena);
  return ok && !error->code;
}

/* A fit that went back to its best weights ended with those of that step; the file of its last step has them only when it was
 * written at the end. */
static bool end_weights(const bsn_trial *t, bsn_sink *sink, const bsn_record *record, const bsn_net *net, bsn_real *w,
                        bsn_error *error) {
  double best = bsn_record_last(record, "best_step");
  bool found = false, went_back = isfinite(best);
  if (went_back) BSN_TRY(load_weights(t, sink, (int64_t)best, net, w, &found, error));
  if (!found && (!went_back || t->save.kind == BSN_AT_END))
    BSN_TRY(load_weights(t, sink, record->outcome_step, net, w, &found, error));
  if (found) return true;
  return bsn_fail(
      error, BSN_BAD_INPUT,
      "trial %s has no weights of its end: `save: end' must stand in the study's file when it is run (a trial that "
      "is done is not run again; --out takes another folder)",
      t->key);
}

/* ---- what it says ---- */
static const char *separator_of(const bsn_trial *t) {
  for (size_t i = 0; i < t->settings.n; i++)
    if (!strcmp(t->settings.item[i].path, "data.separator")) return t->settings.item[i].value;
  return ",";
}

/* As bsn_fit_measure counts: the first of the largest, or the sign of a single output. */
static size_t best_of(const bsn_real *z, size_t outputs) {
  size_t best = outputs == 1 && z[0] > 0;
  for (size_t j = 1; j < outputs; j++)
    if (z[j] > z[best]) best = j;
  return best;
}

static bool find_best(const bsn_real *z, size_t outputs, bsn_arena *arena, bsn_prediction *out, bsn_error *error) {
  size_t *best = bsn_alloc_in(arena, out->n * sizeof *best);
  if (!best) return bsn_no_memory(error);
  for (size_t i = 0; i < out->n; i++) best[i] = best_of(z + i * outputs, outputs);
  out->best = best;
  return true;
}

/* A single probability becomes two. */
static bool both(const double *p, bsn_arena *arena, bsn_prediction *out, bsn_error *error) {
  double *two = bsn_alloc_in(arena, 2 * out->n * sizeof *two);
  if (!two) return bsn_no_memory(error);
  for (size_t i = 0; i < out->n; i++) two[2 * i] = 1 - p[i], two[2 * i + 1] = p[i];
  out->width = 2;
  out->value = two;
  return true;
}

static bool explain(const bsn_choice *loss, const bsn_view *view, const bsn_real *z, bsn_arena *arena,
                    bsn_prediction *out, bsn_error *error) {
  bsn_votes votes;
  BSN_TRY(bsn_votes_init(&votes, loss, view, arena, error));
  bsn_votes_add(&votes, z, NULL);
  *out = (bsn_prediction){.n = view->n, .classes = votes.classes, .width = votes.outputs, .value = votes.sum};
  if (!votes.classes) return true;
  out->class_name = view->set->class_name;
  BSN_TRY(find_best(z, votes.outputs, arena, out, error));
  if (votes.loss->link == BSN_LINK_NONE) out->width = 0;
  return out->width != 1 || both(votes.sum, arena, out, error);
}

static bool run_net(const bsn_fit *fit, const bsn_dataset *points, bsn_arena *arena, bsn_prediction *out,
                    bsn_error *error) {
  bsn_view view = bsn_view_all(points, arena);
  bsn_real *z = bsn_reals_in(arena, points->rows * fit->net.io.outputs);
  if (!view.row || !z) return bsn_no_memory(error);
  BSN_TRY(bsn_fit_predict(fit, &view, z, error));
  return explain(&fit->spec->loss, &view, z, arena, out, error);
}

/* Names of classes live in the trial's data, which goes. */
static bool keep_names(bsn_prediction *p, size_t n, bsn_arena *arena, bsn_error *error) {
  if (!p->class_name) return true;
  const char **name = bsn_alloc_in(arena, n * sizeof *name);
  if (!name) return bsn_no_memory(error);
  for (size_t i = 0; i < n; i++)
    if (!(name[i] = bsn_text_in(arena, "%s", p->class_name[i]))) return bsn_no_memory(error);
  p->class_name = name;
  return true;
}

static bool predict(bsn_work *work, const bsn_record *record, const char *path, bsn_arena *arena, bsn_prediction *out,
                    bsn_error *error) {
  const bsn_trial *t = work->trial;
  bsn_fit fit = {0};
  bsn_fit_rows rows = {.train = work->train, .validation = work->validation};
  bsn_dataset points;
  const bsn_dataset *like = &work->data.train;
  BSN_TRY(bsn_data_inputs(&points, path, separator_of(t), like, arena, error));
  BSN_TRY(bsn_transform_fit(&rows.transform, t->data_options.scale, &rows.train, &work->arena, error));
  BSN_TRY(bsn_fit_init(&fit, &t->fit, &rows, &work->arena, error));
  BSN_TRY(end_weights(t, work->sink, record, &fit.net, fit.w, error));
  return run_net(&fit, &points, arena, out, error) && keep_names(out, like->outputs, arena, error);
}

bool bsn_trial_predict(const bsn_trial *trial, bsn_sink *sink, const char *path, bsn_arena *arena, bsn_prediction *out,
                       bsn_error *error) {
  bsn_work work = {.sink = sink};
  bsn_record record;
  BSN_TRY(is_one_fit(trial, error) && ended_well(trial, sink, arena, &record, error));
  bool ok = bsn_work_open(&work, trial, error) && predict(&work, &record, path, arena, out, error);
  bsn_work_close(&work);
  return ok;
}
