#include "stats/compare.h"
#include "stats/interval.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- matched units ---- */

/* By what two observations are matched; then by group. */
static int by_match(const void *first, const void *second) {
  const bsn_observation *a = first, *b = second;
  if (a->replicate != b->replicate) return a->replicate < b->replicate ? -1 : 1;
  if (a->block != b->block) return a->block < b->block ? -1 : 1;
  return (a->group > b->group) - (a->group < b->group);
}

typedef struct unit_sum {
  double *a, *b; /* the mean of each side over the matched blocks of a unit */
  size_t n;      /* units so far */
  size_t here;   /* matched pairs in the current one */
} unit_sum;

static void close_unit(unit_sum *u) {
  if (!u->here) return;
  u->a[u->n] /= (double)u->here;
  u->b[u->n++] /= (double)u->here;
  u->here = 0;
}

static void add_pair(unit_sum *u, double a, double b) {
  if (!u->here++) u->a[u->n] = u->b[u->n] = 0;
  u->a[u->n] += a;
  u->b[u->n] += b;
}

/* Walk the observations, sorted by match, for one pair of groups. */
static void match(bsn_difference *d, const bsn_observation *seen, size_t n, bool by_block, unit_sum *u) {
  const bsn_observation *held = NULL; /* of the first group */
  u->n = u->here = 0;
  for (size_t i = 0; i < n; i++) {
    const bsn_observation *o = &seen[i];
    bool matched = held && held->block == o->block && held->replicate == o->replicate;
    if (i && (o->replicate != seen[i - 1].replicate || (by_block && o->block != seen[i - 1].block))) close_unit(u);
    if (o->group == d->first) held = o;
    if (o->group != d->second || !matched) continue;
    if (isfinite(held->value) && isfinite(o->value))
      add_pair(u, held->value, o->value);
    else
      d->lost++;
  }
  close_unit(u);
}

/* The ranks decide where t cannot be trusted: differences of different problems have no common scale (Demsar 2006, section
 * 3.1.3), and those that are all equal, as of accuracies on few rows, have no spread to measure them by. */
static void judge(bsn_difference *d, double level, bool by_block, const unit_sum *u) {
  d->test = bsn_paired_t(u->a, u->b, u->n, level);
  d->p_ranks = bsn_signed_rank(u->a, u->b, u->n).p;
  if (by_block || (d->test.lo == d->test.hi && d->test.mean != 0)) d->test.p = d->p_ranks;
  d->p_holm = u->n < BSN_LEAST_UNITS ? NAN : d->test.p;
}

/* p values of what cannot be told are nan and count for nothing. */
static bool correct(bsn_comparisons *c, bsn_arena *arena) {
  double *p = bsn_alloc_in(arena, (2 * c->npairs + 1) * sizeof *p);
  if (!p) return false;
  for (size_t i = 0; i < c->npairs; i++) p[i] = c->pair[i].p_holm;
  bsn_holm(p, p + c->npairs, c->npairs);
  for (size_t i = 0; i < c->npairs; i++) {
    bsn_difference *d = &c->pair[i];
    d->p_holm = p[c->npairs + i];
    d->is = isnan(d->p_holm) ? BSN_UNTOLD : d->p_holm < 0.05 ? BSN_DIFFERENT : BSN_TIE;
  }
  return true;
}

/* ---- the order of the groups ---- */

typedef struct place {
  double mean;
  size_t group;
} place;

static int by_mean(const void *first, const void *second) {
  const place *a = first, *b = second;
  if (a->mean != b->mean && !(isnan(a->mean) && isnan(b->mean))) {
    if (isnan(a->mean) || isnan(b->mean)) return isnan(a->mean) ? 1 : -1;
    return a->mean < b->mean ? -1 : 1;
  }
  return (a->group > b->group) - (a->group < b->group);
}

static bool rank_groups(bsn_comparisons *c, bsn_arena *arena, const bsn_observation *seen, size_t n, int sense) {
  place *places = bsn_alloc_in(arena, (c->groups + 1) * sizeof *places);
  double *x = bsn_alloc_in(arena, (n + 1) * sizeof *x);
  c->order = bsn_alloc_in(arena, (c->groups + 1) * sizeof *c->order);
  if (!places || !x || !c->order) return false;
  for (size_t g = 0; g < c->groups; g++) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
      if (seen[i].group == g && isfinite(seen[i].value)) x[m++] = seen[i].value;
    places[g] = (place){sense > 0 ? -bsn_mean(x, m) : bsn_mean(x, m), g};
  }
  qsort(places, c->groups, sizeof *places, by_mean);
  for (size_t g = 0; g < c->groups; g++) c->order[g] = places[g].group;
  return true;
}

/* ---- all together ---- */

