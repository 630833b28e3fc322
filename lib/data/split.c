#include "data/split.h"
#include "num/draw.h"
#include <stdlib.h>
#include <string.h>

/* The strata of a view: position i belongs to class of(i); one class when not stratified (or when targets are numbers). */
typedef struct strata {
  size_t n;      /* classes */
  size_t *class; /* of each position */
  size_t *count; /* positions of each class */
} strata;

static bool strata_of(strata *s, const bsn_view *view, bool stratified, bsn_arena *arena) {
  const int32_t *label = stratified ? view->set->label : NULL;
  s->n = label ? view->set->outputs : 1;
  s->class = bsn_alloc_in(arena, view->n * sizeof *s->class);
  s->count = bsn_alloc_in(arena, s->n * sizeof *s->count);
  if (!s->class || !s->count) return false;
  for (size_t i = 0; i < view->n; i++) {
    s->class[i] = label ? (size_t)label[view->row[i]] : 0;
    s->count[s->class[i]]++;
  }
  return true;
}

/* Positions for which in[i] is true into yes, the others into no, both in order. */
static bool part(const bsn_view *view, const bool *in, bsn_view *yes, bsn_view *no, bsn_arena *arena,
                 bsn_arena *scratch) {
  size_t *pick = bsn_alloc_in(scratch, view->n * sizeof *pick), left = 0, right = view->n;
  if (!pick) return false;
  for (size_t i = 0; i < view->n; i++) {
    if (in[i]) pick[left++] = i;
  }
  for (size_t i = view->n; i-- > 0;) {
    if (!in[i]) pick[--right] = i;
  }
  *yes = bsn_view_pick(view, pick, left, arena);
  *no = bsn_view_pick(view, pick + left, view->n - left, arena);
  return yes->row && no->row;
}

/* Deal the positions out like cards, class after class without a new start, in the order of a permutation. So each class is
 * spread over the folds within 1, and so is the whole. */
static bool fold(const bsn_view *view, size_t k, size_t which, bool stratified, bsn_stream stream, bsn_arena *arena,
                 bsn_view *fit, bsn_view *held, bsn_arena *scratch) {
  strata s;
  size_t *order = bsn_alloc_in(scratch, view->n * sizeof *order);
  bool *in = bsn_alloc_in(scratch, view->n);
  if (!order || !in || !strata_of(&s, view, stratified, scratch)) return false;
  size_t *next = bsn_alloc_in(scratch, s.n * sizeof *next);
  if (!next) return false;
  for (size_t c = 1; c < s.n; c++) next[c] = next[c - 1] + s.count[c - 1];
  bsn_permutation(stream, view->n, order);
  for (size_t i = 0; i < view->n; i++) in[order[i]] = next[s.class[order[i]]]++ % k == which;
  return part(view, in, held, fit, arena, scratch);
}

bool bsn_fold(const bsn_view *view, size_t k, size_t which, bool stratified, bsn_stream stream, bsn_arena *arena,
              bsn_view *fit, bsn_view *held) {
  bsn_arena scratch = {0};
  bool ok = fold(view, k, which, stratified, stream, arena, fit, held, &scratch);
  bsn_arena_free(&scratch);
  return ok;
}

/* How many of each class are held: the floor of its share, and one more for the largest remainders (the first class of
 * equal ones) until there are n. Whole numbers, so no rounding decides. */
static bool quotas(const strata *s, size_t n, size_t all, size_t *quota, bsn_arena *scratch) {
  uint64_t *rest = bsn_alloc_in(scratch, s->n * sizeof *rest);
  if (!rest) return false;
  size_t given = 0;
  for (size_t c = 0; c < s->n; c++) {
    uint64_t product = (uint64_t)n * s->count[c];
    given += quota[c] = all ? product / all : 0;
    rest[c] = all ? product % all : 0;
  }
  for (; given < n; given++) {
    size_t best = 0;
    for (size_t c = 1; c < s->n; c++) {
      if (rest[c] > rest[best]) best = c;
    }
    quota[best]++;
    rest[best] = 0;
  }
  return true;
}

static bool holdout(const bsn_view *view, size_t n, bool stratified, bsn_stream stream, bsn_arena *arena, bsn_view *fit,
                    bsn_view *held, bsn_arena *scratch) {
  strata s;
  size_t *order = bsn_alloc_in(scratch, view->n * sizeof *order);
  bool *in = bsn_alloc_in(scratch, view->n);
  if (!order || !in || !strata_of(&s, view, stratified, scratch)) return false;
  size_t *quota = bsn_alloc_in(scratch, s.n * sizeof *quota);
  if (!quota || !quotas(&s, n, view->n, quota, scratch)) return false;
  bsn_permutation(stream, view->n, order);
  for (size_t i = 0; i < view->n; i++) {
    size_t *left = &quota[s.class[order[i]]];
    in[order[i]] = *left > 0;
    *left -= *left > 0;
  }
  return part(view, in, held, fit, arena, scratch);
}

bool bsn_holdout(const bsn_view *view, size_t n, bool stratified, bsn_stream stream, bsn_arena *arena, bsn_view *fit,
                 bsn_view *held) {
  bsn_arena scratch = {0};
  bool ok = n <= view->n && holdout(view, n, stratified, stream, arena, fit, held, &scratch);
  bsn_arena_free(&scratch);
  return ok;
}

/* A row drawn c times weighs c times its weight in view; the mean over the distinct rows is made 1. */
static bool weigh(const bsn_view *view, const size_t *count, bsn_view *bag, bsn_arena *arena) {
  bsn_real *weight = bsn_reals_in(arena, bag->n);
  if (!weight) return false;
  double sum = 0;
  size_t at = 0;
  for (size_t i = 0; i < view->n; i++) {
    if (count[i]) sum += (double)count[i] * (view->weight ? (double)view->weight[i] : 1);
  }
  double scale = sum > 0 ? (double)bag->n / sum : 1;
  for (size_t i = 0; i < view->n; i++) {
    if (!count[i]) continue;
    weight[at++] = (bsn_real)(scale * (double)count[i] * (view->weight ? (double)view->weight[i] : 1));
  }
  bag->weight = weight;
  return true;
}

static bool bootstrap(const bsn_view *view, bsn_stream stream, bsn_arena *arena, bsn_view *bag, bsn_view *out,
                      bsn_arena *scratch) {
  size_t *count = bsn_alloc_in(scratch, view->n * sizeof *count);
  bool *in = bsn_alloc_in(scratch, view->n);
  if (!count || !in) return false;
  for (size_t i = 0; i < view->n; i++) count[bsn_below(stream, i, view->n)]++;
  for (size_t i = 0; i < view->n; i++) in[i] = count[i] > 0;
  return part(view, in, bag, out, arena, scratch) && weigh(view, count, bag, arena);
}

bool bsn_bootstrap(const bsn_view *view, bsn_stream stream, bsn_arena *arena, bsn_view *bag, bsn_view *out) {
  bsn_arena scratch = {0};
  bool ok = bootstrap(view, stream, arena, bag, out, &scratch);
  bsn_arena_free(&scratch);
  return ok;
}
