#include "study/probing.h"
#include "base/clock.h"
#include "learn/moment.h"
#include "model/weights.h"
#include <string.h>

static void clear(bsn_probing *p, bsn_probing_one *one) {
  size_t index = (size_t)(one->choice - p->trial->probe);
  bsn_record_init(&one->record, p->arena, one->choice->key, p->trial->key, "probe", (int64_t)index);
}

bool bsn_probing_init(bsn_probing *p, const bsn_trial *trial, bool any, bsn_sink *sink, bsn_arena *arena,
                      bsn_error *error) {
  *p = (bsn_probing){.arena = arena, .trial = trial};
  p->one = bsn_alloc_in(arena, (trial->nprobes + 1) * sizeof *p->one);
  if (!p->one) return bsn_no_memory(error);
  for (size_t i = 0; any && i < trial->nprobes; i++) {
    if (sink->has(sink, trial->probe[i].key)) continue;
    bsn_probing_one *one = &p->one[p->n++];
    *one = (bsn_probing_one){.all = p, .choice = &trial->probe[i]};
    clear(p, one);
  }
  return true;
}

/* ---- measuring ---- */
/* What the fit minimises on all its rows, with an account of its own. */
static bool make_objective(bsn_probing *p, const bsn_fit *fit, bsn_error *error) {
  if (!p->objective) p->objective = bsn_fit_objective_in(fit, p->arena, error);
  return p->objective;
}

/* The two scales let views of the store count epochs. */
static bool note_scales(const bsn_fit *fit, bsn_record *r, bsn_error *error) {
  if (r->nmetrics) return true;
  return (bsn_record_metric(r, 0, "steps_per_epoch", fit->steps_per_epoch) &&
          bsn_record_metric(r, 0, "examples_per_epoch", (double)fit->rows->train.n)) ||
         bsn_no_memory(error);
}

static void fail(bsn_record *r, const bsn_error *error) {
  r->outcome = BSN_TRIAL_FAILED;
  r->message = bsn_text_in(r->arena, "%s", error->text);
}

static bool measure(bsn_probing_one *one, const bsn_fit *fit, bsn_error *error) {
  bsn_probing *p = one->all;
  const bsn_probe *probe = (const bsn_probe *)one->choice->probe.row;
  BSN_TRY(make_objective(p, fit, error) && note_scales(fit, &one->record, error));
  bsn_cost before = p->objective->cost;
  bsn_stream stream = bsn_stream_of(fit->spec->seeds.probe, "probe", probe->row.name, (uint64_t)fit->step);
  BSN_TRY(probe->measure(one->choice->probe.config, p->objective, fit->w, stream, &one->record, fit->step, error));
  one->record.grads += (p->objective->cost.gradients - before.gradients) / (double)p->objective->rows;
  one->record.products += (p->objective->cost.products - before.products) / (double)p->objective->rows;
  return true;
}

static void look_once(bsn_probing_one *one, const bsn_fit *fit) {
  bsn_error error = {0};
  double started = bsn_seconds();
  if (one->gap || one->record.outcome) return;
  if (!measure(one, fit, &error)) fail(&one->record, &error);
  one->record.seconds += bsn_seconds() - started;
}

static bool look(void *context, const bsn_fit *fit, bsn_record *record, bsn_error *error) {
  (void)record, (void)error;
  look_once(context, fit);
  return true;
}

bsn_watcher bsn_probing_watcher(bsn_probing_one *one) {
  return (bsn_watcher){.when = one->choice->when, .context = one, .look = look};
}

void bsn_probing_finish(bsn_probing *p, bsn_outcome outcome, int64_t step) {
  for (size_t i = 0; i < p->n; i++) {
    bsn_record *r = &p->one[i].record;
    if (!r->outcome) r->outcome = outcome;
    r->outcome_step = step;
  }
}

/* ---- at saved weights ---- */
/* How the trial went: the moments of its probes follow from that. */
typedef struct course {
  bsn_outcome outcome;
  int64_t last; /* step */
  bsn_length length;
} course;

/* False with BSN_OK: the trial is not there, or no weights that it saved can be trusted: one that went back to its best weights
 * has two kinds of weights at its last step, one that diverged none. */
