#include "num/path.h"

/* The columns of all the B, side by side, are done in panels of two full vectors, so that narrow products fill the lanes. A
 * panel's B and C lie in small buffers; the product on them is gemm's, and one chain of fma for each element as there. */
enum { WIDTH = 2 * LANES, TERMS = 16384 / (WIDTH * sizeof(real)), ROWS = 128 };

/* The columns of a panel that belong to one product. */
typedef struct piece {
  const real *b, *bias;
  real *c;
  size_t at, n; /* first column in the panel, how many */
} piece;

typedef struct panel {
  const bsn_gemm *g;
  size_t npieces, n; /* n: columns */
  piece piece[WIDTH];
  /* The last vector of a row runs into the next row, or behind the end. */
  _Alignas(64) real b[TERMS * WIDTH + LANES], c[ROWS * WIDTH + LANES], bias[WIDTH + LANES];
} panel;

/* Columns first, first + 1, .. of all, as many as there are and a panel takes. */
static void take_columns(panel *p, size_t count, const bsn_gemm_part *part, size_t first) {
  size_t n = p->g->n, all = count * n;
  p->n = all - first < WIDTH ? all - first : WIDTH;
  p->npieces = 0;
  for (size_t at = 0; at < p->n; at += p->piece[p->npieces++].n) {
    const bsn_gemm_part *own = &part[(first + at) / n];
    size_t from = (first + at) % n, most = p->n - at;
    p->piece[p->npieces] = (piece){.b = own->b + from,
                                   .bias = own->bias ? own->bias + from : NULL,
                                   .c = own->c + from,
                                   .at = at,
                                   .n = n - from < most ? n - from : most};
  }
}

/* Whole vectors, left to right: what runs over is written again by the next piece or row. */
INLINE void join(const real *from, const piece *p, real *row) {
  for (size_t j = 0; j < p->n; j += LANES) store(row + p->at + j, load(from + j));
}

static void join_bias(panel *p) {
  for (size_t i = 0; i < p->npieces; i++) join(p->piece[i].bias, &p->piece[i], p->bias);
}

static void join_b(panel *p, size_t first, size_t terms) {
  for (size_t k = 0; k < terms; k++)
    for (size_t i = 0; i < p->npieces; i++)
      join(p->piece[i].b + (first + k) * p->g->ldb, &p->piece[i], p->b + k * WIDTH);
}

static void join_c(panel *p, size_t first, size_t rows) {
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < p->npieces; i++)
      join(p->piece[i].c + (first + r) * p->g->ldc, &p->piece[i], p->c + r * WIDTH);
}

static void part_c(const panel *p, size_t first, size_t rows) {
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < p->npieces; i++) {
      const piece *to = &p->piece[i];
      const real *from = p->c + r * WIDTH + to->at;
      real *row = to->c + (first + r) * p->g->ldc;
      for (size_t j = 0; j < to->n; j += LANES) store_part(row + j, load(from + j), to->n - j);
    }
}

/* Some rows of a panel. fresh: B is not in the buffer yet. */
static void some_rows(panel *p, size_t first, size_t rows, bool fresh) {
  const bsn_gemm *g = p->g;
  size_t blocks = (g->k + TERMS - 1) / TERMS, done = 0;
  if (g->acc) join_c(p, first, rows);
  do {
    size_t left = g->k - done, terms = left && blocks ? (left + blocks - 1) / blocks : 0;
    if (fresh || terms < g->k) join_b(p, done, terms);
    BSN_KERNEL(gemm)
    (&(bsn_gemm){.m = rows,
                 .n = p->n,
                 .k = terms,
                 .a = g->a + first * g->a_row + done * g->a_col,
                 .a_row = g->a_row,
                 .a_col = g->a_col,
                 .b = p->b,
                 .ldb = WIDTH,
                 .c = p->c,
                 .ldc = WIDTH,
                 .acc = g->acc || done,
                 .bias = done + terms == g->k && p->piece[0].bias ? p->bias : NULL,
                 .relu = done + terms == g->k && g->relu});
    done += terms;
    blocks--;
  } while (done < g->k);
  part_c(p, first, rows);
}

void BSN_KERNEL(gemm_many)(const bsn_gemm *g, size_t count, const bsn_gemm_part *part) {
  panel p;
  p.g = g;
  for (size_t first = 0; first < count * g->n; first += WIDTH) {
    size_t done = 0;
    take_columns(&p, count, part, first);
    if (part->bias) join_bias(&p);
    for (size_t chunks = (g->m + ROWS - 1) / ROWS; chunks; chunks--) {
      size_t rows = (g->m - done + chunks - 1) / chunks;
      some_rows(&p, done, rows, done == 0);
      done += rows;
    }
  }
}
