#include "stats/choose.h"
#include <math.h>

/* A setting, kept at its first trial: how good it is over the replicates. */
typedef struct score {
  size_t first; /* the first trial of the setting of this one */
  size_t n;     /* finite scores: a trial that diverged or is not there has none */
  double sum;
} score;

static bool better(const score *a, const score *b, int sense) {
  if (a->n != b->n) return a->n > b->n;
  return a->n && (sense > 0 ? a->sum > b->sum : a->sum < b->sum);
}

static bool same_setting(const bsn_candidate *a, const bsn_candidate *b) {
  return a->group == b->group && a->block == b->block && a->setting == b->setting;
}

/* Trials of one setting stand near each other, so the search goes backwards. */
static void add_up(const bsn_candidate *all, size_t n, score *s) {
  for (size_t i = 0; i < n; i++) {
    size_t j = i;
    while (j-- > 0 && !same_setting(&all[i], &all[j])) continue;
    s[i] = (score){.first = j < i ? s[j].first : i};
    if (!isfinite(all[i].score)) continue;
    s[s[i].first].n++;
    s[s[i].first].sum += all[i].score;
  }
}

bool bsn_choose(bsn_arena *arena, const bsn_candidate *all, size_t n, int sense, bool *out) {
  score *s = bsn_alloc_in(arena, (n + 1) * sizeof *s);
  if (!s) return false;
  add_up(all, n, s);
  for (size_t i = 0; i < n; i++) {
    out[i] = s[i].first != i && out[s[i].first];
    for (size_t j = 0; s[i].first == i && j < n && !out[i]; j++) {
      bool rival = s[j].first == j && j != i && all[j].group == all[i].group && all[j].block == all[i].block;
      out[i] = rival && (better(&s[j], &s[i], sense) || (j < i && !better(&s[i], &s[j], sense)));
    }
  }
  return true;
}
