/* Tables of rows, and how rows and maps of parameters are read: which keys there are, and to whom they belong. */
#include "base/field.h"
#include <string.h>

/* Tables. */

const bsn_row *bsn_table_row(const bsn_table *table, size_t i) {
  for (const void *const *family = table->families; *family; family++) {
    const char *row = *family;
    for (; ((const bsn_row *)(const void *)row)->name; row += table->row_size)
      if (i-- == 0) return (const bsn_row *)(const void *)row;
  }
  return NULL;
}

const bsn_row *bsn_table_find(const bsn_table *table, const char *name) {
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(table, i)); i++)
    if (!strcmp(row->name, name)) return row;
  return NULL;
}

/* Maps of parameters. */

static const char *join_path(bsn_reader *reader, const char *path, const char *name) {
  size_t n = strlen(path), m = strlen(name) + 1;
  if (n == 0) return name;
  char *joined = bsn_alloc_in(reader->arena, n + 1 + m);
  if (!joined) return bsn_reader_no_memory(reader), NULL;
  memcpy(joined, path, n);
  joined[n] = '.';
  memcpy(joined + n + 1, name, m);
  return joined;
}

/* The default as a value. Most are single words, which need no parser. */
static const bsn_value *default_of(bsn_reader *reader, const bsn_param *param, const char *path) {
  if (strpbrk(param->def, "[{\"'")) {
    const char *name = bsn_text_in(reader->arena, "default of %s", path);
    if (!name) return bsn_reader_no_memory(reader), NULL;
    return bsn_value_read(reader->arena, name, param->def, strlen(param->def), reader->faults);
  }
  bsn_value *value = bsn_alloc_in(reader->arena, sizeof *value);
  if (!value) return bsn_reader_no_memory(reader), NULL;
  *value = (bsn_value){.kind = BSN_SCALAR, .text = param->def};
  return value;
}

/* Lists of parameters that share a map, and what a message says that they belong to. */
typedef struct group {
  const bsn_param *params;
  void *config;
} group;

typedef struct form {
  bsn_reader *reader;
  const char *path;
  const char *owner; /* " of optimizer sgd" */
  bsn_mark mark;     /* where to point when a key is missing */
  group groups[2];
  const char *const *known; /* NULL-ended names of keys that are somebody else's; may be NULL */
} form;

size_t bsn_params_count(const bsn_param *params) {
  size_t n = 0;
  while (params && params[n].name) n++;
  return n;
}

static size_t count_words(const char *const *words) {
  size_t n = 0;
  while (words && words[n]) n++;
  return n;
}

/* Every key that the form takes, for checks and messages. */
static const char **keys_of(const form *f, size_t *n) {
  size_t first = bsn_params_count(f->groups[0].params), second = bsn_params_count(f->groups[1].params);
  size_t known = count_words(f->known);
  const char **keys = bsn_alloc_in(f->reader->arena, (first + second + known) * sizeof *keys);
  if (!keys) return bsn_reader_no_memory(f->reader), NULL;
  for (size_t i = 0; i < first; i++) keys[i] = f->groups[0].params[i].name;
  for (size_t i = 0; i < second; i++) keys[first + i] = f->groups[1].params[i].name;
  for (size_t i = 0; i < known; i++) keys[first + second + i] = f->known[i];
  *n = first + second + known;
  return keys;
}

static bool unknown_key(const form *f, const char *key, bsn_mark mark, size_t n, const char **keys) {
  enum { FEW = 16 };
  bsn_faults *faults = f->reader->faults;
  const char *near = bsn_nearest(key, n, keys);
  if (near) return bsn_fault(faults, mark, "unknown key '%s'%s: did you mean '%s'?", key, f->owner, near);
  if (n == 0) return bsn_fault(faults, mark, "unknown key '%s'%s: it takes no keys", key, f->owner);
  if (n > FEW) return bsn_fault(faults, mark, "unknown key '%s'%s", key, f->owner);
  const char *list = bsn_reader_words(f->reader, n, keys, ", ");
  if (!list) return false;
  return bsn_fault(faults, mark, "unknown key '%s'%s: known are %s", key, f->owner, list);
}

