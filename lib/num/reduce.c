#include "num/path.h"
#include "num/functions.h"
#include "num/turn.h"

enum { CHAINS = 16, CHAIN_VECS = CHAINS / LANES };

/* `vecs` vectors of columns, of which `count` columns exist, over all rows. */
INLINE void sum_columns(const int vecs, const real *x, size_t rows, size_t n, real *out, size_t count, bool acc) {
  vec sum[4] = {{0}};
  if (acc) UNROLL for (int v = 0; v < vecs; v++) sum[v] = load(out + v * LANES);
  for (size_t r = 0; r < rows; r++, x += n) UNROLL for (int v = 0; v < vecs; v++) sum[v] += load(x + v * LANES);
  UNROLL for (int v = 0; v < vecs - 1; v++) store(out + v * LANES, sum[v]);
  store_part(out + (vecs - 1) * LANES, sum[vecs - 1], count - (size_t)(vecs - 1) * LANES);
}

void BSN_KERNEL(sum_rows)(const real *x, size_t rows, size_t n, real *out, bool acc) {
  for (size_t j = 0, step; j < n; j += step) {
    size_t left = n - j, vecs = left > 3 * LANES ? 4 : left > LANES ? 2 : 1;
    step = left < vecs * LANES ? left : vecs * LANES;
    if (vecs == 4)
      sum_columns(4, x + j, rows, n, out + j, step, acc);
    else if (vecs == 2)
      sum_columns(2, x + j, rows, n, out + j, step, acc);
    else
      sum_columns(1, x + j, rows, n, out + j, step, acc);
  }
}

typedef real piece_vec __attribute__((vector_size(16)));
enum { CHAIN_PIECES = CHAINS / PIECE, LANE_PIECES = SIMD_BYTES / 16 };

/* The fixed tree over 16 chains: chain j takes up chain j + 8, then j + 4, j + 2, j + 1. */
INLINE real tree(const vec *chain) {
  piece_vec sum[CHAIN_PIECES];
  memcpy(sum, chain, sizeof sum);
  UNROLL for (int half = CHAIN_PIECES / 2; half; half /= 2) UNROLL for (int j = 0; j < half; j++) sum[j] +=
      sum[j + half];
  real part[PIECE];
  memcpy(part, sum, sizeof part);
  UNROLL for (int half = PIECE / 2; half; half /= 2) UNROLL for (int j = 0; j < half; j++) part[j] += part[j + half];
  return part[0];
}

INLINE vec same(vec x, vec unused) {
  (void)unused;
  return x;
}
INLINE vec exp_less(vec x, vec less) { return exp_of(x - less); }

/* Sum of f(x, a) over a row, entry i in chain i mod 16. Lanes behind the end add 0 to chains that are never -0. */
INLINE real sum_row(vec f(vec, vec), vec a, const real *x, size_t n) {
  vec chain[CHAIN_VECS] = {{0}};
  size_t i = 0;
  for (; i + CHAINS <= n; i += CHAINS)
    UNROLL for (int v = 0; v < CHAIN_VECS; v++) chain[v] += f(load(x + i + v * LANES), a);
  UNROLL for (int v = 0; v < CHAIN_VECS; v++, i += LANES) if (i < n) chain[v] += first_lanes(f(load(x + i), a), n - i);
  return tree(chain);
}

void BSN_KERNEL(sum_axis)(const real *x, size_t outer, size_t n, size_t inner, real *out) {
  for (size_t o = 0; o < outer; o++) {
    if (inner == 1)
      out[o] = sum_row(same, all(0), x + o * n, n);
    else
      BSN_KERNEL(sum_rows)(x + o * n * inner, n, inner, out + o * inner, false);
  }
}

/* Does x win against the best so far? Among equals the first stays; nan wins against numbers. */
INLINE ivec wins(vec x, vec best) { return (x > best) | ((x != x) & (best == best)); }

