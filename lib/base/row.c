#include "base/row.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Settings. */

static bool out_of_memory(bsn_reader *reader) {
  reader->faults->no_memory = true;
  return false;
}

static bool note(bsn_reader *reader, const char *path, const char *value, const char *identity) {
  bsn_settings *s = &reader->settings;
  if (!path || !value) return out_of_memory(reader);
  bsn_setting *item = bsn_grow_in(reader->arena, s->item, s->n, sizeof *item);
  if (!item) return out_of_memory(reader);
  s->item = item;
  item[s->n++] = (bsn_setting){path, value, identity};
  return true;
}

/* A parameter that is being read: its declaration, the value given, and the field that takes it. */
typedef struct field {
  bsn_reader *reader;
  const bsn_param *param;
  const bsn_value *value;
  const char *path;
  void *at;
} field;

static const char *copy_of(bsn_reader *reader, const char *text) {
  return bsn_copy_in(reader->arena, text, strlen(text) + 1);
}

static bool note_field(const field *f, const char *value) { return note(f->reader, f->path, value, value); }

static const char *join_path(bsn_reader *reader, const char *path, const char *name) {
  size_t n = strlen(path), m = strlen(name) + 1;
  if (n == 0) return name;
  char *joined = bsn_alloc_in(reader->arena, n + 1 + m);
  if (!joined) return out_of_memory(reader), NULL;
  memcpy(joined, path, n);
  joined[n] = '.';
  memcpy(joined + n + 1, name, m);
  return joined;
}

/* What stands in a message for a value that is not what was wanted. */
static const char *shown(const bsn_value *value, char buffer[64]) {
  if (value->kind == BSN_LIST) return "a list";
  if (value->kind == BSN_MAP) return "a map";
  if (!value->text[0]) return "nothing";
  snprintf(buffer, 64, strlen(value->text) > 50 ? "'%.50s..'" : "'%s'", value->text);
  return buffer;
}

static bool must_be(const field *f, const char *what) {
  char buffer[64];
  return bsn_fault(f->reader->faults, f->value->mark, "%s must be %s, not %s", f->path, what, shown(f->value, buffer));
}

static bool is_word(const bsn_value *value, const char *word) {
  return value->kind == BSN_SCALAR && !strcmp(value->text, word);
}

/* Numbers. */

static bool has_no_bounds(const bsn_param *p) { return p->lo == 0 && p->hi == 0; }

static bool check_bounds(const field *f, double x) {
  const bsn_param *p = f->param;
  bool lower = !has_no_bounds(p) || p->above, upper = !has_no_bounds(p) && p->hi >= p->lo;
  const char *rule = NULL;
  double bound = p->lo;
  if (lower && (p->above ? x <= p->lo : x < p->lo)) rule = p->above ? "above" : "at least";
  if (!rule && upper && (p->below ? x >= p->hi : x > p->hi)) rule = p->below ? "below" : "at most", bound = p->hi;
  char text[32];
  if (!rule) return true;
  return bsn_fault(f->reader->faults, f->value->mark, "%s must be %s %s, not %s", f->path, rule,
                   bsn_number_text(text, bound), f->value->text);
}

static bool parse_real(const field *f, double *x) {
  if (f->value->kind != BSN_SCALAR || !bsn_number_read(f->value->text, x)) return must_be(f, "a number");
  return check_bounds(f, *x);
}

/* Digits alone may use all of 64 bits (seeds do); 1e4 goes through a double, which is exact up to 2^53. */
static bool count_of_text(const char *text, size_t *count) {
  double x;
  text += *text == '+';
  size_t digits = strspn(text, "0123456789");
  if (digits && !text[digits]) {
    errno = 0;
    *count = strtoull(text, NULL, 10);
    return errno == 0;
  }
  if (!bsn_number_read(text, &x) || x < 0 || x > 0x1p53 || x != floor(x)) return false;
  *count = (size_t)x;
  return true;
}

