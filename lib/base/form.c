/* Rows in their long form, and edits of all rows of a tree. */
#include "base/row.h"
#include <string.h>

/* {lr: 0.1} has no name, rather than one that is unknown. */
static bool is_param_of_any(const bsn_table *table, const char *key) {
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(table, i)); i++)
    for (const bsn_param *p = row->params; p && p->name; p++)
      if (!strcmp(p->name, key)) return true;
  return false;
}

bool bsn_is_short_form(const bsn_table *table, const bsn_value *map) {
  if (map->kind != BSN_MAP || map->n != 1 || !strcmp(map->key[0], "name")) return false;
  return bsn_table_find(table, map->key[0]) || !is_param_of_any(table, map->key[0]);
}

/* A map with the name of a short form, and room for more items. */
static bsn_value *map_of_name(bsn_arena *arena, const bsn_value *map, size_t more) {
  bsn_value *out = bsn_alloc_in(arena, sizeof *out), *name = bsn_value_scalar(arena, map->key[0]);
  bsn_value **item = bsn_alloc_in(arena, (1 + more) * sizeof *item);
  const char **key = bsn_alloc_in(arena, (1 + more) * sizeof *key);
  bsn_mark *mark = bsn_alloc_in(arena, (1 + more) * sizeof *mark);
  if (!out || !name || !item || !key || !mark) return NULL;
  name->mark = mark[0] = map->keymark[0];
  item[0] = name;
  key[0] = "name";
  *out = (bsn_value){.kind = BSN_MAP, .mark = map->mark, .n = 1, .item = item, .key = key, .keymark = mark};
  return out;
}

static void add(bsn_value *map, const char *key, bsn_mark mark, bsn_value *item) {
  map->key[map->n] = key;
  map->keymark[map->n] = mark;
  map->item[map->n++] = item;
}

/* {sgd: {lr: 0.1}} and {sgd: 0.1}. A value that the row does not take stays as it is, so that its reader sees it. */
static bsn_value *long_form(bsn_arena *arena, const bsn_table *table, bsn_value *map) {
  const bsn_row *row = bsn_table_find(table, map->key[0]);
  bsn_value *inner = map->item[0];
  const char *first = row && row->params ? row->params[0].name : NULL;
  bool is_map = inner->kind == BSN_MAP;
  if (is_map ? bsn_value_get(inner, "name") != NULL : row && !first) return map;
  bsn_value *out = map_of_name(arena, map, is_map ? inner->n : 1);
  if (!out) return NULL;
  for (size_t i = 0; is_map && i < inner->n; i++) add(out, inner->key[i], inner->keymark[i], inner->item[i]);
  if (!is_map && first) add(out, first, map->keymark[0], inner);
  return out;
}

/* in with item i replaced; in itself is copied once. */
static bsn_value *with_item(bsn_arena *arena, const bsn_value *before, bsn_value *in, size_t i, bsn_value *item) {
  if (item == in->item[i]) return in;
  bsn_value **items = in->item;
  if (in == before) {
    in = bsn_copy_in(arena, before, sizeof *in);
    items = in ? bsn_copy_in(arena, before->item, before->n * sizeof *items) : NULL;
  }
  if (!items) return NULL;
  in->item = items;
  items[i] = item;
  return in;
}

static const bsn_table *table_of(const bsn_edit *edit, const char *kind) {
  for (const bsn_table *const *table = edit->tables; kind && *table; table++)
    if (!strcmp((*table)->kind, kind)) return *table;
  return NULL;
}

bsn_value *bsn_rows_edit(const bsn_edit *edit, const bsn_table *table, bsn_value *list) {
  if (list->kind != BSN_LIST) return list;
  bsn_value *out = list;
  for (size_t i = 0; out && i < list->n; i++) {
    bsn_value *item = bsn_row_edit(edit, table, NULL, list->item[i]);
    out = item ? with_item(edit->arena, list, out, i, item) : NULL;
  }
  return out;
}

static bsn_value *edit_param(const bsn_edit *edit, const bsn_param *param, bsn_value *value) {
  const bsn_table *table = param->type == BSN_ROW || param->type == BSN_ROWS ? table_of(edit, param->table) : NULL;
  bool is_none = value->kind == BSN_SCALAR && !strcmp(value->text, "none");
  if (!table || is_none) return value;
  return param->type == BSN_ROW ? bsn_row_edit(edit, table, NULL, value) : bsn_rows_edit(edit, table, value);
}

static const bsn_param *param_of(const bsn_param *params, const char *name) {
  for (; params && params->name; params++)
    if (!strcmp(params->name, name)) return params;
  return NULL;
}

bsn_value *bsn_params_edit(const bsn_edit *edit, const bsn_param *params, bsn_value *map) {
  if (map->kind != BSN_MAP) return map;
  bsn_value *out = map;
  for (size_t i = 0; out && i < map->n; i++) {
    const bsn_param *param = param_of(params, map->key[i]);
    bsn_value *item = param ? edit_param(edit, param, map->item[i]) : map->item[i];
    out = item ? with_item(edit->arena, map, out, i, item) : NULL;
  }
  return out;
}

bsn_value *bsn_row_edit(const bsn_edit *edit, const bsn_table *table, const bsn_param *extra, bsn_value *value) {
  if (value->kind == BSN_LIST) return value;
  if (bsn_is_short_form(table, value) && !(value = long_form(edit->arena, table, value))) return NULL;
  const bsn_value *name = value->kind == BSN_MAP ? bsn_value_get(value, "name") : NULL;
  const bsn_row *row = name && name->kind == BSN_SCALAR ? bsn_table_find(table, name->text) : NULL;
  if (row && !(value = bsn_params_edit(edit, row->params, value))) return NULL;
  if (row && !(value = bsn_params_edit(edit, extra, value))) return NULL;
  return edit->edit ? edit->edit(edit, table, value) : value;
}
