/* One number for every bit that num computes: equal for all paths of this machine, and equal to the constants below, which
 * stand for all machines, compilers and optimisation levels. When a change here is meant, `bits=N` of a trial's identity has
 * to be raised with it. (Not under valgrind, which keeps denormals.) */
#include "basin_check.h"
#include "base/arena.h"
#include "base/stream.h"
#include "num/draw.h"
#include "num/kernels.h"
#include "num/math.h"
#include "num/vector.h"
#include <xxhash.h>

#ifdef BSN_DOUBLE
static const uint64_t golden_kernels = 0x4bb0d9ce518fc2b5, golden_vectors = 0xd8773ad0633962c0;
static const char *const paths[] = {"v3", "v4"}; /* baseline is not promised in double */
#else
static const uint64_t golden_kernels = 0x69edc9ccc7659302, golden_vectors = 0x0bae8ff30461cf54;
static const char *const paths[] = {"baseline", "v3", "v4"};
#endif
static const uint64_t golden_draws = 0x2ddc665ca87be8ca; /* double in both */

enum { N = 1000, ROWS = 37, COLUMNS = 27, MOST = 40000 };

static bsn_arena arena;
static bsn_real *x, *y, *out;
static int32_t index_of[ROWS], label[ROWS];
static uint8_t *bytes;

/* Numbers of many sizes, with some special ones. */
static bsn_real *inputs(const char *name) {
  static const bsn_real rare[] = {0, BSN_R(-0.0), INFINITY, -INFINITY, NAN, BSN_R(1e-38), BSN_R(-1e-42), BSN_R(88.5)};
  bsn_stream s = bsn_stream_of(1, "test", name, 0);
  bsn_real *v = bsn_reals_in(&arena, MOST);
  for (uint64_t i = 0; i < MOST; i++) {
    v[i] = (bsn_real)(bsn_normal(s, i) * (i % 3 ? 1 : 20));
    if (i % 50 == 7) v[i] = rare[i / 50 % 8];
  }
  return v;
}

static void prepare(void) {
  bsn_flush_denormals();
  x = inputs("x"), y = inputs("y"), out = bsn_reals_in(&arena, MOST);
  bytes = bsn_buffer_in(&arena, MOST);
  bsn_stream s = bsn_stream_of(1, "test", "index", 0);
  for (uint64_t i = 0; i < MOST; i++) bytes[i] = (uint8_t)bsn_below(s, i, 256);
  for (uint64_t i = 0; i < ROWS; i++) {
    index_of[i] = (int32_t)bsn_below(s, i, ROWS);
    label[i] = (int32_t)bsn_below(s, i + ROWS, COLUMNS);
  }
}

/* The hash goes on over n results. All nan count as one: which of its bits survive is nobody's promise. */
static void add(uint64_t *hash, bsn_real *v, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (v[i] != v[i]) v[i] = NAN;
  *hash = XXH3_64bits_withSeed(v, n * sizeof *v, *hash);
}

static void add_functions(uint64_t *hash, const bsn_kernels *k) {
  bsn_unary *const unary[] = {k->exp,      k->log, k->sqrt, k->rsqrt, k->tanh, k->sigmoid,
                              k->softplus, k->erf, k->relu, k->step,  k->abs,  k->sign};
  for (size_t i = 0; i < sizeof unary / sizeof *unary; i++) {
    unary[i](x, out, N);
    add(hash, out, N);
  }
  static const bsn_real powers[] = {-4, -1, 0, BSN_R(0.5), 1, BSN_R(1.7), 2, 3, 4, 5, BSN_R(-2.5)};
  for (size_t i = 0; i < sizeof powers / sizeof *powers; i++) {
    k->pow(x, powers[i], out, N);
    add(hash, out, N);
  }
  k->leaky(x, BSN_R(0.01), out, N);
  add(hash, out, N);
  k->elu(x, BSN_R(1.5), out, N);
  add(hash, out, N);
  k->affine(x, BSN_R(1.1), BSN_R(0.3), out, N);
  add(hash, out, N);
}

static void add_pairs(uint64_t *hash, const bsn_kernels *k) {
  bsn_binary *const binary[] = {k->add,  k->sub,     k->mul,       k->div,         k->max,
                                k->gate, k->greater, k->tanh_back, k->sigmoid_back};
  static const bsn_walk walks[] = {
      {1, N, 0, 1, 0, 1}, {ROWS, COLUMNS, COLUMNS, 1, 0, 1}, {ROWS, COLUMNS, COLUMNS, 1, 1, 0}};
  for (size_t i = 0; i < sizeof binary / sizeof *binary; i++)
    for (size_t w = 0; w < sizeof walks / sizeof *walks; w++) {
      binary[i](walks + w, x, y, out);
      add(hash, out, walks[w].outer * walks[w].inner);
    }
}