static bool find_course(const bsn_probing *p, bsn_sink *sink, course *c, bsn_error *error) {
  bsn_record trial;
  BSN_TRY(sink->get(sink, p->trial->key, p->arena, &trial, error));
  double rows = bsn_record_last(&trial, "examples_per_epoch");
  if (trial.outcome == BSN_DIVERGED || bsn_record_last(&trial, "best_step") >= 0 || !(rows > 0)) return false;
  *c = (course){trial.outcome, trial.outcome_step, bsn_length_of(&p->trial->fit, (size_t)rows)};
  return true;
}

/* The first moment behind `after` (-1: before all). */
static int64_t next_of(const bsn_moment *when, const course *c, int64_t after) {
  if (when->kind == BSN_AT_END) return after < c->last ? c->last : INT64_MAX;
  return after < 0 ? 0 : bsn_next_moment(when, after, c->length.steps, c->length.steps_per_epoch);
}

/* That of all probes; beyond the last step when there is none. */
static int64_t next_of_all(const bsn_probing *p, const course *c, int64_t after) {
  int64_t next = INT64_MAX;
  for (size_t i = 0; i < p->n; i++) {
    int64_t due = next_of(&p->one[i].choice->when, c, after);
    next = due < next ? due : next;
  }
  return next;
}

/* False with BSN_OK: there are none of this step. */
static bool read_weights(const bsn_probing *p, bsn_sink *sink, int64_t step, bsn_arena *arena, void **bytes, size_t *n,
                         bsn_error *error) {
  const char *name = bsn_weights_name(arena, p->trial->key, step);
  return name ? sink->load(sink, name, arena, bytes, n, error) : bsn_no_memory(error);
}

/* Those of the fit's step, into the fit: a fresh one is there already. */
static bool load(const bsn_probing *p, bsn_sink *sink, bsn_fit *fit, bool *found, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_error unfit = {0};
  void *bytes;
  size_t n;
  *found = fit->step == 0;
  if (!*found && read_weights(p, sink, fit->step, &arena, &bytes, &n, error))
    *found = bsn_weights_read(bytes, n, fit->net.ntensors, fit->net.tensor, fit->w, &unfit);
  bsn_arena_free(&arena);
  return !error->code;
}

static bool walk(bsn_probing *p, bsn_sink *sink, bsn_fit *fit, const course *c, bool *found, bsn_error *error) {
  *found = true;
  for (int64_t at = -1, next; (next = next_of_all(p, c, at)) <= c->last; at = next) {
    fit->step = next;
    BSN_TRY(load(p, sink, fit, found, error));
    if (!*found) return true;
    for (size_t i = 0; i < p->n; i++)
      if (next_of(&p->one[i].choice->when, c, at) == next) look_once(&p->one[i], fit);
  }
  return true;
}

bool bsn_probing_saved(bsn_probing *p, bsn_sink *sink, bsn_fit *fit, bool *found, bsn_error *error) {
  course c;
  *found = false;
  if (!find_course(p, sink, &c, error)) return error->code == BSN_OK;
  BSN_TRY(walk(p, sink, fit, &c, found, error));
  for (size_t i = 0; i < p->n && !*found; i++) clear(p, &p->one[i]);
  if (*found) bsn_probing_finish(p, c.outcome, c.last);
  return true;
}

bool bsn_probing_are_saved(const bsn_trial *trial, bsn_sink *sink, bsn_error *error) {
  bsn_arena arena = {0}, scratch = {0};
  bsn_probing p;
  course c = {0};
  void *bytes;
  size_t n;
  bool ok = bsn_probing_init(&p, trial, true, sink, &arena, error) && find_course(&p, sink, &c, error);
  for (int64_t at = -1; ok && (at = next_of_all(&p, &c, at)) <= c.last;) {
    ok = at == 0 || read_weights(&p, sink, at, &scratch, &bytes, &n, error);
    bsn_arena_free(&scratch);
  }
  bsn_arena_free(&arena);
  return ok;
}

/* ---- checkpoints: length and bytes of the fit, then the probe's id, length and bytes of each record ---- */
typedef struct piece {
  const char *id;
  void *bytes;
  uint64_t n;
} piece;

