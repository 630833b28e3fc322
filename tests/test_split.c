/* Ways to split keep their properties on random views. */
#include "basin_check.h"
#include "data/split.h"
#include "num/draw.h"

enum { MOST = 97, CASES = 60 };

/* A random set and a random view of it: some rows, in random order, with weights in every third case. */
typedef struct world {
  bsn_arena arena;
  bsn_dataset set;
  bsn_view view;
  int32_t label[MOST];
  size_t classes, where[MOST]; /* where a row stands in the view; MOST: nowhere */
} world;

static void world_new(world *w, uint64_t c) {
  bsn_stream s = bsn_stream_of(c, "test", "split", 0);
  *w = (world){.classes = 1 + bsn_below(s, 0, 5)};
  w->set = (bsn_dataset){
      .task = BSN_CLASSIFICATION, .rows = 1 + bsn_below(s, 1, MOST), .outputs = w->classes, .label = w->label};
  size_t n = 1 + bsn_below(s, 2, w->set.rows), pick[MOST];
  bsn_permutation(bsn_stream_of(c, "test", "split", 1), w->set.rows, pick);
  for (size_t i = 0; i < MOST; i++) w->label[i] = (int32_t)bsn_below(s, 10 + i, w->classes);
  bsn_view all = bsn_view_all(&w->set, &w->arena);
  bsn_real weight[MOST];
  for (size_t i = 0; i < MOST; i++) weight[i] = (bsn_real)bsn_uniform(s, 200 + i);
  if (c % 3 == 0) all.weight = weight;
  w->view = bsn_view_pick(&all, pick, n, &w->arena);
  for (size_t i = 0; i < MOST; i++) w->where[i] = MOST;
  for (size_t i = 0; i < n; i++) w->where[w->view.row[i]] = i;
}

/* The parts are disjoint, cover the view, have its order and, where it has them, weights of mean 1. */
static void check_parts(const world *w, const bsn_view *a, const bsn_view *b) {
  bool seen[MOST] = {false};
  ck_assert_uint_eq(a->n + b->n, w->view.n);
  const bsn_view *parts[] = {a, b};
  for (size_t p = 0; p < 2; p++) {
    double sum = 0;
    for (size_t i = 0; i < parts[p]->n; i++) {
      int32_t row = parts[p]->row[i];
      ck_assert_uint_lt(w->where[row], MOST);
      ck_assert(!seen[row]);
      seen[row] = true;
      if (i) ck_assert_uint_lt(w->where[parts[p]->row[i - 1]], w->where[row]);
      if (parts[p]->weight) sum += (double)parts[p]->weight[i];
    }
    ck_assert_ptr_eq(parts[p]->set, &w->set);
    if (w->view.weight) ck_assert_ptr_nonnull(parts[p]->weight);
    if (parts[p]->weight) ck_assert_double_eq_tol(sum, (double)parts[p]->n, 1e-4);
  }
}

static void count(const bsn_view *view, size_t counts[5]) {
  memset(counts, 0, 5 * sizeof *counts);
  for (size_t i = 0; i < view->n; i++) counts[view->set->label[view->row[i]]]++;
}

START_TEST(folds_are_disjoint_covering_and_even) {
  for (uint64_t c = 0; c < CASES; c++) {
    world w;
    world_new(&w, c);
    bool stratified = c % 2;
    size_t k = 2 + c % 7, held_in[MOST] = {0}, least = MOST, most = 0, low[5], high[5] = {0};
    memset(low, 0xff, sizeof low);
    for (size_t f = 0; f < k; f++) {
      bsn_view fit, held;
      size_t counts[5];
      ck_assert(bsn_fold(&w.view, k, f, stratified, bsn_stream_of(c, "split", "k-fold", 0), &w.arena, &fit, &held));
      check_parts(&w, &fit, &held);
      count(&held, counts);
      least = held.n < least ? held.n : least;
      most = held.n > most ? held.n : most;
      for (size_t i = 0; i < held.n; i++) held_in[held.row[i]]++;
      for (size_t j = 0; j < 5; j++) {
        low[j] = counts[j] < low[j] ? counts[j] : low[j];
        high[j] = counts[j] > high[j] ? counts[j] : high[j];
      }
    }
    ck_assert_uint_le(most - least, 1);
    for (size_t i = 0; i < w.set.rows; i++) ck_assert_uint_eq(held_in[i], w.where[i] < MOST);
    for (size_t j = 0; stratified && j < 5; j++) ck_assert_uint_le(high[j] - low[j], 1);
    bsn_arena_free(&w.arena);
  }
}
END_TEST

