#include "learn/fit.h"
#include "learn/moment.h"
#include "learn/objective.h"
#include "model/weights.h"
#include "num/draw.h"
#include "num/vector.h"
#include <math.h>
#include <string.h>
#include <time.h>

/* ---- the table of `train:` ---- */
static const char *const orders[] = {"epoch", "once", "iid", "sequential", NULL};
static const char *const remainders[] = {"short", "drop", NULL};
const bsn_param bsn_train_params[] = {
    {"batch", BSN_COUNT, offsetof(bsn_train, batch), "32", .lo = 1, .hi = 1e9, .doc = "examples of a step"},
    {"epochs", BSN_REAL, offsetof(bsn_train, epochs), "none", .lo = 0, .hi = 1e9, .above = true,
     .doc = "length of the run in passes over the training rows"},
    {"steps", BSN_COUNT, offsetof(bsn_train, steps), "none", .lo = 0, .hi = 1e15,
     .doc = "length of the run in updates"},
    {"budget", BSN_REAL, offsetof(bsn_train, budget), "none", .lo = 0, .hi = 1e12, .above = true,
     .doc = "length of the run in gradient evaluations, in units of the training rows"},
    {"order", BSN_WORD, offsetof(bsn_train, order), "epoch", .words = orders,
     .doc = "epoch: shuffled anew every epoch; once: shuffled once; iid: each batch drawn by itself; sequential: as "
            "the rows lie"},
    {"remainder", BSN_WORD, offsetof(bsn_train, remainder), "short", .words = remainders,
     .doc = "short: an epoch's last batch may be smaller; drop: it is left out"},
    {"replacement", BSN_FLAG, offsetof(bsn_train, replacement), "false", .doc = "order iid: draw with replacement"},
    {"schedule", BSN_ROW, offsetof(bsn_train, schedule), "constant", .table = "schedule",
     .doc = "how the learning rate changes"},
    {0}};

/* When the loss of a batch is recorded: at ten steps to a decade, which are the same ones however long the run is. */
enum { DECADES = 15 };
static const bsn_moment batch_losses = {BSN_LOG_POINTS, 10 * DECADES + 1};
static const int64_t longest = 1000000000000000; /* 10^DECADES: the most that `steps` may be */

typedef struct bsn_fit_work {
  bsn_evaluator *evaluator;
  bsn_real *z, *loss; /* of all rows of the larger view */
  size_t batch;
  size_t *order;   /* of the epoch, or the rows of one batch */
  int64_t ordered; /* the epoch that order holds; -1: none */
  int64_t next_eval, next_loss, *next_look;
  int64_t evaluated; /* last step with an evaluation; -1: none */
  bsn_view sample;   /* training rows of evaluations between start and end */
  bool sampled;      /* the last evaluation was of fewer than all training rows */
  double before;     /* seconds of earlier processes */
  double since;      /* clock at the start of this one */
} bsn_fit_work;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double spent(const bsn_fit *fit) { return fit->work->before + now() - fit->work->since; }
double bsn_fit_seconds(const bsn_fit *fit) { return spent(fit); }

void bsn_fit_rested(bsn_fit *fit, double seconds) { fit->work->since += seconds; }

/* ---- length ---- */
static void find_length(bsn_fit *fit) {
  const bsn_train *t = &fit->spec->train;
  double n = (double)fit->rows->train.n, b = (double)fit->work->batch, per = n / b;
  if (strcmp(t->order, "iid")) per = strcmp(t->remainder, "drop") ? ceil(per) : floor(per);
  fit->steps_per_epoch = per < 1 ? 1 : per;
  double steps = t->epochs > 0   ? t->epochs * fit->steps_per_epoch
                 : t->budget > 0 ? t->budget * n / b
                                 : (double)t->steps;
  fit->steps = (int64_t)fmin(ceil(steps - 1e-9), (double)longest);
}

