#include "model/safetensors.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t bsn_little_get(const unsigned char *from, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8 | from[i];
  return value;
}

void bsn_little_put(unsigned char *to, size_t size, uint64_t value) {
  for (size_t i = 0; i < size; i++) to[i] = (unsigned char)(value >> 8 * i);
}

/* ---- JSON, as much of it as a header may have ---- */
typedef struct cursor {
  const char *start, *at, *end;
  bsn_arena *arena;
  bsn_error *error;
} cursor;

enum { DEEPEST = 32 };

/* Reads one member of an object (key) or one item of a list (key NULL). */
typedef bool visit(cursor *c, const char *key, void *to);

static bool bad(cursor *c, const char *what) {
  return bsn_fail(c->error, BSN_BAD_INPUT, "byte %zu of the header: %s", (size_t)(c->at - c->start), what);
}

static char peek(cursor *c) {
  while (c->at < c->end && strchr(" \t\r\n", *c->at) && *c->at) c->at++;
  return c->at < c->end ? *c->at : '\0';
}

static bool take(cursor *c, char wanted) {
  if (peek(c) != wanted || c->at == c->end) return false;
  c->at++;
  return true;
}

static bool want(cursor *c, char wanted) {
  char what[] = "'?' expected";
  what[1] = wanted;
  return take(c, wanted) || bad(c, what);
}

static bool read_hex(cursor *c, uint32_t *code) {
  *code = 0;
  for (int i = 0; i < 4; i++, c->at++) {
    const char *digits = "0123456789abcdef";
    const char *digit = c->at < c->end && *c->at ? strchr(digits, *c->at | (*c->at >= 'A' ? 0x20 : 0)) : NULL;
    if (!digit) return bad(c, "\\u needs four hexadecimal digits");
    *code = *code << 4 | (uint32_t)(digit - digits);
  }
  return true;
}

static char *put_utf8(char *to, uint32_t code) {
  int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
  *to++ = (char)(first[more] | code >> 6 * more);
  while (more-- > 0) *to++ = (char)(0x80 | (code >> 6 * more & 0x3f));
  return to;
}

/* What stands behind \u: one code, or two that make a pair. */
static bool read_code(cursor *c, char **to) {
  uint32_t code, low;
  BSN_TRY(read_hex(c, &code));
  if (code >= 0xd800 && code < 0xdc00) {
    if (c->end - c->at < 2 || c->at[0] != '\\' || c->at[1] != 'u') return bad(c, "half of a surrogate pair");
    c->at += 2;
    BSN_TRY(read_hex(c, &low));
    if (low < 0xdc00 || low > 0xdfff) return bad(c, "half of a surrogate pair");
    code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
  } else if (code >= 0xdc00 && code < 0xe000)
    return bad(c, "half of a surrogate pair");
  if (!code) return bad(c, "a text holds a zero character");
  *to = put_utf8(*to, code);
  return true;
}

static bool read_escape(cursor *c, char **to) {
  static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  char letter = c->at < c->end ? *c->at++ : '\0';
  if (letter == 'u') return read_code(c, to);
  const char *known = letter ? strchr(letters, letter) : NULL;
  if (!known) return bad(c, "unknown escape in a text");
  *(*to)++ = meant[known - letters];
  return true;
}

/* Bytes in the text up to its closing quote; escapes only ever shrink. */
static size_t text_length(const cursor *c) {
  const char *s = c->at;
  for (; s < c->end && *s != '"'; s++) s += *s == '\\' && s + 1 < c->end;
  return (size_t)(s - c->at);
}

static bool read_text(cursor *c, const char **text) {
  BSN_TRY(want(c, '"'));
  char *to = bsn_alloc_in(c->arena, text_length(c) + 1);
  *text = to;
  if (!to) return bsn_no_memory(c->error);
  while (c->at < c->end && *c->at != '"') {
    if ((unsigned char)*c->at < ' ') return bad(c, "a control character in a text");
    if (*c->at != '\\')
      *to++ = *c->at++;
    else {
      c->at++;
      BSN_TRY(read_escape(c, &to));
    }
  }
  return want(c, '"');
}

static bool read_count(cursor *c, size_t *count) {
  if (peek(c) < '0' || peek(c) > '9') return bad(c, "a whole number expected");
  const char *first = c->at;
  for (*count = 0; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
    if (__builtin_mul_overflow(*count, 10, count) || __builtin_add_overflow(*count, *c->at - '0', count))
      return bad(c, "the number is too large");
  if (*first == '0' && c->at - first > 1) return bad(c, "a number begins with 0");
  if (c->at < c->end && strchr(".eE", *c->at) && *c->at) return bad(c, "a whole number expected");
  return true;
}

/* Items up to close; the opening bracket has been taken. */
static bool read_items(cursor *c, char close, visit *each, void *to) {
  if (take(c, close)) return true;
  do {
    const char *key = NULL;
    if (close == '}') {
      BSN_TRY(read_text(c, &key));
      BSN_TRY(want(c, ':'));
    }
    BSN_TRY(each(c, key, to));
  } while (take(c, ','));
  return want(c, close);
}

static bool skip_scalar(cursor *c) {
  const char *first = c->at;
  while (c->at < c->end && *c->at && strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *c->at)) c->at++;
  return c->at > first || bad(c, "a value expected");
}

