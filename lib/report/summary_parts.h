/* summary_parts.h: what summary.c and choose.c share; nobody else needs it. */
#ifndef BSN_REPORT_SUMMARY_PARTS_H
#define BSN_REPORT_SUMMARY_PARTS_H

#include "report/summary.h"
#include "store/query.h"

/* A trial of the study; block and setting are numbers of texts that are equal. */
typedef struct bsn_summary_trial {
  size_t group, block, setting; /* block: what varied besides `by` and the settings that are chosen among */
  int64_t replicate;
  const char *setting_text, *setting_words; /* JSON, for people; NULL: none */
  bool diverged, failed, tainted, out;      /* out: another setting is better */
} bsn_summary_trial;

typedef struct bsn_summary_maker {
  bsn_summary *s;
  bsn_store *store;
  const bsn_question *asked;
  const char *path; /* of s->by inside a cell, for JSON functions; NULL without it */
  bsn_summary_trial *trial;
  size_t ntrials;
  bsn_error *error;
} bsn_summary_maker;

/* A copy in the arena; NULL (noted in error) without memory or of NULL. */
const char *bsn_summary_keep(bsn_summary_maker *m, const char *text);

/* Room for one more item at the end of *items; NULL (noted) without memory. */
void *bsn_summary_append(bsn_summary_maker *m, void **items, size_t *n, size_t size);

/* Is there such a word in column 0 of the answer to sql? If not, BSN_USAGE names those that there are. */
bool bsn_summary_known(bsn_summary_maker *m, const char *what, const char *word, const char *sql);

/* All final values as (trial, metric, value), by metric and then trial; with name only of this metric. */
bool bsn_summary_values(bsn_summary_maker *m, bsn_query *query, const char *name);

/* Find the settings below `by` (choose.c): s->chosen. */
bool bsn_summary_settings(bsn_summary_maker *m);

/* Note of each group whether what was chosen lies at the edge of what was tried. */
void bsn_summary_edges(bsn_summary_maker *m);

/* Leave out the trials whose settings are not the best of their group and block: s->chosen_by. */
bool bsn_summary_choose(bsn_summary_maker *m);

#endif