static bool is_negative_whole(const char *text) {
  double x;
  return bsn_number_read(text, &x) && x < 0 && x == floor(x);
}

static bool parse_count(const field *f, size_t *count) {
  const bsn_value *v = f->value;
  if (v->kind != BSN_SCALAR) return must_be(f, "a whole number");
  if (count_of_text(v->text, count)) return check_bounds(f, (double)*count);
  if (!is_negative_whole(v->text)) return must_be(f, "a whole number");
  bool bounded = f->param->lo > 0 || f->param->above;
  if (bounded) return check_bounds(f, -1);
  return bsn_fault(f->reader->faults, v->mark, "%s must be at least 0, not %s", f->path, v->text);
}

static bool read_real(field *f) {
  char text[32];
  BSN_TRY(parse_real(f, f->at));
  return note_field(f, copy_of(f->reader, bsn_number_text(text, *(double *)f->at)));
}

static bool read_count(field *f) {
  BSN_TRY(parse_count(f, f->at));
  return note_field(f, bsn_text_in(f->reader->arena, "%zu", *(size_t *)f->at));
}

/* Words and texts. */

static bool read_flag(field *f) {
  bool yes = is_word(f->value, "true");
  if (!yes && !is_word(f->value, "false")) return must_be(f, "true or false");
  *(bool *)f->at = yes;
  return note_field(f, yes ? "true" : "false");
}

static const char *word_list(bsn_arena *arena, size_t n, const char *const *words, const char *last) {
  const char *list = "";
  for (size_t i = 0; list && i < n; i++)
    list = bsn_text_in(arena, "%s%s%s", list, i == 0 ? "" : i + 1 < n ? ", " : last, words[i]);
  return list;
}

static bool unknown_word(field *f, size_t n) {
  bsn_reader *r = f->reader;
  const char *list = word_list(r->arena, n, f->param->words, " or "), *near = NULL;
  if (!list) return out_of_memory(r);
  if (f->value->kind == BSN_SCALAR) near = bsn_nearest(f->value->text, n, f->param->words);
  if (!near) return must_be(f, list);
  char buffer[64];
  return bsn_fault(r->faults, f->value->mark, "%s must be %s, not %s: did you mean '%s'?", f->path, list,
                   shown(f->value, buffer), near);
}

static bool read_word(field *f) {
  size_t n = 0;
  for (const char *const *word = f->param->words; *word; word++, n++) {
    if (!is_word(f->value, *word)) continue;
    *(const char **)f->at = *word;
    return note_field(f, *word);
  }
  return unknown_word(f, n);
}

/* The lines that make a key must stay lines: a text with control characters is noted in quotes. */
static const char *one_line(bsn_reader *reader, const bsn_value *value) {
  bool plain = value->text[0] != '"';
  for (const char *s = value->text; *s; s++) plain = plain && (unsigned char)*s >= ' ';
  const char *text = plain ? value->text : bsn_value_text(reader->arena, value);
  if (!text) out_of_memory(reader);
  return text;
}

static bool read_text(field *f) {
  if (f->value->kind != BSN_SCALAR) return must_be(f, "a text");
  *(const char **)f->at = f->value->text;
  return note_field(f, one_line(f->reader, f->value));
}

static const char *resolve(bsn_reader *reader, const char *name) {
  const char *folder = reader->folder;
  bool as_is = name[0] == '/' || !folder || !folder[0];
  const char *path = bsn_text_in(reader->arena, "%s%s%s", as_is ? "" : folder, as_is ? "" : "/", name);
  if (!path) out_of_memory(reader);
  return path;
}