bool bsn_fit_is_over(const bsn_fit *fit) {
  double budget = fit->spec->train.budget;
  return budget > 0 ? fit->objective->cost.gradients >= budget * (double)fit->rows->train.n : fit->step >= fit->steps;
}

bool bsn_fit_needs_length(const bsn_fit_spec *spec) {
  const bsn_choice *s = &spec->train.schedule;
  return bsn_schedule_needs_length((const bsn_schedule *)s->row, s->config) || bsn_moment_needs_length(&spec->eval);
}

/* ---- which rows a step sees ---- */
static bsn_stream order_stream(const bsn_fit *fit, int64_t index) {
  return bsn_stream_of(fit->spec->seeds.order, "order", fit->spec->name, (uint64_t)index);
}

static size_t independent_batch(bsn_fit *fit) {
  bsn_fit_work *k = fit->work;
  size_t n = fit->rows->train.n;
  bsn_stream s = order_stream(fit, fit->step);
  if (!fit->spec->train.replacement)
    bsn_sample(s, n, k->batch, k->order);
  else
    for (size_t i = 0; i < k->batch; i++) k->order[i] = bsn_below(s, i, n);
  return k->batch;
}

static void load_epoch(bsn_fit *fit, int64_t epoch) {
  bsn_fit_work *k = fit->work;
  const char *order = fit->spec->train.order;
  if (strcmp(order, "epoch")) epoch = 0;
  if (epoch == k->ordered) return;
  k->ordered = epoch;
  if (strcmp(order, "sequential"))
    bsn_permutation(order_stream(fit, epoch), fit->rows->train.n, k->order);
  else
    for (size_t i = 0; i < fit->rows->train.n; i++) k->order[i] = i;
}

/* The rows of the coming step: *rows points to their positions in the training view. */
static size_t next_batch(bsn_fit *fit, const size_t **rows) {
  bsn_fit_work *k = fit->work;
  *rows = k->order;
  if (!strcmp(fit->spec->train.order, "iid")) return independent_batch(fit);
  int64_t each = (int64_t)fit->steps_per_epoch;
  load_epoch(fit, fit->step / each);
  size_t from = (size_t)(fit->step % each) * k->batch, left = fit->rows->train.n - from;
  *rows = k->order + from;
  return left < k->batch ? left : k->batch;
}

size_t bsn_fit_next(bsn_fit *fit, const size_t **rows) {
  *rows = NULL;
  return bsn_optimizer_whole(fit->optimizer.type, fit->optimizer.config) ? 0 : next_batch(fit, rows);
}

/* ---- metrics ---- */
static double mean_loss(const bsn_view *view, const bsn_real *loss) {
  double sum = 0;
  for (size_t i = 0; i < view->n; i++) sum += (view->weight ? (double)view->weight[i] : 1.0) * (double)loss[i];
  return sum / (double)view->n;
}

static bool right(const bsn_real *z, size_t outputs, int32_t label) {
  if (outputs == 1) return (z[0] > 0) == (label == 1);
  size_t best = 0;
  for (size_t j = 1; j < outputs; j++)
    if (z[j] > z[best] || isnan(z[j])) best = j;
  return !isnan(z[best]) && best == (size_t)label;
}

static double accuracy(const bsn_view *view, const bsn_real *z, size_t outputs) {
  double sum = 0;
  for (size_t i = 0; i < view->n; i++)
    if (right(z + i * outputs, outputs, view->set->label[view->row[i]]))
      sum += view->weight ? (double)view->weight[i] : 1.0;
  return sum / (double)view->n;
}

