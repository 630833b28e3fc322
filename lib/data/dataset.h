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

/* rows examples. Index r's input is inputs[r * width ..], channels last for images. Behind every array there are BSN_SLACK
 * bytes that may be read. */
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
  const char *const *input_name; /* width names: of a csv file's columns; NULL: they have none */
  bool sealed;                   /* test rows: no fit, transform or decision may see them; set by bsn_data_cut */
  const bsn_real *truth;         /* regression with known noise: [rows][outputs] without the noise; else NULL */
} bsn_dataset;

/* Some rows of a data set, with weights (NULL: all 1; else their mean over the view is 1). */
typedef struct bsn_view {
  const bsn_dataset *set;
  size_t n;
  const int32_t *row;
  const bsn_real *weight;
} bsn_view;

/* All rows of a set (fewer than 2^31). row is NULL without memory. */
bsn_view bsn_view_all(const bsn_dataset *set, bsn_arena *arena);

/* The rows of view at positions pick[0..n), in that order; weights go along and are made to have mean 1 again. row is NULL
 * without memory. */
bsn_view bsn_view_pick(const bsn_view *view, const size_t *pick, size_t n, bsn_arena *arena);

/* Keys that every row of the data table takes besides its own. */
typedef struct bsn_data_options {
  bsn_amount train;              /* rows used for training; default all */
  bsn_amount test;               /* default: the set's own test rows, or none where it has none */
  bsn_amount validation;         /* of the training rows; default none */
  const char *scale;             /* none | standard | unit: see bsn_transform_fit */
  uint64_t seed_data, seed_test; /* streams "data" and "test": what a generator draws its rows from */
  const char *const *folders;    /* where packaged small files are looked for, in this order, NULL-ended; filled by the
                                 caller: the study's folder and those above it, BASIN_DATA, the install folder. NULL:
                                 nowhere. A set NAME is FOLDER/NAME.csv or FOLDER/data/NAME.csv */
} bsn_data_options;
extern const bsn_param bsn_data_params[]; /* of bsn_data_options: train, test, validation, scale */

typedef struct bsn_loaded {
  bsn_dataset train, test; /* test.rows 0: none */
  struct bsn_mapped {      /* files mapped into memory that the sets point into */
    void *at;
    size_t bytes;
  } mapped[2];
} bsn_loaded;

/* Give back the mapped files (the arena has all the rest). For sets without such files it does nothing. */
void bsn_data_unload(bsn_loaded *loaded);

/* One row of the data table: a named generator, a packaged set, or a reader of the user's files. */
typedef struct bsn_data {
  bsn_row row;
  /* Fill train and test in arena. Generators make as many rows as options ask (a share is of their parameter `rows`);
   * files give all that they have. */
  bool (*load)(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
               bsn_error *error);
  bool has_test;  /* always brings test rows of its own (the user's files may or may not) */
  bool generated; /* a generator: load has already obeyed options.train and options.test */
} bsn_data;

extern const bsn_table bsn_data_table;

/* All that a set has. Files do not depend on the options (but on options.folders): they can be read once and cut again and
 * again. Generators draw exactly what is asked. Fails with BSN_BAD_INPUT when something is wrong with a file, BSN_MISSING when
 * a data package is not installed; what was mapped before a failure is given back. */
bool bsn_data_read(bsn_loaded *all, const bsn_data *data, const void *config, const bsn_data_options *options,
                   bsn_arena *arena, bsn_error *error);

/* What options ask of all, which must outlive out: arrays that need not be drawn from are shared.
 * Training rows: n of them drawn by stream ("split", "train") of seed_data, a smaller n inside a larger one; they keep the
 * set's own order. Test rows: the first n of the set's own. A set without test rows from which options.test asks a count
 * or share gives them from its training rows (drawn by ("split", "test") of seed_test) before anything else; `all` means
 * all that it has, so none there. Of a generator: all. Fails with BSN_BAD_INPUT when there are fewer rows than asked. There is
 * nothing to unload in out. */
bool bsn_data_cut(bsn_loaded *out, const bsn_data *data, const bsn_loaded *all, const bsn_data_options *options,
                  bsn_arena *arena, bsn_error *error);

/* Both in one: what is asked, in arena, with the mapped files of all. */
bool bsn_data_load(bsn_loaded *out, const bsn_data *data, const void *config, const bsn_data_options *options,
                   bsn_arena *arena, bsn_error *error);

/* New inputs, without targets, for a model of the set `like`: from a csv file with a header line (separator as data.separator),
 * an npy or an IDX file; gz or not. Columns of a csv file go by the names of like's inputs, in any order, and others are left
 * out; where like has no names they are taken as they stand, and there are exactly like's width of them. Where like has
 * bytes, the file has bytes (in a csv file: whole numbers from 0 to 255). The set has like's task, classes and outputs, and zeros
 * for targets. Fails with BSN_BAD_INPUT when anything is wrong with the file or does not fit. */
bool bsn_data_inputs(bsn_dataset *out, const char *path, const char *separator, const bsn_dataset *like,
                     bsn_arena *arena, bsn_error *error);

/* value = scale[j] * raw + shift[j] for feature j; what a model sees. step 0: one pair for all features. */
typedef struct bsn_transform {
  size_t step;
  const bsn_real *scale, *shift;
} bsn_transform;

/* Fit a transform on the rows of view (weights ignored). With v = the set's scale * raw + shift, per feature:
 *   none      v
 *   standard  (v - mean) / sd        sd with divisor n
 *   unit      (v - min) / (max - min)
 * A feature that is constant in view gets v - mean (v - min). Sums are in double over rows in order, so the result depends
 * on nothing but the rows. False without memory, without rows, or with an unknown word. */
bool bsn_transform_fit(bsn_transform *t, const char *scale, const bsn_view *view, bsn_arena *arena, bsn_error *error);

#endif
