/* Own elementary functions against those of libm in long double: errors in units in the last place, over dense samples and
 * special values. */
#include "basin_check.h"
#include "base/arena.h"
#include "base/stream.h"
#include "num/draw.h"
#include "num/kernels.h"
#include "num/math.h"
#include <float.h>

#ifdef BSN_DOUBLE
enum { DIGITS = DBL_MANT_DIG };
static const double least = DBL_MIN, greatest = DBL_MAX, whole_exp_low = -708.3, whole_exp_high = 709.7;
#else
enum { DIGITS = FLT_MANT_DIG };
static const double least = FLT_MIN, greatest = FLT_MAX, whole_exp_low = -87.3, whole_exp_high = 88.7;
#endif

/* |got - want| in units of the last place of want, of `digits` binary digits. */
static double ulps(double got, long double want, int digits) {
  if (isnan(want)) return isnan(got) ? 0 : INFINITY;
  if (isinf(want) || isinf(got)) return (long double)got == want ? 0 : INFINITY;
  int exponent;
  frexpl(want, &exponent);
  return (double)(fabsl((long double)got - want) / ldexpl(1, exponent - digits));
}

static double uniform(uint64_t i, double low, double high) {
  return low + (high - low) * bsn_uniform(bsn_stream_of(1, "test", "math", 0), i);
}

/* Uniform in the logarithm when low > 0. */
static double sample(uint64_t i, double low, double high) {
  if (low > 0) return exp(uniform(i, log(low), log(high)));
  return uniform(i, low, high);
}

/* ---- one value at a time ---- */
static const struct scalar_case {
  const char *name;
  double (*own)(double);
  long double (*exact)(long double);
  double low, high, most;
} scalar_cases[] = {
    {"exp", bsn_exp, expl, -708.3, 709.7, 2},
    {"exp", bsn_exp, expl, -1, 1, 2},
    {"log", bsn_log, logl, DBL_MIN, DBL_MAX, 2},
    {"log", bsn_log, logl, 0.5, 2, 2},
    {"log", bsn_log, logl, 0.999, 1.001, 2},
    {"sin", bsn_sin, sinl, -99999, 99999, 2},
    {"sin", bsn_sin, sinl, 1e-300, 4, 2},
    {"cos", bsn_cos, cosl, -99999, 99999, 2},
    {"cos", bsn_cos, cosl, -4, 4, 2},
    {"tanh", bsn_tanh, tanhl, -25, 25, 2},
    {"tanh", bsn_tanh, tanhl, 1e-300, 2, 2},
    {"tanh", bsn_tanh, tanhl, -1, 1, 2},
    {"erf", bsn_erf, erfl, -8, 8, 2},
    {"erf", bsn_erf, erfl, -1.1, 1.1, 2},
    {"erf", bsn_erf, erfl, 1e-300, 2, 2},
};

enum { SAMPLES = 40000 }; /* of each case; libm in long double is slow */

static void check_scalar(const struct scalar_case *c) {
  for (uint64_t i = 0; i < SAMPLES; i++) {
    double x = sample(i, c->low, c->high), error = ulps(c->own(x), c->exact(x), DBL_MANT_DIG);
    ck_assert_msg(error <= c->most, "%s(%.17g) is %.2f ulp off", c->name, x, error);
  }
}

START_TEST(scalar_functions_are_within_two_ulp) {
  for (size_t i = 0; i < sizeof scalar_cases / sizeof *scalar_cases; i++) check_scalar(scalar_cases + i);
}
END_TEST

/* Where x is as near to a multiple of pi/2 as a double can be. */
START_TEST(sin_and_cos_near_their_zeros) {
  for (int k = 0; k < 63000; k++) {
    double x = k * (BSN_PI / 2);
    ck_assert_double_le(ulps(bsn_sin(x), sinl(x), DBL_MANT_DIG), 2);
    ck_assert_double_le(ulps(bsn_cos(x), cosl(x), DBL_MANT_DIG), 2);
  }
}
END_TEST

START_TEST(powers_are_within_four_ulp) {
  for (uint64_t i = 0; i < SAMPLES; i++) {
    double x = exp(uniform(2 * i, -20, 20)), y = uniform(2 * i + 1, -100, 100) / log(x);
    if (i % 2) x = uniform(2 * i, 0.5, 2), y = uniform(2 * i + 1, -100, 100);
    if (fabs(y * log(x)) >= 100) continue;
    double error = ulps(bsn_pow(x, y), powl(x, y), DBL_MANT_DIG);
    ck_assert_msg(error <= 4, "pow(%.17g, %.17g) is %.2f ulp off", x, y, error);
  }
}
END_TEST

