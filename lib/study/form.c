#include "study/form.h"
#include "learn/fit.h"
#include "learn/surface.h"
#include "study/study.h"
#include <string.h>

/* ---- the keys at top level that are rows, or lists of rows ---- */
static const struct section {
  const char *key, *kind;
  bool list;
  const bsn_param *extra;
} sections[] = {
    // clang-format off
    {"data",       "data",        false, bsn_data_params},
    {"model",      "model",       false, bsn_model_extra},
    {"objective",  "objective",   false, bsn_surface_params},
    {"loss",       "loss",        false, NULL},
    {"optimizer",  "optimizer",   false, NULL},
    {"regularise", "regulariser", true,  NULL},
    {"ensemble",   "ensemble",    false, NULL},
    {"protocol",   "protocol",    false, NULL},
    {"probes",     "probe",       true,  NULL},
    {NULL, NULL, false, NULL},
    // clang-format on
};

const bsn_param *bsn_extra_params(const char *kind) {
  for (const struct section *s = sections; s->key; s++)
    if (!strcmp(s->kind, kind)) return s->extra;
  return NULL;
}

static const bsn_table train_table = {"train", 0, (const void *const[]){NULL}};

static const bsn_table *table_of(const char *kind) {
  for (const bsn_table *const *table = bsn_tables; *table; table++)
    if (!strcmp((*table)->kind, kind)) return *table;
  return NULL;
}

/* {layers: [..]} beside other keys is the row of that name. */
static bsn_value *with_name(bsn_arena *arena, bsn_value *model) {
  bool named = model->kind != BSN_MAP || bsn_value_get(model, "name") || !bsn_value_get(model, "layers");
  if (named || model->n == 1) return model;
  bsn_value *name = bsn_value_scalar(arena, "layers");
  return name ? bsn_value_put(arena, model, "name", name, NULL) : NULL;
}

static bsn_value *edit_section(const bsn_edit *edit, const struct section *s, bsn_value *value) {
  const bsn_table *table = table_of(s->kind);
  if (!table) return value;
  if (s->list) return bsn_rows_edit(edit, table, value);
  if (!strcmp(s->key, "model") && !(value = with_name(edit->arena, value))) return NULL;
  return bsn_row_edit(edit, table, s->extra, value);
}

static bsn_value *edit_train(const bsn_edit *edit, bsn_value *value) {
  if (value->kind != BSN_MAP) return value;
  value = bsn_params_edit(edit, bsn_train_params, value);
  return value && edit->edit ? edit->edit(edit, &train_table, value) : value;
}

static bsn_value *edit_key(const bsn_edit *edit, const char *key, bsn_value *value) {
  if (!strcmp(key, "train")) return edit_train(edit, value);
  for (const struct section *s = sections; s->key; s++)
    if (!strcmp(s->key, key)) return edit_section(edit, s, value);
  return value;
}

bsn_value *bsn_tree_edit(const bsn_edit *edit, bsn_value *tree) {
  bsn_value **items = NULL, *out = tree;
  for (size_t i = 0; i < tree->n && tree->kind == BSN_MAP; i++) {
    bsn_value *item = edit_key(edit, tree->key[i], tree->item[i]);
    if (!item) return NULL;
    if (item == tree->item[i]) continue;
    if (!items) {
      items = bsn_copy_in(edit->arena, tree->item, tree->n * sizeof *items);
      out = bsn_copy_in(edit->arena, tree, sizeof *tree);
      if (!items || !out) return NULL;
      out->item = items;
    }
    items[i] = item;
  }
  return out;
}

bsn_value *bsn_tree_long(bsn_arena *arena, bsn_value *tree) {
  bsn_edit edit = {.arena = arena, .tables = bsn_tables};
  return bsn_tree_edit(&edit, tree);
}

bsn_value *bsn_tree_put(bsn_arena *arena, const bsn_value *tree, const char *path, bsn_value *value,
                        bsn_faults *faults) {
  size_t before = faults->n;
  bsn_value *out = bsn_value_put(arena, tree, path, value, faults);
  if (!out && faults->n == before) faults->no_memory = true;
  if (!out || value->kind == BSN_SCALAR) return out;
  out = bsn_tree_long(arena, out);
  if (!out) faults->no_memory = true;
  return out;
}
