/* show_parts.h: what the files of show.h share; nobody else needs it. */
#ifndef BSN_REPORT_SHOW_PARTS_H
#define BSN_REPORT_SHOW_PARTS_H

#include "report/columns.h"
#include "report/show.h"
#include "report/summary.h"

/* The value of the factor that a group is of; "-" where it has none. */
const char *bsn_level_of(const bsn_group *group);

/* The letters of a row's group among those of its metric; "" where there are none. */
const char *bsn_letters_of(const bsn_summary *summary, const bsn_summary_row *row);

/* "real", "not shown", "too few". */
const char *bsn_contrast_word(bsn_contrast is);

/* Does the summary compare anything; are there letters? */
bool bsn_has_pairs(const bsn_summary *summary);
bool bsn_has_letters(const bsn_summary *summary);

/* A tabular of LaTeX. */
void bsn_tabular_write(const bsn_columns *t, bsn_out *out);

/* The comparisons: in words, with a ranking of each metric (show_pairs.c), and in the other forms. False without memory. */
bool bsn_pairs_text(const bsn_summary *summary, bsn_out *out);
bool bsn_pairs_latex(const bsn_summary *summary, bsn_out *out);
bool bsn_pairs_csv(const bsn_summary *summary, bsn_out *out);
bool bsn_pairs_json(const bsn_summary *summary, bsn_out *out);

/* ", "against": [..]" of a row: its group less each other one. */
void bsn_pairs_against(const bsn_summary *summary, const bsn_summary_row *row, bsn_out *out);

/* ", "NAME": number". */
void bsn_json_member(bsn_out *out, const char *name, double x);

#endif
