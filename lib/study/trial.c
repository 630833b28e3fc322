/* One tree, all of whose `vary` and `like` is resolved, as a trial: every section read, every setting noted. */
#include "study/form.h"
#include "study/parts.h"
#include "study/protocol.h"
#include "study/starting.h"
#include <stdio.h>
#include <string.h>

/* Raised whenever the golden hash of kernels and training changes: old results are not ours any more. */
#define BITS "4"

/* ---- keys at top level that are no rows ---- */
static const char *const precisions[] = {"float", "double", NULL};
const bsn_param bsn_header_params[] = {
    {"study", BSN_TEXT, offsetof(bsn_header, study), NULL, .silent = true,
     .doc = "name of the study and of its folder"},
    {"about", BSN_TEXT, offsetof(bsn_header, about), "none", .silent = true, .doc = "the question in a sentence"},
    {"source", BSN_TEXT, offsetof(bsn_header, source), "none", .silent = true,
     .doc = "where the experiment comes from"},
    {"precision", BSN_WORD, offsetof(bsn_header, precision), "float", .words = precisions,
     .doc = "numbers of the model"},
    {"save", BSN_MOMENT, offsetof(bsn_header, save), "none", .silent = true, .doc = "when weights are saved"},
    {"peek", BSN_FLAG, offsetof(bsn_header, peek), "false",
     .doc = "let decisions watch test metrics; taints the trial"},
    {0}};

typedef struct eval_config {
  bsn_moment when, curve, internals;
  bsn_amount rows;
} eval_config;

static const bsn_param eval_params[] = {
    {"when", BSN_MOMENT, offsetof(eval_config, when), "none", .silent = true,
     .doc = "when metrics of all rows are recorded, besides start and end"},
    {"rows", BSN_AMOUNT, offsetof(eval_config, rows), "all", .silent = true,
     .doc = "training rows, evenly spaced, that train metrics between start and end are of: a count, a share, or all"},
    {"curve", BSN_MOMENT, offsetof(eval_config, curve), "none", .silent = true,
     .doc = "when the fitted curve of a regression on one input is recorded"},
    {"internals", BSN_MOMENT, offsetof(eval_config, internals), "none", .silent = true,
     .doc = "when update_norm, effective_lr, batch_gradient_norm and optimizer_norm_1.. of a step are recorded"},
    {0}};

