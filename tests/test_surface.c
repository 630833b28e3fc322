/* Objectives without data: derivatives against differences, minima and starts against what is published, noise. */
#include "surface_check.h"
#include "num/draw.h"
#include "num/legacy.h"
#include "num/vector.h"

static const double rounding = sizeof(bsn_real) == sizeof(double) ? 1e-15 : 6e-8;

static void somewhere(const bsn_surface *s, uint64_t k, double *w) {
  for (size_t i = 0; i < s->base.n; i++)
    w[i] = (double)s->start[i] + 0.7 * bsn_normal(bsn_stream_of(k, "test", "somewhere", 0), i);
}

/* Small versions of the rows of any dimension. */
static const char *words_of(bsn_arena *arena, const bsn_row *row) {
  static const struct {
    const char *name, *words;
  } small[] = {{"rosenbrock-chain", " dimension=5"},
               {"rastrigin", " dimension=4"},
               {"quadratic", " dimension=6 rotated=true"},
               {"noisy-quadratic", " dimension=7"}};
  for (size_t i = 0; i < sizeof small / sizeof *small; i++)
    if (!strcmp(small[i].name, row->name)) return bsn_text_in(arena, "%s%s", row->name, small[i].words);
  return row->name;
}

/* The derivative of value along e_i, of gradient along v: differences of two widths, extrapolated. */
static double slope(const bsn_surface *s, double *w, size_t i) {
  double d[2], at = w[i];
  for (int k = 0; k < 2; k++) {
    double h = k ? 1e-3 : 2e-3;
    w[i] = at + h;
    d[k] = s->type->value(s, w);
    w[i] = at - h;
    d[k] = (d[k] - s->type->value(s, w)) / (2 * h);
  }
  w[i] = at;
  return (4 * d[1] - d[0]) / 3;
}

static void bend(const bsn_surface *s, const double *w, const double *v, double *out) {
  double at[16], g[2][16];
  for (size_t i = 0; i < s->base.n; i++) out[i] = 0;
  for (int k = 0; k < 2; k++) {
    double h = k ? 1e-3 : 2e-3;
    for (int side = 0; side < 2; side++) {
      for (size_t i = 0; i < s->base.n; i++) at[i] = w[i] + (side ? h : -h) * v[i];
      s->type->gradient(s, at, g[side]);
    }
    for (size_t i = 0; i < s->base.n; i++) out[i] += (k ? 4 : -1) * (g[1][i] - g[0][i]) / (6 * h);
  }
}

