/* Reading an experiment file: what is the same for all its trials, and which trials there are. */
#include "study/study.h"
#include "study/form.h"
#include "study/like.h"
#include "study/parts.h"
#include "study/starting.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool no_memory(bsn_faults *faults) {
  faults->no_memory = true;
  return false;
}

/* ---- the file ---- */
/* One of the file's list. */
static bool read_replicate(bsn_study *s, const bsn_value *list, size_t i, uint64_t *number, bsn_faults *faults) {
  const bsn_value *v = list->item[i];
  double x = 0;
  if (v->kind != BSN_SCALAR || !bsn_number_read(v->text, &x) || x < 0 || x > 9e15 || x != floor(x))
    return bsn_fault(faults, v->mark, "seeds must be whole numbers from 0 on");
  if (s->tune && x >= BSN_TUNING)
    return bsn_fault(faults, v->mark, "replicates from %d on are those of tuning", BSN_TUNING);
  number[i] = (uint64_t)x;
  for (size_t j = 0; j < i; j++)
    if (number[j] == number[i]) return bsn_fault(faults, v->mark, "replicate %s stands twice in seeds", v->text);
  return true;
}

static bool read_replicates(bsn_study *s, bsn_faults *faults) {
  enum { MOST_LISTED = 10000 };
  const bsn_value *v = bsn_value_get(s->tree, "seeds");
  size_t most = s->tune ? BSN_TUNING : 1000000;
  double x = 1;
  bool list = v && v->kind == BSN_LIST;
  if (v && !list &&
      !(v->kind == BSN_SCALAR && bsn_number_read(v->text, &x) && x >= 1 && x <= (double)most && x == floor(x)))
    return bsn_fault(faults, v->mark, "seeds must be how many (1 to %zu), or a list of whole numbers", most);
  if (list && (v->n == 0 || v->n > MOST_LISTED))
    return bsn_fault(faults, v->mark, "seeds: a list has 1 to %d replicates, not %zu", MOST_LISTED, v->n);
  s->nreplicates = list ? v->n : (size_t)x;
  uint64_t *number = bsn_alloc_in(s->arena, s->nreplicates * sizeof *number);
  if (!number) return no_memory(faults);
  s->replicate = number;
  bool ok = true;
  for (size_t i = 0; i < s->nreplicates; i++) {
    number[i] = i;
    if (list) ok = read_replicate(s, v, i, number, faults) && ok;
  }
  return ok;
}

static bool name_is_plain(const char *name) {
  return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == strlen(name) &&
         *name != '.';
}

static bool read_header(bsn_study *s, bsn_faults *faults) {
  bsn_header h = {0};
  bsn_reader reader = {.arena = s->arena, .faults = faults, .tables = bsn_tables, .folder = s->folder};
  BSN_TRY(bsn_read_params(&reader, bsn_header_params, s->tree, "", &h, bsn_known_keys));
  if (!name_is_plain(h.study))
    return bsn_fault(faults, bsn_value_get(s->tree, "study")->mark,
                     "a study's name has letters, digits, '-', '_' and '.' only");
  s->name = h.study;
  s->about = h.about;
  s->source_text = h.source;
  s->precision = h.precision;
  bool ok = bsn_drawings_read(&s->charts, s->arena, bsn_value_get(s->tree, "charts"), faults);
  const bsn_value *targets = bsn_value_get(s->tree, "targets"), *claims = bsn_value_get(s->tree, "claims");
  return bsn_study_targets_read(&s->targets, s->arena, targets, claims, faults) && ok;
}

static const char *folder_of(bsn_arena *arena, const char *file) {
  const char *slash = strrchr(file, '/');
  if (!slash) return ".";
  return bsn_text_in(arena, "%.*s", slash == file ? 1 : (int)(slash - file), file);
}

/* The study's folder, three above it, then those given. */
static bool find_folders(bsn_study *s, const char *const *more) {
  size_t n = 0;
  while (more && more[n]) n++;
  const char **list = bsn_alloc_in(s->arena, (n + 5) * sizeof *list);
  if (!list) return false;
  list[0] = s->folder;
  for (size_t i = 1; i < 4; i++)
    if (!(list[i] = bsn_text_in(s->arena, "%s/..", list[i - 1]))) return false;
  for (size_t i = 0; i < n; i++) list[4 + i] = more[i];
  s->folders = list;
  return true;
}

/* Factors, candidates, and what cells are made of. */
static bool read_grid(bsn_study *s, bsn_faults *faults) {
  static const uint64_t none = 0;
  s->base = bsn_value_without(s->arena, s->tree, "vary");
  s->base = s->base ? bsn_value_without(s->arena, s->base, "tune") : NULL;
  if (!s->base) return no_memory(faults);
  bool ok = bsn_vary_read(&s->vary, s->arena, bsn_value_get(s->tree, "vary"), s->base, faults);
  s->ncells = s->vary.ncells;
  ok = bsn_tune_read(s, bsn_value_get(s->tree, "tune"), faults) && ok;
  if (!read_replicates(s, faults)) s->nreplicates = 1, s->replicate = &none; /* and on to the faults of cells */
  size_t tuning = s->tune ? s->tune->over.ncells * s->tune->seeds : 0;
  s->ntrials = s->ncells * (s->tune ? tuning : s->nreplicates);
  s->nplaces = s->ncells * (tuning + s->nreplicates);
  return ok;
}

