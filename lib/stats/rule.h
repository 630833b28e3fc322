/* rule.h: how a published number and ours are compared.
 *
 *     rule: {exact: 1e-11}       rule: band       rule: {set: diverged}       rule: {shape: unimodal}
 *
 * Each rule is a row; a study's `targets:` name it (study/target.h says with which keys). Rows are at the bottom of rule.c.
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

typedef struct bsn_rule {
  bsn_row row;
  bsn_published wants;
  bool by;     /* looks at all levels of a factor at once; else at each cell by itself */
  bool spread; /* may be given the published standard deviation and number of runs */
} bsn_rule;

extern const bsn_table bsn_rules;

/* Half a unit of the last digit of a number as it is written ("0.3960" is 5e-5, "1.2e3" is 50); 0 for what is no number. */
double bsn_half_unit(const char *text);

/* Is x the number that text shows? Equal, or equal when rounded to the digits written, if these are four or more. */
bool bsn_shows(const char *text, double x);

#endif