/* The hash of a file, read once where the reader keeps hashes. */
static bool hash_of(bsn_reader *reader, const char *path, char hash[33], bsn_error *error) {
  bsn_hashes *h = reader->hashes;
  for (size_t i = 0; h && i < h->n; i++)
    if (!strcmp(h->item[i].path, path)) return memcpy(hash, h->item[i].hash, 33);
  BSN_TRY(bsn_hash_file(path, hash, error));
  if (!h) return true;
  struct bsn_hashed *items = bsn_grow_in(h->arena, h->item, h->n, sizeof *items);
  if (items) h->item = items;
  const char *own = bsn_copy_in(h->arena, path, strlen(path) + 1);
  if (!items || !own) return bsn_no_memory(error);
  items[h->n].path = own;
  memcpy(items[h->n++].hash, hash, 33);
  return true;
}

static bool read_file(field *f) {
  if (f->value->kind != BSN_SCALAR || !f->value->text[0]) return must_be(f, "the name of a file");
  const char *name = f->value->text, *path = resolve(f->reader, name);
  char *hash = bsn_alloc_in(f->reader->arena, 33);
  if (!path || !hash) return out_of_memory(f->reader);
  bsn_error error = {0};
  bool ok = hash_of(f->reader, path, hash, &error);
  if (error.code == BSN_NO_MEMORY) return out_of_memory(f->reader);
  if (!ok) return bsn_fault(f->reader->faults, f->value->mark, "%s: %s", f->path, error.text);
  *(const char **)f->at = path;
  return note(f->reader, f->path, one_line(f->reader, f->value), hash);
}

/* Lists. Each item is read as a field of its own, of path PATH.i. */

typedef struct kind_of_item {
  size_t size;
  const char *what;
  bool (*read)(const field *item, void *at);
} kind_of_item;

static bool item_real(const field *item, void *at) { return parse_real(item, at); }
static bool item_count(const field *item, void *at) { return parse_count(item, at); }
static bool item_text(const field *item, void *at) {
  if (item->value->kind != BSN_SCALAR) return must_be(item, "a text");
  *(const char **)at = item->value->text;
  return true;
}

static field item_field(const field *f, size_t i) {
  field item = *f;
  item.value = f->value->item[i];
  item.path = bsn_text_in(f->reader->arena, "%s.%zu", f->path, i);
  if (!item.path) out_of_memory(f->reader);
  return item;
}

static bool read_items(field *f, const kind_of_item *kind, char **items) {
  if (f->value->kind != BSN_LIST) return must_be(f, kind->what);
  *items = bsn_alloc_in(f->reader->arena, f->value->n * kind->size);
  if (!*items) return out_of_memory(f->reader);
  bool ok = true;
  for (size_t i = 0; i < f->value->n; i++) {
    field item = item_field(f, i);
    ok = item.path && kind->read(&item, *items + i * kind->size) && ok;
  }
  return ok;
}

/* The list as flow YAML, its items in their canonical text. */
static bool note_list(field *f, const bsn_value *items, size_t n) {
  bsn_value list = {.kind = BSN_LIST, .n = n};
  list.item = bsn_alloc_in(f->reader->arena, n * sizeof *list.item);
  if (!list.item) return out_of_memory(f->reader);
  for (size_t i = 0; i < n; i++) list.item[i] = (bsn_value *)(uintptr_t)&items[i];
  return note_field(f, bsn_value_text(f->reader->arena, &list));
}

static bool note_numbers(field *f, size_t n, const double *real, const size_t *count) {
  bsn_value *items = bsn_alloc_in(f->reader->arena, n * sizeof *items);
  if (!items) return out_of_memory(f->reader);
  for (size_t i = 0; i < n; i++) {
    char text[32];
    if (real)
      bsn_number_text(text, real[i]);
    else
      snprintf(text, sizeof text, "%zu", count[i]);
    items[i].text = copy_of(f->reader, text);
    if (!items[i].text) return out_of_memory(f->reader);
  }
  return note_list(f, items, n);
}

