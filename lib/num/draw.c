#include "num/draw.h"
#include "num/math.h"
#include "num/vector.h"
#include <Random123/philox.h>
#include <math.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 wide;

void bsn_draw_block(bsn_stream s, uint64_t block, uint32_t word[4]) {
  philox4x32_ctr_t counter = {{(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)s.index, (uint32_t)(s.index >> 32)}};
  philox4x32_key_t key = {{(uint32_t)s.key, (uint32_t)(s.key >> 32)}};
  philox4x32_ctr_t drawn = philox4x32(counter, key);
  for (int i = 0; i < 4; i++) word[i] = drawn.v[i];
}

static uint64_t pair(const uint32_t word[2]) { return (uint64_t)word[1] << 32 | word[0]; }

static double unit(uint64_t bits) { return (double)(bits >> 11) * 0x1p-53; }

uint64_t bsn_draw_bits(bsn_stream s, uint64_t entry) {
  uint32_t word[4];
  bsn_draw_block(s, entry / 2, word);
  return pair(word + 2 * (entry % 2));
}

double bsn_uniform(bsn_stream s, uint64_t entry) { return unit(bsn_draw_bits(s, entry)); }

double bsn_normal(bsn_stream s, uint64_t entry) {
  uint32_t word[4];
  double z;
  bsn_draw_block(s, entry, word);
  bsn_box_muller(1, (const double[]){unit(pair(word)), unit(pair(word + 2))}, &z); // 1 - u is never 0
  return z;
}

static uint64_t below(uint64_t bits, uint64_t n) { return (uint64_t)((wide)bits * n >> 64); }

uint64_t bsn_below(bsn_stream s, uint64_t entry, uint64_t n) { return below(bsn_draw_bits(s, entry), n); }

double bsn_truncated_normal(bsn_stream s, uint64_t entry, double bound) {
  if (!(bound > 0)) return 0;
  for (;; s.index += (uint64_t)1 << 32) {
    if (bound > 1) {
      double z = bsn_normal(s, entry);
      if (fabs(z) <= bound) return z;
    } else { // so narrow that nearly every normal number would be thrown away: thin out uniform ones instead
      double z = bound * (2 * bsn_uniform(s, 2 * entry) - 1);
      if (bsn_uniform(s, 2 * entry + 1) < bsn_exp(-z * z / 2)) return z;
    }
  }
}

/* ---- many at a time ---- */
enum { BLOCKS = 32, ENTRIES = 2 * BLOCKS }; /* more than gcc unrolls whole, which would keep it from making vectors */

/* bits[e] = bsn_draw_bits(s, 2 first + e): Philox4x32-10 (Salmon et al. 2011) in a form that compilers turn into vectors. */
static BSN_CLONES void draw_entries(bsn_stream s, uint64_t first, uint64_t bits[ENTRIES]) {
  uint32_t a[BLOCKS], b[BLOCKS], c[BLOCKS], d[BLOCKS], key0 = (uint32_t)s.key, key1 = (uint32_t)(s.key >> 32);
  for (int i = 0; i < BLOCKS; i++) {
    a[i] = (uint32_t)(first + (uint64_t)i), b[i] = (uint32_t)((first + (uint64_t)i) >> 32);
    c[i] = (uint32_t)s.index, d[i] = (uint32_t)(s.index >> 32);
  }
  for (int round = 0; round < 10; round++, key0 += 0x9E3779B9, key1 += 0xBB67AE85)
    for (int i = 0; i < BLOCKS; i++) {
      uint64_t p = UINT64_C(0xD2511F53) * a[i], q = UINT64_C(0xCD9E8D57) * c[i];
      a[i] = (uint32_t)(q >> 32) ^ b[i] ^ key0, b[i] = (uint32_t)q;
      c[i] = (uint32_t)(p >> 32) ^ d[i] ^ key1, d[i] = (uint32_t)p;
    }
  for (int i = 0; i < BLOCKS; i++) {
    bits[2 * i] = (uint64_t)b[i] << 32 | a[i];
    bits[2 * i + 1] = (uint64_t)d[i] << 32 | c[i];
  }
}

void bsn_normals(bsn_stream s, size_t n, double *out) {
  uint64_t bits[ENTRIES];
  double u[ENTRIES];
  for (size_t i = 0; i < n; i += BLOCKS) {
    draw_entries(s, i, bits);
    for (int k = 0; k < ENTRIES; k++) u[k] = unit(bits[k]);
    bsn_box_muller(n - i < BLOCKS ? n - i : BLOCKS, u, out + i);
  }
}

static void swap(size_t *a, size_t *b) {
  size_t held = *a;
  *a = *b;
  *b = held;
}

static void shuffle(bsn_stream s, uint64_t entry, size_t n, size_t *out) {
  uint64_t bits[ENTRIES], loaded = UINT64_MAX;
  for (size_t i = 0; i + 1 < n; i++, entry++) {
    if (entry / ENTRIES != loaded) draw_entries(s, (loaded = entry / ENTRIES) * BLOCKS, bits);
    swap(out + i, out + i + below(bits[entry % ENTRIES], n - i));
  }
}

void bsn_permutation(bsn_stream s, size_t n, size_t *out) {
  for (size_t i = 0; i < n; i++) out[i] = i;
  shuffle(s, 0, n, out);
}

/* m of 0..n-1 in order: v is taken with probability (still wanted) / (still to come). Returns the entries used. */
static uint64_t choose_dense(bsn_stream s, size_t n, size_t m, size_t *out) {
  size_t taken = 0;
  for (size_t v = 0; v < n && taken < m; v++)
    if (bsn_below(s, v, n - v) < m - taken) out[taken++] = v;
  return n;
}

static int ascending(const void *a, const void *b) {
  size_t x = *(const size_t *)a, y = *(const size_t *)b;
  return (x > y) - (x < y);
}

/* m different ones of 0..n-1, in order: draw what is missing, throw doubles away, until none are missing. No value is
 * preferred to another, so every set is as likely as every other. Returns the entries used. */
static uint64_t choose_sparse(bsn_stream s, size_t n, size_t m, size_t *out) {
  uint64_t entry = 0;
  for (size_t have = 0; have < m;) {
    while (have < m) out[have++] = bsn_below(s, entry++, n);
    qsort(out, m, sizeof *out, ascending);
    have = 1;
    for (size_t i = 1; i < m; i++)
      if (out[i] != out[have - 1]) out[have++] = out[i];
  }
  return entry;
}

void bsn_sample(bsn_stream s, size_t n, size_t m, size_t *out) {
  uint64_t entry = m > n / 4 ? choose_dense(s, n, m, out) : choose_sparse(s, n, m, out);
  shuffle(s, entry, m, out);
}
