/* Ops that work entry by entry, with broadcasting. */
#include "graph/ops.h"
#include <string.h>

/* ---- broadcasting ----
 * Entry e of the result (counted through rows) reads entry e of an operand (FULL), e mod m (LAST: a bias), e / m (HEAD: one
 * number for each example), or 0 (ONE). With one m for both operands that is a bsn_walk; what fits none is expanded first. */
enum { FULL, LAST, HEAD, ONE, NONE };

static size_t dim(const bsn_node *x, int axes, int axis) {
  int own = axis - (axes - x->axes);
  return own < 0 ? 1 : x->shape[own];
}

static size_t product(const bsn_node *y, int from) {
  size_t n = 1;
  for (int i = from; i < y->axes; i++) n *= y->shape[i];
  return n;
}

static int pattern(const bsn_node *x, const bsn_node *y, size_t *m) {
  if (x->batch == y->batch && x->size == y->size) return FULL;
  if (!x->batch && x->size == 1) return ONE;
  int first = 0, last = y->axes - 1;
  while (first < y->axes && dim(x, y->axes, first) == 1) first++;
  while (last >= 0 && dim(x, y->axes, last) == 1) last--;
  bool suffix = !x->batch, prefix = x->batch == y->batch;
  for (int i = 0; i < y->axes; i++) {
    bool same = dim(x, y->axes, i) == y->shape[i];
    if (i >= first) suffix &= same;
    if (i <= last) prefix &= same;
  }
  *m = suffix ? product(y, first) : product(y, last + 1);
  return suffix ? LAST : prefix ? HEAD : NONE;
}

static bool broadcast(const bsn_node *a, const bsn_node *b, bsn_node *y) {
  size_t shape[BSN_AXES];
  int axes = a->axes > b->axes ? a->axes : b->axes;
  for (int i = 0; i < axes; i++) {
    size_t p = dim(a, axes, i), q = dim(b, axes, i);
    if (p != q && p != 1 && q != 1) return false;
    shape[i] = p == 1 ? q : p;
  }
  y->type = BSN_NUMBER;
  y->batch = a->batch || b->batch;
  bsn_set_shape(y, axes, shape);
  return a->type == BSN_NUMBER && b->type == BSN_NUMBER;
}

static bool shape_binary(bsn_node *y) { return broadcast(y->in[0], y->in[1], y); }
static bool shape_unary(bsn_node *y) { return y->type == BSN_NUMBER; }

/* Append a binary op with its walk in count: m (0: both FULL or ONE), pattern of a, pattern of b. */
static bsn_node *binary_as_is(const bsn_op *op, bsn_node *a, bsn_node *b) {
  if (!a || !b) return NULL;
  bsn_node y = {0};
  size_t m[2] = {0, 0};
  if (a->graph->error.code || !broadcast(a, b, &y)) return bsn_apply(op, a, b, NULL);
  int p = pattern(a, &y, &m[0]), q = pattern(b, &y, &m[1]);
  bool clash = m[0] && m[1] && m[0] != m[1];
  if (p == NONE) return binary_as_is(op, bsn_expand(a, &y), b);
  if (q == NONE || clash) return binary_as_is(op, a, bsn_expand(b, &y));
  return bsn_apply(op, a, b, &(bsn_attr){.count = {m[0] ? m[0] : m[1], (size_t)p, (size_t)q}});
}

/* The same, but what was written out to the shape of the other operand is read from where it was: no pass over memory of its own. */
static bsn_node *binary(const bsn_op *op, bsn_node *a, bsn_node *b) {
  bool same = a && b && bsn_same_shape(a, b);
  bsn_node *narrow_a = same ? bsn_unexpanded(a) : a, *narrow_b = same ? bsn_unexpanded(b) : b;
  return narrow_b != b ? binary_as_is(op, a, narrow_b) : binary_as_is(op, narrow_a, b);
}