static void add_contractions(uint64_t *hash, const bsn_kernels *k) {
  static const size_t sizes[][3] = {{37, 27, 41}, {64, 64, 64}, {5, 100, 300},
                                    {1, 130, 70}, {130, 1, 70}, {90, 10, 33}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (int kind = 0; kind < 8; kind++) {
      size_t m = sizes[i][0], n = sizes[i][1], terms = sizes[i][2];
      bool a_turned = kind & 1, b_turned = kind & 2, more = kind & 4;
      memcpy(out, y, m * n * sizeof *out);
      k->gemm(&(bsn_gemm){.m = m,
                          .n = n,
                          .k = terms,
                          .a = x,
                          .a_row = a_turned ? 1 : terms,
                          .a_col = a_turned ? m : 1,
                          .b = y,
                          .ldb = b_turned ? terms : n,
                          .turned = b_turned,
                          .c = out,
                          .ldc = n,
                          .acc = more,
                          .bias = more ? x + 5 : NULL,
                          .relu = more,
                          .gate = more ? y : NULL});
      add(hash, out, m * n);
    }
}

static void add_reductions(uint64_t *hash, const bsn_kernels *k) {
  k->sum_rows(x, ROWS, COLUMNS, out, false);
  add(hash, out, COLUMNS);
  for (size_t inner = 1; inner < 30; inner += 7) {
    k->sum_axis(x, 5, 29, inner, out);
    add(hash, out, 5 * inner);
    int32_t place[5 * 30];
    k->winner(x, 5, 29, inner, place);
    *hash = XXH3_64bits_withSeed(place, 5 * inner * sizeof *place, *hash);
  }
  k->softmax(x, ROWS, COLUMNS, out);
  add(hash, out, (size_t)ROWS * COLUMNS);
  k->log_softmax(x, ROWS, COLUMNS, out);
  add(hash, out, (size_t)ROWS * COLUMNS);
  k->cross_entropy(x, label, ROWS, COLUMNS, out);
  add(hash, out, ROWS);
}

static void add_moves(uint64_t *hash, const bsn_kernels *k) {
  k->transpose(x, ROWS, COLUMNS, out);
  add(hash, out, (size_t)ROWS * COLUMNS);
  for (size_t step = 0; step < 2; step++) {
    k->gather(x, index_of, ROWS, COLUMNS, y, y + 100, step, out);
    add(hash, out, (size_t)ROWS * COLUMNS);
    k->gather_u8(bytes, index_of, ROWS, COLUMNS, y, y + 100, step, out);
    add(hash, out, (size_t)ROWS * COLUMNS);
  }
}

static void expect(const char *what, uint64_t got, uint64_t want) {
  ck_assert_msg(got == want, "%s: 0x%016llx, not 0x%016llx", what, (unsigned long long)got, (unsigned long long)want);
}

START_TEST(kernels_give_the_golden_bits) {
  prepare();
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    const bsn_kernels *k = bsn_kernels_named(paths[i]);
    if (!k) continue;
    uint64_t hash = 0;
    add_functions(&hash, k);
    add_pairs(&hash, k);
    add_contractions(&hash, k);
    add_reductions(&hash, k);
    add_moves(&hash, k);
    expect(k->name, hash, golden_kernels);
  }
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(vectors_give_the_golden_bits) {
  prepare();
  uint64_t hash = 0;
  for (size_t i = 0; i < MOST; i++) /* sums of nan would show little */
    if (!(x[i] - x[i] == 0)) x[i] = 1;
  for (size_t n = 0; n < 700; n += 23) {
    double sums[] = {bsn_dot(n, x, x + 50), bsn_norm(n, x), bsn_vector_sum(n, x), bsn_largest(n, x)};
    hash = XXH3_64bits_withSeed(sums, sizeof sums, hash);
    memcpy(out, x, n * sizeof *out);
    bsn_axpy(n, 0.3, x + 50, out);
    bsn_scale(n, 1.7, out);
    add(&hash, out, n);
  }
  expect("vectors", hash, golden_vectors);
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(draws_and_functions_give_the_golden_bits) {
  bsn_flush_denormals();
  bsn_stream s = bsn_stream_of(1, "test", "draws", 3);
  uint64_t hash = 0;
  for (uint64_t e = 0; e < 2000; e++) {
    double z = bsn_normal(s, e), u = bsn_uniform(s, e);
    double v[] = {z,
                  u,
                  bsn_truncated_normal(s, e, 0.5 + 2 * u),
                  bsn_exp(20 * z),
                  bsn_log(u + 1e-9),
                  bsn_tanh(z),
                  bsn_erf(z),
                  bsn_sin(1e4 * z),
                  bsn_cos(z),
                  bsn_pow(u + 0.1, 9 * z)};
    hash = XXH3_64bits_withSeed(v, sizeof v, hash);
  }
  size_t list[500];
  bsn_permutation(s, 500, list);
  hash = XXH3_64bits_withSeed(list, sizeof list, hash);
  for (size_t n = 500; n < 5000; n += 1500) {
    bsn_sample(s, n, 500, list);
    hash = XXH3_64bits_withSeed(list, sizeof list, hash);
  }
  expect("draws", hash, golden_draws);
}
END_TEST

BASIN_TESTS("bits", kernels_give_the_golden_bits, vectors_give_the_golden_bits,
            draws_and_functions_give_the_golden_bits)
