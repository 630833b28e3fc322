/* probe.h: measurements at a point of an objective: how steep, how curved.
 *
 *     const bsn_probe *probe = (const bsn_probe *)choice.row;
 *     bsn_stream stream = bsn_stream_of(seed, "probe", probe->row.name, step);
 *     if (!probe->measure(choice.config, o, w, stream, &record, step, error)) return false;
 *
 * A probe sees what an optimizer sees: a function of a flat vector, here of all training rows, penalties included, in eval
 * mode. It leaves its selection of rows in the objective and counts its work there, so whoever trains hands it an objective of its
 * own. Rows are at the bottom of probe.c.
 */
#ifndef BSN_PROBE_PROBE_H
#define BSN_PROBE_PROBE_H

#include "base/record.h"
#include "base/stream.h"
#include "optim/objective.h"

typedef struct bsn_probe {
  bsn_row row;
  /* Measure at w (n numbers, BSN_SLACK bytes behind them) and append metrics of step to record. Numbers that are not finite are
   * results (nan). False: settings that do not go with the objective, or no memory. */
  bool (*measure)(const void *config, bsn_objective *o, const bsn_real *w, bsn_stream stream, bsn_record *record,
                  int64_t step, bsn_error *error);
} bsn_probe;

extern const bsn_table bsn_probes;

#endif
