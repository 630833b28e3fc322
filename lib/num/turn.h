/* turn.h (inside num/ only): transposing a block, for the kernel transpose and for the packing of gemm.
 *
 *     turn(x, ldx, rows, n, out, ldout);      // out[j * ldout + i] = x[i * ldx + j]
 *
 * A register takes 16-byte pieces from several rows; unpacking inside the pieces turns LANES rows by PIECE columns at once.
 */
#ifndef BSN_NUM_TURN_H
#define BSN_NUM_TURN_H

#include "num/simd.h"

enum { PIECE = 16 / sizeof(real) }; /* numbers of 16 bytes */

INLINE __m128 piece(const real *p) { return _mm_loadu_ps((const float *)p); }

/* The first PIECE numbers of every PIECE-th row. */
INLINE vec load_pieces(const real *p, size_t ld) {
#if SIMD_BYTES == 64
  __m512 v = _mm512_castps128_ps512(piece(p));
  v = _mm512_insertf32x4(v, piece(p + PIECE * ld), 1);
  v = _mm512_insertf32x4(v, piece(p + 2 * PIECE * ld), 2);
  return (vec)_mm512_insertf32x4(v, piece(p + 3 * PIECE * ld), 3);
#elif SIMD_BYTES == 32
  return (vec)_mm256_insertf128_ps(_mm256_castps128_ps256(piece(p)), piece(p + PIECE * ld), 1);
#else
  (void)ld;
  return (vec)piece(p);
#endif
}

#if SIMD_DOUBLE
/* LANES rows by 2 columns. */
INLINE void turn_piece(const real *x, size_t ldx, real *out, size_t ldout) {
  doubles even = (doubles)load_pieces(x, ldx), odd = (doubles)load_pieces(x + ldx, ldx);
  store(out, (vec)WIDE(unpacklo, pd)(even, odd));
  store(out + ldout, (vec)WIDE(unpackhi, pd)(even, odd));
}
#else
/* LANES rows by 4 columns. */
INLINE void turn_piece(const real *x, size_t ldx, real *out, size_t ldout) {
  floats row[4];
  UNROLL for (size_t i = 0; i < 4; i++) row[i] = (floats)load_pieces(x + i * ldx, ldx);
  doubles low_01 = (doubles)WIDE(unpacklo, ps)(row[0], row[1]), high_01 = (doubles)WIDE(unpackhi, ps)(row[0], row[1]);
  doubles low_23 = (doubles)WIDE(unpacklo, ps)(row[2], row[3]), high_23 = (doubles)WIDE(unpackhi, ps)(row[2], row[3]);
  store(out, (vec)WIDE(unpacklo, pd)(low_01, low_23));
  store(out + ldout, (vec)WIDE(unpackhi, pd)(low_01, low_23));
  store(out + 2 * ldout, (vec)WIDE(unpacklo, pd)(high_01, high_23));
  store(out + 3 * ldout, (vec)WIDE(unpackhi, pd)(high_01, high_23));
}
#endif

INLINE void turn_singly(const real *x, size_t ldx, size_t rows, size_t n, real *out, size_t ldout) {
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < n; j++) out[j * ldout + i] = x[i * ldx + j];
}

INLINE void turn(const real *x, size_t ldx, size_t rows, size_t n, real *out, size_t ldout) {
  size_t whole_rows = rows / LANES * LANES, whole = n / PIECE * PIECE;
  for (size_t i = 0; i < whole_rows; i += LANES) {
    for (size_t j = 0; j < whole; j += PIECE) turn_piece(x + i * ldx + j, ldx, out + j * ldout + i, ldout);
    turn_singly(x + i * ldx + whole, ldx, LANES, n - whole, out + whole * ldout + i, ldout);
  }
  turn_singly(x + whole_rows * ldx, ldx, rows - whole_rows, n, out + whole_rows, ldout);
}

#endif
