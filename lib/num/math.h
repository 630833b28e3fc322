/* math.h: own elementary functions, one value at a time, in double: the same bits on every machine.
 *
 *     double lr = 0.5 * (1 + bsn_cos(BSN_PI * t));
 *
 * Schedules, data generators and random draws use these and never libm, whose results change with the CPU. Within 2 ulp
 * unless said. Arithmetic is plain IEEE with explicit fma() (exact wherever it runs).
 */
#ifndef BSN_NUM_MATH_H
#define BSN_NUM_MATH_H

#include <stddef.h>

#define BSN_PI 3.14159265358979323846

double bsn_exp(double x);
double bsn_log(double x);
double bsn_pow(double x, double y); /* x > 0, or whole y; within 4 ulp for |y log x| < 100 */
double bsn_sin(double x);           /* |x| < 1e5 */
double bsn_cos(double x);
double bsn_tanh(double x);
double bsn_erf(double x);

/* n normal numbers of 2 n uniform ones in [0, 1): z[i] = sqrt(-2 log(1 - u[2i])) cos(2 pi u[2i+1]) (Box and Muller 1958). The
 * bits of bsn_log and bsn_cos, in half the time. */
void bsn_box_muller(size_t n, const double *u, double *z);

#endif
