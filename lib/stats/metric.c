#include "stats/metric.h"
#include <string.h>

int bsn_metric_sense(const char *name) {
  static const struct sense {
    const char *tail;
    int good;
  } tails[] = {{"loss", -1},    {"error", -1}, {"objective", -1}, {"excess", -1},   {"distance", -1},
               {"accuracy", 1}, {"r2", 1},     {"auc", 1},        {"likelihood", 1}};
  size_t length = strlen(name);
  for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
    size_t n = strlen(tails[i].tail);
    if (length >= n && !strcmp(name + length - n, tails[i].tail)) return tails[i].good;
  }
  return 0;
}
