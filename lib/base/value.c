#include "base/value.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Files. */

enum { PIECE = 64 << 10, MOST = 256 << 20 };

/* Grows by doubling, since a pipe does not say how long it is. */
static bool read_all(bsn_arena *arena, FILE *f, const char *path, char **text, size_t *length, bsn_error *error) {
  size_t room = PIECE, n = 0;
  char *all = bsn_alloc_in(arena, room + 1);
  while (all) {
    n += fread(all + n, 1, room - n, f);
    if (n < room) break;
    if (room >= MOST) return bsn_fail(error, BSN_BAD_INPUT, "%s: longer than %d MiB", path, MOST >> 20);
    char *larger = bsn_alloc_in(arena, 2 * room + 1);
    if (larger) memcpy(larger, all, n);
    all = larger;
    room *= 2;
  }
  if (!all) return bsn_no_memory(error);
  if (ferror(f)) return bsn_fail(error, BSN_IO, "%s: %s", path, strerror(errno));
  all[n] = 0;
  *text = all;
  *length = n;
  return true;
}

bool bsn_file_read(bsn_arena *arena, const char *path, char **text, size_t *length, bsn_error *error) {
  if (!strcmp(path, "-")) return read_all(arena, stdin, "standard input", text, length, error);
  FILE *f = fopen(path, "rb");
  if (!f) return bsn_fail(error, BSN_BAD_INPUT, "%s: %s", path, strerror(errno));
  bool ok = read_all(arena, f, path, text, length, error);
  fclose(f);
  return ok;
}

/* Looking up. */

enum { NOWHERE = -1 };

static long place_of(const bsn_value *map, const char *key, size_t length) {
  for (size_t i = 0; i < map->n; i++)
    if (!strncmp(map->key[i], key, length) && !map->key[i][length]) return (long)i;
  return NOWHERE;
}

static long place_in_list(const bsn_value *list, const char *digits, size_t length) {
  if (length == 0 || length > 9 || strspn(digits, "0123456789") < length) return NOWHERE;
  long i = strtol(digits, NULL, 10);
  return (size_t)i < list->n ? i : NOWHERE;
}

/* Which item of value the first length bytes of path name. */
static long place_in(const bsn_value *value, const char *path, size_t length) {
  if (value->kind == BSN_MAP) return place_of(value, path, length);
  if (value->kind == BSN_LIST) return place_in_list(value, path, length);
  return NOWHERE;
}

bsn_value *bsn_value_get(const bsn_value *map, const char *key) {
  if (!map || map->kind != BSN_MAP) return NULL;
  long i = place_of(map, key, strlen(key));
  return i == NOWHERE ? NULL : map->item[i];
}

bsn_value *bsn_value_at(const bsn_value *root, const char *path) {
  while (root) {
    size_t length = strcspn(path, ".");
    long i = place_in(root, path, length);
    if (i == NOWHERE) return NULL;
    if (!path[length]) return root->item[i];
    root = root->item[i];
    path += length + 1;
  }
  return NULL;
}

/* Editing: the values on the path are copied, the rest is shared. */

bsn_value *bsn_value_scalar(bsn_arena *arena, const char *text) {
  bsn_value *value = bsn_alloc_in(arena, sizeof *value);
  const char *copy = bsn_copy_in(arena, text, strlen(text) + 1);
  if (!value || !copy) return NULL;
  *value = (bsn_value){.kind = BSN_SCALAR, .text = copy};
  return value;
}

/* A copy of a list or map with room for one item more. */
static bsn_value *copy_value(bsn_arena *arena, const bsn_value *from) {
  bsn_value *value = bsn_copy_in(arena, from, sizeof *from);
  if (!value) return NULL;
  size_t n = from->n + 1;
  value->item = bsn_alloc_in(arena, n * sizeof *value->item);
  if (!value->item) return NULL;
  if (from->n) memcpy(value->item, from->item, from->n * sizeof *value->item);
  if (from->kind != BSN_MAP) return value;
  value->key = bsn_alloc_in(arena, n * sizeof *value->key);
  value->keymark = bsn_alloc_in(arena, n * sizeof *value->keymark);
  if (!value->key || !value->keymark) return NULL;
  if (from->n) memcpy(value->key, from->key, from->n * sizeof *value->key);
  if (from->n) memcpy(value->keymark, from->keymark, from->n * sizeof *value->keymark);
  return value;
}

/* Item i of a copied map or list becomes item; i == n adds it to a map under key. */
static bsn_value *set_item(bsn_value *in, size_t i, const char *key, bsn_value *item) {
  in->item[i] = item;
  if (i < in->n) return in;
  in->key[i] = key;
  in->keymark[i] = item->mark;
  in->n++;
  return in;
}

/* What a new key can be put into: root itself, or for a bare word {name: word}, for nothing {} at mark. */
static bsn_value *as_container(bsn_arena *arena, const bsn_value *root, bsn_mark mark) {
  if (root && root->kind != BSN_SCALAR) return copy_value(arena, root);
  if (root) mark = root->mark;
  bsn_value *map = copy_value(arena, &(bsn_value){.kind = BSN_MAP, .mark = mark});
  if (!map || !root || !root->text[0]) return map;
  bsn_value *word = bsn_copy_in(arena, root, sizeof *root);
  return word ? copy_value(arena, set_item(map, 0, "name", word)) : NULL;
}