static bool read_reals(field *f) {
  static const kind_of_item kind = {sizeof(double), "a list of numbers", item_real};
  char *items;
  BSN_TRY(read_items(f, &kind, &items));
  *(bsn_list *)f->at = (bsn_list){.n = f->value->n, .real = (const double *)(void *)items};
  return note_numbers(f, f->value->n, (const double *)(void *)items, NULL);
}

static bool read_counts(field *f) {
  static const kind_of_item kind = {sizeof(size_t), "a list of whole numbers", item_count};
  char *items;
  BSN_TRY(read_items(f, &kind, &items));
  *(bsn_list *)f->at = (bsn_list){.n = f->value->n, .count = (const size_t *)(void *)items};
  return note_numbers(f, f->value->n, NULL, (const size_t *)(void *)items);
}

static bool read_texts(field *f) {
  static const kind_of_item kind = {sizeof(char *), "a list of texts", item_text};
  char *items;
  BSN_TRY(read_items(f, &kind, &items));
  *(bsn_list *)f->at = (bsn_list){.n = f->value->n, .text = (const char *const *)(void *)items};
  return note_field(f, bsn_value_text(f->reader->arena, f->value));
}

/* Amounts and moments. */

static const char amount_rule[] = "a count, a share below 1, all or none";

static bool parse_amount(const char *text, bsn_amount *amount) {
  static const char *const words[] = {[BSN_AMOUNT_NONE] = "none", [BSN_AMOUNT_ALL] = "all"};
  for (int i = 0; i < 2; i++) {
    if (!strcmp(text, words[i])) return amount->kind = i, amount->value = 0, true;
  }
  double x;
  if (!bsn_number_read(text, &x) || x <= 0) return false;
  if (x >= 1 && (x != floor(x) || x > 0x1p53)) return false;
  amount->kind = x < 1 ? BSN_AMOUNT_SHARE : BSN_AMOUNT_COUNT;
  amount->value = x;
  return true;
}

static bool read_amount(field *f) {
  bsn_amount *amount = f->at;
  if (f->value->kind != BSN_SCALAR || !parse_amount(f->value->text, amount)) return must_be(f, amount_rule);
  char text[32];
  if (amount->kind == BSN_AMOUNT_NONE) return note_field(f, "none");
  if (amount->kind == BSN_AMOUNT_ALL) return note_field(f, "all");
  if (amount->kind == BSN_AMOUNT_SHARE)
    bsn_number_text(text, amount->value);
  else
    snprintf(text, sizeof text, "%.0f", amount->value);
  return note_field(f, copy_of(f->reader, text));
}

/* `before N behind`, in singular and plural; without words around N the moment is a word by itself. */
static const struct moment_form {
  int kind;
  const char *before, *one, *many;
} moment_forms[] = {
    {BSN_NEVER, "none", NULL, NULL},
    {BSN_AT_END, "end", NULL, NULL},
    {BSN_EVERY_EPOCHS, "every ", " epoch", " epochs"},
    {BSN_EVERY_STEPS, "every ", " step", " steps"},
    {BSN_LOG_POINTS, "log ", " point", " points"},
};

static bool fits_form(const struct moment_form *form, const char *text, size_t *n) {
  if (!form->one) return !strcmp(text, form->before);
  size_t before = strlen(form->before), digits;
  if (strncmp(text, form->before, before)) return false;
  digits = strspn(text + before, "0123456789");
  const char *behind = text + before + digits;
  if (digits == 0 || digits > 15 || (strcmp(behind, form->one) && strcmp(behind, form->many))) return false;
  *n = strtoull(text + before, NULL, 10);
  return *n > 0;
}

