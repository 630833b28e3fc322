/* plan_check.h: small nets with everything that training and probes ask of them, for tests of plans.
 *
 *     work b;
 *     inputs in;
 *     results r = whole(&b, relu_net);               // the graph, and where each result will be
 *     fill(&in, b.n);
 *     const bsn_real *out = run(&b, &in, (bsn_plan_options){.tile = 5}, ROWS);
 *     ck_assert(out[r.loss] > 0);
 *     bsn_arena_free(&in.arena);
 *     bsn_arena_free(&b.arena);
 */
#ifndef PLAN_CHECK_H
#define PLAN_CHECK_H

#include "basin_check.h"
#include "graph/grad.h"
#include "graph/ops.h"
#include "graph/plan.h"
#include "mixed.h"

enum { ROWS = 29, FEATURES = 7, CLASSES = 5, GAP = 3, MOST = 40, MOST_W = 8 };
enum { W, X, LABEL, TARGET, WAY, OTHER, OUT, DUMMY };

/* Numbers in -scale .. scale. */
static inline void scatter(bsn_real *v, size_t n, double scale, uint64_t seed) {
  for (size_t i = 0; i < n; i++) v[i] = (bsn_real)(scale * (2 * uniform(seed << 32 | i) - 1));
}

/* ---- a net at work ---- */
typedef struct work {
  bsn_arena arena;
  bsn_graph graph;
  bsn_error error;
  bsn_node *x, *label, *target, *z, *loss;     /* loss: one number a row */
  bsn_node *w[MOST_W], *v[MOST_W], *u[MOST_W]; /* parameters, and two directions */
  size_t nw, n;
  bsn_output out[MOST];
  size_t nout, outsize; /* with a gap behind each output */
} work;

typedef void build(work *b);

static inline size_t count(const bsn_node *x, size_t rows) { return x->size * (x->batch ? rows : 1); }

static inline bsn_node *parameter(work *b, int axes, const size_t *shape) {
  bsn_node *w = b->w[b->nw] = bsn_leaf(&b->graph, W, b->n, false, axes, shape);
  b->v[b->nw] = bsn_leaf(&b->graph, WAY, b->n, false, axes, shape);
  b->u[b->nw++] = bsn_leaf(&b->graph, OTHER, b->n, false, axes, shape);
  if (w) b->n += w->size;
  return w;
}

static inline bsn_node *dense(work *b, bsn_node *x, size_t in, size_t out) {
  bsn_node *w = parameter(b, 2, (size_t[]){in, out});
  return bsn_add(bsn_matmul(x, w), parameter(b, 1, &out));
}

static inline void begin(work *b) {
  *b = (work){.nout = 0};
  bsn_graph_init(&b->graph, &b->arena);
  b->x = bsn_leaf(&b->graph, X, 0, true, 1, (size_t[]){FEATURES});
  b->label = bsn_index_leaf(&b->graph, LABEL);
  b->target = bsn_leaf(&b->graph, TARGET, 0, true, 1, (size_t[]){CLASSES});
}

static inline bsn_node *mse(bsn_node *z, bsn_node *target) { return bsn_mean_row(bsn_square(bsn_sub(z, target))); }

