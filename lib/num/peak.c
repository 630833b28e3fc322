#include "num/path.h"

/* As many chains as hide the latency of a multiplication and addition on two units, each with a register of its own. */
enum { CHAINS = 12 };

double BSN_KERNEL(peak)(size_t rounds) {
  vec chain[CHAINS], factor = all((real)0.5), term = all((real)0.25);
  UNROLL for (int i = 0; i < CHAINS; i++) chain[i] = all((real)i);
  for (size_t r = 0; r < rounds; r++) {
    UNROLL for (int i = 0; i < CHAINS; i++) chain[i] = fma_of(chain[i], factor, term);
  }
  vec sum = chain[0];
  UNROLL for (int i = 1; i < CHAINS; i++) sum += chain[i];
  real lanes[LANES];
  store(lanes, sum);
  volatile real used = lanes[0]; // or the loop would go
  (void)used;
  return 2.0 * CHAINS * LANES * (double)rounds;
}