static bsn_value *put_at(bsn_arena *arena, const bsn_value *root, const char *path, bsn_value *value,
                         bsn_faults *faults) {
  size_t length = strcspn(path, ".");
  if (length == 0) return bsn_fault(faults, value->mark, "a path has an empty part"), NULL;
  bsn_value *in = as_container(arena, root, value->mark);
  const char *key = bsn_text_in(arena, "%.*s", (int)length, path);
  if (!in || !key) return NULL;
  long i = place_in(in, path, length);
  if (i == NOWHERE && in->kind == BSN_LIST)
    return bsn_fault(faults, value->mark, "there is no item '%s' in a list of %zu", key, in->n), NULL;
  if (path[length]) value = put_at(arena, i == NOWHERE ? NULL : in->item[i], path + length + 1, value, faults);
  return value ? set_item(in, i == NOWHERE ? in->n : (size_t)i, key, value) : NULL;
}

bsn_value *bsn_value_put(bsn_arena *arena, const bsn_value *root, const char *path, bsn_value *value,
                         bsn_faults *faults) {
  enum { DEEPEST = 64 };
  int parts = 1;
  for (const char *s = path; *s; s++) parts += *s == '.';
  if (parts > DEEPEST) return bsn_fault(faults, value->mark, "a path has more than %d parts", DEEPEST), NULL;
  return put_at(arena, root, path, value, faults);
}

static void remove_item(bsn_value *from, size_t i) {
  size_t behind = --from->n - i;
  memmove(from->item + i, from->item + i + 1, behind * sizeof *from->item);
  if (from->kind != BSN_MAP) return;
  memmove(from->key + i, from->key + i + 1, behind * sizeof *from->key);
  memmove(from->keymark + i, from->keymark + i + 1, behind * sizeof *from->keymark);
}

static bsn_value *without(bsn_arena *arena, const bsn_value *root, const char *path) {
  size_t length = strcspn(path, ".");
  bsn_value *copy = copy_value(arena, root);
  if (!copy) return NULL;
  size_t i = (size_t)place_in(copy, path, length);
  if (path[length])
    copy->item[i] = without(arena, copy->item[i], path + length + 1);
  else
    return remove_item(copy, i), copy;
  return copy->item[i] ? copy : NULL;
}

bsn_value *bsn_value_without(bsn_arena *arena, const bsn_value *root, const char *path) {
  if (!bsn_value_at(root, path)) return (bsn_value *)(uintptr_t)root;
  return without(arena, root, path);
}

/* Writing. A value is written twice: first to count its bytes, then for good. */

typedef struct writer {
  char *text; /* NULL: only count */
  size_t n;
} writer;

static void put(writer *w, char c) {
  if (w->text) w->text[w->n] = c;
  w->n++;
}

static void put_text(writer *w, const char *text) {
  while (*text) put(w, *text++);
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/* Text that no reader of YAML takes for anything else inside [] and {}. */
static bool is_plain(const char *text) {
  size_t n = strlen(text);
  if (n == 0 || text[n - 1] == ' ') return false;
  bool starts = is_letter(text[0]) || text[0] == '_' || text[0] == '/';
  bool starts_number = strchr("+-.", text[0]) && is_letter(text[1]);
  if (!starts && !starts_number) return false;
  for (const char *s = text; *s; s++)
    if (!is_letter(*s) && !strchr("_.+-/ ", *s)) return false;
  return true;
}

static void put_escaped(writer *w, unsigned char c) {
  static const char hex[] = "0123456789abcdef";
  if (c == '"' || c == '\\') put(w, '\\');
  bool shown = c >= ' ' && c != 0x7F;
  if (!shown) put_text(w, "\\x");
  if (!shown) put(w, hex[c >> 4]);
  put(w, shown ? (char)c : hex[c & 15]);
}

static void put_scalar(writer *w, const char *text) {
  bool plain = is_plain(text);
  if (!plain) put(w, '"');
  for (; *text; text++) put_escaped(w, (unsigned char)*text);
  if (!plain) put(w, '"');
}

static void put_value(writer *w, const bsn_value *value);

static void put_items(writer *w, const bsn_value *value) {
  bool map = value->kind == BSN_MAP;
  put(w, map ? '{' : '[');
  for (size_t i = 0; i < value->n; i++) {
    if (i) put(w, ',');
    if (map) put_scalar(w, value->key[i]);
    if (map) put_text(w, ": ");
    put_value(w, value->item[i]);
  }
  put(w, map ? '}' : ']');
}

static void put_value(writer *w, const bsn_value *value) {
  if (value->kind == BSN_SCALAR)
    put_scalar(w, value->text);
  else
    put_items(w, value);
}

const char *bsn_value_text(bsn_arena *arena, const bsn_value *value) {
  writer w = {0};
  put_value(&w, value);
  w.text = bsn_alloc_in(arena, w.n + 1);
  if (!w.text) return NULL;
  w.n = 0;
  put_value(&w, value);
  return w.text;
}
