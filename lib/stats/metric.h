/* metric.h: what the name of a metric says about it.
 *
 *     if (bsn_metric_sense("validation_accuracy") > 0) ...        // the largest is the best
 */
#ifndef BSN_STATS_METRIC_H
#define BSN_STATS_METRIC_H

/* Is a large value of this metric good (1), a small one (-1), or neither (0)? By the end of its name: loss, accuracy, .. */
int bsn_metric_sense(const char *name);

#endif
