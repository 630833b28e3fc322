/* every_type.h: a table "rule" of two rows, one of which has a parameter of every type, for tests of reading.
 *
 *     {name: sgd, base: sgd, all: [tanh, {sgd: 0.1}]}
 */
#ifndef EVERY_TYPE_H
#define EVERY_TYPE_H

#include "base/row.h"
#include <stddef.h>

typedef struct config {
  double lr;
  size_t steps;
  const char *mode, *label, *file;
  bsn_list reals, counts, texts;
  bsn_choice base;
  bsn_choices all;
  bsn_amount train;
  bsn_moment when;
} config;

static const char *const modes[] = {"mean", "sum", NULL};
static const bsn_param params[] = {{"lr", BSN_REAL, offsetof(config, lr), "1e-2", .lo = 0, .hi = 1},
                                   {"steps", BSN_COUNT, offsetof(config, steps), "10"},
                                   {"mode", BSN_WORD, offsetof(config, mode), "mean", .words = modes},
                                   {"label", BSN_TEXT, offsetof(config, label), "none"},
                                   {"file", BSN_FILE, offsetof(config, file), "none"},
                                   {"reals", BSN_REALS, offsetof(config, reals), "[1, 2]"},
                                   {"counts", BSN_COUNTS, offsetof(config, counts), "[]"},
                                   {"texts", BSN_TEXTS, offsetof(config, texts), "[a]"},
                                   {"base", BSN_ROW, offsetof(config, base), "none", .table = "rule"},
                                   {"all", BSN_ROWS, offsetof(config, all), "[]", .table = "rule"},
                                   {"train", BSN_AMOUNT, offsetof(config, train), "0.5"},
                                   {"when", BSN_MOMENT, offsetof(config, when), "every 5 steps"},
                                   {0}};
static const bsn_row rows[] = {{"sgd", "", NULL, NULL, params, sizeof(config)}, {"tanh", "", NULL, NULL, NULL, 0}, {0}};
static const void *const families[] = {rows, NULL};
static const bsn_table table = {"rule", sizeof(bsn_row), families};
static const bsn_table *const tables[] = {&table, NULL};

#endif
