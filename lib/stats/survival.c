#include "stats/survival.h"
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

/* ---- one curve ---- */

typedef struct moment {
  double time;
  bool seen;
} moment;

static int by_time(const void *first, const void *second) {
  const moment *a = first, *b = second;
  return (a->time > b->time) - (a->time < b->time);
}

/* log(-log S) is about normal with standard error sqrt(spread) / |log S|. */
static void set_bounds(bsn_survival_step *s, double level) {
  double half = gsl_cdf_ugaussian_Pinv(0.5 + level / 2) * sqrt(s->spread) / log(s->survival);
  s->lo = s->survival > 0 ? pow(s->survival, exp(-half)) : NAN;
  s->hi = s->survival > 0 ? pow(s->survival, exp(half)) : NAN;
}

bool bsn_kaplan_meier(bsn_survival *survival, bsn_arena *arena, const double *time, const double *seen, size_t n,
                      double level) {
  *survival = (bsn_survival){.n = n, .level = level};
  moment *all = bsn_alloc_in(arena, (n + 1) * sizeof *all);
  survival->step = bsn_alloc_in(arena, (n + 1) * sizeof *survival->step);
  if (!all || !survival->step) return false;
  for (size_t i = 0; i < n; i++) all[i] = (moment){time[i], seen[i] != 0};
  qsort(all, n, sizeof *all, by_time);
  double left = 1, spread = 0;
  for (size_t i = 0, j; i < n; i = j) {
    size_t events = 0, at_risk = n - i;
    for (j = i; j < n && all[j].time == all[i].time; j++) events += all[j].seen;
    if (!events) continue;
    left *= (double)(at_risk - events) / (double)at_risk;
    spread += (double)events / ((double)at_risk * (double)(at_risk - events));
    bsn_survival_step *s = &survival->step[survival->nsteps++];
    *s = (bsn_survival_step){all[i].time, at_risk, events, left, NAN, NAN, spread};
    set_bounds(s, level);
  }
  survival->last = n ? all[n - 1].time : NAN;
  return true;
}

/* 1/2 that was made by a product of fractions, rounding included. */
static bool is_half(double x) { return x <= 0.5 * (1 + 1e-12); }

bsn_interval bsn_survival_median(const bsn_survival *survival) {
  bsn_interval m = {.n = survival->n, .mean = INFINITY, .lo = INFINITY, .hi = INFINITY};
  for (size_t i = survival->nsteps; i-- > 0;) {
    const bsn_survival_step *s = &survival->step[i];
    if (is_half(s->survival)) m.mean = s->time;
    if (is_half(s->lo) || s->survival == 0) m.lo = s->time;
    if (is_half(s->hi)) m.hi = s->time;
  }
  if (!survival->n) m.mean = m.lo = m.hi = NAN;
  return m;
}

/* The integral of S between two times. */
static double area(const bsn_survival *survival, double from, double to) {
  double sum = 0, level = 1, at = 0;
  for (size_t i = 0; i <= survival->nsteps; i++) {
    double end = i < survival->nsteps ? survival->step[i].time : INFINITY;
    double lo = fmax(at, from), hi = fmin(end, to);
    if (hi > lo) sum += level * (hi - lo);
    if (i == survival->nsteps) break;
    at = end;
    level = survival->step[i].survival;
  }
  return sum;
}

bsn_interval bsn_survival_mean(const bsn_survival *survival, double horizon) {
  bsn_interval m = {.n = survival->n, .mean = NAN, .lo = NAN, .hi = NAN};
  bool all = survival->nsteps && survival->step[survival->nsteps - 1].survival == 0;
  if (!survival->n || !(horizon <= survival->last || all)) return m;
  double variance = 0;
  m.mean = area(survival, 0, horizon);
  for (size_t i = 0; i < survival->nsteps; i++) {
    const bsn_survival_step *s = &survival->step[i];
    double rest = area(survival, s->time, horizon), d = (double)s->events, n = (double)s->at_risk;
    if (rest > 0) variance += rest * rest * d / (n * (n - d));
  }
  double half = gsl_cdf_ugaussian_Pinv(0.5 + survival->level / 2) * sqrt(variance);
  if (survival->n < 2) return m;
  m.lo = m.mean - half;
  m.hi = m.mean + half;
  return m;
}

