/* The training loop: evaluations, stopping, steps, checkpoints. */
#include "learn/fit_parts.h"
#include "base/clock.h"
#include "learn/moment.h"
#include "learn/tape.h"
#include "num/vector.h"
#include <math.h>
#include <string.h>

/* When the loss of a batch is recorded: at ten steps to a decade, which are the same ones however long the run is. */
static const bsn_moment batch_losses = {BSN_LOG_POINTS, 10 * BSN_DECADES + 1};

static double spent(const bsn_fit *fit) { return fit->work->before + bsn_seconds() - fit->work->since; }

double bsn_fit_seconds(const bsn_fit *fit) { return spent(fit); }

void bsn_fit_rested(bsn_fit *fit, double seconds) { fit->work->since += seconds; }

bool bsn_fit_is_over(const bsn_fit *fit) {
  double budget = fit->spec->train.budget;
  return budget > 0 ? fit->objective->cost.gradients >= budget * (double)fit->rows->train.n : fit->step >= fit->steps;
}

bool bsn_fit_needs_length(const bsn_fit_spec *spec) {
  const bsn_choice *s = &spec->train.schedule;
  return bsn_schedule_needs_length((const bsn_schedule *)s->row, s->config) || bsn_moment_needs_length(&spec->eval);
}

/* ---- evaluations ---- */
static bool measure_training(bsn_fit *fit, const bsn_view *rows, bsn_error *error) {
  bsn_record *r = &fit->record;
  BSN_TRY(bsn_fit_measure(fit, rows, "train", r, error));
  double objective = bsn_record_last(r, "train_loss");
  for (size_t i = 0; i < fit->nregularisers; i++) {
    const bsn_regulariser_state *s = &fit->regulariser[i];
    if (s->type->penalty) s->type->penalty(s->config, fit->net.ntensors, fit->net.tensor, fit->w, &objective, NULL);
  }
  fit->work->sampled = rows->n < fit->rows->train.n;
  return bsn_fit_note(r, fit->step, "", "objective", objective, error);
}

/* Metrics of the fit's own rows (of the training rows these), and what the eval watchers see. */
static bool evaluate(bsn_fit *fit, const bsn_view *training, bsn_error *error) {
  bsn_record *r = &fit->record;
  double seconds = spent(fit);
  BSN_TRY(measure_training(fit, training, error));
  if (fit->rows->validation.n) BSN_TRY(bsn_fit_measure(fit, &fit->rows->validation, "validation", r, error));
  for (size_t i = 0; i < fit->nwatchers; i++)
    if (fit->watcher[i].eval) BSN_TRY(fit->watcher[i].look(fit->watcher[i].context, fit, r, error));
  fit->work->evaluated = fit->step;
  fit->work->since += spent(fit) - seconds; /* watching costs no training time */
  return bsn_record_clock(r, fit->step, seconds) || bsn_no_memory(error);
}

/* ---- stopping ---- */
static void end(bsn_fit *fit, bsn_outcome outcome) {
  fit->record.outcome = outcome;
  fit->record.outcome_step = fit->step;
}

static void ask_stoppers(bsn_fit *fit) {
  for (size_t i = 0; i < fit->nregularisers; i++) {
    bsn_regulariser_state *s = &fit->regulariser[i];
    if (!s->type->stop) continue;
    bool keep = false;
    if (s->type->stop(s, fit->step, bsn_record_last(&fit->record, s->type->metric(s->config)), &keep))
      end(fit, BSN_STOPPED_EARLY);
    if (!keep) continue;
    bsn_copy(fit->net.n, fit->w, fit->best);
    fit->best_step = fit->step;
  }
}

static void tell_schedule(bsn_fit *fit) {
  const char *metric = bsn_schedule_metric(fit->schedule.type, fit->schedule.config);
  if (metric) bsn_schedule_watch(&fit->schedule, bsn_record_last(&fit->record, metric));
}

static bool look(bsn_fit *fit, bool at_end, bsn_error *error) {
  for (size_t i = 0; i < fit->nwatchers; i++) {
    const bsn_watcher *w = &fit->watcher[i];
    bool due = at_end ? w->when.kind == BSN_AT_END : fit->step == 0 || fit->step == fit->work->next_look[i];
    if (w->eval || (w->when.kind == BSN_AT_END) != at_end || !due) continue;
    double seconds = spent(fit);
    BSN_TRY(w->look(w->context, fit, &fit->record, error));
    fit->work->since += spent(fit) - seconds;
    if (!at_end) fit->work->next_look[i] = bsn_next_moment(&w->when, fit->step, fit->steps, fit->steps_per_epoch);
  }
  return true;
}

