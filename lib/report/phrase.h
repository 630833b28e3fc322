/* phrase.h: pieces of SQL that several charts ask with, by name.
 *
 *     #: select SELECT t.cell, {score} AS score FROM report t
 *
 * A {name} in a chart's head that is no parameter of the chart stands for the phrase of this name, which may have parameters of
 * the chart in it.
 */
#ifndef BSN_REPORT_PHRASE_H
#define BSN_REPORT_PHRASE_H

typedef struct bsn_phrase {
  const char *name;
  const char *sql;
  const char *doc; /* what it is, and of which tables */
} bsn_phrase;

/* The table; a row without a name ends it. */
extern const bsn_phrase bsn_phrases[];

#endif
