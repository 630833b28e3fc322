/* Ops that make fewer numbers: sums, the largest, and picking by index. */
#include "graph/ops.h"
#include <string.h>

static const bsn_op sum_op, sum_rows_op, winner_op, pick_op, place_op;

/* An array seen as [outer][n][inner], n being the axis in question. */
typedef struct middle {
  size_t outer, n, inner;
} middle;

static middle middle_of(const bsn_node *x, size_t axis, size_t rows) {
  middle m = {.outer = rows, .n = x->shape[axis], .inner = 1};
  for (size_t i = 0; i < axis; i++) m.outer *= x->shape[i];
  for (size_t i = axis + 1; i < (size_t)x->axes; i++) m.inner *= x->shape[i];
  return m;
}

/* count = {axis}: the shape without it. */
static bool drop_axis(bsn_node *y) {
  size_t axis = y->attr.count[0], shape[BSN_AXES] = {0};
  const bsn_node *x = y->in[0];
  if (axis >= (size_t)x->axes || x->type != BSN_NUMBER) return false;
  for (int i = 0, j = 0; i < x->axes; i++)
    if (i != (int)axis) shape[j++] = x->shape[i];
  bsn_set_shape(y, x->axes - 1, shape);
  return x->shape[axis] > 0;
}

static bsn_node *insert_axis(bsn_node *x, size_t axis) {
  if (!x || x->graph->error.code) return x;
  size_t shape[BSN_AXES + 1];
  for (int i = 0, j = 0; i <= x->axes; i++) shape[i] = i == (int)axis ? 1 : x->shape[j++];
  return bsn_reshape(x, x->axes + 1, shape);
}

/* ---- sum over an axis ---- */
static void eval_sum(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  middle m = middle_of(c->node->in[0], c->node->attr.count[0], rows);
  c->k->sum_axis(x[0], m.outer, m.n, m.inner, out);
}

static void vjp_sum(bsn_node *y, bsn_node *gy, bsn_node *gx[]) {
  gx[0] = bsn_expand(insert_axis(gy, y->attr.count[0]), y->in[0]);
}

/* ---- sum over rows ---- */
static bool shape_sum_rows(bsn_node *y) {
  y->batch = false;
  return y->in[0]->batch && y->type == BSN_NUMBER;
}

static void eval_sum_rows(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  c->k->sum_rows(x[0], rows, c->node->size, out, acc);
}

static void vjp_sum_rows(bsn_node *y, bsn_node *gy, bsn_node *gx[]) { gx[0] = bsn_expand(gy, y->in[0]); }

/* ---- the largest along an axis ---- */
static bool shape_winner(bsn_node *y) {
  bool fits = drop_axis(y);
  y->type = BSN_INT32;
  return fits;
}

static void eval_winner(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  middle m = middle_of(c->node->in[0], c->node->attr.count[0], rows);
  c->k->winner(x[0], m.outer, m.n, m.inner, (int32_t *)out);
}

/* ---- pick and place by index along an axis: adjoint of each other; place: count = {axis, length} ---- */
static bool index_fits(const bsn_node *index, const bsn_node *y) {
  return index->type == BSN_INT32 && bsn_same_shape(index, y);
}

static bool shape_pick(bsn_node *y) { return drop_axis(y) && index_fits(y->in[1], y); }

static void eval_pick(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  middle m = middle_of(c->node->in[0], c->node->attr.count[0], rows);
  const int32_t *index = (const int32_t *)x[1];
  for (size_t o = 0; o < m.outer; o++)
    for (size_t i = 0; i < m.inner; i++) {
      size_t e = o * m.inner + i;
      out[e] = x[0][(o * m.n + (size_t)index[e]) * m.inner + i];
    }
}

static void vjp_pick(bsn_node *y, bsn_node *gy, bsn_node *gx[]) {
  size_t axis = y->attr.count[0];
  gx[0] = bsn_place(gy, y->in[1], (int)axis, y->in[0]->shape[axis]);
}

static bool shape_place(bsn_node *y) {
  const bsn_node *x = y->in[0];
  size_t axis = y->attr.count[0], shape[BSN_AXES + 1] = {0};
  if (axis > (size_t)x->axes || x->axes == BSN_AXES || x->type != BSN_NUMBER || !index_fits(y->in[1], x)) return false;
  for (int i = 0, j = 0; i <= x->axes; i++) shape[i] = i == (int)axis ? y->attr.count[1] : x->shape[j++];
  bsn_set_shape(y, x->axes + 1, shape);
  return true;
}