/* Forget the metrics of training rows of this step: they are about to be those of all rows. */
static void forget_training(bsn_record *r, int64_t step) {
  size_t n = 0;
  for (size_t i = 0; i < r->nmetrics; i++) {
    const char *name = r->metric[i].name;
    bool training = !strncmp(name, "train_", 6) || !strcmp(name, "objective");
    if (r->metric[i].step != step || !training) r->metric[n++] = r->metric[i];
  }
  r->nmetrics = n;
}

/* The end is measured on all rows, whatever was measured on the way there. */
static bool complete(bsn_fit *fit, bsn_error *error) {
  if (fit->work->evaluated != fit->step) return evaluate(fit, &fit->rows->train, error);
  if (!fit->work->sampled) return true;
  forget_training(&fit->record, fit->step);
  return measure_training(fit, &fit->rows->train, error);
}

/* Forget the metrics of this step: they are about to be those of other weights. */
static void forget_step(bsn_record *r, int64_t step) {
  size_t n = 0;
  for (size_t i = 0; i < r->nmetrics; i++)
    if (r->metric[i].step != step) r->metric[n++] = r->metric[i];
  r->nmetrics = n;
  while (r->nclocks && r->clock[r->nclocks - 1].step == step) r->nclocks--;
}

static bool finish(bsn_fit *fit, bsn_error *error) {
  bool restore = fit->best_step >= 0 && fit->best_step != fit->step && fit->record.outcome != BSN_DIVERGED;
  if (restore) {
    bsn_copy(fit->net.n, fit->best, fit->w);
    forget_step(&fit->record, fit->step);
    BSN_TRY(bsn_fit_note(&fit->record, fit->step, "", "best_step", (double)fit->best_step, error));
    fit->work->evaluated = -1;
  }
  BSN_TRY(complete(fit, error));
  if (!isfinite(bsn_record_last(&fit->record, "train_loss"))) fit->record.outcome = BSN_DIVERGED;
  fit->record.grads = fit->objective->cost.gradients / (double)fit->rows->train.n;
  fit->record.products = fit->objective->cost.products / (double)fit->rows->train.n;
  fit->record.seconds = spent(fit);
  return look(fit, true, error);
}

/* ---- one step ---- */
static bool diverged(const bsn_fit *fit, double loss) {
  return !isfinite(loss) || (fit->start_loss > 0 && loss > 1e6 * fit->start_loss);
}

bool bsn_fit_start(bsn_fit *fit, bsn_error *error) {
  if (fit->step || fit->work->evaluated >= 0) return true;
  fit->record.tainted = fit->spec->peek;
  BSN_TRY(bsn_fit_note(&fit->record, 0, "", "steps_per_epoch", fit->steps_per_epoch, error));
  BSN_TRY(bsn_fit_note(&fit->record, 0, "", "examples_per_epoch", (double)fit->rows->train.n, error));
  double bytes = (double)bsn_optimizer_bytes(fit->optimizer.type, fit->optimizer.config, fit->net.n);
  BSN_TRY(bsn_fit_note(&fit->record, 0, "", "optimizer_bytes", bytes, error));
  BSN_TRY(bsn_fit_note(&fit->record, 0, "", "parameters", (double)fit->net.n, error));
  BSN_TRY(evaluate(fit, &fit->rows->train, error));
  fit->start_loss = bsn_record_last(&fit->record, "objective");
  ask_stoppers(fit);
  return look(fit, false, error);
}

bool bsn_fit_update(bsn_fit *fit, bsn_error *error) {
  const size_t *rows;
  bsn_progress progress = {fit->step, fit->steps, fit->steps_per_epoch};
  double lr =
      bsn_optimizer_lr(fit->optimizer.type, fit->optimizer.config) * bsn_schedule_factor(&fit->schedule, &progress);
  size_t m = bsn_fit_next(fit, &rows);
  bsn_objective *o = fit->objective;
  if (fit->before) bsn_copy(fit->net.n, fit->w, fit->before);
  if (!o->select(o, rows, m, BSN_TRAIN) || !bsn_optimizer_step(&fit->optimizer, o, fit->w, lr))
    return bsn_fail(error, o->error.code, "%s", o->error.text);
  if (fit->step == 0 || fit->step == fit->work->next_loss) {
    BSN_TRY(bsn_fit_note(&fit->record, fit->step, "", "batch_loss", fit->optimizer.loss, error));
    BSN_TRY(bsn_fit_note(&fit->record, fit->step, "", "lr", lr, error));
    fit->work->next_loss = bsn_next_moment(&batch_losses, fit->step, bsn_longest, fit->steps_per_epoch);
  }
  fit->step++;
  return true;
}

