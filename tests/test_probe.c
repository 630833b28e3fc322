/* Lanczos against known spectra, products against differences of gradients, probes against both. */
#include "fit_check.h"
#include "num/draw.h"
#include "num/symmetric.h"
#include "num/vector.h"
#include "probe/lanczos.h"

static const double exact =
    sizeof(bsn_real) == sizeof(double) ? 1e-10 : 2e-5; /* rounding, relative to the largest number */

/* ---- explicit matrices ---- */
enum { MOST = 40 };

typedef struct matrix {
  size_t n;
  double a[MOST * MOST];
} matrix;

/* Q diag(d) Q' with Q a product of random reflections. */
static void make_matrix(matrix *m, size_t n, const double *d, uint64_t seed) {
  memset(m, 0, sizeof *m);
  m->n = n;
  for (size_t i = 0; i < n; i++) m->a[i * n + i] = d[i];
  for (uint64_t k = 0; k < 3; k++) {
    double u[MOST], au[MOST], norm2 = 0, uau = 0;
    for (size_t i = 0; i < n; i++) u[i] = bsn_normal(bsn_stream_of(seed, "test", "reflection", k), i);
    for (size_t i = 0; i < n; i++) norm2 += u[i] * u[i];
    for (size_t i = 0; i < n; i++) {
      au[i] = 0;
      for (size_t j = 0; j < n; j++) au[i] += m->a[i * n + j] * u[j];
      uau += u[i] * au[i];
    }
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++)
        m->a[i * n + j] += 4 * u[i] * u[j] * uau / norm2 / norm2 - 2 * (u[i] * au[j] + au[i] * u[j]) / norm2;
  }
}

static bool times(void *context, const bsn_real *v, bsn_real *out, bsn_error *error) {
  const matrix *m = context;
  (void)error;
  for (size_t i = 0; i < m->n; i++) {
    double sum = 0;
    for (size_t j = 0; j < m->n; j++) sum += m->a[i * m->n + j] * (double)v[j];
    out[i] = (bsn_real)sum;
  }
  return true;
}

static const struct {
  size_t n, k;
  double d[8]; /* the first eigenvalues, largest first; the rest fall from there */
} spectra[] = {{1, 1, {3}},           {2, 2, {1, -1}},       {5, 5, {4, 3, 2, 1, -7}}, {6, 3, {2, 2, 2, 2, 2, 2}},
               {4, 2, {0, 0, 0, 0}},  {8, 2, {5, 0, 0, 0}},  {40, 3, {100, 10, 9.99}}, {40, 1, {1, 0.999}},
               {40, 4, {-1, -2, -3}}, {30, 1, {1e-6, 1e-7}}, {30, 2, {1e6, 10}}};

/* Spectrum i: what is not listed falls in even steps to -1 below the last one (0 stays 0). */
static void spectrum(int i, double *d) {
  size_t listed = 8;
  while (listed > 1 && spectra[i].d[listed - 1] == 0 && spectra[i].d[0] != 0 && spectra[i].n > 8) listed--;
  for (size_t j = 0; j < spectra[i].n; j++) {
    double last = spectra[i].d[listed - 1], span = fabs(last) > 0 ? fabs(last) : 0;
    d[j] = j < listed ? spectra[i].d[j] : last - span * (double)(j + 1 - listed) / (double)spectra[i].n;
  }
}

START_TEST(known_spectra_are_found) {
  matrix m;
  double d[MOST], value[8], residual[8], most = 1e-30;
  bsn_error error = {0};
  spectrum(_i, d);
  make_matrix(&m, spectra[_i].n, d, 3);
  for (size_t j = 0; j < m.n; j++) most = fmax(most, fabs(d[j]));
  bsn_lanczos l = {.n = m.n,
                   .k = spectra[_i].k,
                   .iterations = 100,
                   .tolerance = exact / 10,
                   .apply = times,
                   .context = &m,
                   .stream = bsn_stream_of(1, "probe", "test", 0),
                   .value = value,
                   .residual = residual};
  ck_assert_msg(bsn_lanczos_run(&l, &error), "%s", error.text);
  ck_assert_uint_le(l.products, m.n);
  for (size_t j = 0; j < l.k; j++) {
    ck_assert_double_eq_tol(value[j], d[j], exact * most);
    ck_assert_double_le(residual[j], exact * most);
  }
}
END_TEST

