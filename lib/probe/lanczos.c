#include "probe/lanczos.h"
#include "base/arena.h"
#include "num/draw.h"
#include "num/symmetric.h"
#include "num/vector.h"
#include <math.h>
#include <string.h>

typedef struct walk {
  bsn_lanczos *l;
  bsn_arena arena;
  bsn_real **v;         /* the basis */
  double *alpha, *beta; /* of the tridiagonal matrix: alpha[j] on the diagonal, beta[j] between j and j + 1 */
  double scale;         /* largest of their sizes */
  size_t next;          /* number of vectors at which convergence is looked at again */
} walk;

/* Twice is enough (Parlett 1998, section 6.9). */
static void orthogonalise(const walk *k, size_t n, bsn_real *x) {
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < n; i++) bsn_axpy(k->l->n, -bsn_dot(k->l->n, k->v[i], x), k->v[i], x);
}

/* Basis vector j from the stream: of unit length, orthogonal to those before. */
static void draw_vector(walk *k, size_t j) {
  bsn_stream s = k->l->stream;
  s.index += (uint64_t)j << 32;
  for (size_t i = 0; i < k->l->n; i++) k->v[j][i] = (bsn_real)bsn_normal(s, i);
  orthogonalise(k, j, k->v[j]);
  bsn_scale(k->l->n, 1 / bsn_norm(k->l->n, k->v[j]), k->v[j]);
}

/* Eigenvalues of the tridiagonal matrix of the first m vectors, and their residuals. */
static bool ritz(walk *k, size_t m, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_lanczos *l = k->l;
  double *t = bsn_alloc_in(&arena, m * m * sizeof *t), *u = bsn_alloc_in(&arena, m * m * sizeof *u);
  double *value = bsn_alloc_in(&arena, m * sizeof *value), most = 0, worst = 0;
  bool ok = t && u && value;
  for (size_t j = 0; ok && j < m; j++) {
    t[j * m + j] = k->alpha[j];
    if (j + 1 < m) t[j * m + m + j] = t[j * m + j + 1] = k->beta[j];
  }
  ok = ok && bsn_symmetric_eigen(m, t, value, u, &arena);
  for (size_t i = 0; ok && i < m; i++) most = fmax(most, fabs(value[i]));
  for (size_t i = 0; ok && i < l->k; i++) {
    l->value[i] = value[i];
    l->residual[i] = fabs(k->beta[m - 1] * u[(m - 1) * m + i]);
    worst = fmax(worst, l->residual[i]);
  }
  l->converged = ok && worst <= l->tolerance * most;
  bsn_arena_free(&arena);
  return ok || bsn_no_memory(error);
}

/* Vector j + 1 from A v[j]; *whole: it starts outside of an invariant space. */
static bool extend(walk *k, size_t j, bsn_error *error) {
  bsn_lanczos *l = k->l;
  bsn_real *x = k->v[j + 1] = bsn_reals_in(&k->arena, l->n);
  if (!x) return bsn_no_memory(error);
  BSN_TRY(l->apply(l->context, k->v[j], x, error));
  l->products++;
  k->alpha[j] = bsn_dot(l->n, k->v[j], x);
  bsn_axpy(l->n, -k->alpha[j], k->v[j], x);
  if (j) bsn_axpy(l->n, -k->beta[j - 1], k->v[j - 1], x);
  orthogonalise(k, j + 1, x);
  k->beta[j] = j + 1 < l->n ? bsn_norm(l->n, x) : 0;
  k->scale = fmax(k->scale, fmax(fabs(k->alpha[j]), k->beta[j]));
  return true;
}

static void go_on(walk *k, size_t j) {
  const double rounding = sizeof(bsn_real) == sizeof(double) ? 0x1p-52 : 0x1p-23;
  if (k->beta[j] > 4 * rounding * k->scale) {
    bsn_scale(k->l->n, 1 / k->beta[j], k->v[j + 1]);
    return;
  }
  k->beta[j] = 0;
  draw_vector(k, j + 1);
}

static bool steps(walk *k, bsn_error *error) {
  bsn_lanczos *l = k->l;
  size_t most = l->iterations < l->n ? l->iterations : l->n;
  draw_vector(k, 0);
  for (size_t j = 0; j < most; j++) {
    BSN_TRY(extend(k, j, error));
    if (!isfinite(k->alpha[j]) || !isfinite(k->beta[j])) return true;
    if (j + 1 == most || j + 1 >= k->next) {
      BSN_TRY(ritz(k, j + 1, error));
      k->next = j + 2 + j / 8; /* looking costs O(j^3) */
      if (l->converged) return true;
    }
    if (j + 1 < most) go_on(k, j);
  }
  return true;
}

bool bsn_lanczos_run(bsn_lanczos *l, bsn_error *error) {
  if (l->k < 1 || l->k > l->n)
    return bsn_fail(error, BSN_BAD_INPUT, "%zu eigenvalues are wanted, but there are %zu parameters", l->k, l->n);
  if (l->iterations < l->k)
    return bsn_fail(error, BSN_BAD_INPUT, "%zu eigenvalues need more than %zu iterations", l->k, l->iterations);
  walk k = {.l = l, .next = l->k};
  l->products = 0;
  l->converged = false;
  for (size_t i = 0; i < l->k; i++) l->value[i] = l->residual[i] = NAN;
  k.v = bsn_alloc_in(&k.arena, (l->iterations + 1) * sizeof *k.v);
  k.alpha = bsn_alloc_in(&k.arena, l->iterations * sizeof *k.alpha);
  k.beta = bsn_alloc_in(&k.arena, l->iterations * sizeof *k.beta);
  bool ok = k.v && k.alpha && k.beta && (k.v[0] = bsn_reals_in(&k.arena, l->n));
  ok = ok ? steps(&k, error) : bsn_no_memory(error);
  bsn_arena_free(&k.arena);
  return ok;
}
