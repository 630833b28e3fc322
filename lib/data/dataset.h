/* dataset.h: examples in memory, views of them, and transforms fitted on training rows only.
 *
 *     bsn_loaded d;                                       // what a row of the data table loaded
 *     if (!bsn_data_load(&d, row, config, &options, arena, error)) return false;
 *     bsn_view all = bsn_view_all(&d.train, arena);
 *
 * A data set owns nothing of a trial: no split, no order, no scaling. Pixels stay bytes.
 */
#ifndef BSN_DATA_DATASET_H
#define BSN_DATA_DATASET_H

#include "base/row.h"

typedef enum bsn_task { BSN_REGRESSION, BSN_CLASSIFICATION } bsn_task;

/* rows examples. Index r's input is inputs[r * width ..], channels last for images. */
typedef struct bsn_dataset {
  bsn_task task;
  size_t rows;
  int axes;                      /* of one input: 1 (features) or 3 (height, width, channels) */
  size_t shape[4];               /* [width], or [height, width, channels] */
  size_t width;                  /* product of shape */
  const uint8_t *u8;             /* inputs as bytes; else NULL */
  const bsn_real *real;          /* inputs as numbers; else NULL */
  bsn_real scale, shift;         /* what a raw input means: value = scale * raw + shift (1/255 and 0 for pixels) */
  size_t outputs;                /* regression: targets of one example; classification: classes */
  const bsn_real *target;        /* regression: [rows][outputs] */
  const int32_t *label;          /* classification: 0 .. outputs-1 */
  const char *const *class_name; /* outputs names; NULL: numbers */
  const bsn_real *truth;         /* regression with known noise: [rows][outputs] without the noise; else NULL */
} bsn_dataset;

/* Some rows of a data set, with weights (NULL: all 1; else their mean over the view is 1). */
typedef struct bsn_view {
  const bsn_dataset *set;
  size_t n;
  const int32_t *row;
  const bsn_real *weight;
} bsn_view;

/* All rows of a set. row is NULL without memory. */
bsn_view bsn_view_all(const bsn_dataset *set, bsn_arena *arena);

/* The rows of view at positions pick[0..n). row is NULL without memory. */
bsn_view bsn_view_pick(const bsn_view *view, const size_t *pick, size_t n, bsn_arena *arena);

/* Keys that every row of the data table takes besides its own. */
typedef struct bsn_data_options {
  bsn_amount train;      /* rows used for training; default all */
  bsn_amount test;       /* default: the set's own test rows, or none where it has none */
  bsn_amount validation; /* of the training rows; default none */
  const char *scale;     /* WORD scale: none | standard (each feature to mean 0, sd 1 on the training rows) | unit */
  uint64_t seed_data, seed_test; /* streams "data" and "test": what a generator draws its rows from */
} bsn_data_options;
extern const bsn_param bsn_data_params[]; /* of bsn_data_options: train, test, validation, scale */

typedef struct bsn_loaded {
  bsn_dataset train, test; /* test.rows 0: none */
} bsn_loaded;

/* One row of the data table: a named generator, a packaged set, or a reader of the user's files. */
typedef struct bsn_data {
  bsn_row row;
  /* Fill train and test in arena. Generators make as many rows as options ask (a share is of their default size); files
   * give all that they have. */
  bool (*load)(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
               bsn_error *error);
  bool has_test; /* brings test rows of its own */
} bsn_data;

extern const bsn_table bsn_data_table;

/* Load row, then cut train and test down to what options ask: n rows of the set's own order for files and packaged sets'
 * training rows chosen by a draw of stream ("split", "train"), the first n test rows. A set without test rows of its own from
 * which options.test asks some gives them from its training rows (draw ("split", "test") of seed_test), before anything
 * else. Fails with BSN_BAD_INPUT when there are fewer rows than asked. */
bool bsn_data_load(bsn_loaded *out, const bsn_data *data, const void *config, const bsn_data_options *options,
                   bsn_arena *arena, bsn_error *error);

/* value = scale[j] * raw + shift[j] for feature j; what a model sees. step 0: one pair for all features. */
typedef struct bsn_transform {
  size_t step;
  const bsn_real *scale, *shift;
} bsn_transform;

/* Fit the transform that options.scale names on the rows of view (weights ignored): none: the set's own scale and shift. A
 * constant feature gets scale 1. Sums in double over rows in order. False without memory. */
bool bsn_transform_fit(bsn_transform *t, const char *scale, const bsn_view *view, bsn_arena *arena, bsn_error *error);

#endif
