/* Every op of graph/ops.h: its values against the formulas of op_cases.h, and its derivatives against differences (double build). */
#include "basin_check.h"
#include "graph/grad.h"
#include "graph/plan.h"
#include "mixed.h"
#include "op_cases.h"

enum { X, Y, INDEX, SEED, V, U = V + 2, OUT = U + 2, DUMMY };

/* ---- a case at work ---- */
typedef struct bench {
  const op_case *c;
  const shapes *s;
  bsn_arena arena;
  bsn_graph graph;
  bsn_error error;
  bsn_plan *plan;
  bsn_node *x[2], *y, *seed, *index;
  size_t nx;
  bsn_node *weight[3][2];     /* leaves: seed; v; u */
  bsn_node *derivative[4][2]; /* y; gradient of <seed, y>; of <v, that>; of <u, that> */
  bsn_node *push;
  bsn_real *number[OUT];  /* bound to the slots before OUT */
  bsn_real *direction[2]; /* of the last difference */
  bsn_output output[8];
  size_t noutputs;
  bsn_real *out;
  int32_t label[ROWS + 64];
} bench;

static size_t count(const bsn_node *x) { return x->size * (x->batch ? ROWS : 1); }

static bsn_node *leaf(bench *b, int slot, const bsn_node *like) {
  return bsn_leaf(&b->graph, slot, 0, like->batch, like->axes, like->shape);
}

static bsn_node *leaf_of(bench *b, int slot, const char *text) {
  size_t shape[BSN_AXES];
  int axes;
  bool batch = read_shape(text, shape, &axes);
  return bsn_leaf(&b->graph, slot, 0, batch, axes, shape);
}

static void differentiate(bench *b) {
  b->seed = b->weight[0][0] = leaf(b, SEED, b->y);
  b->derivative[0][0] = b->y;
  for (size_t j = 0; j < b->nx; j++)
    for (int k = 1; k < 3; k++) b->weight[k][j] = leaf(b, (k == 1 ? V : U) + (int)j, b->x[j]);
  for (int k = 0; k < b->c->order; k++)
    ck_assert_msg(bsn_grad(k ? b->nx : 1, b->derivative[k], b->weight[k], b->nx, b->x, b->derivative[k + 1]), "%s: %s",
                  b->c->name, b->graph.error.text);
  if (b->c->order) b->push = bsn_push(b->y, leaf(b, DUMMY, b->y), b->nx, b->x, b->weight[1]);
}

static void describe(bench *b, const op_case *c, const shapes *s) {
  *b = (bench){.c = c, .s = s, .nx = s->y ? 2 : 1};
  bsn_graph_init(&b->graph, &b->arena);
  b->x[0] = leaf_of(b, X, s->x);
  if (s->y) b->x[1] = leaf_of(b, Y, s->y);
  b->index = bsn_index_leaf(&b->graph, INDEX);
  b->y = c->build(b->x[0], b->x[1], b->index);
  ck_assert_msg(b->y && !b->graph.error.code, "%s of %s and %s: %s", c->name, s->x, s->y ? s->y : "-",
                b->graph.error.text);
  differentiate(b);
}

static bsn_real *numbers(bench *b, const bsn_node *like, range r, uint64_t seed) {
  bsn_real *v = bsn_reals_in(&b->arena, count(like));
  for (size_t i = 0; i < count(like); i++) {
    double x = r.lo + (r.hi - r.lo) * uniform(seed * 1000003 + 2 * i);
    v[i] = (bsn_real)(r.away && uniform(seed * 1000003 + 2 * i + 1) < 0.5 ? -x : x);
  }
  return v;
}

static void fill(bench *b) {
  const range around = {-1, 1, false};
  b->number[SEED] = numbers(b, b->y, around, 3);
  for (size_t j = 0; j < b->nx; j++) {
    b->number[X + j] = numbers(b, b->x[j], j ? b->c->y : b->c->x, 1 + j);
    b->number[V + j] = numbers(b, b->x[j], around, 4 + j);
    b->number[U + j] = numbers(b, b->x[j], around, 6 + j);
    b->direction[j] = numbers(b, b->x[j], around, 8 + j);
  }
  for (size_t r = 0; r < ROWS; r++) b->label[r] = (int32_t)(mixed(r) % CLASSES);
}

static void ask(bench *b, bsn_node *node, size_t *offset) {
  b->output[b->noutputs++] = (bsn_output){node, OUT, *offset};
  if (node) *offset += count(node);
}

static void make(bench *b) {
  size_t offset = 0;
  fill(b);
  ask(b, b->y, &offset);
  for (int k = 1; k <= 3; k++)
    for (size_t j = 0; j < 2; j++) ask(b, b->derivative[k][j], &offset);
  ask(b, b->push, &offset);
  b->out = bsn_reals_in(&b->arena, offset);
  b->plan = bsn_plan_new(&b->graph, b->noutputs, b->output, &(bsn_plan_options){.rows = ROWS}, &b->arena, &b->error);
  ck_assert_msg(b->plan, "%s: %s", b->c->name, b->error.text);
  for (int s = 0; s < OUT; s++)
    if (b->number[s]) bsn_plan_bind(b->plan, s, b->number[s]);
  bsn_plan_bind(b->plan, INDEX, b->label);
  bsn_plan_bind(b->plan, OUT, b->out);
  bsn_plan_run(b->plan, ROWS);
}

