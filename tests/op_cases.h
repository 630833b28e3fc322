/* op_cases.h: the table of cases that test_ops.c walks: each op of graph/ops.h, its formula written out, and shapes.
 *
 *     for (size_t c = 0; c < CASES; c++)
 *       for (const shapes *s = cases[c].shapes; s->x; s++) check(&cases[c], s);
 *
 * A case has a builder b_NAME of two inputs and an index, and a formula v_NAME for entry i of the result, in double. An op that
 * occurs in no case fails the suite.
 */
#ifndef OP_CASES_H
#define OP_CASES_H

#include "graph/ops.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 5, CLASSES = 3, DIMS = 1 + BSN_AXES }; /* rows, then the axes, aligned at the last */

/* ---- arrays of the formulas ---- */
typedef struct array {
  size_t n[DIMS]; /* n[0]: rows, 1 when not batch */
  const bsn_real *v;
} array;

typedef struct given {
  array x, y, out;
  const int32_t *index;
} given;

static size_t place_of(const array *a, const size_t *i) {
  size_t e = 0;
  for (int d = 0; d < DIMS; d++) e = e * a->n[d] + (a->n[d] > 1 ? i[d] : 0);
  return e;
}

static double at(const array *a, const size_t *i) { return (double)a->v[place_of(a, i)]; }

static double at3(const array *a, const size_t *i, size_t p, size_t q, size_t r) { /* the last three axes given */
  return at(a, (size_t[DIMS]){i[0], i[1], i[2], p, q, r});
}

static size_t entries(const array *a) {
  size_t n = 1;
  for (int d = 0; d < DIMS; d++) n *= a->n[d];
  return n;
}

static void index_of(const array *a, size_t e, size_t *i) {
  for (int d = DIMS; d-- > 0; e /= a->n[d]) i[d] = e % a->n[d];
}

/* "r2x3": a batch of 2x3; "4": not batch; "r", "": scalars. */
static bool read_shape(const char *text, size_t *shape, int *axes) {
  bool batch = *text == 'r';
  text += batch;
  for (*axes = 0; *text; text += *text == 'x') shape[(*axes)++] = strtoul(text, (char **)&text, 10);
  return batch;
}

static array array_like(const char *text, const bsn_real *v) {
  size_t shape[BSN_AXES];
  int axes;
  array a = {.v = v};
  a.n[0] = read_shape(text, shape, &axes) ? ROWS : 1;
  for (int d = 1; d < DIMS; d++) a.n[d] = d < DIMS - axes ? 1 : shape[d - (DIMS - axes)];
  return a;
}

/* ---- one case ---- */
typedef bsn_node *build(bsn_node *x, bsn_node *y, bsn_node *index);
typedef double formula(const given *g, const size_t *i); /* entry i of the result */

typedef struct range {
  double lo, hi;
  bool away; /* of random sign: |x| in lo .. hi */
} range;

typedef struct shapes {
  const char *x, *y, *out;
} shapes;

typedef struct op_case {
  const char *name;
  build *build;
  formula *formula;
  range x, y;
  int order; /* of derivatives to check */
  const shapes *shapes;
} op_case;

/* ---- what the formulas are made of ---- */
/* Products: the sum over k of A(.., row, k) B(.., k, column), each maybe read as its transpose. */
static double product_of(const given *g, const size_t *i, bool ta, bool tb) {
  double sum = 0;
  for (size_t k = 0; k < g->y.n[tb ? 5 : 4]; k++) {
    double a = ta ? at3(&g->x, i, i[3], k, i[4]) : at3(&g->x, i, i[3], i[4], k);
    double b = tb ? at3(&g->y, i, i[3], i[5], k) : at3(&g->y, i, i[3], k, i[5]);
    sum += a * b;
  }
  return sum;
}

