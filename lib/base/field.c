/* Reading one value as what its parameter declares: types, bounds, canonical text. */
#include "base/field.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What readers share. */

bool bsn_reader_no_memory(bsn_reader *reader) {
  reader->faults->no_memory = true;
  return false;
}

bool bsn_reader_note(bsn_reader *reader, const char *path, const char *value, const char *identity) {
  bsn_settings *s = &reader->settings;
  if (!path || !value) return bsn_reader_no_memory(reader);
  bsn_setting *item = bsn_grow_in(reader->arena, s->item, s->n, sizeof *item);
  if (!item) return bsn_reader_no_memory(reader);
  s->item = item;
  item[s->n++] = (bsn_setting){path, value, identity};
  return true;
}

static const char *copy_of(bsn_reader *reader, const char *text) {
  return bsn_copy_in(reader->arena, text, strlen(text) + 1);
}

bool bsn_note_setting(bsn_reader *reader, const char *path, const char *value, bool in_identity) {
  const char *own_path = copy_of(reader, path), *own_value = copy_of(reader, value);
  return bsn_reader_note(reader, own_path, own_value, in_identity ? own_value : NULL);
}

const char *bsn_reader_words(bsn_reader *reader, size_t n, const char *const *words, const char *last) {
  const char *list = "";
  for (size_t i = 0; list && i < n; i++)
    list = bsn_text_in(reader->arena, "%s%s%s", list, i == 0 ? "" : i + 1 < n ? ", " : last, words[i]);
  if (!list) bsn_reader_no_memory(reader);
  return list;
}

static bool note_field(const bsn_field *f, const char *value) {
  return bsn_reader_note(f->reader, f->path, value, value);
}

/* What stands in a message for a value that is not what was wanted. */
const char *bsn_value_shown(const bsn_value *value, char buffer[64]) {
  if (value->kind == BSN_LIST) return "a list";
  if (value->kind == BSN_MAP) return "a map";
  if (!value->text[0]) return "nothing";
  snprintf(buffer, 64, strlen(value->text) > 50 ? "'%.50s..'" : "'%s'", value->text);
  return buffer;
}

static bool must_be(const bsn_field *f, const char *what) {
  char buffer[64];
  return bsn_fault(f->reader->faults, f->value->mark, "%s must be %s, not %s", f->path, what,
                   bsn_value_shown(f->value, buffer));
}

static bool is_word(const bsn_value *value, const char *word) {
  return value->kind == BSN_SCALAR && !strcmp(value->text, word);
}

/* Numbers. */

static bool has_no_bounds(const bsn_param *p) { return p->lo == 0 && p->hi == 0; }