bool bsn_fit_will_measure(const bsn_fit *fit) {
  bool unknown = fit->work->evaluated != fit->step || fit->work->sampled;
  return fit->step == 0 || (bsn_fit_is_over(fit) && unknown) || fit->step == fit->work->next_eval;
}

bool bsn_fit_settle(bsn_fit *fit, bsn_error *error) {
  if (diverged(fit, fit->optimizer.loss)) {
    end(fit, BSN_DIVERGED);
    return finish(fit, error);
  }
  if (fit->step == fit->work->next_eval) {
    BSN_TRY(evaluate(fit, &fit->work->sample, error));
    fit->work->next_eval = bsn_next_moment(&fit->spec->eval, fit->step, fit->steps, fit->steps_per_epoch);
    ask_stoppers(fit);
    tell_schedule(fit);
  }
  BSN_TRY(look(fit, false, error));
  return !fit->record.outcome || finish(fit, error);
}

bool bsn_fit_step(bsn_fit *fit, bsn_error *error) {
  BSN_TRY(bsn_fit_start(fit, error));
  if (!bsn_fit_is_over(fit)) return bsn_fit_update(fit, error) && bsn_fit_settle(fit, error);
  end(fit, BSN_BUDGET);
  return finish(fit, error);
}

/* ---- between steps ---- */
void bsn_fit_calendar(bsn_fit *fit) {
  bsn_fit_work *k = fit->work;
  /* what falls on the present step has been done, so the calendar starts behind it */
  k->next_eval = bsn_next_moment(&fit->spec->eval, fit->step, fit->steps, fit->steps_per_epoch);
  k->next_loss = bsn_next_moment(&batch_losses, fit->step - 1, bsn_longest, fit->steps_per_epoch);
  for (size_t i = 0; i < fit->nwatchers; i++)
    k->next_look[i] = bsn_next_moment(&fit->watcher[i].when, fit->step, fit->steps, fit->steps_per_epoch);
}

/* All that the rest of the run needs. */
static void pass(bsn_tape *t, void *state) {
  bsn_fit *fit = state;
  size_t bytes = fit->net.n * sizeof *fit->w;
  bsn_tape_pass(t, &fit->step, sizeof fit->step);
  bsn_tape_pass(t, &fit->best_step, sizeof fit->best_step);
  bsn_tape_pass(t, &fit->start_loss, sizeof fit->start_loss);
  bsn_tape_pass(t, &fit->work->evaluated, sizeof fit->work->evaluated);
  bsn_tape_pass(t, &fit->work->before, sizeof fit->work->before);
  bsn_tape_pass(t, &fit->plain->cost, sizeof fit->plain->cost);
  bsn_tape_pass(t, &fit->objective->cost, sizeof fit->objective->cost);
  bsn_tape_pass(t, fit->w, bytes);
  if (fit->best) bsn_tape_pass(t, fit->best, bytes);
  bsn_tape_optimizer(t, &fit->optimizer);
  bsn_tape_pass(t, fit->schedule.number, sizeof fit->schedule.number);
  for (size_t i = 0; i < fit->nregularisers; i++)
    bsn_tape_pass(t, fit->regulariser[i].number, sizeof fit->regulariser[i].number);
}

bool bsn_fit_pack(const bsn_fit *constant, bsn_arena *arena, void **bytes, size_t *n, bsn_error *error) {
  bsn_fit fit = *constant;
  bsn_fit_work work = *fit.work;
  fit.work = &work;
  work.before = spent(&fit);
  return bsn_tape_write(pass, &fit, &fit.record, arena, bytes, n, error);
}

bool bsn_fit_unpack(bsn_fit *fit, const void *bytes, size_t n, bsn_error *error) {
  BSN_TRY(bsn_tape_read(pass, fit, &fit->record, fit->arena, bytes, n, error));
  if (fit->step < 0 || fit->best_step > fit->step || fit->work->evaluated > fit->step)
    return bsn_fail(error, BSN_BAD_INPUT, "a checkpoint is damaged");
  fit->work->since = bsn_seconds();
  fit->work->ordered = -1;
  fit->work->sampled = fit->work->evaluated > 0 && fit->work->sample.n < fit->rows->train.n;
  bsn_fit_calendar(fit);
  return true;
}
