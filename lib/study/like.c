#include "study/like.h"
#include <string.h>

/* One setting that a convention stands for: in a row `name` at top-level key `section`, `key` is `value`. name NULL: in the
 * section whatever its row. */
typedef struct custom {
  const char *like, *section, *name, *key, *value;
} custom;

/* ---- the table. torch is what all defaults are. ---- */
static const custom customs[] = {
    {"torch", NULL, NULL, NULL, NULL},
    /* TensorFlow 1: accumulators start above 0, eps stands inside the root */
    {"tf1", "optimizer", "rmsprop", "rho", "0.9"},
    {"tf1", "optimizer", "rmsprop", "eps", "1e-10"},
    {"tf1", "optimizer", "rmsprop", "eps_place", "inside"},
    {"tf1", "optimizer", "rmsprop", "initial_accumulator_value", "1"},
    {"tf1", "optimizer", "adagrad", "initial_accumulator_value", "0.1"},
    {"tf1", "optimizer", "adadelta", "lr", "0.001"},
    {"tf1", "optimizer", "adadelta", "rho", "0.95"},
    {"tf1", "optimizer", "adadelta", "eps", "1e-8"},
    {"tf1", "train", NULL, "remainder", "drop"},
    /* the lecture's notebooks and slides */
    {"lecture", "optimizer", "adam", "eps", "1e-7"},
    {"lecture", "model", NULL, "init", "kaiming"},
    {0}};

static bool known(const char *like) {
  for (const custom *c = customs; c->like; c++)
    if (!strcmp(c->like, like)) return true;
  return false;
}

static const char *row_name(const bsn_value *section) {
  if (!section) return NULL;
  const bsn_value *name = section->kind == BSN_MAP ? bsn_value_get(section, "name") : section;
  return name && name->kind == BSN_SCALAR ? name->text : NULL;
}

static bool applies(const custom *c, const bsn_value *tree) {
  const bsn_value *section = bsn_value_get(tree, c->section);
  if (!section || (section->kind == BSN_MAP && bsn_value_get(section, c->key))) return false;
  const char *name = row_name(section);
  return !c->name || (name && !strcmp(name, c->name));
}

/* Fill in what `like` says of one section (NULL: of all). */
static bsn_value *fill(bsn_arena *arena, bsn_value *tree, const char *like, const char *section, bsn_faults *faults) {
  for (const custom *c = customs; tree && c->like; c++) {
    if (strcmp(c->like, like) || !c->section || (section && strcmp(c->section, section)) || !applies(c, tree)) continue;
    const char *path = bsn_text_in(arena, "%s.%s", c->section, c->key);
    bsn_value *value = bsn_value_scalar(arena, c->value);
    tree = path && value ? bsn_value_put(arena, tree, path, value, faults) : NULL;
  }
  return tree;
}

static bsn_value *expand(bsn_arena *arena, bsn_value *tree, const bsn_value *like, const char *section, bsn_faults *faults) {
  const char *path = section ? bsn_text_in(arena, "%s.like", section) : "like";
  if (like->kind != BSN_SCALAR || !known(like->text))
    return bsn_fault(faults, like->mark, "like must be one of torch, tf1, lecture"), NULL;
  tree = path ? bsn_value_without(arena, tree, path) : NULL;
  return tree ? fill(arena, tree, like->text, section, faults) : NULL;
}

bsn_value *bsn_like_expand(bsn_arena *arena, bsn_value *tree, bsn_faults *faults) {
  static const char *const sections[] = {"optimizer", "train", "model", NULL};
  for (int i = 0; tree && sections[i]; i++) {
    const bsn_value *section = bsn_value_get(tree, sections[i]), *like = bsn_value_get(section, "like");
    if (like) tree = expand(arena, tree, like, sections[i], faults);
  }
  const bsn_value *like = bsn_value_get(tree, "like");
  if (tree && like) tree = expand(arena, tree, like, NULL, faults);
  if (!tree && !faults->n) faults->no_memory = true;
  return tree;
}
