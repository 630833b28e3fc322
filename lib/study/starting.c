#include "study/starting.h"
#include "learn/moment.h"
#include "study/form.h"
#include "study/job.h"
#include "study/protocol.h"
#include <math.h>
#include <string.h>

static bool no_memory(bsn_faults *faults) {
  faults->no_memory = true;
  return false;
}

/* ---- reading ---- */
typedef struct at_config {
  size_t step, epoch;
} at_config;

static const bsn_param at_params[] = {
    {"step", BSN_COUNT, offsetof(at_config, step), "0", .lo = 0, .hi = 9e15, .doc = "after so many steps"},
    {"epoch", BSN_COUNT, offsetof(at_config, epoch), "0", .lo = 0, .hi = 1e9, .doc = "after so many epochs"},
    {0}};

static bool read_at(bsn_reader *r, const bsn_value *v, bsn_moment *at) {
  at_config c = {0};
  *at = (bsn_moment){BSN_AT_END, 0};
  if (!v || (v->kind == BSN_SCALAR && !strcmp(v->text, "end"))) return true;
  if (v->kind == BSN_MAP && !bsn_read_params(r, at_params, v, "model.weights.at", &c, NULL)) return false;
  if (v->kind != BSN_MAP || !c.step == !c.epoch)
    return bsn_fault(r->faults, v->mark, "at must be end, {step: N} or {epoch: N}, N from 1 on");
  *at = c.step ? (bsn_moment){BSN_EVERY_STEPS, c.step} : (bsn_moment){BSN_EVERY_EPOCHS, c.epoch};
  return true;
}

/* "end", "step 50", "epoch 5". */
static const char *at_text(const bsn_moment *at, bsn_arena *arena) {
  if (at->kind == BSN_AT_END) return "end";
  return bsn_text_in(arena, "%s %zu", at->kind == BSN_EVERY_STEPS ? "step" : "epoch", at->n);
}

static bsn_value *put_all(bsn_arena *arena, bsn_value *tree, const bsn_value *of, bsn_faults *faults) {
  for (size_t i = 0; tree && i < of->n; i++) {
    if (!bsn_path_varies(of->key[i], of->keymark[i], faults)) return NULL;
    tree = bsn_tree_put(arena, tree, of->key[i], of->item[i], faults);
  }
  return tree;
}

static bool is_start(const bsn_value *v) { return v->kind == BSN_MAP && bsn_value_get(v, "of"); }

static const char *shown(const bsn_value *v, bsn_arena *arena) {
  if (!is_start(v)) return bsn_value_text(arena, v);
  const char *inner = bsn_start_label(v, arena);
  return inner ? bsn_text_in(arena, "(%s)", inner) : NULL;
}

const char *bsn_start_label(const bsn_value *start, bsn_arena *arena) {
  const bsn_value *of = bsn_value_get(start, "of"), *at = bsn_value_get(start, "at");
  const char *text = of && !of->n ? "from the same" : "from";
  if (!of || of->kind != BSN_MAP) return bsn_value_text(arena, start);
  for (size_t i = 0; text && i < of->n; i++) {
    const char *value = shown(of->item[i], arena);
    text = value ? bsn_text_in(arena, "%s%s %s %s", text, i ? ";" : "", of->key[i], value) : NULL;
  }
  if (!text || !at || at->kind != BSN_MAP || at->n != 1) return text;
  const char *when = bsn_value_text(arena, at->item[0]);
  return when ? bsn_text_in(arena, "%s at %s %s", text, at->key[0], when) : NULL;
}

bool bsn_start_read(bsn_start *start, bsn_arena *arena, bsn_value **tree, bsn_value **source, bsn_faults *faults) {
  static const char *const known[] = {"of", "at", NULL};
  static const bsn_param none[] = {{0}};
  bsn_reader r = {.arena = arena, .faults = faults, .tables = bsn_tables};
  const bsn_value *v = bsn_value_at(*tree, "model.weights"), *of = bsn_value_get(v, "of");
  *source = NULL;
  if (!v || v->kind != BSN_MAP) return true;
  if (!(*tree = bsn_value_without(arena, *tree, "model.weights"))) return no_memory(faults);
  bool ok = bsn_read_params(&r, none, v, "model.weights", NULL, known);
  if (!of || of->kind != BSN_MAP)
    return bsn_fault(
        faults, of ? of->mark : v->mark,
        "model.weights is a file, or {of: {PATH: VALUE, ..}}: what is different in the trial to start from");
  ok = read_at(&r, bsn_value_get(v, "at"), &start->at) && ok;
  start->mark = of->mark;
  if (!(start->of = bsn_value_text(arena, of)) || !(start->text = bsn_start_label(v, arena))) return no_memory(faults);
  return (*source = put_all(arena, *tree, of, faults)) && ok;
}

/* ---- checks ---- */
static bool is_one_fit(const bsn_trial *t, bsn_mark mark, bsn_faults *faults) {
  const char *ensemble = t->ensemble.row ? t->ensemble.row->name : "";
  if (bsn_protocol_of(t)->task) return true;
  return bsn_fault(faults, mark, "model.weights: {of: ..} goes from one fit to another, but %s%s%s makes many",
                   t->protocol.row->name, *ensemble ? " with " : "", ensemble);
}

