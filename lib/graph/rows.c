/* Ops on rows of classes, and the rows of a data set. */
#include "graph/ops.h"
#include <string.h>

static const bsn_op softmax_op, log_softmax_op, cross_entropy_op, one_hot_op, gather_op, gather_label_op;

static size_t last(const bsn_node *x) { return x->shape[x->axes - 1]; }

static bool shape_classes(bsn_node *y) { return y->axes >= 1 && y->type == BSN_NUMBER; }

static void eval_softmax(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  c->k->softmax(x[0], rows * c->node->size / last(c->node), last(c->node), out);
}

static void eval_log_softmax(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  c->k->log_softmax(x[0], rows * c->node->size / last(c->node), last(c->node), out);
}

static void vjp_softmax(bsn_node *y, bsn_node *gy, bsn_node *gx[]) {
  gx[0] = bsn_mul(y, bsn_sub(gy, bsn_sum_axis(bsn_mul(gy, y), y->axes - 1, true)));
}

static void vjp_log_softmax(bsn_node *y, bsn_node *gy, bsn_node *gx[]) {
  gx[0] = bsn_sub(gy, bsn_mul(bsn_softmax(y->in[0]), bsn_sum_axis(gy, y->axes - 1, true)));
}

static bool shape_cross_entropy(bsn_node *y) {
  const bsn_node *z = y->in[0], *label = y->in[1];
  bsn_set_shape(y, 0, NULL);
  return z->axes == 1 && z->type == BSN_NUMBER && label->type == BSN_INT32 && label->axes == 0 &&
         z->batch == label->batch;
}

static void eval_cross_entropy(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  c->k->cross_entropy(x[0], (const int32_t *)x[1], rows, c->node->in[0]->size, out);
}

static void vjp_cross_entropy(bsn_node *y, bsn_node *gy, bsn_node *gx[]) {
  bsn_node *z = y->in[0];
  gx[0] = bsn_mul(bsn_sub(bsn_softmax(z), bsn_one_hot(y->in[1], z->size)), bsn_reshape(gy, 1, (size_t[]){1}));
}

/* one_hot: count = {classes} */
static bool shape_one_hot(bsn_node *y) {
  bool fits = y->type == BSN_INT32 && y->axes == 0;
  y->type = BSN_NUMBER;
  bsn_set_shape(y, 1, y->attr.count);
  return fits;
}

static void eval_one_hot(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  size_t n = c->node->size;
  const int32_t *label = (const int32_t *)x[0];
  memset(out, 0, rows * n * sizeof *out);
  for (size_t r = 0; r < rows; r++) out[r * n + (size_t)label[r]] = 1;
}

/* gather: count = {axes, shape..}, data = the table's bsn_rows_of */
static bool shape_gather(bsn_node *y) {
  bool fits = y->type == BSN_INT32 && y->axes == 0 && y->attr.count[0] <= BSN_AXES;
  y->type = BSN_NUMBER;
  if (fits) bsn_set_shape(y, (int)y->attr.count[0], y->attr.count + 1);
  return fits;
}

static void eval_gather(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  const bsn_rows_of *t = c->node->attr.data;
  const int32_t *index = (const int32_t *)x[0];
  size_t n = c->node->size;
  if (t->u8)
    c->k->gather_u8(t->u8, index, rows, n, t->scale, t->shift, t->step, out);
  else
    c->k->gather(t->real, index, rows, n, t->scale, t->shift, t->step, out);
}

static bool shape_gather_label(bsn_node *y) { return y->type == BSN_INT32 && y->axes == 0; }

static void eval_gather_label(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  const int32_t *label = c->node->attr.data, *index = (const int32_t *)x[0];
  int32_t *o = (int32_t *)out;
  for (size_t r = 0; r < rows; r++) o[r] = label[index[r]];
}

/* ---- the table ---- */
static const bsn_op softmax_op = {"softmax", 1, BSN_EACH_ROW, shape_classes, eval_softmax, vjp_softmax, 0};
static const bsn_op log_softmax_op = {"log-softmax",   1, BSN_EACH_ROW, shape_classes, eval_log_softmax,
                                      vjp_log_softmax, 0};
static const bsn_op cross_entropy_op = {"cross-entropy",   2, BSN_EACH_ROW, shape_cross_entropy, eval_cross_entropy,
                                        vjp_cross_entropy, 0};
static const bsn_op one_hot_op = {"one-hot", 1, BSN_EACH_ROW, shape_one_hot, eval_one_hot, NULL, BSN_IS_CHEAP};
static const bsn_op gather_op = {"gather", 1, BSN_EACH_ROW, shape_gather, eval_gather, NULL, BSN_IS_CHEAP};
static const bsn_op gather_label_op = {"gather-label",    1,    BSN_EACH_ROW, shape_gather_label,
                                       eval_gather_label, NULL, BSN_IS_CHEAP};

static const bsn_op *const rows_ops[] = {
    &softmax_op, &log_softmax_op, &cross_entropy_op, &one_hot_op, &gather_op, &gather_label_op, NULL};

extern const bsn_op *const bsn_elementwise_ops[], *const bsn_contraction_ops[], *const bsn_shaping_ops[],
                                                                                    *const bsn_reduction_ops[];
const bsn_op *const *const bsn_op_families[] = {
    bsn_elementwise_ops, bsn_contraction_ops, bsn_shaping_ops, bsn_reduction_ops, rows_ops, NULL};

/* ---- builders ---- */
bsn_node *bsn_softmax(bsn_node *z) { return bsn_apply(&softmax_op, z, NULL, NULL); }
bsn_node *bsn_log_softmax(bsn_node *z) { return bsn_apply(&log_softmax_op, z, NULL, NULL); }
bsn_node *bsn_cross_entropy(bsn_node *z, bsn_node *label) { return bsn_apply(&cross_entropy_op, z, label, NULL); }
bsn_node *bsn_one_hot(bsn_node *label, size_t classes) {
  return bsn_apply(&one_hot_op, label, NULL, &(bsn_attr){.count = {classes}});
}
bsn_node *bsn_gather(bsn_node *index, const bsn_rows_of *table, int axes, const size_t *shape) {
  bsn_attr attr = {.count = {(size_t)axes}, .data = table};
  for (int i = 0; i < axes && i < BSN_AXES; i++) attr.count[1 + i] = shape[i];
  return bsn_apply(&gather_op, index, NULL, &attr);
}
bsn_node *bsn_gather_label(bsn_node *index, const int32_t *label) {
  return bsn_apply(&gather_label_op, index, NULL, &(bsn_attr){.data = label});
}
