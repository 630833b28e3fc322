/* Derivatives as graphs: identities of second derivatives and Gauss-Newton products, and the seeds that start them. */
#include "plan_check.h"

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

BASIN_TESTS("grad", hessians_are_symmetric, gauss_newton_is_the_hessian_of_linear_models,
            the_hessian_of_a_quadratic_is_its_matrix, gauss_newton_is_the_explicit_product,
            seeds_take_the_shape_of_what_they_seed)
