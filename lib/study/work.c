#include "study/work.h"
#include "data/split.h"
#include "learn/watch.h"
#include "model/weights.h"
#include "study/continuing.h"
#include "study/job.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double bsn_clock(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void bsn_unit_key(const bsn_trial *trial, const char *kind, size_t index, char key[33]) {
  if (!strcmp(kind, "trial")) {
    memcpy(key, trial->key, 33);
    return;
  }
  if (!strcmp(kind, "probe")) {
    memcpy(key, trial->probe[index].key, 33);
    return;
  }
  char text[128];
  int n = snprintf(text, sizeof text, "%s %s %zu", trial->key, kind, index);
  bsn_hash_text(text, (size_t)n, key);
}

/* ---- data ---- */
static void forget_data(bsn_work *work) {
  bsn_arena_free(&work->data_arena);
  work->data = (bsn_loaded){0};
  memset(work->data_key, 0, sizeof work->data_key);
}

static void forget_source(bsn_work *work) {
  forget_data(work); /* it points into the source */
  bsn_data_unload(&work->source);
  bsn_arena_free(&work->source_arena);
  memset(work->source_key, 0, sizeof work->source_key);
}

static bool read_source(bsn_work *work, const bsn_trial *trial, bsn_error *error) {
  if (!strcmp(work->source_key, trial->source_key)) return true;
  const bsn_data *row = (const bsn_data *)trial->data.row;
  forget_source(work);
  BSN_TRY(bsn_data_read(&work->source, row, trial->data.config, &trial->data_options, &work->source_arena, error));
  memcpy(work->source_key, trial->source_key, sizeof work->source_key);
  return true;
}

static bool load(bsn_work *work, const bsn_trial *trial, bsn_error *error) {
  const bsn_data *row = (const bsn_data *)trial->data.row;
  if (!strcmp(work->data_key, trial->data_key)) return true;
  forget_data(work);
  if (!row) return true; /* a surface */
  BSN_TRY(read_source(work, trial, error));
  BSN_TRY(bsn_data_cut(&work->data, row, &work->source, &trial->data_options, &work->data_arena, error));
  memcpy(work->data_key, trial->data_key, sizeof work->data_key);
  return true;
}

static bool split(bsn_work *work, const bsn_trial *trial, bsn_error *error) {
  work->train = work->validation = work->test = (bsn_view){0};
  if (!trial->data.row) return true;
  bsn_view all = bsn_view_all(&work->data.train, &work->arena);
  size_t n = (size_t)(bsn_amount_of(trial->data_options.validation, (double)all.n) + 0.5);
  work->test = bsn_view_all(&work->data.test, &work->arena);
  work->validation = (bsn_view){0};
  work->train = all;
  if (!all.row || !work->test.row) return bsn_no_memory(error);
  if (n == 0) return true;
  if (n >= all.n) return bsn_fail(error, BSN_BAD_INPUT, "data.validation takes all %zu training rows", all.n);
  bsn_stream stream = bsn_stream_of(trial->fit.seeds.split, "split", "validation", 0);
  bool stratified = work->data.train.task == BSN_CLASSIFICATION;
  return bsn_holdout(&all, n, stratified, stream, &work->arena, &work->train, &work->validation) ||
         bsn_no_memory(error);
}

bool bsn_work_open(bsn_work *work, const bsn_trial *trial, bsn_error *error) {
  bsn_arena_free(&work->arena);
  work->trial = trial;
  BSN_TRY(load(work, trial, error));
  return split(work, trial, error);
}

void bsn_work_close(bsn_work *work) {
  forget_source(work);
  bsn_arena_free(&work->arena);
}

/* ---- records ---- */
static bool finish_record(const bsn_trial *t, bsn_record *record, double started) {
  char host[64] = "";
  gethostname(host, sizeof host - 1);
  record->host = bsn_text_in(record->arena, "%s", host);
  record->started = started;
  record->ended = bsn_clock();
  if (strcmp(record->kind, "trial")) return record->host;
  record->cell = t->cell;
  record->replicate = t->replicate;
  record->place = t->place;
  record->settings = t->settings;
  return record->host;
}