// clang-format off
static inline void relu_net(work *b) {
  bsn_node *h = bsn_relu(dense(b, b->x, FEATURES, 33));
  b->z = dense(b, bsn_relu(dense(b, h, 33, 20)), 20, CLASSES);
  b->loss = bsn_cross_entropy(b->z, b->label);
}
static inline void tanh_net(work *b) {
  bsn_node *h = bsn_tanh_of(dense(b, b->x, FEATURES, 17));
  b->z = dense(b, bsn_tanh_of(dense(b, h, 17, 12)), 12, CLASSES);
  b->loss = bsn_cross_entropy(b->z, b->label);
}
static inline void linear_net(work *b) {
  b->z = dense(b, b->x, FEATURES, CLASSES);
  b->loss = mse(b->z, b->target);
}
static inline void logistic_net(work *b) {
  b->z = dense(b, b->x, FEATURES, CLASSES);
  b->loss = bsn_cross_entropy(b->z, b->label);
}
static inline void forked_net(work *b) { /* narrow layers that read the same input */
  bsn_node *h[3];
  for (int i = 0; i < 3; i++) h[i] = bsn_relu(dense(b, b->x, FEATURES, CLASSES));
  b->z = bsn_add(bsn_mul(h[0], h[1]), bsn_add(h[2], bsn_matmul(b->x, parameter(b, 2, (size_t[]){FEATURES, CLASSES}))));
  b->loss = bsn_cross_entropy(b->z, b->label);
}
static inline void gelu_net(work *b) { /* with a layer norm, a skip and several axes */
  bsn_node *h = bsn_reshape(dense(b, b->x, FEATURES, 24), 2, (size_t[]){4, 6});
  bsn_node *centred = bsn_sub(h, bsn_mean_axis(h, 1, true));
  h = bsn_mul(centred, bsn_rsqrt(bsn_affine(bsn_mean_axis(bsn_square(centred), 1, true), 1, 0.1)));
  h = bsn_add(h, bsn_gelu(bsn_matmul(h, parameter(b, 2, (size_t[]){6, 6}))));
  b->z = dense(b, bsn_flatten(bsn_transpose(h)), 24, CLASSES);
  b->loss = mse(b->z, b->target);
}
static inline void padded_net(work *b) { /* what its first layer reads is cheap */
  b->z = dense(b, bsn_sigmoid(dense(b, bsn_pad(bsn_slice(b->x, 0, 1, 4), 0, 1, 2), 7, 9)), 9, CLASSES);
  b->loss = bsn_cross_entropy(b->z, b->label);
}
static inline void summed_net(work *b) { /* the cotangent of what is summed is narrower than its gate */
  bsn_node *x = bsn_reshape(bsn_slice(b->x, 0, 1, 6), 2, (size_t[]){3, 2});
  bsn_node *h = bsn_tanh_of(bsn_matmul(x, parameter(b, 2, (size_t[]){2, 5})));
  h = bsn_sigmoid(bsn_matmul(bsn_sum_axis(h, 1, true), parameter(b, 2, (size_t[]){1, 4})));
  b->z = bsn_matmul(bsn_sum_axis(h, 1, true), parameter(b, 2, (size_t[]){1, CLASSES}));
  b->loss = bsn_mean_row(bsn_square(b->z));
}
// clang-format on

static build *const nets[] = {relu_net,   tanh_net, linear_net, logistic_net,
                              forked_net, gelu_net, padded_net, summed_net};
enum { NETS = sizeof nets / sizeof *nets };

static inline size_t ask(work *b, bsn_node *node) {
  size_t at = b->outsize;
  ck_assert_int_lt(b->nout, MOST);
  b->out[b->nout++] = (bsn_output){node, OUT, at};
  if (node) b->outsize += count(node, ROWS) + GAP;
  return at;
}

/* Hv and Gv for the sum of losses, in direction v. */
static inline void second_order(work *b, bsn_node *const g[], bsn_node *const v[], bsn_node *hv[], bsn_node *gv[]) {
  bsn_node *one = bsn_constant(&b->graph, 1), *slope, *bent;
  bsn_grad(b->nw, g, v, b->nw, b->w, hv);
  bsn_node *pushed = bsn_push(b->z, bsn_leaf(&b->graph, DUMMY, 0, true, 1, (size_t[]){CLASSES}), b->nw, b->w, v);
  memset(gv, 0, b->nw * sizeof *gv);
  if (!pushed || !bsn_grad(1, &b->loss, &one, 1, &b->z, &slope)) return;
  if (bsn_grad(1, &slope, &pushed, 1, &b->z, &bent)) bsn_grad(1, &b->z, &bent, b->nw, b->w, gv);
}

typedef struct results {
  size_t loss, g[MOST_W], hv[MOST_W], hu[MOST_W], gv[MOST_W];
} results;

