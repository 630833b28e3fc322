/* chart_table.h (inside report/): the table that a chart is drawn from.
 *
 *     bsn_chart_table table;
 *     if (!bsn_chart_table_make(&table, chart, job, arena, error)) return false;
 *
 * The chart's query is asked of each study, what it derives is done to all rows together, and what is laid below them is put behind.
 */
#ifndef BSN_REPORT_CHART_TABLE_H
#define BSN_REPORT_CHART_TABLE_H

#include "report/chart.h"

typedef struct bsn_chart_table {
  bsn_table_result own, all; /* of the studies; the same rows with those of the overlays behind them */
  bsn_series series;         /* of own */
  size_t overlays;           /* series that all has besides */
  const char **overlay;      /* their names */
  size_t *like;              /* of each overlay: the number, from 1, of the series whose colour it gets */
} bsn_chart_table;

/* chart's parameters have their values. Fails like bsn_chart_draw. */
bool bsn_chart_table_make(bsn_chart_table *table, const bsn_chart *chart, const bsn_chart_job *job, bsn_arena *arena,
                          bsn_error *error);

#endif