static void eval_place(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  middle m = middle_of(c->node, c->node->attr.count[0], rows);
  const int32_t *index = (const int32_t *)x[1];
  memset(out, 0, rows * c->node->size * sizeof *out);
  for (size_t o = 0; o < m.outer; o++)
    for (size_t i = 0; i < m.inner; i++) {
      size_t e = o * m.inner + i;
      out[(o * m.n + (size_t)index[e]) * m.inner + i] = x[0][e];
    }
}

static void vjp_place(bsn_node *y, bsn_node *gy, bsn_node *gx[]) {
  gx[0] = bsn_pick(gy, y->in[1], (int)y->attr.count[0]);
}

/* ---- the table ---- */
static const bsn_op sum_op = {"sum", 1, BSN_EACH_ROW, drop_axis, eval_sum, vjp_sum, 0};
static const bsn_op sum_rows_op = {"sum-rows", 1, BSN_OVER_ROWS, shape_sum_rows, eval_sum_rows, vjp_sum_rows, 0};
static const bsn_op winner_op = {"winner", 1, BSN_EACH_ROW, shape_winner, eval_winner, NULL, 0};
static const bsn_op pick_op = {"pick", 2, BSN_EACH_ROW, shape_pick, eval_pick, vjp_pick, 0};
static const bsn_op place_op = {"place", 2, BSN_EACH_ROW, shape_place, eval_place, vjp_place, 0};

const bsn_op *const bsn_reduction_ops[] = {&sum_op, &sum_rows_op, &winner_op, &pick_op, &place_op, NULL};

/* ---- builders ---- */
bsn_node *bsn_sum_axis(bsn_node *x, int axis, bool keep) {
  bsn_node *y = bsn_apply(&sum_op, x, NULL, &(bsn_attr){.count = {(size_t)axis}});
  return keep ? insert_axis(y, (size_t)axis) : y;
}

bsn_node *bsn_mean_axis(bsn_node *x, int axis, bool keep) {
  size_t n = x && (size_t)axis < (size_t)x->axes ? x->shape[axis] : 1;
  return bsn_affine(bsn_sum_axis(x, axis, keep), 1 / (double)n, 0);
}

bsn_node *bsn_winner(bsn_node *x, int axis) {
  return bsn_apply(&winner_op, x, NULL, &(bsn_attr){.count = {(size_t)axis}});
}

bsn_node *bsn_pick(bsn_node *x, bsn_node *index, int axis) {
  return bsn_apply(&pick_op, x, index, &(bsn_attr){.count = {(size_t)axis}});
}

bsn_node *bsn_place(bsn_node *x, bsn_node *index, int axis, size_t length) {
  return bsn_apply(&place_op, x, index, &(bsn_attr){.count = {(size_t)axis, length}});
}

bsn_node *bsn_amax(bsn_node *x, int axis, bool keep) {
  bsn_node *y = bsn_pick(x, bsn_winner(x, axis), axis);
  return keep ? insert_axis(y, (size_t)axis) : y;
}

bsn_node *bsn_sum_rows(bsn_node *x) { return bsn_apply(&sum_rows_op, x, NULL, NULL); }

bsn_node *bsn_sum_row(bsn_node *x) { return x && x->axes ? bsn_sum_axis(bsn_flatten(x), 0, false) : x; }

bsn_node *bsn_mean_row(bsn_node *x) { return x ? bsn_affine(bsn_sum_row(x), 1 / (double)x->size, 0) : NULL; }

/* Leading axes that like has not are summed away as one; then axes that are 1 in like; rows last, when least is left. */
bsn_node *bsn_sum_to(bsn_node *x, const bsn_node *like) {
  if (!x || !like || x->graph->error.code || bsn_same_shape(x, like)) return x;
  int lead = x->axes - like->axes;
  if (lead > 0) {
    size_t shape[BSN_AXES + 1] = {1};
    for (int i = 0; i < lead; i++) shape[0] *= x->shape[i];
    for (int i = lead; i < x->axes; i++) shape[1 + i - lead] = x->shape[i];
    x = bsn_sum_axis(bsn_reshape(x, 1 + like->axes, shape), 0, false);
  }
  for (int i = 0; lead >= 0 && i < like->axes; i++)
    if (like->shape[i] == 1 && x->shape[i] != 1) x = bsn_sum_axis(x, i, true);
  if (x && x->batch && !like->batch) x = bsn_sum_rows(x);
  return bsn_expand(x, like); /* itself, unless it did not fit: then that is said */
}
