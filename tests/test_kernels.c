/* Every kernel of every path against plain loops with the same order of operations: equal bits, nothing written behind the
 * end, and nothing that stands behind the end of an input can be seen in a result. */
#include "basin_check.h"
#include "base/stream.h"
#include "num/draw.h"
#include "num/kernels.h"

#ifdef BSN_DOUBLE
#define fma_real fma
#else
#define fma_real fmaf
#endif

static const char *const names[] = {"baseline", "v3", "v4"};
#define EACH_PATH(k)                                                 \
  for (size_t path = 0; path < sizeof names / sizeof *names; path++) \
    for (const bsn_kernels *k = bsn_kernels_named(names[path]); k; k = NULL)

static bsn_arena arena;
static uint64_t drawn;

static uint64_t below(uint64_t n) { return bsn_below(bsn_stream_of(1, "test", "kernels", 0), drawn++, n); }

static bsn_real number(void) { return (bsn_real)bsn_normal(bsn_stream_of(1, "test", "kernels", 1), drawn++); }

enum { CANARY = 0x5a };

/* n numbers; behind them BSN_SLACK bytes of nan. Some of the numbers are special. */
static bsn_real *numbers(size_t n, int special) {
  static const bsn_real rare[] = {0, BSN_R(-0.0), INFINITY, -INFINITY, NAN, 1, -1};
  bsn_real *x = bsn_reals_in(&arena, n);
  for (size_t i = 0; i < n; i++) x[i] = special && below(8) == 0 ? rare[below(7)] : number();
  for (size_t i = 0; i < BSN_SLACK / sizeof *x; i++) x[n + i] = NAN;
  return x;
}

/* Room for size bytes of result with canaries behind it. */
static void *room(size_t size) {
  unsigned char *p = bsn_buffer_in(&arena, size);
  memset(p, CANARY, size + BSN_SLACK);
  return p;
}

static void untouched(const void *out, size_t size, const char *what) {
  const unsigned char *p = out;
  for (size_t i = size; i < size + BSN_SLACK; i++) ck_assert_msg(p[i] == CANARY, "%s writes behind its end", what);
}

static int same_number(bsn_real a, bsn_real b) { return (a != a && b != b) || !memcmp(&a, &b, sizeof a); }

static void same(const bsn_real *want, const bsn_real *got, size_t n, const char *what, const char *path) {
  for (size_t i = 0; i < n; i++)
    ck_assert_msg(same_number(want[i], got[i]), "%s on %s: entry %zu of %zu is %a, not %a", what, path, i, n,
                  (double)got[i], (double)want[i]);
  untouched(got, n * sizeof *got, what);
}

/* ---- elementwise ---- */
static bsn_real plain_sqrt(bsn_real x) { return (bsn_real)sqrt((double)x); }
static bsn_real plain_rsqrt(bsn_real x) { return 1 / plain_sqrt(x); }
static bsn_real plain_relu(bsn_real x) { return x <= 0 ? 0 : x; }
static bsn_real plain_step(bsn_real x) { return x > 0 ? 1 : 0; }
static bsn_real plain_abs(bsn_real x) { return (bsn_real)fabs((double)x); }
static bsn_real plain_sign(bsn_real x) { return (bsn_real)((x > 0) - (x < 0)); }

static const struct unary_case {
  const char *name;
  size_t kernel;
  bsn_real (*plain)(bsn_real);
} unary_cases[] = {
    {"sqrt", offsetof(bsn_kernels, sqrt), plain_sqrt}, {"rsqrt", offsetof(bsn_kernels, rsqrt), plain_rsqrt},
    {"relu", offsetof(bsn_kernels, relu), plain_relu}, {"step", offsetof(bsn_kernels, step), plain_step},
    {"abs", offsetof(bsn_kernels, abs), plain_abs},    {"sign", offsetof(bsn_kernels, sign), plain_sign},
};

static const void *kernel_at(const bsn_kernels *k, size_t offset) { return (const char *)k + offset; }