static bool read_moment(field *f) {
  static const char rule[] = "end, epoch, every N epochs, every N steps, log N points or none";
  if (f->value->kind != BSN_SCALAR) return must_be(f, rule);
  const char *text = strcmp(f->value->text, "epoch") ? f->value->text : "every 1 epochs";
  for (size_t i = 0; i < sizeof moment_forms / sizeof *moment_forms; i++) {
    const struct moment_form *form = &moment_forms[i];
    size_t n = 0;
    if (!fits_form(form, text, &n)) continue;
    *(bsn_moment *)f->at = (bsn_moment){form->kind, n};
    if (!form->one) return note_field(f, form->before);
    return note_field(f, bsn_text_in(f->reader->arena, "%s%zu%s", form->before, n, form->many));
  }
  return must_be(f, rule);
}

/* Rows in rows. */

static const bsn_table *table_of(const field *f) {
  for (const bsn_table *const *table = f->reader->tables; table && *table; table++)
    if (!strcmp((*table)->kind, f->param->table)) return *table;
  bsn_fault(f->reader->faults, f->value->mark, "%s: there is no table of kind '%s'", f->path, f->param->table);
  return NULL;
}

static bool read_choice(field *f) {
  const bsn_table *table = table_of(f);
  return table && bsn_read_row(f->reader, table, f->value, f->path, f->at, NULL, NULL);
}

static bool read_choices(field *f) {
  const bsn_table *table = table_of(f);
  if (!table) return false;
  if (f->value->kind != BSN_LIST) return must_be(f, "a list");
  if (f->value->n == 0) return note_field(f, "[]");
  bsn_choice *items = bsn_alloc_in(f->reader->arena, f->value->n * sizeof *items);
  if (!items) return out_of_memory(f->reader);
  bool ok = true;
  for (size_t i = 0; i < f->value->n; i++) {
    field item = item_field(f, i);
    ok = item.path && bsn_read_row(f->reader, table, item.value, item.path, &items[i], NULL, NULL) && ok;
  }
  *(bsn_choices *)f->at = (bsn_choices){f->value->n, items};
  return ok;
}

/* One row per bsn_type. `none`: what an absent value is noted as; NULL: the type has its own idea of none. */
static const struct reading {
  bool (*read)(field *f);
  const char *none;
} readings[] = {
    // clang-format off
    [BSN_REAL]   = {read_real,    "none"},
    [BSN_COUNT]  = {read_count,   "none"},
    [BSN_FLAG]   = {read_flag,    "none"},
    [BSN_WORD]   = {read_word,    "none"},
    [BSN_TEXT]   = {read_text,    "none"},
    [BSN_FILE]   = {read_file,    "none"},
    [BSN_REALS]  = {read_reals,   "[]"},
    [BSN_COUNTS] = {read_counts,  "[]"},
    [BSN_TEXTS]  = {read_texts,   "[]"},
    [BSN_ROW]    = {read_choice,  "none"},
    [BSN_ROWS]   = {read_choices, "[]"},
    [BSN_AMOUNT] = {read_amount,  NULL},
    [BSN_MOMENT] = {read_moment,  NULL},
    // clang-format on
};

static bool has_word_none(const bsn_param *param) {
  for (const char *const *word = param->words; param->type == BSN_WORD && *word; word++)
    if (!strcmp(*word, "none")) return true;
  return false;
}

/* `none` leaves the field zeroed where that is the default; where none is a word like another it is read as one. */
static const char *note_of_none(const field *f) {
  const bsn_param *p = f->param;
  bool is_none = p->def && !strcmp(p->def, "none") && is_word(f->value, "none") && !has_word_none(p);
  return is_none ? readings[p->type].none : NULL;
}

static bool read_field(field *f) {
  size_t first = f->reader->settings.n;
  const char *none = note_of_none(f);
  bool ok = none ? note_field(f, none) : readings[f->param->type].read(f);
  for (size_t i = first; f->param->silent && i < f->reader->settings.n; i++)
    f->reader->settings.item[i].identity = NULL;
  return ok;
}

/* Maps of parameters. */