/* The sum over rows and all axes but the last of both. */
static double contracted_of(const given *g, const size_t *i) {
  double sum = 0;
  for (size_t r = 0; r < g->x.n[0]; r++)
    for (size_t p = 0; p < g->x.n[3]; p++)
      for (size_t q = 0; q < g->x.n[4]; q++)
        sum += at(&g->x, (size_t[DIMS]){r, 0, 0, p, q, i[4]}) * at(&g->y, (size_t[DIMS]){r, 0, 0, p, q, i[5]});
  return sum;
}

/* The entry of x that lies where i lies in the result, when both are written out row after row. */
static double same_place(const given *g, const size_t *i) { return (double)g->x.v[place_of(&g->out, i)]; }

static double summed_to(const given *g, const size_t *i) {
  double sum = 0;
  for (size_t e = 0; e < entries(&g->x); e++) {
    size_t j[DIMS];
    index_of(&g->x, e, j);
    bool here = true;
    for (int d = 0; d < DIMS; d++) here &= g->out.n[d] == 1 || j[d] == i[d];
    if (here) sum += at(&g->x, j);
  }
  return sum;
}

/* Of the last axis (of a row r3) or the one before (r3x4). */
static size_t largest(const array *a, const size_t *i, int axis) {
  size_t j[DIMS], best[DIMS];
  memcpy(j, i, sizeof j);
  j[axis] = 0;
  memcpy(best, j, sizeof best);
  for (; j[axis] < a->n[axis]; j[axis]++)
    if (at(a, j) > at(a, best)) best[axis] = j[axis];
  return best[axis];
}

static double exp_sum(const given *g, const size_t *i) {
  double sum = 0;
  for (size_t k = 0; k < g->x.n[5]; k++) sum += exp(at3(&g->x, i, i[3], i[4], k));
  return sum;
}

static const uint8_t bytes[4][6] = {
    {3, 1, 4, 1, 5, 9}, {26, 53, 58, 97, 93, 23}, {84, 62, 64, 33, 83, 27}, {95, 2, 88, 41, 97, 255}};
static const bsn_real reals[4][6] = {
    {3.5f, 1, 4, 1, 5, 9}, {2, 6, 5, 3, 5, 8}, {9, 7, 9, 3, 2, -3}, {8, 4, 6, 2, 6, 4.25f}};
static const bsn_real scales[6] = {0.5f, 0.25f, 2, 1, 3, 0.125f}, shifts[6] = {1, 2, 3, -1, -2, 0.5f};
static const bsn_rows_of byte_rows = {.u8 = bytes[0], .scale = scales, .shift = shifts, .step = 0};
static const bsn_rows_of real_rows = {.real = reals[0], .scale = scales, .shift = shifts, .step = 1};
static const bsn_rows_of plain_rows = {.real = reals[0]};
static const int32_t labels[4] = {2, 0, 1, 2};

static size_t column(const given *g, const size_t *i) { return i[4] * g->out.n[5] + i[5]; }

/* ---- formulas ---- */
#define FORMULA(name, value) \
  static double v_##name(const given *g, const size_t *i) { return value; }
#define ONE(name, value)                                    \
  static double v_##name(const given *g, const size_t *i) { \
    double x = at(&g->x, i);                                \
    return value;                                           \
  }
#define TWO(name, value)                                    \
  static double v_##name(const given *g, const size_t *i) { \
    double x = at(&g->x, i), y = at(&g->y, i);              \
    return value;                                           \
  }
#define BUILD(name, node)                                                \
  static bsn_node *b_##name(bsn_node *x, bsn_node *y, bsn_node *index) { \
    (void)x, (void)y, (void)index;                                       \
    return node;                                                         \
  }
#define BUILD1(name) BUILD(name, bsn_##name(x))
#define BUILD2(name) BUILD(name, bsn_##name(x, y))

