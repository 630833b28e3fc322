/* real.h: the one number type of models, and the build's precision.
 *
 *     bsn_real w = BSN_R(0.5);
 *
 * Every source is built twice: with float (program basin) and, with BSN_DOUBLE defined, with double (basin-double).
 * Sums that feed a decision or a record accumulate in double in both builds.
 */
#ifndef BSN_BASE_REAL_H
#define BSN_BASE_REAL_H

#include <stdint.h>

#ifdef BSN_DOUBLE
typedef double bsn_real;
#define BSN_PRECISION "double"
#define BSN_R(x)      x
#else
typedef float bsn_real;
#define BSN_PRECISION "float"
#define BSN_R(x)      x##f
#endif

#endif