/* ---- several groups ---- */

typedef struct rank_sum {
  size_t groups; /* that get a row: all but the last */
  double *z, *v; /* observed less expected; their covariance, groups x groups */
  double *risk;  /* of each group, now */
} rank_sum;

/* Add what one time says: d events among those at risk. */
static void add_time(rank_sum *r, double at_risk, double events) {
  if (!events || !at_risk) return;
  double share = at_risk > 1 ? events * (at_risk - events) / (at_risk - 1) : 0;
  for (size_t g = 0; g < r->groups; g++) {
    double p = r->risk[g] / at_risk;
    r->z[g] -= events * p;
    for (size_t h = 0; h < r->groups; h++) r->v[g * r->groups + h] += share * p * ((g == h) - r->risk[h] / at_risk);
  }
}

/* Z' V^-1 Z by elimination; a direction in which nothing varies takes no part. V is positive semidefinite, so that no pivots
 * need to be looked for. */
static double quadratic_form(rank_sum *r, size_t *rank) {
  double sum = 0;
  size_t n = r->groups;
  *rank = 0;
  for (size_t i = 0; i < n; i++) {
    double pivot = r->v[i * n + i];
    if (!(pivot > 1e-12)) continue;
    sum += r->z[i] * r->z[i] / pivot;
    ++*rank;
    for (size_t j = i + 1; j < n; j++) {
      double f = r->v[j * n + i] / pivot;
      r->z[j] -= f * r->z[i];
      for (size_t k = i; k < n; k++) r->v[j * n + k] -= f * r->v[i * n + k];
    }
  }
  return sum;
}

bool bsn_log_rank(bsn_test *test, bsn_arena *arena, const double *group, const double *time, const double *seen,
                  size_t n, size_t groups) {
  *test = (bsn_test){.n = n, .mean = NAN, .lo = NAN, .hi = NAN, .statistic = NAN, .df = NAN, .p = NAN};
  if (groups < 2) return true;
  rank_sum r = {.groups = groups - 1};
  size_t rank, room = groups * groups + 2 * groups;
  r.z = bsn_alloc_in(arena, room * sizeof *r.z);
  if (!r.z) return false;
  r.risk = r.z + groups;
  r.v = r.risk + groups;
  for (size_t i = 0; i < n; i++) {
    double at_risk = 0, events = 0;
    bool first = seen[i] != 0;
    if (seen[i] != 0 && (size_t)group[i] < r.groups) r.z[(size_t)group[i]] += 1;
    for (size_t g = 0; g < groups; g++) r.risk[g] = 0;
    for (size_t j = 0; j < n; j++) {
      if (time[j] == time[i] && seen[j] != 0) first = first && j >= i, events++;
      if (time[j] >= time[i]) at_risk++, r.risk[(size_t)group[j]]++;
    }
    if (first) add_time(&r, at_risk, events);
  }
  double statistic = quadratic_form(&r, &rank);
  if (!rank) return true;
  test->statistic = statistic;
  test->df = (double)rank;
  test->p = gsl_cdf_chisq_Q(statistic, test->df);
  return true;
}

/* ---- matched runs ---- */

static bool known_earlier(double a, double seen, double b, double other_seen) {
  return seen != 0 && (a < b || (a == b && other_seen == 0));
}

bsn_test bsn_earlier(const double *a, const double *a_seen, const double *b, const double *b_seen, size_t n) {
  bsn_test t = {.mean = NAN, .lo = NAN, .hi = NAN, .statistic = NAN, .df = NAN, .p = NAN};
  unsigned wins = 0, losses = 0;
  for (size_t i = 0; i < n; i++) {
    wins += known_earlier(a[i], a_seen[i], b[i], b_seen[i]);
    losses += known_earlier(b[i], b_seen[i], a[i], a_seen[i]);
  }
  t.n = wins + losses;
  if (!t.n) return t;
  t.statistic = wins;
  t.mean = ((double)wins - (double)losses) / (double)t.n;
  t.p = fmin(1, 2 * gsl_cdf_binomial_P(wins < losses ? wins : losses, 0.5, wins + losses));
  return t;
}