INLINE int32_t winner_of_row(const real *x, size_t n) {
  vec best = all(-LIMIT_INF);
  ivec index = lane_numbers(), place = index;
  for (size_t i = 0; i < n; i += LANES, index += all_int(LANES)) {
    ivec better = wins(load(x + i), best) & (index < all_int((lane_int)n));
    best = select_of(better, load(x + i), best);
    place = select_int(better, index, place);
  }
  int first = 0;
  for (int i = 1; i < LANES; i++) {
    real a = best[i], b = best[first];
    bool better = a > b || (a != a && b == b), equal = a == b || (a != a && b != b);
    if (better || (equal && place[i] < place[first])) first = i;
  }
  return (int32_t)place[first];
}

INLINE void winner_of_columns(const real *x, size_t n, size_t inner, int32_t *out, size_t count) {
  vec best = load(x);
  ivec place = {0};
  for (size_t k = 1; k < n; k++) {
    vec v = load(x + k * inner);
    ivec better = wins(v, best);
    best = select_of(better, v, best);
    place = select_int(better, all_int((lane_int)k), place);
  }
  for (size_t i = 0; i < count; i++) out[i] = (int32_t)place[i];
}

void BSN_KERNEL(winner)(const real *x, size_t outer, size_t n, size_t inner, int32_t *out) {
  for (size_t o = 0; o < outer; o++, x += n * inner, out += inner) {
    if (inner == 1)
      *out = winner_of_row(x, n);
    else
      for (size_t i = 0; i < inner; i += LANES)
        winner_of_columns(x + i, n, inner, out + i, inner - i < LANES ? inner - i : LANES);
  }
}

INLINE piece_vec larger_piece(piece_vec a, piece_vec b) {
#if SIMD_DOUBLE
  return (piece_vec)_mm_max_pd((__m128d)a, (__m128d)b);
#else
  return (piece_vec)_mm_max_ps((__m128)a, (__m128)b);
#endif
}

/* Largest entry of a row; nan is not looked at. */
INLINE real largest_of(const real *x, size_t n) {
  vec best = all(-LIMIT_INF);
  ivec index = lane_numbers();
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) best = select_of(load(x + i) > best, load(x + i), best);
  if (i < n) {
    vec v = load(x + i);
    best = select_of((v > best) & (index < all_int((lane_int)(n - i))), v, best);
  }
  piece_vec top[LANE_PIECES];
  memcpy(top, &best, sizeof top);
  UNROLL for (int half = LANE_PIECES / 2; half; half /= 2) UNROLL for (int j = 0; j < half; j++) top[j] =
      larger_piece(top[j], top[j + half]);
  real largest = top[0][0];
  UNROLL for (int j = 1; j < PIECE; j++) largest = top[0][j] > largest ? top[0][j] : largest;
  return largest;
}

/* ---- rows of at most CHAINS entries: LANES of them at once, each in a lane ----
 * Entry j is its chain j; chains without an entry are 0, and adding that changes no sum of exponentials. So the bits are those
 * of one row after the other. */
typedef struct narrow {
  vec x[CHAINS]; /* entry j of each row, less the largest; or what became of it */
  vec largest;
} narrow;

INLINE void load_narrow(const real *x, size_t n, narrow *t) {
  for (size_t j = 0; j < n; j += PIECE)
    turn_piece(x + j, n, (real *)(t->x + j), LANES); /* some of it from behind a row */
  t->largest = all(-LIMIT_INF);
  for (size_t j = 0; j < n; j++) t->largest = select_of(t->x[j] > t->largest, t->x[j], t->largest);
}

/* Let x[j] become exp(x[j] - largest), and give its sum over j. */
INLINE vec exp_narrow(size_t n, narrow *t) {
  vec sum[CHAINS];
  for (size_t j = 0; j < n; j++) sum[j] = t->x[j] = exp_of(t->x[j] - t->largest);
  for (size_t j = n; j < CHAINS; j++) sum[j] = all(0);
  UNROLL for (int half = CHAINS / 2; half; half /= 2) UNROLL for (int j = 0; j < half; j++) sum[j] += sum[j + half];
  return sum[0];
}

