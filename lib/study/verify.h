/* verify.h: compare what a sink has of a study with the study's targets and claims.
 *
 *     bsn_findings findings;
 *     if (!bsn_study_verify(study, sink, arena, &findings, error)) return false;
 *     for (size_t i = 0; i < findings.n; i++) use(findings.item[i].is.verdict);
 *
 * Nothing is run and nothing is written. Trials that are missing (or failed) make a target UNDECIDED, with how many; a metric
 * that a trial ended without is a FAIL that says so. Where a rule looks at single cells and there are several, the worst one is
 * shown.
 */
#ifndef BSN_STUDY_VERIFY_H
#define BSN_STUDY_VERIFY_H

#include "stats/finding.h"
#include "study/study.h"

/* One finding for each target and claim, in the order of the file, in arena. With `tune` all rounds must be known
 * (bsn_study_more). False when the sink fails. */
bool bsn_study_verify(const bsn_study *study, bsn_sink *sink, bsn_arena *arena, bsn_findings *out, bsn_error *error);

#endif
