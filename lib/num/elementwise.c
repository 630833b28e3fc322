#include "num/path.h"
#include "num/functions.h"
#include <stdbool.h>

/* One input: full vectors, then the rest. f is always a constant, so it is inlined. */
INLINE void map(vec f(vec), const real *x, real *out, size_t n) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) store(out + i, f(load(x + i)));
  if (i < n) store_part(out + i, f(load(x + i)), n - i);
}

INLINE vec rsqrt_of(vec x) { return all(1) / sqrt_of(x); }
INLINE vec relu_of(vec x) { return select_of(x <= all(0), all(0), x); }
INLINE vec step_of(vec x) { return select_of(x > all(0), all(1), all(0)); }
INLINE vec sign_of(vec x) { return step_of(x) - step_of(-x); }

void BSN_KERNEL(exp)(const real *x, real *out, size_t n) { map(exp_of, x, out, n); }
void BSN_KERNEL(log)(const real *x, real *out, size_t n) { map(log_of, x, out, n); }
void BSN_KERNEL(sqrt)(const real *x, real *out, size_t n) { map(sqrt_of, x, out, n); }
void BSN_KERNEL(rsqrt)(const real *x, real *out, size_t n) { map(rsqrt_of, x, out, n); }
void BSN_KERNEL(tanh)(const real *x, real *out, size_t n) { map(tanh_of, x, out, n); }
void BSN_KERNEL(sigmoid)(const real *x, real *out, size_t n) { map(sigmoid_of, x, out, n); }
void BSN_KERNEL(softplus)(const real *x, real *out, size_t n) { map(softplus_of, x, out, n); }
void BSN_KERNEL(erf)(const real *x, real *out, size_t n) { map(erf_of, x, out, n); }
void BSN_KERNEL(relu)(const real *x, real *out, size_t n) { map(relu_of, x, out, n); }
void BSN_KERNEL(step)(const real *x, real *out, size_t n) { map(step_of, x, out, n); }
void BSN_KERNEL(abs)(const real *x, real *out, size_t n) { map(abs_of, x, out, n); }
void BSN_KERNEL(sign)(const real *x, real *out, size_t n) { map(sign_of, x, out, n); }

/* One input and two numbers. */
INLINE void map_with(vec f(vec, vec, vec), const real *x, real a, real b, real *out, size_t n) {
  vec first = all(a), second = all(b);
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) store(out + i, f(load(x + i), first, second));
  if (i < n) store_part(out + i, f(load(x + i), first, second), n - i);
}

INLINE vec affine_of(vec x, vec a, vec b) { return fma_of(a, x, b); }
INLINE vec leaky_of(vec x, vec a, vec unused) {
  (void)unused;
  return select_of(x > all(0), x, a * x);
}
INLINE vec elu_of(vec x, vec a, vec unused) {
  (void)unused;
  return select_of(x > all(0), x, a * expm1_of(x));
}

void BSN_KERNEL(affine)(const real *x, real a, real b, real *out, size_t n) { map_with(affine_of, x, a, b, out, n); }
void BSN_KERNEL(leaky)(const real *x, real a, real *out, size_t n) { map_with(leaky_of, x, a, 0, out, n); }
void BSN_KERNEL(elu)(const real *x, real a, real *out, size_t n) { map_with(elu_of, x, a, 0, out, n); }

/* x^a for a = -4..4, by products from the left. */
INLINE vec whole_power(vec x, int a) {
  vec product = all(1);
  for (int i = a < 0 ? -a : a; i > 0; i--) product *= x;
  return a < 0 ? all(1) / product : product;
}

/* exp(a log |x|); a negative x gives the sign of an odd power, and nan when a is not whole. */
INLINE vec real_power(vec x, real a, bool whole, bool odd) {
  vec y = exp_of(all(a) * log_of(abs_of(x)));
  if (odd) return sign_like(y, x);
  return whole ? y : select_of(x < all(0), all(LIMIT_NAN), y);
}

void BSN_KERNEL(pow)(const real *x, real a, real *out, size_t n) {
  const real all_even = (real)0x1p53; // numbers from here on are even
  bool large = a >= all_even || a <= -all_even;
  bool whole = large || (a == a && a == (real)(int64_t)a), odd = whole && !large && (int64_t)a % 2;
  bool small = whole && a >= -4 && a <= 4;
  for (size_t i = 0; i < n; i += LANES) {
    vec v = load(x + i);
    store_part(out + i, small ? whole_power(v, (int)a) : real_power(v, a, whole, odd), n - i);
  }
}