/* ---- one fit ---- */
typedef struct tester {
  const bsn_view *test;
} tester;

static bool watch_test(void *context, const bsn_fit *fit, bsn_record *record, bsn_error *error) {
  return bsn_fit_measure(fit, ((const tester *)context)->test, "test", record, error);
}

typedef struct saver {
  bsn_work *work;
  const char *key;
} saver;

static bool save_weights(void *context, const bsn_fit *fit, bsn_record *record, bsn_error *error) {
  (void)record;
  const saver *s = context;
  bsn_arena arena = {0};
  void *bytes;
  size_t n;
  const char *name = bsn_weights_name(&arena, s->key, fit->step);
  bool ok = name || bsn_no_memory(error);
  ok = ok && bsn_weights_pack(fit->net.ntensors, fit->net.tensor, fit->w, &arena, &bytes, &n, error) &&
       s->work->sink->save(s->work->sink, name, bytes, n, error);
  bsn_arena_free(&arena);
  return ok;
}

enum { WATCHERS = 4 }; /* besides probes */

bool bsn_job_keep(bsn_job *j, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_sink *sink = j->work->sink;
  void *bytes;
  size_t n;
  bool ok = bsn_probing_pack(&j->probing, j->fit, &arena, &bytes, &n, error) &&
            sink->save(sink, j->checkpoint, bytes, n, error);
  bsn_arena_free(&arena);
  return ok;
}

static bool make_fit(bsn_job *j, bsn_error *error) {
  *j->fit = (bsn_fit){.nwatchers = j->nwatchers, .watcher = j->watcher};
  return bsn_fit_init(j->fit, j->task.spec, j->task.rows, &j->work->arena, error);
}

/* From its own checkpoint, or from what a shorter fit left. One that does not fit (of an older build, say) is as good as none. */
bool bsn_job_take_up(bsn_job *j, bsn_error *error) {
  bsn_left left;
  bsn_work *work = j->work;
  bool there = work->sink->load(work->sink, j->checkpoint, &work->arena, &left.state, &left.n, error);
  if (!there && !error->code && !work->again) there = bsn_left_find(work, j->record, &left, error);
  if (!there) return error->code == BSN_OK;
  /* a fit that is run for its probes gains nothing from what the trial itself left, which knows nothing of them */
  if (bsn_probing_unpack(&j->probing, j->fit, left.state, left.n, work->again, error)) return true;
  return !error->code && make_fit(j, error);
}

/* What a longer fit starts from. */
static bool leave_state(bsn_job *j, bsn_error *error) {
  bsn_arena arena = {0};
  const bsn_fit *fit = j->fit;
  bsn_left left = {.step = fit->step,
                   .grads = fit->objective->cost.gradients / (double)fit->rows->train.n,
                   .steps_per_epoch = fit->steps_per_epoch,
                   .seconds = bsn_fit_seconds(fit)};
  bool ok = !j->work->room || j->work->again || left.seconds < j->work->toil;
  if (!ok && (ok = bsn_probing_pack(&j->probing, fit, &arena, &left.state, &left.n, error)))
    bsn_left_keep(j->work, j->record, &left);
  bsn_arena_free(&arena);
  return ok;
}

bool bsn_job_pass(bsn_job *j, bsn_error *error) {
  return !j->fit->step || !bsn_fit_is_over(j->fit) || leave_state(j, error);
}

void bsn_job_over(bsn_job *j) { bsn_probing_finish(&j->probing, j->fit->record.outcome, j->fit->record.outcome_step); }

static bool train(bsn_job *j, bsn_error *error) {
  bsn_work *work = j->work;
  bsn_fit *fit = j->fit;
  while (fit->record.outcome == BSN_UNDONE) {
    BSN_TRY(bsn_job_pass(j, error) && bsn_fit_step(fit, error));
    bsn_pause pause = work->ask ? work->ask(work->context, fit->step, fit->steps) : BSN_GO_ON;
    if (pause == BSN_GO_ON || fit->record.outcome) continue;
    BSN_TRY(bsn_job_keep(j, error));
    if (pause == BSN_PAUSE) return bsn_fail(error, BSN_PAUSED, "paused");
  }
  bsn_job_over(j);
  return true;
}