#define SEED(name) \
  { #name, BSN_COUNT, offsetof(bsn_seeds, name), "0", .lo = 0, .hi = 9e15, .doc = "stream of this purpose" }
static const bsn_param seed_params[] = {SEED(data),
                                        SEED(split),
                                        SEED(init),
                                        SEED(order),
                                        SEED(dropout),
                                        SEED(augment),
                                        SEED(noise),
                                        SEED(test),
                                        {"probe", BSN_COUNT, offsetof(bsn_seeds, probe), "0", .lo = 0, .hi = 9e15,
                                         .silent = true, .doc = "stream of this purpose"},
                                        {0}};
static const char *const seed_names[] = {"data",    "split", "init",  "order", "dropout",
                                         "augment", "noise", "probe", NULL};

const char *const bsn_known_keys[] = {"data",     "model", "loss",      "optimizer", "regularise", "train", "ensemble",
                                      "protocol", "seed",  "eval",      "like",      "seeds",      "vary",  "charts",
                                      "probes",   "tune",  "objective", "targets",   "claims",     NULL};

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

static bool is_known(const char *key) {
  for (const char *const *known = bsn_known_keys; *known; known++)
    if (!strcmp(*known, key)) return true;
  for (const bsn_param *p = bsn_header_params; p->name; p++)
    if (!strcmp(p->name, key)) return true;
  return false;
}

/* Whoever misspelt a key has been told so, and needs no second message. */
static bool missing(bsn_reader *r, const bsn_value *tree, const char *key, const char *what) {
  for (size_t i = 0; i < tree->n; i++)
    if (!is_known(tree->key[i]) && bsn_nearest(tree->key[i], 1, &key)) return false;
  return bsn_fault(r->faults, tree->mark, "'%s' is missing%s", key, what);
}

/* The row at a top-level key, or the default. */
static bool read_section(bsn_reader *r, const bsn_value *tree, const char *key, const bsn_table *table, const char *def,
                         bsn_choice *choice, const bsn_param *extra, void *config) {
  bsn_value *v = bsn_value_get(tree, key);
  if (!v && !def) return missing(r, tree, key, "");
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

const bsn_param bsn_model_extra[] = {
    {"init", BSN_ROW, offsetof(model_options, init), "torch", .table = "init", .doc = "initial parameters"},
    {"weights", BSN_FILE, offsetof(model_options, weights), "none",
     .doc =
         "safetensors file to start from; or {of: {PATH: VALUE, ..}, at: end | {step: N} | {epoch: N}}: what the trial "
         "that differs in these saved"},
    {0}};

static bool read_model(bsn_reader *r, const bsn_value *tree, bsn_trial *t) {
  model_options options = {0};
  const bsn_value *v = bsn_value_get(tree, "model");
  if (!v) return missing(r, tree, "model", "");
  BSN_TRY(bsn_read_row(r, &bsn_models, v, "model", &t->fit.model, bsn_model_extra, &options));
  t->fit.init = options.init;
  if (!options.weights) return true;
  const char *bytes;
  bsn_error error = {0};
  bool ok = bsn_files_text(r->files, options.weights, &bytes, &t->fit.weights_bytes, &error);
  t->fit.weights = bytes;
  t->fit.weights_file = options.weights;
  if (!ok && error.code == BSN_NO_MEMORY) return no_memory(r->faults);
  return ok || bsn_fault(r->faults, bsn_value_get(v, "weights")->mark, "%s", error.text);
}

static bool read_train(bsn_reader *r, const bsn_value *tree, bsn_trial *t) {
  const bsn_value *v = bsn_value_get(tree, "train");
  bsn_train *train = &t->fit.train;
  if (!v) return missing(r, tree, "train", ": give epochs, steps or budget");
  BSN_TRY(bsn_read_params(r, bsn_train_params, v, "train", train, NULL));
  int given =
      (bsn_value_get(v, "epochs") != NULL) + (bsn_value_get(v, "steps") != NULL) + (bsn_value_get(v, "budget") != NULL);
  if (given != 1) return bsn_fault(r->faults, mark_of(tree, "train"), "train wants one of epochs, steps and budget");
  if (train->replacement && strcmp(train->order, "iid"))
    return bsn_fault(r->faults, v->mark, "train.replacement goes with order: iid");
  return true;
}

/* Does when metrics are recorded decide anything? Then it is part of what identifies the trial. */
static bool eval_decides(const bsn_trial *t) {
  const bsn_schedule *s = (const bsn_schedule *)t->fit.train.schedule.row;
  bool decides = s && s->watch;
  for (size_t i = 0; i < t->fit.regularise.n; i++) {
    const bsn_regulariser *r = (const bsn_regulariser *)t->fit.regularise.item[i].row;
    decides |= r && r->stop; /* NULL: one that could not be read */
  }
  return decides;
}

static bool read_eval(bsn_reader *r, const bsn_value *tree, bsn_trial *t) {
  eval_config eval = {0};
  const bsn_value *v = bsn_value_get(tree, "eval");
  BSN_TRY(bsn_read_params(r, eval_params, v, "eval", &eval, NULL));
  if (!bsn_value_get(v, "when") && t->fit.train.epochs > 0) eval.when = (bsn_moment){BSN_EVERY_EPOCHS, 1};
  if (eval.rows.kind == BSN_AMOUNT_NONE)
    return bsn_fault(r->faults, bsn_value_get(v, "rows")->mark, "eval.rows: none would measure nothing");
  t->fit.eval = eval.when;
  t->fit.eval_rows = eval.rows;
  t->curve = eval.curve;
  t->internals = eval.internals;
  t->fit.internals = eval.internals.kind != BSN_NEVER;
  if (!eval_decides(t)) return true;
  char rows[32] = "";
  bool all = eval.rows.kind == BSN_AMOUNT_ALL;
  const char *text = bsn_text_in(r->arena, "%d %zu%s%s", (int)eval.when.kind, eval.when.n, all ? "" : " rows ",
                                 all ? "" : bsn_number_text(rows, eval.rows.value));
  return text ? bsn_note_setting(r, "eval.decides", text, true) : no_memory(r->faults);
}

static bool read_seeds(bsn_reader *r, const bsn_value *tree, uint64_t replicate, bsn_trial *t) {
  char number[32];
  snprintf(number, sizeof number, "%llu", (unsigned long long)replicate);
  bsn_value *seed = bsn_value_get(tree, "seed"), *def = bsn_value_scalar(r->arena, number);
  bsn_value empty = {.kind = BSN_MAP}, *map = seed ? seed : &empty;
  if (seed && seed->kind != BSN_MAP) return bsn_read_params(r, seed_params, seed, "seed", &t->fit.seeds, NULL);
  for (size_t i = 0; def && map && seed_names[i]; i++)
    if (!bsn_value_get(map, seed_names[i])) map = bsn_value_put(r->arena, map, seed_names[i], def, r->faults);
  if (!def || !map) return no_memory(r->faults);
  return bsn_read_params(r, seed_params, map, "seed", &t->fit.seeds, NULL);
}

typedef struct probe_options {
  bsn_moment when;
} probe_options;

static const bsn_param probe_extra[] = {{"when", BSN_MOMENT, offsetof(probe_options, when), "end",
                                         .doc = "when it is measured; all but end begin with step 0"},
                                        {0}};

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
    const size_t trial = strlen(t->key);
    bsn_hash_text(text + trial, (size_t)n - trial, t->probe[i].id);
  }
  return true;
}

