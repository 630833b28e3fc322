/* Do data, model and loss of every cell go together? Asked once for all cells that are alike in these. */
#include "model/weights.h"
#include "optim/optimizer.h"
#include "study/protocol.h"
#include "study/work.h"
#include <stdlib.h>
#include <string.h>

/* ROWS: of a trial fit, which only asks whether things fit. */
enum { ROWS = 32 };

typedef struct kind {
  char data[33], fit[33]; /* hashes of what data is loaded, and of all that must suit it */
  bsn_coordinates at;
} kind;

static bool begins(const char *path, const char *const *with) {
  for (; *with; with++)
    if (!strncmp(path, *with, strlen(*with))) return true;
  return false;
}

static bool hash_of(const bsn_trial *t, const char *const *with, bsn_arena *arena, char hash[33], bsn_error *error) {
  bsn_settings some = {0, bsn_copy_in(arena, t->settings.item, t->settings.n * sizeof *some.item)};
  if (!some.item) return bsn_no_memory(error);
  for (size_t i = 0; i < t->settings.n; i++) {
    bool start = t->start.source && !strcmp(t->settings.item[i].path, "model.weights");
    if (!start && begins(t->settings.item[i].path, with)) some.item[some.n++] = t->settings.item[i];
  }
  return bsn_settings_key(&some, hash, error);
}

static bool hash_data(const bsn_trial *t, bsn_arena *arena, char hash[33], bsn_error *error) {
  static const char *const data[] = {"data.", NULL};
  return hash_of(t, data, arena, hash, error);
}

/* Whose weights it starts from does not matter, but for the same of that one. */
static bool hash_fit(const bsn_trial *t, bsn_arena *arena, char hash[33], bsn_error *error) {
  static const char *const fit[] = {"data.",     "objective.",  "model.", "loss.",
                                    "protocol.", "regularise.", "train.", NULL};
  char source[33];
  BSN_TRY(hash_of(t, fit, arena, hash, error));
  if (!t->start.source) return true;
  BSN_TRY(hash_fit(t->start.source, arena, source, error));
  const char *both = bsn_text_in(arena, "%s from %s", hash, source);
  if (both) bsn_hash_text(both, strlen(both), hash);
  return both || bsn_no_memory(error);
}

static bool read_kind(const bsn_study *s, kind *k, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_faults faults = {.arena = &arena};
  bsn_trial t;
  bool ok = bsn_study_resolve(s, &k->at, &arena, &t, &faults);
  ok = bsn_faults_none(&faults, error) && (ok || bsn_no_memory(error));
  ok = ok && hash_data(&t, &arena, k->data, error) && hash_fit(&t, &arena, k->fit, error);
  bsn_arena_free(&arena);
  return ok;
}

static int by_kind(const void *a, const void *b) {
  const kind *k = a, *l = b;
  int order = strcmp(k->data, l->data);
  if (!order) order = strcmp(k->fit, l->fit);
  return order ? order : k->at.place < l->at.place ? -1 : k->at.place > l->at.place;
}

static int by_place(const void *a, const void *b) {
  const kind *k = a, *l = b;
  return k->at.place < l->at.place ? -1 : k->at.place > l->at.place;
}

/* Prepare to minimise, and forget it. */
static bool check_surface(bsn_work *work, const bsn_trial *t, bsn_error *error) {
  bsn_minimise m;
  return bsn_minimise_init(&m, &t->minimise, &work->arena, error);
}

static bool check_rows(const bsn_work *work, const bsn_trial *t, bsn_error *error) {
  const bsn_train *train = &t->fit.train;
  bool whole = bsn_optimizer_whole((const bsn_optimizer *)t->fit.optimizer.row, t->fit.optimizer.config);
  bool drops = !strcmp(train->remainder, "drop") && !strcmp(t->protocol.row->name, "holdout");
  if (whole || !drops || train->batch <= work->train.n) return true;
  return bsn_fail(error, BSN_BAD_INPUT,
                  "train.batch: %zu with remainder: drop leaves no step, there are %zu training rows", train->batch,
                  work->train.n);
}

static bsn_view few(const bsn_view *view, bsn_arena *arena) {
  size_t pick[ROWS], n = view->n < ROWS ? view->n : ROWS;
  for (size_t i = 0; i < n; i++) pick[i] = i;
  return bsn_view_pick(view, pick, n, arena);
}

