/* noisy_quadratic.h: what SGD does on the noisy quadratic model, in closed form.
 *
 *     double steps = bsn_noisy_quadratic_steps(10000, 64, 0.22, 0.01);    // until the expected loss is 0.01
 *
 * Curvatures h_i = 1/i, i = 1 .. d, gradient noise of variance h_i / batch, start N(0, 1) (Zhang et al. 2019, section 3). With
 * r_i = (1 - lr h_i)^2 the second moment of weight i after t steps is r_i^t + (1 - r_i^t) lr / (batch (2 - lr h_i)), since
 * each step multiplies it by r_i and adds lr^2 h_i / batch. The same model as an objective is a row of learn/surface.h.
 */
#ifndef BSN_LEARN_NOISY_QUADRATIC_H
#define BSN_LEARN_NOISY_QUADRATIC_H

#include <stddef.h>

/* E f after t steps: sum_i h_i E w_i^2 / 2. Needs 0 < lr < 2. t may be INFINITY. */
double bsn_noisy_quadratic_loss(size_t d, double batch, double lr, double t);

/* The first step at which that is at most target; INFINITY when it stays above. */
double bsn_noisy_quadratic_steps(size_t d, double batch, double lr, double target);

#endif
