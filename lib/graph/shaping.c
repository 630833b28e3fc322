/* Ops that only move numbers. */
#include "graph/ops.h"
#include <string.h>

static const bsn_op reshape_op, permute_op, slice_op, pad_op, expand_op;

/* ---- reshape: count = {axes, shape..} ---- */
static bool shape_reshape(bsn_node *y) {
  size_t size = y->in[0]->size;
  if (y->attr.count[0] > BSN_AXES) return false;
  bsn_set_shape(y, (int)y->attr.count[0], y->attr.count + 1);
  return y->size == size;
}

static void vjp_reshape(bsn_node *y, bsn_node *gy, bsn_node *gx[]) {
  gx[0] = bsn_reshape(gy, y->in[0]->axes, y->in[0]->shape);
}

/* ---- permute: count = the order; entries are copied along the last axis of the result ---- */
static bool shape_permute(bsn_node *y) {
  const bsn_node *x = y->in[0];
  size_t shape[BSN_AXES];
  bool seen[BSN_AXES] = {0};
  for (int i = 0; i < x->axes; i++) {
    size_t from = y->attr.count[i];
    if (from >= (size_t)x->axes || seen[from]) return false;
    seen[from] = true;
    shape[i] = x->shape[from];
  }
  bsn_set_shape(y, x->axes, shape);
  return x->type == BSN_NUMBER;
}

/* Strides in x of a walk through an array of this shape, whose axis i has stride[i]; copies all of it to out in order. */
static void gather_strided(const bsn_real *x, int axes, const size_t *shape, const size_t *stride, bsn_real *out) {
  if (axes == 0) {
    *out = *x;
  } else if (axes == 1) {
    for (size_t i = 0; i < shape[0]; i++) out[i] = x[i * stride[0]];
  } else {
    size_t each = 1;
    for (int i = 1; i < axes; i++) each *= shape[i];
    for (size_t i = 0; i < shape[0]; i++)
      gather_strided(x + i * stride[0], axes - 1, shape + 1, stride + 1, out + i * each);
  }
}

static void own_strides(const bsn_node *x, size_t *stride) {
  size_t n = 1;
  for (int i = x->axes; i-- > 0; n *= x->shape[i]) stride[i] = n;
}

static void eval_permute(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  const bsn_node *y = c->node, *a = y->in[0];
  size_t own[BSN_AXES], stride[BSN_AXES];
  own_strides(a, own);
  for (int i = 0; i < y->axes; i++) stride[i] = own[y->attr.count[i]];
  bool plain = y->axes == 2 && y->attr.count[0] == 1;
  for (size_t r = 0; r < rows; r++)
    if (plain)
      c->k->transpose(x[0] + r * y->size, a->shape[0], a->shape[1], out + r * y->size);
    else
      gather_strided(x[0] + r * y->size, y->axes, y->shape, stride, out + r * y->size);
}

static void vjp_permute(bsn_node *y, bsn_node *gy, bsn_node *gx[]) {
  size_t back[BSN_AXES] = {0};
  for (int i = 0; i < y->axes; i++) back[y->attr.count[i]] = (size_t)i;
  gx[0] = bsn_permute(gy, back);
}

/* ---- slice and pad along one axis: count = {axis, before, after}; each is the other's adjoint ---- */
static bool along(bsn_node *y, bool wider) {
  size_t axis = y->attr.count[0], around = y->attr.count[1] + y->attr.count[2], shape[BSN_AXES];
  if (axis >= (size_t)y->axes || y->type != BSN_NUMBER) return false;
  for (int i = 0; i < y->axes; i++) shape[i] = y->shape[i];
  if (!wider && shape[axis] < around) return false;
  shape[axis] += wider ? around : -around;
  bsn_set_shape(y, y->axes, shape);
  return true;
}

static bool shape_slice(bsn_node *y) { return along(y, false); }
static bool shape_pad(bsn_node *y) { return along(y, true); }

/* Blocks of the wide array are laid out as [outer][wide][inner]; of the narrow one as [outer][narrow][inner]. */
typedef struct strip {
  size_t outer, narrow, wide, skip; /* the last three in entries */
} strip;

static strip strip_of(const bsn_node *narrow, const bsn_node *wide, size_t axis, size_t before, size_t rows) {
  size_t inner = 1;
  for (int i = narrow->axes; i-- > (int)axis + 1;) inner *= narrow->shape[i];
  size_t n = narrow->shape[axis] * inner, w = wide->shape[axis] * inner;
  return (strip){.outer = w ? rows * wide->size / w : 0, .narrow = n, .wide = w, .skip = before * inner};
}

static void eval_slice(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  const bsn_node *y = c->node;
  strip s = strip_of(y, y->in[0], y->attr.count[0], y->attr.count[1], rows);
  for (size_t i = 0; i < s.outer; i++) memcpy(out + i * s.narrow, x[0] + i * s.wide + s.skip, s.narrow * sizeof *out);
}

static void eval_pad(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  const bsn_node *y = c->node;
  strip s = strip_of(y->in[0], y, y->attr.count[0], y->attr.count[1], rows);
  memset(out, 0, rows * y->size * sizeof *out);
  for (size_t i = 0; i < s.outer; i++) memcpy(out + i * s.wide + s.skip, x[0] + i * s.narrow, s.narrow * sizeof *out);
}

static void vjp_slice(bsn_node *y, bsn_node *gy, bsn_node *gx[]) {
  gx[0] = bsn_pad(gy, (int)y->attr.count[0], y->attr.count[1], y->attr.count[2]);
}