/* Prepare a fit on a few rows. */
static bool check_fit(bsn_work *work, const bsn_trial *t, bsn_fit *fit, bsn_error *error) {
  bsn_arena *arena = &work->arena;
  bsn_fit_rows rows = {.train = few(&work->train, arena)};
  *fit = (bsn_fit){0};
  bool folds = strcmp(t->protocol.row->name, "holdout"); /* who cuts the rows makes validation rows of its own */
  if (folds)
    rows.validation = rows.train;
  else if (work->validation.n)
    rows.validation = few(&work->validation, arena);
  if (!rows.train.row || (rows.validation.n && !rows.validation.row)) return bsn_no_memory(error);
  BSN_TRY(bsn_transform_fit(&rows.transform, t->data_options.scale, &rows.train, arena, error));
  return bsn_fit_init(fit, &t->fit, &rows, arena, error);
}

static bool check_all(bsn_work *work, const bsn_trial *t, bsn_error *error) {
  if (bsn_protocol_of(t)->alone) return true;
  if (t->minimise.surface.row) return check_surface(work, t, error);
  const bsn_protocol *p = bsn_protocol_of(t);
  bsn_fit fit;
  return check_rows(work, t, error) && (!p->suits || p->suits(work, error)) && check_fit(work, t, &fit, error);
}

/* Open work on t, whose weights become those that its source would have, but for their values. */
static bool open(bsn_work *work, bsn_trial *t, bsn_arena *arena, bsn_error *error) {
  const bsn_trial *source = t->start.source;
  bsn_trial from;
  bsn_fit fit;
  void *bytes;
  if (!source) return bsn_work_open(work, t, error);
  from = *source;
  BSN_TRY(hash_data(&from, arena, from.data_key, error) && bsn_work_open(work, &from, error));
  BSN_TRY(check_fit(work, &from, &fit, error));
  BSN_TRY(bsn_weights_pack(fit.net.ntensors, fit.net.tensor, fit.w, arena, &bytes, &t->fit.weights_bytes, error));
  t->fit.weights = bytes;
  t->fit.weights_file = bsn_text_in(arena, "model.weights %s", t->start.text);
  return t->fit.weights_file ? bsn_work_open(work, t, error) : bsn_no_memory(error);
}

/* The message of a study with several cells says which one. */
static bool blame(const bsn_study *s, const bsn_trial *t, const bsn_error *own, bsn_error *error) {
  bool one = s->ncells == 1 && !s->tune;
  return bsn_fail(error, own->code, "%s%s%s", own->text, one ? "" : "\n  in the cell ", one ? "" : t->cell);
}

static bool check_kind(const bsn_study *s, const kind *k, bsn_work *work, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_faults faults = {.arena = &arena};
  bsn_error own = {0};
  bsn_trial t;
  bool ok = bsn_study_resolve(s, &k->at, &arena, &t, &faults);
  ok = bsn_faults_none(&faults, error) && (ok || bsn_no_memory(error));
  if (ok) {
    memcpy(t.data_key, k->data, sizeof t.data_key); /* data is loaded once, whatever its seed */
    ok = (open(work, &t, &arena, &own) && check_all(work, &t, &own)) || blame(s, &t, &own, error);
  }
  work->trial = NULL;
  bsn_arena_free(&arena);
  return ok;
}

/* One of each kind: those of the same data stand together, the others' order is the file's. */
static size_t distinct(kind *all, size_t n) {
  size_t m = 0;
  qsort(all, n, sizeof *all, by_kind);
  for (size_t i = 0; i < n; i++)
    if (!m || strcmp(all[i].fit, all[m - 1].fit)) all[m++] = all[i];
  size_t begin = 0;
  for (size_t i = 1; i <= m; i++) {
    if (i < m && !strcmp(all[i].data, all[begin].data)) continue;
    qsort(all + begin, i - begin, sizeof *all, by_place);
    begin = i;
  }
  return m;
}

bool bsn_study_check_data(const bsn_study *s, bsn_error *error) {
  size_t candidates = s->tune ? s->tune->over.ncells : 1, n = s->ncells * candidates;
  uint64_t replicate = s->tune ? BSN_TUNING : s->replicate[0];
  bsn_arena scratch = {0};
  bsn_work work = {0};
  kind *all = bsn_alloc_in(&scratch, n * sizeof *all);
  bool ok = all || bsn_no_memory(error);
  for (size_t i = 0; ok && i < n; i++) {
    all[i].at = (bsn_coordinates){i / candidates, i % candidates, replicate, i, s->tune};
    ok = read_kind(s, &all[i], error);
  }
  size_t m = ok ? distinct(all, n) : 0;
  for (size_t i = 0; ok && i < m; i++) ok = check_kind(s, &all[i], &work, error);
  bsn_work_close(&work);
  bsn_arena_free(&scratch);
  return ok;
}
