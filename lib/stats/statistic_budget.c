/* The statistics of tuning budgets: candidates of several groups, sorted out by replicate. */
#include "stats/budget.h"
#include "stats/interval.h"
#include "stats/statistic.h"
#include <math.h>
#include <string.h>

typedef struct budget_config {
  const char *draw;
  size_t most;
} budget_config;
static const char *const draws[] = {"grid", "random", NULL};
static const bsn_param budget_params[] = {
    {"draw", BSN_WORD, offsetof(budget_config, draw), "grid", .words = draws,
     .doc = "how the trials of a budget are drawn from the stored ones: random with replacement, grid without"},
    {"most", BSN_COUNT, offsetof(budget_config, most), "40", .lo = 1, .hi = 1e6,
     .doc = "how many budgets are looked at, evenly spread in log"},
    {0}};

/* Candidates of all groups and replicates, sorted out. */
typedef struct tuning {
  size_t groups, replicates, most; /* most: candidates of the largest group in one replicate */
  size_t *n;                       /* [group][replicate] */
  double *score, *value, *weight;  /* [group][replicate][candidate] */
} tuning;

static size_t slot(const tuning *t, double group, double replicate) {
  return (size_t)group * t->replicates + (size_t)replicate;
}

static bool sort_out(tuning *t, const double *const *in, size_t n, bsn_arena *arena) {
  *t = (tuning){.groups = bsn_count_numbers(in[0], n), .replicates = bsn_count_numbers(in[1], n)};
  size_t slots = t->groups * t->replicates;
  if (!(t->n = bsn_alloc_in(arena, (slots + 1) * sizeof *t->n))) return false;
  for (size_t i = 0; i < n; i++) t->n[slot(t, in[0][i], in[1][i])]++;
  for (size_t s = 0; s < slots; s++) t->most = t->n[s] > t->most ? t->n[s] : t->most;
  size_t each = slots * t->most;
  if (!(t->score = bsn_alloc_in(arena, (3 * each + 1) * sizeof *t->score))) return false;
  t->value = t->score + each;
  t->weight = t->value + each;
  memset(t->n, 0, slots * sizeof *t->n);
  for (size_t i = 0; i < n; i++) {
    size_t s = slot(t, in[0][i], in[1][i]), at = s * t->most + t->n[s]++;
    t->score[at] = isnan(in[2][i]) ? INFINITY : in[2][i];
    t->value[at] = isnan(in[3][i]) ? INFINITY : in[3][i];
  }
  return true;
}

/* The budgets 1 .. most, thinned out. */
static bool budgets(const tuning *t, size_t most, bsn_arena *arena, size_t **k, size_t *n) {
  *n = 0;
  if (!(*k = bsn_alloc_in(arena, (t->most + 1) * sizeof **k))) return false;
  for (size_t i = 1; i <= t->most; i++) {
    double steps = most > 1 ? (double)most - 1 : 1, scale = log((double)t->most);
    bool keep = t->most <= most || i == 1 || i == t->most ||
                floor(log((double)i) / scale * steps) != floor(log((double)i - 1) / scale * steps);
    if (keep) (*k)[(*n)++] = i;
  }
  return true;
}

static void weigh(const tuning *t, size_t k, bool replace) {
  for (size_t s = 0; s < t->groups * t->replicates; s++)
    bsn_choice_weights(t->score + s * t->most, t->n[s], k, replace, t->weight + s * t->most);
}

/* All replicates of a group together, each with the same weight. */
static size_t pool(const tuning *t, size_t group, double *value, double *weight) {
  size_t n = 0;
  for (size_t r = 0; r < t->replicates; r++)
    for (size_t s = slot(t, (double)group, (double)r), i = 0; i < t->n[s]; i++) {
      value[n] = t->value[s * t->most + i];
      weight[n++] = t->weight[s * t->most + i];
    }
  return n;
}

/* Mean, median and quartiles of what a group gives when its trials are chosen by their weights. */
static void describe(const tuning *t, size_t group, double *value, double *weight, double *line) {
  size_t n = pool(t, group, value, weight);
  double mean = 0, sum = 0;
  for (size_t i = 0; i < n; i++) {
    if (weight[i] > 0) mean += weight[i] * value[i];
    sum += weight[i];
  }
  line[0] = mean / sum;
  for (size_t i = 0; i < 3; i++)
    line[1 + i] = bsn_weighted_quantile(value, weight, n, (const double[]){0.5, 0.25, 0.75}[i]);
}

