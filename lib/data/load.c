#include "data/tables.h"
#include "num/draw.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void bsn_data_unload(bsn_loaded *loaded) {
  for (size_t i = 0; i < sizeof loaded->mapped / sizeof *loaded->mapped; i++) {
    if (loaded->mapped[i].at) munmap(loaded->mapped[i].at, loaded->mapped[i].bytes);
  }
  *loaded = (bsn_loaded){0};
}

/* The rows listed, size bytes each; NULL stays NULL. */
static bool rows_of(const void *from, size_t size, const size_t *row, size_t n, bsn_arena *arena, const void **to) {
  if (!from) return true;
  char *copy = bsn_buffer_in(arena, n * size);
  if (!copy) return false;
  for (size_t i = 0; i < n; i++) memcpy(copy + i * size, (const char *)from + row[i] * size, size);
  *to = copy;
  return true;
}

static bool set_of(const bsn_dataset *from, const size_t *row, size_t n, bsn_arena *arena, bsn_dataset *to) {
  const void *u8 = NULL, *real = NULL, *label = NULL, *target = NULL, *truth = NULL;
  size_t targets = from->outputs * sizeof(bsn_real);
  if (!rows_of(from->u8, from->width, row, n, arena, &u8)) return false;
  if (!rows_of(from->real, from->width * sizeof(bsn_real), row, n, arena, &real)) return false;
  if (!rows_of(from->label, sizeof(int32_t), row, n, arena, &label)) return false;
  if (!rows_of(from->target, targets, row, n, arena, &target)) return false;
  if (!rows_of(from->truth, targets, row, n, arena, &truth)) return false;
  *to = *from;
  to->rows = n;
  to->u8 = u8;
  to->real = real;
  to->label = label;
  to->target = target;
  to->truth = truth;
  return true;
}

/* How many of `all` rows an amount means; a message when they are too few or come to nothing. */
static bool amount_of(bsn_amount amount, size_t all, const char *key, size_t *n, bsn_error *error) {
  double rows = floor(bsn_amount_of(amount, (double)all) + 0.5);
  if (rows > (double)all) {
    return bsn_fail(error, BSN_BAD_INPUT, "data.%s: %.0f rows are asked for, there are %zu", key, rows, all);
  }
  if (amount.kind == BSN_AMOUNT_NONE || rows < 1) {
    return bsn_fail(error, BSN_BAD_INPUT, "data.%s: no rows are asked for", key);
  }
  *n = (size_t)rows;
  return true;
}

/* Draw n of the set's rows into drawn, the others into rest, both in the set's order. */
static bool draw(bsn_stream stream, const bsn_dataset *set, size_t n, bsn_dataset *drawn, bsn_dataset *rest,
                 bsn_arena *arena) {
  bsn_arena scratch = {0};
  bsn_dataset all = *set;
  size_t *row = bsn_alloc_in(&scratch, all.rows * sizeof *row), left = 0, right = n;
  size_t *pick = bsn_alloc_in(&scratch, all.rows * sizeof *pick);
  bool *in = bsn_alloc_in(&scratch, all.rows);
  bool ok = row && pick && in;
  if (ok) {
    /* The beginning of one permutation, so that a smaller draw lies inside a larger one. */
    bsn_permutation(stream, all.rows, pick);
    for (size_t i = 0; i < n; i++) in[pick[i]] = true;
    for (size_t i = 0; i < all.rows; i++) row[in[i] ? left++ : right++] = i;
    ok = set_of(&all, row, n, arena, drawn) && (!rest || set_of(&all, row + n, all.rows - n, arena, rest));
  }
  bsn_arena_free(&scratch);
  return ok;
}

static bool cut_test(bsn_loaded *d, const bsn_data_options *options, bsn_arena *arena, bsn_error *error) {
  bsn_amount test = options->test;
  bool some = test.kind == BSN_AMOUNT_COUNT || test.kind == BSN_AMOUNT_SHARE;
  size_t n = 0;
  if (test.kind == BSN_AMOUNT_NONE) d->test = (bsn_dataset){0};
  if (!some) return true;
  if (d->test.rows) {
    BSN_TRY(amount_of(test, d->test.rows, "test", &n, error));
    d->test.rows = n;
    return true;
  }
  BSN_TRY(amount_of(test, d->train.rows, "test", &n, error));
  if (n == d->train.rows)
    return bsn_fail(error, BSN_BAD_INPUT, "data.test: all %zu rows are asked for, none is left", n);
  bsn_stream stream = bsn_stream_of(options->seed_test, "split", "test", 0);
  return draw(stream, &d->train, n, &d->test, &d->train, arena) || bsn_no_memory(error);
}

static bool cut_train(bsn_loaded *d, const bsn_data_options *options, bsn_arena *arena, bsn_error *error) {
  size_t n = 0;
  BSN_TRY(amount_of(options->train, d->train.rows, "train", &n, error));
  if (n == d->train.rows) return true;
  bsn_stream stream = bsn_stream_of(options->seed_data, "split", "train", 0);
  return draw(stream, &d->train, n, &d->train, NULL, arena) || bsn_no_memory(error);
}

bool bsn_data_read(bsn_loaded *all, const bsn_data *data, const void *config, const bsn_data_options *options,
                   bsn_arena *arena, bsn_error *error) {
  *all = (bsn_loaded){0};
  bool ok = data->load(config, options, arena, all, error);
  if (!ok) bsn_data_unload(all);
  return ok;
}

bool bsn_data_cut(bsn_loaded *out, const bsn_data *data, const bsn_loaded *all, const bsn_data_options *options,
                  bsn_arena *arena, bsn_error *error) {
  *out = (bsn_loaded){.train = all->train, .test = all->test};
  bool ok = data->generated || (cut_test(out, options, arena, error) && cut_train(out, options, arena, error));
  out->test.sealed = true;
  return ok;
}

bool bsn_data_load(bsn_loaded *out, const bsn_data *data, const void *config, const bsn_data_options *options,
                   bsn_arena *arena, bsn_error *error) {
  bsn_loaded all;
  BSN_TRY(bsn_data_read(&all, data, config, options, arena, error));
  bool ok = bsn_data_cut(out, data, &all, options, arena, error);
  memcpy(out->mapped, all.mapped, sizeof out->mapped);
  if (!ok) bsn_data_unload(out);
  return ok;
}

static const char *const scales[] = {"none", "standard", "unit", NULL};

// clang-format off
const bsn_param bsn_data_params[] = {
  {"train", BSN_AMOUNT, offsetof(bsn_data_options, train), "all", .doc = "rows to train on: a count, a share, or all"},
  {"test", BSN_AMOUNT, offsetof(bsn_data_options, test), "all", .doc = "test rows: a count, a share, none, or all that the set has of its own"},
  {"validation", BSN_AMOUNT, offsetof(bsn_data_options, validation), "none", .doc = "training rows held back for decisions: a count, a share, or none"},
  {"scale", BSN_WORD, offsetof(bsn_data_options, scale), "none", .words = scales, .doc = "none, standard (mean 0, sd 1 on the training rows) or unit (0 to 1 on them)"},
  {0}};

static const void *const families[] = {bsn_data_generated, bsn_data_published, bsn_data_packaged, bsn_data_files, NULL};
const bsn_table bsn_data_table = {"data", sizeof(bsn_data), families};
// clang-format on
