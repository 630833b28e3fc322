/* draw.h: random numbers of a named stream (base/stream.h), by entry.
 *
 *     bsn_stream s = bsn_stream_of(seed, "order", "", epoch);
 *     bsn_permutation(s, n, rows);
 *     double z = bsn_normal(bsn_stream_of(seed, "data", "noise", 0), i);
 *
 * Philox4x32-10 (Salmon et al. 2011; Random123). Key = the stream's key, counter = (block, index), both 64 bits. Block b holds
 * four 32-bit words; entry e of a uniform double is words 2(e mod 2), +1 of block e / 2. All values are computed in double
 * and are the same in both builds.
 */
#ifndef BSN_NUM_DRAW_H
#define BSN_NUM_DRAW_H

#include "base/real.h"
#include "base/stream.h"
#include <stddef.h>

/* The four words of block b. */
void bsn_draw_block(bsn_stream s, uint64_t block, uint32_t word[4]);

/* 64 random bits: entry e. */
uint64_t bsn_draw_bits(bsn_stream s, uint64_t entry);

/* Uniform in [0, 1), 53 bits. */
double bsn_uniform(bsn_stream s, uint64_t entry);

/* Normal(0, 1): Box-Muller on the two uniforms of block `entry`. */
double bsn_normal(bsn_stream s, uint64_t entry);

/* Entries 0 .. n-1 of bsn_normal, in a quarter of the time. */
void bsn_normals(bsn_stream s, size_t n, double *out);

/* Uniform whole number in [0, n): the upper half of bits(entry) * n. */
uint64_t bsn_below(bsn_stream s, uint64_t entry, uint64_t n);

/* Normal(0, 1) cut at +- bound by drawing again: try t uses entry `entry` of index + t 2^32 (for bound <= 1 the uniform
 * entries 2 entry and 2 entry + 1, thinned out by exp(-z^2/2)). 0 when bound is not above 0. */
double bsn_truncated_normal(bsn_stream s, uint64_t entry, double bound);

/* A uniform permutation of 0..n-1 (Fisher-Yates; swap i, of place i with one of i..n-1, uses entry i). */
void bsn_permutation(bsn_stream s, size_t n, size_t *out);

/* m different ones of 0..n-1 in random order, m <= n, in O(m log m) time: a draw without replacement. (Every such list is
 * equally likely; it is not the beginning of bsn_permutation.) */
void bsn_sample(bsn_stream s, size_t n, size_t m, size_t *out);

#endif