/* Who looks for the trial's own record: at test rows, to save weights, at fitted curves, into steps. */
static bool add_watchers(bsn_job *j, bsn_error *error) {
  bsn_work *work = j->work;
  const bsn_view *test = j->task.test;
  const bsn_trial *t = work->trial;
  const bsn_dataset *points = work->data.test.rows ? &work->data.test : &work->data.train;
  tester *testing = bsn_copy_in(&work->arena, &(tester){test}, sizeof *testing);
  saver *saving = bsn_copy_in(&work->arena, &(saver){work, j->record->key}, sizeof *saving);
  bsn_curve_watch *curve = bsn_copy_in(&work->arena, &(bsn_curve_watch){points}, sizeof *curve);
  if (!testing || !saving || !curve) return bsn_no_memory(error);
  const bsn_watcher all[WATCHERS] = {{.eval = true, .context = testing, .look = watch_test},
                                     {.when = t->save, .context = saving, .look = save_weights},
                                     {.when = t->curve, .context = curve, .look = bsn_watch_curve},
                                     {.when = t->internals, .look = bsn_watch_internals}};
  const bool wanted[WATCHERS] = {test && test->n, t->save.kind, t->curve.kind, t->internals.kind};
  for (size_t i = 0; i < WATCHERS; i++)
    if (wanted[i]) j->watcher[j->nwatchers++] = all[i];
  return true;
}

/* Those, and at the only fit of a trial its probes; the probes alone when the trial is done. */
static bool watch(bsn_job *j, bsn_error *error) {
  bsn_work *work = j->work;
  bool probes = !strcmp(j->record->kind, "trial");
  BSN_TRY(bsn_probing_init(&j->probing, work->trial, probes, work->sink, &work->arena, error));
  j->watcher = bsn_alloc_in(&work->arena, (WATCHERS + j->probing.n) * sizeof *j->watcher);
  if (!j->watcher) return bsn_no_memory(error);
  if (!work->again) BSN_TRY(add_watchers(j, error));
  for (size_t i = 0; i < j->probing.n; i++) j->watcher[j->nwatchers++] = bsn_probing_watcher(&j->probing.one[i]);
  return true;
}

static bool put_probes(bsn_job *j, bsn_error *error) {
  bsn_sink *sink = j->work->sink;
  for (size_t i = 0; i < j->probing.n; i++) {
    bsn_probing_one *one = &j->probing.one[i];
    if (one->gap) continue;
    if (!finish_record(j->work->trial, &one->record, j->started)) return bsn_no_memory(error);
    if (!sink->put(sink, &one->record, error)) return false;
  }
  return true;
}

/* The fit's results, under the unit's identity. */
static void take_results(bsn_record *record, const bsn_fit *fit) {
  bsn_record done = fit->record;
  memcpy(done.key, record->key, sizeof done.key);
  memcpy(done.trial, record->trial, sizeof done.trial);
  done.kind = record->kind;
  done.index = record->index;
  *record = done;
}

/* After the record that makes it useless: the unit's own, with a number for one of several fits of a unit; the last one of the
 * probes of a trial that is done. That trial's own checkpoint, which may be dropped a little later than its record is kept, is
 * another file. */
static bool name_checkpoint(bsn_job *j, bsn_error *error) {
  bsn_work *work = j->work;
  const char *unit_kind = bsn_protocol_of(work->trial)->unit_kind;
  size_t n = j->probing.n;
  char key[33], number[32] = "";
  if ((j->checkpoint = work->checkpoint)) return true;
  bsn_unit_key(work->trial, unit_kind, work->unit, key);
  if (strcmp(j->record->kind, unit_kind) != 0) snprintf(number, sizeof number, ".%lld", (long long)j->record->index);
  const char *last = work->again && n ? j->probing.one[n - 1].choice->key : key;
  j->checkpoint = bsn_text_in(&work->arena, "checkpoints/%s%s", last, number);
  return j->checkpoint || bsn_no_memory(error);
}