static bool run_expected(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  const budget_config *c = config;
  tuning t;
  size_t *k, nk;
  double *value = bsn_alloc_in(arena, (2 * n + 1) * sizeof *value);
  if (!value || !sort_out(&t, in, n, arena) || !budgets(&t, c->most, arena, &k, &nk)) return false;
  if (!bsn_numbers_room(out, 6, t.groups * nk, arena)) return false;
  for (size_t i = 0; i < nk; i++) {
    weigh(&t, k[i], !strcmp(c->draw, "random"));
    for (size_t g = 0; g < t.groups; g++) {
      double line[6] = {(double)g, (double)k[i]};
      describe(&t, g, value, value + n, line + 2);
      bsn_numbers_put(out, g * nk + i, 6, line);
    }
  }
  return true;
}

/* The probabilities of one replicate and budget, for all groups; false: without memory. *whole: every group has trials. */
static bool win_in(const tuning *t, size_t replicate, bsn_arena *arena, double *probability, bool *whole) {
  bsn_lottery *all = bsn_alloc_in(arena, (t->groups + 1) * sizeof *all);
  if (!all) return false;
  *whole = true;
  for (size_t g = 0; g < t->groups; g++) {
    size_t s = g * t->replicates + replicate;
    all[g] = (bsn_lottery){t->n[s], t->value + s * t->most, t->weight + s * t->most};
    *whole &= t->n[s] > 0;
  }
  return !*whole || bsn_win_probability(all, t->groups, arena, probability);
}

/* One budget: p[group][replicate] of the replicates in which every group has trials; *kept is how many these are. */
static bool win_at(const tuning *t, bsn_arena *arena, double *p, size_t *kept) {
  double *one = bsn_alloc_in(arena, (t->groups + 1) * sizeof *one);
  if (!one) return false;
  *kept = 0;
  for (size_t r = 0; r < t->replicates; r++) {
    bool whole;
    if (!win_in(t, r, arena, one, &whole)) return false;
    for (size_t g = 0; whole && g < t->groups; g++) p[g * t->replicates + *kept] = one[g];
    *kept += whole;
  }
  return true;
}

static bool run_win(const void *config, const double *const *in, size_t n, bsn_numbers *out, bsn_arena *arena) {
  const budget_config *c = config;
  tuning t;
  size_t *k, nk, kept;
  if (!sort_out(&t, in, n, arena) || !budgets(&t, c->most, arena, &k, &nk)) return false;
  double *p = bsn_alloc_in(arena, (t.groups * t.replicates + 1) * sizeof *p);
  if (!p || !bsn_numbers_room(out, 5, t.groups * nk, arena)) return false;
  for (size_t i = 0; i < nk; i++) {
    weigh(&t, k[i], !strcmp(c->draw, "random"));
    if (!win_at(&t, arena, p, &kept)) return false;
    for (size_t g = 0; g < t.groups; g++) {
      bsn_interval m = bsn_t_interval(p + g * t.replicates, kept, 0.95);
      double lo = m.lo < 0 ? 0 : m.lo, hi = m.hi > 1 ? 1 : m.hi;
      bsn_numbers_put(out, g * nk + i, 5, (const double[]){(double)g, (double)k[i], m.mean, lo, hi});
    }
  }
  return true;
}

// clang-format off
const bsn_statistic bsn_budget_rows[] = {
  {{"expected-best", "What tuning with k trials gives: the value of the one with the best score, over all ways to draw k of the stored trials.", "sum of value times G(m) - G(m - 1), G(m) = (m/n)^k or C(m, k) / C(n, k), m trials no better", "Dodge et al. 2019, equation 7; Tang et al. 2020", budget_params, sizeof(budget_config)},
   BSN_TABLE, "group replicate score value", "group budget mean median q1 q3", run_expected},
  {{"win-probability", "The probability of each group to be the best when all are tuned with k trials, replicate by replicate; equal ones share it.", "sum over its values of weight times P(all others are worse), mean over replicates", "after Dodge et al. 2019", budget_params, sizeof(budget_config)},
   BSN_TABLE, "group replicate score value", "group budget probability lo hi", run_win},
  {{0}, BSN_ONE, NULL, NULL, NULL}};
// clang-format on
