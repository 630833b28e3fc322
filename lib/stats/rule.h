/* rule.h: how a published number and ours are compared.
 *
 *     rule: {exact: 1e-11}       rule: band       rule: {sign: negative}       rule: {shape: unimodal}
 *
 *     double x[] = {87.1, 87.2, 87.0};                                   // ours, one a replicate
 *     bsn_evidence e = {.levels = 1, .n = 3, .x = x, .value = 87.112, .text = "87.112", .sd = .024, .runs = 10, .bands = 9};
 *     ok = rule->judge(config, &e, arena, &judgement);                   // judgement.verdict
 *
 * Each rule is a row; a study's `targets:` name it (study/target.h says with which keys). Rows are at the bottom of rule.c. A
 * judge is a pure function of arrays; values that are not finite FAIL, but for rule set. The program must have called
 * gsl_set_error_handler_off().
 */
#ifndef BSN_STATS_RULE_H
#define BSN_STATS_RULE_H

#include "base/row.h"

/* What a rule compares with. */
typedef enum bsn_published {
  BSN_PUBLISHED_NOTHING, /* the rule says it all */
  BSN_PUBLISHED_NUMBER,
  BSN_PUBLISHED_LEVELS /* a list of levels of the factor `by` */
} bsn_published;

/* In the order of what matters more when several are joined. */
typedef enum bsn_verdict {
  BSN_PASS,
  BSN_UNDECIDED, /* the interval covers both sides, or results are missing */
  BSN_DIFFERS,   /* would be FAIL, for a reason that is known */
  BSN_FAIL
} bsn_verdict;

/* "PASS", "UNDECIDED", "DIFFERS", "FAIL". */
const char *bsn_verdict_name(bsn_verdict verdict);

/* What is compared. */
typedef struct bsn_evidence {
  size_t levels, n;         /* levels: 1 for rules without `by`; n: values of each, replicate by replicate */
  const double *x;          /* levels x n */
  const char *const *level; /* the levels' names */
  const bool *listed;       /* rules set, lowest, highest: is the level published? */
  double value, sd;         /* as published; sd 0: not given */
  const char *text;         /* value as written */
  size_t runs;              /* behind the published value; 0: not given, a single one */
  size_t bands;             /* comparisons of this kind in the study, at least 1: they share 1 % of false alarms */
} bsn_evidence;

typedef struct bsn_judgement {
  bsn_verdict verdict;
  double ours, lo, hi; /* our value and its interval; nan: none */
  double from, to;     /* what the rule allows ours to be; nan: no number says so */
  double room;       /* how far ours is from failing, comparable between cells of one target; nan: no number says so */
  const char *words; /* ours where it is no number; else NULL */
  const char *note;  /* why, for people; NULL: the numbers say it */
} bsn_judgement;

typedef struct bsn_rule {
  bsn_row row;
  bsn_published wants;
  bool by;     /* looks at all levels of a factor at once; else at each cell by itself */
  bool spread; /* may be given the published standard deviation and number of runs */
  bool shares; /* counts among the bands of its study */
  /* False without memory. */
  bool (*judge)(const void *config, const bsn_evidence *e, bsn_arena *arena, bsn_judgement *out);
} bsn_rule;

extern const bsn_table bsn_rules;

/* Half a unit of the last digit of a number as it is written ("0.3960" is 5e-5, "1.2e3" is 50); 0 for what is no number. */
double bsn_half_unit(const char *text);

/* Is x the number that text shows? Equal, or equal when rounded to the digits written, if these are four or more. */
bool bsn_shows(const char *text, double x);

#endif
