/* functions.h (inside num/ only): exp, log, tanh, erf and their kin on vectors of simd.h, within 2 ulp.
 *
 *     store(out, tanh_of(load(x)));
 *
 * Each is a reduction of the argument, a polynomial, and a choice for the special values; every fma is written, so all paths
 * and compilers agree in every bit. Results below the smallest normal number are 0. Series with plain fractions are
 * Taylor's; the decimal tables are by tests/reference/polynomials.py.
 */
#ifndef BSN_NUM_FUNCTIONS_H
#define BSN_NUM_FUNCTIONS_H

#include "num/simd.h"
#include <stdbool.h>

#if SIMD_DOUBLE
#define MANTISSA  52
#define SMALLEST  0x1p-1022
#define EXP_LOW   -0x1.6232bdd7abcd2p+9 /* below: exp(x) < SMALLEST */
#define EXP_HIGH  0x1.62e42fefa39efp+9  /* above: exp(x) is inf */
#define LN2_HIGH  0x1.62e42fefa39efp-1
#define LN2_LOW   0x1.abc9e3b39803fp-56
#define ROOT_HALF 0x3fe6a09e667f3bcd /* the bits of sqrt(1/2) */
#define ERF_END   6.0
#define TANH_END  18.7
static const double exp_table[] = {5.0000000000000010211e-1, 1.6666666666666667453e-1, 4.1666666666624161728e-2,
                                   8.3333333333300624737e-3, 1.3888888917196806309e-3, 1.9841269863047473857e-4,
                                   2.4801521322233122495e-5, 2.7557268471501009357e-6, 2.7620075944481456183e-7,
                                   2.5100379505709527929e-8};
static const double log_series[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11,
                                    2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21};
static const double erf_table[] = {1.2837916709551257377e-1,  -3.7612638903183748056e-1, 1.1283791670954878666e-1,
                                   -2.6866170645076793248e-2, 5.2239776248180144672e-3,  -8.5483269808337899044e-4,
                                   1.2055331111642710898e-4,  -1.4925595266831181034e-5, 1.6461000484121360226e-6,
                                   -1.6350312701054618379e-7, 1.4659775274046954509e-8,  -1.1372848856789924735e-9,
                                   5.9571761477461149605e-11};
static const double erfc_table[] = {2.553956763105057455e-1,   -4.2718584741395788524e-1, 2.4165819424246985691e-1,
                                    -7.8978581015852534702e-2, 3.7328924034922397801e-3,  6.9974617477535736328e-3,
                                    -8.4714319807604235899e-4, -9.8197732081310227208e-4, 4.3554202452705895473e-5,
                                    1.7436697232946863504e-4,  2.7543128185666717319e-5,  -2.7647305443610053841e-5,
                                    -1.4067532694582057696e-5, 1.8201431959750090543e-6,  3.9170592999253885102e-6};
#else
#define MANTISSA  23
#define SMALLEST  0x1p-126f
#define EXP_LOW   -0x1.5d589ep+6f
#define EXP_HIGH  0x1.62e42ep+6f
#define LN2_HIGH  0x1.62e43p-1f
#define LN2_LOW   -0x1.05c61p-29f
#define ROOT_HALF 0x3f3504f3
#define ERF_END   4.0f
#define TANH_END  8.66f
static const double exp_table[] = {5.0e-1, 1.666657703e-1, 4.166655465e-2, 8.363173106e-3, 1.392617788e-3};
static const double log_series[] = {2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9};
static const double erf_table[] = {1.283791658e-1, -3.761262667e-1, 1.128359472e-1, -2.685421201e-2,
                                   5.189087423e-3, -8.016864287e-4, 7.875875063e-5};
static const double erfc_table[] = {2.553956763e-1, -4.271859898e-1, 2.416582015e-1, -7.896830613e-2,
                                    3.732371759e-3, 6.811140131e-3,  -8.379754387e-4};
#endif
#define TERMS(table) ((int)(sizeof(table) / sizeof *(table)))

