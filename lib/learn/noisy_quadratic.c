#include "learn/noisy_quadratic.h"
#include "num/math.h"
#include <math.h>

static double decay(double r, double t) {
  if (t == 0) return 1;
  return isinf(t) || r == 0 ? 0 : bsn_pow(r, t);
}

double bsn_noisy_quadratic_loss(size_t d, double batch, double lr, double t) {
  double sum = 0;
  for (size_t i = 1; i <= d; i++) {
    double h = 1 / (double)i, rest = 1 - lr * h, left = decay(rest * rest, t);
    sum += h * (left + (1 - left) * lr / (batch * (2 - lr * h)));
  }
  return sum / 2;
}

double bsn_noisy_quadratic_steps(size_t d, double batch, double lr, double target) {
  double above = -1, below = 0; /* the answer is in (above, below] */
  if (bsn_noisy_quadratic_loss(d, batch, lr, INFINITY) >= target) return INFINITY;
  while (bsn_noisy_quadratic_loss(d, batch, lr, below) > target) {
    above = below;
    below = below > 0 ? 2 * below : 1;
  }
  while (below - above > 1) {
    double middle = floor((above + below) / 2);
    if (bsn_noisy_quadratic_loss(d, batch, lr, middle) > target)
      above = middle;
    else
      below = middle;
  }
  return below;
}