START_TEST(residuals_are_honest) {
  matrix m;
  double d[MOST], value[1], residual[1];
  bsn_error error = {0};
  for (size_t j = 0; j < MOST; j++) d[j] = 1 - 0.01 * (double)j;
  make_matrix(&m, MOST, d, 4);
  bsn_lanczos l = {.n = MOST,
                   .k = 1,
                   .iterations = 4,
                   .tolerance = 1e-9,
                   .apply = times,
                   .context = &m,
                   .value = value,
                   .residual = residual};
  ck_assert(bsn_lanczos_run(&l, &error));
  ck_assert(!l.converged && l.products == 4 && residual[0] > 1e-3);
  double nearest = 1; /* some eigenvalue lies within the residual */
  for (size_t j = 0; j < MOST; j++) nearest = fmin(nearest, fabs(d[j] - value[0]));
  ck_assert_double_le(nearest, residual[0]);
}
END_TEST

START_TEST(the_same_stream_gives_the_same_bits) {
  matrix m;
  double d[MOST], value[3][2], residual[3][2];
  bsn_error error = {0};
  for (size_t j = 0; j < MOST; j++) d[j] = 1 / (1 + (double)j);
  make_matrix(&m, MOST, d, 5);
  for (int r = 0; r < 3; r++) {
    bsn_lanczos l = {.n = MOST,
                     .k = 2,
                     .iterations = 12,
                     .tolerance = 0,
                     .apply = times,
                     .context = &m,
                     .stream = bsn_stream_of(r == 2, "probe", "test", 0),
                     .value = value[r],
                     .residual = residual[r]};
    ck_assert(bsn_lanczos_run(&l, &error));
  }
  ck_assert(!memcmp(value[0], value[1], sizeof value[0]) && !memcmp(residual[0], residual[1], sizeof residual[0]));
  ck_assert(memcmp(residual[0], residual[2], sizeof residual[0]) != 0);
}
END_TEST