static void vjp_pad(bsn_node *y, bsn_node *gy, bsn_node *gx[]) {
  size_t axis = y->attr.count[0];
  gx[0] = bsn_slice(gy, (int)axis, y->attr.count[1], y->in[0]->shape[axis]);
}

/* ---- expand: count = {axes + 16 batch, shape..} ---- */
static bool shape_expand(bsn_node *y) {
  const bsn_node *x = y->in[0];
  int axes = (int)(y->attr.count[0] & 15), lead = axes - x->axes;
  y->batch = y->attr.count[0] >> 4;
  if (lead < 0 || (x->batch && !y->batch) || x->type != BSN_NUMBER) return false;
  for (int i = 0; i < x->axes; i++)
    if (x->shape[i] != 1 && x->shape[i] != y->attr.count[1 + lead + i]) return false;
  bsn_set_shape(y, axes, y->attr.count + 1);
  return true;
}

static void eval_expand(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  const bsn_node *y = c->node, *a = y->in[0];
  size_t own[BSN_AXES], stride[BSN_AXES] = {0};
  own_strides(a, own);
  for (int i = 0; i < a->axes; i++)
    if (a->shape[i] > 1) stride[y->axes - a->axes + i] = own[i];
  for (size_t r = 0; r < rows; r++)
    gather_strided(x[0] + (a->batch ? r * a->size : 0), y->axes, y->shape, stride, out + r * y->size);
}

static void vjp_expand(bsn_node *y, bsn_node *gy, bsn_node *gx[]) { gx[0] = bsn_sum_to(gy, y->in[0]); }

/* ---- the table ---- */
static const bsn_op reshape_op = {"reshape", 1, BSN_EACH_ROW, shape_reshape, NULL, vjp_reshape, BSN_IS_VIEW};
static const bsn_op permute_op = {"permute", 1, BSN_EACH_ROW, shape_permute, eval_permute, vjp_permute, 0};
static const bsn_op slice_op = {"slice", 1, BSN_EACH_ROW, shape_slice, eval_slice, vjp_slice, BSN_IS_CHEAP};
static const bsn_op pad_op = {"pad", 1, BSN_EACH_ROW, shape_pad, eval_pad, vjp_pad, BSN_IS_CHEAP};
static const bsn_op expand_op = {"expand", 1, BSN_EACH_ROW, shape_expand, eval_expand, vjp_expand, BSN_IS_CHEAP};

const bsn_op *const bsn_shaping_ops[] = {&reshape_op, &permute_op, &slice_op, &pad_op, &expand_op, NULL};

/* ---- builders ---- */
bsn_node *bsn_reshape(bsn_node *x, int axes, const size_t *shape) {
  bsn_attr attr = {.count = {(size_t)axes}};
  for (int i = 0; i < axes && i < BSN_AXES; i++) attr.count[1 + i] = shape[i];
  if (x && x->op == &reshape_op) x = x->in[0];
  bool same = x && x->axes == axes && (axes == 0 || !memcmp(x->shape, shape, (size_t)axes * sizeof *shape));
  return same ? x : bsn_apply(&reshape_op, x, NULL, &attr);
}

bsn_node *bsn_flatten(bsn_node *x) { return x ? bsn_reshape(x, 1, &x->size) : NULL; }

bsn_node *bsn_permute(bsn_node *x, const size_t *order) {
  if (!x) return NULL;
  bsn_attr attr = {0};
  bool identity = true, undone = x->op == &permute_op;
  for (int i = 0; i < x->axes; i++) {
    attr.count[i] = order[i];
    identity &= order[i] == (size_t)i;
    undone = undone && order[i] < (size_t)x->axes && x->attr.count[order[i]] == (size_t)i;
  }
  return identity ? x : undone ? x->in[0] : bsn_apply(&permute_op, x, NULL, &attr);
}

bsn_node *bsn_transpose(bsn_node *x) {
  if (!x || x->axes < 2) return bsn_permute(x, (size_t[BSN_AXES]){0});
  size_t order[BSN_AXES] = {0, 1, 2, 3, 4};
  order[x->axes - 1] = (size_t)x->axes - 2;
  order[x->axes - 2] = (size_t)x->axes - 1;
  return bsn_permute(x, order);
}

bsn_node *bsn_slice(bsn_node *x, int axis, size_t from, size_t count) {
  if (!x) return NULL;
  size_t length = (size_t)axis < (size_t)x->axes ? x->shape[axis] : 0;
  if (from == 0 && count == length) return x;
  size_t after =
      from + count <= length ? length - from - count : length + 1; /* the latter does not fit, and is said so */
  return bsn_apply(&slice_op, x, NULL, &(bsn_attr){.count = {(size_t)axis, from, after}});
}

bsn_node *bsn_pad(bsn_node *x, int axis, size_t before, size_t after) {
  if (!before && !after) return x;
  return bsn_apply(&pad_op, x, NULL, &(bsn_attr){.count = {(size_t)axis, before, after}});
}

bsn_node *bsn_expand(bsn_node *x, const bsn_node *like) {
  if (!x || !like || bsn_same_shape(x, like)) return x;
  bsn_attr attr = {.count = {(size_t)like->axes + (like->batch ? 16 : 0)}};
  for (int i = 0; i < like->axes; i++) attr.count[1 + i] = like->shape[i];
  return bsn_apply(&expand_op, x, NULL, &attr);
}

bsn_node *bsn_unexpanded(bsn_node *x) { return x && x->op == &expand_op ? x->in[0] : x; }
