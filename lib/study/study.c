/* Reading an experiment file, and resolving one of its trials. */
#include "study/study.h"
#include "study/like.h"
#include "study/protocol.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Raised whenever the golden hash of kernels and training changes: old results are not ours any more. */
#define BITS "2"

/* ---- keys at top level that are no rows ---- */
typedef struct header {
  const char *study, *about, *source, *precision;
  bsn_moment save;
  bool peek;
} header;

static const char *const precisions[] = {"float", "double", NULL};
static const bsn_param header_params[] = {
    {"study", BSN_TEXT, offsetof(header, study), NULL, .silent = true, .doc = "name of the study and of its folder"},
    {"about", BSN_TEXT, offsetof(header, about), "none", .silent = true, .doc = "the question in a sentence"},
    {"source", BSN_TEXT, offsetof(header, source), "none", .silent = true, .doc = "where the experiment comes from"},
    {"precision", BSN_WORD, offsetof(header, precision), "float", .words = precisions, .doc = "numbers of the model"},
    {"save", BSN_MOMENT, offsetof(header, save), "none", .silent = true, .doc = "when weights are saved"},
    {"peek", BSN_FLAG, offsetof(header, peek), "false", .doc = "let decisions watch test metrics; taints the trial"},
    {0}};

typedef struct eval_config {
  bsn_moment when, curve, internals;
} eval_config;

static const bsn_param eval_params[] = {
    {"when", BSN_MOMENT, offsetof(eval_config, when), "none", .silent = true,
     .doc = "when metrics of all rows are recorded, besides start and end"},
    {"curve", BSN_MOMENT, offsetof(eval_config, curve), "none", .silent = true,
     .doc = "when the fitted curve of a regression on one input is recorded"},
    {"internals", BSN_MOMENT, offsetof(eval_config, internals), "none", .silent = true,
     .doc = "when update_norm, effective_lr, batch_gradient_norm and optimizer_norm_1.. of a step are recorded"},
    {0}};

#define SEED(name) {#name, BSN_COUNT, offsetof(bsn_seeds, name), "0", .lo = 0, .hi = 9e15, .doc = "stream of this purpose"}
static const bsn_param seed_params[] = {SEED(data),    SEED(split), SEED(init), SEED(order),
                                        SEED(dropout), SEED(augment), SEED(noise), SEED(test),
                                        {"probe", BSN_COUNT, offsetof(bsn_seeds, probe), "0", .lo = 0, .hi = 9e15,
                                         .silent = true, .doc = "stream of this purpose"},
                                        {0}};
static const char *const seed_names[] = {"data", "split", "init", "order", "dropout", "augment", "noise", "probe", NULL};

static const char *const known_keys[] = {"data",     "model", "loss", "optimizer", "regularise", "train", "ensemble",
                                         "protocol", "seed",  "eval", "like",      "seeds",      "vary",  "charts",
                                         "probes",   NULL};

/* ---- helpers ---- */
static bool no_memory(bsn_faults *faults) {
  faults->no_memory = true;
  return false;
}

static bsn_mark mark_of(const bsn_value *tree, const char *key) {
  for (size_t i = 0; i < tree->n; i++)
    if (!strcmp(tree->key[i], key)) return tree->keymark[i];
  return tree->mark;
}

/* The row at a top-level key, or the default. */
static bool read_section(bsn_reader *r, const bsn_value *tree, const char *key, const bsn_table *table, const char *def,
                         bsn_choice *choice, const bsn_param *extra, void *config) {
  bsn_value *v = bsn_value_get(tree, key);
  if (!v && !def) return bsn_fault(r->faults, tree->mark, "'%s' is missing", key);
  if (!v && !(v = bsn_value_scalar(r->arena, def))) return no_memory(r->faults);
  return bsn_read_row(r, table, v, key, choice, extra, config);
}

