/* Tuning: which candidates there are, which trials they make, and which one of a cell is the best. */
#include "study/parts.h"
#include "stats/metric.h"
#include <math.h>
#include <string.h>

static bool no_memory(bsn_faults *faults) {
  faults->no_memory = true;
  return false;
}

/* ---- reading ---- */
static const bsn_param tune_params[] = {
    {"by", BSN_TEXT, offsetof(bsn_tune, by), "validation_loss", .doc = "the metric that decides, where a trial ends"},
    {"seeds", BSN_COUNT, offsetof(bsn_tune, seeds), "1", .lo = 1, .hi = 1e6, .doc = "replicates of every candidate"},
    {0}};

/* What is tuned over must not undo what varies. */
static bool check_factors(const bsn_vary *vary, const bsn_vary *over, const bsn_value *map, bsn_faults *faults) {
  bool ok = true;
  for (size_t i = 0; i < over->grid[0].nfactors; i++)
    for (size_t g = 0; vary->grid && g < vary->ngrids; g++)
      for (size_t j = 0; vary->grid[g].factor && j < vary->grid[g].nfactors; j++) {
        const bsn_factor *earlier = &vary->grid[g].factor[j];
        ok = (!earlier->path || bsn_factors_fit(earlier, &over->grid[0].factor[i], map->keymark[i], faults)) && ok;
      }
  return ok;
}

static bool make_room(bsn_study *s, bsn_tune *t, bsn_faults *faults) {
  t->decided = bsn_alloc_in(s->arena, s->ncells * sizeof *t->decided);
  t->choice = bsn_alloc_in(s->arena, s->ncells * sizeof *t->choice);
  t->spent = bsn_alloc_in(s->arena, s->ncells * sizeof *t->spent);
  t->known = bsn_alloc_in(s->arena, s->ncells * sizeof *t->known);
  return (t->decided && t->choice && t->spent && t->known) || no_memory(faults);
}

bool bsn_tune_read(bsn_study *s, const bsn_value *value, bsn_faults *faults) {
  static const char *const known[] = {"over", NULL};
  enum { MOST = 10000000 };
  if (!value) return true;
  bsn_tune *t = bsn_alloc_in(s->arena, sizeof *t);
  bsn_reader reader = {.arena = s->arena, .faults = faults, .tables = bsn_tables, .folder = s->folder};
  if (!t) return no_memory(faults);
  BSN_TRY(bsn_read_params(&reader, tune_params, value, "tune", t, known));
  const bsn_value *over = bsn_value_get(value, "over"), *by = bsn_value_get(value, "by");
  if (!over || over->kind != BSN_MAP || !over->n)
    return bsn_fault(faults, over ? over->mark : value->mark,
                     "tune wants over: {PATH: values, ..}: what to choose from");
  t->mark = by ? by->mark : value->mark;
  BSN_TRY(bsn_vary_read(&t->over, s->arena, over, s->base, faults));
  BSN_TRY(check_factors(&s->vary, &t->over, over, faults));
  if ((double)s->ncells * (double)t->over.ncells * (double)t->seeds > MOST)
    return bsn_fault(faults, value->mark, "more than %d tuning trials", MOST);
  s->tune = t;
  return make_room(s, t, faults);
}

/* ---- trials ---- */
void bsn_tune_place(const bsn_study *s, size_t i, bsn_coordinates *at) {
  const bsn_tune *t = s->tune;
  size_t each = t->over.ncells * t->seeds, all = s->ncells * each, block = each + s->nreplicates;
  if (i < all) {
    size_t cell = i / each, in = i % each;
    *at = (bsn_coordinates){cell, in / t->seeds, BSN_TUNING + in % t->seeds, cell * block + in, true};
    return;
  }
  size_t cell = t->decided[(i - all) / s->nreplicates], in = (i - all) % s->nreplicates;
  *at = (bsn_coordinates){cell, t->choice[cell], s->replicate[in], cell * block + each + in, false};
}

/* {"a": 1} and {"b": 2} are {"a": 1, "b": 2}. */
static const char *join(bsn_arena *arena, const char *a, const char *b) {
  if (!strcmp(a, "{}")) return b;
  return bsn_text_in(arena, "%.*s, %s", (int)strlen(a) - 1, a, b + 1);
}

