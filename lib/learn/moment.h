/* moment.h: at which steps something is due.
 *
 *     for (int64_t next = bsn_next_moment(&when, 0, steps, per_epoch); next <= steps; next = bsn_next_moment(&when, next, ..))
 */
#ifndef BSN_LEARN_MOMENT_H
#define BSN_LEARN_MOMENT_H

#include "base/row.h"
#include <stdint.h>

/* The first step behind `after` at which `when` is due in a run of so many steps; INT64_MAX when none is. BSN_AT_END and
 * BSN_NEVER are never due. */
int64_t bsn_next_moment(const bsn_moment *when, int64_t after, int64_t steps, double steps_per_epoch);

/* Do the steps at which it is due depend on how many there are, besides the last? */
bool bsn_moment_needs_length(const bsn_moment *when);

#endif