static bool read_list(bsn_reader *r, const bsn_value *tree, const char *key, const bsn_table *table, bsn_choices *out) {
  const bsn_value *v = bsn_value_get(tree, key);
  if (!v) return true;
  if (v->kind != BSN_LIST) return bsn_fault(r->faults, v->mark, "%s must be a list", key);
  bsn_choice *item = bsn_alloc_in(r->arena, v->n * sizeof *item);
  if (!item) return no_memory(r->faults);
  *out = (bsn_choices){v->n, item};
  bool ok = true;
  for (size_t i = 0; i < v->n; i++) {
    const char *path = bsn_text_in(r->arena, "%s.%zu", key, i);
    if (!path) return no_memory(r->faults);
    ok = bsn_read_row(r, table, v->item[i], path, &item[i], NULL, NULL) && ok;
  }
  return ok;
}

/* ---- sections ---- */
typedef struct model_options {
  bsn_choice init;
  const char *weights;
} model_options;

static const bsn_param model_extra[] = {
    {"init", BSN_ROW, offsetof(model_options, init), "torch", .table = "init", .doc = "initial parameters"},
    {"weights", BSN_FILE, offsetof(model_options, weights), "none", .doc = "safetensors file to start from"},
    {0}};

/* {layers: [..]} is the row of that name. */
static const bsn_value *with_name(bsn_reader *r, const bsn_value *model) {
  if (!model || model->kind != BSN_MAP || bsn_value_get(model, "name") || !bsn_value_get(model, "layers")) return model;
  bsn_value *name = bsn_value_scalar(r->arena, "layers");
  bsn_value *out = name ? bsn_value_put(r->arena, model, "name", name, r->faults) : NULL;
  if (!out) no_memory(r->faults);
  return out;
}

static bool read_model(bsn_reader *r, const bsn_value *tree, bsn_trial *t) {
  model_options options = {0};
  const bsn_value *v = bsn_value_get(tree, "model");
  if (!v) return bsn_fault(r->faults, tree->mark, "'model' is missing");
  if (!(v = with_name(r, v))) return false;
  BSN_TRY(bsn_read_row(r, &bsn_models, v, "model", &t->fit.model, model_extra, &options));
  t->fit.init = options.init;
  if (!options.weights) return true;
  char *bytes;
  bsn_error error = {0};
  if (!bsn_file_read(r->arena, options.weights, &bytes, &t->fit.weights_bytes, &error))
    return bsn_fault(r->faults, bsn_value_get(v, "weights")->mark, "%s", error.text);
  t->fit.weights = bytes;
  return true;
}

static bool read_train(bsn_reader *r, const bsn_value *tree, bsn_trial *t) {
  const bsn_value *v = bsn_value_get(tree, "train");
  bsn_train *train = &t->fit.train;
  if (!v) return bsn_fault(r->faults, tree->mark, "'train' is missing: give epochs, steps or budget");
  BSN_TRY(bsn_read_params(r, bsn_train_params, v, "train", train, NULL));
  int given = (bsn_value_get(v, "epochs") != NULL) + (bsn_value_get(v, "steps") != NULL) + (bsn_value_get(v, "budget") != NULL);
  if (given != 1) return bsn_fault(r->faults, mark_of(tree, "train"), "train wants one of epochs, steps and budget");
  if (train->replacement && strcmp(train->order, "iid"))
    return bsn_fault(r->faults, v->mark, "train.replacement goes with order: iid");
  return true;
}

/* Does when metrics are recorded decide anything? Then it is part of what identifies the trial. */
static bool eval_decides(const bsn_trial *t) {
  const bsn_schedule *s = (const bsn_schedule *)t->fit.train.schedule.row;
  bool decides = s && s->watch;
  for (size_t i = 0; i < t->fit.regularise.n; i++)
    decides |= ((const bsn_regulariser *)t->fit.regularise.item[i].row)->stop != NULL;
  return decides;
}

