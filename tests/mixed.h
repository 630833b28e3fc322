/* mixed.h: numbers that look random, the same on every run.
 *
 *     for (size_t i = 0; i < n; i++) x[i] = 2 * uniform(seed << 32 | i) - 1;
 */
#ifndef MIXED_H
#define MIXED_H

#include <stdint.h>

/* Bits that show nothing of i (splitmix64). */
static inline uint64_t mixed(uint64_t i) {
  i += UINT64_C(0x9e3779b97f4a7c15);
  i = (i ^ (i >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  i = (i ^ (i >> 27)) * UINT64_C(0x94d049bb133111eb);
  return i ^ (i >> 31);
}

/* In [0, 1). */
static inline double uniform(uint64_t i) { return (double)(mixed(i) >> 11) * 0x1p-53; }

#endif
