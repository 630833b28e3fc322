/* Plans: the same bits however a graph is cut into tiles and calls, on every kernel path; phases, blocks, odd outputs; identities
 * of second derivatives; messages; and what happens without memory. */
#include "basin_check.h"
#include "graph/grad.h"
#include "graph/ops.h"
#include "graph/plan.h"

enum { ROWS = 29, FEATURES = 7, CLASSES = 5, GAP = 3, MOST = 40, MOST_W = 8 };
enum { W, X, LABEL, TARGET, WAY, OTHER, OUT, DUMMY };

/* ---- refusing memory: the linker sends the library's allocations through here ---- */
static long refuse = -1; /* how many more succeed; -1: all */
static bool refused(void) { return refuse >= 0 && refuse-- == 0; }

#define WRAP(name, ...) \
  { return refused() ? NULL : __real_##name(__VA_ARGS__); }
void *__real_bsn_alloc_in(bsn_arena *, size_t);
void *__wrap_bsn_alloc_in(bsn_arena *, size_t);
void *__real_bsn_buffer_in(bsn_arena *, size_t);
void *__wrap_bsn_buffer_in(bsn_arena *, size_t);
bsn_real *__real_bsn_reals_in(bsn_arena *, size_t);
bsn_real *__wrap_bsn_reals_in(bsn_arena *, size_t);
void *__real_bsn_copy_in(bsn_arena *, const void *, size_t);
void *__wrap_bsn_copy_in(bsn_arena *, const void *, size_t);
void *__real_bsn_grow_in(bsn_arena *, void *, size_t, size_t);
void *__wrap_bsn_grow_in(bsn_arena *, void *, size_t, size_t);
void *__real_aligned_alloc(size_t, size_t);
void *__wrap_aligned_alloc(size_t, size_t);
void *__wrap_bsn_alloc_in(bsn_arena *arena, size_t n)
    WRAP(bsn_alloc_in, arena, n) void *__wrap_bsn_buffer_in(bsn_arena *arena, size_t n)
        WRAP(bsn_buffer_in, arena, n) bsn_real *__wrap_bsn_reals_in(bsn_arena *arena, size_t n)
            WRAP(bsn_reals_in, arena, n) void *__wrap_bsn_copy_in(bsn_arena *arena, const void *from, size_t n)
                WRAP(bsn_copy_in, arena, from, n) void *__wrap_bsn_grow_in(bsn_arena *arena, void *items, size_t n,
                                                                           size_t size)
                    WRAP(bsn_grow_in, arena, items, n, size) void *__wrap_aligned_alloc(size_t align, size_t n)
                        WRAP(aligned_alloc, align, n)

    /* ---- high-entropy numbers, the same on every run ---- */
    static uint64_t mixed(uint64_t z) {
  z += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static void scatter(bsn_real *v, size_t n, double scale, uint64_t seed) {
  for (size_t i = 0; i < n; i++) v[i] = (bsn_real)(scale * (2 * (double)(mixed(seed << 32 | i) >> 11) * 0x1p-53 - 1));
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

static size_t count(const bsn_node *x, size_t rows) { return x->size * (x->batch ? rows : 1); }

static bsn_node *parameter(work *b, int axes, const size_t *shape) {
  bsn_node *w = b->w[b->nw] = bsn_leaf(&b->graph, W, b->n, false, axes, shape);
  b->v[b->nw] = bsn_leaf(&b->graph, WAY, b->n, false, axes, shape);
  b->u[b->nw++] = bsn_leaf(&b->graph, OTHER, b->n, false, axes, shape);
  if (w) b->n += w->size;
  return w;
}

static bsn_node *dense(work *b, bsn_node *x, size_t in, size_t out) {
  bsn_node *w = parameter(b, 2, (size_t[]){in, out});
  return bsn_add(bsn_matmul(x, w), parameter(b, 1, &out));
}

static void begin(work *b) {
  *b = (work){.nout = 0};
  bsn_graph_init(&b->graph, &b->arena);
  b->x = bsn_leaf(&b->graph, X, 0, true, 1, (size_t[]){FEATURES});
  b->label = bsn_index_leaf(&b->graph, LABEL);
  b->target = bsn_leaf(&b->graph, TARGET, 0, true, 1, (size_t[]){CLASSES});
}

static bsn_node *mse(bsn_node *z, bsn_node *target) { return bsn_mean_row(bsn_square(bsn_sub(z, target))); }

// clang-format off
static void relu_net(work *b) {
  bsn_node *h = bsn_relu(dense(b, b->x, FEATURES, 33));
  b->z = dense(b, bsn_relu(dense(b, h, 33, 20)), 20, CLASSES);
  b->loss = bsn_cross_entropy(b->z, b->label);
}
static void tanh_net(work *b) {
  bsn_node *h = bsn_tanh_of(dense(b, b->x, FEATURES, 17));
  b->z = dense(b, bsn_tanh_of(dense(b, h, 17, 12)), 12, CLASSES);
  b->loss = bsn_cross_entropy(b->z, b->label);
}
static void linear_net(work *b) {
  b->z = dense(b, b->x, FEATURES, CLASSES);
  b->loss = mse(b->z, b->target);
}
static void logistic_net(work *b) {
  b->z = dense(b, b->x, FEATURES, CLASSES);
  b->loss = bsn_cross_entropy(b->z, b->label);
}
static void forked_net(work *b) { /* narrow layers that read the same input */
  bsn_node *h[3];
  for (int i = 0; i < 3; i++) h[i] = bsn_relu(dense(b, b->x, FEATURES, CLASSES));
  b->z = bsn_add(bsn_mul(h[0], h[1]), bsn_add(h[2], bsn_matmul(b->x, parameter(b, 2, (size_t[]){FEATURES, CLASSES}))));
  b->loss = bsn_cross_entropy(b->z, b->label);
}
static void gelu_net(work *b) { /* with a layer norm, a skip and several axes */
  bsn_node *h = bsn_reshape(dense(b, b->x, FEATURES, 24), 2, (size_t[]){4, 6});
  bsn_node *centred = bsn_sub(h, bsn_mean_axis(h, 1, true));
  h = bsn_mul(centred, bsn_rsqrt(bsn_affine(bsn_mean_axis(bsn_square(centred), 1, true), 1, 0.1)));
  h = bsn_add(h, bsn_gelu(bsn_matmul(h, parameter(b, 2, (size_t[]){6, 6}))));
  b->z = dense(b, bsn_flatten(bsn_transpose(h)), 24, CLASSES);
  b->loss = mse(b->z, b->target);
}
static void padded_net(work *b) { /* what its first layer reads is cheap */
  b->z = dense(b, bsn_tanh_of(dense(b, bsn_pad(bsn_slice(b->x, 0, 1, 4), 0, 1, 2), 7, 9)), 9, CLASSES);
  b->loss = bsn_cross_entropy(b->z, b->label);
}
// clang-format on

static build *const nets[] = {relu_net, tanh_net, linear_net, logistic_net, forked_net, gelu_net, padded_net};
enum { NETS = sizeof nets / sizeof *nets };

static size_t ask(work *b, bsn_node *node) {
  size_t at = b->outsize;
  ck_assert_int_lt(b->nout, MOST);
  b->out[b->nout++] = (bsn_output){node, OUT, at};
  if (node) b->outsize += count(node, ROWS) + GAP;
  return at;
}

/* Hv and Gv for the sum of losses, in direction v. */
static void second_order(work *b, bsn_node *const g[], bsn_node *const v[], bsn_node *hv[], bsn_node *gv[]) {
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
static results whole(work *b, build *net) {
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

static void fill(inputs *in, size_t n) {
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

static void bind(bsn_plan *plan, const inputs *in, size_t row) {
  bsn_plan_bind(plan, W, in->w);
  bsn_plan_bind(plan, WAY, in->way);
  bsn_plan_bind(plan, OTHER, in->other);
  bsn_plan_bind(plan, X, in->x + row * FEATURES);
  bsn_plan_bind(plan, TARGET, in->target + row * CLASSES);
  bsn_plan_bind(plan, LABEL, in->label + row);
}

static bsn_plan *planned(work *b, bsn_plan_options o) {
  if (!o.rows) o.rows = ROWS;
  bsn_plan *plan = bsn_plan_new(&b->graph, b->nout, b->out, &o, &b->arena, &b->error);
  ck_assert_msg(plan, "%s", b->error.text);
  return plan;
}

static const bsn_real canary = BSN_R(-123.456);

static bsn_real *fresh_out(work *b, bsn_plan *plan) {
  bsn_real *out = bsn_reals_in(&b->arena, b->outsize);
  for (size_t i = 0; i < b->outsize + BSN_SLACK / sizeof *out; i++) out[i] = canary;
  bsn_plan_bind(plan, OUT, out);
  return out;
}

/* Nothing is written behind the rows rows of any output. */
static void check_canaries(const work *b, const bsn_real *out, size_t rows) {
  for (size_t i = 0; i < b->nout; i++) {
    if (!b->out[i].node) continue;
    size_t end = b->out[i].offset + count(b->out[i].node, ROWS) + GAP;
    for (size_t e = b->out[i].offset + count(b->out[i].node, rows); e < end; e++)
      ck_assert_msg(out[e] == canary, "output %zu wrote past its end", i);
  }
  for (size_t e = 0; e < BSN_SLACK / sizeof *out; e++) ck_assert(out[b->outsize + e] == canary);
}

static bsn_real *run(work *b, const inputs *in, bsn_plan_options o, size_t rows) {
  bsn_plan *plan = planned(b, o);
  bsn_real *out = fresh_out(b, plan);
  bind(plan, in, 0);
  bsn_plan_run(plan, rows);
  check_canaries(b, out, rows);
  return out;
}

static void same_bits(const work *b, const bsn_real *x, const bsn_real *y, const char *what) {
  for (size_t i = 0; i < b->outsize; i++)
    ck_assert_msg(!memcmp(&x[i], &y[i], sizeof *x), "%s: number %zu is %.9g and %.9g", what, i, (double)x[i],
                  (double)y[i]);
}

/* ---- the same bits ---- */
static const size_t tiles[] = {0, ROWS, 1, 5, 13};

/* In double, the exact sums of the baseline path are not promised. */
static const char *const paths[] = {"v4", "v3", sizeof(bsn_real) == 4 ? "baseline" : "none"};

START_TEST(tiles_epilogues_and_kernels_change_no_bit) {
  for (size_t net = 0; net < NETS; net++) {
    work b;
    inputs in;
    whole(&b, nets[net]);
    fill(&in, b.n);
    const bsn_real *first = NULL;
    for (size_t p = 0; p < 3; p++) {
      const bsn_kernels *kernels = bsn_kernels_named(paths[p]);
      for (size_t t = 0; kernels && t < 2 * sizeof tiles / sizeof *tiles; t++) {
        const bsn_real *out =
            run(&b, &in, (bsn_plan_options){.tile = tiles[t / 2], .plain = t % 2, .kernels = kernels}, ROWS);
        if (!first) first = out;
        same_bits(&b, first, out, kernels->name);
      }
    }
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

/* What is tested above is what is done: three layers with their epilogues in one call, and those two of the four gradients that are
 * equally far from the input in another. */
START_TEST(narrow_products_of_one_input_go_together) {
  work b;
  bsn_node *g[MOST_W], *one;
  begin(&b);
  forked_net(&b);
  one = bsn_constant(&b.graph, 1);
  ck_assert(bsn_grad(1, &b.loss, &one, b.nw, b.w, g));
  for (size_t i = 0; i < b.nw; i++) ask(&b, g[i]);
  for (int plain = 0; plain < 2; plain++) {
    size_t products = 0, sums = 0;
    const char *text = bsn_plan_text(planned(&b, (bsn_plan_options){.plain = plain}), &b.arena);
    for (const char *at = text; (at = strstr(at, "and matmul + bias + relu")); at++) products++;
    for (const char *at = text; (at = strstr(at, "and contract")); at++) sums++;
    ck_assert_msg(products == (plain ? 0 : 2) && sums == (plain ? 0 : 1), "%s", text);
  }
  bsn_arena_free(&b.arena);
}
END_TEST

START_TEST(fewer_rows_than_planned_are_fine) {
  const size_t some[] = {28, 17, 13, 2, 1, 0};
  for (size_t net = 0; net < NETS; net++)
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
      work b;
      inputs in;
      whole(&b, nets[net]);
      fill(&in, b.n);
      const bsn_real *exact = run(&b, &in, (bsn_plan_options){.rows = some[i] ? some[i] : 1}, some[i]);
      same_bits(&b, exact, run(&b, &in, (bsn_plan_options){.tile = 5}, some[i]), "rows planned");
      same_bits(&b, exact, run(&b, &in, (bsn_plan_options){0}, some[i]), "rows planned");
      bsn_arena_free(&in.arena);
      bsn_arena_free(&b.arena);
    }
}
END_TEST

START_TEST(no_rows_give_sums_of_0) {
  work b;
  inputs in;
  results r = whole(&b, relu_net);
  fill(&in, b.n);
  const bsn_real *out = run(&b, &in, (bsn_plan_options){0}, 0);
  ck_assert(out[r.loss] == 0);
  for (size_t i = 0; i < b.nw; i++)
    for (size_t e = 0; e < b.w[i]->size; e++) ck_assert(out[r.g[i] + e] == 0);
  bsn_arena_free(&in.arena);
  bsn_arena_free(&b.arena);
}
END_TEST

/* What depends on v alone may be run again; what depends on the weights needs a run. */
START_TEST(a_repeat_equals_a_run) {
  for (size_t net = 0; net < NETS; net++) {
    work b;
    inputs in;
    whole(&b, nets[net]);
    fill(&in, b.n);
    bsn_plan *plan = planned(&b, (bsn_plan_options){.repeat = 1u << WAY, .tile = net % 2 ? 5 : 0});
    bsn_real *out = fresh_out(&b, plan);
    bind(plan, &in, 0);
    bsn_plan_run(plan, ROWS);
    same_bits(&b, run(&b, &in, (bsn_plan_options){0}, ROWS), out, "in two phases");
    for (uint64_t again = 10; again < 12; again++) {
      scatter(in.way, b.n, 1, again);
      bsn_plan_repeat(plan, ROWS);
      same_bits(&b, run(&b, &in, (bsn_plan_options){0}, ROWS), out, "repeated");
    }
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

START_TEST(blocks_of_rows_continue_the_sums) {
  for (size_t net = 0; net < NETS; net++) {
    work b;
    inputs in;
    results r = whole(&b, nets[net]);
    fill(&in, b.n);
    const bsn_real *all = run(&b, &in, (bsn_plan_options){0}, ROWS);
    bsn_plan *plan = planned(&b, (bsn_plan_options){.rows = 12, .tile = 5});
    bsn_real *out = fresh_out(&b, plan);
    bind(plan, &in, 0);
    bsn_plan_run(plan, 12);
    bind(plan, &in, 12);
    bsn_plan_continue(plan, 12);
    bind(plan, &in, 24);
    bsn_plan_continue(plan, ROWS - 24);
    ck_assert(out[r.loss] == all[r.loss]);
    for (size_t i = 0; i < b.nw; i++) {
      ck_assert_mem_eq(out + r.g[i], all + r.g[i], b.w[i]->size * sizeof *out);
      ck_assert_mem_eq(out + r.hv[i], all + r.hv[i], (b.out[4].node ? b.w[i]->size : 0) * sizeof *out);
    }
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

/* ---- ops of this test ---- */
static int spied;

static bool shape_same(bsn_node *y) { return y->type == BSN_NUMBER; }
static bool shape_over(bsn_node *y) {
  y->batch = false;
  return true;
}

static void eval_spy(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  spied++;
  memcpy(out, x[0], rows * c->node->size * sizeof *out);
}

/* x less its mean over rows. */
static void eval_centre(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  size_t n = c->node->size;
  for (size_t j = 0; j < n; j++) {
    double sum = 0;
    for (size_t r = 0; r < rows; r++) sum += (double)x[0][r * n + j];
    for (size_t r = 0; r < rows; r++) out[r * n + j] = (bsn_real)((double)x[0][r * n + j] - sum / (double)rows);
  }
}

/* The largest over rows. */
static void eval_top(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  size_t n = c->node->size;
  for (size_t e = 0; e < rows * n; e++)
    if (e < n || x[0][e] > out[e % n]) out[e % n] = x[0][e];
}

static const bsn_op spy_op = {"spy", 1, BSN_EACH_ROW, shape_same, eval_spy, NULL, 0};
static const bsn_op centre_op = {"centre", 1, BSN_ALL_ROWS, shape_same, eval_centre, NULL, 0};
static const bsn_op top_op = {"top", 1, BSN_ALL_ROWS, shape_over, eval_top, NULL, 0};

START_TEST(dead_nodes_are_not_evaluated) {
  work b;
  inputs in;
  begin(&b);
  bsn_node *h = bsn_tanh_of(b.x), *spy = bsn_apply(&spy_op, h, NULL, NULL);
  bsn_square(spy);
  ask(&b, bsn_sum_row(h));
  fill(&in, 1);
  run(&b, &in, (bsn_plan_options){0}, ROWS);
  ck_assert_int_eq(spied, 0);
  ask(&b, spy);
  run(&b, &in, (bsn_plan_options){.tile = ROWS}, ROWS);
  ck_assert_int_eq(spied, 1);
  run(&b, &in, (bsn_plan_options){.tile = 10}, ROWS);
  ck_assert_int_eq(spied, 4);
  bsn_arena_free(&in.arena);
  bsn_arena_free(&b.arena);
}
END_TEST

START_TEST(ops_over_all_rows_see_them_all) {
  for (size_t t = 0; t < sizeof tiles / sizeof *tiles; t++) {
    work b;
    inputs in;
    begin(&b);
    bsn_node *h = bsn_affine(b.x, 2, 1), *centred = bsn_apply(&centre_op, h, NULL, NULL);
    bsn_node *top = bsn_apply(&top_op, bsn_square(centred), NULL, NULL);
    size_t at = ask(&b, bsn_add(bsn_mul(centred, h), top));
    fill(&in, 1);
    const bsn_real *out = run(&b, &in, (bsn_plan_options){.tile = tiles[t]}, ROWS);
    for (size_t j = 0; j < FEATURES; j++) {
      double mean = 0, most = 0;
      for (size_t r = 0; r < ROWS; r++) mean += (2 * (double)in.x[r * FEATURES + j] + 1) / ROWS;
      for (size_t r = 0; r < ROWS; r++) most = fmax(most, pow(2 * (double)in.x[r * FEATURES + j] + 1 - mean, 2));
      for (size_t r = 0; r < ROWS; r++) {
        double y = 2 * (double)in.x[r * FEATURES + j] + 1;
        ck_assert(fabs((double)out[at + r * FEATURES + j] - ((y - mean) * y + most)) < 1e-5);
      }
    }
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

static int times(const char *text, const char *what) {
  int n = 0;
  while ((text = strstr(text, what))) n++, text++;
  return n;
}

/* Both regions pad for themselves, and so does the slice before; what is an output anyway is not evaluated twice. */
START_TEST(cheap_nodes_are_evaluated_again_rather_than_kept) {
  for (int asked = 0; asked < 2; asked++) {
    work b;
    inputs in;
    begin(&b);
    bsn_node *padded = bsn_pad(bsn_slice(b.x, 0, 1, 4), 0, 1, 2);
    ask(&b, bsn_mul(bsn_apply(&centre_op, bsn_square(padded), NULL, NULL), padded));
    if (asked) ask(&b, padded);
    fill(&in, 1);
    const char *plain = bsn_plan_text(planned(&b, (bsn_plan_options){.plain = true}), &b.arena);
    const char *text = bsn_plan_text(planned(&b, (bsn_plan_options){.plain = false}), &b.arena);
    ck_assert_msg(times(plain, "pad [") == 1 && times(plain, "kept\n") == (asked ? 2 : 3), "%s", plain);
    ck_assert_msg(times(text, "pad [") == (asked ? 1 : 2) && times(text, "kept\n") == 2, "%s", text);
    const bsn_real *out = run(&b, &in, (bsn_plan_options){.plain = true}, ROWS);
    for (size_t t = 0; t < sizeof tiles / sizeof *tiles; t++)
      same_bits(&b, out, run(&b, &in, (bsn_plan_options){.tile = tiles[t]}, ROWS), "evaluated again");
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

/* A product with a direction pads again where it goes on from what was kept at the weights. */
START_TEST(both_phases_evaluate_what_is_cheap) {
  work b;
  whole(&b, padded_net);
  const char *text = bsn_plan_text(planned(&b, (bsn_plan_options){.repeat = 1u << WAY}), &b.arena);
  ck_assert_msg(times(text, "pad [rows x 7] tile") == 2 && !times(text, "pad [rows x 7] kept"), "%s", text);
  bsn_arena_free(&b.arena);
}
END_TEST

START_TEST(outputs_may_be_leaves_twins_and_views) {
  for (size_t t = 0; t < sizeof tiles / sizeof *tiles; t++) {
    work b;
    inputs in;
    begin(&b);
    bsn_node *w = parameter(&b, 2, (size_t[]){2, 3}), *h = bsn_neg(b.x),
             *column = bsn_reshape(h, 2, (size_t[]){FEATURES, 1});
    size_t leaf = ask(&b, w), batch = ask(&b, b.x), number = ask(&b, bsn_constant(&b.graph, 2.5));
    size_t one = ask(&b, h), two = ask(&b, h), view = ask(&b, column),
           turned = ask(&b, bsn_reshape(w, 1, (size_t[]){6}));
    ask(&b, NULL);
    size_t last = ask(&b, bsn_sum_rows(column));
    fill(&in, b.n);
    const bsn_real *out = run(&b, &in, (bsn_plan_options){.tile = tiles[t]}, ROWS);
    ck_assert_mem_eq(out + leaf, in.w, 6 * sizeof *out);
    ck_assert_mem_eq(out + turned, in.w, 6 * sizeof *out);
    ck_assert_mem_eq(out + batch, in.x, ROWS * FEATURES * sizeof *out);
    ck_assert(out[number] == BSN_R(2.5));
    for (size_t i = 0; i < ROWS * FEATURES; i++)
      ck_assert(out[one + i] == -in.x[i] && out[two + i] == -in.x[i] && out[view + i] == -in.x[i]);
    double sum = 0;
    for (size_t r = 0; r < ROWS; r++) sum -= (double)in.x[r * FEATURES];
    ck_assert(fabs((double)out[last] - sum) < 1e-4);
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

START_TEST(integers_may_be_outputs) {
  work b;
  inputs in;
  int32_t label[ROWS + 16] = {0}, best[2 * ROWS + 1 + 16] = {0};
  begin(&b);
  bsn_node *winner = bsn_winner(b.x, 0);
  bsn_output out[] = {{b.label, OUT, 0}, {winner, DUMMY, 1}, {winner, DUMMY, 1 + ROWS}};
  fill(&in, 1);
  bsn_plan *plan = bsn_plan_new(&b.graph, 3, out, &(bsn_plan_options){.rows = ROWS, .tile = 5}, &b.arena, &b.error);
  ck_assert_msg(plan, "%s", b.error.text);
  bind(plan, &in, 0);
  bsn_plan_bind(plan, OUT, label);
  bsn_plan_bind(plan, DUMMY, best);
  bsn_plan_run(plan, ROWS);
  ck_assert_mem_eq(label, in.label, ROWS * sizeof *label);
  for (size_t r = 0; r < ROWS; r++) {
    int32_t most = 0;
    for (int32_t j = 1; j < FEATURES; j++)
      if (in.x[r * FEATURES + (size_t)j] > in.x[r * FEATURES + (size_t)most]) most = j;
    ck_assert(best[1 + r] == most && best[1 + ROWS + r] == most);
  }
  ck_assert_int_eq(best[0], 0);
  bsn_arena_free(&in.arena);
  bsn_arena_free(&b.arena);
}
END_TEST

/* ---- identities ---- */
static const double close = sizeof(bsn_real) == 4 ? 2e-4 : 1e-11;

typedef struct dot {
  double sum, scale;
} dot;

static dot dot_of(const work *b, const bsn_real *out, const size_t at[], const bsn_real *v) {
  dot d = {0, 0};
  for (size_t i = 0, e = 0; i < b->nw; i++)
    for (size_t j = 0; j < b->w[i]->size; j++, e++) {
      double term = (double)out[at[i] + j] * (double)v[e];
      d.sum += term;
      d.scale += fabs(term);
    }
  return d;
}

START_TEST(hessians_are_symmetric) {
  build *const curved[] = {tanh_net, logistic_net, gelu_net};
  for (size_t net = 0; net < 3; net++) {
    work b;
    inputs in;
    results r = whole(&b, curved[net]);
    fill(&in, b.n);
    const bsn_real *out = run(&b, &in, (bsn_plan_options){0}, ROWS);
    dot a = dot_of(&b, out, r.hv, in.other), c = dot_of(&b, out, r.hu, in.way);
    ck_assert_msg(fabs(a.sum - c.sum) <= close * (a.scale + c.scale), "u'Hv = %.12g, v'Hu = %.12g", a.sum, c.sum);
    ck_assert(a.scale > 1);
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

/* Where z is linear in the weights, the Hessian is the Gauss-Newton matrix. */
START_TEST(gauss_newton_is_the_hessian_of_linear_models) {
  build *const linear[] = {linear_net, logistic_net};
  for (size_t net = 0; net < 2; net++) {
    work b;
    inputs in;
    results r = whole(&b, linear[net]);
    fill(&in, b.n);
    const bsn_real *out = run(&b, &in, (bsn_plan_options){0}, ROWS);
    for (size_t i = 0; i < b.nw; i++)
      for (size_t j = 0; j < b.w[i]->size; j++) {
        double h = (double)out[r.hv[i] + j], g = (double)out[r.gv[i] + j];
        ck_assert_msg(fabs(h - g) <= close * (1 + fabs(h)), "%.12g and %.12g", h, g);
      }
    bsn_arena_free(&in.arena);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

/* f = w'Aw/2 - c'w: its product with v is Av, its gradient Aw - c. */
START_TEST(the_hessian_of_a_quadratic_is_its_matrix) {
  enum { N = 11 };
  work b;
  begin(&b);
  bsn_node *w = bsn_leaf(&b.graph, W, 0, false, 1, (size_t[]){N}),
           *v = bsn_leaf(&b.graph, WAY, 0, false, 1, (size_t[]){N});
  bsn_node *a = bsn_leaf(&b.graph, X, 0, false, 2, (size_t[]){N, N}),
           *c = bsn_leaf(&b.graph, OTHER, 0, false, 1, (size_t[]){N});
  bsn_node *half = bsn_affine(bsn_sum_row(bsn_mul(w, bsn_matmul(w, a))), 0.5, 0);
  bsn_node *f = bsn_sub(half, bsn_sum_row(bsn_mul(c, w))), *one = bsn_constant(&b.graph, 1), *g, *hv;
  ck_assert(bsn_grad(1, &f, &one, 1, &w, &g) && bsn_grad(1, &g, &v, 1, &w, &hv));
  ask(&b, g);
  size_t product = ask(&b, hv);
  inputs in;
  fill(&in, N);
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < i; j++) in.x[i * N + j] = in.x[j * N + i];
  const bsn_real *out = run(&b, &in, (bsn_plan_options){0}, 1);
  for (size_t i = 0; i < N; i++) {
    double slope = -(double)in.other[i], av = 0;
    for (size_t j = 0; j < N; j++) {
      slope += (double)in.x[i * N + j] * (double)in.w[j];
      av += (double)in.x[i * N + j] * (double)in.way[j];
    }
    ck_assert(fabs((double)out[i] - slope) < close && fabs((double)out[product + i] - av) < close);
  }
  bsn_arena_free(&in.arena);
  bsn_arena_free(&b.arena);
}
END_TEST

/* A small net: columns of J by pushing unit vectors, H of cross entropy = diag(p) - pp', and their product in full. */
START_TEST(gauss_newton_is_the_explicit_product) {
  enum { SMALL = FEATURES * 3 + 3 + 3 * CLASSES + CLASSES };
  static double jacobian[SMALL][ROWS * CLASSES];
  work b;
  inputs in;
  bsn_node *gv[MOST_W], *hv[MOST_W], *g[MOST_W];
  begin(&b);
  b.z = dense(&b, bsn_tanh_of(dense(&b, b.x, FEATURES, 3)), 3, CLASSES);
  b.loss = bsn_cross_entropy(b.z, b.label);
  bsn_node *one = bsn_constant(&b.graph, 1);
  ck_assert(bsn_grad(1, &b.loss, &one, b.nw, b.w, g));
  second_order(&b, g, b.v, hv, gv);
  bsn_node *dummy = bsn_leaf(&b.graph, DUMMY, 0, true, 1, (size_t[]){CLASSES});
  size_t column = ask(&b, bsn_push(b.z, dummy, b.nw, b.w, b.v)), p = ask(&b, bsn_softmax(b.z)), at[MOST_W];
  for (size_t i = 0; i < b.nw; i++) at[i] = ask(&b, gv[i]);
  fill(&in, b.n);
  ck_assert_uint_eq(b.n, SMALL);
  bsn_plan *plan = planned(&b, (bsn_plan_options){.repeat = 1u << WAY});
  bsn_real *out = fresh_out(&b, plan), *unit = bsn_reals_in(&b.arena, SMALL);
  bind(plan, &in, 0);
  bsn_plan_run(plan, ROWS);
  double along[ROWS * CLASSES];
  for (size_t e = 0; e < ROWS * CLASSES; e++) along[e] = (double)out[column + e];
  bsn_plan_bind(plan, WAY, unit);
  for (size_t j = 0; j < SMALL; j++) {
    unit[j] = 1;
    bsn_plan_repeat(plan, ROWS);
    unit[j] = 0;
    for (size_t e = 0; e < ROWS * CLASSES; e++) jacobian[j][e] = (double)out[column + e];
  }
  for (size_t e = 0; e < ROWS * CLASSES; e++) { /* J v is what was pushed */
    double sum = 0;
    for (size_t j = 0; j < SMALL; j++) sum += jacobian[j][e] * (double)in.way[j];
    ck_assert(fabs(sum - along[e]) < close);
  }
  bsn_plan_bind(plan, WAY, in.way);
  bsn_plan_repeat(plan, ROWS);
  size_t done = 0;
  for (size_t i = 0; i < b.nw; i++)
    for (size_t k = 0; k < b.w[i]->size; k++, done++) {
      double want = 0;
      for (size_t r = 0; r < ROWS; r++) {
        const bsn_real *q = out + p + r * CLASSES;
        double mean = 0;
        for (size_t c = 0; c < CLASSES; c++) mean += (double)q[c] * along[r * CLASSES + c];
        for (size_t c = 0; c < CLASSES; c++)
          want += jacobian[done][r * CLASSES + c] * (double)q[c] * (along[r * CLASSES + c] - mean);
      }
      ck_assert_msg(fabs((double)out[at[i] + k] - want) <= close * (1 + fabs(want)), "%.12g, not %.12g",
                    (double)out[at[i] + k], want);
    }
  bsn_arena_free(&in.arena);
  bsn_arena_free(&b.arena);
}
END_TEST

/* ---- messages ---- */
// clang-format off
#define LEAF(...) bsn_leaf(&b->graph, W, 0, false, sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t), (size_t[]){__VA_ARGS__})
#define WRONG(name, node) static void name(work *b) { b->z = node; }
WRONG(unfit_product, bsn_matmul(LEAF(2, 3), LEAF(2, 3)))
WRONG(unfit_rows, bsn_matmul(b->x, LEAF(6, 2)))
WRONG(unfit_sum, bsn_add(LEAF(2, 3), LEAF(2)))
WRONG(unfit_bias, bsn_mul(b->x, LEAF(6)))
WRONG(unfit_reshape, bsn_reshape(LEAF(2, 3), 2, (size_t[]){4, 2}))
WRONG(unfit_axes, bsn_reshape(LEAF(2, 3), 6, (size_t[]){1, 1, 1, 1, 2, 3}))
WRONG(unfit_slice, bsn_slice(LEAF(4), 0, 3, 2))
WRONG(unfit_empty, bsn_slice(LEAF(4), 0, 3, 0))
WRONG(unfit_slice_axis, bsn_slice(LEAF(4), 2, 0, 1))
WRONG(unfit_slice_below, bsn_slice(LEAF(4), -1, 0, 1))
WRONG(unfit_axis, bsn_sum_axis(LEAF(4, 2), 2, true))
WRONG(unfit_mean, bsn_mean_axis(LEAF(4, 2), -1, true))
WRONG(unfit_permute, bsn_permute(LEAF(4, 2), (size_t[]){0, 0}))
WRONG(unfit_label, bsn_cross_entropy(LEAF(4), b->label))
WRONG(unfit_type, bsn_exp_of(b->label))
WRONG(unfit_pick, bsn_pick(LEAF(4), b->label, 0))
WRONG(unfit_rows_of, bsn_sum_rows(LEAF(4)))
WRONG(unfit_expand, bsn_expand(LEAF(4), LEAF(4, 3)))
WRONG(unfit_sum_to, bsn_sum_to(LEAF(4, 3), LEAF(2)))
WRONG(unfit_hot, bsn_one_hot(LEAF(4), 3))
WRONG(unfit_none, bsn_exp_of(LEAF(3, 0)))
WRONG(unfit_input, bsn_exp_of(bsn_leaf(&b->graph, W, 0, false, 6, (size_t[]){1, 1, 1, 1, 1, 1})))
WRONG(unfit_first, bsn_mul(bsn_matmul(bsn_matmul(LEAF(2, 3), LEAF(4, 3)), LEAF(2)), LEAF(3)))
// clang-format on

static const struct message {
  build *build;
  const char *text;
} messages[] = {{unfit_product, "matmul: shapes 2x3 and 2x3 do not fit"},
                {unfit_rows, "matmul: shapes rowsx7 and 6x2 do not fit"},
                {unfit_sum, "add: shapes 2x3 and 2 do not fit"},
                {unfit_bias, "mul: shapes rowsx7 and 6 do not fit"},
                {unfit_reshape, "reshape: shape 2x3 does not fit"},
                {unfit_axes, "reshape: shape 2x3 does not fit"},
                {unfit_slice, "slice: shape 4 does not fit"},
                {unfit_empty, "slice: shape 4 does not fit"},
                {unfit_slice_axis, "slice: shape 4 does not fit"},
                {unfit_slice_below, "slice: shape 4 does not fit"},
                {unfit_axis, "sum: shape 4x2 does not fit"},
                {unfit_mean, "sum: shape 4x2 does not fit"},
                {unfit_permute, "permute: shape 4x2 does not fit"},
                {unfit_label, "cross-entropy: shapes 4 and rows do not fit"},
                {unfit_type, "exp: shape rows does not fit"},
                {unfit_pick, "pick: shapes 4 and rows do not fit"},
                {unfit_rows_of, "sum-rows: shape 4 does not fit"},
                {unfit_expand, "expand: shape 4 does not fit"},
                {unfit_sum_to, "expand: shape 3 does not fit"},
                {unfit_hot, "one-hot: shape 4 does not fit"},
                {unfit_none, "an input without entries"},
                {unfit_input, "an input of 6 axes: at most 5 are possible"},
                {unfit_first, "matmul: shapes 2x3 and 4x3 do not fit"}};

/* The message survives whatever is built on top, derivatives included, and comes out of the plan. */
START_TEST(expressions_that_do_not_fit_are_named) {
  for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
    work b;
    begin(&b);
    messages[i].build(&b);
    bsn_node *w = bsn_leaf(&b.graph, W, 0, false, 1, (size_t[]){3}), *g,
             *y = bsn_sum_axis(bsn_square(bsn_mul(b.z, w)), 0, true);
    ck_assert_msg(!bsn_grad(1, &y, &y, 1, &w, &g), "no error where there should be: %s", messages[i].text);
    ck_assert_ptr_null(g);
    ck_assert_ptr_null(bsn_push(y, y, 1, &w, &w));
    bsn_plan *plan =
        bsn_plan_new(&b.graph, 1, (bsn_output[]){{y, OUT, 0}}, &(bsn_plan_options){.rows = 1}, &b.arena, &b.error);
    ck_assert_ptr_null(plan);
    ck_assert_int_eq(b.error.code, BSN_BAD_INPUT);
    ck_assert_str_eq(b.error.text, messages[i].text);
    bsn_arena_free(&b.arena);
  }
}
END_TEST

/* A seed is broadcast to what it seeds; one that cannot be is an error. */
START_TEST(seeds_take_the_shape_of_what_they_seed) {
  work b;
  inputs in;
  begin(&b);
  bsn_node *w = parameter(&b, 1, (size_t[]){FEATURES}), *y = bsn_add(b.x, w), *one = bsn_constant(&b.graph, 1), *g;
  ck_assert(bsn_grad(1, &y, &one, 1, &w, &g));
  ck_assert(bsn_same_shape(g, w));
  ask(&b, g);
  fill(&in, b.n);
  const bsn_real *out = run(&b, &in, (bsn_plan_options){0}, ROWS);
  for (size_t j = 0; j < FEATURES; j++) ck_assert(out[j] == ROWS);
  ck_assert(!bsn_grad(1, &y, &b.target, 1, &w, &g));
  ck_assert_str_eq(b.graph.error.text, "expand: shape rowsx5 does not fit");
  bsn_arena_free(&in.arena);
  bsn_arena_free(&b.arena);
}
END_TEST

/* ---- without memory ---- */
static bool try_with(long allocations) {
  work b;
  refuse = allocations;
  whole(&b, gelu_net);
  bsn_plan *plan = bsn_plan_new(&b.graph, b.nout, b.out, &(bsn_plan_options){.rows = ROWS}, &b.arena, &b.error);
  bool had_enough = refuse >= 0;
  refuse = -1;
  ck_assert_msg(plan ? had_enough : b.error.code == BSN_NO_MEMORY, "allocation %ld: %s", allocations, b.error.text);
  bsn_arena_free(&b.arena);
  return plan;
}

START_TEST(every_refused_allocation_gives_the_message) {
  long n = 0;
  while (n < 1000000 && !try_with(n)) n++;
  ck_assert_int_gt(n, 500);
}
END_TEST

START_TEST(a_plan_can_be_read) {
  work b;
  whole(&b, relu_net);
  const char *text = bsn_plan_text(planned(&b, (bsn_plan_options){.repeat = 1u << WAY}), &b.arena);
  ck_assert_ptr_nonnull(strstr(text, "matmul + bias + relu"));
  ck_assert_ptr_nonnull(strstr(text, "matmul + gate"));
  ck_assert_ptr_nonnull(strstr(text, "region, repeated"));
  ck_assert_ptr_nonnull(strstr(text, "matmul + bias + gate")); /* of a direction's bias, which is broadcast */
  bsn_arena_free(&b.arena);
}
END_TEST

BASIN_TESTS("plan", tiles_epilogues_and_kernels_change_no_bit, narrow_products_of_one_input_go_together,
            fewer_rows_than_planned_are_fine, no_rows_give_sums_of_0, a_repeat_equals_a_run,
            blocks_of_rows_continue_the_sums, dead_nodes_are_not_evaluated, ops_over_all_rows_see_them_all,
            cheap_nodes_are_evaluated_again_rather_than_kept, both_phases_evaluate_what_is_cheap,
            outputs_may_be_leaves_twins_and_views, integers_may_be_outputs, hessians_are_symmetric,
            gauss_newton_is_the_hessian_of_linear_models, the_hessian_of_a_quadratic_is_its_matrix,
            gauss_newton_is_the_explicit_product, expressions_that_do_not_fit_are_named,
            seeds_take_the_shape_of_what_they_seed, every_refused_allocation_gives_the_message, a_plan_can_be_read)
