/* Random numbers: known answers of Philox, and what draws made of it must be. */
#include "basin_check.h"
#include "num/draw.h"
#include "num/math.h"

/* philox4x32, 10 rounds: the known answers that Random123 is distributed with (kat_vectors). */
static const struct known {
  uint32_t counter[4], key[2], word[4];
} known[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static uint64_t pair(const uint32_t *word) { return (uint64_t)word[1] << 32 | word[0]; }

START_TEST(blocks_are_philox) {
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    const struct known *c = known + i;
    bsn_stream s = {.key = pair(c->key), .index = pair(c->counter + 2)};
    uint32_t word[4];
    bsn_draw_block(s, pair(c->counter), word);
    ck_assert_mem_eq(word, c->word, sizeof word);
  }
}
END_TEST

START_TEST(entries_are_parts_of_blocks) {
  bsn_stream s = bsn_stream_of(3, "test", "entries", 7);
  for (uint64_t e = 0; e < 100; e++) {
    uint32_t word[4];
    bsn_draw_block(s, e / 2, word);
    uint64_t bits = pair(word + e % 2 * 2);
    ck_assert_uint_eq(bsn_draw_bits(s, e), bits);
    ck_assert_double_eq(bsn_uniform(s, e), ldexp((double)(bits >> 11), -53));
    ck_assert_uint_eq(bsn_below(s, e, (uint64_t)1 << 40), bits >> 24);
    ck_assert_uint_eq(bsn_below(s, e, 1), 0);
  }
}
END_TEST

enum { MANY = 200000 };

/* The first four moments, each within five of its standard errors. */
START_TEST(normal_numbers_have_their_moments) {
  bsn_stream s = bsn_stream_of(1, "test", "normal", 0);
  static const double want[] = {0, 1, 0, 3}, variance[] = {1, 2, 15, 96};
  double sum[4] = {0};
  for (uint64_t e = 0; e < MANY; e++) {
    double z = bsn_normal(s, e), power = 1;
    for (int p = 0; p < 4; p++) sum[p] += power *= z;
  }
  for (int p = 0; p < 4; p++) ck_assert_double_lt(fabs(sum[p] / MANY - want[p]), 5 * sqrt(variance[p] / MANY));
}
END_TEST

static const double bounds[] = {0.3, 1, 1.5, 2, 3};

/* Inside the bound, with the variance of the truncated normal, 1 - 2 b phi(b) / erf(b / sqrt 2). */
static void check_truncated(double b) {
  double square = 0, sum = 0;
  bsn_stream s = bsn_stream_of(1, "test", "truncated", 0);
  for (uint64_t e = 0; e < MANY; e++) {
    double z = bsn_truncated_normal(s, e, b);
    ck_assert_double_le(fabs(z), b);
    sum += z;
    square += z * z;
  }
  double variance = 1 - 2 * b * exp(-b * b / 2) / sqrt(2 * M_PI) / erf(b / sqrt(2));
  ck_assert_double_lt(fabs(sum / MANY), 5 * sqrt(variance / MANY));
  ck_assert_double_lt(fabs(square / MANY - variance), 5 * sqrt(2.0 / MANY));
  ck_assert_double_eq(bsn_truncated_normal(s, 0, 0), 0);
}

START_TEST(truncated_numbers_stay_inside) {
  for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) check_truncated(bounds[i]);
}
END_TEST

START_TEST(truncation_keeps_what_is_inside) {
  bsn_stream s = bsn_stream_of(1, "test", "truncated", 1);
  for (uint64_t e = 0; e < 1000; e++)
    if (fabs(bsn_normal(s, e)) <= 2) ck_assert_double_eq(bsn_truncated_normal(s, e, 2), bsn_normal(s, e));
}
END_TEST

