/* The only file that knows libfyaml. It uses the stream of events, not the library's documents: the tree, the check for
 * duplicate keys and the depth limit are ours, and aliases are refused before anything could grow from them. */
#include "base/value.h"
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 64 };

typedef struct parser {
  struct fy_parser *fy;
  struct fy_diag *diag;
  bsn_arena *arena;
  bsn_faults *faults;
  const bsn_source *source;
  const char *text;
} parser;

/* What we keep of an event. */
typedef struct piece {
  enum fy_event_type type;
  bsn_mark mark;
  const char *text;
} piece;

static bool out_of_memory(parser *p) {
  p->faults->no_memory = true;
  return false;
}

static bsn_mark mark_at(const parser *p, int line, int column, int width) {
  return (bsn_mark){p->source, line + 1, column + 1, width};
}

/* Characters between two places, of the first one's line. */
static int width_between(const parser *p, const struct fy_mark *start, const struct fy_mark *end) {
  if (!end || end->input_pos > p->source->length) return 1;
  int width = 0;
  for (size_t i = start->input_pos; i < end->input_pos && p->text[i] != '\n' && p->text[i] != '\r'; i++)
    width += ((unsigned char)p->text[i] & 0xC0) != 0x80;
  return width > 0 ? width : 1;
}

static bsn_mark mark_of(const parser *p, struct fy_event *event) {
  const struct fy_mark *start = fy_event_start_mark(event);
  if (!start) return (bsn_mark){.source = p->source};
  int width = event->type == FYET_SCALAR ? width_between(p, start, fy_event_end_mark(event)) : 1;
  return mark_at(p, start->line, start->column, width);
}

/* The library's first message is the cause; what follows are its consequences. */
static bool syntax_fault(parser *p) {
  void *previous = NULL;
  struct fy_diag_error *e = fy_diag_errors_iterate(p->diag, &previous);
  if (!e) return bsn_fault(p->faults, (bsn_mark){.source = p->source}, "this is not YAML that can be read");
  return bsn_fault(p->faults, (bsn_mark){p->source, e->line, e->column, 1}, "%s", e->msg);
}

static bool keep_text(parser *p, struct fy_event *event, piece *out) {
  size_t length = 0;
  const char *text = fy_token_get_text(event->scalar.value, &length);
  if (!text && length == 0) text = "";
  if (text && memchr(text, 0, length)) return bsn_fault(p->faults, out->mark, "a word cannot have a NUL byte in it");
  char *copy = text ? bsn_alloc_in(p->arena, length + 1) : NULL;
  if (!copy) return out_of_memory(p);
  memcpy(copy, text, length);
  out->text = copy;
  return true;
}

static bsn_mark mark_of_token(const parser *p, struct fy_token *token, const piece *out) {
  const struct fy_mark *start = fy_token_start_mark(token);
  return start ? mark_at(p, start->line, start->column, 1) : out->mark;
}

/* What a study file does not use: each would mean something else than what it says to our reader. */
static bool refuse_extras(parser *p, struct fy_event *event, const piece *out) {
  struct fy_token *anchor = fy_event_get_anchor_token(event), *tag = fy_event_get_tag_token(event);
  if (event->type == FYET_ALIAS || anchor)
    return bsn_fault(p->faults, mark_of_token(p, anchor, out),
                     "anchors and aliases (& and *) are not used here: write it out");
  if (tag) return bsn_fault(p->faults, mark_of_token(p, tag, out), "tags (!) are not used here");
  return true;
}

static bool next(parser *p, piece *out) {
  struct fy_event *event = fy_parser_parse(p->fy);
  if (!event) return syntax_fault(p);
  *out = (piece){.type = event->type, .mark = mark_of(p, event)};
  bool ok = refuse_extras(p, event, out);
  if (ok && out->type == FYET_SCALAR) ok = keep_text(p, event, out);
  fy_parser_event_free(p->fy, event);
  return ok;
}