#define ONE_BITS  ((lane_int)((((lane_bits)1 << (8 * sizeof(real) - 2)) - 1) >> MANTISSA << MANTISSA)) /* of 1.0 */
#define SIGN_BIT  ((lane_int)((lane_bits)1 << (8 * sizeof(real) - 1)))
#define LIMIT_INF ((real)__builtin_inf())
#define LIMIT_NAN ((real)__builtin_nan(""))

INLINE vec abs_of(vec x) { return (vec)((ivec)x & ~all_int(SIGN_BIT)); }

/* x with the sign of s. */
INLINE vec sign_like(vec x, vec s) { return (vec)(((ivec)x & ~all_int(SIGN_BIT)) | ((ivec)s & all_int(SIGN_BIT))); }

/* table[0] + table[1] z + table[2] z^2 + .. */
INLINE vec polynomial(vec z, const double *table, const int terms) {
  vec p = all((real)table[terms - 1]);
  UNROLL for (int i = terms - 2; i >= 0; i--) p = fma_of(p, z, all((real)table[i]));
  return p;
}

/* x 2^k, as long as both are normal numbers. */
INLINE vec scale_by(vec x, uvec k) { return (vec)((uvec)x + (k << MANTISSA)); }

/* x = k ln 2 + r with |r| <= ln(2) / 2; k is left in the low bits of `whole`. coarse: without the last bits of ln 2, where they do not
 * count. */
INLINE vec exp_rest(vec x, const bool coarse, uvec *whole) {
  const vec magic = all((real)((lane_bits)3 << (MANTISSA - 1))); // adding it rounds to a whole number
  vec shifted = fma_of(x, all((real)1.44269504088896340736), magic), k = shifted - magic;
  *whole = (uvec)shifted;
  vec r = fma_of(-k, all(LN2_HIGH), x);
  return coarse ? r : fma_of(-k, all(LN2_LOW), r);
}

/* exp(r) - 1 = r + r^2 (1/2 + r/6 + ..), |r| <= ln(2) / 2. */
INLINE vec exp_part(vec r) { return fma_of(r * r, polynomial(r, exp_table, TERMS(exp_table)), r); }

INLINE vec exp_of(vec x) {
  uvec k;
  vec part = exp_part(exp_rest(x, false, &k)), y = scale_by(all(1) + part, k);
  y = select_of(x > all(EXP_HIGH), all(LIMIT_INF), y);
  y = select_of(x < all(EXP_LOW), all(0), y);
  return select_of(x == x, y, x);
}

/* exp(x) - 1 for x <= 0. */
INLINE vec expm1_of(vec x) {
  uvec k;
  vec part = exp_part(exp_rest(select_of(x > all(-60), x, all(-60)), false, &k)); // exp(-60) is lost in -1
  vec power = scale_by(all(1), k);
  return select_of(x == x, fma_of(power, part, power - all(1)), x);
}

/* Positive normal x = 2^k m with sqrt(1/2) <= m < sqrt(2). */
INLINE vec split(vec x, vec *k) {
  const real bias = (real)(ONE_BITS >> MANTISSA), magic = (real)((lane_bits)1 << MANTISSA);
  uvec moved = (uvec)x + (uvec)all_int(ONE_BITS - (lane_int)ROOT_HALF);
  uvec exponent = moved >> MANTISSA; // k + bias
  *k = (vec)(exponent | (uvec)all(magic)) - all(magic + bias);
  return (vec)((uvec)x - (exponent << MANTISSA) + (uvec)all_int(ONE_BITS));
}

/* k ln 2 + log(1 + f). With s = f / (2 + f), log(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + 2 s^2/3 + 2 s^4/5 + ..),
 * where the rounding of all but f is small. */