// clang-format off
/* entry by entry */
BUILD2(add) TWO(add, x + y)
BUILD2(sub) TWO(sub, x - y)
BUILD2(mul) TWO(mul, x * y)
BUILD2(div) TWO(div, x / y)
BUILD2(max) TWO(max, x > y ? x : y)
BUILD2(min) TWO(min, x < y ? x : y)
BUILD2(gate) TWO(gate, y > 0 ? x : 0)
BUILD2(tanh_back) TWO(tanh_back, x * (1 - y * y))
BUILD2(sigmoid_back) TWO(sigmoid_back, x * y * (1 - y))
BUILD2(greater) TWO(greater, x > y ? 1 : x == y ? 0.5 : 0)
BUILD(affine, bsn_affine(x, 1.7, -0.3)) ONE(affine, (double)(bsn_real)1.7 * x + (double)(bsn_real)-0.3)
BUILD1(neg) ONE(neg, -x)
BUILD(exp, bsn_exp_of(x)) ONE(exp, exp(x))
BUILD(log, bsn_log_of(x)) ONE(log, log(x))
BUILD1(sqrt) ONE(sqrt, sqrt(x))
BUILD1(rsqrt) ONE(rsqrt, 1 / sqrt(x))
BUILD1(square) ONE(square, x * x)
BUILD(pow_3, bsn_pow_of(x, 3)) ONE(pow_3, x * x * x)
BUILD(pow_2, bsn_pow_of(x, 2)) ONE(pow_2, x * x)
BUILD(pow_1, bsn_pow_of(x, 1)) ONE(pow_1, x)
BUILD(pow_0, bsn_add(x, bsn_pow_of(x, 0))) ONE(pow_0, x + 1)
BUILD(pow_minus_2, bsn_pow_of(x, -2)) ONE(pow_minus_2, 1 / (x * x))
BUILD(pow_half, bsn_pow_of(x, 0.5)) ONE(pow_half, sqrt(x))
BUILD(pow_2_75, bsn_pow_of(x, 2.75)) ONE(pow_2_75, pow(x, 2.75))
BUILD1(abs) ONE(abs, fabs(x))
BUILD1(sign) ONE(sign, x > 0 ? 1 : x < 0 ? -1 : 0)
BUILD1(step) ONE(step, x > 0)
BUILD(tanh, bsn_tanh_of(x)) ONE(tanh, tanh(x))
BUILD1(sigmoid) ONE(sigmoid, 1 / (1 + exp(-x)))
BUILD1(softplus) ONE(softplus, log1p(exp(x)))
BUILD(erf, bsn_erf_of(x)) ONE(erf, erf(x))
BUILD1(relu) ONE(relu, x > 0 ? x : 0)
BUILD(leaky_relu, bsn_leaky_relu(x, 0.125)) ONE(leaky_relu, x > 0 ? x : 0.125 * x)
BUILD(elu, bsn_elu(x, 1.25)) ONE(elu, x > 0 ? x : 1.25 * expm1(x))
BUILD1(gelu) ONE(gelu, x * (1 + erf(x / sqrt(2))) / 2)
BUILD1(silu) ONE(silu, x / (1 + exp(-x)))
/* products */
BUILD2(matmul) FORMULA(matmul, product_of(g, i, false, false))
BUILD(matmul_nt, bsn_matmul_t(x, false, y, true)) FORMULA(matmul_nt, product_of(g, i, false, true))
BUILD(matmul_tn, bsn_matmul_t(x, true, y, false)) FORMULA(matmul_tn, product_of(g, i, true, false))
BUILD(matmul_tt, bsn_matmul_t(x, true, y, true)) FORMULA(matmul_tt, product_of(g, i, true, true))
BUILD2(contract) FORMULA(contract, contracted_of(g, i))
/* places and sums */
BUILD(reshape, bsn_reshape(x, 3, (size_t[]){3, 2, 2})) FORMULA(reshape, same_place(g, i))
BUILD(reshape_twice, bsn_reshape(bsn_square(bsn_reshape(x, 2, (size_t[]){6, 2})), 2, (size_t[]){4, 3})) FORMULA(reshape_twice, same_place(g, i) * same_place(g, i))
BUILD1(flatten) FORMULA(flatten, same_place(g, i))
BUILD(permute, bsn_permute(x, (size_t[]){2, 0, 1})) FORMULA(permute, at3(&g->x, i, i[4], i[5], i[3]))
BUILD(permute_back, bsn_permute(bsn_permute(x, (size_t[]){2, 0, 1}), (size_t[]){1, 2, 0})) FORMULA(permute_back, at(&g->x, i))
BUILD(permute_twice, bsn_permute(bsn_permute(x, (size_t[]){1, 0, 2}), (size_t[]){0, 2, 1})) FORMULA(permute_twice, at3(&g->x, i, i[5], i[3], i[4]))
BUILD1(transpose) FORMULA(transpose, at3(&g->x, i, i[3], i[5], i[4]))
BUILD(slice, bsn_slice(x, 1, 1, 2)) FORMULA(slice, at3(&g->x, i, i[3], i[4] + 1, i[5]))
BUILD(slice_last, bsn_slice(x, 2, 0, 1)) FORMULA(slice_last, at3(&g->x, i, i[3], i[4], 0))
BUILD(pad, bsn_pad(x, 1, 1, 2)) FORMULA(pad, i[4] < 1 || i[4] > g->x.n[4] ? 0 : at3(&g->x, i, i[3], i[4] - 1, i[5]))
BUILD(pad_last, bsn_pad(x, 0, 0, 3)) FORMULA(pad_last, i[5] >= g->x.n[5] ? 0 : at(&g->x, i))
BUILD(expand, bsn_expand(x, y)) FORMULA(expand, at(&g->x, i))
BUILD(sum_0, bsn_sum_axis(x, 0, true)) FORMULA(sum_0, summed_to(g, i))
BUILD(sum_1, bsn_sum_axis(x, 1, true)) FORMULA(sum_1, summed_to(g, i))
BUILD(sum_2, bsn_sum_axis(x, 2, true)) FORMULA(sum_2, summed_to(g, i))
BUILD(sum_gone, bsn_sum_axis(x, 0, false)) FORMULA(sum_gone, summed_to(g, i))
BUILD(mean_1, bsn_mean_axis(x, 1, true)) FORMULA(mean_1, summed_to(g, i) / (double)g->x.n[4])
BUILD(amax_last, bsn_amax(x, 1, false)) FORMULA(amax_last, at3(&g->x, i, 0, i[5], largest(&g->x, (size_t[DIMS]){i[0], 0, 0, 0, i[5]}, 5)))
BUILD(amax_kept, bsn_amax(x, 0, true)) FORMULA(amax_kept, at3(&g->x, i, 0, largest(&g->x, i, 4), i[5]))
BUILD1(sum_rows) FORMULA(sum_rows, summed_to(g, i))
BUILD(sum_to, bsn_sum_to(x, y)) FORMULA(sum_to, summed_to(g, i))
BUILD1(sum_row) FORMULA(sum_row, summed_to(g, i))
BUILD1(mean_row) FORMULA(mean_row, summed_to(g, i) / (double)(entries(&g->x) / g->x.n[0]))
BUILD(winner, bsn_one_hot(bsn_winner(x, 0), CLASSES)) FORMULA(winner, largest(&g->x, i, 5) == i[5])
BUILD(pick, bsn_pick(x, index, 0)) FORMULA(pick, at3(&g->x, i, 0, 0, (size_t)g->index[i[0]]))
BUILD(pick_winner, bsn_pick(x, bsn_winner(y, 0), 0)) FORMULA(pick_winner, at3(&g->x, i, 0, largest(&g->y, i, 4), i[5]))
BUILD(place, bsn_place(x, index, 0, CLASSES)) FORMULA(place, i[5] == (size_t)g->index[i[0]] ? at(&g->x, (size_t[DIMS]){i[0]}) : 0)
BUILD(place_winner, bsn_place(x, bsn_winner(y, 0), 0, 3)) FORMULA(place_winner, i[4] == largest(&g->y, i, 4) ? at3(&g->x, i, 0, 0, i[5]) : 0)
/* classes, and rows of a data set */
BUILD1(softmax) FORMULA(softmax, exp(at(&g->x, i)) / exp_sum(g, i))
BUILD1(log_softmax) FORMULA(log_softmax, at(&g->x, i) - log(exp_sum(g, i)))
BUILD(cross_entropy, bsn_cross_entropy(x, index)) FORMULA(cross_entropy, log(exp_sum(g, i)) - at3(&g->x, i, 0, 0, (size_t)g->index[i[0]]))
BUILD(one_hot, bsn_mul(x, bsn_one_hot(index, CLASSES))) FORMULA(one_hot, i[5] == (size_t)g->index[i[0]] ? at(&g->x, i) : 0)
BUILD(gather_bytes, bsn_mul(x, bsn_gather(index, &byte_rows, 2, (size_t[]){2, 3}))) FORMULA(gather_bytes, at(&g->x, i) * (0.5 * bytes[g->index[i[0]]][column(g, i)] + 1))
BUILD(gather_reals, bsn_mul(x, bsn_gather(index, &real_rows, 1, (size_t[]){6}))) FORMULA(gather_reals, at(&g->x, i) * (double)(scales[i[5]] * reals[g->index[i[0]]][i[5]] + shifts[i[5]]))
BUILD(gather_plain, bsn_mul(x, bsn_gather(index, &plain_rows, 1, (size_t[]){6}))) FORMULA(gather_plain, at(&g->x, i) * (double)reals[g->index[i[0]]][i[5]])
BUILD(gather_label, bsn_mul(x, bsn_one_hot(bsn_gather_label(index, labels), CLASSES))) FORMULA(gather_label, i[5] == (size_t)labels[g->index[i[0]]] ? at(&g->x, i) : 0)