/* What goes with what: an ensemble inside of the protocol, probes on its fits. */
static bool check_parts(bsn_faults *faults, const bsn_value *tree, const bsn_trial *t) {
  const bsn_protocol *p = (const bsn_protocol *)t->protocol.row;
  if (p->surface != (t->minimise.surface.row != NULL))
    return bsn_fault(faults, mark_of(tree, "protocol"),
                     p->surface ? "protocol %s wants an objective in place of data, model and loss"
                                : "protocol %s wants data, model and loss, not an objective",
                     p->row.name);
  if (t->ensemble.row && !p->ensemble)
    return bsn_fault(faults, mark_of(tree, "ensemble"), "protocol %s has no ensembles", p->row.name);
  if (!t->nprobes || bsn_protocol_of(t)->reduce == NULL) return true;
  return bsn_fault(faults, mark_of(tree, "probes"), "probes look at one fit, but %s%s%s makes many", p->row.name,
                   t->ensemble.row ? " with " : "", t->ensemble.row ? t->ensemble.row->name : "");
}

/* ---- a trial ---- */
typedef struct sections {
  size_t source_settings, data_settings; /* how many settings are read before the data's options, and with them */
  bsn_settings *probes;                  /* of each probe */
} sections;

/* What files have depends on no seed and no option; what is generated depends on all of them. */
static bool data_keys(const bsn_settings *all, const sections *s, bsn_trial *t, bsn_arena *arena, bsn_error *error) {
  const bsn_data *row = (const bsn_data *)t->data.row;
  bsn_settings own = {s->source_settings, all->item}, with_options = {s->data_settings, all->item};
  BSN_TRY(bsn_settings_key(&own, t->source_key, error) && bsn_settings_key(&with_options, t->data_key, error));
  const char *text = bsn_text_in(arena, "%s %llu %llu", t->data_key, (unsigned long long)t->fit.seeds.data,
                                 (unsigned long long)t->fit.seeds.test);
  if (!text) return bsn_no_memory(error);
  bsn_hash_text(text, strlen(text), t->data_key);
  if (row && row->generated) memcpy(t->source_key, t->data_key, sizeof t->source_key);
  return true;
}

/* What identifies besides the rows. */
static bool read_header(bsn_reader *r, const bsn_value *tree, bsn_trial *t) {
  bsn_header h = {0};
  bool ok = bsn_read_params(r, bsn_header_params, tree, "", &h, bsn_known_keys);
  t->save = h.save;
  t->fit.peek = h.peek;
  t->fit.name = "";
  r->settings.n = 0; /* of the header only what identifies stays */
  ok = bsn_note_setting(r, "precision", h.precision ? h.precision : "float", true) && ok;
  ok = bsn_note_setting(r, "bits", BITS, true) && ok;
  if (h.peek) ok = bsn_note_setting(r, "peek", "true", true) && ok;
  return ok;
}

/* ---- an objective in place of data, model and loss ---- */
static bool check_unused(bsn_faults *faults, const bsn_value *tree, const char *const *unused, const char *why) {
  bool ok = true;
  for (; *unused; unused++)
    if (bsn_value_get(tree, *unused))
      ok = bsn_fault(faults, mark_of(tree, *unused), "'%s' is not used: %s", *unused, why);
  return ok;
}

static bool read_descent(bsn_reader *r, const bsn_value *tree, bsn_trial *t) {
  const bsn_value *v = bsn_value_get(tree, "train");
  if (!v) return missing(r, tree, "train", ": give steps");
  BSN_TRY(bsn_read_params(r, bsn_descent_params, v, "train", &t->minimise.train, NULL));
  t->fit.train = (bsn_train){.batch = 1, .steps = t->minimise.train.steps, .schedule = t->minimise.train.schedule};
  return true;
}