bsn_job *bsn_job_begin(bsn_work *work, const bsn_fit_task *task, bsn_fit *fit, const bsn_record *record,
                       bsn_error *error) {
  const bsn_job begun = {.work = work, .task = *task, .fit = fit, .record = record, .started = bsn_clock()};
  bsn_job *j = bsn_copy_in(&work->arena, &begun, sizeof begun);
  if (!j) return bsn_no_memory(error), NULL;
  return watch(j, error) && name_checkpoint(j, error) && make_fit(j, error) ? j : NULL;
}

bool bsn_job_end(bsn_job *j, bsn_record *record, bsn_error *error) {
  BSN_TRY(put_probes(j, error));
  /* behind the probes: a worker's drop takes effect with the next record, or when the unit is over */
  j->work->sink->drop(j->work->sink, j->checkpoint);
  take_results(record, j->fit);
  return true;
}

bool bsn_work_fit(bsn_work *work, const bsn_fit_spec *spec, const bsn_fit_rows *rows, const bsn_view *test,
                  bsn_fit *fit, bsn_record *record, bsn_error *error) {
  bsn_job *j = bsn_job_begin(work, &(bsn_fit_task){spec, rows, test}, fit, record, error);
  bool saved = false;
  if (!j) return false;
  if (work->again) {
    BSN_TRY(bsn_probing_saved(&j->probing, work->sink, fit, &saved, error));
    if (!saved) BSN_TRY(make_fit(j, error));
  }
  if (!saved) BSN_TRY(bsn_job_take_up(j, error) && train(j, error));
  return bsn_job_end(j, record, error);
}

/* ---- units ---- */
static size_t fits(const bsn_trial *trial) { return bsn_protocol_of(trial)->units(trial); }
static size_t reductions(const bsn_trial *trial) { return bsn_protocol_of(trial)->reduce ? 1 : 0; }

size_t bsn_work_units(const bsn_trial *trial) { return fits(trial) + reductions(trial) + (trial->nprobes ? 1 : 0); }

/* Did the fit that was just run leave a record of this probe, though it be of a failure? */
static bool has_failed(bsn_sink *sink, const char *key) {
  bsn_arena arena = {0};
  bsn_record record;
  bsn_error ignored = {0};
  bool there = sink->get(sink, key, &arena, &record, &ignored);
  bsn_arena_free(&arena);
  return there;
}

static bool lacks_probes(const bsn_trial *trial, bsn_sink *sink, bool fitted) {
  bool lacks = false;
  for (size_t i = 0; i < trial->nprobes && !lacks; i++) {
    const char *key = trial->probe[i].key;
    lacks = !sink->has(sink, key) && !(fitted && has_failed(sink, key));
  }
  return lacks;
}

size_t bsn_work_missing(const bsn_trial *trial, bsn_sink *sink, const bool *tried, size_t *unit) {
  const bsn_protocol *p = bsn_protocol_of(trial);
  size_t all = fits(trial), last = bsn_work_units(trial) - 1, n = 0;
  if (sink->has(sink, trial->key)) {
    *unit = last;
    return trial->nprobes && !tried[last] && lacks_probes(trial, sink, tried[0]);
  }
  for (size_t i = 0; i < all; i++) {
    char key[33];
    bsn_unit_key(trial, p->unit_kind, i, key);
    if (!tried[i] && !sink->has(sink, key)) unit[n++] = i;
  }
  if (n || !p->reduce || tried[all]) return n;
  *unit = all;
  return 1;
}

/* ---- doing one ---- */
static void fail_record(bsn_record *record, const bsn_error *error) {
  record->outcome = BSN_TRIAL_FAILED;
  record->message = bsn_text_in(record->arena, "%s", error->text);
}

/* Not the work's fault: the caller has to know. */
static bool passes_on(const bsn_error *own, bsn_error *error) {
  if (own->code != BSN_PAUSED && own->code != BSN_IO) return false;
  *error = *own;
  return true;
}

