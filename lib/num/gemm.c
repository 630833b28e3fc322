#include "num/path.h"
#include "num/functions.h"
#include "num/turn.h"
#include <stdbool.h>

/* The columns of C are done in panels of 1, 2, 4 or 8 vectors, the terms in blocks, the rows of a panel in tiles whose sums
 * stay in registers for a whole block. A later block starts from what the one before stored, so each element stays one
 * chain of fma. */
#if SIMD_BYTES == 64
enum { TILE_ROWS = 14 }; /* of 32 registers: 14 * 2 sums, 2 of B, 1 of A */
#elif SIMD_BYTES == 32
enum { TILE_ROWS = 6 }; /* of 16: 6 * 2 sums, 2 of B, 1 of A */
#else
enum { TILE_ROWS = 2 };
#endif
enum { MOST_VECS = 8, PACKED = 32768 / sizeof(real) };

typedef struct panel {
  size_t terms, a_row, a_col;
  const real *b;             /* row p at b + p * b_step */
  size_t b_step, ldc, count; /* count: columns that exist */
  bool acc, relu;
  bsn_gate_kind gated;
  const real *bias; /* NULL: none */
  bool one_bias;    /* the same for all columns */
} panel;

/* sum becomes back(sum, y) with the y that lie as C does. */
INLINE void pass_gate(const int rows, const int vecs, vec back(vec, vec), const real *y, size_t ldc,
                      vec sum[][MOST_VECS]) {
  UNROLL for (int i = 0; i < rows; i++) UNROLL for (int v = 0; v < vecs; v++) sum[i][v] =
      back(sum[i][v], load(y + (size_t)i * ldc + v * LANES));
}

/* The epilogue, then the store: the last vector may be a part. */
INLINE void finish(const int rows, const int vecs, const panel *p, vec sum[][MOST_VECS], real *c, const real *gate) {
  if (p->bias) UNROLL for (int v = 0; v < vecs; v++) {
      vec bias = p->one_bias ? all(*p->bias) : load(p->bias + v * LANES);
      UNROLL for (int i = 0; i < rows; i++) sum[i][v] += bias;
    }
  if (p->relu)
    UNROLL for (int i = 0; i < rows; i++) UNROLL for (int v = 0; v < vecs; v++) sum[i][v] =
        select_of(sum[i][v] <= all(0), all(0), sum[i][v]);
  if (gate && p->gated == BSN_GATE_RELU) pass_gate(rows, vecs, relu_back_of, gate, p->ldc, sum);
  if (gate && p->gated == BSN_GATE_TANH) pass_gate(rows, vecs, tanh_back_of, gate, p->ldc, sum);
  if (gate && p->gated == BSN_GATE_SIGMOID) pass_gate(rows, vecs, sigmoid_back_of, gate, p->ldc, sum);
  size_t last = p->count - (size_t)(vecs - 1) * LANES;
  UNROLL for (int i = 0; i < rows; i++) {
    real *row = c + (size_t)i * p->ldc;
    UNROLL for (int v = 0; v < vecs - 1; v++) store(row + v * LANES, in_register(sum[i][v]));
    store_part(row + (vecs - 1) * LANES, sum[i][vecs - 1], last);
  }
}

/* rows by vecs vectors of C; both are constants, and every loop over them must be unrolled for the sums to be registers. */
INLINE void tile(const int rows, const int vecs, const panel *p, const real *a, real *c, const real *gate) {
  vec sum[TILE_ROWS][MOST_VECS];
  UNROLL for (int i = 0; i < rows; i++) UNROLL for (int v = 0; v < vecs; v++) sum[i][v] = all(0);
  if (p->acc)
    UNROLL for (int i = 0; i < rows; i++) UNROLL for (int v = 0; v < vecs; v++) sum[i][v] =
        in_register(load(c + (size_t)i * p->ldc + v * LANES));
  const size_t a_row = p->a_row, a_col = p->a_col, b_step = p->b_step;
  const real *b = p->b;
  for (size_t left = p->terms; left; left--, a += a_col, b += b_step) {
    UNROLL for (int i = 0; i < rows; i++) {
      vec s = all(a[(size_t)i * a_row]);
      UNROLL for (int v = 0; v < vecs; v++) sum[i][v] = fma_of(s, load(b + v * LANES), sum[i][v]);
    }
  }
  finish(rows, vecs, p, sum, c, gate);
}

typedef void tile_of(const panel *p, const real *a, real *c, const real *gate);
#define TILE(rows, vecs)                                                                       \
  static void tile_##rows##_##vecs(const panel *p, const real *a, real *c, const real *gate) { \
    tile(rows, vecs, p, a, c, gate);                                                           \
  }