static bool read_surface(bsn_reader *r, const bsn_value *tree, bsn_trial *t) {
  static const char *const unused[] = {"data",   "model", "loss", "regularise", "ensemble",
                                       "probes", "save",  "peek", NULL};
  bsn_minimise_spec *m = &t->minimise;
  bool ok = read_header(r, tree, t);
  ok = check_unused(r->faults, tree, unused, "the study has an objective without data") && ok;
  ok = read_section(r, tree, "objective", &bsn_surfaces, NULL, &m->surface, bsn_surface_params, &m->options) && ok;
  ok = read_section(r, tree, "optimizer", &bsn_optimizers, NULL, &t->fit.optimizer, NULL, NULL) && ok;
  ok = read_descent(r, tree, t) && ok;
  ok = read_section(r, tree, "protocol", &bsn_protocols, "minimise", &t->protocol, NULL, NULL) && ok;
  ok = read_seeds(r, tree, (uint64_t)t->replicate, t) && ok;
  ok = read_eval(r, tree, t) && ok;
  if (ok && (t->curve.kind || t->internals.kind))
    ok = bsn_fault(r->faults, mark_of(tree, "eval"), "curve and internals are recorded of fits alone");
  m->optimizer = t->fit.optimizer;
  m->eval = t->fit.eval;
  m->seeds = t->fit.seeds;
  if (ok && ((const bsn_protocol *)t->protocol.row)->surface) m->tolerance = *(const double *)t->protocol.config;
  return ok;
}

/* ---- a protocol that is all there is ---- */
static bool is_alone(const bsn_value *tree) {
  const bsn_value *v = bsn_value_get(tree, "protocol"), *name = v && v->kind == BSN_MAP ? bsn_value_get(v, "name") : v;
  const bsn_row *row = name && name->kind == BSN_SCALAR ? bsn_table_find(&bsn_protocols, name->text) : NULL;
  return row && ((const bsn_protocol *)row)->alone;
}

static bool read_alone(bsn_reader *r, const bsn_value *tree, bsn_trial *t) {
  static const char *const unused[] = {"data",     "model",  "loss", "objective", "optimizer", "regularise", "train",
                                       "ensemble", "probes", "save", "peek",      "eval",      "seed",       NULL};
  bool ok = read_header(r, tree, t);
  ok = check_unused(r->faults, tree, unused, "protocol check computes values of the library alone") && ok;
  return read_section(r, tree, "protocol", &bsn_protocols, NULL, &t->protocol, NULL, NULL) && ok;
}

static bool read_sections(bsn_reader *r, const bsn_value *tree, bsn_trial *t, sections *s) {
  if (is_alone(tree)) return read_alone(r, tree, t);
  if (bsn_value_get(tree, "objective")) return read_surface(r, tree, t);
  bool ok = read_header(r, tree, t);
  ok = read_section(r, tree, "data", &bsn_data_table, NULL, &t->data, bsn_data_params, &t->data_options) && ok;
  s->data_settings = r->settings.n;
  s->source_settings = r->settings.n - bsn_params_count(bsn_data_params);
  ok = read_model(r, tree, t) && ok;
  ok = read_section(r, tree, "loss", &bsn_losses, NULL, &t->fit.loss, NULL, NULL) && ok;
  ok = read_section(r, tree, "optimizer", &bsn_optimizers, NULL, &t->fit.optimizer, NULL, NULL) && ok;
  ok = read_list(r, tree, "regularise", &bsn_regularisers, &t->fit.regularise) && ok;
  ok = read_train(r, tree, t) && ok;
  if (bsn_value_get(tree, "ensemble"))
    ok = read_section(r, tree, "ensemble", &bsn_ensembles, NULL, &t->ensemble, NULL, NULL) && ok;
  ok = read_section(r, tree, "protocol", &bsn_protocols, "holdout", &t->protocol, NULL, NULL) && ok;
  ok = read_seeds(r, tree, (uint64_t)t->replicate, t) && ok;
  ok = read_probes(r, tree, t, &s->probes) && ok;
  return read_eval(r, tree, t) && ok;
}

bool bsn_trial_read(bsn_reader *r, const bsn_value *tree, const char *const *folders, bsn_trial *t) {
  sections s = {0};
  bsn_error error = {0};
  if (!read_sections(r, tree, t, &s)) return false;
  BSN_TRY(bsn_check_decisions(r->faults, tree, t) && check_parts(r->faults, tree, t));
  if (t->start.source && !bsn_start_note(&t->start, &r->settings, r->arena)) return no_memory(r->faults);
  t->settings = r->settings;
  t->data_options.seed_data = t->fit.seeds.data;
  t->data_options.seed_test = t->fit.seeds.test;
  t->data_options.folders = folders;
  bool ok = bsn_settings_key(&t->settings, t->key, &error) && probe_keys(t, s.probes, &error) &&
            data_keys(&t->settings, &s, t, r->arena, &error);
  return ok || no_memory(r->faults);
}
