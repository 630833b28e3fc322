/* statistic.h: the statistics by name: what `basin list statistic` shows and what a chart's head can ask for.
 *
 *     const bsn_statistic *s = (const bsn_statistic *)bsn_table_find(&bsn_statistics, "paired-t");
 *     const double *column[] = {adam, sgd};
 *     bsn_numbers out;
 *     if (!bsn_statistic_run(s, config, column, 5, &out, arena)) return bsn_no_memory(error);
 *     // s->gives: "mean lo hi t df p"; out.x[5][0] is p
 *
 * Each takes columns of numbers of equal length and gives columns of numbers, whose names stand in its row. The functions
 * behind them (interval.h, test.h, survival.h, budget.h, rank.h) say more.
 */
#ifndef BSN_STATS_STATISTIC_H
#define BSN_STATS_STATISTIC_H

#include "base/row.h"

typedef enum bsn_statistic_shape {
  BSN_ONE,  /* one row: it describes all that came in */
  BSN_EACH, /* a row for each that came in */
  BSN_TABLE /* rows of its own; the first column is the group */
} bsn_statistic_shape;

typedef struct bsn_numbers {
  size_t n;   /* rows */
  double **x; /* columns */
} bsn_numbers;

typedef struct bsn_statistic {
  bsn_row row;
  bsn_statistic_shape shape;
  const char *takes; /* names of columns, a blank between two; group, block, problem and replicate are numbers from 0 */
  const char *gives;
  /* False without memory. */
  bool (*run)(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena);
} bsn_statistic;

extern const bsn_table bsn_statistics;

/* Run it with a config that was read with its row's parameters; in has a column for each word of takes, of n numbers. The
 * columns of out live in arena. False without memory. */
bool bsn_statistic_run(const bsn_statistic *statistic, const void *config, const double *const *in, size_t n,
                       bsn_numbers *out, bsn_arena *arena);

/* For rows of the table: room for that many rows in every column of out (false without memory); the values of a row; how many
 * groups there are when they are numbered from 0: one more than the largest number. */
bool bsn_numbers_room(bsn_numbers *out, size_t columns, size_t rows, bsn_arena *arena);
void bsn_numbers_put(bsn_numbers *out, size_t row, size_t columns, const double *values);
size_t bsn_count_numbers(const double *number, size_t n);

/* The families of the table. */
extern const bsn_statistic bsn_sample_rows[], bsn_time_rows[], bsn_rank_rows[], bsn_budget_rows[];

/* How many words takes or gives has. */
size_t bsn_statistic_words(const char *words);

#endif
