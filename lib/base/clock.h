/* clock.h: how long something takes.
 *
 *     double began = bsn_seconds();
 *     ...
 *     record.seconds = bsn_seconds() - began;
 */
#ifndef BSN_BASE_CLOCK_H
#define BSN_BASE_CLOCK_H

/* Seconds on a clock that only goes forward; from when is not said. */
double bsn_seconds(void);

#endif