/* May the source be over before? Not known where it is as long as something else says. */
static bool is_in_time(const bsn_moment *at, const bsn_train *train) {
  if (at->kind == BSN_EVERY_STEPS && train->steps) return at->n <= train->steps;
  return at->kind != BSN_EVERY_EPOCHS || !(train->epochs > 0) || (double)at->n <= train->epochs;
}

static bool same_amount(bsn_amount a, bsn_amount b) { return a.kind == b.kind && a.value == b.value; }

/* May rows of the two be the same ones? Those of a generator are others with another seed. */
static bool share_rows(const bsn_trial *a, const bsn_trial *b) {
  const bsn_data *data = (const bsn_data *)a->data.row;
  if (a->data.row != b->data.row) return false;
  return data->generated ? a->fit.seeds.data == b->fit.seeds.data : !strcmp(a->source_key, b->source_key);
}

/* Test rows that are drawn from those that a file has: are they left out by both? */
static bool same_test(const bsn_trial *t, const bsn_trial *source) {
  const bsn_data *data = (const bsn_data *)t->data.row;
  const bsn_data_options *a = &t->data_options, *b = &source->data_options;
  bool drawn = a->test.kind == BSN_AMOUNT_COUNT || a->test.kind == BSN_AMOUNT_SHARE;
  return !drawn || data->generated || data->has_test || (same_amount(a->test, b->test) && a->seed_test == b->seed_test);
}

static bool same_validation(const bsn_trial *t, const bsn_trial *source) {
  const bsn_data_options *a = &t->data_options, *b = &source->data_options;
  return a->validation.kind == BSN_AMOUNT_NONE ||
         (same_amount(a->validation, b->validation) && same_amount(a->train, b->train) &&
          a->seed_data == b->seed_data && t->fit.seeds.split == source->fit.seeds.split && same_test(t, source));
}

/* Weights must not know rows that this trial holds back, however long ago they saw them. */
static bool check_rows(const bsn_trial *t, bsn_faults *faults) {
  for (const bsn_trial *from = t->start.source; from; from = from->start.source) {
    const char *what = !same_test(t, from) ? "test" : !same_validation(t, from) ? "validation" : NULL;
    if (what && share_rows(t, from))
      return bsn_fault(faults, t->start.mark,
                       "the trial to start from holds back other %s rows: it may have trained on those of this one",
                       what);
  }
  return true;
}

bool bsn_start_check(const bsn_trial *t, bsn_faults *faults) {
  const bsn_start *s = &t->start;
  const bsn_moment *at = &s->at, *save = &s->source->save;
  const char *when = at_text(at, faults->arena), *unit = at->kind == BSN_EVERY_STEPS ? "steps" : "epochs";
  if (!when) return no_memory(faults);
  BSN_TRY(is_one_fit(t, s->mark, faults) && is_one_fit(s->source, s->mark, faults) && check_rows(t, faults));
  if (!is_in_time(at, &s->source->fit.train))
    return bsn_fault(faults, s->mark, "the trial to start from is over before %s", when);
  if (save->kind == at->kind && (at->kind == BSN_AT_END || at->n % save->n == 0)) return true;
  if (at->kind == BSN_AT_END)
    return bsn_fault(faults, s->mark, "the trial to start from does not save its weights at its end: give save: end");
  return bsn_fault(faults, s->mark, "the trial to start from does not save its weights at %s: give save: every %zu %s",
                   when, at->n, unit);
}

/* ---- identity ---- */
bool bsn_start_note(const bsn_start *start, bsn_settings *settings, bsn_arena *arena) {
  const char *at = at_text(&start->at, arena);
  const char *identity = at ? bsn_text_in(arena, "%s %s", start->source->key, at) : NULL;
  for (size_t i = 0; i < settings->n; i++)
    if (!strcmp(settings->item[i].path, "model.weights"))
      settings->item[i].value = start->text, settings->item[i].identity = identity;
  return identity;
}

/* ---- order ---- */
/* How many trials must be done before, one after the other. */
static size_t depth_of(const bsn_study *s, size_t i) {
  size_t depth = 0;
  while ((i = bsn_study_source(s, i)) != SIZE_MAX) depth++;
  return depth;
}

const size_t *bsn_start_order(const bsn_study *s, size_t n, const size_t *list, bsn_arena *arena) {
  size_t *order = bsn_alloc_in(arena, (n + 1) * sizeof *order), done = 0;
  for (size_t depth = 0; order && done < n; depth++)
    for (size_t i = 0; i < n; i++) {
      size_t number = list ? list[i] : i;
      if (depth_of(s, number) == depth) order[done++] = number;
    }
  return order;
}

