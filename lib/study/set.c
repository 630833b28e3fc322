/* --set path=value. */
#include "study/form.h"
#include "study/parts.h"
#include <string.h>

typedef struct setting {
  bsn_arena *arena;
  bsn_faults *faults;
  const char *path;
  bsn_value *value;
} setting;

static bsn_value *no_memory(const setting *s) {
  s->faults->no_memory = true;
  return NULL;
}

static bsn_value *list_of(const setting *s) {
  bsn_value *list = bsn_alloc_in(s->arena, sizeof *list), **item = bsn_copy_in(s->arena, &s->value, sizeof *item);
  if (!list || !item) return no_memory(s);
  *list = (bsn_value){.kind = BSN_LIST, .mark = s->value->mark, .n = 1, .item = item};
  return list;
}

/* in with item i replaced. */
static bsn_value *with_item(const setting *s, const bsn_value *in, size_t i, bsn_value *item) {
  if (!item) return NULL;
  bsn_value *out = bsn_copy_in(s->arena, in, sizeof *in);
  bsn_value **items = bsn_copy_in(s->arena, in->item, in->n * sizeof *items);
  if (!out || !items) return no_memory(s);
  items[i] = item;
  out->item = items;
  return out;
}

static size_t index_of(const bsn_value *map, const char *key) {
  size_t i = 0;
  while (i < map->n && strcmp(map->key[i], key)) i++;
  return i;
}

/* The values of a factor above the path: each of them is edited, as it replaces what stands there. */
static bsn_value *edit_entries(const setting *s, const bsn_value *entries, const char *upper) {
  bsn_value *out = bsn_copy_in(s->arena, entries, sizeof *entries);
  for (size_t i = 0; out && entries->kind == BSN_LIST && i < entries->n; i++) {
    /* The entry in its place, so that it is known what row it is. */
    bsn_value *tree = bsn_alloc_in(s->arena, sizeof *tree);
    tree = tree ? bsn_value_put(s->arena, &(bsn_value){.kind = BSN_MAP}, upper, entries->item[i], s->faults) : NULL;
    tree = tree ? bsn_tree_long(s->arena, tree) : NULL;
    tree = tree ? bsn_value_put(s->arena, tree, s->path, s->value, s->faults) : NULL;
    out = tree ? with_item(s, out, i, bsn_value_at(tree, upper)) : NULL;
  }
  return out;
}

/* One mapping of factors: the path itself becomes a single value, entries above it get the value. */
static bsn_value *set_factors(const setting *s, bsn_value *map, bool *named) {
  for (size_t i = 0; map && map->kind == BSN_MAP && i < map->n; i++) {
    size_t n = strlen(map->key[i]);
    bool same = !strcmp(map->key[i], s->path), above = !strncmp(map->key[i], s->path, n) && s->path[n] == '.';
    if (same)
      map = with_item(s, map, i, list_of(s));
    else if (above && map->item[i]->kind == BSN_LIST)
      map = with_item(s, map, i, edit_entries(s, map->item[i], map->key[i]));
    *named |= same;
  }
  return map;
}

static bsn_value *set_all_factors(const setting *s, bsn_value *value, bool *named) {
  if (value->kind != BSN_LIST) return set_factors(s, value, named);
  for (size_t i = 0; value && i < value->n; i++) {
    bsn_value *map = set_factors(s, value->item[i], named);
    value = map ? with_item(s, value, i, map) : NULL;
  }
  return value;
}

/* tree with what stands at a key replaced by edited. */
static bsn_value *replace(const setting *s, bsn_value *tree, const char *key, bsn_value *edited) {
  return edited ? with_item(s, tree, index_of(tree, key), edited) : NULL;
}

/* vary.train.batch=[1, 2]: the rest of the path is one key. */
static bsn_value *set_factor(const setting *s, bsn_value *tree, const char *at, const char *path) {
  const bsn_value *map = bsn_value_at(tree, at);
  bsn_value empty = {.kind = BSN_MAP}, *out;
  if (map && map->kind != BSN_MAP)
    return bsn_fault(s->faults, s->value->mark, "%s is a list of mappings: --set cannot edit it", at), NULL;
  if (!map) map = &empty;
  size_t i = index_of(map, path);
  out = i < map->n ? with_item(s, map, i, s->value) : bsn_value_put(s->arena, map, "new", s->value, s->faults);
  if (!out) return NULL;
  if (i == map->n) out->key[i] = path;
  return bsn_value_put(s->arena, tree, at, out, s->faults);
}

static bsn_value *put(const setting *s, bsn_value *tree) {
  static const char *const maps[][2] = {{"vary", "vary."}, {"tune.over", "tune.over."}};
  for (size_t i = 0; i < 2; i++) {
    size_t n = strlen(maps[i][1]);
    if (!strncmp(s->path, maps[i][1], n) && s->path[n]) return set_factor(s, tree, maps[i][0], s->path + n);
  }
  bool named = false;
  bsn_value *vary = bsn_value_get(tree, "vary"), *tune = bsn_value_get(tree, "tune"),
            *over = bsn_value_get(tune, "over");
  if (vary) tree = replace(s, tree, "vary", set_all_factors(s, vary, &named));
  bsn_value *edited = tree && over ? set_factors(s, over, &named) : NULL;
  if (edited) tree = replace(s, tree, "tune", with_item(s, tune, index_of(tune, "over"), edited));
  if (!tree || (over && !edited)) return NULL;
  bool everywhere = named && !(vary && vary->kind == BSN_LIST); /* a mapping of the list may not name it */
  if (everywhere) return tree;
  return bsn_value_put(s->arena, tree, s->path, s->value, s->faults);
}

bsn_value *bsn_tree_set(bsn_arena *arena, bsn_value *tree, const char *text, bsn_faults *faults) {
  setting s = {.arena = arena, .faults = faults};
  bsn_source *source = bsn_alloc_in(arena, sizeof *source);
  const char *name = bsn_text_in(arena, "--set %s", text), *equals = strchr(text, '=');
  if (!source || !name) return no_memory(&s);
  *source = (bsn_source){.name = name};
  if (!equals || equals == text) return bsn_fault(faults, (bsn_mark){.source = source}, "path=value is wanted"), NULL;
  size_t before = faults->n;
  s.path = bsn_text_in(arena, "%.*s", (int)(equals - text), text);
  s.value = s.path ? bsn_value_read(arena, name, equals + 1, strlen(equals + 1), faults) : NULL;
  tree = s.value ? bsn_tree_long(arena, tree) : NULL;
  tree = tree ? put(&s, tree) : NULL;
  tree = tree ? bsn_tree_long(arena, tree) : NULL;
  if (!tree && faults->n == before) no_memory(&s);
  return tree;
}
