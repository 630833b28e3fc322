#include "study/work.h"
#include "data/split.h"
#include "learn/watch.h"
#include "model/weights.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double clock_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void bsn_unit_key(const bsn_trial *trial, const char *kind, size_t index, char key[33]) {
  if (!strcmp(kind, "trial")) {
    memcpy(key, trial->key, 33);
    return;
  }
  char text[128];
  int n = snprintf(text, sizeof text, "%s %s %zu", trial->key, kind, index);
  bsn_hash_text(text, (size_t)n, key);
}

/* ---- data ---- */
static bool load(bsn_work *work, const bsn_trial *trial, bsn_error *error) {
  if (!strcmp(work->data_key, trial->data_key)) return true;
  bsn_data_unload(&work->data);
  bsn_arena_free(&work->data_arena);
  memset(work->data_key, 0, sizeof work->data_key);
  const bsn_data *row = (const bsn_data *)trial->data.row;
  BSN_TRY(bsn_data_load(&work->data, row, trial->data.config, &trial->data_options, &work->data_arena, error));
  memcpy(work->data_key, trial->data_key, sizeof work->data_key);
  return true;
}

static size_t amount_of(bsn_amount a, size_t n) {
  double value = a.kind == BSN_AMOUNT_SHARE ? a.value * (double)n + 0.5 : a.kind == BSN_AMOUNT_COUNT ? a.value : 0;
  return (size_t)value;
}

static bool split(bsn_work *work, const bsn_trial *trial, bsn_error *error) {
  bsn_view all = bsn_view_all(&work->data.train, &work->arena);
  size_t n = amount_of(trial->data_options.validation, all.n);
  work->test = bsn_view_all(&work->data.test, &work->arena);
  work->validation = (bsn_view){0};
  work->train = all;
  if (!all.row || !work->test.row) return bsn_no_memory(error);
  if (n == 0) return true;
  if (n >= all.n) return bsn_fail(error, BSN_BAD_INPUT, "data.validation takes all %zu training rows", all.n);
  bsn_stream stream = bsn_stream_of(trial->fit.seeds.split, "split", "validation", 0);
  bool stratified = work->data.train.task == BSN_CLASSIFICATION;
  return bsn_holdout(&all, n, stratified, stream, &work->arena, &work->train, &work->validation) || bsn_no_memory(error);
}

bool bsn_work_open(bsn_work *work, const bsn_trial *trial, bsn_error *error) {
  bsn_arena_free(&work->arena);
  work->trial = trial;
  BSN_TRY(load(work, trial, error));
  return split(work, trial, error);
}

void bsn_work_close(bsn_work *work) {
  bsn_data_unload(&work->data);
  bsn_arena_free(&work->data_arena);
  bsn_arena_free(&work->arena);
  memset(work->data_key, 0, sizeof work->data_key);
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
  const char *name = bsn_text_in(&arena, "weights/%s/%lld.safetensors", s->key, (long long)fit->step);
  bool ok = name || bsn_no_memory(error);
  ok = ok && bsn_weights_pack(fit->net.ntensors, fit->net.tensor, fit->w, &arena, &bytes, &n, error) &&
       s->work->sink->save(s->work->sink, name, bytes, n, error);
  bsn_arena_free(&arena);
  return ok;
}

static bool keep_checkpoint(bsn_work *work, const bsn_fit *fit, const char *name, bsn_error *error) {
  bsn_arena arena = {0};
  void *bytes;
  size_t n;
  bool ok = bsn_fit_pack(fit, &arena, &bytes, &n, error) && work->sink->save(work->sink, name, bytes, n, error);
  bsn_arena_free(&arena);
  return ok;
}

/* A checkpoint that does not fit (of an older build, say) is as good as none. */
static bool take_up(bsn_work *work, bsn_fit *fit, const char *name, bsn_error *error) {
  void *bytes;
  size_t n;
  if (!work->sink->load(work->sink, name, &work->arena, &bytes, &n, error)) return error->code == BSN_OK;
  return bsn_fit_unpack(fit, bytes, n, error);
}

static bool train(bsn_work *work, bsn_fit *fit, const char *name, bsn_error *error) {
  while (fit->record.outcome == BSN_UNDONE) {
    BSN_TRY(bsn_fit_step(fit, error));
    bsn_pause pause = work->ask ? work->ask(work->context, fit->step, fit->steps) : BSN_GO_ON;
    if (pause == BSN_GO_ON || fit->record.outcome) continue;
    BSN_TRY(keep_checkpoint(work, fit, name, error));
    if (pause == BSN_PAUSE) return bsn_fail(error, BSN_PAUSED, "paused");
  }
  return true;
}