START_TEST(derivatives_are_slopes) {
  for (size_t r = 0; bsn_table_row(&bsn_surfaces, r); r++) {
    bsn_arena arena = {0};
    bsn_surface *s = surface_of(&arena, words_of(&arena, bsn_table_row(&bsn_surfaces, r)), NULL, 1);
    double w[16], v[16], g[16], hv[16], by[16], size = 1;
    ck_assert_uint_le(s->base.n, 16);
    for (uint64_t k = 0; k < 10; k++) {
      somewhere(s, 2 * k, w);
      somewhere(s, 2 * k + 1, v);
      s->type->gradient(s, w, g);
      s->type->product(s, w, v, hv);
      bend(s, w, v, by);
      for (size_t i = 0; i < s->base.n; i++) size = fmax(size, fmax(fabs(g[i]), fabs(hv[i])));
      for (size_t i = 0; i < s->base.n; i++) {
        ck_assert_double_eq_tol(g[i], slope(s, w, i), 1e-7 * size);
        ck_assert_double_eq_tol(hv[i], by[i], 1e-7 * size);
      }
    }
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(minima_are_minima) {
  for (size_t r = 0; bsn_table_row(&bsn_surfaces, r); r++) {
    bsn_arena arena = {0};
    bsn_surface *s = surface_of(&arena, words_of(&arena, bsn_table_row(&bsn_surfaces, r)), NULL, 1);
    ck_assert_int_eq(isfinite(s->type->lowest), s->type->nminima > 0);
    for (size_t k = 0; k < s->type->nminima; k++) {
      double w[16], g[16];
      bsn_real real[16 + BSN_SLACK] = {0};
      for (size_t i = 0; i < s->base.n; i++) real[i] = (bsn_real)(w[i] = s->type->minimum[k][i > 0]);
      s->type->gradient(s, w, g);
      ck_assert_double_eq_tol(s->type->value(s, w), s->type->lowest, 1e-12);
      for (size_t i = 0; i < s->base.n; i++) ck_assert_double_eq_tol(g[i], 0, 2e-12);
      ck_assert_double_eq_tol(bsn_surface_distance(s, real), 0, 20 * rounding);
      real[0] += (bsn_real)0.125;
      ck_assert_double_eq_tol(bsn_surface_distance(s, real), 0.125, 20 * rounding);
    }
    if (!s->type->nminima) ck_assert(isnan(bsn_surface_distance(s, s->start)));
    bsn_arena_free(&arena);
  }
}
END_TEST

/* DeepOBS' problems at their starts, as its logs have them. */
START_TEST(starts_are_published) {
  static const struct {
    const char *name;
    double f;
  } published[] = {{"rosenbrock", 158.5}, {"beale", 169680.832031}, {"branin", 95.844668}};
  for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
    bsn_arena arena = {0};
    double f;
    bsn_surface *s = surface_of(&arena, published[i].name, NULL, 1);
    ck_assert(s->base.eval(&s->base, s->start, &f, NULL));
    ck_assert_double_eq_tol(f, published[i].f, 4e-8 * published[i].f); /* they were computed in float */
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(what_an_objective_says_is_the_rows) {
  bsn_arena arena = {0};
  bsn_surface *s = surface_of(&arena, "rosenbrock", NULL, 1);
  bsn_real w[2 + BSN_SLACK] = {-1, 2}, v[2 + BSN_SLACK] = {1, -3}, out[2 + BSN_SLACK];
  double f;
  ck_assert(s->base.eval(&s->base, w, &f, out));
  ck_assert_double_eq(f, 104);
  ck_assert(out[0] == (bsn_real)396 && out[1] == (bsn_real)200);
  ck_assert(s->base.product(&s->base, w, v, out, BSN_HESSIAN)); /* H = {{402, 400}, {400, 200}} */
  ck_assert(out[0] == (bsn_real)-798 && out[1] == (bsn_real)-200);
  ck_assert(!s->base.product(&s->base, w, v, out, BSN_FISHER));
  ck_assert(s->base.cost.gradients == 1 && s->base.cost.products == 1 && s->base.cost.values == 0);
  bsn_arena_free(&arena);
}
END_TEST

/* f and gradient change by one linear term, the same until commit, none in mode eval. */
START_TEST(noise_is_linear_and_of_a_step) {
  static const char *const words[] = {"rosenbrock noise=1 batch=1", "noisy-quadratic dimension=2 batch=4"};
  for (size_t i = 0; i < 2; i++) {
    bsn_arena arena = {0};
    bsn_surface *s = surface_of(&arena, words[i], NULL, 5), *again = surface_of(&arena, words[i], NULL, 5);
    bsn_objective *o = &s->base;
    bsn_real w[2 + BSN_SLACK] = {0.5, 0.25}, g[2][2 + BSN_SLACK];
    double f[2], last = 0;
    for (int step = 0; step < 4; step++) {
      double u[2] = {0.5, 0.25};
      ck_assert(o->select(o, NULL, 0, BSN_TRAIN) && o->eval(o, w, &f[0], g[0]) && o->eval(o, w, &f[1], NULL));
      ck_assert_double_eq(f[0], f[1]);
      ck_assert(o->select(o, NULL, 0, BSN_EVAL) && o->eval(o, w, &f[1], g[1]));
      ck_assert_double_eq(f[1], bsn_surface_value(s, u));
      double n[2] = {(double)g[0][0] - (double)g[1][0], (double)g[0][1] - (double)g[1][1]};
      ck_assert_double_eq_tol(f[0] - f[1], 0.5 * n[0] + 0.25 * n[1], 300 * rounding);
      ck_assert_double_ne(n[0], last);
      last = n[0];
      o->commit(o);
    }
    again->step = 3; /* a step's noise does not depend on the steps before */
    ck_assert(again->base.eval(&again->base, w, &f[0], g[0]));
    ck_assert_double_eq_tol((double)g[0][0] - (double)g[1][0], last, 300 * rounding);
    bsn_arena_free(&arena);
  }
}
END_TEST

/* Mean and variance over many steps: those of the 10 000 pairs for the plane, h / batch for the noisy quadratic. */
START_TEST(noise_has_its_size) {
  static const struct {
    const char *words;
    double mean[2], variance[2];
  } cases[] = {{"beale noise=1 batch=4", {-0.0021359837, 0.0135340528}, {1.0068361 / 4, 1.0019213 / 4}},
               {"noisy-quadratic dimension=2 batch=4", {0, 0}, {0.25, 0.125}}};
  enum { STEPS = 20000 };
  for (size_t c = 0; c < 2; c++) {
    bsn_arena arena = {0};
    bsn_surface *s = surface_of(&arena, cases[c].words, NULL, 3);
    double sum[2] = {0}, square[2] = {0};
    for (uint64_t step = 0; step < STEPS; step++) {
      double n[2] = {0};
      s->type->disturb(s, step, n);
      for (int i = 0; i < 2; i++) sum[i] += n[i], square[i] += n[i] * n[i];
    }
    for (int i = 0; i < 2; i++) {
      double mean = sum[i] / STEPS, variance = square[i] / STEPS - mean * mean;
      ck_assert_double_eq_tol(mean, cases[c].mean[i], 4 * sqrt(cases[c].variance[i] / STEPS));
      ck_assert_double_eq_tol(variance / cases[c].variance[i], 1, 4 * sqrt(2. / STEPS));
    }
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(starts_can_be_given_and_spread) {
  bsn_arena arena = {0};
  const double at[] = {3, 4};
  bsn_surface_options given = {.start = {2, {.real = at}}}, spread = {.spread = 0.5};
  bsn_surface *s = surface_of(&arena, "rosenbrock", &given, 1);
  ck_assert(s->start[0] == 3 && s->start[1] == 4);
  bsn_surface *a = surface_of(&arena, "rosenbrock", &spread, 1), *b = surface_of(&arena, "rosenbrock", &spread, 2);
  ck_assert(a->start[0] != b->start[0] && a->start[0] != (bsn_real)-0.5);
  ck_assert(fabs((double)a->start[0] + 0.5) < 3 && fabs((double)a->start[1] - 1.5) < 3);
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(wrong_options_are_messages) {
  const double three[] = {1, 2, 3}, turned[] = {1, -1, 0, 1}, far[] = {1e300, 2};
  static const char *const says[] = {"objective beale: start has 3 numbers, not 2",
                                     "objective beale: window wants four numbers: x from, x to, y from, y to",
                                     "objective beale: window wants four numbers: x from, x to, y from, y to",
                                     "objective beale: it is not finite at the start"};
  const bsn_surface_options options[] = {{.start = {3, {.real = three}}},
                                         {.window = {3, {.real = three}}},
                                         {.window = {4, {.real = turned}}},
                                         {.start = {2, {.real = far}}}};
  for (size_t i = 0; i < 4; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_choice c = choice_of(&arena, &bsn_surfaces, "beale");
    ck_assert_ptr_null(bsn_surface_in(&arena, (const bsn_surface_type *)c.row, c.config, &options[i],
                                      &(bsn_seeds){.init = 0}, &error));
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    ck_assert_str_eq(error.text, says[i]);
    bsn_arena_free(&arena);
  }
}
END_TEST

/* The rotation is one, and its quadratic has the eigenvalues that it was made with: their sum and the sum of their squares. */
START_TEST(rotations_keep_lengths) {
  enum { D = 6 };
  bsn_arena arena = {0};
  bsn_legacy r;
  double turn[D * D], x[D], trace = 0, squares = 0;
  bsn_legacy_seed(&r, 7);
  bsn_legacy_rotation(&r, D, turn, x);
  for (int i = 0; i < D; i++)
    for (int j = 0; j < D; j++) {
      double dot = 0;
      for (int k = 0; k < D; k++) dot += turn[i * D + k] * turn[j * D + k];
      ck_assert_double_eq_tol(dot, i == j, 1e-14);
    }
  bsn_surface *s = surface_of(&arena, "quadratic dimension=6 rotated=true condition=32", NULL, 1);
  for (int j = 0; j < D; j++) {
    double v[D] = {0}, out[D];
    v[j] = 1;
    s->type->product(s, v, v, out);
    trace += out[j];
    for (int i = 0; i < D; i++) squares += out[i] * out[i];
  }
  ck_assert_double_eq_tol(trace, 63, 1e-12); /* 1 + 2 + 4 + .. + 32 */
  ck_assert_double_eq_tol(squares, 1365, 1e-10);
  bsn_arena_free(&arena);
}
END_TEST

BASIN_TESTS("surface", derivatives_are_slopes, minima_are_minima, starts_are_published,
            what_an_objective_says_is_the_rows, noise_is_linear_and_of_a_step, noise_has_its_size,
            starts_can_be_given_and_spread, wrong_options_are_messages, rotations_keep_lengths)