bsn_value *bsn_tune_cell(const bsn_study *s, const bsn_coordinates *at, bsn_arena *arena, bsn_value *tree,
                         bsn_trial *trial, bsn_faults *faults) {
  tree = bsn_vary_cell(&s->tune->over, at->candidate, arena, tree, &trial->candidate, faults);
  if (!tree || !at->tuning) return tree;
  trial->cell = join(arena, trial->cell, trial->candidate);
  return trial->cell ? tree : (no_memory(faults), NULL);
}

bool bsn_tune_note(const bsn_study *s, const bsn_coordinates *at, bsn_trial *trial, bsn_reader *reader) {
  const bsn_tune *t = s->tune;
  char number[32];
  bool ok;
  bsn_number_text(number, at->tuning ? (double)at->candidate : t->spent[at->cell]);
  if (at->tuning)
    ok = bsn_note_setting(reader, "tune.candidate", number, false);
  else
    ok = bsn_note_setting(reader, "tune.by", t->by, false) &&
         bsn_note_setting(reader, "tune.chosen", trial->candidate, false) &&
         bsn_note_setting(reader, "tune.spent", number, false);
  trial->settings = reader->settings;
  return ok;
}

/* ---- choosing ---- */
typedef enum found { MISSING, THERE, FAULTY } found;

typedef struct score {
  double sum, spent; /* of `by`, of gradient evaluations */
  bool lost;
} score;

/* Add one tuning trial to the score of its candidate. */
static found add_trial(const bsn_study *s, const bsn_coordinates *at, bsn_sink *sink, score *sum, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_faults faults = {.arena = &arena};
  bsn_trial trial;
  bsn_record record = {0};
  bool ok = bsn_study_resolve(s, at, &arena, &trial, &faults);
  if (bsn_faults_none(&faults, error) && !ok) bsn_no_memory(error);
  ok = ok && sink->get(sink, trial.key, &arena, &record, error);
  if (ok) {
    double value = bsn_record_last(&record, s->tune->by);
    sum->sum += value;
    sum->spent += record.grads;
    sum->lost |= record.outcome == BSN_DIVERGED || record.outcome == BSN_TRIAL_FAILED || record.outcome == BSN_UNDONE;
    sum->lost |= !isfinite(value);
  }
  bsn_arena_free(&arena);
  return ok ? THERE : error->code ? FAULTY : MISSING;
}

static found add_candidate(const bsn_study *s, size_t cell, size_t candidate, bsn_sink *sink, score *sum,
                           bsn_error *error) {
  for (size_t i = 0; i < s->tune->seeds; i++) {
    bsn_coordinates at = {cell, candidate, BSN_TUNING + i, 0, true};
    found f = add_trial(s, &at, sink, sum, error);
    if (f != THERE) return f;
  }
  return THERE;
}

/* Look at all candidates of a cell; when all have records, note the best. */
static found decide(bsn_study *s, size_t cell, bsn_sink *sink, bsn_error *error) {
  bsn_tune *t = s->tune;
  size_t best = 0;
  double least = INFINITY, spent = 0, sign = bsn_metric_sense(t->by) > 0 ? -1 : 1;
  for (size_t c = 0; c < t->over.ncells; c++) {
    score sum = {0};
    found f = add_candidate(s, cell, c, sink, &sum, error);
    if (f != THERE) return f;
    spent += sum.spent;
    if (sum.lost || sign * sum.sum >= least) continue;
    least = sign * sum.sum;
    best = c;
  }
  t->choice[cell] = best;
  t->spent[cell] = spent;
  t->known[cell] = true;
  t->decided[t->ndecided++] = cell;
  return THERE;
}

bool bsn_study_more(bsn_study *s, bsn_sink *sink, bsn_error *error) {
  if (!s->tune) return false;
  size_t before = s->ntrials;
  for (size_t cell = 0; cell < s->ncells; cell++) {
    if (s->tune->known[cell]) continue;
    found f = decide(s, cell, sink, error);
    if (f == FAULTY) return false;
    if (f == THERE) s->ntrials += s->nreplicates;
  }
  return s->ntrials > before;
}