static bool read_eval(bsn_reader *r, const bsn_value *tree, bsn_trial *t) {
  eval_config eval = {0};
  const bsn_value *v = bsn_value_get(tree, "eval");
  BSN_TRY(bsn_read_params(r, eval_params, v, "eval", &eval, NULL));
  if (!bsn_value_get(v, "when") && t->fit.train.epochs > 0) eval.when = (bsn_moment){BSN_EVERY_EPOCHS, 1};
  t->fit.eval = eval.when;
  t->curve = eval.curve;
  t->internals = eval.internals;
  t->fit.internals = eval.internals.kind != BSN_NEVER;
  if (!eval_decides(t)) return true;
  const char *text = bsn_text_in(r->arena, "%d %zu", (int)eval.when.kind, eval.when.n);
  return text ? bsn_note_setting(r, "eval.decides", text, true) : no_memory(r->faults);
}

static bool read_seeds(bsn_reader *r, const bsn_value *tree, uint64_t replicate, bsn_trial *t) {
  char number[32];
  snprintf(number, sizeof number, "%llu", (unsigned long long)replicate);
  bsn_value *seed = bsn_value_get(tree, "seed"), *def = bsn_value_scalar(r->arena, bsn_text_in(r->arena, "%s", number));
  bsn_value empty = {.kind = BSN_MAP}, *map = seed ? seed : &empty;
  for (size_t i = 0; def && map && seed_names[i]; i++)
    if (!bsn_value_get(map, seed_names[i])) map = bsn_value_put(r->arena, map, seed_names[i], def, r->faults);
  if (!def || !map) return no_memory(r->faults);
  return bsn_read_params(r, seed_params, map, "seed", &t->fit.seeds, NULL);
}

typedef struct probe_options {
  bsn_moment when;
} probe_options;

static const bsn_param probe_extra[] = {
    {"when", BSN_MOMENT, offsetof(probe_options, when), "end", .doc = "when it is measured; all but end begin with step 0"}, {0}};

/* A probe's settings are none of the trial's: they get a reader, and so an identity, of their own. */
static bool read_probe(bsn_reader *r, const bsn_value *value, bsn_probe_choice *probe, bsn_settings *settings) {
  bsn_reader own = *r;
  probe_options options = {0};
  own.settings = (bsn_settings){0};
  BSN_TRY(bsn_read_row(&own, &bsn_probes, value, "probe", &probe->probe, probe_extra, &options));
  probe->when = options.when;
  *settings = own.settings;
  return options.when.kind != BSN_NEVER || bsn_fault(r->faults, value->mark, "when: none would never measure anything");
}

static bool read_probes(bsn_reader *r, const bsn_value *tree, bsn_trial *t, bsn_settings **settings) {
  const bsn_value *v = bsn_value_get(tree, "probes");
  if (!v) return true;
  if (v->kind != BSN_LIST) return bsn_fault(r->faults, v->mark, "probes must be a list");
  t->nprobes = v->n;
  t->probe = bsn_alloc_in(r->arena, v->n * sizeof *t->probe);
  *settings = bsn_alloc_in(r->arena, v->n * sizeof **settings);
  if (!t->probe || !*settings) return no_memory(r->faults);
  bool ok = true;
  for (size_t i = 0; i < v->n; i++) ok = read_probe(r, v->item[i], &t->probe[i], &(*settings)[i]) && ok;
  return ok;
}

static bool probe_keys(bsn_trial *t, const bsn_settings *settings, bsn_error *error) {
  for (size_t i = 0; i < t->nprobes; i++) {
    char own[33], text[128];
    BSN_TRY(bsn_settings_key(&settings[i], own, error));
    int n = snprintf(text, sizeof text, "%s probe %s %llu", t->key, own, (unsigned long long)t->fit.seeds.probe);
    bsn_hash_text(text, (size_t)n, t->probe[i].key);
  }
  return true;
}