INLINE vec log_sum(vec k, vec f) {
  vec s = f / (all(2) + f), z = s * s, half = all((real)0.5) * f * f;
  vec tail = s * fma_of(z, polynomial(z, log_series, TERMS(log_series)), half);
  return fma_of(k, all(LN2_HIGH), f - (half - fma_of(k, all(LN2_LOW), tail)));
}

INLINE vec log_of(vec x) {
  vec k, m = split(x, &k);
  vec y = log_sum(k, m - all(1));
  y = select_of(x < all(SMALLEST), all(-LIMIT_INF), y);
  y = select_of(x <= all(-SMALLEST), all(LIMIT_NAN), y);
  return select_of(x < all(LIMIT_INF), y, x); // inf and nan stay
}

/* log(1 + e) for 0 <= e <= 1. */
INLINE vec log1p_of(vec e) {
  vec u = all(1) + e, lost = e - (u - all(1));
  vec k, m = split(u, &k); // k is 0 or 1
  return log_sum(k, (m - all(1)) + lost * (all(1) - all((real)0.5) * k));
}

/* With t = exp(2|x|) - 1 and s = t + 2 it is q = t / s, which keeps its digits near 0; then what the roundings of s and q lost is
 * put back, by 1 / s = (1 - q) / 2. The larger k, the less an error of exp(2|x|) counts. TANH_END is where s - 2 would begin to be rounded. */
INLINE vec tanh_of(vec x) {
  uvec k;
  vec a = abs_of(x), part = exp_part(exp_rest(a + a, true, &k)), power = scale_by(all(1), k);
  vec t = fma_of(power, part, power - all(1)), s = t + all(2), lost = t - (s - all(2)), q = t / s;
  vec half = all((real)0.5), rest = fma_of(-q, lost, fma_of(-q, s, t)), y = fma_of(rest, fma_of(-half, q, half), q);
  return sign_like(select_of(a > all(TANH_END), all(1), y), x);
}

/* e / (1 + e) or 1 / (1 + e) with e = exp(-|x|), where e and 1 + e are kept as sums of a high and a low part. */
INLINE vec sigmoid_of(vec x) {
  uvec k;
  vec a = -abs_of(x), part = exp_part(exp_rest(select_of(a > all(EXP_LOW), a, all(EXP_LOW)), false, &k)),
      power = scale_by(all(1), k);
  vec near_one = all(1) + part, e = near_one * power, e_low = (part - (near_one - all(1))) * power;
  vec s = all(1) + e, s_low = (e - (s - all(1))) + e_low;
  ivec negative = x < all(0);
  vec n = select_of(negative, e, all(1)), n_low = select_of(negative, e_low, all(0));
  vec inverse = all(1) / s, q = n * inverse;
  vec y = fma_of(inverse, fma_of(-q, s, n) + (n_low - q * s_low), q);
  return select_of(x == x, select_of(x < all(EXP_LOW), all(0), y), x);
}

INLINE vec softplus_of(vec x) {
  vec y = select_of(x > all(0), x, all(0)) + log1p_of(exp_of(-abs_of(x)));
  return select_of(x == x, y, x);
}

/* x times the derivative of an activation whose result is y: bsn_gate_kind in num/kernels.h. */
INLINE vec relu_back_of(vec x, vec y) { return select_of(y > all(0), x, all(0)); }
INLINE vec tanh_back_of(vec x, vec y) { return x * fma_of(all(-1), y * y, all(1)); }
INLINE vec sigmoid_back_of(vec x, vec y) { return x * (y * fma_of(all(-1), y, all(1))); }

INLINE vec erf_of(vec x) {
  vec a = abs_of(x), z = a * a;
  vec near = fma_of(a, polynomial(z, erf_table, TERMS(erf_table)), a);
  vec b = select_of(a < all(ERF_END), a, all(ERF_END)), t = (b - all(2)) / (b + all(2));
  vec far = all(1) - exp_of(-b * b) * polynomial(t, erfc_table, TERMS(erfc_table));
  vec y = select_of(a < all(1), near, far);
  return select_of(x == x, sign_like(y, x), x);
}

#endif
