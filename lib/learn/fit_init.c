/* Making a fit: everything that it needs, before the first step. */
#include "learn/fit_parts.h"
#include "base/clock.h"
#include "learn/objective.h"
#include "model/weights.h"
#include "num/vector.h"
#include <string.h>

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

/* ---- parts ---- */
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

static bool make_work(bsn_fit *fit, bsn_error *error) {
  const bsn_dataset *set = fit->rows->train.set;
  bsn_fit_work *k = bsn_alloc_in(fit->arena, sizeof *k);
  size_t n = fit->rows->train.n;
  if (!k) return bsn_no_memory(error);
  *k = (bsn_fit_work){.ordered = -1, .evaluated = -1, .since = bsn_seconds()};
  fit->work = k;
  k->batch = bsn_length_of(fit->spec, n).batch;
  k->order = bsn_alloc_in(fit->arena, n * sizeof *k->order);
  k->next_look = bsn_alloc_in(fit->arena, (fit->nwatchers + 1) * sizeof *k->next_look);
  if (!k->order || !k->next_look) return bsn_no_memory(error);
  BSN_TRY(bsn_fit_sample(fit, error));
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

static bool read_weights(bsn_fit *fit, bsn_error *error) {
  const bsn_fit_spec *spec = fit->spec;
  bsn_error own = {0};
  if (bsn_weights_read(spec->weights, spec->weights_bytes, fit->net.ntensors, fit->net.tensor, fit->w, &own))
    return true;
  return bsn_fail(error, own.code, "%s: %s", spec->weights_file, own.text);
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
  return spec->weights ? read_weights(fit, error) : draw_weights(fit, error);
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
  bsn_length length = bsn_length_of(spec, rows->train.n);
  fit->steps = length.steps;
  fit->steps_per_epoch = length.steps_per_epoch;
  bsn_fit_calendar(fit);
  return true;
}
