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
  _Alignas(64) real b[TERMS * WIDTH], c[ROWS * WIDTH], bias[WIDTH];
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

/* The columns of a piece in some rows, from or to the buffer. Whole vectors where the next piece, which is copied behind this one,
 * writes again what runs over; else only what there is. */
INLINE void copy_rows(const real *from, size_t from_ld, real *to, size_t to_ld, size_t rows, size_t n, bool whole) {
  for (size_t j = 0; j < n; j += LANES) {
    const real *x = from + j;
    real *y = to + j;
    if (whole)
      for (size_t r = 0; r < rows; r++, x += from_ld, y += to_ld) store(y, load(x));
    else
      for (size_t r = 0; r < rows; r++, x += from_ld, y += to_ld) store_part(y, load(x), n - j);
  }
}

static void join(const piece *p, const real *from, size_t ld, real *buffer, size_t rows) {
  bool whole = p->at + (p->n + LANES - 1) / LANES * LANES <= WIDTH;
  if (whole)
    copy_rows(from, ld, buffer + p->at, WIDTH, rows, p->n, true);
  else
    copy_rows(from, ld, buffer + p->at, WIDTH, rows, p->n, false);
}

static void join_bias(panel *p) {
  for (size_t i = 0; i < p->npieces; i++) join(&p->piece[i], p->piece[i].bias, 0, p->bias, 1);
}

static void join_b(panel *p, size_t first, size_t terms) {
  size_t ld = p->g->ldb;
  for (size_t i = 0; i < p->npieces; i++) join(&p->piece[i], p->piece[i].b + first * ld, ld, p->b, terms);
}

static void join_c(panel *p, size_t first, size_t rows) {
  size_t ld = p->g->ldc;
  for (size_t i = 0; i < p->npieces; i++) join(&p->piece[i], p->piece[i].c + first * ld, ld, p->c, rows);
}

static void part_c(const panel *p, size_t first, size_t rows) {
  size_t ld = p->g->ldc;
  for (size_t i = 0; i < p->npieces; i++) {
    const piece *to = &p->piece[i];
    copy_rows(p->c + to->at, WIDTH, to->c + first * ld, ld, rows, to->n, false);
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
