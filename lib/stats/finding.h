/* finding.h: what the comparison with one published number came to, ready to be shown.
 *
 * study/verify.h makes them, report/findings.h writes them.
 */
#ifndef BSN_STATS_FINDING_H
#define BSN_STATS_FINDING_H

#include "stats/rule.h"

typedef struct bsn_finding {
  const char *study, *metric;
  const char *where;     /* "adam, lr 0.04, epoch 10" */
  const char *say;       /* the sentence for people; NULL: none */
  const char *published; /* as written, "12 of 36 levels", or "" */
  double value, sd;      /* nan: it is no number; 0: not published */
  const char *rule;      /* "exact 1e-11", "band", "shape unimodal" */
  const char *source;    /* NULL: none */
  bsn_judgement is;
  size_t missing, of; /* trials that are not there yet, of those that are compared */
} bsn_finding;

typedef struct bsn_findings {
  size_t n;
  bsn_finding *item;
} bsn_findings;

#endif
