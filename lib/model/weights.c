#include "model/weights.h"
#include "base/value.h"
#include "model/safetensors.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- a tensor here and there ---- */
/* Axis i of the file's tensor is axis order[i] of ours. */
static const int *order_of(const bsn_tensor *t) {
  static const int same[] = {0, 1, 2, 3, 4}, dense[] = {1, 0}, kernel[] = {3, 2, 0, 1};
  if (t->role != BSN_WEIGHT) return same;
  return t->axes == 2 ? dense : t->axes == 4 ? kernel : same;
}

static bsn_stored as_stored(const bsn_tensor *t) {
  bsn_stored s = {.name = t->name, .dtype = sizeof(bsn_real) == 8 ? "F64" : "F32", .axes = t->axes, .size = t->size};
  for (int i = 0; i < t->axes; i++) s.shape[i] = t->shape[order_of(t)[i]];
  return s;
}

/* Our entry for each entry of the file, in the file's order. */
typedef struct walk {
  int axes;
  size_t shape[5], stride[5], at[5]; /* by axes of the file */
  size_t entry;
} walk;

static walk walk_of(const bsn_tensor *t) {
  walk k = {.axes = t->axes};
  for (int i = 0; i < t->axes; i++) {
    int ours = order_of(t)[i];
    k.shape[i] = t->shape[ours];
    k.stride[i] = 1;
    for (int j = ours + 1; j < t->axes; j++) k.stride[i] *= t->shape[j];
  }
  return k;
}

static void advance(walk *k) {
  for (int i = k->axes; i-- > 0;) {
    k->entry += k->stride[i];
    if (++k->at[i] < k->shape[i]) return;
    k->entry -= k->stride[i] * k->shape[i];
    k->at[i] = 0;
  }
}

/* ---- numbers as bytes ---- */
static bsn_real get_number(const bsn_stored *s, size_t entry) {
  bool wide = s->dtype[1] == '6';
  uint64_t bits = bsn_little_get(s->data + entry * (wide ? 8 : 4), wide ? 8 : 4);
  uint32_t half = (uint32_t)bits;
  double x;
  float y;
  memcpy(&x, &bits, sizeof x);
  memcpy(&y, &half, sizeof y);
  return wide ? (bsn_real)x : (bsn_real)y;
}

static void put_number(unsigned char *to, bsn_real x) {
  double wide = (double)x;
  float narrow = (float)x;
  uint64_t bits;
  uint32_t half;
  memcpy(&bits, &wide, sizeof wide);
  memcpy(&half, &narrow, sizeof narrow);
  bsn_little_put(to, sizeof x, sizeof x == sizeof wide ? bits : half);
}

/* ---- writing ---- */
bool bsn_weights_pack(size_t ntensors, const bsn_tensor *tensors, const bsn_real *w, bsn_arena *arena, void **bytes,
                      size_t *n, bsn_error *error) {
  bsn_stored *stored = bsn_alloc_in(arena, ntensors * sizeof *stored);
  if (!stored) return bsn_no_memory(error);
  for (size_t i = 0; i < ntensors; i++) stored[i] = as_stored(&tensors[i]);
  unsigned char *file;
  BSN_TRY(bsn_safetensors_lay_out(stored, ntensors, arena, &file, n, error));
  for (size_t i = 0; i < ntensors; i++) {
    unsigned char *to = file + (stored[i].data - file);
    walk k = walk_of(&tensors[i]);
    for (size_t e = 0; e < tensors[i].size; e++, advance(&k))
      put_number(to + e * sizeof *w, w[tensors[i].offset + k.entry]);
  }
  *bytes = file;
  return true;
}

/* ---- does the file fit? ---- */
typedef struct report {
  bsn_arena *arena;
  const char *text; /* lines so far; NULL: no memory */
  size_t lines;
} report;

enum { MOST_LINES = 16 }; /* what a message has room for */

static const char *shape_text(bsn_arena *arena, const bsn_stored *s) {
  const char *text = s->axes ? "" : "one number";
  for (int i = 0; text && i < s->axes; i++) text = bsn_text_in(arena, "%s%s%zu", text, i ? "x" : "", s->shape[i]);
  return text;
}

/* Names come from a file: nothing that could disturb a terminal, and not too long. */
static const char *name_text(bsn_arena *arena, const char *name) {
  char *text = bsn_text_in(arena, strlen(name) > 48 ? "%.46s.." : "%s", name);
  for (char *s = text; s && *s; s++)
    if ((unsigned char)*s < ' ' || *s == 127) *s = '?';
  return text;
}

static bool is_number(const bsn_stored *s) { return strcmp(s->dtype, "F32") == 0 || strcmp(s->dtype, "F64") == 0; }