/* A net with everything that training and probes ask of it. */
static inline results whole(work *b, build *net) {
  bsn_node *g[MOST_W], *hv[MOST_W], *hu[MOST_W], *gv[MOST_W], *gu[MOST_W];
  results r = {0};
  begin(b);
  net(b);
  bsn_node *total = bsn_sum_rows(b->loss), *one = bsn_constant(&b->graph, 1);
  bsn_grad(1, &total, &one, b->nw, b->w, g);
  second_order(b, g, b->v, hv, gv);
  second_order(b, g, b->u, hu, gu);
  ask(b, b->loss);
  ask(b, b->z);
  r.loss = ask(b, total);
  for (size_t i = 0; i < b->nw; i++) {
    r.g[i] = ask(b, g[i]);
    r.hv[i] = ask(b, hv[i]);
    r.hu[i] = ask(b, hu[i]);
    r.gv[i] = ask(b, gv[i]);
  }
  return r;
}

/* ---- running ---- */
typedef struct inputs {
  bsn_arena arena;
  bsn_real *w, *x, *target, *way, *other;
  int32_t *label;
} inputs;

static inline void fill(inputs *in, size_t n) {
  *in = (inputs){.w = NULL};
  in->w = bsn_reals_in(&in->arena, n);
  in->way = bsn_reals_in(&in->arena, n);
  in->other = bsn_reals_in(&in->arena, n);
  in->x = bsn_reals_in(&in->arena, ROWS * FEATURES);
  in->target = bsn_reals_in(&in->arena, ROWS * CLASSES);
  in->label = bsn_buffer_in(&in->arena, ROWS * sizeof *in->label);
  scatter(in->w, n, 0.7, 1);
  scatter(in->way, n, 1, 2);
  scatter(in->other, n, 1, 3);
  scatter(in->x, ROWS * FEATURES, 1.5, 4);
  scatter(in->target, ROWS * CLASSES, 1, 5);
  for (size_t i = 0; i < ROWS; i++) in->label[i] = (int32_t)(mixed(i) % CLASSES);
}

static inline void bind(bsn_plan *plan, const inputs *in, size_t row) {
  bsn_plan_bind(plan, W, in->w);
  bsn_plan_bind(plan, WAY, in->way);
  bsn_plan_bind(plan, OTHER, in->other);
  bsn_plan_bind(plan, X, in->x + row * FEATURES);
  bsn_plan_bind(plan, TARGET, in->target + row * CLASSES);
  bsn_plan_bind(plan, LABEL, in->label + row);
}

static inline bsn_plan *planned(work *b, bsn_plan_options o) {
  if (!o.rows) o.rows = ROWS;
  bsn_plan *plan = bsn_plan_new(&b->graph, b->nout, b->out, &o, &b->arena, &b->error);
  ck_assert_msg(plan, "%s", b->error.text);
  return plan;
}

static const bsn_real canary = BSN_R(-123.456);

static inline bsn_real *fresh_out(work *b, bsn_plan *plan) {
  bsn_real *out = bsn_reals_in(&b->arena, b->outsize);
  for (size_t i = 0; i < b->outsize + BSN_SLACK / sizeof *out; i++) out[i] = canary;
  bsn_plan_bind(plan, OUT, out);
  return out;
}

/* Nothing is written behind the rows rows of any output. */
static inline void check_canaries(const work *b, const bsn_real *out, size_t rows) {
  for (size_t i = 0; i < b->nout; i++) {
    if (!b->out[i].node) continue;
    size_t end = b->out[i].offset + count(b->out[i].node, ROWS) + GAP;
    for (size_t e = b->out[i].offset + count(b->out[i].node, rows); e < end; e++)
      ck_assert_msg(out[e] == canary, "output %zu wrote past its end", i);
  }
  for (size_t e = 0; e < BSN_SLACK / sizeof *out; e++) ck_assert(out[b->outsize + e] == canary);
}

static inline bsn_real *run(work *b, const inputs *in, bsn_plan_options o, size_t rows) {
  bsn_plan *plan = planned(b, o);
  bsn_real *out = fresh_out(b, plan);
  bind(plan, in, 0);
  bsn_plan_run(plan, rows);
  check_canaries(b, out, rows);
  return out;
}

static inline void same_bits(const work *b, const bsn_real *x, const bsn_real *y, const char *what) {
  for (size_t i = 0; i < b->outsize; i++)
    ck_assert_msg(!memcmp(&x[i], &y[i], sizeof *x), "%s: number %zu is %.9g and %.9g", what, i, (double)x[i],
                  (double)y[i]);
}

#endif