/* The probes of a finished trial: its fit once more, of which nothing else is recorded. */
static bool probe_again(bsn_work *work, bsn_error *error) {
  const bsn_trial *t = work->trial;
  bsn_record record;
  bsn_error own = {0};
  double started = bsn_clock();
  bsn_record_init(&record, &work->arena, t->key, t->key, "trial", 0);
  work->again = true;
  bool ok = bsn_protocol_of(t)->run(work, 0, &record, &own);
  work->again = false;
  if (!ok && passes_on(&own, error)) return false;
  for (size_t i = 0; i < t->nprobes && !ok; i++) {
    bsn_record_init(&record, &work->arena, t->probe[i].key, t->key, "probe", (int64_t)i);
    fail_record(&record, &own);
    if (!finish_record(t, &record, started)) return bsn_no_memory(error);
    BSN_TRY(work->sink->put(work->sink, &record, error));
  }
  return true;
}

bool bsn_unit_begin(const bsn_trial *t, size_t unit, bsn_arena *arena, bsn_record *record) {
  bool reduce = unit >= fits(t);
  const char *kind = reduce ? "trial" : bsn_protocol_of(t)->unit_kind;
  char key[33];
  bsn_unit_key(t, kind, reduce ? 0 : unit, key);
  bsn_record_init(record, arena, key, t->key, kind, reduce ? 0 : (int64_t)unit);
  return reduce;
}

bool bsn_unit_end(bsn_work *work, bsn_record *record, double started, const bsn_error *own, bsn_error *error) {
  if (own->code && passes_on(own, error)) return false;
  if (own->code) fail_record(record, own);
  if (!finish_record(work->trial, record, started)) return bsn_no_memory(error);
  return work->sink->put(work->sink, record, error);
}

bool bsn_work_run(bsn_work *work, size_t unit, bsn_error *error) {
  const bsn_trial *t = work->trial;
  const bsn_protocol *p = bsn_protocol_of(t);
  bsn_record record;
  bsn_error own = {0};
  double started = bsn_clock();
  work->unit = unit;
  if (unit >= fits(t) + reductions(t)) return probe_again(work, error);
  bool reduce = bsn_unit_begin(t, unit, &work->arena, &record);
  bool ok = reduce ? p->reduce(work, &record, &own) : p->run(work, unit, &record, &own);
  if (!ok && !own.code) bsn_fail(&own, BSN_FAILED, "failed");
  return bsn_unit_end(work, &record, started, &own, error);
}

bool bsn_work_continues(const bsn_trial *t, size_t unit, bsn_sink *sink, double *grads) {
  bsn_work work = {.sink = sink, .trial = t, .unit = unit};
  bsn_record record, member;
  bsn_left left = {0};
  bsn_error ignored = {0};
  bsn_unit_begin(t, unit, &work.arena, &record);
  bsn_record_init(&member, &work.arena, t->key, t->key, "member", 0); /* the first one of a unit that loops over them */
  bool yes = bsn_left_find(&work, &record, &left, &ignored) || bsn_left_find(&work, &member, &left, &ignored);
  bsn_arena_free(&work.arena);
  *grads = yes ? left.grads : 0;
  return yes;
}

bool bsn_work_probes_saved(const bsn_trial *t, bsn_sink *sink) {
  bsn_error ignored = {0};
  return bsn_probing_are_saved(t, sink, &ignored);
}

static bool put_failure(const bsn_trial *t, bsn_record *record, const char *why, bsn_sink *sink, bsn_error *error) {
  record->outcome = BSN_TRIAL_FAILED;
  record->message = why;
  return finish_record(t, record, bsn_clock()) ? sink->put(sink, record, error) : bsn_no_memory(error);
}

bool bsn_work_give_up(const bsn_trial *t, size_t unit, const char *why, bsn_sink *sink, bsn_arena *arena,
                      bsn_record *record, bsn_error *error) {
  if (unit < fits(t) + reductions(t)) {
    bsn_unit_begin(t, unit, arena, record);
    return put_failure(t, record, why, sink, error);
  }
  for (size_t i = 0; i < t->nprobes; i++) {
    if (sink->has(sink, t->probe[i].key)) continue;
    bsn_record_init(record, arena, t->probe[i].key, t->key, "probe", (int64_t)i);
    BSN_TRY(put_failure(t, record, why, sink, error));
  }
  return true;
}
