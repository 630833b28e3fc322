#include "study/worker.h"
#include "num/kernels.h"
#include "study/continuing.h"
#include "study/pipe.h"
#include "study/stacking.h"
#include "study/work.h"
#include <string.h>
#include <time.h>

/* ---- the sink that units see ---- */
typedef struct proxy {
  bsn_sink sink; /* first: the sink's address is the proxy's */
  const bsn_worker *worker;
  bsn_arena arena; /* of names to be dropped */
  size_t ndrops;
  const char **drop;
} proxy;

static proxy *proxy_of(bsn_sink *sink) { return (proxy *)(void *)sink; }

static bool say(const bsn_worker *w, bsn_say kind, int code, const void *bytes, size_t n) {
  return bsn_message_send(w->pipe, &(bsn_message){.kind = kind, .code = code, .n = n}, bytes);
}

static bool gone(bsn_error *error) { return bsn_fail(error, BSN_IO, "the runner is gone"); }

/* 1: yes, 0: no, -1: nobody answers. */
static int question(bsn_sink *sink, bsn_say kind, const char *key, bsn_arena *arena, void **bytes, size_t *n) {
  const bsn_worker *w = proxy_of(sink)->worker;
  bsn_message answer;
  if (!say(w, kind, 0, key, strlen(key)) || !bsn_message_receive(w->pipe, &answer, arena, bytes)) return -1;
  *n = answer.n;
  return answer.code;
}

static bool proxy_has(bsn_sink *sink, const char *key) {
  bsn_arena arena = {0};
  void *bytes;
  size_t n;
  int answer = question(sink, BSN_SAY_HAS, key, &arena, &bytes, &n);
  bsn_arena_free(&arena);
  return answer == 1;
}

static bool proxy_get(bsn_sink *sink, const char *key, bsn_arena *arena, bsn_record *record, bsn_error *error) {
  void *bytes;
  size_t n;
  int answer = question(sink, BSN_SAY_GET, key, arena, &bytes, &n);
  if (answer < 0) return gone(error);
  return answer && bsn_record_unpack(record, arena, bytes, n, error);
}

/* Checkpoints are dropped by the runner, behind the record that makes them useless: killed in between, nothing is lost but the
 * room, and what is left is swept away by the next run. */
static bool send_drops(proxy *p) {
  bool ok = true;
  for (size_t i = 0; ok && i < p->ndrops; i++) ok = say(p->worker, BSN_SAY_DROP, 0, p->drop[i], strlen(p->drop[i]));
  bsn_arena_free(&p->arena);
  p->ndrops = 0;
  p->drop = NULL;
  return ok;
}

static bool proxy_put(bsn_sink *sink, const bsn_record *record, bsn_error *error) {
  proxy *p = proxy_of(sink);
  bsn_arena arena = {0};
  void *bytes;
  size_t n;
  bool ok = bsn_record_pack(record, &arena, &bytes, &n, error);
  if (ok && !(say(p->worker, BSN_SAY_PUT, 0, bytes, n) && send_drops(p))) ok = gone(error);
  bsn_arena_free(&arena);
  return ok;
}

static bool proxy_save(bsn_sink *sink, const char *name, const void *bytes, size_t n, bsn_error *error) {
  bsn_sink *files = proxy_of(sink)->worker->files;
  return files->save(files, name, bytes, n, error);
}

static bool proxy_load(bsn_sink *sink, const char *name, bsn_arena *arena, void **bytes, size_t *n, bsn_error *error) {
  bsn_sink *files = proxy_of(sink)->worker->files;
  return files->load(files, name, arena, bytes, n, error);
}

/* A name that cannot be noted stays: a file too many, no harm. */
static void proxy_drop(bsn_sink *sink, const char *name) {
  proxy *p = proxy_of(sink);
  const char **drops = bsn_grow_in(&p->arena, p->drop, p->ndrops, sizeof *drops);
  if (drops) p->drop = drops;
  if (drops && (drops[p->ndrops] = bsn_text_in(&p->arena, "%s", name))) p->ndrops++;
}

static bool proxy_hold(bsn_sink *sink, const char *name, int *held, bsn_error *error) {
  bsn_sink *files = proxy_of(sink)->worker->files;
  return !files->hold || files->hold(files, name, held, error);
}

