/* legacy.h: the draws of NumPy's RandomState, for published problems that were made with them.
 *
 *     bsn_legacy r;
 *     bsn_legacy_seed(&r, 42);
 *     double u = bsn_legacy_uniform(&r), z = bsn_legacy_normal(&r);   // np.random.RandomState(42).random_sample(), .standard_normal()
 *
 * Such numbers come in turn, so this is for constants of a problem alone; everything else draws from named streams
 * (num/draw.h). Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), seeded as its authors' init_genrand does.
 */
#ifndef BSN_NUM_LEGACY_H
#define BSN_NUM_LEGACY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BSN_LEGACY_WORDS = 624 };

typedef struct bsn_legacy {
  uint32_t word[BSN_LEGACY_WORDS];
  int next;    /* the word that comes next; BSN_LEGACY_WORDS: all are used up */
  bool kept;   /* is there a second normal of the last pair? */
  double pair; /* that one */
} bsn_legacy;

/* RandomState(seed). */
void bsn_legacy_seed(bsn_legacy *r, uint32_t seed);

/* random_sample(): uniform in [0, 1), 53 bits: (27 bits 2^26 + 26 bits) / 2^53. */
double bsn_legacy_uniform(bsn_legacy *r);

/* standard_normal(): the polar method of Marsaglia and Bray 1964, which makes two at a time. Within an ulp or two of NumPy's,
 * whose logarithm is another. */
double bsn_legacy_normal(bsn_legacy *r);

/* A random rotation, rows in turn[n][n], n >= 2: the subgroup algorithm (Diaconis and Shahshahani 1987) as DeepOBS draws it. A turn
 * of the plane by 2 pi uniform; then for d = 3 .. n the one so far, in the last d - 1 axes, is mirrored across the plane
 * between the first axis and a uniform unit vector of d normals. The result is minus that. scratch has n numbers. */
void bsn_legacy_rotation(bsn_legacy *r, size_t n, double *turn, double *scratch);

#endif