static bsn_walk walk_of(const bsn_node *y, size_t rows) {
  size_t n = rows * y->size, m = y->attr.count[0], p = y->attr.count[1], q = y->attr.count[2];
  if (!m)
    return (bsn_walk){.outer = 1, .inner = n, .xi = p == FULL, .yi = q == FULL}; /* no division: this is most nodes */
  return (bsn_walk){.outer = n / m,
                    .inner = m,
                    .xo = p == FULL ? m : p == HEAD,
                    .xi = p == FULL || p == LAST,
                    .yo = q == FULL ? m : q == HEAD,
                    .yi = q == FULL || q == LAST};
}

/* ---- evaluation: adaptors to the kernels ---- */
#define EVAL_BINARY(name)                                                                                       \
  static void eval_##name(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) { \
    (void)acc;                                                                                                  \
    bsn_walk walk = walk_of(c->node, rows);                                                                     \
    c->k->name(&walk, x[0], x[1], out);                                                                         \
  }
#define EVAL_UNARY(name)                                                                                        \
  static void eval_##name(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) { \
    (void)acc;                                                                                                  \
    c->k->name(x[0], out, rows * c->node->size);                                                                \
  }
#define EVAL_UNARY1(name)                                                                                       \
  static void eval_##name(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) { \
    (void)acc;                                                                                                  \
    c->k->name(x[0], (bsn_real)c->node->attr.number[0], out, rows * c->node->size);                             \
  }
EVAL_BINARY(add)
EVAL_BINARY(sub)
EVAL_BINARY(mul)
EVAL_BINARY(div)
EVAL_BINARY(max)
EVAL_BINARY(gate)
EVAL_BINARY(greater)
EVAL_BINARY(tanh_back)
EVAL_BINARY(sigmoid_back)
EVAL_UNARY(exp)
EVAL_UNARY(log)
EVAL_UNARY(sqrt)
EVAL_UNARY(rsqrt)
EVAL_UNARY(tanh)
EVAL_UNARY(sigmoid)
EVAL_UNARY(softplus)
EVAL_UNARY(erf)
EVAL_UNARY(relu)
EVAL_UNARY(step)
EVAL_UNARY(abs)
EVAL_UNARY(sign)
EVAL_UNARY1(leaky)
EVAL_UNARY1(elu)
EVAL_UNARY1(pow)

static void eval_affine(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  const double *ab = c->node->attr.number;
  c->k->affine(x[0], (bsn_real)ab[0], (bsn_real)ab[1], out, rows * c->node->size);
}