static bool is_one_of(const char *key, size_t n, const char **keys) {
  for (size_t i = 0; i < n; i++)
    if (!strcmp(key, keys[i])) return true;
  return false;
}

static bool check_keys(const form *f, const bsn_value *map) {
  size_t n = 0;
  if (!map || map->n == 0) return true;
  const char **keys = keys_of(f, &n);
  bool ok = keys;
  for (size_t i = 0; keys && i < map->n; i++)
    if (!is_one_of(map->key[i], n, keys)) ok = unknown_key(f, map->key[i], map->keymark[i], n, keys);
  return ok;
}

static bool read_param(const form *f, const bsn_param *param, const bsn_value *map, void *config) {
  bsn_field one = {f->reader, param, bsn_value_get(map, param->name), join_path(f->reader, f->path, param->name),
                   (char *)config + param->offset};
  if (!one.path) return false;
  if (!one.value && !param->def)
    return bsn_fault(f->reader->faults, f->mark, "missing key '%s'%s", param->name, f->owner);
  if (!one.value) one.value = default_of(f->reader, param, one.path);
  return one.value && bsn_field_read(&one);
}

static bool read_form(const form *f, const bsn_value *map) {
  bool ok = check_keys(f, map);
  for (size_t g = 0; g < 2; g++)
    for (const bsn_param *p = f->groups[g].params; p && p->name; p++)
      ok = read_param(f, p, map, f->groups[g].config) && ok;
  return ok;
}

bool bsn_read_params(bsn_reader *reader, const bsn_param *params, const bsn_value *map, const char *path, void *config,
                     const char *const *known) {
  char buffer[64];
  const char *owner = bsn_text_in(reader->arena, "%s%s", *path ? " of " : "", path);
  if (!owner) return bsn_reader_no_memory(reader);
  if (map && map->kind != BSN_MAP)
    return bsn_fault(reader->faults, map->mark, "%s must be a map of keys, not %s", *path ? path : "this",
                     bsn_value_shown(map, buffer));
  form f = {.reader = reader, .path = path, .owner = owner, .groups = {{params, config}}, .known = known};
  if (map) f.mark = map->mark;
  return read_form(&f, map);
}

/* Rows: the name, then the parameters. */

static const char **names_of(bsn_reader *reader, const bsn_table *table, size_t *n) {
  const bsn_row *row;
  const char **names = NULL;
  for (*n = 0; (row = bsn_table_row(table, *n)); ++*n) {
    names = bsn_grow_in(reader->arena, names, *n, sizeof *names);
    if (!names) return bsn_reader_no_memory(reader), NULL;
    names[*n] = row->name;
  }
  return names;
}

static bool unknown_row(bsn_reader *reader, const bsn_table *table, const char *name, bsn_mark mark) {
  enum { FEW = 12 };
  size_t n;
  const char **names = names_of(reader, table, &n);
  if (!names) return false;
  const char *near = bsn_nearest(name, n, names);
  if (near) return bsn_fault(reader->faults, mark, "unknown %s '%s': did you mean '%s'?", table->kind, name, near);
  if (n > FEW)
    return bsn_fault(reader->faults, mark, "unknown %s '%s': `basin list %s` shows all", table->kind, name,
                     table->kind);
  const char *list = bsn_reader_words(reader, n, names, ", ");
  if (!list) return false;
  return bsn_fault(reader->faults, mark, "unknown %s '%s': known are %s", table->kind, name, list);
}

/* The parts of a row as written: its name, where that stands, and the map of parameters (NULL: none). */
typedef struct written {
  const char *name;
  bsn_mark mark;
  const bsn_value *map;
  const bsn_value *only; /* the short form's value of the first parameter; NULL: none */
} written;