static const double special[] = {0.0, -0.0, 1,     -1,     0.5,    2,        3,         -3,
                                 4,   -2.5, 1e300, -1e300, 1e-300, INFINITY, -INFINITY, NAN};
enum { SPECIAL = sizeof special / sizeof *special };

static int alike(double a, double b) { return (a != a && b != b) || (a == b && !signbit(a) == !signbit(b)); }

START_TEST(special_values_are_those_of_libm) {
  for (int i = 0; i < SPECIAL; i++) {
    double x = special[i];
    ck_assert_msg(alike(bsn_exp(x), exp(x)) || ulps(bsn_exp(x), expl(x), 53) <= 2, "exp(%g)", x);
    ck_assert_msg(alike(bsn_log(x), log(x)) || ulps(bsn_log(x), logl(x), 53) <= 2, "log(%g)", x);
    ck_assert_msg(alike(bsn_tanh(x), tanh(x)) || ulps(bsn_tanh(x), tanhl(x), 53) <= 2, "tanh(%g)", x);
    ck_assert_msg(alike(bsn_erf(x), erf(x)) || ulps(bsn_erf(x), erfl(x), 53) <= 2, "erf(%g)", x);
    for (int j = 0; j < SPECIAL; j++) {
      double got = bsn_pow(x, special[j]), want = pow(x, special[j]);
      ck_assert_msg(alike(got, want) || ulps(got, powl(x, special[j]), 53) <= 4, "pow(%g, %g) = %g, not %g", x,
                    special[j], got, want);
    }
  }
  ck_assert(alike(bsn_sin(-0.0), -0.0));
  ck_assert(isnan(bsn_sin(INFINITY)) && isnan(bsn_cos(NAN)) && isnan(bsn_sin(1e5)));
  ck_assert(bsn_exp(-709) == 0 && bsn_exp(710) == INFINITY && isinf(bsn_log(DBL_MIN / 2)));
}
END_TEST

/* ---- kernels ---- */
static long double sigmoidl(long double x) { return 1 / (1 + expl(-x)); }
static long double softplusl(long double x) { return fmaxl(x, 0) + log1pl(expl(-fabsl(x))); }

static const struct kernel_case {
  const char *name;
  size_t kernel;
  long double (*exact)(long double);
  double low, high; /* 0, 0: the range in which exp neither over- nor underflows */
  double most;      /* ulp */
} kernel_cases[] = {
    {"exp", offsetof(bsn_kernels, exp), expl, 0, 0, 2},
    {"exp", offsetof(bsn_kernels, exp), expl, -2, 2, 2},
    {"log", offsetof(bsn_kernels, log), logl, 1e-37, 1e37, 2},
    {"log", offsetof(bsn_kernels, log), logl, 0.5, 2, 2},
    {"log", offsetof(bsn_kernels, log), logl, 0.999, 1.001, 2},
    {"tanh", offsetof(bsn_kernels, tanh), tanhl, -25, 25, 2},
    {"tanh", offsetof(bsn_kernels, tanh), tanhl, 1e-35, 2, 2},
    {"tanh", offsetof(bsn_kernels, tanh), tanhl, -1, 1, 2},
    {"sigmoid", offsetof(bsn_kernels, sigmoid), sigmoidl, -80, 80, 2},
    {"sigmoid", offsetof(bsn_kernels, sigmoid), sigmoidl, -2, 2, 2},
    {"softplus", offsetof(bsn_kernels, softplus), softplusl, -80, 80, 2},
    {"softplus", offsetof(bsn_kernels, softplus), softplusl, -2, 2, 2},
    {"erf", offsetof(bsn_kernels, erf), erfl, -8, 8, 2},
    {"erf", offsetof(bsn_kernels, erf), erfl, 1e-35, 2, 2},
};