/* ---- rules ---- */
#define VJP(name) static void vjp_##name(bsn_node *y, bsn_node *gy, bsn_node *gx[])
VJP(add) {
  (void)y;
  gx[0] = gx[1] = gy;
}
VJP(sub) {
  (void)y;
  gx[0] = gy;
  gx[1] = bsn_neg(gy);
}
VJP(mul) {
  gx[0] = bsn_mul(gy, y->in[1]);
  gx[1] = bsn_mul(gy, y->in[0]);
}
VJP(div) {
  gx[0] = bsn_div(gy, y->in[1]);
  gx[1] = bsn_neg(bsn_div(bsn_mul(gy, y), y->in[1]));
}
VJP(max) {
  gx[0] = bsn_mul(gy, bsn_greater(y->in[0], y->in[1]));
  gx[1] = bsn_mul(gy, bsn_greater(y->in[1], y->in[0]));
}
VJP(gate) { gx[0] = bsn_gate(gy, y->in[1]); }
VJP(affine) { gx[0] = bsn_affine(gy, y->attr.number[0], 0); }
VJP(exp) { gx[0] = bsn_mul(gy, y); }
VJP(log) { gx[0] = bsn_div(gy, y->in[0]); }
VJP(sqrt) { gx[0] = bsn_div(bsn_affine(gy, 0.5, 0), y); }
VJP(rsqrt) { gx[0] = bsn_mul(gy, bsn_affine(bsn_mul(y, bsn_square(y)), -0.5, 0)); }
VJP(tanh) { gx[0] = bsn_tanh_back(gy, y); }
VJP(tanh_back) {
  bsn_node *x = y->in[0], *t = y->in[1];
  gx[0] = bsn_tanh_back(gy, t);
  gx[1] = bsn_mul(bsn_mul(gy, x), bsn_affine(t, -2, 0));
}
VJP(sigmoid) { gx[0] = bsn_sigmoid_back(gy, y); }
VJP(sigmoid_back) {
  bsn_node *x = y->in[0], *s = y->in[1];
  gx[0] = bsn_sigmoid_back(gy, s);
  gx[1] = bsn_mul(bsn_mul(gy, x), bsn_affine(s, -2, 1));
}
VJP(softplus) { gx[0] = bsn_mul(gy, bsn_sigmoid(y->in[0])); }
VJP(erf) {
  const double two_over_root_pi = 1.12837916709551257390;
  gx[0] = bsn_mul(gy, bsn_affine(bsn_exp_of(bsn_neg(bsn_square(y->in[0]))), two_over_root_pi, 0));
}
VJP(relu) { gx[0] = bsn_gate(gy, y); }
VJP(abs) { gx[0] = bsn_mul(gy, bsn_sign(y->in[0])); }
VJP(leaky) {
  double a = y->attr.number[0];
  gx[0] = bsn_mul(gy, bsn_affine(bsn_step(y->in[0]), 1 - a, a));
}
VJP(elu) { /* slope 1 above 0, alpha exp(x) = y + alpha below */
  bsn_node *above = bsn_step(y->in[0]), *below = bsn_affine(above, -1, 1);
  gx[0] = bsn_mul(gy, bsn_add(above, bsn_mul(below, bsn_affine(y, 1, y->attr.number[0]))));
}
VJP(pow) {
  double p = y->attr.number[0];
  if (p != 0) gx[0] = bsn_mul(gy, bsn_affine(bsn_pow_of(y->in[0], p - 1), p, 0));
}

/* ---- the table ---- */
// clang-format off
#define UNARY(NAME, flags_)  static const bsn_op NAME##_op = {#NAME, 1, BSN_EACH_ROW, shape_unary, eval_##NAME, vjp_##NAME, BSN_IN_PLACE | (flags_)};
#define BINARY(NAME, flags_) static const bsn_op NAME##_op = {#NAME, 2, BSN_EACH_ROW, shape_binary, eval_##NAME, vjp_##NAME, BSN_IN_PLACE | (flags_)};
#define BACK(NAME, kind)     static const bsn_op NAME##_op = {#NAME, 2, BSN_EACH_ROW, shape_binary, eval_##NAME, vjp_##NAME, BSN_IN_PLACE | BSN_IS_GATE, NULL, kind};
#define FLAT(NAME)           static const bsn_op NAME##_op = {#NAME, 1, BSN_EACH_ROW, shape_unary, eval_##NAME, NULL, BSN_IN_PLACE};
BINARY(add, BSN_IS_BIAS) BINARY(sub, 0) BINARY(mul, 0) BINARY(div, 0) BINARY(max, 0) BACK(gate, BSN_GATE_RELU)
BACK(tanh_back, BSN_GATE_TANH) BACK(sigmoid_back, BSN_GATE_SIGMOID)
static const bsn_op greater_op = {"greater", 2, BSN_EACH_ROW, shape_binary, eval_greater, NULL, BSN_IN_PLACE};
UNARY(affine, 0) UNARY(exp, 0) UNARY(log, 0) UNARY(sqrt, 0) UNARY(rsqrt, 0) UNARY(tanh, 0) UNARY(sigmoid, 0) UNARY(softplus, 0)
UNARY(erf, 0) UNARY(relu, BSN_IS_RELU) UNARY(abs, 0) UNARY(leaky, 0) UNARY(elu, 0) UNARY(pow, 0)
FLAT(step) FLAT(sign)

const bsn_op *const bsn_elementwise_ops[] = {
    &add_op, &sub_op, &mul_op, &div_op, &max_op, &gate_op, &greater_op, &tanh_back_op, &sigmoid_back_op, &affine_op, &exp_op, &log_op, &sqrt_op, &rsqrt_op,
    &tanh_op, &sigmoid_op, &softplus_op, &erf_op, &relu_op, &abs_op, &leaky_op, &elu_op, &pow_op, &step_op, &sign_op, NULL};