/* ---- values ---- */
static void check_values(bench *b) {
  const shapes *s = b->s;
  given g = {.x = array_like(s->x, b->number[X]), .out = array_like(s->out, b->out), .index = b->label};
  if (s->y) g.y = array_like(s->y, b->number[Y]);
  bsn_node *expected = leaf_of(b, DUMMY, s->out);
  ck_assert_msg(bsn_same_shape(b->y, expected), "%s of %s and %s is not %s", b->c->name, s->x, s->y ? s->y : "-",
                s->out);
  const double eps = sizeof(bsn_real) == 4 ? 0x1p-23 : 0x1p-52;
  for (size_t e = 0; e < count(b->y); e++) {
    size_t i[DIMS];
    index_of(&g.out, e, i);
    double want = b->c->formula(&g, i), got = (double)b->out[e];
    ck_assert_msg(fabs(got - want) <= 16 * eps * (1 + fabs(want)), "%s of %s and %s, entry %zu: %.17g, not %.17g",
                  b->c->name, s->x, s->y ? s->y : "-", e, got, want);
  }
}

/* ---- derivatives ---- */
typedef struct dot {
  double sum, scale;
} dot;

static void add_dot(dot *d, const bench *b, size_t output, const bsn_real *v) {
  const bsn_node *x = b->output[output].node;
  for (size_t i = 0; x && i < count(x); i++) {
    double term = (double)b->out[b->output[output].offset + i] * (double)v[i];
    d->sum += term;
    d->scale += fabs(term);
  }
}

/* <derivative k, its weights>; the last ones belong to the direction. */
static dot product(const bench *b, int k, bool along) {
  dot d = {0, 0};
  if (k == 0) add_dot(&d, b, 0, b->number[SEED]);
  for (size_t j = 0; k > 0 && j < b->nx; j++)
    add_dot(&d, b, 2 * (size_t)k - 1 + j, along ? b->direction[j] : b->number[(k == 1 ? V : U) + j]);
  return d;
}

static void move(bench *b, double step) {
  for (size_t j = 0; j < b->nx; j++)
    for (size_t i = 0; i < count(b->x[j]); i++) b->number[X + j][i] += (bsn_real)(step * (double)b->direction[j][i]);
}

static double moved(bench *b, int k, double step, double *scale) {
  bsn_real *const own[2] = {b->number[X], b->number[Y]};
  for (size_t j = 0; j < b->nx; j++) {
    b->number[X + j] = bsn_reals_in(&b->arena, count(b->x[j]));
    memcpy(b->number[X + j], own[j], count(b->x[j]) * sizeof(bsn_real));
    bsn_plan_bind(b->plan, X + (int)j, b->number[X + j]);
  }
  move(b, step);
  bsn_plan_run(b->plan, ROWS);
  dot d = product(b, k, false);
  *scale = fmax(*scale, d.scale);
  for (size_t j = 0; j < b->nx; j++) {
    b->number[X + j] = own[j];
    bsn_plan_bind(b->plan, X + (int)j, own[j]);
  }
  return d.sum;
}

/* Derivative k + 1 along the direction, and the four-point central difference of derivative k. */
static void check_order(bench *b, int k) {
  const double h = 1e-3;
  double scale = 0;
  double difference = (8 * (moved(b, k, h, &scale) - moved(b, k, -h, &scale)) - moved(b, k, 2 * h, &scale) +
                       moved(b, k, -2 * h, &scale)) /
                      (12 * h);
  bsn_plan_run(b->plan, ROWS);
  dot d = product(b, k + 1, true);
  double bound = 2e-8 * d.scale + 1e-15 / h * 4 * scale;
  ck_assert_msg(fabs(d.sum - difference) <= bound, "%s of %s and %s, order %d: %.12g, difference %.12g, bound %g",
                b->c->name, b->s->x, b->s->y ? b->s->y : "-", k + 1, d.sum, difference, bound);
}

/* <seed, J v> = <J' seed, v>. */
static void check_push(bench *b) {
  dot pushed = {0, 0}, pulled = product(b, 1, false);
  add_dot(&pushed, b, 7, b->number[SEED]);
  ck_assert_msg(fabs(pushed.sum - pulled.sum) <= 1e-13 * (pushed.scale + pulled.scale),
                "%s of %s and %s: push %.17g, pull %.17g", b->c->name, b->s->x, b->s->y ? b->s->y : "-", pushed.sum,
                pulled.sum);
}

