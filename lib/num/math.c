#define SIMD_ONE
#include "num/math.h"
#include "num/functions.h"
#include "num/vector.h"
#include <math.h>
#include <stdbool.h>

double bsn_exp(double x) { return exp_of((vec){x})[0]; }

double bsn_log(double x) { return log_of((vec){x})[0]; }

double bsn_tanh(double x) { return tanh_of((vec){x})[0]; }

double bsn_erf(double x) { return erf_of((vec){x})[0]; }

/* An unevaluated sum of two numbers, the second below the rounding of the first. */
typedef struct sum {
  double high, low;
} sum;

INLINE sum exact_add(double a, double b) {
  double s = a + b, part = s - a;
  return (sum){s, (a - (s - part)) + (b - part)};
}

/* 2 s^3 / 3 of s = high + low. */
static sum cubic_term(sum s) {
  const double third = 2.0 / 3, third_lost = 0x1.5555555555555p-55;
  double z = s.high * s.high, z_lost = fma(s.high, s.high, -z) + 2 * s.high * s.low;
  double cube = s.high * z, cube_lost = fma(s.high, z, -cube) + (s.high * z_lost + z * s.low);
  double term = cube * third;
  return (sum){term, fma(cube, third, -term) + (cube_lost * third + cube * third_lost)};
}

/* log x of a positive normal number with 8 bits more than a double has: k ln 2 + 2 atanh(s), where s = f / (2 + f), the
 * first two terms of atanh and the product with k are sums. */
static sum long_log(double x) {
  vec k;
  double f = split((vec){x}, &k)[0] - 1;
  double below = 2 + f, below_lost = f - (below - 2);
  double high = f / below;
  sum s = {high, (fma(-high, below, f) - high * below_lost) / below}, cubic = cubic_term(s);
  double z = high * high;
  double rest = high * z * z * polynomial((vec){z}, log_series + 1, TERMS(log_series) - 1)[0];
  double product = k[0] * LN2_HIGH, product_lost = fma(k[0], LN2_HIGH, -product) + k[0] * LN2_LOW;
  sum first = exact_add(product, 2 * s.high), second = exact_add(first.high, cubic.high);
  double tail = first.low + (second.low + (2 * s.low + (product_lost + (cubic.low + rest))));
  return exact_add(second.high, tail);
}

static double positive_pow(double x, double y) {
  if (x == 1 || y == 0) return 1;
  if (x < SMALLEST) return y > 0 ? 0 : INFINITY;
  if (x == INFINITY) return y > 0 ? INFINITY : 0;
  if (isinf(y)) return (x > 1) == (y > 0) ? INFINITY : 0;
  sum l = long_log(x);
  double high = y * l.high, low = fma(y, l.high, -high) + y * l.low;
  double power = bsn_exp(high);
  return isinf(power) || power == 0 ? power : fma(power, low, power);
}

double bsn_pow(double x, double y) {
  if (x != x || y != y) return y == 0 || x == 1 ? 1 : NAN;
  if (x > 0) return positive_pow(x, y);
  bool whole = y == nearbyint(y), odd = whole && fabs(y) < 0x1p53 && y / 2 != nearbyint(y / 2);
  if (!whole && x < 0 && x != -INFINITY) return NAN;
  double size = positive_pow(fabs(x), y);
  return odd && signbit(x) ? -size : size;
}

static const double sin_series[] = {-1.0 / 6,
                                    1.0 / 120,
                                    -1.0 / 5040,
                                    1.0 / 362880,
                                    -1.0 / 39916800,
                                    1.0 / 6227020800.0,
                                    -1.0 / 1307674368000.0,
                                    1.0 / 355687428096000.0};
static const double cos_series[] = {1.0 / 24,        -1.0 / 720,           1.0 / 40320,           -1.0 / 3628800,
                                    1.0 / 479001600, -1.0 / 87178291200.0, 1.0 / 20922789888000.0};

/* sin(r), |r| <= pi/4 and a little, r = high + low. */
INLINE double sin_near(sum r) {
  double z = r.high * r.high;
  double tail = r.high * z * polynomial((vec){z}, sin_series, TERMS(sin_series))[0];
  return r.high + (tail + r.low * (1 - z / 2));
}

INLINE double cos_near(sum r) {
  double z = r.high * r.high, half = z / 2, first = 1 - half;
  double tail = z * z * polynomial((vec){z}, cos_series, TERMS(cos_series))[0];
  return first + (((1 - first) - half) + (tail - r.high * r.low));
}

/* sin(x + turn pi/2), |x| < 1e5, without a branch: x less the nearest multiple of pi/2, which is known to 159 bits in three
 * parts (Cody and Waite). */
INLINE double quarter_turns(double x, int turn) {
  double k = nearbyint(x * (2 / BSN_PI));
  double first = fma(-k, 0x1.921fb54442d18p+0, x);
  sum r = exact_add(first, -k * 0x1.1a62633145c07p-54);
  double second_lost = fma(-k, 0x1.1a62633145c07p-54, k * 0x1.1a62633145c07p-54);
  r = exact_add(r.high, r.low + fma(-k, -0x1.f1976b7ed8fbcp-110, second_lost));
  int quarter = (int)k + turn;
  double sine = sin_near(r), cosine = cos_near(r), y = quarter & 1 ? cosine : sine;
  return quarter & 2 ? -y : y;
}

double bsn_sin(double x) { return x == 0 ? x : fabs(x) < 1e5 ? quarter_turns(x, 0) : NAN; }

double bsn_cos(double x) { return fabs(x) < 1e5 ? quarter_turns(x, 1) : NAN; }

BSN_CLONES void bsn_box_muller(size_t n, const double *u, double *z) {
  for (size_t i = 0; i < n; i++) z[i] = log_of((vec){1 - u[2 * i]})[0];
  for (size_t i = 0; i < n; i++) z[i] = sqrt(-2 * z[i]) * quarter_turns(2 * BSN_PI * u[2 * i + 1], 1);
}
