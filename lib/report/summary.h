/* summary.h: the numbers of a study's table, before anybody lays them out.
 *
 *     bsn_summary s;
 *     BSN_TRY(bsn_summary_make(&s, store, &arena, "train.batch", NULL, error));
 *     for (size_t i = 0; i < s.nrows; i++) use(s.group[s.row[i].group].cell, s.row[i].metric, s.row[i].mean);
 *
 * What show.h writes is made here; the words are defined there.
 */
#ifndef BSN_REPORT_SUMMARY_H
#define BSN_REPORT_SUMMARY_H

#include "stats/interval.h"
#include "stats/test.h"
#include "store/store.h"

/* A cell, or with `by` all cells that share one value of that factor. */
typedef struct bsn_group {
  const char *cell;   /* JSON object of its factors */
  const char **value; /* of each factor, as text; NULL where it has none */
  size_t trials, of, diverged, failed, tainted;
} bsn_group;

typedef struct bsn_summary_row {
  size_t group;
  const char *metric;
  bsn_interval interval;
  double median;
} bsn_summary_row;

/* Group `first` less group `second`. */
typedef struct bsn_comparison {
  const char *metric;
  size_t first, second;
  bsn_test test;
  double p_holm;
} bsn_comparison;

typedef struct bsn_summary {
  bsn_arena *arena;
  const char *study;
  size_t trials, of; /* of the study; of 0: nobody said */
  size_t nfactors, ngroups, nrows, ncomparisons;
  const char **factor;
  bsn_group *group;           /* in the order of the file */
  bsn_summary_row *row;       /* by group, then metric */
  bsn_comparison *comparison; /* by metric, then groups; none without `by` */
} bsn_summary;

/* Read the store and compute. by and metric may be NULL. */
bool bsn_summary_make(bsn_summary *summary, bsn_store *store, bsn_arena *arena, const char *by, const char *metric,
                      bsn_error *error);

#endif