/* Everything that looks at this fit: test rows, saved weights, fitted curves, internals of steps. */
static bool add_watchers(bsn_work *work, const bsn_view *test, const char *key, bsn_fit *fit, bsn_error *error) {
  const bsn_trial *t = work->trial;
  tester *testing = bsn_copy_in(&work->arena, &(tester){test}, sizeof *testing);
  saver *saving = bsn_copy_in(&work->arena, &(saver){work, key}, sizeof *saving);
  const bsn_dataset *points = work->data.test.rows ? &work->data.test : &work->data.train;
  bsn_curve_watch *curve = bsn_copy_in(&work->arena, &(bsn_curve_watch){points}, sizeof *curve);
  if (!testing || !saving || !curve) return bsn_no_memory(error);
  const bsn_watcher all[] = {{.eval = true, .context = testing, .look = watch_test},
                             {.when = t->save, .context = saving, .look = save_weights},
                             {.when = t->curve, .context = curve, .look = bsn_watch_curve},
                             {.when = t->internals, .look = bsn_watch_internals}};
  const bool wanted[] = {test && test->n, t->save.kind, t->curve.kind, t->internals.kind};
  bsn_watcher *list = bsn_alloc_in(&work->arena, sizeof all);
  if (!list) return bsn_no_memory(error);
  *fit = (bsn_fit){.watcher = list};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (wanted[i]) list[fit->nwatchers++] = all[i];
  return true;
}

bool bsn_work_fit(bsn_work *work, const bsn_fit_spec *spec, const bsn_fit_rows *rows, const bsn_view *test, bsn_fit *fit,
                  bsn_record *record, bsn_error *error) {
  const char *name = bsn_text_in(&work->arena, "checkpoints/%s", record->key);
  if (!name) return bsn_no_memory(error);
  BSN_TRY(add_watchers(work, test, record->key, fit, error));
  BSN_TRY(bsn_fit_init(fit, spec, rows, &work->arena, error));
  BSN_TRY(take_up(work, fit, name, error));
  BSN_TRY(train(work, fit, name, error));
  work->sink->drop(work->sink, name);
  bsn_record done = fit->record; /* its results, under the unit's identity */
  memcpy(done.key, record->key, sizeof done.key);
  memcpy(done.trial, record->trial, sizeof done.trial);
  done.kind = record->kind;
  done.index = record->index;
  *record = done;
  return true;
}

/* ---- units ---- */
size_t bsn_work_units(const bsn_trial *trial) {
  const bsn_protocol *p = (const bsn_protocol *)trial->protocol.row;
  return p->units(trial) + (p->reduce ? 1 : 0);
}

static void fail_record(bsn_record *record, const bsn_error *error) {
  record->outcome = BSN_TRIAL_FAILED;
  record->message = bsn_text_in(record->arena, "%s", error->text);
}

static bool finish_record(const bsn_trial *t, bsn_record *record, double started) {
  char host[64] = "";
  gethostname(host, sizeof host - 1);
  record->host = bsn_text_in(record->arena, "%s", host);
  record->started = started;
  record->ended = clock_now();
  if (strcmp(record->kind, "trial")) return record->host;
  record->cell = t->cell;
  record->replicate = t->replicate;
  record->place = t->place;
  record->settings = t->settings;
  return record->host;
}

/* Is this unit the reduction? */
static bool start_record(const bsn_trial *t, size_t unit, bsn_arena *arena, bsn_record *record) {
  const bsn_protocol *p = (const bsn_protocol *)t->protocol.row;
  bool reduce = unit >= p->units(t);
  const char *kind = reduce ? "trial" : p->unit_kind;
  char key[33];
  bsn_unit_key(t, kind, reduce ? 0 : unit, key);
  bsn_record_init(record, arena, key, t->key, kind, reduce ? 0 : (int64_t)unit);
  return reduce;
}

void bsn_work_key(const bsn_trial *trial, size_t unit, char key[33]) {
  bsn_arena none = {0};
  bsn_record record;
  start_record(trial, unit, &none, &record);
  memcpy(key, record.key, sizeof record.key);
}

bool bsn_work_give_up(const bsn_trial *trial, size_t unit, const char *why, bsn_sink *sink, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_record record;
  start_record(trial, unit, &arena, &record);
  record.outcome = BSN_TRIAL_FAILED;
  record.message = why;
  bool ok = finish_record(trial, &record, clock_now()) || bsn_no_memory(error);
  ok = ok && sink->put(sink, &record, error);
  bsn_arena_free(&arena);
  return ok;
}

bool bsn_work_run(bsn_work *work, size_t unit, bsn_error *error) {
  const bsn_trial *t = work->trial;
  const bsn_protocol *p = (const bsn_protocol *)t->protocol.row;
  bsn_record record;
  bsn_error own = {0};
  double started = clock_now();
  bool reduce = start_record(t, unit, &work->arena, &record);
  bool ok = reduce ? p->reduce(work, &record, &own) : p->run(work, unit, &record, &own);
  if (!ok && (own.code == BSN_PAUSED || own.code == BSN_IO)) {
    *error = own;
    return false;
  }
  if (!ok) fail_record(&record, &own);
  if (!finish_record(t, &record, started)) return bsn_no_memory(error);
  return work->sink->put(work->sink, &record, error);
}
