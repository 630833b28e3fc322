/* export.h: everything that a study's store has, as JSON or CSV.
 *
 *     bsn_out out = {.write = to_file, .to = stdout};
 *     ok = bsn_export_json(store, &out, true, error) && bsn_out_end(&out, error);
 *
 * Trials come in the order of the study's file. Numbers are written in the shortest text that reads back to the same
 * double. Reading is one snapshot, also while a run is writing. Shapes: see each function; keys may be added, never renamed.
 */
#ifndef BSN_REPORT_EXPORT_H
#define BSN_REPORT_EXPORT_H

#include "report/out.h"
#include "store/store.h"

/* {"study": .., "trials": [{"key", "cell", "replicate", "outcome", "outcome_step", "message", "tainted", "settings": {path:
 * value}, "final": {metric: value}, "curves": {metric: [[step, value], ..]}, "grads", "products", "seconds", "started",
 * "ended", "host"}]}, one trial a line; "message" only where there is one, "curves" only when asked for. A setting that
 * is a number, a truth value or a list is one in JSON, too. */
bool bsn_export_json(bsn_store *store, bsn_out *out, bool curves, bsn_error *error);

/* One line a trial: key,replicate,outcome,outcome_step,tainted, every setting, every final metric (each sorted by name),
 * grads,products,seconds,started,ended,host. With curves one line a point: key,replicate, the factors that vary, kind,idx,
 * name,step,epoch,examples,value, of all units. nan is an empty field. */
bool bsn_export_csv(bsn_store *store, bsn_out *out, bool curves, bsn_error *error);

/* The study's name: its fact "study", else the last part of its folder. NULL without memory or on trouble. */
const char *bsn_study_name(bsn_store *store, bsn_arena *arena, bsn_error *error);

#endif