/* What goes with what: an ensemble inside of the protocol, probes on its fits. */
static bool check_parts(bsn_faults *faults, const bsn_value *tree, const bsn_trial *t) {
  const bsn_protocol *p = (const bsn_protocol *)t->protocol.row;
  if (t->ensemble.row && !p->ensemble)
    return bsn_fault(faults, mark_of(tree, "ensemble"), "protocol %s has no ensembles", p->row.name);
  if (!t->nprobes || bsn_protocol_of(t)->reduce == NULL) return true;
  return bsn_fault(faults, mark_of(tree, "probes"), "probes look at one fit, but %s%s%s makes many", p->row.name,
                   t->ensemble.row ? " with " : "", t->ensemble.row ? t->ensemble.row->name : "");
}

/* ---- a trial ---- */
static bool data_key(const bsn_settings *all, size_t n, const bsn_trial *t, char key[33], bsn_arena *arena, bsn_error *error) {
  bsn_settings some = {n, all->item};
  char own[33];
  BSN_TRY(bsn_settings_key(&some, own, error));
  const char *text = bsn_text_in(arena, "%s %llu %llu", own, (unsigned long long)t->fit.seeds.data,
                                 (unsigned long long)t->fit.seeds.test);
  if (!text) return bsn_no_memory(error);
  bsn_hash_text(text, strlen(text), key);
  return true;
}

static bool check_decisions(bsn_faults *faults, const bsn_value *tree, const bsn_trial *t) {
  bool ok = true;
  for (size_t i = 0; i < t->fit.regularise.n; i++) {
    const bsn_regulariser *r = (const bsn_regulariser *)t->fit.regularise.item[i].row;
    const char *metric = r->metric ? r->metric(t->fit.regularise.item[i].config) : "";
    if (!strncmp(metric, "test_", 5) && !t->fit.peek)
      ok = bsn_fault(faults, mark_of(tree, "regularise"), "%s may not watch %s: test data decides nothing (unless peek: true, which taints the trial)",
                     r->row.name, metric);
  }
  return ok;
}

/* All sections of one tree. data_settings: how many settings the data section made. */
static bool resolve(bsn_reader *r, const bsn_value *tree, uint64_t replicate, const char *const *folders, bsn_trial *t,
                    size_t *data_settings, bsn_settings **probes) {
  header h = {0};
  bool ok = bsn_read_params(r, header_params, tree, "", &h, known_keys);
  t->save = h.save;
  t->fit.peek = h.peek;
  t->fit.name = "";
  r->settings.n = 0; /* of the header only what identifies stays */
  ok = bsn_note_setting(r, "precision", h.precision ? h.precision : "float", true) && bsn_note_setting(r, "bits", BITS, true) && ok;
  if (h.peek) ok = bsn_note_setting(r, "peek", "true", true) && ok;
  ok = read_section(r, tree, "data", &bsn_data_table, NULL, &t->data, bsn_data_params, &t->data_options) && ok;
  *data_settings = r->settings.n;
  ok = read_model(r, tree, t) && ok;
  ok = read_section(r, tree, "loss", &bsn_losses, NULL, &t->fit.loss, NULL, NULL) && ok;
  ok = read_section(r, tree, "optimizer", &bsn_optimizers, NULL, &t->fit.optimizer, NULL, NULL) && ok;
  ok = read_list(r, tree, "regularise", &bsn_regularisers, &t->fit.regularise) && ok;
  ok = read_train(r, tree, t) && ok;
  if (bsn_value_get(tree, "ensemble")) ok = read_section(r, tree, "ensemble", &bsn_ensembles, NULL, &t->ensemble, NULL, NULL) && ok;
  ok = read_section(r, tree, "protocol", &bsn_protocols, "holdout", &t->protocol, NULL, NULL) && ok;
  ok = read_seeds(r, tree, replicate, t) && ok;
  ok = read_probes(r, tree, t, probes) && ok;
  ok = ok && read_eval(r, tree, t) && check_decisions(r->faults, tree, t) && check_parts(r->faults, tree, t);
  t->data_options.seed_data = t->fit.seeds.data;
  t->data_options.seed_test = t->fit.seeds.test;
  t->data_options.folders = folders;
  return ok;
}