/* The default as a value. Most are single words, which need no parser. */
static const bsn_value *default_of(bsn_reader *reader, const bsn_param *param, const char *path) {
  if (strpbrk(param->def, "[{\"'")) {
    const char *name = bsn_text_in(reader->arena, "default of %s", path);
    if (!name) return out_of_memory(reader), NULL;
    return bsn_value_read(reader->arena, name, param->def, strlen(param->def), reader->faults);
  }
  bsn_value *value = bsn_alloc_in(reader->arena, sizeof *value);
  if (!value) return out_of_memory(reader), NULL;
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

static size_t count_params(const bsn_param *params) {
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
  size_t first = count_params(f->groups[0].params), second = count_params(f->groups[1].params);
  size_t known = count_words(f->known);
  const char **keys = bsn_alloc_in(f->reader->arena, (first + second + known) * sizeof *keys);
  if (!keys) return out_of_memory(f->reader), NULL;
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
  const char *list = word_list(f->reader->arena, n, keys, ", ");
  if (!list) return out_of_memory(f->reader);
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
  field one = {f->reader, param, bsn_value_get(map, param->name), join_path(f->reader, f->path, param->name),
               (char *)config + param->offset};
  if (!one.path) return false;
  if (!one.value && !param->def)
    return bsn_fault(f->reader->faults, f->mark, "missing key '%s'%s", param->name, f->owner);
  if (!one.value) one.value = default_of(f->reader, param, one.path);
  return one.value && read_field(&one);
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
  if (!owner) return out_of_memory(reader);
  if (map && map->kind != BSN_MAP)
    return bsn_fault(reader->faults, map->mark, "%s must be a map of keys, not %s", *path ? path : "this",
                     shown(map, buffer));
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
    if (!names) return out_of_memory(reader), NULL;
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
  const char *list = word_list(reader->arena, n, names, ", ");
  if (!list) return out_of_memory(reader);
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
    return bsn_fault(reader->faults, name->mark, "%s.name must be a word, not %s", path, shown(name, buffer));
  if (name) return *out = (written){name->text, name->mark, value, NULL}, true;
  if (bsn_is_short_form(table, value)) return *out = short_form(value), true;
  if (value->kind == BSN_MAP) return needs_name(reader, table, value->mark, path);
  return bsn_fault(reader->faults, value->mark, "%s must be the name of a known %s or a map, not %s", path, table->kind,
                   shown(value, buffer));
}

/* The map of a short form, made up: {units: 64}. */
static const bsn_value *map_of_only(bsn_reader *reader, const bsn_row *row, const written *w) {
  if (count_params(row->params) == 0)
    return bsn_fault(reader->faults, w->only->mark, "%s takes no value", row->name), NULL;
  bsn_value *map = bsn_alloc_in(reader->arena, sizeof *map);
  bsn_value **item = bsn_copy_in(reader->arena, &w->only, sizeof w->only);
  const char **key = bsn_copy_in(reader->arena, &row->params[0].name, sizeof *key);
  bsn_mark *mark = bsn_copy_in(reader->arena, &w->mark, sizeof w->mark);
  if (!map || !item || !key || !mark) return out_of_memory(reader), NULL;
  *map = (bsn_value){.kind = BSN_MAP, .mark = w->mark, .n = 1, .item = item, .key = key, .keymark = mark};
  return map;
}

static bool note_name(bsn_reader *reader, const bsn_row *row, const char *path) {
  const char *name_path = join_path(reader, path, "name");
  return name_path && note(reader, name_path, row->name, row->name);
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
  if (!owner || !config) return out_of_memory(reader);
  if (w.only && !(w.map = map_of_only(reader, row, &w))) return false;
  bool named = bsn_value_get(value, "name");
  form f = {reader, path, owner, w.mark, {{row->params, config}, {extra, extra_config}}, named ? known : NULL};
  bool ok = note_name(reader, row, path);
  ok = read_form(&f, w.map) && ok;
  *choice = (bsn_choice){row, config};
  return ok;
}
