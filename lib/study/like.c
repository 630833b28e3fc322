#include "study/like.h"
#include "study/form.h"
#include "study/study.h"
#include <string.h>

/* One setting that a convention stands for: in a row `name` of table `kind`, `key` is `value`. name NULL: in every row. */
typedef struct custom {
  const char *like, *kind, *name, *key, *value;
} custom;

/* ---- the table. torch is what all defaults are. ---- */
// clang-format off
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
    {NULL, NULL, NULL, NULL, NULL}};
// clang-format on

static const char *const names[] = {"torch", "tf1", "lecture"};

typedef struct expansion {
  const bsn_value *like; /* at top level; NULL: none */
  bsn_faults *faults;
} expansion;

static bool check_like(const bsn_value *like, bsn_faults *faults) {
  if (like->kind == BSN_SCALAR)
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
      if (!strcmp(names[i], like->text)) return true;
  const char *near = like->kind == BSN_SCALAR ? bsn_nearest(like->text, sizeof names / sizeof *names, names) : NULL;
  if (!near) return bsn_fault(faults, like->mark, "like must be torch, tf1 or lecture");
  return bsn_fault(faults, like->mark, "like must be torch, tf1 or lecture: did you mean '%s'?", near);
}

static const char *row_name(const bsn_value *row) {
  const bsn_value *name = row->kind == BSN_MAP ? bsn_value_get(row, "name") : row;
  return name && name->kind == BSN_SCALAR ? name->text : "";
}

/* What a row says itself stays. */
static bsn_value *fill(const bsn_edit *edit, const bsn_table *table, bsn_value *row, const char *like) {
  const expansion *e = edit->context;
  for (const custom *c = customs; row && c->like; c++) {
    if (strcmp(c->like, like) || !c->kind || strcmp(c->kind, table->kind)) continue;
    if ((c->name && strcmp(c->name, row_name(row))) || bsn_value_get(row, c->key)) continue;
    bsn_value *value = bsn_value_scalar(edit->arena, c->value);
    if (value) value->mark = row->mark;
    row = value ? bsn_value_put(edit->arena, row, c->key, value, e->faults) : NULL;
  }
  return row;
}

static bsn_value *expand(const bsn_edit *edit, const bsn_table *table, bsn_value *row) {
  const expansion *e = edit->context;
  const bsn_value *own = bsn_value_get(row, "like"), *like = own ? own : e->like;
  if (own) row = bsn_value_without(edit->arena, row, "like");
  if (own && !check_like(own, e->faults)) return row;
  return row && like ? fill(edit, table, row, like->text) : row;
}

bsn_value *bsn_like_expand(bsn_arena *arena, bsn_value *tree, bsn_faults *faults) {
  expansion e = {bsn_value_get(tree, "like"), faults};
  bsn_edit edit = {.arena = arena, .tables = bsn_tables, .edit = expand, .context = &e};
  bool top = e.like;
  if (top && !check_like(e.like, faults)) e.like = NULL;
  tree = bsn_tree_edit(&edit, tree);
  if (tree && top) tree = bsn_value_without(arena, tree, "like");
  if (!tree) faults->no_memory = true;
  return tree;
}