bool bsn_study_trial(const bsn_study *study, size_t i, bsn_arena *arena, bsn_trial *trial, bsn_error *error) {
  bsn_faults faults = {.arena = arena};
  bsn_reader reader = {.arena = arena, .faults = &faults, .tables = bsn_tables, .folder = study->folder};
  size_t cell = i / study->nreplicates, data_settings = 0;
  *trial = (bsn_trial){.replicate = (int64_t)study->replicate[i % study->nreplicates], .place = (int64_t)i};
  bsn_value *tree = bsn_vary_cell(&study->vary, cell, arena, study->base, &trial->cell, &faults);
  if (tree) tree = bsn_like_expand(arena, tree, &faults);
  bsn_settings *probes = NULL;
  if (tree) resolve(&reader, tree, (uint64_t)trial->replicate, study->folders, trial, &data_settings, &probes);
  BSN_TRY(bsn_faults_none(&faults, error));
  trial->settings = reader.settings;
  BSN_TRY(bsn_settings_key(&reader.settings, trial->key, error));
  BSN_TRY(probe_keys(trial, probes, error));
  return data_key(&reader.settings, data_settings, trial, trial->data_key, arena, error);
}

/* ---- the file ---- */
/* path=value of one --set. A path that vary names becomes the single value given. */
static bsn_value *apply_set(bsn_arena *arena, bsn_value *tree, const char *text, bsn_faults *faults) {
  bsn_source *source = bsn_alloc_in(arena, sizeof *source);
  const char *name = bsn_text_in(arena, "--set %s", text), *equals = strchr(text, '=');
  if (!source || !name) return no_memory(faults), NULL;
  *source = (bsn_source){.name = name};
  bsn_mark mark = {.source = source};
  if (!equals || equals == text) return bsn_fault(faults, mark, "path=value is wanted"), NULL;
  char *path = bsn_text_in(arena, "%.*s", (int)(equals - text), text);
  bsn_value *value = path ? bsn_value_read(arena, name, equals + 1, strlen(equals + 1), faults) : NULL;
  if (!value) return faults->n ? NULL : (no_memory(faults), NULL);
  bsn_value *vary = bsn_value_get(tree, "vary");
  for (size_t i = 0; vary && vary->kind == BSN_MAP && i < vary->n; i++) {
    if (strcmp(vary->key[i], path)) continue;
    bsn_value *list = bsn_alloc_in(arena, sizeof *list), **item = bsn_alloc_in(arena, sizeof *item);
    if (!list || !item) return no_memory(faults), NULL;
    *item = value;
    *list = (bsn_value){.kind = BSN_LIST, .mark = value->mark, .n = 1, .item = item};
    bsn_value *changed = bsn_copy_in(arena, vary, sizeof *vary), *out = bsn_copy_in(arena, tree, sizeof *tree);
    bsn_value **items = bsn_copy_in(arena, vary->item, vary->n * sizeof *items);
    bsn_value **tops = bsn_copy_in(arena, tree->item, tree->n * sizeof *tops);
    if (!changed || !out || !items || !tops) return no_memory(faults), NULL;
    items[i] = list;
    changed->item = items;
    for (size_t k = 0; k < tree->n; k++)
      if (tree->item[k] == vary) tops[k] = changed;
    out->item = tops;
    return out;
  }
  return bsn_value_put(arena, tree, path, value, faults);
}