START_TEST(dense_eigenvectors_are_right) {
  matrix m;
  bsn_arena arena = {0};
  double d[MOST], a[MOST * MOST], value[MOST], u[MOST * MOST];
  for (size_t j = 0; j < MOST; j++) d[j] = 5 - (double)j;
  make_matrix(&m, MOST, d, 6);
  memcpy(a, m.a, sizeof a);
  ck_assert(bsn_symmetric_eigen(MOST, a, value, u, &arena));
  for (size_t k = 0; k < MOST; k++) ck_assert_double_eq_tol(value[k], d[k], 1e-11);
  for (size_t i = 0; i < MOST; i++)
    for (size_t j = 0; j < MOST; j++) {
      double sum = 0;
      for (size_t k = 0; k < MOST; k++) sum += value[k] * u[i * MOST + k] * u[j * MOST + k];
      ck_assert_double_eq_tol(sum, m.a[i * MOST + j], 1e-11);
    }
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(nonsense_is_refused) {
  static const size_t n[] = {3, 3, 3}, k[] = {4, 0, 3}, iterations[] = {10, 10, 2};
  matrix m = {.n = 3};
  for (int i = 0; i < 3; i++) {
    double value[4], residual[4];
    bsn_error error = {0};
    bsn_lanczos l = {.n = n[i],
                     .k = k[i],
                     .iterations = iterations[i],
                     .apply = times,
                     .context = &m,
                     .value = value,
                     .residual = residual};
    ck_assert(!bsn_lanczos_run(&l, &error) && error.code == BSN_BAD_INPUT && *error.text);
  }
}
END_TEST

/* ---- products of small nets ---- */
static const char *const nets[] = {
    "data: {name: sine, rows: 25}\nmodel: {name: mlp, hidden: [4], activation: tanh}\nloss: mse\n",
    "data: {name: spirals, rows: 30}\nmodel: {name: mlp, hidden: [3, 3], activation: tanh}\nloss: cross-entropy\n",
    "data: {name: sine, rows: 20}\nmodel: linear\nloss: mse\nregularise: [{name: l2, lambda: 0.7, bias: true}]\n",
};
enum { NETS = sizeof nets / sizeof *nets };

static bsn_objective *open_net(bench *b, int i) {
  char text[1000];
  snprintf(text, sizeof text, "study: x\n%soptimizer: {name: sgd, lr: 0.05}\ntrain: {batch: 5, steps: 20}\n", nets[i]);
  bench_open(b, text);
  bench_fit(b);
  bsn_objective *o = bsn_fit_objective_in(&b->fit, &b->arena, &b->error);
  ck_assert_msg(o, "%s", b->error.text);
  ck_assert(o != b->fit.objective && o->n <= MOST && o->select(o, NULL, 0, BSN_EVAL));
  return o;
}

static bsn_real *draw(bench *b, size_t n, uint64_t which) {
  bsn_real *v = bsn_reals_in(&b->arena, n);
  for (size_t i = 0; i < n; i++) v[i] = (bsn_real)bsn_normal(bsn_stream_of(which, "test", "direction", 0), i);
  return v;
}

/* A matrix column by column; *most is its largest entry. */
static void assemble(bench *b, bsn_objective *o, bsn_product kind, matrix *m, double *most) {
  bsn_real *e = bsn_reals_in(&b->arena, o->n), *out = bsn_reals_in(&b->arena, o->n);
  m->n = o->n;
  *most = 0;
  for (size_t j = 0; j < o->n; j++) {
    e[j] = 1;
    ck_assert(o->product(o, b->fit.w, e, out, kind));
    e[j] = 0;
    for (size_t i = 0; i < o->n; i++) {
      m->a[i * o->n + j] = (double)out[i];
      *most = fmax(*most, fabs((double)out[i]));
    }
  }
}

START_TEST(products_are_symmetric) {
  bench b;
  bsn_objective *o = open_net(&b, _i);
  for (int kind = BSN_HESSIAN; kind <= BSN_GAUSS_NEWTON; kind++) {
    bsn_real *u = draw(&b, o->n, 1), *v = draw(&b, o->n, 2), *hu = draw(&b, o->n, 3), *hv = draw(&b, o->n, 4);
    ck_assert(o->product(o, b.fit.w, u, hu, (bsn_product)kind) && o->product(o, b.fit.w, v, hv, (bsn_product)kind));
    double uhv = bsn_dot(o->n, u, hv), vhu = bsn_dot(o->n, v, hu);
    ck_assert(fabs(uhv) > 0);
    ck_assert_double_eq_tol(uhv, vhu, exact * (bsn_norm(o->n, u) * bsn_norm(o->n, hv) + 1));
  }
  bench_close(&b);
}
END_TEST

/* What a product keeps for the next one at the same weights must not show: neither when the direction is new, nor when weights or
 * rows are. */
START_TEST(products_do_not_depend_on_the_ones_before) {
  bench b;
  bsn_objective *o = open_net(&b, _i);
  const size_t rows[] = {3, 1, 7};
  for (int kind = BSN_HESSIAN; kind <= BSN_GAUSS_NEWTON; kind++) {
    bsn_real *w = bsn_reals_in(&b.arena, o->n), *out = bsn_reals_in(&b.arena, o->n),
             *want = bsn_reals_in(&b.arena, o->n);
    for (int turn = 0; turn < 6; turn++) {
      bsn_real *v = draw(&b, o->n, (uint64_t)turn);
      bsn_copy(o->n, b.fit.w, w);
      if (turn >= 2) w[0] += BSN_R(0.5);
      bsn_objective *fresh = bsn_fit_objective_in(&b.fit, &b.arena, &b.error);
      ck_assert(fresh && fresh->select(fresh, turn >= 4 ? rows : NULL, 3, BSN_EVAL));
      if (turn == 4) ck_assert(o->select(o, rows, 3, BSN_EVAL));
      ck_assert(fresh->product(fresh, w, v, want, (bsn_product)kind) && o->product(o, w, v, out, (bsn_product)kind));
      ck_assert_mem_eq(out, want, o->n * sizeof *out);
    }
    ck_assert(o->select(o, NULL, 0, BSN_EVAL));
  }
  bench_close(&b);
}
END_TEST

/* The product over many rows is the mean of those over its parts, whether all rows go through in one run, whose values are kept
 * for the next direction, or the values would be too many and they go through in blocks. */
static const char *const large[] = {
    "data: {name: sine, rows: 4200, test: none}\nmodel: {name: mlp, hidden: [4], activation: tanh}\nloss: mse\n",
    "data: {name: sine, rows: 4200, test: none}\nmodel: {name: mlp, hidden: [6000], activation: tanh}\nloss: mse\n"};

START_TEST(products_over_many_rows_are_means_of_parts) {
  enum { ROWS = 4200, PART = 2500 };
  bench b;
  char text[1000];
  static size_t rows[ROWS];
  snprintf(text, sizeof text, "study: x\n%soptimizer: sgd\ntrain: {batch: 5, steps: 1}\neval: {rows: 5}\n", large[_i]);
  bench_open(&b, text);
  bench_init(&b);
  bsn_objective *o = bsn_fit_objective_in(&b.fit, &b.arena, &b.error);
  bsn_real *whole = bsn_reals_in(&b.arena, o->n), *part = bsn_reals_in(&b.arena, o->n);
  bsn_real *sum = bsn_reals_in(&b.arena, o->n);
  for (size_t i = 0; i < ROWS; i++) rows[i] = i;
  for (uint64_t turn = 0; turn < 2; turn++) {
    bsn_real *v = draw(&b, o->n, turn);
    ck_assert(o->select(o, NULL, 0, BSN_EVAL));
    for (uint64_t before = 0; before <= turn; before++) ck_assert(o->product(o, b.fit.w, v, whole, BSN_HESSIAN));
    ck_assert(o->select(o, rows, PART, BSN_EVAL) && o->product(o, b.fit.w, v, sum, BSN_HESSIAN));
    ck_assert(o->select(o, rows + PART, ROWS - PART, BSN_EVAL) && o->product(o, b.fit.w, v, part, BSN_HESSIAN));
    bsn_scale(o->n, (double)PART / ROWS, sum);
    bsn_axpy(o->n, (double)(ROWS - PART) / ROWS, part, sum);
    bsn_axpy(o->n, -1, whole, sum);
    ck_assert_double_eq_tol(bsn_norm(o->n, sum), 0, exact * bsn_norm(o->n, whole));
  }
  bench_close(&b);
}
END_TEST

/* H v = (g(w + e v) - g(w - e v)) / 2e + O(e^2). A linear net with squared errors is quadratic: exact for any e. */
START_TEST(hessian_products_are_slopes_of_the_gradient) {
  bench b;
  bsn_objective *o = open_net(&b, _i);
  bool quadratic = _i == 2;
  double e = quadratic ? 1 : sizeof(bsn_real) == sizeof(double) ? 1e-5 : 1e-2, f;
  bsn_real *v = draw(&b, o->n, 1), *w = bsn_reals_in(&b.arena, o->n), *hv = bsn_reals_in(&b.arena, o->n);
  bsn_real *up = bsn_reals_in(&b.arena, o->n), *down = bsn_reals_in(&b.arena, o->n);
  ck_assert(o->product(o, b.fit.w, v, hv, BSN_HESSIAN));
  bsn_copy(o->n, b.fit.w, w);
  bsn_axpy(o->n, e, v, w);
  ck_assert(o->eval(o, w, &f, up));
  bsn_axpy(o->n, -2 * e, v, w);
  ck_assert(o->eval(o, w, &f, down));
  double tolerance = quadratic ? exact : sizeof(bsn_real) == sizeof(double) ? 1e-8 : 1e-2;
  for (size_t i = 0; i < o->n; i++)
    ck_assert_double_eq_tol((double)hv[i], ((double)up[i] - (double)down[i]) / (2 * e),
                            tolerance * (1 + bsn_norm(o->n, hv)));
  bench_close(&b);
}
END_TEST

static bsn_choice probe_of(bench *b, const char *words) {
  bsn_faults faults = {.arena = &b->arena};
  bsn_reader reader = {.arena = &b->arena, .faults = &faults, .tables = bsn_tables, .folder = "."};
  bsn_choice choice = {0};
  bsn_value *value = bsn_value_read(&b->arena, "words", words, strlen(words), &faults);
  ck_assert(value && bsn_read_row(&reader, &bsn_probes, value, "probe", &choice, NULL, NULL));
  return choice;
}

static bool measure(bench *b, const char *words, bsn_objective *o, bsn_record *r) {
  bsn_choice choice = probe_of(b, words);
  bsn_record_init(r, &b->arena, "", "", "probe", 0);
  return ((const bsn_probe *)choice.row)
      ->measure(choice.config, o, b->fit.w, bsn_stream_of(1, "probe", "x", 20), r, 20, &b->error);
}

START_TEST(the_probe_finds_the_dense_eigenvalues) {
  static const char *const words[] = {"{name: hessian-top, k: 3, tolerance: 1e-9}",
                                      "{name: hessian-top, k: 3, tolerance: 1e-9, kind: gauss-newton}"};
  static const char *const names[] = {"hessian", "gauss_newton"};
  bench bench_, *b = &bench_;
  bsn_objective *o = open_net(b, _i);
  for (int kind = 0; kind < 2; kind++) {
    matrix m;
    double most, value[MOST], u[MOST * MOST], before = o->cost.products;
    bsn_record r;
    assemble(b, o, (bsn_product)kind, &m, &most);
    ck_assert(bsn_symmetric_eigen(m.n, m.a, value, u, &b->arena));
    ck_assert_double_eq(o->cost.products, before + (double)(o->n * o->rows));
    size_t k = o->n < 3 ? o->n : 3;
    if (k < 3) {
      ck_assert(!measure(b, words[kind], o, &r));
      ck_assert_ptr_nonnull(strstr(b->error.text, "but there are 2 parameters"));
      continue;
    }
    OK(measure(b, words[kind], o, &r));
    for (size_t j = 0; j < k; j++) {
      const char *name = bsn_text_in(&b->arena, "%s_eigenvalue_%zu", names[kind], j + 1);
      ck_assert_double_eq_tol(bsn_record_last(&r, name), value[j], 10 * exact * most);
    }
    if (kind) ck_assert_double_ge(value[m.n - 1], -10 * exact * most); /* no negative curvature in J'HJ */
  }
  bench_close(b);
}
END_TEST

START_TEST(the_probe_finds_the_gradient) {
  bench bench_, *b = &bench_;
  bsn_objective *o = open_net(b, _i);
  bsn_real *g = bsn_reals_in(&b->arena, o->n);
  double f;
  bsn_record r;
  OK(measure(b, "gradient-norm", o, &r));
  ck_assert(o->eval(o, b->fit.w, &f, g));
  ck_assert_double_eq(bsn_record_last(&r, "gradient_norm"), bsn_norm(o->n, g));
  ck_assert_double_eq_tol(f, bsn_record_last(&b->fit.record, "objective"), 1e-6);
  b->fit.w[0] = (bsn_real)NAN; /* nothing to measure: nan, no failure */
  OK(measure(b, "gradient-norm", o, &r));
  ck_assert(isnan(bsn_record_last(&r, "gradient_norm")));
  OK(measure(b, "hessian-top", o, &r));
  ck_assert(r.nmetrics == 2 && isnan(r.metric[0].value) == (_i != 2)); /* a quadratic's Hessian knows no w */
  bench_close(b);
}
END_TEST

BASIN_CASES("probe", {known_spectra_are_found, sizeof spectra / sizeof *spectra}, {residuals_are_honest, 1},
            {the_same_stream_gives_the_same_bits, 1}, {dense_eigenvectors_are_right, 1}, {nonsense_is_refused, 1},
            {products_are_symmetric, NETS}, {products_do_not_depend_on_the_ones_before, NETS},
            {products_over_many_rows_are_means_of_parts, sizeof large / sizeof *large},
            {hessian_products_are_slopes_of_the_gradient, NETS}, {the_probe_finds_the_dense_eigenvalues, NETS},
            {the_probe_finds_the_gradient, NETS})