START_TEST(permutations_have_everything_once) {
  enum { MOST = 1000 };
  for (size_t n = 0; n < MOST; n = 3 * n / 2 + 1) {
    size_t out[MOST], seen[MOST] = {0};
    bsn_permutation(bsn_stream_of(1, "order", "", n), n, out);
    for (size_t i = 0; i < n; i++) ck_assert_uint_lt(out[i], n);
    for (size_t i = 0; i < n; i++) ck_assert_uint_eq(seen[out[i]]++, 0);
  }
}
END_TEST

/* chi^2 over all 24 orders of 4 things, 23 degrees of freedom: 0.1 % of fair ones are above 49.7. */
START_TEST(permutations_are_fair) {
  size_t count[256] = {0}, rounds = 48000;
  double chi2 = 0;
  for (size_t r = 0; r < rounds; r++) {
    size_t p[4];
    bsn_permutation(bsn_stream_of(1, "order", "", r), 4, p);
    count[p[0] | p[1] << 2 | p[2] << 4 | p[3] << 6]++;
  }
  for (size_t i = 0; i < 256; i++)
    if (count[i]) chi2 += pow((double)count[i] - (double)rounds / 24, 2) / ((double)rounds / 24);
  ck_assert_double_lt(chi2, 49.7);
  ck_assert_double_gt(chi2, 7);
}
END_TEST

static const size_t samples[][2] = {{0, 0},     {1, 1},      {10, 0},     {10, 1},      {10, 10},      {10, 7},
                                    {1000, 30}, {1000, 249}, {1000, 251}, {60000, 128}, {60000, 59000}};

static void check_sample(size_t n, size_t m) {

  size_t *out = calloc(m + 1, sizeof *out);
  unsigned char *seen = calloc(n + 1, 1);
  out[m] = 77;
  bsn_sample(bsn_stream_of(1, "order", "", 0), n, m, out);
  for (size_t i = 0; i < m; i++) {
    ck_assert_uint_lt(out[i], n);
    ck_assert_uint_eq(seen[out[i]]++, 0);
  }
  ck_assert_uint_eq(out[m], 77);
  free(out);
  free(seen);
}

START_TEST(samples_repeat_nothing) {
  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) check_sample(samples[i][0], samples[i][1]);
}
END_TEST

/* chi^2 over all ordered pairs of 6 (dense) or 9 (sparse) things. */
static void fair_pairs(size_t n, double low, double high) {
  size_t count[9][9] = {{0}}, rounds = 60000;
  double pairs = (double)(n * (n - 1)), chi2 = 0;
  for (size_t r = 0; r < rounds; r++) {
    size_t p[2];
    bsn_sample(bsn_stream_of(2, "order", "", r), n, 2, p);
    count[p[0]][p[1]]++;
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      if (i != j) chi2 += pow((double)count[i][j] - (double)rounds / pairs, 2) / ((double)rounds / pairs);
  ck_assert_double_gt(chi2, low);
  ck_assert_double_lt(chi2, high);
}

START_TEST(samples_are_fair) {
  fair_pairs(6, 11, 58.3);  // 29 degrees of freedom: 0.1 % on either side
  fair_pairs(9, 39, 112.3); // 71
}
END_TEST

/* Many at a time are the same ones, whatever their number. */
START_TEST(normals_are_normal_entry_by_entry) {
  bsn_stream s = bsn_stream_of(3, "test", "normals", 5);
  double z[70];
  for (size_t n = 0; n <= 70; n += 7) {
    z[n > 0 ? n - 1 : 0] = NAN;
    bsn_normals(s, n, z);
    for (size_t i = 0; i < n; i++) ck_assert_double_eq(z[i], bsn_normal(s, i));
  }
}
END_TEST

BASIN_TESTS("draw", truncated_numbers_stay_inside, samples_repeat_nothing, blocks_are_philox,
            entries_are_parts_of_blocks, normal_numbers_have_their_moments, truncation_keeps_what_is_inside,
            normals_are_normal_entry_by_entry, permutations_have_everything_once, permutations_are_fair,
            samples_are_fair)