/* ---- shapes ---- */
#define SHAPES(name, ...) static const shapes name[] = {__VA_ARGS__, {0}}
SHAPES(each, {"", NULL, ""}, {"7", NULL, "7"}, {"2x3", NULL, "2x3"}, {"r", NULL, "r"}, {"r3", NULL, "r3"}, {"r2x3x4", NULL, "r2x3x4"}, {"r37", NULL, "r37"});
SHAPES(pairs, /* all ways in which one may have to be repeated for the other */
    {"", "", ""}, {"r", "r", "r"}, {"r3", "r3", "r3"}, {"r3", "3", "r3"}, {"3", "r3", "r3"}, {"r3", "", "r3"}, {"", "r3", "r3"},
    {"r", "r3", "r3"}, {"r3", "r", "r3"}, {"r", "4", "r4"}, {"1", "r", "r1"}, {"", "r", "r"}, {"2x3", "3", "2x3"}, {"2x1", "2x3", "2x3"},
    {"2x1", "1x3", "2x3"}, {"3", "2x1", "2x3"}, {"r2x1", "3", "r2x3"}, {"r2x1", "r3", "r2x3"}, {"2x1", "r2x3", "r2x3"}, {"2x3", "r2x1", "r2x3"},
    {"r1x3", "2x1", "r2x3"}, {"r2x3x4", "3x1", "r2x3x4"}, {"r2x1x4", "3x1", "r2x3x4"}, {"2x1x2", "1x4x1", "2x4x2"}, {"r2x1x1", "r1x3x4", "r2x3x4"},
    {"r37", "37", "r37"}, {"r2x19", "r2x1", "r2x19"}, {"r", "70", "r70"}, {"r1x2x1x2x3", "2x1x2x1x3", "r2x2x2x2x3"});