/* Any value; to is the depth that is left. Keys that we do not know may come with later versions of the format. */
static bool skip_value(cursor *c, const char *key, void *to) {
  (void)key;
  int left = *(int *)to - 1;
  const char *text;
  if (left < 0) return bad(c, "nested too deeply");
  if (peek(c) == '"') return read_text(c, &text);
  if (take(c, '{')) return read_items(c, '}', skip_value, &left);
  if (take(c, '[')) return read_items(c, ']', skip_value, &left);
  return skip_scalar(c);
}

/* ---- the header ---- */
static const struct dtype {
  const char *name;
  size_t bytes;
} dtypes[] = {{"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"I16", 2}, {"U16", 2}, {"F16", 2},
              {"BF16", 2}, {"I32", 4}, {"U32", 4}, {"F32", 4},     {"I64", 8},     {"U64", 8}, {"F64", 8}, {NULL, 0}};

static const struct dtype *dtype_of(const char *name) {
  const struct dtype *d = dtypes;
  while (d->name && strcmp(d->name, name) != 0) d++;
  return d;
}

typedef struct numbers {
  size_t n, most;
  size_t *item;
} numbers;

static bool read_number(cursor *c, const char *key, void *to) {
  (void)key;
  numbers *list = to;
  if (list->n == list->most) return bad(c, "too many numbers");
  return read_count(c, &list->item[list->n++]);
}

static bool read_numbers(cursor *c, numbers *list) { return want(c, '[') && read_items(c, ']', read_number, list); }

/* One tensor while it is read. */
typedef struct pending {
  bsn_stored *stored;
  bool shape, offsets;
} pending;

static bool read_shape(cursor *c, pending *p) {
  numbers list = {0, BSN_STORED_AXES, p->stored->shape};
  if (p->shape) return bad(c, "shape is given twice");
  p->shape = true;
  BSN_TRY(read_numbers(c, &list));
  p->stored->axes = (int)list.n;
  return true;
}

static bool read_offsets(cursor *c, pending *p) {
  size_t pair[2];
  numbers list = {0, 2, pair};
  if (p->offsets) return bad(c, "data_offsets is given twice");
  p->offsets = true;
  BSN_TRY(read_numbers(c, &list));
  if (list.n != 2) return bad(c, "data_offsets needs two numbers");
  p->stored->begin = pair[0];
  p->stored->end = pair[1];
  return true;
}

static bool read_field(cursor *c, const char *key, void *to) {
  pending *p = to;
  int depth = DEEPEST;
  if (strcmp(key, "shape") == 0) return read_shape(c, p);
  if (strcmp(key, "data_offsets") == 0) return read_offsets(c, p);
  if (strcmp(key, "dtype") != 0) return skip_value(c, key, &depth);
  const char *dtype;
  if (p->stored->dtype) return bad(c, "dtype is given twice");
  BSN_TRY(read_text(c, &dtype));
  p->stored->dtype = dtype_of(dtype)->name;
  return p->stored->dtype || bad(c, "unknown dtype");
}

typedef struct header {
  size_t n;
  bsn_stored *item;
} header;

static bool read_tensor(cursor *c, const char *key, void *to) {
  header *h = to;
  int depth = DEEPEST;
  if (peek(c) != '{') return bad(c, "'{' expected");
  if (strcmp(key, "__metadata__") == 0) return skip_value(c, key, &depth);
  bsn_stored *item = bsn_grow_in(c->arena, h->item, h->n, sizeof *item);
  if (!item) return bsn_no_memory(c->error);
  h->item = item;
  item[h->n] = (bsn_stored){.name = key};
  pending p = {.stored = &item[h->n++]};
  BSN_TRY(want(c, '{') && read_items(c, '}', read_field, &p));
  if (!p.shape || !p.offsets || !p.stored->dtype) return bad(c, "a tensor needs dtype, shape and data_offsets");
  return true;
}

static bool read_header(cursor *c, header *h) {
  BSN_TRY(want(c, '{'));
  BSN_TRY(read_items(c, '}', read_tensor, h));
  peek(c);
  return c->at == c->end || bad(c, "something stands behind the header's end");
}

/* ---- what the header says against what is there ---- */
static bool wrong(bsn_error *error, const bsn_stored *s, const char *what) {
  return bsn_fail(error, BSN_BAD_INPUT, "tensor %.80s: %s", s->name, what);
}

static bool check_size(bsn_stored *s, const unsigned char *data, size_t bytes, bsn_error *error) {
  size_t need;
  s->size = 1;
  for (int i = 0; i < s->axes; i++)
    if (__builtin_mul_overflow(s->size, s->shape[i], &s->size)) return wrong(error, s, "its shape is too large");
  if (__builtin_mul_overflow(s->size, dtype_of(s->dtype)->bytes, &need))
    return wrong(error, s, "its shape is too large");
  if (s->begin > s->end) return wrong(error, s, "its data ends before it begins");
  if (s->end > bytes)
    return bsn_fail(error, BSN_BAD_INPUT, "tensor %.80s: its data ends at byte %zu of %zu: the file is cut off",
                    s->name, s->end, bytes);
  if (s->end - s->begin != need)
    return bsn_fail(error, BSN_BAD_INPUT, "tensor %.80s: shape and dtype need %zu bytes, data_offsets give %zu",
                    s->name, need, s->end - s->begin);
  s->data = data + s->begin;
  return true;
}

static int by_place(const void *a, const void *b) {
  const bsn_stored *x = a, *y = b;
  int begins = (x->begin > y->begin) - (x->begin < y->begin);
  return begins ? begins : (x->end > y->end) - (x->end < y->end);
}

static int by_name(const void *a, const void *b) {
  const bsn_stored *x = a, *y = b;
  return strcmp(x->name, y->name);
}

/* The ranges must cover the data, each byte once. */
static bool check_ranges(header *h, size_t bytes, bsn_error *error) {
  size_t at = 0;
  if (h->n) qsort(h->item, h->n, sizeof *h->item, by_place);
  for (size_t i = 0; i < h->n; at = h->item[i++].end) {
    if (h->item[i].begin < at) return wrong(error, &h->item[i], "its data overlaps another tensor's");
    if (h->item[i].begin > at) return wrong(error, &h->item[i], "bytes before its data belong to no tensor");
  }
  return at == bytes || bsn_fail(error, BSN_BAD_INPUT, "%zu bytes at the end belong to no tensor", bytes - at);
}

static bool check_names(header *h, bsn_error *error) {
  if (h->n) qsort(h->item, h->n, sizeof *h->item, by_name);
  for (size_t i = 0; i + 1 < h->n; i++)
    if (by_name(&h->item[i], &h->item[i + 1]) == 0) return wrong(error, &h->item[i], "it is there twice");
  return true;
}

bool bsn_safetensors_read(const void *bytes, size_t n, bsn_arena *arena, bsn_stored **stored, size_t *nstored,
                          bsn_error *error) {
  const unsigned char *byte = bytes;
  uint64_t length = n < 8 ? 0 : bsn_little_get(byte, 8);
  if (n < 8 || length > n - 8 || !length)
    return bsn_fail(error, BSN_BAD_INPUT, "no safetensors file, or cut off: %zu bytes, a header of %llu", n,
                    (unsigned long long)length);
  const char *start = (const char *)byte + 8;
  cursor c = {.start = start, .at = start, .end = start + length, .arena = arena, .error = error};
  header h = {0};
  size_t left = n - 8 - length;
  BSN_TRY(read_header(&c, &h));
  for (size_t i = 0; i < h.n; i++) BSN_TRY(check_size(&h.item[i], byte + 8 + length, left, error));
  BSN_TRY(check_ranges(&h, left, error));
  BSN_TRY(check_names(&h, error));
  *stored = h.item;
  *nstored = h.n;
  return true;
}

/* ---- writing ---- */
static size_t header_bound(const bsn_stored *stored, size_t n) {
  size_t bound = 16;
  for (size_t i = 0; i < n; i++) bound += strlen(stored[i].name) + 80 + 21 * (BSN_STORED_AXES + 2);
  return bound;
}

static char *put_entry(char *to, const char *end, const bsn_stored *s, bool first) {
  to += snprintf(to, (size_t)(end - to), "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[", first ? "" : ",", s->name, s->dtype);
  for (int i = 0; i < s->axes; i++) to += snprintf(to, (size_t)(end - to), "%s%zu", i ? "," : "", s->shape[i]);
  return to + snprintf(to, (size_t)(end - to), "],\"data_offsets\":[%zu,%zu]}", s->begin, s->end);
}

static size_t place_data(bsn_stored *stored, size_t n) {
  size_t at = 0;
  for (size_t i = 0; i < n; at = stored[i++].end) {
    bsn_stored *s = &stored[i];
    s->size = 1;
    for (int k = 0; k < s->axes; k++) s->size *= s->shape[k];
    s->begin = at;
    s->end = at + s->size * dtype_of(s->dtype)->bytes;
  }
  return at;
}

bool bsn_safetensors_lay_out(bsn_stored *stored, size_t nstored, bsn_arena *arena, unsigned char **bytes, size_t *n,
                             bsn_error *error) {
  size_t data = place_data(stored, nstored);
  size_t room = header_bound(stored, nstored);
  char *head = bsn_alloc_in(arena, room), *to = head;
  if (!head) return bsn_no_memory(error);
  *to++ = '{';
  for (size_t i = 0; i < nstored; i++) to = put_entry(to, head + room, &stored[i], i == 0);
  *to++ = '}';
  while ((to - head) % 8) *to++ = ' ';
  size_t length = (size_t)(to - head);
  unsigned char *file = bsn_alloc_in(arena, 8 + length + data);
  if (!file) return bsn_no_memory(error);
  bsn_little_put(file, 8, length);
  memcpy(file + 8, head, length);
  for (size_t i = 0; i < nstored; i++) stored[i].data = file + 8 + length + stored[i].begin;
  *bytes = file;
  *n = 8 + length + data;
  return true;
}