static bool read_replicates(bsn_study *s, bsn_faults *faults) {
  const bsn_value *v = bsn_value_get(s->tree, "seeds");
  double x = 1;
  bool list = v && v->kind == BSN_LIST;
  if (v && !list && !(v->kind == BSN_SCALAR && bsn_number_read(v->text, &x) && x >= 1 && x <= 1e6 && x == floor(x)))
    return bsn_fault(faults, v->mark, "seeds must be how many (1 or more), or a list of whole numbers");
  s->nreplicates = list ? v->n : (size_t)x;
  uint64_t *number = bsn_alloc_in(s->arena, (s->nreplicates + 1) * sizeof *number);
  if (!number) return no_memory(faults);
  for (size_t i = 0; i < s->nreplicates; i++) {
    x = (double)i;
    if (list && !(v->item[i]->kind == BSN_SCALAR && bsn_number_read(v->item[i]->text, &x) && x >= 0 && x <= 9e15 && x == floor(x)))
      return bsn_fault(faults, v->item[i]->mark, "seeds must be whole numbers from 0 on");
    number[i] = (uint64_t)x;
  }
  s->replicate = number;
  return s->nreplicates || bsn_fault(faults, v->mark, "seeds: an empty list makes no trial");
}

static bool name_is_plain(const char *name) {
  return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == strlen(name) && *name != '.';
}

static bool read_header(bsn_study *s, bsn_faults *faults) {
  header h = {0};
  bsn_reader reader = {.arena = s->arena, .faults = faults, .tables = bsn_tables, .folder = s->folder};
  BSN_TRY(bsn_read_params(&reader, header_params, s->tree, "", &h, known_keys));
  if (!name_is_plain(h.study))
    return bsn_fault(faults, bsn_value_get(s->tree, "study")->mark, "a study's name has letters, digits, '-', '_' and '.' only");
  s->name = h.study;
  s->about = h.about;
  s->source_text = h.source;
  s->precision = h.precision;
  return bsn_drawings_read(&s->charts, s->arena, bsn_value_get(s->tree, "charts"), faults);
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

/* Resolve every cell once, so that all faults are known before anything runs. A fault in what does not vary would be found in
 * every cell: the first faulty cell is enough. */
static bool check_cells(const bsn_study *s, bsn_error *error) {
  bool ok = true;
  for (size_t c = 0; ok && c < s->ncells; c++) {
    bsn_arena scratch = {0};
    bsn_trial trial;
    ok = bsn_study_trial(s, c * s->nreplicates, &scratch, &trial, error);
    bsn_arena_free(&scratch);
  }
  return ok;
}

static bool read_study(bsn_study *s, const char *file, size_t length, size_t nset, const char *const *set, bsn_faults *faults) {
  bool standard = !strcmp(file, "-");
  s->tree = bsn_value_read(s->arena, standard ? "standard input" : file, s->text, length, faults);
  if (!s->tree) return false;
  if (s->tree->kind != BSN_MAP) return bsn_fault(faults, s->tree->mark, "a study is a mapping: study: NAME, data: ..");
  for (size_t i = 0; s->tree && i < nset; i++) s->tree = apply_set(s->arena, s->tree, set[i], faults);
  if (!s->tree || faults->n) return false;
  s->folder = standard ? "." : folder_of(s->arena, file);
  if (!s->folder) return no_memory(faults);
  bool ok = read_header(s, faults);
  ok = read_replicates(s, faults) && ok;
  ok = bsn_vary_read(&s->vary, s->arena, bsn_value_get(s->tree, "vary"), faults) && ok;
  s->base = bsn_value_without(s->arena, s->tree, "vary");
  if (!s->base) return no_memory(faults);
  s->ncells = s->vary.ncells;
  s->ntrials = s->ncells * s->nreplicates;
  return ok;
}

bsn_study *bsn_study_read(bsn_arena *arena, const char *file, const char *text, size_t length, size_t nset,
                          const char *const *set, const char *const *folders, bsn_error *error) {
  bsn_faults faults = {.arena = arena};
  bsn_study *s = bsn_alloc_in(arena, sizeof *s);
  if (!s) return bsn_no_memory(error), NULL;
  s->arena = arena;
  s->text = text;
  bool ok = read_study(s, file, length, nset, set, &faults);
  if (!bsn_faults_none(&faults, error) || !ok) return bsn_no_memory(error), NULL;
  if (!find_folders(s, folders)) return bsn_no_memory(error), NULL;
  return check_cells(s, error) ? s : NULL;
}