SHAPES(matrices, {"r4", "4x3", "r3"}, {"r2x4", "4x3", "r2x3"}, {"r2x3x4", "4x2", "r2x3x2"}, {"5x4", "4x3", "5x3"}, {"4", "4x3", "3"}, {"2x3x4", "4x2", "2x3x2"},
    {"r2x4", "r4x3", "r2x3"}, {"2x4", "r4x3", "r2x3"}, {"r3x2x4", "3x4x2", "r3x2x2"}, {"3x2x4", "3x4x2", "3x2x2"}, {"r20", "20x33", "r33"}, {"r1", "1x1", "r1"});
SHAPES(matrices_nt, {"r4", "3x4", "r3"}, {"r2x4", "3x4", "r2x3"}, {"5x4", "3x4", "5x3"}, {"r2x4", "r3x4", "r2x3"}, {"r3x2x4", "3x5x4", "r3x2x5"}, {"r20", "33x20", "r33"});
SHAPES(matrices_tn, {"r4x2", "4x3", "r2x3"}, {"4x5", "4x3", "5x3"}, {"r4x2", "r4x3", "r2x3"}, {"4x2", "r4x3", "r2x3"}, {"r3x4x2", "3x4x5", "r3x2x5"});
SHAPES(matrices_tt, {"r4x2", "3x4", "r2x3"}, {"4x5", "3x4", "5x3"}, {"r4x2", "r3x4", "r2x3"}, {"4x2", "r3x4", "r2x3"}, {"r3x4x2", "3x5x4", "r3x2x5"});
SHAPES(contracted, {"r4", "r3", "4x3"}, {"r2x4", "r2x3", "4x3"}, {"r2x3x4", "r2x3x2", "4x2"}, {"5x4", "5x3", "4x3"}, {"2x3x4", "2x3x2", "4x2"}, {"r17", "r35", "17x35"});
SHAPES(reshaped, {"12", NULL, "3x2x2"}, {"r12", NULL, "r3x2x2"}, {"r4x3", NULL, "r3x2x2"});
SHAPES(reshaped_twice, {"12", NULL, "4x3"}, {"r2x6", NULL, "r4x3"});
SHAPES(flattened, {"2x3", NULL, "6"}, {"r2x3x2", NULL, "r12"}, {"r", NULL, "r1"});
SHAPES(permuted, {"2x3x4", NULL, "4x2x3"}, {"r2x3x4", NULL, "r4x2x3"});
SHAPES(permuted_back, {"2x3x4", NULL, "2x3x4"}, {"r2x3x4", NULL, "r2x3x4"});
SHAPES(permuted_twice, {"2x3x4", NULL, "3x4x2"}, {"r2x3x4", NULL, "r3x4x2"});
SHAPES(transposed, {"2x3", NULL, "3x2"}, {"r2x3", NULL, "r3x2"}, {"r2x3x4", NULL, "r2x4x3"}, {"r17x20", NULL, "r20x17"});
SHAPES(sliced, {"r2x4x3", NULL, "r2x2x3"}, {"2x4x3", NULL, "2x2x3"}, {"r1x3x1", NULL, "r1x2x1"});
SHAPES(sliced_last, {"r2x4x3", NULL, "r2x4x1"}, {"2x4x3", NULL, "2x4x1"});
SHAPES(padded, {"r2x4x3", NULL, "r2x7x3"}, {"2x1x3", NULL, "2x4x3"});
SHAPES(padded_last, {"r2", NULL, "r5"}, {"4", NULL, "7"});
SHAPES(expanded, {"", "r3", "r3"}, {"3", "r2x3", "r2x3"}, {"2x1", "2x3", "2x3"}, {"r1x3", "r2x3", "r2x3"}, {"1x4x1", "r2x4x3", "r2x4x3"}, {"r", "r4", "r4"}, {"3", "3", "3"});
SHAPES(summed_0, {"r3", NULL, "r1"}, {"3", NULL, "1"}, {"r40", NULL, "r1"});
SHAPES(summed_1, {"r2x4x3", NULL, "r2x1x3"}, {"2x4x3", NULL, "2x1x3"}, {"r4x37x2", NULL, "r4x1x2"});
SHAPES(summed_2, {"r2x4x3", NULL, "r2x4x1"}, {"2x4x40", NULL, "2x4x1"});
SHAPES(summed_gone, {"r3", NULL, "r"}, {"7", NULL, ""}, {"r70", NULL, "r"}, {"r2x1", NULL, "r1"});
SHAPES(amax_gone, {"r4x3", NULL, "r4"}, {"4x3", NULL, "4"});
SHAPES(amax_stays, {"r4x3", NULL, "r1x3"}, {"4x3", NULL, "1x3"});
SHAPES(over_rows, {"r", NULL, ""}, {"r3", NULL, "3"}, {"r2x3", NULL, "2x3"}, {"r37", NULL, "37"});
SHAPES(away, {"r2x3", "3", "3"}, {"r2x3", "r3", "r3"}, {"r2x3", "", ""}, {"r2x3", "2x1", "2x1"}, {"r2x3x4", "r1x3x1", "r1x3x1"}, {"2x3", "3", "3"}, {"r3", "r3", "r3"}, {"2x3x4", "1x4", "1x4"});
SHAPES(row_sums, {"r", NULL, "r"}, {"r5", NULL, "r"}, {"r2x3x4", NULL, "r"}, {"2x3", NULL, ""});
SHAPES(classes, {"r3", NULL, "r3"});
SHAPES(scores, {"r3", NULL, "r"});
SHAPES(score, {"r", NULL, "r3"});
SHAPES(won, {"r3x4", "r3x4", "r4"}, {"3x4", "3x4", "4"}, {"3x4", "3x4", "4"});
SHAPES(put, {"r4", "r3x4", "r3x4"}, {"4", "3x4", "3x4"});
SHAPES(last_axis, {"4", NULL, "4"}, {"r3", NULL, "r3"}, {"r2x5", NULL, "r2x5"}, {"2x3x4", NULL, "2x3x4"}, {"r37", NULL, "r37"});
SHAPES(six, {"r6", NULL, "r6"});
SHAPES(two_three, {"r2x3", NULL, "r2x3"});

