#include "learn/moment.h"
#include "num/math.h"
#include <math.h>

/* Point i of n spaced evenly in log(step) from 1 to steps. */
static int64_t log_point(size_t i, size_t n, int64_t steps) {
  double share = n > 1 ? (double)i / (double)(n - 1) : 1;
  return i + 1 >= n ? steps : (int64_t)(bsn_exp(share * bsn_log((double)steps)) + 0.5);
}

int64_t bsn_next_moment(const bsn_moment *when, int64_t after, int64_t steps, double steps_per_epoch) {
  int64_t n = (int64_t)when->n;
  switch (when->kind) {
  case BSN_NEVER:
  case BSN_AT_END:
    break;
  case BSN_EVERY_STEPS:
    return (after / n + 1) * n;
  case BSN_EVERY_EPOCHS: {
    double each = steps_per_epoch * (double)n;
    int64_t k = (int64_t)floor((double)after / each) + 1, next = (int64_t)ceil((double)k * each);
    return next > after ? next : (int64_t)ceil((double)(k + 1) * each);
  }
  case BSN_LOG_POINTS:
    for (size_t i = 0; i < when->n; i++)
      if (log_point(i, when->n, steps) > after) return log_point(i, when->n, steps);
  }
  return INT64_MAX;
}

bool bsn_moment_needs_length(const bsn_moment *when) { return when->kind == BSN_LOG_POINTS; }
