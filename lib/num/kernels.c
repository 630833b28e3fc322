#include "num/kernels.h"
#include <stdlib.h>
#include <string.h>
#include <xmmintrin.h>

extern const bsn_kernels bsn_kernels_v4, bsn_kernels_v3, bsn_kernels_baseline;

/* Single features, because not every compiler knows the names of the levels. */
static bool has_v3(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2");
}

static bool has_v4(void) {
  return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

static bool has_all(void) { return true; }

static const struct path {
  const bsn_kernels *kernels;
  bool (*runs)(void);
} paths[] = {{&bsn_kernels_v4, has_v4}, {&bsn_kernels_v3, has_v3}, {&bsn_kernels_baseline, has_all}};

enum { PATHS = sizeof paths / sizeof *paths };

const bsn_kernels *bsn_kernels_best(void) {
  int i = 0;
  while (i < PATHS - 1 && !paths[i].runs()) i++;
  return paths[i].kernels;
}

const bsn_kernels *bsn_kernels_named(const char *name) {
  for (int i = 0; i < PATHS; i++)
    if (!strcmp(paths[i].kernels->name, name)) return paths[i].runs() ? paths[i].kernels : NULL;
  return NULL;
}

const bsn_kernels *bsn_kernels_chosen(void) {
  const char *name = getenv("BASIN_KERNELS");
  const bsn_kernels *named = name ? bsn_kernels_named(name) : NULL;
  return named ? named : bsn_kernels_best();
}

void bsn_flush_denormals(void) {
  const unsigned results_are_zero = 1u << 15, operands_are_zero = 1u << 6;
  _mm_setcsr(_mm_getcsr() | results_are_zero | operands_are_zero);
}
