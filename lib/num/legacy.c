#include "num/legacy.h"
#include "num/math.h"
#include <math.h>

enum { WORDS = BSN_LEGACY_WORDS, MIDDLE = 397 };

void bsn_legacy_seed(bsn_legacy *r, uint32_t seed) {
  *r = (bsn_legacy){.next = WORDS};
  r->word[0] = seed;
  for (uint32_t i = 1; i < WORDS; i++) {
    uint32_t last = r->word[i - 1];
    r->word[i] = 1812433253u * (last ^ last >> 30) + i;
  }
}

/* All words anew: x_{k+n} = x_{k+m} ^ (upper bit of x_k | lower bits of x_{k+1}) A. */
static void refill(bsn_legacy *r) {
  for (int k = 0; k < WORDS; k++) {
    uint32_t y = (r->word[k] & 0x80000000u) | (r->word[(k + 1) % WORDS] & 0x7fffffffu);
    r->word[k] = r->word[(k + MIDDLE) % WORDS] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
  }
  r->next = 0;
}

static uint32_t word(bsn_legacy *r) {
  if (r->next == WORDS) refill(r);
  uint32_t y = r->word[r->next++];
  y ^= y >> 11;
  y ^= y << 7 & 0x9d2c5680u;
  y ^= y << 15 & 0xefc60000u;
  return y ^ y >> 18;
}

double bsn_legacy_uniform(bsn_legacy *r) {
  double high = word(r) >> 5, low = word(r) >> 6;
  return (high * 67108864 + low) / 9007199254740992;
}

double bsn_legacy_normal(bsn_legacy *r) {
  double x = 0, y = 0, square = 0;
  if (r->kept) {
    r->kept = false;
    return r->pair;
  }
  while (square >= 1 || square == 0) {
    x = 2 * bsn_legacy_uniform(r) - 1;
    y = 2 * bsn_legacy_uniform(r) - 1;
    square = x * x + y * y;
  }
  double factor = sqrt(-2 * bsn_log(square) / square);
  r->pair = factor * x;
  r->kept = true;
  return factor * y;
}

/* The lower right part of turn, d wide, becomes (I - 2 x x') diag(1, R), R being its last d - 1 axes; x in x[d]. */
static void mirror(size_t n, size_t d, const double *x, double *turn) {
  double *corner = turn + (n - d) * (n + 1);
  corner[0] = 1;
  for (size_t j = 0; j < d; j++) {
    double dot = 0;
    for (size_t i = 0; i < d; i++) dot += x[i] * corner[i * n + j];
    for (size_t i = 0; i < d; i++) corner[i * n + j] -= 2 * x[i] * dot;
  }
}

static double length(size_t d, const double *v) {
  double square = 0;
  for (size_t i = 0; i < d; i++) square += v[i] * v[i];
  return sqrt(square);
}

/* The unit vector halfway between the first axis and minus a random direction; x has n numbers. */
static void draw_mirror(bsn_legacy *r, size_t d, double *x) {
  for (size_t i = 0; i < d; i++) x[i] = bsn_legacy_normal(r);
  double norm = length(d, x);
  for (size_t i = 0; i < d; i++) x[i] = (i == 0) - x[i] / norm;
  norm = length(d, x);
  for (size_t i = 0; i < d; i++) x[i] /= norm;
}

void bsn_legacy_rotation(bsn_legacy *r, size_t n, double *turn, double *x) {
  double angle = 2 * BSN_PI * bsn_legacy_uniform(r), c = bsn_cos(angle), s = bsn_sin(angle);
  double *plane = turn + (n - 2) * (n + 1);
  for (size_t i = 0; i < n * n; i++) turn[i] = 0;
  plane[0] = plane[n + 1] = c;
  plane[1] = s;
  plane[n] = -s;
  for (size_t d = 3; d <= n; d++) {
    draw_mirror(r, d, x);
    mirror(n, d, x, turn);
  }
  for (size_t i = 0; i < n * n; i++) turn[i] = -turn[i];
}