static bsn_value *read_value(parser *p, const piece *first, int depth);

/* Nothing (`lr:`) has no place of its own: it stands where its key does, or what came before it. */
static bsn_mark mark_beside(const bsn_value *in) {
  if (in->kind == BSN_MAP) return in->keymark[in->n];
  return in->n ? in->item[in->n - 1]->mark : in->mark;
}

static bool append(parser *p, bsn_value *to, const piece *first, int depth) {
  bsn_value *item = read_value(p, first, depth + 1);
  if (!item) return false;
  bsn_value **items = bsn_grow_in(p->arena, to->item, to->n, sizeof *items);
  if (!items) return out_of_memory(p);
  if (item->mark.line < 1) item->mark = mark_beside(to);
  to->item = items;
  to->item[to->n++] = item;
  return true;
}

static bool read_list(parser *p, bsn_value *list, int depth) {
  piece one;
  for (;;) {
    BSN_TRY(next(p, &one));
    if (one.type == FYET_SEQUENCE_END) return true;
    BSN_TRY(append(p, list, &one, depth));
  }
}

typedef struct key_place {
  const char *key;
  size_t i;
} key_place;

static int by_key(const void *a, const void *b) {
  const key_place *p = a, *q = b;
  int order = strcmp(p->key, q->key);
  return order ? order : p->i < q->i ? -1 : 1;
}

/* Sorted, since comparing all pairs would let a large file hang the program. */
static bool refuse_duplicates(parser *p, const bsn_value *map) {
  if (map->n < 2) return true;
  key_place *keys = bsn_alloc_in(p->arena, map->n * sizeof *keys);
  if (!keys) return out_of_memory(p);
  for (size_t i = 0; i < map->n; i++) keys[i] = (key_place){map->key[i], i};
  qsort(keys, map->n, sizeof *keys, by_key);
  bool ok = true;
  for (size_t i = 1; i < map->n; i++)
    if (!strcmp(keys[i - 1].key, keys[i].key))
      ok = bsn_fault(p->faults, map->keymark[keys[i].i], "key '%s' is there twice", keys[i].key);
  return ok;
}

static bool append_key(parser *p, bsn_value *map, const piece *key) {
  if (key->type != FYET_SCALAR) return bsn_fault(p->faults, key->mark, "a key must be a word");
  const char **keys = bsn_grow_in(p->arena, map->key, map->n, sizeof *keys);
  bsn_mark *marks = bsn_grow_in(p->arena, map->keymark, map->n, sizeof *marks);
  if (!keys || !marks) return out_of_memory(p);
  keys[map->n] = key->text;
  marks[map->n] = key->mark;
  map->key = keys;
  map->keymark = marks;
  return true;
}

static bool read_map(parser *p, bsn_value *map, int depth) {
  piece one;
  for (;;) {
    BSN_TRY(next(p, &one));
    if (one.type == FYET_MAPPING_END) return refuse_duplicates(p, map);
    BSN_TRY(append_key(p, map, &one));
    BSN_TRY(next(p, &one));
    BSN_TRY(append(p, map, &one, depth));
  }
}

static bsn_value *read_value(parser *p, const piece *first, int depth) {
  bsn_value *value = bsn_alloc_in(p->arena, sizeof *value);
  if (!value) return out_of_memory(p), NULL;
  *value = (bsn_value){.kind = BSN_SCALAR, .mark = first->mark, .text = first->text};
  if (first->type == FYET_SCALAR) return value;
  if (depth > DEEPEST) {
    bsn_fault(p->faults, first->mark, "nesting deeper than %d", DEEPEST);
    return NULL;
  }
  bool list = first->type == FYET_SEQUENCE_START;
  value->kind = list ? BSN_LIST : BSN_MAP;
  bool ok = list ? read_list(p, value, depth) : read_map(p, value, depth);
  return ok ? value : NULL;
}