/* ---- weights ---- */
static bool ended_well(bsn_work *work, const bsn_trial *source, bsn_record *record, bsn_error *error) {
  if (!work->sink->get(work->sink, source->key, &work->arena, record, error))
    return !error->code && bsn_fail(error, BSN_FAILED, "the trial that it starts from is not done: %s", source->key);
  if (record->outcome == BSN_TRIAL_FAILED)
    return bsn_fail(error, BSN_FAILED, "the trial that it starts from failed: %s",
                    record->message ? record->message : "no memory for the reason");
  return record->outcome != BSN_DIVERGED ||
         bsn_fail(error, BSN_FAILED, "the trial that it starts from diverged at step %lld",
                  (long long)record->outcome_step);
}

/* The step after which the weights were saved. */
static int64_t step_of(const bsn_start *start, const bsn_record *record) {
  const bsn_moment *save = &start->source->save;
  int64_t step = 0;
  if (start->at.kind == BSN_AT_END) return record->outcome_step;
  if (start->at.kind == BSN_EVERY_STEPS) return (int64_t)start->at.n;
  for (size_t i = 0; i < start->at.n / save->n && step <= record->outcome_step; i++)
    step = bsn_next_moment(save, step, INT64_MAX, bsn_record_last(record, "steps_per_epoch"));
  return step;
}

static bool load(bsn_work *work, const char *key, int64_t step, bsn_fit_spec *spec, bsn_error *error) {
  void *bytes;
  spec->weights_file = bsn_weights_name(&work->arena, key, step);
  if (!spec->weights_file) return bsn_no_memory(error);
  if (!work->sink->load(work->sink, spec->weights_file, &work->arena, &bytes, &spec->weights_bytes, error))
    return false;
  spec->weights = bytes;
  return true;
}

/* A trial that went back to its best weights has two kinds of weights at its last step: those of its end if it saved nothing else;
 * who saves on the way has step 0, too. */
static bool are_these(bsn_work *work, const bsn_start *start, const bsn_record *record, int64_t step,
                      bsn_error *error) {
  bsn_fit_spec first;
  if (step != record->outcome_step || isnan(bsn_record_last(record, "best_step"))) return true;
  bool on_the_way = load(work, start->source->key, 0, &first, error);
  return !error->code && on_the_way == (start->at.kind != BSN_AT_END);
}

static bool find(bsn_work *work, const bsn_start *start, const bsn_record *record, int64_t step, bsn_fit_spec *spec,
                 bsn_error *error) {
  return are_these(work, start, record, step, error) && load(work, start->source->key, step, spec, error);
}

/* The source once more, for its weights: it has its record. So what it is paused with stands beside them, where no sweep is. */
static bool train_again(bsn_work *work, const bsn_trial *source, bsn_error *error) {
  bsn_work own = {.sink = work->sink, .ask = work->ask, .context = work->context};
  bsn_trial alone = *source;
  bsn_record record;
  alone.nprobes = 0;
  if (!(own.checkpoint = bsn_text_in(&work->arena, "weights/%s/again", source->key))) return bsn_no_memory(error);
  bool ok = bsn_work_open(&own, &alone, error);
  if (ok) bsn_unit_begin(&alone, 0, &own.arena, &record);
  ok = ok && bsn_protocol_of(&alone)->run(&own, 0, &record, error);
  bsn_work_close(&own);
  return ok;
}

/* Of those that start from one source a single one makes its weights; the others wait, and have them then. */
static bool make(bsn_work *work, const bsn_start *start, const bsn_record *record, int64_t step, bsn_fit_spec *spec,
                 bsn_error *error) {
  bsn_sink *sink = work->sink;
  const char *key = start->source->key, *name = bsn_text_in(&work->arena, "checkpoints/%s.held", key);
  int held = -1;
  if (!name) return bsn_no_memory(error);
  if (sink->hold) BSN_TRY(sink->hold(sink, name, &held, error));
  bool ok = find(work, start, record, step, spec, error) ||
            (!error->code && train_again(work, start->source, error) && load(work, key, step, spec, error));
  if (sink->let_go) sink->let_go(sink, name, held);
  return ok;
}

static bool find_weights(bsn_work *work, const bsn_start *start, bsn_fit_spec *spec, bsn_error *error) {
  bsn_record record;
  BSN_TRY(ended_well(work, start->source, &record, error));
  int64_t step = step_of(start, &record);
  if (step > record.outcome_step)
    return bsn_fail(error, BSN_FAILED, "the trial that it starts from ended at step %lld, before step %lld",
                    (long long)record.outcome_step, (long long)step);
  if (find(work, start, &record, step, spec, error)) return true;
  if (error->code) return false;
  return make(work, start, &record, step, spec, error) ||
         (!error->code && bsn_fail(error, BSN_FAILED, "the trial that it starts from left no %s", spec->weights_file));
}

const bsn_fit_spec *bsn_start_spec(bsn_work *work, bsn_error *error) {
  const bsn_trial *t = work->trial;
  if (!t->start.source) return &t->fit;
  bsn_fit_spec *spec = bsn_copy_in(&work->arena, &t->fit, sizeof *spec);
  if (!spec) return bsn_no_memory(error), NULL;
  return find_weights(work, &t->start, spec, error) ? spec : NULL;
}
