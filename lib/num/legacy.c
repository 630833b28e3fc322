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
