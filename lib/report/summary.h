/* summary.h: the numbers of a study's table, before anybody lays them out.
 *
 *     bsn_summary s;
 *     BSN_TRY(bsn_summary_make(&s, store, &arena, &(bsn_question){.by = "train.batch"}, error));
 *     for (size_t i = 0; i < s.nrows; i++) use(s.group[s.row[i].group].cell, s.row[i].metric, s.row[i].interval.mean);
 *
 * What show.h writes is made here; the words are defined there.
 */
#ifndef BSN_REPORT_SUMMARY_H
#define BSN_REPORT_SUMMARY_H

#include "stats/compare.h"
#include "stats/interval.h"
#include "store/store.h"

typedef struct bsn_question {
  const char *by;     /* a factor, "optimizer" also for optimizer.name; NULL: every cell by itself */
  const char *metric; /* only this one; NULL: all results */
  const char *choose; /* the metric that chooses among settings (show.h); "none": no choice; NULL: the first of
                         validation_loss, train_loss, objective that was recorded */
  bool ratio;         /* compare logarithms: the differences in `comparison` are those of log values */
} bsn_question;

/* A cell, or with `by` all cells that share one value of that factor. */
typedef struct bsn_group {
  const char *cell;   /* JSON object of its factors */
  const char **value; /* of each factor, as text; NULL where it has none */
  size_t trials, of, diverged, failed, tainted;
  const char *chosen; /* JSON object of the settings that were best; NULL: no choice was made, or several by block */
  const char *at;     /* the same for people, "lr 0.1" */
  bool edge; /* one number was chosen, and it is the smallest or largest of three or more: the best may lie beyond */
} bsn_group;

typedef struct bsn_summary_row {
  size_t group, metric;
  bsn_interval interval;
  double median;
} bsn_summary_row;

typedef struct bsn_summary {
  bsn_arena *arena;
  const char *study, *by;
  size_t trials, of; /* of the study; of 0: nobody said */
  size_t tuning;     /* of the trials: those of its own tuning, which no result is of */
  size_t nfactors, ngroups, nmetrics, nrows, nchosen;
  const char **factor;
  const char **metric;         /* sorted by name */
  const char **chosen;         /* paths of the settings that a choice was made among */
  const char *chosen_by;       /* the metric that chose; NULL: nothing was chosen */
  const char *tuned_by;        /* the study tuned by this metric, with seeds of its own; NULL: it did not */
  bsn_group *group;            /* in the order of the file */
  bsn_summary_row *row;        /* by group, then metric */
  bsn_comparisons *comparison; /* with `by`: of each metric; else NULL */
  bool ratio;                  /* of logarithms: values that are not above 0 are lost */
} bsn_summary;

/* Read the store and compute. */
bool bsn_summary_make(bsn_summary *summary, bsn_store *store, bsn_arena *arena, const bsn_question *question,
                      bsn_error *error);

#endif