static void proxy_let_go(bsn_sink *sink, const char *name, int held) {
  bsn_sink *files = proxy_of(sink)->worker->files;
  if (files->let_go) files->let_go(files, name, held);
}

/* ---- units ---- */
typedef struct bench {
  const bsn_worker *worker;
  bsn_work work;
  bsn_arena arena; /* of the trial */
  bsn_trial trial;
  size_t index; /* of the trial in the study */
  double saved; /* when the last checkpoint was */
} bench;

/* The coarse clock costs a few nanoseconds: it can be read every step. */
static double coarse_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bsn_pause ask(void *context, int64_t step, int64_t steps) {
  bench *b = context;
  struct bsn_board_place *here = &b->worker->board->place[b->worker->place];
  atomic_store_explicit(&here->step, step, memory_order_relaxed);
  atomic_store_explicit(&here->steps, steps, memory_order_relaxed);
  if (atomic_load_explicit(&b->worker->board->pause, memory_order_relaxed)) return BSN_PAUSE;
  double now = coarse_now();
  if (now - b->saved < b->worker->checkpoint) return BSN_GO_ON;
  b->saved = now;
  return BSN_CHECKPOINT;
}

static bool open_trial(bench *b, size_t index, bsn_error *error) {
  if (b->index == index) return true;
  bsn_arena_free(&b->arena);
  b->index = SIZE_MAX;
  BSN_TRY(bsn_study_trial(b->worker->study, index, &b->arena, &b->trial, error));
  b->index = index;
  return true;
}

static bool keeps(void *context, size_t n) { return say(((bench *)context)->worker, BSN_SAY_FIRST, (int)n, NULL, 0); }

/* The fit of the open trial and those of n more. */
static bool do_fits(bench *b, size_t n, const size_t *number, bsn_arena *arena, bsn_error *error) {
  const bsn_trial *trial[BSN_STACK_MOST] = {&b->trial};
  bsn_trial *more = bsn_alloc_in(arena, n * sizeof *more);
  if (!more) return bsn_no_memory(error);
  for (size_t i = 0; i < n; i++) {
    BSN_TRY(bsn_study_trial(b->worker->study, number[i], arena, &more[i], error));
    trial[i + 1] = &more[i];
  }
  return bsn_stacking_run(
      &b->work, &(bsn_stacking){.n = n + 1, .trial = trial, .always = b->worker->stack, .context = b, .keeps = keeps},
      error);
}

static bool do_units(bench *b, const bsn_message *message, const void *bytes, bsn_arena *arena, bsn_error *error) {
  BSN_TRY(open_trial(b, message->trial, error));
  b->saved = coarse_now();
  b->work.room = bsn_left_room(&b->trial, b->worker->study->nplaces);
  BSN_TRY(bsn_work_open(&b->work, &b->trial, error));
  if (!message->n) return bsn_work_run(&b->work, message->unit, error);
  return do_fits(b, message->n / sizeof(size_t), bytes, arena, error);
}

void bsn_worker_run(const bsn_worker *worker) {
  proxy p = {.sink = {proxy_has, proxy_get, proxy_put, proxy_save, proxy_load, proxy_drop, .hold = proxy_hold,
                      .let_go = proxy_let_go},
             .worker = worker};
  bench b = {.worker = worker, .index = SIZE_MAX};
  b.work = (bsn_work){.sink = &p.sink, .ask = ask, .context = &b, .toil = BSN_LEFT_SECONDS};
  bsn_arena arena = {0};
  bsn_message message;
  void *bytes;
  bsn_flush_denormals();
  for (bool on = true; on && bsn_message_receive(worker->pipe, &message, &arena, &bytes);) {
    bsn_error error = {0};
    bool whole = do_units(&b, &message, bytes, &arena, &error);
    if (whole) send_drops(&p); /* of probes: no record comes behind theirs */
    on = say(worker, BSN_SAY_DONE, (int)error.code, error.text, strlen(error.text));
    bsn_arena_free(&arena);
  }
  bsn_arena_free(&arena);
  bsn_arena_free(&p.arena);
  bsn_arena_free(&b.arena);
  bsn_work_close(&b.work);
}