static void check_unary(const struct unary_case *c) {
  EACH_PATH(k) for (size_t n = 0; n < 70; n++) {
    bsn_real *x = numbers(n, 1), *out = room(n * sizeof *out), *want = room(n * sizeof *want);
    for (size_t i = 0; i < n; i++) want[i] = c->plain(x[i]);
    (*(bsn_unary *const *)kernel_at(k, c->kernel))(x, out, n);
    same(want, out, n, c->name, k->name);
    (*(bsn_unary *const *)kernel_at(k, c->kernel))(x, x, n);
    for (size_t i = 0; i < n; i++) ck_assert(same_number(x[i], want[i]));
  }
  bsn_arena_free(&arena);
}

START_TEST(functions_of_one_input) {
  for (size_t i = 0; i < sizeof unary_cases / sizeof *unary_cases; i++) check_unary(unary_cases + i);
}
END_TEST

START_TEST(functions_with_numbers) {
  EACH_PATH(k) for (size_t n = 0; n < 70; n++) {
    bsn_real *x = numbers(n, 1), *out = room(n * sizeof *out), *want = room(n * sizeof *want), a = number(),
             b = number();
    for (size_t i = 0; i < n; i++) want[i] = fma_real(a, x[i], b);
    k->affine(x, a, b, out, n);
    same(want, out, n, "affine", k->name);
    for (size_t i = 0; i < n; i++) want[i] = x[i] > 0 ? x[i] : a * x[i];
    k->leaky(x, a, out, n);
    same(want, out, n, "leaky", k->name);
  }
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(whole_powers) {
  EACH_PATH(k) for (int a = -4; a <= 4; a++) {
    size_t n = 37;
    bsn_real *x = numbers(n, 1), *out = room(n * sizeof *out), *want = room(n * sizeof *want);
    for (size_t i = 0; i < n; i++) {
      want[i] = 1;
      for (int j = 0; j < abs(a); j++) want[i] *= x[i];
      if (a < 0) want[i] = 1 / want[i];
    }
    k->pow(x, (bsn_real)a, out, n);
    same(want, out, n, "pow", k->name);
  }
  bsn_arena_free(&arena);
}
END_TEST

static bsn_real plain_add(bsn_real x, bsn_real y) { return x + y; }
static bsn_real plain_sub(bsn_real x, bsn_real y) { return x - y; }
static bsn_real plain_mul(bsn_real x, bsn_real y) { return x * y; }
static bsn_real plain_div(bsn_real x, bsn_real y) { return x / y; }
static bsn_real plain_max(bsn_real x, bsn_real y) { return x != x || x > y ? x : y; }
static bsn_real plain_gate(bsn_real x, bsn_real y) { return y > 0 ? x : 0; }
static bsn_real plain_greater(bsn_real x, bsn_real y) { return x > y ? 1 : x == y ? BSN_R(0.5) : 0; }

static bsn_real plain_tanh_back(bsn_real x, bsn_real y) { return x * fma_real(-1, y * y, 1); }
static bsn_real plain_sigmoid_back(bsn_real x, bsn_real y) { return x * (y * fma_real(-1, y, 1)); }

static bsn_real (*const plain_gates[])(bsn_real, bsn_real) = {
    [BSN_GATE_RELU] = plain_gate, [BSN_GATE_TANH] = plain_tanh_back, [BSN_GATE_SIGMOID] = plain_sigmoid_back};

static const struct binary_case {
  const char *name;
  size_t kernel;
  bsn_real (*plain)(bsn_real, bsn_real);
} binary_cases[] = {
    {"add", offsetof(bsn_kernels, add), plain_add},
    {"sub", offsetof(bsn_kernels, sub), plain_sub},
    {"mul", offsetof(bsn_kernels, mul), plain_mul},
    {"div", offsetof(bsn_kernels, div), plain_div},
    {"max", offsetof(bsn_kernels, max), plain_max},
    {"gate", offsetof(bsn_kernels, gate), plain_gate},
    {"greater", offsetof(bsn_kernels, greater), plain_greater},
    {"tanh_back", offsetof(bsn_kernels, tanh_back), plain_tanh_back},
    {"sigmoid_back", offsetof(bsn_kernels, sigmoid_back), plain_sigmoid_back},
};

/* The last entry that a walk reads, plus 1. */
static size_t reach(size_t outer, size_t inner, size_t o, size_t i) { return (outer - 1) * o + (inner - 1) * i + 1; }

static void check_binary(const struct binary_case *c) {
  EACH_PATH(k) for (int t = 0; t < 400; t++) {
    bsn_walk w = {.outer = 1 + below(20), .inner = 1 + below(t % 2 ? 40 : 3), .xi = below(2), .yi = below(2)};
    size_t steps[] = {0, 1, w.inner, w.inner + 3};
    w.xo = steps[below(4)], w.yo = steps[below(4)];
    bsn_real *x = numbers(reach(w.outer, w.inner, w.xo, w.xi), 1), *y = numbers(reach(w.outer, w.inner, w.yo, w.yi), 1);
    size_t n = w.outer * w.inner;
    bsn_real *out = room(n * sizeof *out), *want = room(n * sizeof *want);
    for (size_t o = 0; o < w.outer; o++)
      for (size_t i = 0; i < w.inner; i++)
        want[o * w.inner + i] = c->plain(x[o * w.xo + i * w.xi], y[o * w.yo + i * w.yi]);
    bsn_binary *f = *(bsn_binary *const *)kernel_at(k, c->kernel);
    f(&w, x, y, out);
    same(want, out, n, c->name, k->name);
    if (!w.xi || w.xo != w.inner) continue; /* else the result may be written over x */
    memcpy(out, x, n * sizeof *out);
    f(&w, out, y, out);
    same(want, out, n, c->name, k->name);
  }
  bsn_arena_free(&arena);
}

START_TEST(functions_of_two_inputs) {
  for (size_t i = 0; i < sizeof binary_cases / sizeof *binary_cases; i++) check_binary(binary_cases + i);
}
END_TEST

/* ---- contraction ---- */
static void plain_gemm(const bsn_gemm *g) {
  for (size_t i = 0; i < g->m; i++)
    for (size_t j = 0; j < g->n; j++) {
      bsn_real *c = g->c + i * g->ldc + j, sum = g->acc ? *c : 0;
      for (size_t p = 0; p < g->k; p++)
        sum = fma_real(g->a[i * g->a_row + p * g->a_col], g->turned ? g->b[j * g->ldb + p] : g->b[p * g->ldb + j], sum);
      if (g->bias) sum += g->bias[j];
      if (g->relu && sum <= 0) sum = 0;
      if (g->gate) sum = plain_gates[g->gated](sum, g->gate[i * g->ldc + j]);
      *c = sum;
    }
}

/* A random contraction of at most these sizes; c is set later. */
static bsn_gemm random_gemm(size_t m, size_t n, size_t k) {
  bsn_gemm g = {
      .m = 1 + below(m), .n = 1 + below(n), .k = below(k + 1), .acc = below(2), .relu = below(2), .turned = below(2)};
  bool a_turned = below(2), loose = below(2);
  size_t more = loose ? below(9) : 0;
  g.a_row = a_turned ? 1 : g.k + more;
  g.a_col = a_turned ? g.m + more : 1;
  g.a = numbers(g.m * g.k + more * (a_turned ? g.k : g.m), 0);
  g.ldb = (g.turned ? g.k : g.n) + more;
  g.b = numbers(g.ldb * (g.turned ? g.n : g.k), 0);
  g.ldc = g.n + more;
  if (below(2)) g.bias = numbers(g.n, 0);
  if (below(2)) g.gate = numbers(g.m * g.ldc, 1);
  g.gated = (bsn_gate_kind)below(3);
  return g;
}

static void check_gemm(const bsn_kernels *k, bsn_gemm g) {
  size_t size = g.m * g.ldc * sizeof *g.c - (g.ldc - g.n) * sizeof *g.c;
  bsn_real *start = numbers(g.m * g.ldc, 1), *got = room(size), *want = room(size);
  memcpy(got, start, size);
  memcpy(want, start, size);
  g.c = want;
  plain_gemm(&g);
  g.c = got;
  k->gemm(&g);
  char what[120];
  snprintf(what, sizeof what, "gemm %zux%zux%zu%s%s%s%s%s", g.m, g.n, g.k, g.a_row == 1 ? " T" : " N",
           g.turned ? "T" : "N", g.acc ? " acc" : "", g.relu ? " relu" : "", g.gate ? " gate" : "");
  same(want, got, size / sizeof *got, what, k->name);
}

START_TEST(contractions) {
  static const size_t most[][3] = {{40, 80, 40}, {3, 200, 30}, {80, 3, 30}, {1, 300, 3}, {300, 1, 300}, {70, 40, 600}};
  for (size_t s = 0; s < sizeof most / sizeof *most; s++)
    for (int t = 0; t < 40; t++) {
      bsn_gemm g = random_gemm(most[s][0], most[s][1], most[s][2]);
      EACH_PATH(k) check_gemm(k, g);
      bsn_arena_free(&arena);
    }
}
END_TEST

/* Some products of one A: each with the bits that gemm gives it. */
static void check_many(const bsn_kernels *k, const bsn_gemm *g, size_t count) {
  enum { MOST = 24 };
  bsn_gemm_part part[MOST];
  bsn_real *want[MOST];
  size_t size = (g->m * g->ldc - (g->ldc - g->n)) * sizeof(bsn_real);
  for (size_t i = 0; i < count; i++) {
    bsn_gemm one = *g;
    bsn_real *start = numbers(g->m * g->ldc, 1), *got = room(size);
    want[i] = one.c = room(size);
    memcpy(got, start, size);
    memcpy(want[i], start, size);
    part[i].b = one.b = numbers(g->ldb * g->k, 0);
    part[i].bias = one.bias = g->bias ? numbers(g->n, 0) : NULL;
    part[i].c = got;
    plain_gemm(&one);
  }
  k->gemm_many(g, count, part);
  char what[120];
  snprintf(what, sizeof what, "%zu times gemm %zux%zux%zu%s%s%s", count, g->m, g->n, g->k, g->a_row == 1 ? " T" : " N",
           g->acc ? " acc" : "", g->relu ? " relu" : "");
  for (size_t i = 0; i < count; i++) same(want[i], part[i].c, size / sizeof(bsn_real), what, k->name);
}

START_TEST(contractions_of_one_operand) {
  static const size_t most[][3] = {{40, 12, 40}, {3, 50, 30}, {300, 1, 30}, {20, 12, 1100}, {290, 20, 5}};
  for (size_t s = 0; s < sizeof most / sizeof *most; s++)
    for (int t = 0; t < 15; t++) {
      bsn_gemm g = random_gemm(most[s][0], most[s][1], most[s][2]);
      size_t count = 1 + below(20);
      g.gate = NULL;
      g.ldb = g.turned ? g.n + 3 : g.ldb;
      g.turned = false;
      EACH_PATH(k) check_many(k, &g, count);
      bsn_arena_free(&arena);
    }
}
END_TEST

/* ---- sums and winners ---- */
static bsn_real plain_tree_sum(const bsn_real *x, size_t n) {
  bsn_real chain[16] = {0};
  for (size_t i = 0; i < n; i++) chain[i % 16] += x[i];
  for (size_t half = 8; half; half /= 2)
    for (size_t j = 0; j < half; j++) chain[j] += chain[j + half];
  return chain[0];
}

static void plain_sum_rows(const bsn_real *x, size_t rows, size_t n, bsn_real *out, bool acc) {
  for (size_t j = 0; j < n; j++) {
    bsn_real sum = acc ? out[j] : 0;
    for (size_t r = 0; r < rows; r++) sum += x[r * n + j];
    out[j] = sum;
  }
}

START_TEST(sums_over_rows) {
  EACH_PATH(k) for (int t = 0; t < 300; t++) {
    size_t rows = below(20), n = 1 + below(150);
    bool acc = below(2);
    bsn_real *x = numbers(rows * n, t % 3 == 0), *start = numbers(n, 0);
    bsn_real *out = room(n * sizeof *out), *want = room(n * sizeof *want);
    memcpy(out, start, n * sizeof *out);
    memcpy(want, start, n * sizeof *out);
    plain_sum_rows(x, rows, n, want, acc);
    k->sum_rows(x, rows, n, out, acc);
    same(want, out, n, "sum_rows", k->name);
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(sums_over_an_axis) {
  EACH_PATH(k) for (int t = 0; t < 300; t++) {
    size_t outer = 1 + below(6), n = below(70), inner = t % 2 ? 1 : 1 + below(40);
    bsn_real *x = numbers(outer * n * inner, t % 3 == 0);
    bsn_real *out = room(outer * inner * sizeof *out), *want = room(outer * inner * sizeof *want);
    for (size_t o = 0; o < outer; o++) {
      if (inner == 1)
        want[o] = plain_tree_sum(x + o * n, n);
      else
        plain_sum_rows(x + o * n * inner, n, inner, want + o * inner, false);
    }
    k->sum_axis(x, outer, n, inner, out);
    same(want, out, outer * inner, "sum_axis", k->name);
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(winners) {
  EACH_PATH(k) for (int t = 0; t < 300; t++) {
    size_t outer = 1 + below(6), n = 1 + below(70), inner = t % 2 ? 1 : 1 + below(40);
    bsn_real *x = numbers(outer * n * inner, 1);
    if (t % 3)
      for (size_t i = 0; i < outer * n * inner; i++) x[i] = x[i] == x[i] ? (bsn_real)(int)below(4) : 0;
    int32_t *out = room(outer * inner * sizeof *out);
    k->winner(x, outer, n, inner, out);
    for (size_t o = 0; o < outer; o++)
      for (size_t i = 0; i < inner; i++) {
        const bsn_real *column = x + o * n * inner + i;
        size_t best = 0;
        for (size_t j = 1; j < n; j++) {
          bsn_real v = column[j * inner], b = column[best * inner];
          if (v > b || (v != v && b == b)) best = j;
        }
        ck_assert_int_eq(out[o * inner + i], (int)best);
      }
    untouched(out, outer * inner * sizeof *out, "winner");
    bsn_arena_free(&arena);
  }
}
END_TEST

/* ---- classes ---- */
static bsn_real by_kernel(bsn_unary *f, bsn_real x) {
  bsn_real in[1 + BSN_SLACK] = {x}, out[1 + BSN_SLACK];
  f(in, out, 1);
  return out[0];
}

/* exp(x - max), their sum and the max. */
static bsn_real plain_exps(const bsn_kernels *k, const bsn_real *x, size_t n, bsn_real *largest, bsn_real *e) {
  *largest = -INFINITY;
  for (size_t j = 0; j < n; j++) *largest = x[j] > *largest ? x[j] : *largest;
  for (size_t j = 0; j < n; j++) e[j] = by_kernel(k->exp, x[j] - *largest);
  return plain_tree_sum(e, n);
}

START_TEST(probabilities_of_classes) {
  EACH_PATH(k) for (int t = 0; t < 100; t++) {
    size_t rows = 1 + below(40), n = 1 + below(t % 2 ? 12 : 70), size = rows * n * sizeof(bsn_real);
    bsn_real *x = numbers(rows * n, t % 5 == 0);
    bsn_real *soft = room(size), *logs = room(size), *loss = room(rows * sizeof *loss);
    bsn_real *want_soft = room(size), *want_logs = room(size), *want_loss = room(rows * sizeof *loss);
    int32_t *label = room(rows * sizeof *label);
    for (size_t r = 0; r < rows; r++) {
      bsn_real e[80], largest, sum = plain_exps(k, x + r * n, n, &largest, e), log_sum = by_kernel(k->log, sum);
      label[r] = (int32_t)below(n);
      for (size_t j = 0; j < n; j++) {
        want_soft[r * n + j] = e[j] / sum;
        want_logs[r * n + j] = x[r * n + j] - largest - log_sum;
      }
      want_loss[r] = -want_logs[r * n + (size_t)label[r]];
    }
    k->softmax(x, rows, n, soft);
    k->log_softmax(x, rows, n, logs);
    k->cross_entropy(x, label, rows, n, loss);
    same(want_soft, soft, rows * n, "softmax", k->name);
    same(want_logs, logs, rows * n, "log_softmax", k->name);
    same(want_loss, loss, rows, "cross_entropy", k->name);
    bsn_arena_free(&arena);
  }
}
END_TEST

/* ---- moving data ---- */
START_TEST(transposes) {
  EACH_PATH(k) for (int t = 0; t < 60; t++) {
    size_t rows = 1 + below(70), n = 1 + below(150), size = rows * n * sizeof(bsn_real);
    bsn_real *x = numbers(rows * n, 0), *out = room(size), *want = room(size);
    for (size_t i = 0; i < rows; i++)
      for (size_t j = 0; j < n; j++) want[j * rows + i] = x[i * n + j];
    k->transpose(x, rows, n, out);
    same(want, out, rows * n, "transpose", k->name);
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(gathered_rows) {
  EACH_PATH(k) for (int t = 0; t < 100; t++) {
    enum { TABLE = 9 };
    size_t rows = 1 + below(12), n = 1 + below(90), size = rows * n * sizeof(bsn_real), step = below(2);
    bsn_real *table = numbers(TABLE * n, 0), *scale = below(3) ? numbers(n, 0) : NULL, *shift = numbers(n, 0);
    uint8_t *bytes = bsn_buffer_in(&arena, TABLE * n);
    int32_t *index = bsn_buffer_in(&arena, rows * sizeof *index);
    bsn_real *out = room(size), *want = room(size), *out_u8 = room(size), *want_u8 = room(size);
    for (size_t i = 0; i < TABLE * n; i++) bytes[i] = (uint8_t)below(256);
    for (size_t r = 0; r < rows; r++) index[r] = (int32_t)below(TABLE);
    for (size_t r = 0; r < rows; r++)
      for (size_t j = 0; j < n; j++) {
        bsn_real v = table[(size_t)index[r] * n + j], u = bytes[(size_t)index[r] * n + j];
        want[r * n + j] = scale ? fma_real(scale[j * step], v, shift[j * step]) : v;
        want_u8[r * n + j] = scale ? fma_real(scale[j * step], u, shift[j * step]) : u;
      }
    k->gather(table, index, rows, n, scale, shift, step, out);
    k->gather_u8(bytes, index, rows, n, scale, shift, step, out_u8);
    same(want, out, rows * n, "gather", k->name);
    same(want_u8, out_u8, rows * n, "gather_u8", k->name);
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(paths_are_found_by_name) {
  ck_assert_str_eq(bsn_kernels_named("baseline")->name, "baseline");
  ck_assert_ptr_null(bsn_kernels_named("v5"));
  setenv("BASIN_KERNELS", "baseline", 1);
  ck_assert_str_eq(bsn_kernels_chosen()->name, "baseline");
  setenv("BASIN_KERNELS", "nonsense", 1);
  ck_assert_ptr_eq(bsn_kernels_chosen(), bsn_kernels_best());
}
END_TEST

BASIN_TESTS("kernels", functions_of_one_input, functions_of_two_inputs, functions_with_numbers, whole_powers,
            contractions, contractions_of_one_operand, sums_over_rows, sums_over_an_axis, winners,
            probabilities_of_classes, transposes, gathered_rows, paths_are_found_by_name)