START_TEST(a_holdout_takes_each_class_by_its_share) {
  for (uint64_t c = 0; c < CASES; c++) {
    world w;
    world_new(&w, c);
    bool stratified = c % 2;
    size_t n = (size_t)bsn_below(bsn_stream_of(c, "test", "holdout", 0), 0, w.view.n + 1), all[5], counts[5];
    bsn_view fit, held;
    ck_assert(bsn_holdout(&w.view, n, stratified, bsn_stream_of(c, "split", "holdout", 0), &w.arena, &fit, &held));
    check_parts(&w, &fit, &held);
    ck_assert_uint_eq(held.n, n);
    count(&w.view, all);
    count(&held, counts);
    for (size_t j = 0; stratified && j < 5; j++) {
      double share = (double)n * (double)all[j] / (double)w.view.n;
      ck_assert_double_lt(fabs((double)counts[j] - share), 1);
    }
    ck_assert(!bsn_holdout(&w.view, w.view.n + 1, false, bsn_stream_of(c, "split", "", 0), &w.arena, &fit, &held));
    bsn_arena_free(&w.arena);
  }
}
END_TEST

START_TEST(a_bootstrap_weighs_what_it_drew) {
  double share = 0;
  size_t large = 0;
  for (uint64_t c = 0; c < CASES; c++) {
    world w;
    world_new(&w, c);
    bsn_stream s = bsn_stream_of(c, "split", "bootstrap", 0);
    bsn_view bag, out;
    ck_assert(bsn_bootstrap(&w.view, s, &w.arena, &bag, &out));
    check_parts(&w, &bag, &out);
    ck_assert_ptr_nonnull(bag.weight);
    size_t drawn[MOST] = {0}, first = w.where[bag.row[0]];
    for (size_t i = 0; i < w.view.n; i++) drawn[bsn_below(s, i, w.view.n)]++;
    for (size_t i = 0; i < bag.n; i++) ck_assert_uint_gt(drawn[w.where[bag.row[i]]], 0);
    for (size_t i = 0; !w.view.weight && i < bag.n; i++) {
      double ratio = (double)drawn[w.where[bag.row[i]]] / (double)drawn[first];
      ck_assert_double_eq_tol((double)bag.weight[i], ratio * (double)bag.weight[0], 1e-5);
    }
    if (w.view.n >= 30) share += (double)bag.n / (double)w.view.n, large++;
    bsn_arena_free(&w.arena);
  }
  /* 1 - 1/e of the rows are in a bag. */
  ck_assert_double_eq_tol(share / (double)large, 0.632, 0.03);
}
END_TEST

static bool same(const bsn_view *a, const bsn_view *b) {
  return a->n == b->n && memcmp(a->row, b->row, a->n * sizeof *a->row) == 0;
}

START_TEST(the_stream_decides_the_split) {
  world w;
  world_new(&w, 4);
  ck_assert_uint_ge(w.view.n, 20);
  bsn_view fit, held[3];
  for (uint64_t i = 0; i < 3; i++) {
    bsn_stream s = bsn_stream_of(i / 2, "split", "k-fold", 0);
    ck_assert(bsn_fold(&w.view, 2, 0, false, s, &w.arena, &fit, &held[i]));
  }
  ck_assert(same(&held[0], &held[1]));
  ck_assert(!same(&held[0], &held[2]));
  bsn_arena_free(&w.arena);
}
END_TEST

BASIN_TESTS("split", folds_are_disjoint_covering_and_even, a_holdout_takes_each_class_by_its_share,
            a_bootstrap_weighs_what_it_drew, the_stream_decides_the_split)