/* The same walk with as long an inner loop as there is. */
static bsn_walk straightened(const bsn_walk *walk) {
  bsn_walk w = *walk;
  if (w.inner == 1 && w.xo <= 1 && w.yo <= 1) w = (bsn_walk){1, w.outer, 0, w.xo, 0, w.yo};
  bool x_goes_on = w.xo == w.xi * w.inner, y_goes_on = w.yo == w.yi * w.inner;
  if (x_goes_on && y_goes_on) w = (bsn_walk){1, w.outer * w.inner, 0, w.xi, 0, w.yi};
  return w;
}

/* One inner loop; xi and yi are constants. */
INLINE void zip_row(vec f(vec, vec), const int xi, const int yi, const real *x, const real *y, real *out, size_t n) {
  vec first = all(*x), second = all(*y);
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) store(out + i, f(xi ? load(x + i) : first, yi ? load(y + i) : second));
  if (i < n) store_part(out + i, f(xi ? load(x + i) : first, yi ? load(y + i) : second), n - i);
}

/* Rows of less than a vector, each with its own number y. Some of them are read before any is written: a read close behind what was
 * just written in part would wait for it, where out is x. */
INLINE void zip_narrow(vec f(vec, vec), const bsn_walk *w, const real *x, const real *y, real *out) {
  enum { SOME = 8 };
  size_t n = w->inner, o = 0;
  for (; o + SOME <= w->outer; o += SOME, x += SOME * n, out += SOME * n) {
    vec row[SOME];
    UNROLL for (size_t r = 0; r < SOME; r++) row[r] = f(load(x + r * n), all(y[o + r]));
    UNROLL for (size_t r = 0; r < SOME; r++) store_part(out + r * n, row[r], n);
  }
  for (; o < w->outer; o++, x += n, out += n) zip_row(f, 1, 0, x, y + o, out, n);
}

INLINE void zip(vec f(vec, vec), const bsn_walk *walk, const real *x, const real *y, real *out) {
  bsn_walk w = straightened(walk);
  if (w.xi && w.xo == w.inner && !w.yi && w.yo == 1 && w.inner < LANES) {
    zip_narrow(f, &w, x, y, out);
    return;
  }
  for (size_t o = 0; o < w.outer; o++, x += w.xo, y += w.yo, out += w.inner) {
    if (w.xi && w.yi)
      zip_row(f, 1, 1, x, y, out, w.inner);
    else if (w.xi)
      zip_row(f, 1, 0, x, y, out, w.inner);
    else if (w.yi)
      zip_row(f, 0, 1, x, y, out, w.inner);
    else
      zip_row(f, 0, 0, x, y, out, w.inner);
  }
}

INLINE vec add_of(vec x, vec y) { return x + y; }
INLINE vec sub_of(vec x, vec y) { return x - y; }
INLINE vec mul_of(vec x, vec y) { return x * y; }
INLINE vec div_of(vec x, vec y) { return x / y; }
INLINE vec max_of(vec x, vec y) { return select_of((x > y) | (x != x), x, y); }
INLINE vec greater_of(vec x, vec y) { return select_of(x > y, all(1), select_of(x == y, all((real)0.5), all(0))); }

void BSN_KERNEL(add)(const bsn_walk *w, const real *x, const real *y, real *out) { zip(add_of, w, x, y, out); }
void BSN_KERNEL(sub)(const bsn_walk *w, const real *x, const real *y, real *out) { zip(sub_of, w, x, y, out); }
void BSN_KERNEL(mul)(const bsn_walk *w, const real *x, const real *y, real *out) { zip(mul_of, w, x, y, out); }
void BSN_KERNEL(div)(const bsn_walk *w, const real *x, const real *y, real *out) { zip(div_of, w, x, y, out); }
void BSN_KERNEL(max)(const bsn_walk *w, const real *x, const real *y, real *out) { zip(max_of, w, x, y, out); }
void BSN_KERNEL(gate)(const bsn_walk *w, const real *x, const real *y, real *out) { zip(relu_back_of, w, x, y, out); }
void BSN_KERNEL(greater)(const bsn_walk *w, const real *x, const real *y, real *out) { zip(greater_of, w, x, y, out); }
void BSN_KERNEL(tanh_back)(const bsn_walk *w, const real *x, const real *y, real *out) {
  zip(tanh_back_of, w, x, y, out);
}
void BSN_KERNEL(sigmoid_back)(const bsn_walk *w, const real *x, const real *y, real *out) {
  zip(sigmoid_back_of, w, x, y, out);
}