static void check_kernel(const struct kernel_case *c) {
  const bsn_kernels *k = bsn_kernels_best();
  bsn_unary *own = *(bsn_unary *const *)(const void *)((const char *)k + c->kernel);
  double low = c->low, high = c->high;
  if (low == high) low = whole_exp_low, high = whole_exp_high;
  bsn_arena arena = {0};
  bsn_real *x = bsn_reals_in(&arena, SAMPLES), *y = bsn_reals_in(&arena, SAMPLES);
  for (uint64_t i = 0; i < SAMPLES; i++) x[i] = (bsn_real)sample(i, low, high);
  own(x, y, SAMPLES);
  for (size_t i = 0; i < SAMPLES; i++) {
    double error = ulps((double)y[i], c->exact(x[i]), DIGITS);
    ck_assert_msg(error <= c->most, "%s(%.17g) is %.2f ulp off", c->name, (double)x[i], error);
  }
  bsn_arena_free(&arena);
}

START_TEST(kernels_are_within_two_ulp) {
  for (size_t i = 0; i < sizeof kernel_cases / sizeof *kernel_cases; i++) check_kernel(kernel_cases + i);
}
END_TEST

static double kernel_of(bsn_unary *f, double x) {
  bsn_real in[1 + BSN_SLACK] = {(bsn_real)x}, out[1 + BSN_SLACK];
  f(in, out, 1);
  return (double)out[0];
}

START_TEST(kernels_know_special_values) {
  const bsn_kernels *k = bsn_kernels_best();
  bsn_unary *const all[] = {k->exp, k->log, k->tanh, k->sigmoid, k->softplus, k->erf};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) ck_assert(isnan(kernel_of(all[i], NAN)));
  static const double ends[][2] = {{0, INFINITY}, {NAN, INFINITY}, {-1, 1}, {0, 1}, {0, INFINITY}, {-1, 1}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    ck_assert(alike(kernel_of(all[i], -INFINITY), ends[i][0]));
    ck_assert(alike(kernel_of(all[i], INFINITY), ends[i][1]));
    ck_assert(alike(kernel_of(all[i], greatest), i == 1   ? kernel_of(k->log, greatest)
                                                 : i == 4 ? greatest
                                                          : ends[i][1]));
  }
  ck_assert(kernel_of(k->exp, 0) == 1 && kernel_of(k->exp, whole_exp_low - 1) == 0);
  ck_assert(kernel_of(k->exp, whole_exp_high + 1) == INFINITY);
  ck_assert(kernel_of(k->log, 1) == 0 && kernel_of(k->log, 0) == -INFINITY && kernel_of(k->log, -0.0) == -INFINITY);
  ck_assert(kernel_of(k->log, least / 2) == -INFINITY && isnan(kernel_of(k->log, -1)));
  ck_assert(alike(kernel_of(k->tanh, -0.0), -0.0) && alike(kernel_of(k->erf, -0.0), -0.0));
}
END_TEST

/* exp(x) - 1 near 0 would lose all digits if it were computed like that. */
START_TEST(elu_is_accurate_near_zero) {
  const bsn_kernels *k = bsn_kernels_best();
  for (uint64_t i = 0; i < SAMPLES / 10; i++) {
    bsn_real x[1 + BSN_SLACK] = {-(bsn_real)sample(i, 1e-30, 100)}, y[1 + BSN_SLACK];
    k->elu(x, 1, y, 1);
    ck_assert_double_le(ulps((double)y[0], expm1l(x[0]), DIGITS), 2);
  }
}
END_TEST

static const struct power {
  double x, a, want;
} powers[] = {{4, 0.5, 2},         {8, -1.0 / 3, 0.5},  {-2, 5, -32},   {-2, 6, 64},
              {0, 0.5, 0},         {0, -0.5, INFINITY}, {-2, 0.5, NAN}, {2, -5, 1.0 / 32},
              {-2, -5, -1.0 / 32}, {NAN, 0.5, NAN},     {NAN, 0, 1},    {3, 1, 3}};

START_TEST(kernel_powers) {
  for (size_t i = 0; i < sizeof powers / sizeof *powers; i++) {
    bsn_real x[1 + BSN_SLACK] = {(bsn_real)powers[i].x}, y[1 + BSN_SLACK];
    bsn_kernels_best()->pow(x, (bsn_real)powers[i].a, y, 1);
    double error = ulps((double)y[0], powers[i].want, DIGITS);
    ck_assert_msg(error <= 8, "%g^%g = %g", powers[i].x, powers[i].a, (double)y[0]);
  }
}
END_TEST

BASIN_TESTS("math", scalar_functions_are_within_two_ulp, kernels_are_within_two_ulp, sin_and_cos_near_their_zeros,
            powers_are_within_four_ulp, special_values_are_those_of_libm, kernels_know_special_values,
            elu_is_accurate_near_zero, kernel_powers)