static bsn_value *read_stream(parser *p) {
  piece one;
  bsn_value *value = NULL;
  do {
    if (!next(p, &one)) return NULL;
    if (one.type == FYET_STREAM_END) bsn_fault(p->faults, mark_at(p, 0, 0, 1), "there is nothing in it");
    if (one.type == FYET_STREAM_END) return NULL;
  } while (one.type == FYET_STREAM_START || one.type == FYET_DOCUMENT_START);
  value = read_value(p, &one, 1);
  if (!value) return NULL;
  do {
    if (!next(p, &one)) return NULL;
  } while (one.type == FYET_DOCUMENT_END);
  if (one.type == FYET_STREAM_END) return value;
  bsn_fault(p->faults, one.mark, "a second document starts here; one is all that is read");
  return NULL;
}

static bsn_value *parse(parser *p) {
  struct fy_parse_cfg config = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = p->diag};
  p->fy = fy_parser_create(&config);
  if (!p->fy) return out_of_memory(p), NULL;
  bool ready = !fy_parser_set_string(p->fy, p->text, p->source->length);
  bsn_value *value = ready ? read_stream(p) : NULL;
  if (!ready) out_of_memory(p);
  fy_parser_destroy(p->fy);
  return value;
}

/* Bytes of the UTF-8 character at s, of which n are there; 0: it is none (overlong forms and surrogates are none). */
static size_t character_size(const unsigned char *s, size_t n) {
  static const unsigned least_code[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t size = s[0] < 0x80 ? 1 : s[0] < 0xC0 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF8 ? 4 : 0;
  if (size < 2 || size > n) return size <= n ? size : 0;
  unsigned code = s[0] & (0x7Fu >> size);
  for (size_t i = 1; i < size; i++) {
    if ((s[i] & 0xC0) != 0x80) return 0;
    code = code << 6 | (s[i] & 0x3Fu);
  }
  bool valid = code >= least_code[size] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  return valid ? size : 0;
}

/* The library takes some bytes that are no text for the end of the file: what stands behind them would be ignored. */
static bool check_text(parser *p) {
  const unsigned char *s = (const unsigned char *)p->text, *end = s + p->source->length;
  bsn_mark mark = {p->source, 1, 1, 1};
  while (s < end) {
    size_t size = character_size(s, (size_t)(end - s));
    bool control = (*s < ' ' && *s != '\t' && *s != '\n' && *s != '\r') || *s == 0x7F;
    if (size == 0 || control) return bsn_fault(p->faults, mark, "byte 0x%02x here is no text", *s);
    mark.line += *s == '\n';
    mark.column = *s == '\n' ? 1 : mark.column + 1;
    s += size;
  }
  return true;
}

bsn_value *bsn_value_read(bsn_arena *arena, const char *name, const char *text, size_t length, bsn_faults *faults) {
  parser p = {.arena = arena, .faults = faults};
  bsn_source *source = bsn_alloc_in(arena, sizeof *source);
  char *copy = bsn_alloc_in(arena, length + 1);
  const char *label = bsn_text_in(arena, "%s", name);
  if (!source || !copy || !label) return out_of_memory(&p), NULL;
  if (length) memcpy(copy, text, length);
  bool argument = name[0] == '-' && name[1] == '-';
  *source = (bsn_source){label, argument ? NULL : copy, length}; /* one argument shows itself in the name */
  p.source = source;
  p.text = copy;
  if (!check_text(&p)) return NULL;
  struct fy_diag_cfg quiet;
  fy_diag_cfg_default(&quiet);
  quiet.fp = NULL;
  p.diag = fy_diag_create(&quiet);
  if (!p.diag) return out_of_memory(&p), NULL;
  fy_diag_set_collect_errors(p.diag, true);
  bsn_value *value = parse(&p);
  fy_diag_destroy(p.diag);
  return value;
}
