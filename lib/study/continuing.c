#include "study/continuing.h"
#include "learn/moment.h"
#include "study/probing.h"
#include <math.h>
#include <string.h>

/* ---- families ---- */
/* Does anything about the trial depend on its length, or is anything lost of what it does on its way? */
static bool stands_alone(const bsn_trial *t) {
  bool saves = t->save.kind != BSN_NEVER && t->save.kind != BSN_AT_END;
  bool needs = t->minimise.surface.row ? bsn_minimise_needs_length(&t->minimise) : bsn_fit_needs_length(&t->fit);
  return saves || needs || bsn_moment_needs_length(&t->curve) || bsn_moment_needs_length(&t->internals);
}

static bool is_length(const char *path) {
  return !strcmp(path, "train.epochs") || !strcmp(path, "train.steps") || !strcmp(path, "train.budget");
}

static bool key_but_length(const bsn_trial *t, bsn_arena *arena, char key[33]) {
  bsn_settings rest = {0, bsn_alloc_in(arena, t->settings.n * sizeof *rest.item)};
  bsn_error ignored = {0};
  if (!rest.item) return false;
  for (size_t i = 0; i < t->settings.n; i++)
    if (!is_length(t->settings.item[i].path)) rest.item[rest.n++] = t->settings.item[i];
  return bsn_settings_key(&rest, key, &ignored);
}

/* The words of a moment and of an amount, as they are in the end: the default of eval.when is no setting. */
static const char *eval_text(const bsn_trial *t, bsn_arena *arena) {
  char rows[32] = "";
  const bsn_moment *w = &t->fit.eval, *c = &t->curve, *i = &t->internals;
  return bsn_text_in(arena, "%d %zu, %d %s, %d %zu, %d %zu", (int)w->kind, w->n, (int)t->fit.eval_rows.kind,
                     bsn_number_text(rows, t->fit.eval_rows.value), (int)c->kind, c->n, (int)i->kind, i->n);
}

bool bsn_family_of(const bsn_trial *t, char family[33]) {
  bsn_arena arena = {0};
  char key[33];
  if (stands_alone(t)) return false;
  const char *eval = key_but_length(t, &arena, key) ? eval_text(t, &arena) : NULL;
  const char *text = eval ? bsn_text_in(&arena, "%s %s", key, eval) : NULL;
  if (text) bsn_hash_text(text, strlen(text), family);
  bsn_arena_free(&arena);
  return text;
}

/* ---- files ---- */
/* A file is a head and the state. What the bytes of a state mean may change from one version to the next without a change of their
 * number: LAYOUT is raised then. */
enum { LAYOUT = 1 };

typedef struct head {
  char hash[33]; /* of all behind it: a state that was damaged would change bits, silently */
  char padding[7];
  int64_t layout, step;
  double grads, steps_per_epoch;
} head;

enum { HASHED = offsetof(head, layout) };

/* The name of what this fit leaves; NULL: it leaves nothing. */
static const char *name_of(const bsn_work *work, const bsn_record *record, bsn_arena *arena) {
  char family[33], key[33];
  if (!bsn_family_of(work->trial, family)) return NULL;
  const char *text =
      bsn_text_in(arena, "%s unit %zu %s %lld", family, work->unit, record->kind, (long long)record->index);
  if (!text) return NULL;
  bsn_hash_text(text, strlen(text), key);
  return bsn_text_in(arena, "checkpoints/%s.end", key);
}

static bool read_file(const char *bytes, size_t n, bsn_left *left) {
  head h;
  char hash[33];
  if (n < sizeof h) return false;
  memcpy(&h, bytes, sizeof h);
  bsn_hash_text(bytes + HASHED, n - HASHED, hash);
  *left = (bsn_left){h.step, h.grads, h.steps_per_epoch, NAN, (char *)(uintptr_t)bytes + sizeof h, n - sizeof h};
  return h.layout == LAYOUT && !memcmp(hash, h.hash, sizeof hash);
}

static bool is_shorter(const bsn_left *left, const bsn_trial *t) {
  const bsn_train *train = &t->fit.train;
  if (train->budget > 0) return left->grads < train->budget;
  double steps = train->epochs > 0 ? train->epochs * left->steps_per_epoch : (double)train->steps;
  return (double)left->step < steps;
}

bool bsn_left_find(bsn_work *work, const bsn_record *record, bsn_left *left, bsn_error *error) {
  const bsn_trial *t = work->trial;
  void *bytes;
  size_t n;
  const char *name = name_of(work, record, &work->arena);
  return name && work->sink->load(work->sink, name, &work->arena, &bytes, &n, error) && read_file(bytes, n, left) &&
         is_shorter(left, t) && (t->minimise.surface.row || bsn_probing_covers(t, left->state, left->n));
}

static bool is_longest(bsn_sink *sink, const char *name, const bsn_left *left, bsn_arena *arena) {
  bsn_left there;
  bsn_error ignored = {0};
  void *bytes;
  size_t n;
  return !(sink->load(sink, name, arena, &bytes, &n, &ignored) && read_file(bytes, n, &there)) ||
         there.step < left->step;
}

static char *write_file(const bsn_left *left, bsn_arena *arena, size_t *n) {
  head h = {.layout = LAYOUT, .step = left->step, .grads = left->grads, .steps_per_epoch = left->steps_per_epoch};
  char *bytes = bsn_alloc_in(arena, *n = sizeof h + left->n);
  if (!bytes) return NULL;
  memcpy(bytes, &h, sizeof h);
  memcpy(bytes + sizeof h, left->state, left->n);
  bsn_hash_text(bytes + HASHED, *n - HASHED, h.hash);
  memcpy(bytes, h.hash, sizeof h.hash);
  return bytes;
}

void bsn_left_keep(bsn_work *work, const bsn_record *record, const bsn_left *left) {
  bsn_arena arena = {0};
  bsn_error ignored = {0};
  size_t n;
  bool small = left->n <= work->room || (work->room && work->trial->save.kind == BSN_AT_END);
  const char *name = small && left->seconds >= work->toil ? name_of(work, record, &arena) : NULL;
  if (name && is_longest(work->sink, name, left, &arena)) {
    char *bytes = write_file(left, &arena, &n);
    if (bytes) work->sink->save(work->sink, name, bytes, n, &ignored);
  }
  bsn_arena_free(&arena);
}

size_t bsn_left_room(const bsn_trial *t, size_t trials) {
  const bsn_protocol *p = bsn_protocol_of(t);
  bool inner = t->ensemble.row && p == (const bsn_protocol *)t->protocol.row; /* units loop over members */
  size_t fits = p->units(t) * (inner ? bsn_ensemble_members(&t->ensemble) : 1);
  return BSN_LEFT_BYTES / (trials * fits + 1);
}
