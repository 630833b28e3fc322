/* findings.h: what the comparison with published numbers came to, as text or JSON.
 *
 *     bsn_findings_text(&findings, colour, &scratch, &out);
 *     bsn_findings_json(&findings, &out);
 */
#ifndef BSN_REPORT_FINDINGS_H
#define BSN_REPORT_FINDINGS_H

#include "report/out.h"
#include "stats/finding.h"

/* A heading for each study and source, below it one line a finding: verdict, metric, where, published, ours with its interval, rule;
 * then the sentence of a claim and the reason, where there are any; a last line with the counts. colour: verdicts in the
 * colours of a terminal. False without memory. */
bool bsn_findings_text(const bsn_findings *findings, bool colour, bsn_arena *scratch, bsn_out *out);

/* [{"study", "metric", "where", "say", "published", "sd", "ours", "lo", "hi", "from", "to", "rule", "verdict", "source", "note",
 * "missing", "of"}]: published and ours are numbers, or texts where the rule compares no numbers; from and to what the rule allows
 * ours to be; null: there is none. */
void bsn_findings_json(const bsn_findings *findings, bsn_out *out);

/* How many have this verdict. */
size_t bsn_findings_count(const bsn_findings *findings, bsn_verdict verdict);

#endif
