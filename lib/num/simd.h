/* simd.h (inside num/ only): vectors of this path's width, and the few operations that differ between paths.
 *
 *     for (size_t i = 0; i < n; i += LANES)
 *       store_part(out + i, fma_of(load(x + i), all(2), all(1)), n - i);
 *
 * +, -, *, / and comparisons are those of the compilers' vector extensions; nothing contracts (-ffp-contract=off), so fma
 * happens where fma_of is written. What this header offers gives the same bits for each lane on every path.
 * SIMD_ONE, defined before the include, makes vectors of one double, which is how math.c gets its functions.
 */
#ifndef BSN_NUM_SIMD_H
#define BSN_NUM_SIMD_H

#include "base/real.h"
#include <stddef.h>
#include <string.h>
#include <immintrin.h>

#if defined(SIMD_ONE)
#define SIMD_BYTES 8
#elif defined(__AVX512F__)
#define SIMD_BYTES 64
#elif defined(__AVX2__)
#define SIMD_BYTES 32
#else
#define SIMD_BYTES 16
#endif

#if defined(SIMD_ONE) || defined(BSN_DOUBLE)
#define SIMD_DOUBLE 1
typedef double real;
typedef int64_t lane_int;
typedef uint64_t lane_bits;
#else
#define SIMD_DOUBLE 0
typedef float real;
typedef int32_t lane_int;
typedef uint32_t lane_bits;
#endif

/* GNU C spells the request to unroll a loop of constant length in two ways. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define INLINE static inline __attribute__((always_inline, unused))

enum { LANES = SIMD_BYTES / sizeof(real) };

typedef real vec __attribute__((vector_size(SIMD_BYTES)));
typedef real vec_anywhere __attribute__((vector_size(SIMD_BYTES), aligned(sizeof(real)), may_alias));
typedef lane_int ivec __attribute__((vector_size(SIMD_BYTES))); /* also what comparisons give: -1 true, 0 false */
typedef lane_bits uvec __attribute__((vector_size(SIMD_BYTES)));

INLINE vec all(real x) { return x - (vec){0}; }

INLINE ivec all_int(lane_int i) { return i - (ivec){0}; }

INLINE vec load(const real *p) { return *(const vec_anywhere *)p; }

INLINE void store(real *p, vec v) { *(vec_anywhere *)p = v; }

/* v, in a register now: clang would else see that a loop copies memory, call memcpy, and keep an array of sums where it is. */
INLINE vec in_register(vec v) {
  __asm__("" : "+v"(v));
  return v;
}

/* a where the mask is true, else b. */
INLINE vec select_of(ivec mask, vec a, vec b) { return (vec)((mask & (ivec)a) | (~mask & (ivec)b)); }

INLINE ivec select_int(ivec mask, ivec a, ivec b) { return (mask & a) | (~mask & b); }

/* 0, 1, 2, .. */
INLINE ivec lane_numbers(void) {
  ivec v = {0};
  UNROLL for (int i = 0; i < LANES; i++) v[i] = i;
  return v;
}

/* The first n lanes of v, 0 in the others. */
INLINE vec first_lanes(vec v, size_t n) {
  lane_int count = n < LANES ? (lane_int)n : LANES;
  return select_of(lane_numbers() < all_int(count), v, (vec){0});
}

/* The intrinsic of this width: WIDE(add, pd), or in this path's precision: WIDE(add, SUFFIX). */
#if SIMD_BYTES == 64
#define WIDE(name, suffix) WIDE_JOIN(_mm512_, name, suffix)
typedef __m512 floats;
typedef __m512d doubles;
#if SIMD_DOUBLE
typedef __mmask8 lane_mask;
#else
typedef __mmask16 lane_mask;
#endif
#elif SIMD_BYTES == 32
#define WIDE(name, suffix) WIDE_JOIN(_mm256_, name, suffix)
typedef __m256 floats;
typedef __m256d doubles;
#else
#define WIDE(name, suffix) WIDE_JOIN(_mm_, name, suffix)
typedef __m128 floats;
typedef __m128d doubles;
#endif
#define WIDE_JOIN(prefix, name, suffix)   WIDE_JOINED(prefix, name, suffix)
#define WIDE_JOINED(prefix, name, suffix) prefix##name##_##suffix

#if SIMD_DOUBLE
#define SUFFIX pd
typedef doubles wide;
#define FMA_OF_ONE __builtin_fma
#else
#define SUFFIX     ps
typedef floats wide;
#define FMA_OF_ONE __builtin_fmaf
#endif

/* a b + c with one rounding. */
INLINE vec fma_of(vec a, vec b, vec c) {
#if SIMD_BYTES >= 32
  return (vec)WIDE(fmadd, SUFFIX)((wide)a, (wide)b, (wide)c);
#else
  UNROLL for (int i = 0; i < LANES; i++) c[i] = FMA_OF_ONE(a[i], b[i], c[i]);
  return c;
#endif
}

INLINE vec sqrt_of(vec a) {
#if SIMD_BYTES >= 16
  return (vec)WIDE(sqrt, SUFFIX)((wide)a);
#else
  return (vec){__builtin_sqrt(a[0])};
#endif
}

/* Store the first n lanes (all of them when n >= LANES) and touch nothing behind. */
INLINE void store_part(real *p, vec v, size_t n) {
  if (n >= LANES) {
    store(p, v);
    return;
  }
#if SIMD_BYTES == 64
  WIDE(mask_storeu, SUFFIX)(p, (lane_mask)((1u << n) - 1), (wide)v);
#elif SIMD_BYTES == 32
  WIDE(maskstore, SUFFIX)(p, (__m256i)(lane_numbers() < all_int((lane_int)n)), (wide)v);
#else
  for (size_t i = 0; i < n; i++) p[i] = v[i];
#endif
}

#endif