/* x[j] back into rows; what runs over a row's end is written again by those behind it. */
INLINE void store_narrow(const narrow *t, size_t n, real *out) {
  _Alignas(64) real row[LANES * CHAINS];
  turn((const real *)t->x, LANES, CHAINS, LANES, row, CHAINS);
  for (size_t r = 0; r < LANES; r++)
    for (size_t j = 0; j < n; j += LANES) {
      if (r * n + j + LANES <= LANES * n)
        store(out + r * n + j, load(row + r * CHAINS + j));
      else
        store_part(out + r * n + j, load(row + r * CHAINS + j), n - j);
    }
}

INLINE void softmax_narrow(const real *x, size_t n, real *out) {
  narrow t;
  load_narrow(x, n, &t);
  vec sum = exp_narrow(n, &t);
  for (size_t j = 0; j < n; j++) t.x[j] /= sum;
  for (size_t j = n; j < CHAINS; j++) t.x[j] = all(0);
  store_narrow(&t, n, out);
}

INLINE void cross_entropy_narrow(const real *x, const int32_t *label, size_t n, real *out) {
  narrow t;
  real largest[LANES], log_sum[LANES];
  load_narrow(x, n, &t);
  store(largest, t.largest);
  store(log_sum, log_of(exp_narrow(n, &t)));
  for (size_t i = 0; i < LANES; i++) out[i] = -(x[i * n + (size_t)label[i]] - largest[i] - log_sum[i]);
}

void BSN_KERNEL(softmax)(const real *x, size_t rows, size_t n, real *out) {
  size_t r = 0;
  for (; n <= CHAINS && r + LANES <= rows; r += LANES, x += LANES * n, out += LANES * n) softmax_narrow(x, n, out);
  for (; r < rows; r++, x += n, out += n) {
    vec largest = all(largest_of(x, n));
    for (size_t j = 0; j < n; j += LANES) store_part(out + j, exp_less(load(x + j), largest), n - j);
    vec sum = all(sum_row(same, all(0), out, n));
    for (size_t j = 0; j < n; j += LANES) store_part(out + j, load(out + j) / sum, n - j);
  }
}

enum { ROWS = 16 }; /* whose logarithms are taken together */

/* For some rows: the largest entry, and the log of the sum of exp(x - largest). */
INLINE void log_sums(const real *x, size_t rows, size_t n, real *largest, real *log_sum) {
  for (size_t r = 0; r < rows; r++, x += n) {
    largest[r] = largest_of(x, n);
    log_sum[r] = sum_row(exp_less, all(largest[r]), x, n);
  }
  for (size_t r = rows; r < ROWS; r++) log_sum[r] = 1;
  for (size_t r = 0; r < rows; r += LANES) store(log_sum + r, log_of(load(log_sum + r)));
}

void BSN_KERNEL(log_softmax)(const real *x, size_t rows, size_t n, real *out) {
  for (size_t r = 0; r < rows; r += ROWS) {
    size_t count = rows - r < ROWS ? rows - r : ROWS;
    real largest[ROWS], log_sum[ROWS];
    log_sums(x, count, n, largest, log_sum);
    for (size_t i = 0; i < count; i++, x += n, out += n) {
      vec top = all(largest[i]), less = all(log_sum[i]);
      for (size_t j = 0; j < n; j += LANES) store_part(out + j, load(x + j) - top - less, n - j);
    }
  }
}

void BSN_KERNEL(cross_entropy)(const real *x, const int32_t *label, size_t rows, size_t n, real *out) {
  size_t done = 0;
  for (; n <= CHAINS && done + LANES <= rows; done += LANES)
    cross_entropy_narrow(x + done * n, label + done, n, out + done);
  for (size_t r = done; r < rows; r += ROWS) {
    size_t count = rows - r < ROWS ? rows - r : ROWS;
    real largest[ROWS], log_sum[ROWS];
    log_sums(x + r * n, count, n, largest, log_sum);
    for (size_t i = r; i < r + count; i++) out[i] = -(x[i * n + (size_t)label[i]] - largest[i - r] - log_sum[i - r]);
  }
}