/* ---- the table: name, builder, formula, where x and y lie, highest order of derivatives, shapes ---- */
#define CASE(name, ...) {#name, b_##name, v_##name, __VA_ARGS__}
#define AROUND {-2, 2, false}
#define ABOVE {0.4, 2.5, false}
#define OFF_0 {0.3, 2, true}
#define BIG {0.5, 1, true}
#define SMALL {-0.4, 0.4, false}
static const op_case cases[] = {
    CASE(add, AROUND, AROUND, 2, pairs), CASE(sub, AROUND, AROUND, 2, pairs), CASE(mul, AROUND, AROUND, 3, pairs), CASE(div, AROUND, OFF_0, 3, pairs),
    CASE(max, BIG, SMALL, 1, pairs), CASE(min, SMALL, BIG, 1, pairs), CASE(gate, AROUND, OFF_0, 1, pairs), CASE(greater, AROUND, AROUND, 0, pairs),
    CASE(tanh_back, AROUND, AROUND, 3, pairs), CASE(sigmoid_back, AROUND, AROUND, 3, pairs),
    CASE(affine, AROUND, AROUND, 2, each), CASE(neg, AROUND, AROUND, 2, each), CASE(exp, AROUND, AROUND, 3, each), CASE(log, ABOVE, AROUND, 3, each),
    CASE(sqrt, ABOVE, AROUND, 3, each), CASE(rsqrt, ABOVE, AROUND, 3, each), CASE(square, AROUND, AROUND, 3, each), CASE(pow_3, AROUND, AROUND, 3, each),
    CASE(pow_2, AROUND, AROUND, 3, each), CASE(pow_1, AROUND, AROUND, 2, each), CASE(pow_0, AROUND, AROUND, 2, each), CASE(pow_minus_2, OFF_0, AROUND, 3, each),
    CASE(pow_half, ABOVE, AROUND, 3, each), CASE(pow_2_75, ABOVE, AROUND, 3, each), CASE(abs, OFF_0, AROUND, 1, each), CASE(sign, AROUND, AROUND, 0, each),
    CASE(step, AROUND, AROUND, 0, each), CASE(tanh, AROUND, AROUND, 3, each), CASE(sigmoid, AROUND, AROUND, 3, each), CASE(softplus, AROUND, AROUND, 3, each),
    CASE(erf, AROUND, AROUND, 3, each), CASE(relu, OFF_0, AROUND, 1, each), CASE(leaky_relu, OFF_0, AROUND, 1, each), CASE(elu, OFF_0, AROUND, 3, each),
    CASE(gelu, AROUND, AROUND, 3, each), CASE(silu, AROUND, AROUND, 3, each),
    CASE(matmul, AROUND, AROUND, 3, matrices), CASE(matmul_nt, AROUND, AROUND, 3, matrices_nt), CASE(matmul_tn, AROUND, AROUND, 3, matrices_tn),
    CASE(matmul_tt, AROUND, AROUND, 3, matrices_tt), CASE(contract, AROUND, AROUND, 3, contracted),
    CASE(reshape, AROUND, AROUND, 2, reshaped), CASE(reshape_twice, AROUND, AROUND, 2, reshaped_twice), CASE(flatten, AROUND, AROUND, 2, flattened),
    CASE(permute, AROUND, AROUND, 2, permuted), CASE(permute_back, AROUND, AROUND, 2, permuted_back), CASE(permute_twice, AROUND, AROUND, 2, permuted_twice),
    CASE(transpose, AROUND, AROUND, 2, transposed), CASE(slice, AROUND, AROUND, 2, sliced), CASE(slice_last, AROUND, AROUND, 2, sliced_last),
    CASE(pad, AROUND, AROUND, 2, padded), CASE(pad_last, AROUND, AROUND, 2, padded_last), CASE(expand, AROUND, AROUND, 2, expanded),
    CASE(sum_0, AROUND, AROUND, 2, summed_0), CASE(sum_1, AROUND, AROUND, 2, summed_1), CASE(sum_2, AROUND, AROUND, 2, summed_2),
    CASE(sum_gone, AROUND, AROUND, 2, summed_gone), CASE(mean_1, AROUND, AROUND, 2, summed_1), CASE(amax_last, AROUND, AROUND, 1, amax_gone),
    CASE(amax_kept, AROUND, AROUND, 1, amax_stays), CASE(sum_rows, AROUND, AROUND, 2, over_rows), CASE(sum_to, AROUND, AROUND, 2, away),
    CASE(sum_row, AROUND, AROUND, 2, row_sums), CASE(mean_row, AROUND, AROUND, 2, row_sums), CASE(winner, AROUND, AROUND, 0, classes),
    CASE(pick, AROUND, AROUND, 2, scores), CASE(pick_winner, AROUND, AROUND, 1, won), CASE(place, AROUND, AROUND, 2, score),
    CASE(place_winner, AROUND, AROUND, 1, put),
    CASE(softmax, AROUND, AROUND, 3, last_axis), CASE(log_softmax, AROUND, AROUND, 3, last_axis), CASE(cross_entropy, AROUND, AROUND, 3, scores),
    CASE(one_hot, AROUND, AROUND, 2, classes), CASE(gather_bytes, AROUND, AROUND, 2, two_three), CASE(gather_reals, AROUND, AROUND, 2, six),
    CASE(gather_plain, AROUND, AROUND, 2, six), CASE(gather_label, AROUND, AROUND, 2, classes)};
// clang-format on

enum { CASES = sizeof cases / sizeof *cases };

#endif