/* {dense: 64} and {dense: {units: 64}}. */
static written short_form(const bsn_value *map) {
  const bsn_value *inner = map->item[0];
  bool is_map = inner->kind == BSN_MAP;
  return (written){map->key[0], map->keymark[0], is_map ? inner : NULL, is_map ? NULL : inner};
}

static bool needs_name(bsn_reader *reader, const bsn_table *table, bsn_mark mark, const char *path) {
  const bsn_row *row = bsn_table_row(table, 0);
  return bsn_fault(reader->faults, mark, "%s needs the name of its %s: {name: %s, ..}", path, table->kind,
                   row ? row->name : "..");
}

static bool parts_of(bsn_reader *reader, const bsn_table *table, const bsn_value *value, const char *path,
                     written *out) {
  char buffer[64];
  const bsn_value *name = bsn_value_get(value, "name");
  if (!value) return bsn_fault(reader->faults, (bsn_mark){0}, "%s is missing", path);
  if (value->kind == BSN_SCALAR && value->text[0])
    return *out = (written){.name = value->text, .mark = value->mark}, true;
  if (name && (name->kind != BSN_SCALAR || !name->text[0]))
    return bsn_fault(reader->faults, name->mark, "%s.name must be a word, not %s", path, bsn_value_shown(name, buffer));
  if (name) return *out = (written){name->text, name->mark, value, NULL}, true;
  if (bsn_is_short_form(table, value)) return *out = short_form(value), true;
  if (value->kind == BSN_MAP) return needs_name(reader, table, value->mark, path);
  return bsn_fault(reader->faults, value->mark, "%s must be the name of a known %s or a map, not %s", path, table->kind,
                   bsn_value_shown(value, buffer));
}

/* The map of a short form, made up: {units: 64}. */
static const bsn_value *map_of_only(bsn_reader *reader, const bsn_row *row, const written *w) {
  if (bsn_params_count(row->params) == 0)
    return bsn_fault(reader->faults, w->only->mark, "%s takes no value", row->name), NULL;
  bsn_value *map = bsn_alloc_in(reader->arena, sizeof *map);
  bsn_value **item = bsn_copy_in(reader->arena, &w->only, sizeof w->only);
  const char **key = bsn_copy_in(reader->arena, &row->params[0].name, sizeof *key);
  bsn_mark *mark = bsn_copy_in(reader->arena, &w->mark, sizeof w->mark);
  if (!map || !item || !key || !mark) return bsn_reader_no_memory(reader), NULL;
  *map = (bsn_value){.kind = BSN_MAP, .mark = w->mark, .n = 1, .item = item, .key = key, .keymark = mark};
  return map;
}

static bool note_name(bsn_reader *reader, const bsn_row *row, const char *path) {
  const char *name_path = join_path(reader, path, "name");
  return name_path && bsn_reader_note(reader, name_path, row->name, row->name);
}

bool bsn_read_row(bsn_reader *reader, const bsn_table *table, const bsn_value *value, const char *path,
                  bsn_choice *choice, const bsn_param *extra, void *extra_config) {
  static const char *const known[] = {"name", NULL};
  written w;
  BSN_TRY(parts_of(reader, table, value, path, &w));
  const bsn_row *row = bsn_table_find(table, w.name);
  if (!row) return unknown_row(reader, table, w.name, w.mark);
  const char *owner = bsn_text_in(reader->arena, " of %s %s", table->kind, row->name);
  void *config = bsn_alloc_in(reader->arena, row->config_size);
  if (!owner || !config) return bsn_reader_no_memory(reader);
  if (w.only && !(w.map = map_of_only(reader, row, &w))) return false;
  bool named = bsn_value_get(value, "name");
  form f = {reader, path, owner, w.mark, {{row->params, config}, {extra, extra_config}}, named ? known : NULL};
  bool ok = note_name(reader, row, path);
  ok = read_form(&f, w.map) && ok;
  *choice = (bsn_choice){row, config};
  return ok;
}