#define TILES(rows) TILE(rows, 1) TILE(rows, 2)
#define ROW(rows) \
  { tile_##rows##_1, tile_##rows##_2 }

// clang-format off
TILES(1) TILE(1, 4) TILE(1, 8) TILES(2) TILE(2, 4)
#if SIMD_BYTES >= 32
TILES(3) TILES(4) TILES(5) TILES(6)
#endif
#if SIMD_BYTES == 64
TILES(7) TILES(8) TILES(9) TILES(10) TILES(11) TILES(12) TILES(13) TILES(14)
#endif

/* By rows and the logarithm of vecs. */
static tile_of *const tiles[TILE_ROWS + 1][4] = {
    {NULL}, {tile_1_1, tile_1_2, tile_1_4, tile_1_8}, {tile_2_1, tile_2_2, tile_2_4},
#if SIMD_BYTES >= 32
    ROW(3), ROW(4), ROW(5), ROW(6),
#endif
#if SIMD_BYTES == 64
    ROW(7), ROW(8), ROW(9), ROW(10), ROW(11), ROW(12), ROW(13), ROW(14),
#endif
};
// clang-format on

/* Few rows make up for it with more columns (fewer where they must be turned first), but a panel reads less than one
 * vector past the end. */
static int log_vecs(const bsn_gemm *g, size_t columns) {
  int most = g->m == 1 && !g->turned ? 3 : g->m <= 2 ? 2 : 1;
  while (most > 0 && columns <= (((size_t)1 << most) - 1) * LANES) most--;
  return most;
}

/* All rows of a panel, in tiles of nearly equal height. */
static void rows_of_panel(const panel *p, int log, size_t m, const real *a, real *c, const real *gate) {
  for (size_t left = (m + TILE_ROWS - 1) / TILE_ROWS; left; left--) {
    size_t rows = (m + left - 1) / left;
    tiles[rows][log](p, a, c, gate);
    m -= rows;
    a += rows * p->a_row;
    c += rows * p->ldc;
    if (gate) gate += rows * p->ldc;
  }
}

/* Put the panel of B into pack, rows of `width` behind each other. */
static void pack_panel(const bsn_gemm *g, const panel *p, size_t first_term, size_t first, size_t width, real *pack) {
  if (g->turned) {
    if (p->count < width) memset(pack, 0, p->terms * width * sizeof *pack);
    turn(g->b + first * g->ldb + first_term, g->ldb, p->count, p->terms, pack, width);
  } else {
    const real *from = g->b + first_term * g->ldb + first;
    for (size_t k = 0; k < p->terms; k++)
      for (size_t j = 0; j < width; j += LANES) store(pack + k * width + j, load(from + k * g->ldb + j));
  }
}

/* Packing pays where a panel is read many times and its rows are far apart. */
static bool worth_packing(const bsn_gemm *g) {
  return g->turned || (g->m >= 4 * TILE_ROWS && g->ldb > 2 * LANES && g->k * g->ldb > PACKED);
}

/* One panel of columns from `first` on, with the terms from `done` on. */
static void one_panel(const bsn_gemm *g, bool one_bias, size_t done, size_t terms, size_t first, int log, real *pack) {
  size_t width = (size_t)LANES << log;
  bool packed = worth_packing(g), last = done + terms == g->k;
  panel p = {.terms = terms,
             .a_row = g->a_row,
             .a_col = g->a_col,
             .b = packed ? pack : g->b + done * g->ldb + first,
             .b_step = packed ? width : g->ldb,
             .ldc = g->ldc,
             .count = g->n - first < width ? g->n - first : width,
             .acc = g->acc || done,
             .relu = last && g->relu,
             .gated = g->gated,
             .one_bias = one_bias};
  if (last && g->bias) p.bias = one_bias ? g->bias : g->bias + first;
  if (packed) pack_panel(g, &p, done, first, width, pack);
  rows_of_panel(&p, log, g->m, g->a + done * g->a_col, g->c + first, last && g->gate ? g->gate + first : NULL);
}

static void product(const bsn_gemm *g, bool one_bias) {
  _Alignas(64) real pack[PACKED];
  size_t block = PACKED / ((size_t)LANES << log_vecs(g, g->n)), done = 0;
  do {
    size_t terms = g->k - done < block ? g->k - done : block;
    for (size_t first = 0; first < g->n;) {
      int log = log_vecs(g, g->n - first);
      one_panel(g, one_bias, done, terms, first, log, pack);
      first += (size_t)LANES << log;
    }
    done += terms;
  } while (done < g->k);
}

/* One column is done as one row of the transposed product, so that rows of C are lanes. */
static bsn_gemm lying(const bsn_gemm *g) {
  bsn_gemm t = *g;
  t.m = 1, t.n = g->m, t.ldc = g->m;
  t.a = g->b, t.a_row = 0, t.a_col = g->turned ? 1 : g->ldb;
  t.b = g->a, t.turned = g->a_row != 1, t.ldb = t.turned ? g->a_row : g->a_col;
  return t;
}

void BSN_KERNEL(gemm)(const bsn_gemm *g) {
  bool column = g->n == 1 && g->ldc == 1 && (g->a_row == 1 || g->a_col == 1);
  bsn_gemm turned = column ? lying(g) : *g;
  product(&turned, column);
}