/* ---- tests ---- */
START_TEST(values_are_those_of_the_formulas) {
  for (size_t c = 0; c < CASES; c++)
    for (const shapes *s = cases[c].shapes; s->x; s++) {
      bench b;
      describe(&b, &cases[c], s);
      make(&b);
      check_values(&b);
      bsn_arena_free(&b.arena);
    }
}
END_TEST

START_TEST(derivatives_are_those_of_differences) {
  if (sizeof(bsn_real) == 4) return; /* differences need the digits of the double build */
  for (size_t c = 0; c < CASES; c++)
    for (const shapes *s = cases[c].shapes; s->x; s++) {
      bench b;
      describe(&b, &cases[c], s);
      make(&b);
      for (int k = 0; k < cases[c].order; k++) check_order(&b, k);
      if (cases[c].order) check_push(&b);
      bsn_arena_free(&b.arena);
    }
}
END_TEST

static bool occurs(const bsn_graph *graph, const bsn_op *op) {
  for (size_t i = 0; i < graph->n; i++)
    if (graph->node[i]->op == op) return true;
  return false;
}

START_TEST(every_op_has_a_case) {
  for (const bsn_op *const *const *family = bsn_op_families; *family; family++)
    for (const bsn_op *const *op = *family; *op; op++) {
      bool found = false;
      for (size_t c = 0; c < CASES && !found; c++)
        for (const shapes *s = cases[c].shapes; s->x && !found; s++) {
          bench b;
          describe(&b, &cases[c], s);
          found = occurs(&b.graph, *op);
          bsn_arena_free(&b.arena);
        }
      ck_assert_msg(found, "no case has the op %s", (*op)->name);
    }
}
END_TEST

/* What the rules promise where there is no derivative: {op, x, y, value, slope in x, slope in y}. */
START_TEST(kinks_have_the_slopes_that_are_promised) {
  static const struct kink {
    build *build;
    double x, y, value, dx, dy;
  } kinks[] = {{b_relu, 0, 0, 0, 0, 0},    {b_leaky_relu, 0, 0, 0, 0.125, 0}, {b_abs, 0, 0, 0, 0, 0},
               {b_max, 2, 2, 2, 0.5, 0.5}, {b_min, 2, 2, 2, 0.5, 0.5},        {b_gate, 3, 0, 0, 0, 0},
               {b_gate, 3, 1, 3, 1, 0},    {b_greater, 2, 2, 0.5, 0, 0},      {b_sign, 0, 0, 0, 0, 0},
               {b_step, 0, 0, 0, 0, 0},    {b_pow_0, 0, 0, 1, 1, 0},          {b_pow_2, 0, 0, 0, 0, 0},
               {b_pow_1, 0, 0, 0, 1, 0},   {b_softplus, 200, 0, 200, 1, 0},   {b_sigmoid, -200, 0, 0, 0, 0},
               {b_tanh, 100, 0, 1, 0, 0},  {b_elu, -200, 0, -1.25, 0, 0},     {b_silu, -200, 0, 0, 0, 0},
               {b_gelu, 50, 0, 50, 1, 0}};
  for (size_t k = 0; k < sizeof kinks / sizeof *kinks; k++) {
    bsn_arena arena = {0};
    bsn_graph graph;
    bsn_error error = {0};
    bsn_graph_init(&graph, &arena);
    bsn_node *in[2] = {bsn_leaf(&graph, X, 0, false, 0, NULL), bsn_leaf(&graph, Y, 0, false, 0, NULL)}, *g[2];
    bsn_node *y = kinks[k].build(in[0], in[1], NULL), *one = bsn_constant(&graph, 1);
    ck_assert(bsn_grad(1, &y, &one, 2, in, g));
    bsn_real *x = bsn_reals_in(&arena, 2), *out = bsn_reals_in(&arena, 3);
    x[0] = (bsn_real)kinks[k].x;
    x[1] = (bsn_real)kinks[k].y;
    bsn_plan *plan = bsn_plan_new(&graph, 3, (bsn_output[]){{y, OUT, 0}, {g[0], OUT, 1}, {g[1], OUT, 2}},
                                  &(bsn_plan_options){.rows = 1}, &arena, &error);
    ck_assert_msg(plan, "%s", error.text);
    bsn_plan_bind(plan, X, x);
    bsn_plan_bind(plan, Y, x + 1);
    bsn_plan_bind(plan, OUT, out);
    bsn_plan_run(plan, 1);
    const double want[3] = {kinks[k].value, kinks[k].dx, kinks[k].dy};
    for (int i = 0; i < 3; i++)
      ck_assert_msg(fabs((double)out[i] - want[i]) < 1e-30, "kink %zu, number %d: %g, not %g", k, i, (double)out[i],
                    want[i]);
    bsn_arena_free(&arena);
  }
}
END_TEST

BASIN_TESTS("ops", values_are_those_of_the_formulas, derivatives_are_those_of_differences, every_op_has_a_case,
            kinks_have_the_slopes_that_are_promised)