static bool note(bsn_record *record, int64_t step, const char *prefix, const char *name, double value,
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

static bool note_all(const bsn_view *view, const bsn_real *z, size_t outputs, const bsn_real *loss, const char *prefix,
                     bsn_record *record, int64_t step, bsn_error *error) {
  BSN_TRY(note(record, step, prefix, "_loss", mean_loss(view, loss), error));
  return view->set->task != BSN_CLASSIFICATION ||
         note(record, step, prefix, "_accuracy", accuracy(view, z, outputs), error);
}

bool bsn_fit_measure(const bsn_fit *fit, const bsn_view *view, const char *prefix, bsn_record *record,
                     bsn_error *error) {
  bsn_arena arena = {0};
  size_t outputs = fit->net.io.outputs;
  bool classes = view->set->task == BSN_CLASSIFICATION;
  BSN_TRY(may_be_seen(view, prefix, error));
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

static bool measure_training(bsn_fit *fit, const bsn_view *rows, bsn_error *error) {
  bsn_record *r = &fit->record;
  BSN_TRY(bsn_fit_measure(fit, rows, "train", r, error));
  double objective = bsn_record_last(r, "train_loss");
  for (size_t i = 0; i < fit->nregularisers; i++) {
    const bsn_regulariser_state *s = &fit->regulariser[i];
    if (s->type->penalty) s->type->penalty(s->config, fit->net.ntensors, fit->net.tensor, fit->w, &objective, NULL);
  }
  fit->work->sampled = rows->n < fit->rows->train.n;
  return note(r, fit->step, "", "objective", objective, error);
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
    BSN_TRY(note(&fit->record, fit->step, "", "best_step", (double)fit->best_step, error));
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

static bool start(bsn_fit *fit, bsn_error *error) {
  fit->record.tainted = fit->spec->peek;
  BSN_TRY(note(&fit->record, 0, "", "steps_per_epoch", fit->steps_per_epoch, error));
  BSN_TRY(note(&fit->record, 0, "", "examples_per_epoch", (double)fit->rows->train.n, error));
  double bytes = (double)bsn_optimizer_bytes(fit->optimizer.type, fit->optimizer.config, fit->net.n);
  BSN_TRY(note(&fit->record, 0, "", "optimizer_bytes", bytes, error));
  BSN_TRY(note(&fit->record, 0, "", "parameters", (double)fit->net.n, error));
  BSN_TRY(evaluate(fit, &fit->rows->train, error));
  fit->start_loss = bsn_record_last(&fit->record, "objective");
  ask_stoppers(fit);
  return look(fit, false, error);
}

static bool update(bsn_fit *fit, bsn_error *error) {
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
    BSN_TRY(note(&fit->record, fit->step, "", "batch_loss", fit->optimizer.loss, error));
    BSN_TRY(note(&fit->record, fit->step, "", "lr", lr, error));
    fit->work->next_loss = bsn_next_moment(&batch_losses, fit->step, longest, fit->steps_per_epoch);
  }
  fit->step++;
  return true;
}

bool bsn_fit_step(bsn_fit *fit, bsn_error *error) {
  if (fit->step == 0 && fit->work->evaluated < 0) BSN_TRY(start(fit, error));
  if (bsn_fit_is_over(fit)) {
    end(fit, BSN_BUDGET);
    return finish(fit, error);
  }
  BSN_TRY(update(fit, error));
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

/* ---- making one ---- */
static void set_calendar(bsn_fit *fit) {
  bsn_fit_work *k = fit->work;
  /* what falls on the present step has been done, so the calendar starts behind it */
  k->next_eval = bsn_next_moment(&fit->spec->eval, fit->step, fit->steps, fit->steps_per_epoch);
  k->next_loss = bsn_next_moment(&batch_losses, fit->step - 1, longest, fit->steps_per_epoch);
  for (size_t i = 0; i < fit->nwatchers; i++)
    k->next_look[i] = bsn_next_moment(&fit->watcher[i].when, fit->step, fit->steps, fit->steps_per_epoch);
}

static bool check_metric(const bsn_fit *fit, const char *who, const char *metric, bsn_error *error) {
  bool validation = !strncmp(metric, "validation_", 11), train = !strncmp(metric, "train_", 6);
  if (fit->spec->peek && !strncmp(metric, "test_", 5)) return true;
  if (!validation && !train)
    return bsn_fail(error, BSN_BAD_INPUT, "%s: '%s' cannot be watched: only validation_ and train_ metrics decide", who,
                    metric);
  if (validation && !fit->rows->validation.n)
    return bsn_fail(error, BSN_BAD_INPUT, "%s watches %s, but there are no validation rows: give data.validation", who,
                    metric);
  bool classes = fit->rows->train.set->task == BSN_CLASSIFICATION;
  const char *rest = strchr(metric, '_');
  if (strcmp(rest, "_loss") && !(classes && !strcmp(rest, "_accuracy")))
    return bsn_fail(error, BSN_BAD_INPUT, "%s watches '%s', which is not recorded", who, metric);
  return true;
}

static bool make_regularisers(bsn_fit *fit, bsn_error *error) {
  const bsn_choices *list = &fit->spec->regularise;
  fit->nregularisers = list->n;
  fit->regulariser = bsn_alloc_in(fit->arena, list->n * sizeof *fit->regulariser);
  if (!fit->regulariser) return bsn_no_memory(error);
  for (size_t i = 0; i < list->n; i++) {
    const bsn_regulariser *r = (const bsn_regulariser *)list->item[i].row;
    fit->regulariser[i] = (bsn_regulariser_state){.type = r, .config = list->item[i].config};
    if (!r->stop) continue;
    BSN_TRY(check_metric(fit, r->row.name, r->metric(list->item[i].config), error));
    if (!fit->best) fit->best = bsn_reals_in(fit->arena, fit->net.n);
    if (!fit->best) return bsn_no_memory(error);
  }
  return true;
}

/* Rows 0, N/n, 2N/n, .. of N: the same ones each time, so that a curve is smooth. */
static bool make_sample(bsn_fit *fit, bsn_error *error) {
  bsn_amount a = fit->spec->eval_rows;
  const bsn_view *all = &fit->rows->train;
  double want = a.kind == BSN_AMOUNT_SHARE ? fmax(1, a.value * (double)all->n + 0.5) : a.value;
  bool some = (a.kind == BSN_AMOUNT_SHARE || a.kind == BSN_AMOUNT_COUNT) && want < (double)all->n;
  fit->work->sample = *all;
  if (!some) return true;
  bsn_arena arena = {0};
  size_t n = (size_t)want, *pick = bsn_alloc_in(&arena, n * sizeof *pick);
  for (size_t i = 0; pick && i < n; i++) pick[i] = (size_t)((double)i * (double)all->n / (double)n);
  if (pick) fit->work->sample = bsn_view_pick(all, pick, n, fit->arena);
  bsn_arena_free(&arena);
  return (pick && fit->work->sample.row) || bsn_no_memory(error);
}

static bool make_work(bsn_fit *fit, bsn_error *error) {
  const bsn_dataset *set = fit->rows->train.set;
  bsn_fit_work *k = bsn_alloc_in(fit->arena, sizeof *k);
  size_t n = fit->rows->train.n;
  if (!k) return bsn_no_memory(error);
  *k = (bsn_fit_work){.ordered = -1, .evaluated = -1, .since = now()};
  fit->work = k;
  k->batch = bsn_optimizer_whole(fit->optimizer.type, fit->optimizer.config) || fit->spec->train.batch > n
                 ? n
                 : fit->spec->train.batch;
  k->order = bsn_alloc_in(fit->arena, n * sizeof *k->order);
  k->next_look = bsn_alloc_in(fit->arena, (fit->nwatchers + 1) * sizeof *k->next_look);
  if (!k->order || !k->next_look) return bsn_no_memory(error);
  BSN_TRY(make_sample(fit, error));
  k->evaluator = bsn_evaluator_in(fit->arena, &fit->net, &fit->spec->loss, set, &fit->rows->transform, error);
  return k->evaluator;
}

/* Initial weights come from streams of the tensors' names, behind the fit's own. */
static bool draw_weights(bsn_fit *fit, bsn_error *error) {
  const bsn_fit_spec *spec = fit->spec;
  bsn_arena arena = {0};
  bsn_tensor *tensor = bsn_copy_in(&arena, fit->net.tensor, fit->net.ntensors * sizeof *tensor);
  bool ok = tensor;
  for (size_t i = 0; ok && *spec->name && i < fit->net.ntensors; i++)
    ok = (tensor[i].name = bsn_text_in(&arena, "%s.%s", spec->name, tensor[i].name));
  if (ok) bsn_init_all(&spec->init, fit->net.ntensors, tensor, spec->seeds.init, fit->w);
  bsn_arena_free(&arena);
  return ok || bsn_no_memory(error);
}

static bool make_net(bsn_fit *fit, bsn_error *error) {
  const bsn_fit_spec *spec = fit->spec;
  const bsn_dataset *set = fit->rows->train.set;
  bsn_io io = {.axes = set->axes, .outputs = bsn_outputs_for(&spec->loss, set)};
  memcpy(io.shape, set->shape, sizeof io.shape);
  BSN_TRY(bsn_loss_fits(&spec->loss, set, error));
  BSN_TRY(bsn_net_init(&fit->net, (const bsn_model *)spec->model.row, spec->model.config, &io, fit->arena, error));
  fit->w = bsn_reals_in(fit->arena, fit->net.n);
  fit->before = spec->internals ? bsn_reals_in(fit->arena, fit->net.n) : NULL;
  if (!fit->w || (spec->internals && !fit->before)) return bsn_no_memory(error);
  if (spec->weights)
    return bsn_weights_read(spec->weights, spec->weights_bytes, fit->net.ntensors, fit->net.tensor, fit->w, error);
  return draw_weights(fit, error);
}

bsn_objective *bsn_fit_objective_in(const bsn_fit *fit, bsn_arena *arena, bsn_error *error) {
  bsn_objective *o =
      bsn_net_objective_in(arena, &fit->net, &fit->spec->loss, &fit->rows->train, &fit->rows->transform, error);
  bsn_objective *whole = o ? bsn_penalised_in(arena, o, fit->nregularisers, fit->regulariser) : NULL;
  if (o && !whole) bsn_no_memory(error);
  return whole;
}

static bool make_optimizer(bsn_fit *fit, bsn_error *error) {
  const bsn_fit_spec *spec = fit->spec;
  const bsn_optimizer *type = (const bsn_optimizer *)spec->optimizer.row;
  bsn_objective *o =
      bsn_net_objective_in(fit->arena, &fit->net, &spec->loss, &fit->rows->train, &fit->rows->transform, error);
  if (!o) return false;
  fit->plain = o;
  fit->objective = bsn_penalised_in(fit->arena, o, fit->nregularisers, fit->regulariser);
  if (!fit->objective || !bsn_optimizer_init(&fit->optimizer, type, spec->optimizer.config, fit->net.n, fit->arena))
    return bsn_no_memory(error);
  const bsn_schedule *s = (const bsn_schedule *)spec->train.schedule.row;
  fit->schedule = (bsn_schedule_state){.type = s, .config = spec->train.schedule.config};
  const char *metric = bsn_schedule_metric(s, fit->schedule.config);
  return !metric || check_metric(fit, s->row.name, metric, error);
}

bool bsn_fit_init(bsn_fit *fit, const bsn_fit_spec *spec, const bsn_fit_rows *rows, bsn_arena *arena,
                  bsn_error *error) {
  size_t nwatchers = fit->nwatchers;
  const bsn_watcher *watcher = fit->watcher;
  *fit = (bsn_fit){
      .spec = spec, .rows = rows, .arena = arena, .best_step = -1, .nwatchers = nwatchers, .watcher = watcher};
  bsn_record_init(&fit->record, arena, "", "", "fit", 0);
  if (rows->train.n == 0) return bsn_fail(error, BSN_BAD_INPUT, "there are no training rows");
  if (rows->train.set->sealed || (rows->validation.n && rows->validation.set->sealed))
    return bsn_fail(error, BSN_BAD_INPUT, "test rows are sealed: no fit may see them");
  BSN_TRY(make_net(fit, error));
  BSN_TRY(make_regularisers(fit, error));
  BSN_TRY(make_optimizer(fit, error));
  BSN_TRY(make_work(fit, error));
  find_length(fit);
  set_calendar(fit);
  return true;
}

/* ---- checkpoints: one walk over the state serves measuring, writing and reading ---- */
typedef struct tape {
  char *at, *end; /* where the next bytes are; NULL: only count */
  size_t n;
  bool read, short_of;
} tape;

static void pass(tape *t, void *bytes, size_t n) {
  t->n += n;
  if (!t->at) return;
  if ((size_t)(t->end - t->at) < n) {
    t->short_of = true;
    return;
  }
  memcpy(t->read ? bytes : t->at, t->read ? t->at : bytes, n);
  t->at += n;
}

static void pass_optimizer(tape *t, bsn_optimizer_state *s) {
  pass(t, &s->t, sizeof s->t);
  pass(t, &s->loss, sizeof s->loss);
  pass(t, s->number, BSN_OPTIMIZER_NUMBERS * sizeof *s->number);
  for (size_t i = 0; i < s->nslots; i++) pass(t, s->slot[i], s->n * sizeof **s->slot);
  if (s->inner) pass_optimizer(t, s->inner);
}

static void pass_state(tape *t, bsn_fit *fit) {
  size_t bytes = fit->net.n * sizeof *fit->w;
  pass(t, &fit->step, sizeof fit->step);
  pass(t, &fit->best_step, sizeof fit->best_step);
  pass(t, &fit->start_loss, sizeof fit->start_loss);
  pass(t, &fit->work->evaluated, sizeof fit->work->evaluated);
  pass(t, &fit->work->before, sizeof fit->work->before);
  pass(t, &fit->plain->cost, sizeof fit->plain->cost);
  pass(t, &fit->objective->cost, sizeof fit->objective->cost);
  pass(t, fit->w, bytes);
  if (fit->best) pass(t, fit->best, bytes);
  pass_optimizer(t, &fit->optimizer);
  pass(t, fit->schedule.number, sizeof fit->schedule.number);
  for (size_t i = 0; i < fit->nregularisers; i++)
    pass(t, fit->regulariser[i].number, sizeof fit->regulariser[i].number);
}

bool bsn_fit_pack(const bsn_fit *constant, bsn_arena *arena, void **bytes, size_t *n, bsn_error *error) {
  bsn_fit fit = *constant;
  bsn_fit_work work = *fit.work;
  void *record;
  size_t size;
  fit.work = &work;
  work.before = spent(&fit);
  BSN_TRY(bsn_record_pack(&fit.record, arena, &record, &size, error));
  tape count = {0};
  pass_state(&count, &fit);
  char *out = bsn_alloc_in(arena, count.n + size);
  if (!out) return bsn_no_memory(error);
  pass_state(&(tape){.at = out, .end = out + count.n}, &fit);
  memcpy(out + count.n, record, size);
  *bytes = out;
  *n = count.n + size;
  return true;
}

bool bsn_fit_unpack(bsn_fit *fit, const void *bytes, size_t n, bsn_error *error) {
  tape count = {0}, in = {.at = (char *)(uintptr_t)bytes, .end = (char *)(uintptr_t)bytes + n, .read = true};
  pass_state(&count, fit);
  if (n < count.n) return bsn_fail(error, BSN_BAD_INPUT, "a checkpoint is too short: %zu bytes, not %zu", n, count.n);
  pass_state(&in, fit);
  BSN_TRY(bsn_record_unpack(&fit->record, fit->arena, (const char *)bytes + count.n, n - count.n, error));
  fit->work->since = now();
  fit->work->ordered = -1;
  fit->work->sampled = fit->work->evaluated > 0 && fit->work->sample.n < fit->rows->train.n;
  set_calendar(fit);
  return true;
}