static bool compare_pairs(bsn_comparisons *c, bsn_arena *arena, const bsn_observation *seen, size_t n, double level) {
  unit_sum u = {.a = bsn_alloc_in(arena, (2 * n + 2) * sizeof *u.a)};
  if (!u.a) return false;
  u.b = u.a + n + 1;
  for (size_t i = 0; i < c->groups; i++)
    for (size_t j = i + 1; j < c->groups; j++) {
      bsn_difference *d = &c->pair[c->npairs++];
      *d = (bsn_difference){.first = i, .second = j};
      match(d, seen, n, c->by_block, &u);
      judge(d, level, c->by_block, &u);
      c->units = u.n > c->units ? u.n : c->units;
    }
  return correct(c, arena);
}

static bool give_letters(bsn_comparisons *c, bsn_arena *arena) {
  bool *differ = bsn_alloc_in(arena, c->groups * c->groups + 1);
  if (!differ) return false;
  for (size_t i = 0; i < c->npairs; i++) {
    const bsn_difference *d = &c->pair[i];
    differ[d->first * c->groups + d->second] = differ[d->second * c->groups + d->first] = d->is == BSN_DIFFERENT;
  }
  return bsn_letters(arena, differ, c->groups, c->order, &c->letters);
}

bool bsn_compare(bsn_comparisons *c, bsn_arena *arena, const bsn_observation *seen, size_t n, size_t groups,
                 double level, int sense) {
  *c = (bsn_comparisons){.groups = groups, .by_block = true};
  bsn_observation *sorted = bsn_alloc_in(arena, (n + 1) * sizeof *sorted);
  c->pair = bsn_alloc_in(arena, (groups * groups + 1) / 2 * sizeof *c->pair + 1);
  if (!sorted || !c->pair) return false;
  if (n) memcpy(sorted, seen, n * sizeof *sorted);
  qsort(sorted, n, sizeof *sorted, by_match);
  for (size_t i = 1; i < n; i++) c->by_block &= sorted[i].replicate == sorted[0].replicate;
  return compare_pairs(c, arena, sorted, n, level) && rank_groups(c, arena, sorted, n, sense) && give_letters(c, arena);
}

double bsn_least_p(size_t n) { return n ? ldexp(1, 1 - (int)n) : NAN; }

/* ---- letters ---- */

enum { MOST_GROUPS = 64, MOST_LETTERS = 52 };

/* Sets of groups that share a letter; bit r is the group of rank r. */
typedef struct sets {
  size_t n;
  uint64_t set[2 * MOST_LETTERS + 2];
} sets;

/* Drop each set that another one holds. */
static void absorb(sets *s) {
  size_t kept = 0;
  for (size_t i = 0; i < s->n; i++) {
    bool held = false;
    for (size_t j = 0; j < s->n; j++)
      held |= j != i && (s->set[i] & ~s->set[j]) == 0 && (s->set[i] != s->set[j] || j < i);
    if (!held) s->set[s->n + kept++] = s->set[i]; /* behind the list: all of it is still being compared */
  }
  memmove(s->set, s->set + s->n, kept * sizeof *s->set);
  s->n = kept;
}

/* a and b differ: a set that has both becomes two. False: too many sets. */
static bool insert(sets *s, uint64_t a, uint64_t b) {
  size_t before = s->n;
  for (size_t i = 0; i < before; i++) {
    if (!(s->set[i] & a) || !(s->set[i] & b)) continue;
    if (s->n >= MOST_LETTERS) return false;
    s->set[s->n++] = s->set[i] & ~a;
    s->set[i] &= ~b;
  }
  absorb(s);
  return true;
}

/* The set whose best group is better comes first. */
static int by_first(const void *first, const void *second) {
  uint64_t a = *(const uint64_t *)first, b = *(const uint64_t *)second, differ = a ^ b;
  if (!differ) return 0;
  return a & (differ & -differ) ? -1 : 1;
}

static bool find_sets(sets *s, const bool *differ, size_t groups, const size_t *order) {
  s->n = 1;
  s->set[0] = groups == 64 ? UINT64_MAX : (UINT64_C(1) << groups) - 1;
  for (size_t i = 0; i < groups; i++)
    for (size_t j = i + 1; j < groups; j++)
      if (differ[order[i] * groups + order[j]] && !insert(s, UINT64_C(1) << i, UINT64_C(1) << j)) return false;
  qsort(s->set, s->n, sizeof *s->set, by_first);
  return true;
}

bool bsn_letters(bsn_arena *arena, const bool *differ, size_t groups, const size_t *order, const char ***letters) {
  static const char names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  sets s;
  *letters = NULL;
  if (groups > MOST_GROUPS || !find_sets(&s, differ, groups, order)) return true;
  const char **list = bsn_alloc_in(arena, (groups + 1) * sizeof *list);
  if (!list) return false;
  for (size_t r = 0; r < groups; r++) {
    char text[MOST_LETTERS + 1];
    size_t n = 0;
    for (size_t k = 0; k < s.n; k++)
      if (s.set[k] >> r & 1) text[n++] = names[k];
    list[order[r]] = bsn_text_in(arena, "%.*s", (int)n, text);
    if (!list[order[r]]) return false;
  }
  *letters = list;
  return true;
}