static void add_line(report *r, const bsn_stored *ours, const bsn_stored *theirs) {
  if (r->lines++ >= MOST_LINES || !r->text) return;
  const char *name = name_text(r->arena, ours ? ours->name : theirs->name);
  const char *here = ours ? shape_text(r->arena, ours) : "none";
  const char *there = theirs ? shape_text(r->arena, theirs) : "none", *dtype = theirs ? theirs->dtype : "";
  bool odd = theirs && !is_number(theirs);
  r->text = !name || !here || !there ? NULL
                                     : bsn_text_in(r->arena, "%s\n  %s: %s in the model, %s%s%s in the file", r->text,
                                                   name, here, there, odd ? " of " : "", odd ? dtype : "");
}

static bool fits(const bsn_stored *a, const bsn_stored *b) {
  return is_number(b) && a->axes == b->axes && memcmp(a->shape, b->shape, (size_t)a->axes * sizeof *a->shape) == 0;
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const bsn_stored *)a)->name, ((const bsn_stored *)b)->name);
}

static bool fail_with(report *r, bsn_error *error) {
  if (!r->text) return bsn_no_memory(error);
  if (r->lines > MOST_LINES)
    return bsn_fail(error, BSN_BAD_INPUT, "the weights do not fit the model:%s\n  .. and %zu more", r->text,
                    r->lines - MOST_LINES);
  return bsn_fail(error, BSN_BAD_INPUT, "the weights do not fit the model:%s", r->text);
}

/* Find the stored tensor of each of ours; every difference is a line of the message. */
static bool match(size_t ntensors, const bsn_tensor *tensors, size_t nstored, const bsn_stored *stored,
                  const bsn_stored **found, bsn_arena *arena, bsn_error *error) {
  report r = {.arena = arena, .text = ""};
  bool *used = bsn_alloc_in(arena, nstored);
  if (!used) return bsn_no_memory(error);
  for (size_t i = 0; i < ntensors; i++) {
    bsn_stored ours = as_stored(&tensors[i]);
    found[i] = nstored ? bsearch(&ours, stored, nstored, sizeof *stored, by_name) : NULL;
    if (found[i]) used[found[i] - stored] = true;
    if (!found[i] || !fits(&ours, found[i])) add_line(&r, &ours, found[i]);
  }
  for (size_t i = 0; i < nstored; i++)
    if (!used[i]) add_line(&r, NULL, &stored[i]);
  return r.lines == 0 || fail_with(&r, error);
}

/* ---- reading ---- */
static bool check_finite(const bsn_stored *s, bsn_error *error) {
  for (size_t e = 0; e < s->size; e++)
    if (!isfinite(get_number(s, e)))
      return bsn_fail(error, BSN_BAD_INPUT, "tensor %s: entry %zu is not a finite number in %s precision", s->name, e,
                      BSN_PRECISION);
  return true;
}

static bool read_in(bsn_arena *arena, const void *bytes, size_t n, size_t ntensors, const bsn_tensor *tensors,
                    bsn_real *w, bsn_error *error) {
  bsn_stored *stored;
  size_t nstored;
  BSN_TRY(bsn_safetensors_read(bytes, n, arena, &stored, &nstored, error));
  const bsn_stored **found = bsn_alloc_in(arena, ntensors * sizeof *found);
  if (!found) return bsn_no_memory(error);
  BSN_TRY(match(ntensors, tensors, nstored, stored, found, arena, error));
  for (size_t i = 0; i < ntensors; i++) BSN_TRY(check_finite(found[i], error));
  for (size_t i = 0; i < ntensors; i++) {
    walk k = walk_of(&tensors[i]);
    for (size_t e = 0; e < tensors[i].size; e++, advance(&k)) w[tensors[i].offset + k.entry] = get_number(found[i], e);
  }
  return true;
}

bool bsn_weights_read(const void *bytes, size_t n, size_t ntensors, const bsn_tensor *tensors, bsn_real *w,
                      bsn_error *error) {
  bsn_arena arena = {0};
  bool ok = read_in(&arena, bytes, n, ntensors, tensors, w, error);
  bsn_arena_free(&arena);
  return ok;
}

bool bsn_weights_load(const char *path, size_t ntensors, const bsn_tensor *tensors, bsn_real *w, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_error inner = {0};
  char *bytes;
  size_t n;
  if (!bsn_file_read(&arena, path, &bytes, &n, error)) return bsn_arena_free(&arena), false;
  bool ok = bsn_weights_read(bytes, n, ntensors, tensors, w, &inner);
  bsn_arena_free(&arena);
  return ok || bsn_fail(error, inner.code, "%.200s: %s", path, inner.text);
}