static bool check_bounds(const bsn_field *f, double x) {
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

static bool parse_real(const bsn_field *f, double *x) {
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

static bool parse_count(const bsn_field *f, size_t *count) {
  const bsn_value *v = f->value;
  if (v->kind != BSN_SCALAR) return must_be(f, "a whole number");
  if (count_of_text(v->text, count)) return check_bounds(f, (double)*count);
  if (!is_negative_whole(v->text)) return must_be(f, "a whole number");
  bool bounded = f->param->lo > 0 || f->param->above;
  if (bounded) return check_bounds(f, -1);
  return bsn_fault(f->reader->faults, v->mark, "%s must be at least 0, not %s", f->path, v->text);
}

static bool read_real(bsn_field *f) {
  char text[32];
  BSN_TRY(parse_real(f, f->at));
  return note_field(f, copy_of(f->reader, bsn_number_text(text, *(double *)f->at)));
}

static bool read_count(bsn_field *f) {
  BSN_TRY(parse_count(f, f->at));
  return note_field(f, bsn_text_in(f->reader->arena, "%zu", *(size_t *)f->at));
}

/* Words and texts. */

static bool read_flag(bsn_field *f) {
  bool yes = is_word(f->value, "true");
  if (!yes && !is_word(f->value, "false")) return must_be(f, "true or false");
  *(bool *)f->at = yes;
  return note_field(f, yes ? "true" : "false");
}

static bool unknown_word(bsn_field *f, size_t n) {
  bsn_reader *r = f->reader;
  const char *list = bsn_reader_words(r, n, f->param->words, " or "), *near = NULL;
  if (!list) return false;
  if (f->value->kind == BSN_SCALAR) near = bsn_nearest(f->value->text, n, f->param->words);
  if (!near) return must_be(f, list);
  char buffer[64];
  return bsn_fault(r->faults, f->value->mark, "%s must be %s, not %s: did you mean '%s'?", f->path, list,
                   bsn_value_shown(f->value, buffer), near);
}

static bool read_word(bsn_field *f) {
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
  if (!text) bsn_reader_no_memory(reader);
  return text;
}

static bool read_text(bsn_field *f) {
  if (f->value->kind != BSN_SCALAR) return must_be(f, "a text");
  *(const char **)f->at = f->value->text;
  return note_field(f, one_line(f->reader, f->value));
}

static const char *resolve(bsn_reader *reader, const char *name) {
  const char *folder = reader->folder;
  bool as_is = name[0] == '/' || !folder || !folder[0];
  const char *path = bsn_text_in(reader->arena, "%s%s%s", as_is ? "" : folder, as_is ? "" : "/", name);
  if (!path) bsn_reader_no_memory(reader);
  return path;
}

static bool read_file(bsn_field *f) {
  if (f->value->kind != BSN_SCALAR || !f->value->text[0]) return must_be(f, "the name of a file");
  const char *name = f->value->text, *path = resolve(f->reader, name);
  char *hash = bsn_alloc_in(f->reader->arena, 33);
  if (!path || !hash) return bsn_reader_no_memory(f->reader);
  bsn_error error = {0};
  bool ok = bsn_files_hash(f->reader->files, path, hash, &error);
  if (error.code == BSN_NO_MEMORY) return bsn_reader_no_memory(f->reader);
  if (!ok) return bsn_fault(f->reader->faults, f->value->mark, "%s: %s", f->path, error.text);
  *(const char **)f->at = path;
  return bsn_reader_note(f->reader, f->path, one_line(f->reader, f->value), hash);
}

/* Lists. Each item is read as a field of its own, of path PATH.i. */

typedef struct kind_of_item {
  size_t size;
  const char *what;
  bool (*read)(const bsn_field *item, void *at);
} kind_of_item;

static bool item_real(const bsn_field *item, void *at) { return parse_real(item, at); }
static bool item_count(const bsn_field *item, void *at) { return parse_count(item, at); }
static bool item_text(const bsn_field *item, void *at) {
  if (item->value->kind != BSN_SCALAR) return must_be(item, "a text");
  *(const char **)at = item->value->text;
  return true;
}

static bsn_field item_field(const bsn_field *f, size_t i) {
  bsn_field item = *f;
  item.value = f->value->item[i];
  item.path = bsn_text_in(f->reader->arena, "%s.%zu", f->path, i);
  if (!item.path) bsn_reader_no_memory(f->reader);
  return item;
}

static bool read_items(bsn_field *f, const kind_of_item *kind, char **items) {
  if (f->value->kind != BSN_LIST) return must_be(f, kind->what);
  *items = bsn_alloc_in(f->reader->arena, f->value->n * kind->size);
  if (!*items) return bsn_reader_no_memory(f->reader);
  bool ok = true;
  for (size_t i = 0; i < f->value->n; i++) {
    bsn_field item = item_field(f, i);
    ok = item.path && kind->read(&item, *items + i * kind->size) && ok;
  }
  return ok;
}

/* The list as flow YAML, its items in their canonical text. */
static bool note_list(bsn_field *f, const bsn_value *items, size_t n) {
  bsn_value list = {.kind = BSN_LIST, .n = n};
  list.item = bsn_alloc_in(f->reader->arena, n * sizeof *list.item);
  if (!list.item) return bsn_reader_no_memory(f->reader);
  for (size_t i = 0; i < n; i++) list.item[i] = (bsn_value *)(uintptr_t)&items[i];
  return note_field(f, bsn_value_text(f->reader->arena, &list));
}

static bool note_numbers(bsn_field *f, size_t n, const double *real, const size_t *count) {
  bsn_value *items = bsn_alloc_in(f->reader->arena, n * sizeof *items);
  if (!items) return bsn_reader_no_memory(f->reader);
  for (size_t i = 0; i < n; i++) {
    char text[32];
    if (real)
      bsn_number_text(text, real[i]);
    else
      snprintf(text, sizeof text, "%zu", count[i]);
    items[i].text = copy_of(f->reader, text);
    if (!items[i].text) return bsn_reader_no_memory(f->reader);
  }
  return note_list(f, items, n);
}

static bool read_reals(bsn_field *f) {
  static const kind_of_item kind = {sizeof(double), "a list of numbers", item_real};
  char *items;
  BSN_TRY(read_items(f, &kind, &items));
  *(bsn_list *)f->at = (bsn_list){.n = f->value->n, .real = (const double *)(void *)items};
  return note_numbers(f, f->value->n, (const double *)(void *)items, NULL);
}

static bool read_counts(bsn_field *f) {
  static const kind_of_item kind = {sizeof(size_t), "a list of whole numbers", item_count};
  char *items;
  BSN_TRY(read_items(f, &kind, &items));
  *(bsn_list *)f->at = (bsn_list){.n = f->value->n, .count = (const size_t *)(void *)items};
  return note_numbers(f, f->value->n, NULL, (const size_t *)(void *)items);
}

static bool read_texts(bsn_field *f) {
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

double bsn_amount_of(bsn_amount amount, double all) {
  const double of[] = {[BSN_AMOUNT_NONE] = 0,
                       [BSN_AMOUNT_ALL] = all,
                       [BSN_AMOUNT_COUNT] = amount.value,
                       [BSN_AMOUNT_SHARE] = amount.value * all};
  return of[amount.kind];
}

static bool read_amount(bsn_field *f) {
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

static bool read_moment(bsn_field *f) {
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

static const bsn_table *table_of(const bsn_field *f) {
  for (const bsn_table *const *table = f->reader->tables; table && *table; table++)
    if (!strcmp((*table)->kind, f->param->table)) return *table;
  bsn_fault(f->reader->faults, f->value->mark, "%s: there is no table of kind '%s'", f->path, f->param->table);
  return NULL;
}

static bool read_choice(bsn_field *f) {
  const bsn_table *table = table_of(f);
  return table && bsn_read_row(f->reader, table, f->value, f->path, f->at, NULL, NULL);
}

static bool read_choices(bsn_field *f) {
  const bsn_table *table = table_of(f);
  if (!table) return false;
  if (f->value->kind != BSN_LIST) return must_be(f, "a list");
  if (f->value->n == 0) return note_field(f, "[]");
  bsn_choice *items = bsn_alloc_in(f->reader->arena, f->value->n * sizeof *items);
  if (!items) return bsn_reader_no_memory(f->reader);
  bool ok = true;
  for (size_t i = 0; i < f->value->n; i++) {
    bsn_field item = item_field(f, i);
    ok = item.path && bsn_read_row(f->reader, table, item.value, item.path, &items[i], NULL, NULL) && ok;
  }
  *(bsn_choices *)f->at = (bsn_choices){f->value->n, items};
  return ok;
}

/* One row per bsn_type. `none`: what an absent value is noted as; NULL: the type has its own idea of none. */
static const struct reading {
  bool (*read)(bsn_field *f);
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
static const char *note_of_none(const bsn_field *f) {
  const bsn_param *p = f->param;
  bool is_none = p->def && !strcmp(p->def, "none") && is_word(f->value, "none") && !has_word_none(p);
  return is_none ? readings[p->type].none : NULL;
}

bool bsn_field_read(bsn_field *f) {
  size_t first = f->reader->settings.n;
  const char *none = note_of_none(f);
  bool ok = none ? note_field(f, none) : readings[f->param->type].read(f);
  for (size_t i = first; f->param->silent && i < f->reader->settings.n; i++)
    f->reader->settings.item[i].identity = NULL;
  return ok;
}