enum { ID = 32 };

static char *put_piece(char *at, const piece *p) {
  memcpy(at, p->id, ID);
  memcpy(at + ID, &p->n, sizeof p->n);
  memcpy(at + ID + sizeof p->n, p->bytes, p->n);
  return at + ID + sizeof p->n + p->n;
}

bool bsn_probing_pack(const bsn_probing *p, const bsn_fit *fit, bsn_arena *arena, void **bytes, size_t *n,
                      bsn_error *error) {
  piece *list = bsn_alloc_in(arena, (p->n + 1) * sizeof *list);
  size_t pieces = 1, size, all = 0;
  if (!list) return bsn_no_memory(error);
  list[0].id = p->trial->key;
  BSN_TRY(bsn_fit_pack(fit, arena, &list[0].bytes, &size, error));
  list[0].n = size;
  for (size_t i = 0; i < p->n; i++) {
    if (p->one[i].gap) continue;
    list[pieces].id = p->one[i].choice->id;
    BSN_TRY(bsn_record_pack(&p->one[i].record, arena, &list[pieces].bytes, &size, error));
    list[pieces++].n = size;
  }
  for (size_t i = 0; i < pieces; i++) all += ID + sizeof list[i].n + list[i].n;
  char *at = *bytes = bsn_alloc_in(arena, all);
  if (!at) return bsn_no_memory(error);
  for (size_t i = 0; i < pieces; i++) at = put_piece(at, &list[i]);
  *n = all;
  return true;
}

/* The piece at *at, which moves behind it; false at the end or when the rest is no piece. */
static bool get_piece(const char **at, const char *end, piece *p) {
  if ((size_t)(end - *at) < ID + sizeof p->n) return false;
  p->id = *at;
  memcpy(&p->n, *at + ID, sizeof p->n);
  *at += ID + sizeof p->n;
  if ((uint64_t)(end - *at) < p->n) return false;
  p->bytes = (void *)(uintptr_t)*at;
  *at += p->n;
  return true;
}

static bool unpack_one(bsn_probing *p, const piece *from, bsn_error *error) {
  for (size_t i = 0; i < p->n; i++) {
    bsn_probing_one *one = &p->one[i];
    if (strncmp(from->id, one->choice->id, ID)) continue;
    int64_t index = one->record.index;
    BSN_TRY(bsn_record_unpack(&one->record, p->arena, from->bytes, from->n, error));
    one->record.index = index;
    memcpy(one->record.key, one->choice->key, sizeof one->record.key);
    memcpy(one->record.trial, p->trial->key, sizeof one->record.trial);
    one->gap = false;
  }
  return true;
}

bool bsn_probing_unpack(bsn_probing *p, bsn_fit *fit, const void *bytes, size_t n, bool whole, bsn_error *error) {
  const char *at = bytes, *end = at + n;
  piece next;
  bsn_error bad = {0};
  bool ok = get_piece(&at, end, &next) && bsn_fit_unpack(fit, next.bytes, next.n, &bad);
  for (size_t i = 0; i < p->n; i++) p->one[i].gap = ok && p->one[i].choice->when.kind != BSN_AT_END;
  while (ok && at < end) ok = get_piece(&at, end, &next) && unpack_one(p, &next, &bad);
  for (size_t i = 0; i < p->n && whole; i++) ok = ok && !p->one[i].gap;
  for (size_t i = 0; i < p->n && !ok; i++) {
    p->one[i].gap = false;
    clear(p, &p->one[i]);
  }
  if (bad.code == BSN_NO_MEMORY) *error = bad;
  return ok;
}

bool bsn_probing_covers(const bsn_trial *trial, const void *bytes, size_t n) {
  for (size_t i = 0; i < trial->nprobes; i++) {
    const bsn_probe_choice *probe = &trial->probe[i];
    const char *at = bytes, *end = at + n;
    piece next;
    bool there = probe->when.kind == BSN_AT_END, fit = get_piece(&at, end, &next);
    while (fit && !there && get_piece(&at, end, &next)) there = !strncmp(next.id, probe->id, ID);
    if (!there || bsn_moment_needs_length(&probe->when)) return false;
  }
  return true;
}