// clang-format on

/* ---- builders ---- */
static bsn_node *unary(const bsn_op *op, bsn_node *x, double a) {
  return bsn_apply(op, x, NULL, &(bsn_attr){.number = {a}});
}

bsn_node *bsn_add(bsn_node *x, bsn_node *y) { return binary(&add_op, x, y); }
bsn_node *bsn_sub(bsn_node *x, bsn_node *y) { return binary(&sub_op, x, y); }
bsn_node *bsn_mul(bsn_node *x, bsn_node *y) { return binary(&mul_op, x, y); }
bsn_node *bsn_div(bsn_node *x, bsn_node *y) { return binary(&div_op, x, y); }
bsn_node *bsn_max(bsn_node *x, bsn_node *y) { return binary(&max_op, x, y); }
bsn_node *bsn_min(bsn_node *x, bsn_node *y) { return bsn_neg(bsn_max(bsn_neg(x), bsn_neg(y))); }
bsn_node *bsn_gate(bsn_node *x, bsn_node *y) { return binary(&gate_op, x, y); }
bsn_node *bsn_greater(bsn_node *x, bsn_node *y) { return binary(&greater_op, x, y); }
bsn_node *bsn_tanh_back(bsn_node *x, bsn_node *y) { return binary(&tanh_back_op, x, y); }
bsn_node *bsn_sigmoid_back(bsn_node *x, bsn_node *y) { return binary(&sigmoid_back_op, x, y); }
bsn_node *bsn_affine(bsn_node *x, double a, double b) {
  return a == 1 && b == 0 ? x : bsn_apply(&affine_op, x, NULL, &(bsn_attr){.number = {a, b}});
}
bsn_node *bsn_neg(bsn_node *x) { return bsn_affine(x, -1, 0); }
bsn_node *bsn_square(bsn_node *x) { return bsn_mul(x, x); }
bsn_node *bsn_exp_of(bsn_node *x) { return unary(&exp_op, x, 0); }
bsn_node *bsn_log_of(bsn_node *x) { return unary(&log_op, x, 0); }
bsn_node *bsn_sqrt(bsn_node *x) { return unary(&sqrt_op, x, 0); }
bsn_node *bsn_rsqrt(bsn_node *x) { return unary(&rsqrt_op, x, 0); }
bsn_node *bsn_pow_of(bsn_node *x, double p) { return p == 1 ? x : unary(&pow_op, x, p); }
bsn_node *bsn_abs(bsn_node *x) { return unary(&abs_op, x, 0); }
bsn_node *bsn_sign(bsn_node *x) { return unary(&sign_op, x, 0); }
bsn_node *bsn_step(bsn_node *x) { return unary(&step_op, x, 0); }
bsn_node *bsn_tanh_of(bsn_node *x) { return unary(&tanh_op, x, 0); }
bsn_node *bsn_sigmoid(bsn_node *x) { return unary(&sigmoid_op, x, 0); }
bsn_node *bsn_softplus(bsn_node *x) { return unary(&softplus_op, x, 0); }
bsn_node *bsn_erf_of(bsn_node *x) { return unary(&erf_op, x, 0); }
bsn_node *bsn_relu(bsn_node *x) { return unary(&relu_op, x, 0); }
bsn_node *bsn_leaky_relu(bsn_node *x, double slope) { return unary(&leaky_op, x, slope); }
bsn_node *bsn_elu(bsn_node *x, double alpha) { return unary(&elu_op, x, alpha); }
bsn_node *bsn_silu(bsn_node *x) { return bsn_mul(x, bsn_sigmoid(x)); }
bsn_node *bsn_gelu(bsn_node *x) {
  const double root_half = 0.70710678118654752440;
  return bsn_mul(x, bsn_affine(bsn_erf_of(bsn_affine(x, root_half, 0)), 0.5, 0.5));
}