static bool read_study(bsn_study *s, const char *file, size_t length, size_t nset, const char *const *set,
                       bsn_faults *faults) {
  bool standard = !strcmp(file, "-");
  s->tree = bsn_value_read(s->arena, standard ? "standard input" : file, s->text, length, faults);
  if (!s->tree) return false;
  if (s->tree->kind != BSN_MAP) return bsn_fault(faults, s->tree->mark, "a study is a mapping: study: NAME, data: ..");
  for (size_t i = 0; i < nset; i++) {
    bsn_value *edited = bsn_tree_set(s->arena, s->tree, set[i], faults);
    if (edited) s->tree = edited;
  }
  bool ok = !faults->n && !faults->no_memory && (s->tree = bsn_tree_long(s->arena, s->tree));
  if (!ok && !faults->n) return no_memory(faults);
  if (!ok) return false;
  ok = read_header(s, faults);
  if (!read_grid(s, faults) || !bsn_check_cells(s, faults) || !ok) return false;
  return nset ||
         bsn_study_targets_check(s, faults); /* with --set there may be other cells than the targets are about */
}

static bool prepare(bsn_study *s, const char *file, const char *const *folders) {
  s->folder = strcmp(file, "-") ? folder_of(s->arena, file) : ".";
  s->files = bsn_alloc_in(s->arena, sizeof *s->files);
  if (!s->folder || !s->files) return false;
  s->files->arena = s->arena;
  return find_folders(s, folders);
}

bsn_study *bsn_study_read(bsn_arena *arena, const char *file, const char *text, size_t length, size_t nset,
                          const char *const *set, const char *const *folders, bsn_error *error) {
  enum { MOST = 4 << 20 };
  bsn_faults faults = {.arena = arena};
  if (length > MOST)
    return bsn_fail(error, BSN_BAD_INPUT, "%s: %zu bytes are too many for a study: at most %d", file, length, MOST),
           NULL;
  bsn_study *s = bsn_alloc_in(arena, sizeof *s);
  if (!s) return bsn_no_memory(error), NULL;
  s->arena = arena;
  s->text = text;
  if (!prepare(s, file, folders)) return bsn_no_memory(error), NULL;
  bool ok = read_study(s, file, length, nset, set, &faults);
  if (!bsn_faults_none(&faults, error)) return NULL;
  return ok ? s : (bsn_no_memory(error), NULL);
}

/* ---- its trials ---- */
static void place_of(const bsn_study *s, size_t i, bsn_coordinates *at) {
  if (s->tune) {
    bsn_tune_place(s, i, at);
    return;
  }
  *at = (bsn_coordinates){.cell = i / s->nreplicates, .replicate = s->replicate[i % s->nreplicates], .place = i};
}

static bool read_trial(const bsn_study *s, bsn_value *tree, bsn_reader *reader, bsn_trial *trial);

/* The trial of this tree, from which the given one starts. */
static bool read_source(const bsn_study *s, bsn_value *tree, const bsn_reader *reader, const bsn_trial *trial,
                        bsn_start *start) {
  bsn_trial *source = bsn_copy_in(reader->arena, trial, sizeof *source);
  bsn_reader own = *reader;
  if (!source) return no_memory(reader->faults);
  if (s->tune) return bsn_fault(reader->faults, start->mark, "model.weights: {of: ..} does not go with tune");
  BSN_TRY(read_trial(s, tree, &own, source));
  start->source = source;
  return true;
}

/* A trial of a cell's tree; one that it starts from is read first, in the same way. */
static bool read_trial(const bsn_study *s, bsn_value *tree, bsn_reader *reader, bsn_trial *trial) {
  bsn_start start = {0};
  bsn_value *from;
  bool ok = bsn_start_read(&start, reader->arena, &tree, &from, reader->faults);
  if (from) ok = read_source(s, from, reader, trial, &start) && ok;
  trial->start = start;
  if (tree) tree = bsn_like_expand(reader->arena, tree, reader->faults);
  if (!tree || !bsn_trial_read(reader, tree, s->folders, trial) || reader->faults->n || !ok) return false;
  if (!from) return true;
  trial->fit.peek |= start.source->fit.peek;
  return bsn_start_check(trial, reader->faults);
}

bool bsn_study_resolve(const bsn_study *s, const bsn_coordinates *at, bsn_arena *arena, bsn_trial *trial,
                       bsn_faults *faults) {
  bsn_reader reader = {.arena = arena, .faults = faults, .tables = bsn_tables, .folder = s->folder, .files = s->files};
  *trial = (bsn_trial){.replicate = (int64_t)at->replicate, .place = (int64_t)at->place, .tuning = at->tuning};
  bsn_value *tree = bsn_vary_cell(&s->vary, at->cell, arena, s->base, &trial->cell, faults);
  if (tree && s->tune) tree = bsn_tune_cell(s, at, arena, tree, trial, faults);
  if (!tree || !read_trial(s, tree, &reader, trial)) return false;
  return !s->tune || bsn_tune_note(s, at, trial, &reader);
}

bool bsn_study_trial(const bsn_study *study, size_t i, bsn_arena *arena, bsn_trial *trial, bsn_error *error) {
  bsn_faults faults = {.arena = arena};
  bsn_coordinates at;
  place_of(study, i, &at);
  bool ok = bsn_study_resolve(study, &at, arena, trial, &faults);
  return bsn_faults_none(&faults, error) && (ok || bsn_no_memory(error));
}

size_t bsn_study_source(const bsn_study *s, size_t i) {
  size_t cell = s->source ? s->source[i / s->nreplicates] : 0;
  return cell ? (cell - 1) * s->nreplicates + i % s->nreplicates : SIZE_MAX;
}
