/* How long a fit is, and which rows each of its steps sees. */
#include "learn/fit_parts.h"
#include "num/draw.h"
#include <math.h>
#include <string.h>

bsn_length bsn_length_of(const bsn_fit_spec *spec, size_t rows) {
  const bsn_train *t = &spec->train;
  bool whole = bsn_optimizer_whole((const bsn_optimizer *)spec->optimizer.row, spec->optimizer.config);
  bsn_length length = {.batch = whole || t->batch > rows ? rows : t->batch};
  double n = (double)rows, b = (double)length.batch, per = n / b;
  if (strcmp(t->order, "iid")) per = strcmp(t->remainder, "drop") ? ceil(per) : floor(per);
  length.steps_per_epoch = per < 1 ? 1 : per;
  double steps = t->epochs > 0   ? t->epochs * length.steps_per_epoch
                 : t->budget > 0 ? t->budget * n / b
                                 : (double)t->steps;
  length.steps = (int64_t)fmin(ceil(steps - 1e-9), (double)bsn_longest);
  return length;
}

/* ---- batches ---- */
static bsn_stream order_stream(const bsn_fit *fit, int64_t index) {
  return bsn_stream_of(fit->spec->seeds.order, "order", fit->spec->name, (uint64_t)index);
}

static size_t independent_batch(bsn_fit *fit) {
  bsn_fit_work *k = fit->work;
  size_t n = fit->rows->train.n;
  bsn_stream s = order_stream(fit, fit->step);
  if (!fit->spec->train.replacement)
    bsn_sample(s, n, k->batch, k->order);
  else
    for (size_t i = 0; i < k->batch; i++) k->order[i] = bsn_below(s, i, n);
  return k->batch;
}

static void load_epoch(bsn_fit *fit, int64_t epoch) {
  bsn_fit_work *k = fit->work;
  const char *order = fit->spec->train.order;
  if (strcmp(order, "epoch")) epoch = 0;
  if (epoch == k->ordered) return;
  k->ordered = epoch;
  if (strcmp(order, "sequential"))
    bsn_permutation(order_stream(fit, epoch), fit->rows->train.n, k->order);
  else
    for (size_t i = 0; i < fit->rows->train.n; i++) k->order[i] = i;
}

/* The rows of the coming step: *rows points to their positions in the training view. */
static size_t next_batch(bsn_fit *fit, const size_t **rows) {
  bsn_fit_work *k = fit->work;
  *rows = k->order;
  if (!strcmp(fit->spec->train.order, "iid")) return independent_batch(fit);
  int64_t each = (int64_t)fit->steps_per_epoch;
  load_epoch(fit, fit->step / each);
  size_t from = (size_t)(fit->step % each) * k->batch, left = fit->rows->train.n - from;
  *rows = k->order + from;
  return left < k->batch ? left : k->batch;
}

size_t bsn_fit_next(bsn_fit *fit, const size_t **rows) {
  *rows = NULL;
  return bsn_optimizer_whole(fit->optimizer.type, fit->optimizer.config) ? 0 : next_batch(fit, rows);
}

/* ---- rows of evaluations ---- */
/* Rows 0, N/n, 2N/n, .. of N: the same ones each time, so that a curve is smooth. */
bool bsn_fit_sample(bsn_fit *fit, bsn_error *error) {
  bsn_amount a = fit->spec->eval_rows;
  const bsn_view *all = &fit->rows->train;
  double want = fmax(1, bsn_amount_of(a, (double)all->n) + 0.5);
  bool some = a.kind != BSN_AMOUNT_NONE && want < (double)all->n;
  fit->work->sample = *all;
  if (!some) return true;
  bsn_arena arena = {0};
  size_t n = (size_t)want, *pick = bsn_alloc_in(&arena, n * sizeof *pick);
  for (size_t i = 0; pick && i < n; i++) pick[i] = (size_t)((double)i * (double)all->n / (double)n);
  if (pick) fit->work->sample = bsn_view_pick(all, pick, n, fit->arena);
  bsn_arena_free(&arena);
  return (pick && fit->work->sample.row) || bsn_no_memory(error);
}
