#include "study/verify.h"
#include "study/traits.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The metric of one trial. */
typedef struct sample {
  int64_t place, replicate;
  const char *cell, *level; /* level: NULL without `by` */
  enum { THERE, MISSING, UNRECORDED } state;
  double x; /* nan where the trial diverged before it could be recorded */
} sample;

typedef struct samples {
  size_t n;
  sample *item;
} samples;

/* A target, and the trials that it looks at. */
typedef struct gathering {
  const bsn_study_target *target;
  samples where, against;
} gathering;

typedef struct verifier {
  const bsn_study *study;
  bsn_sink *sink;
  bsn_arena *arena;
  bsn_error *error;
  size_t n, bands; /* bands: targets whose rules share the false alarms */
  gathering *item;
} verifier;

/* ---- the value of a metric in a trial ---- */
static bool of_trial(const bsn_record *r, const char *metric, double *x) {
  const struct {
    const char *name;
    double value;
  } all[] = {{"diverged", r->outcome == BSN_DIVERGED},
             {"outcome_step", (double)r->outcome_step},
             {"grads", r->grads},
             {"products", r->products}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (!strcmp(all[i].name, metric)) return *x = all[i].value, true;
  return false;
}

static bool recorded(const bsn_record *r, const char *metric, int64_t step, double *x) {
  bool found = false;
  for (size_t i = 0; i < r->nmetrics; i++) {
    const bsn_metric *m = &r->metric[i];
    if (strcmp(m->name, metric) || (step >= 0 && m->step != step)) continue;
    *x = m->value;
    found = true;
  }
  return found;
}

/* -1: the last one; none is INT64_MAX, where an epoch is asked for of a trial that has none. */
static int64_t step_of(const bsn_time *at, const bsn_record *trial) {
  if (at->unit == BSN_TIME_END) return -1;
  double step = at->unit == BSN_TIME_STEP ? at->at : at->at * bsn_record_last(trial, "steps_per_epoch");
  return step < 9e18 ? llround(step) : INT64_MAX;
}

/* In the trial's own record, else in those of its probes. */
static bool find_value(const verifier *v, const bsn_study_target *target, const bsn_trial *t, const bsn_record *r,
                       sample *s) {
  int64_t step = step_of(&target->at, r);
  bool found = of_trial(r, target->metric, &s->x) || recorded(r, target->metric, step, &s->x);
  for (size_t i = 0; !found && i < t->nprobes; i++) {
    bsn_record probe = {0};
    if (!v->sink->get(v->sink, t->probe[i].key, r->arena, &probe, v->error) && v->error->code) return false;
    found = recorded(&probe, target->metric, step, &s->x);
  }
  s->state = found || r->outcome == BSN_DIVERGED ? THERE : UNRECORDED;
  if (!found) s->x = NAN;
  return true;
}

/* ---- gathering ---- */
static bool fits(const bsn_conditions *c, const bsn_traits *t) {
  for (size_t i = 0; i < c->n; i++) {
    bool any = false;
    for (size_t k = 0; k < c->item[i].n && !any; k++)
      any = bsn_traits_are(t, c->item[i].path, c->item[i].value[k]->text);
    if (!any) return false;
  }
  return true;
}

/* A trial's record, read when the first target asks for it. */
typedef struct lazy {
  bool tried, there;
  bsn_record record;
} lazy;

static bool look_up(const verifier *v, const bsn_trial *t, bsn_arena *arena, lazy *z) {
  if (z->tried) return true;
  z->tried = true;
  z->there = v->sink->get(v->sink, t->key, arena, &z->record, v->error);
  z->there = z->there && z->record.outcome != BSN_TRIAL_FAILED && z->record.outcome != BSN_UNDONE;
  return !v->error->code;
}

static bool add_sample(const verifier *v, const bsn_study_target *target, samples *to, const bsn_traits *traits,
                       lazy *z, bsn_arena *scratch) {
  const bsn_trial *t = traits->trial;
  const char *level = target->by ? bsn_traits_at(traits, target->by) : NULL;
  sample *items = bsn_grow_in(v->arena, to->item, to->n, sizeof *items);
  sample s = {.place = t->place, .replicate = t->replicate, .state = MISSING, .x = NAN};
  s.cell = bsn_text_in(v->arena, "%s", t->cell);
  s.level = level ? bsn_text_in(v->arena, "%s", level) : NULL;
  if (!items || !s.cell || (level && !s.level)) return bsn_no_memory(v->error);
  BSN_TRY(look_up(v, t, scratch, z) && (!z->there || find_value(v, target, t, &z->record, &s)));
  to->item = items;
  items[to->n++] = s;
  return true;
}

static bool gather_trial(const verifier *v, size_t i) {
  bsn_arena scratch = {0};
  bsn_trial trial;
  bsn_traits traits;
  lazy z = {0};
  bool ok = bsn_study_trial(v->study, i, &scratch, &trial, v->error) &&
            (bsn_traits_of(&traits, &trial, &scratch) || bsn_no_memory(v->error));
  for (size_t k = 0; ok && !trial.tuning && k < v->n; k++) {
    gathering *g = &v->item[k];
    if (fits(&g->target->where, &traits)) ok = add_sample(v, g->target, &g->where, &traits, &z, &scratch);
    if (ok && g->target->against.n && fits(&g->target->against, &traits))
      ok = add_sample(v, g->target, &g->against, &traits, &z, &scratch);
  }
  bsn_arena_free(&scratch);
  return ok;
}

/* ---- cells ---- */
static int by_place(const void *a, const void *b) {
  int64_t x = ((const sample *)a)->place, y = ((const sample *)b)->place;
  return (x > y) - (x < y);
}

static void sort(samples *s) {
  if (s->n) qsort(s->item, s->n, sizeof *s->item, by_place);
}

/* How many samples from i on are of the same cell. */
static size_t cell_at(const samples *s, size_t i) {
  size_t n = 1;
  while (i + n < s->n && !strcmp(s->item[i].cell, s->item[i + n].cell)) n++;
  return n;
}

/* The sample to take from one of cell number c: of the same replicate, in the c-th cell of `against`, or its only one. */
static const sample *opposite(const samples *against, size_t c, int64_t replicate) {
  size_t i = 0, n = cell_at(against, 0);
  for (size_t k = 0; k < c && n < against->n; k++, n = i < against->n ? cell_at(against, i) : 0) i += n;
  for (size_t k = 0; k < n && i + k < against->n; k++)
    if (against->item[i + k].replicate == replicate) return &against->item[i + k];
  return NULL;
}

/* Take `against` from `where`: what is left has the worse state of the two. */
static void subtract(gathering *g) {
  for (size_t i = 0, c = 0, n; i < g->where.n; i += n, c++) {
    n = cell_at(&g->where, i);
    for (size_t k = 0; k < n; k++) {
      sample *s = &g->where.item[i + k];
      const sample *o = opposite(&g->against, c, s->replicate);
      if (!o || o->state == MISSING || s->state == MISSING)
        s->state = MISSING;
      else if (o->state == UNRECORDED)
        s->state = UNRECORDED;
      s->x = o ? s->x - o->x : NAN;
    }
  }
}

static size_t count_state(const sample *s, size_t n, int state) {
  size_t sum = 0;
  for (size_t i = 0; i < n; i++) sum += (int)s[i].state == state;
  return sum;
}

/* ---- words ---- */
/* A word says by itself what it is of, a number or a truth value does not: "adam", "lr 0.1", "nesterov true". */
static bool speaks(const char *value) {
  double x;
  return !bsn_number_read(value, &x) && strcmp(value, "true") && strcmp(value, "false");
}

/* text and one setting more. */
static const char *with_setting(const verifier *v, const char *text, const char *path, const char *value) {
  const char *point = strrchr(path, '.'), *leaf = point ? point + 1 : path;
  bool alone = speaks(value);
  return bsn_text_in(v->arena, "%s%s%s%s%s", text, *text ? ", " : "", alone ? "" : leaf, alone ? "" : " ", value);
}

static const char *conditions_text(const verifier *v, const bsn_conditions *c) {
  const char *text = "";
  for (size_t i = 0; text && i < c->n; i++) {
    text = with_setting(v, text, c->item[i].path, c->item[i].value[0]->text);
    for (size_t k = 1; text && k < c->item[i].n; k++)
      text = bsn_text_in(v->arena, "%s/%s", text, c->item[i].value[k]->text);
  }
  return text;
}

/* A cell, JSON, in the words of conditions. NULL without memory. */
static const char *cell_text(const verifier *v, const char *cell) {
  bsn_faults faults = {.arena = v->arena};
  const bsn_value *map = bsn_value_read(v->arena, "a cell", cell, strlen(cell), &faults);
  const char *text = map ? "" : NULL;
  for (size_t i = 0; text && i < map->n; i++) {
    const char *value = map->item[i]->text ? map->item[i]->text : bsn_value_text(v->arena, map->item[i]);
    text = value ? with_setting(v, text, map->key[i], value) : NULL;
  }
  return text;
}

/* ---- judging ---- */
static bool judge(const verifier *v, const bsn_study_target *t, const bsn_evidence *e, bsn_judgement *out) {
  const bsn_rule *rule = (const bsn_rule *)t->rule.row;
  return rule->judge(t->rule.config, e, v->arena, out) || bsn_no_memory(v->error);
}

static bsn_judgement verdict_alone(bsn_verdict verdict, const char *note) {
  return (bsn_judgement){
      .verdict = verdict, .ours = NAN, .lo = NAN, .hi = NAN, .from = NAN, .to = NAN, .room = NAN, .note = note};
}

static const char *time_text(const verifier *v, const bsn_time *at) {
  char number[32];
  if (at->unit == BSN_TIME_END) return "end";
  return bsn_text_in(v->arena, "%s %s", at->unit == BSN_TIME_STEP ? "step" : "epoch", bsn_number_text(number, at->at));
}

/* What cannot be judged: a metric that was not recorded. False: there is nothing of the kind. */
static bool unrecorded(const verifier *v, const bsn_study_target *t, const sample *s, size_t n, bsn_judgement *out) {
  size_t lost = count_state(s, n, UNRECORDED);
  const char *at = lost ? time_text(v, &t->at) : NULL;
  const char *note =
      at ? bsn_text_in(v->arena, "%zu of %zu trials did not record %s at %s (eval.when decides, when they are run)",
                       lost, n, t->metric, at)
         : NULL;
  *out = verdict_alone(BSN_FAIL, note);
  if (lost && !note) bsn_no_memory(v->error);
  return lost;
}

static bsn_evidence evidence_of(const verifier *v, const bsn_study_target *t) {
  return (bsn_evidence){
      .levels = 1, .value = t->value, .text = t->text, .sd = t->sd, .runs = t->n, .bands = v->bands ? v->bands : 1};
}

/* Values that are there, judged for the sake of the numbers; results that are missing leave it open. */
static bool judge_cell(const verifier *v, const bsn_study_target *t, const sample *s, size_t n, bsn_judgement *out) {
  double *x = bsn_alloc_in(v->arena, (n + 1) * sizeof *x);
  bsn_evidence e = evidence_of(v, t);
  if (!x) return bsn_no_memory(v->error);
  for (size_t i = 0; i < n; i++)
    if (s[i].state == THERE) x[e.n++] = s[i].x;
  e.x = x;
  if (unrecorded(v, t, s, n, out)) return !v->error->code;
  *out = verdict_alone(BSN_UNDECIDED, NULL);
  if (e.n) BSN_TRY(judge(v, t, &e, out));
  if (e.n < n) out->verdict = BSN_UNDECIDED;
  return true;
}

/* Does cell a stand for both? The worse verdict does; of equal ones the nearer to failing, of failed ones the first. */
static bool is_worse(const bsn_judgement *a, const bsn_judgement *b) {
  if (a->verdict != b->verdict) return a->verdict > b->verdict;
  return a->verdict != BSN_FAIL && (a->room < b->room || (isnan(b->room) && !isnan(a->room)));
}

/* How many cells there were, and which one is shown. */
static bool note_cells(const verifier *v, size_t cells, size_t failed, const char *cell, bsn_judgement *out) {
  const char *shown = cell_text(v, cell);
  const char *note = !shown   ? NULL
                     : failed ? bsn_text_in(v->arena, "%zu of %zu cells fail, the first is %s", failed, cells, shown)
                              : bsn_text_in(v->arena, "the worst of %zu cells is %s", cells, shown);
  out->note = note && out->note ? bsn_text_in(v->arena, "%s; %s", out->note, note) : note;
  return out->note || bsn_no_memory(v->error);
}

/* The worst cell stands for all. */
static bool judge_cells(const verifier *v, const gathering *g, bsn_judgement *out) {
  const samples *s = &g->where;
  size_t cells = 0, failed = 0;
  const char *worst = NULL;
  *out = verdict_alone(BSN_UNDECIDED, "no such trial is known yet");
  for (size_t i = 0, n; i < s->n; i += n, cells++) {
    bsn_judgement one;
    n = cell_at(s, i);
    BSN_TRY(judge_cell(v, g->target, &s->item[i], n, &one));
    failed += one.verdict == BSN_FAIL;
    if (cells && !is_worse(&one, out)) continue;
    *out = one;
    worst = s->item[i].cell;
  }
  return cells < 2 || note_cells(v, cells, failed, worst, out);
}

/* ---- levels ---- */
typedef struct level {
  const char *name;
  double number; /* nan: it is none */
  size_t first;  /* in the order of the file */
} level;

static int by_number(const void *a, const void *b) {
  const level *x = a, *y = b;
  int order = (x->number > y->number) - (x->number < y->number);
  return order ? order : (x->first > y->first) - (x->first < y->first);
}

/* Levels in their order: numbers by size, else as in the file. */
static size_t levels_of(const samples *s, level *list) {
  size_t n = 0;
  bool numbers = true;
  for (size_t i = 0; i < s->n; i++) {
    size_t k = 0;
    while (k < n && strcmp(list[k].name, s->item[i].level)) k++;
    if (k < n) continue;
    list[n] = (level){s->item[i].level, NAN, n};
    numbers = bsn_number_read(list[n].name, &list[n].number) && numbers;
    n++;
  }
  for (size_t i = 0; i < n && !numbers; i++) list[i].number = 0;
  qsort(list, n, sizeof *list, by_number);
  return n;
}

static bool is_listed(const bsn_study_target *t, const char *name) {
  double x;
  for (size_t i = 0; i < t->nlevels; i++)
    if (!strcmp(t->levels[i]->text, name) || (bsn_number_read(name, &x) && bsn_shows(t->levels[i]->text, x)))
      return true;
  return false;
}

typedef struct grid { /* values by level */
  double *x;
  const char **level;
  bool *listed;
} grid;

/* Replicates and other factors stand in the same order within each level. */
static size_t fill_grid(const bsn_study_target *t, const samples *s, const level *list, size_t nlevels, grid *g) {
  size_t at = 0;
  for (size_t i = 0; i < nlevels; i++) {
    for (size_t k = 0; k < s->n; k++)
      if (!strcmp(s->item[k].level, list[i].name)) g->x[at++] = s->item[k].x;
    g->level[i] = list[i].name;
    g->listed[i] = is_listed(t, list[i].name);
  }
  return at / nlevels;
}

static bool judge_levels(const verifier *v, const gathering *g, bsn_judgement *out) {
  const samples *s = &g->where;
  level *list = bsn_alloc_in(v->arena, (s->n + 1) * sizeof *list);
  grid all = {bsn_alloc_in(v->arena, (s->n + 1) * sizeof *all.x),
              bsn_alloc_in(v->arena, (s->n + 1) * sizeof *all.level),
              bsn_alloc_in(v->arena, (s->n + 1) * sizeof *all.listed)};
  if (!list || !all.x || !all.level || !all.listed) return bsn_no_memory(v->error);
  if (unrecorded(v, g->target, s->item, s->n, out)) return !v->error->code;
  *out = verdict_alone(BSN_UNDECIDED, "no such trial is known yet");
  if (!s->n || count_state(s->item, s->n, MISSING)) return true;
  bsn_evidence e = evidence_of(v, g->target);
  e.levels = levels_of(s, list);
  e.n = fill_grid(g->target, s, list, e.levels, &all);
  e.x = all.x;
  e.level = all.level;
  e.listed = all.listed;
  return judge(v, g->target, &e, out);
}

/* ---- findings ---- */
static const char *where_text(const verifier *v, const bsn_study_target *t) {
  const char *where = conditions_text(v, &t->where), *against = conditions_text(v, &t->against);
  const char *time = t->at.unit == BSN_TIME_END ? "" : time_text(v, &t->at);
  if (!where || !against || !time) return NULL;
  if (*against) where = bsn_text_in(v->arena, "%s less %s", *where ? where : "all", against);
  if (where && t->by) where = bsn_text_in(v->arena, "%s%sby %s", where, *where ? ", " : "", t->by);
  return where ? bsn_text_in(v->arena, "%s%s%s", where, *where && *time ? ", " : "", time) : NULL;
}

/* The rule and its first parameter: a word that says what it is about, a number that is not the default. */
static const char *rule_text(const verifier *v, const bsn_choice *rule) {
  const char *text = rule->row->name;
  const bsn_param *p = rule->row->params;
  if (!p || !p->name) return text;
  const void *at = (const char *)rule->config + p->offset;
  char number[32];
  double def = 0;
  const char *word = p->type == BSN_WORD ? *(const char *const *)at : bsn_number_text(number, *(const double *)at);
  bool usual = p->def && (!strcmp(word, p->def) || (bsn_number_read(p->def, &def) && def == *(const double *)at));
  return usual && strcmp(p->name, "is") ? text : bsn_text_in(v->arena, "%s %s", text, word);
}

static const char *published_text(const verifier *v, const bsn_study_target *t, size_t levels) {
  bool number = ((const bsn_rule *)t->rule.row)->wants == BSN_PUBLISHED_NUMBER;
  if (number) return t->text;
  if (!t->levels) return "";
  if (!strcmp(t->rule.row->name, "set")) return bsn_text_in(v->arena, "%zu of %zu levels", t->nlevels, levels);
  const char *text = "";
  for (size_t i = 0; text && i < t->nlevels; i++)
    text = bsn_text_in(v->arena, "%s%s%s", text, i ? "/" : "", t->levels[i]->text);
  return text;
}

/* A known deviation, and results that are missing, have the last word. */
static bool settle(const verifier *v, const bsn_study_target *t, bsn_finding *f) {
  if (f->missing) {
    f->is.verdict = BSN_UNDECIDED;
    f->is.note = bsn_text_in(v->arena, "%zu of %zu trials are missing", f->missing, f->of);
    return f->is.note || bsn_no_memory(v->error);
  }
  if (!t->differs) return true;
  if (f->is.verdict == BSN_PASS) f->is.note = "said to differ, but it does not";
  if (f->is.verdict != BSN_FAIL) return true;
  f->is.verdict = BSN_DIFFERS;
  f->is.note = t->differs;
  return true;
}

static bool count_levels(const verifier *v, const samples *s, size_t *n) {
  level *list = bsn_alloc_in(v->arena, (s->n + 1) * sizeof *list);
  if (!list) return bsn_no_memory(v->error);
  *n = s->n && s->item[0].level ? levels_of(s, list) : 0;
  return true;
}

static bool find(const verifier *v, gathering *g, bsn_finding *f) {
  const bsn_study_target *t = g->target;
  const bsn_rule *rule = (const bsn_rule *)t->rule.row;
  size_t levels = 0;
  sort(&g->where);
  sort(&g->against);
  *f = (bsn_finding){.study = v->study->name, .metric = t->metric, .say = t->say, .sd = t->sd};
  f->of = g->where.n + g->against.n;
  f->missing = count_state(g->where.item, g->where.n, MISSING) + count_state(g->against.item, g->against.n, MISSING);
  if (t->against.n) subtract(g);
  BSN_TRY(rule->by ? judge_levels(v, g, &f->is) : judge_cells(v, g, &f->is));
  f->value = rule->wants == BSN_PUBLISHED_NUMBER ? t->value : NAN;
  f->where = where_text(v, t);
  f->rule = rule_text(v, &t->rule);
  BSN_TRY(count_levels(v, &g->where, &levels));
  f->published = published_text(v, t, levels);
  f->source = t->source ? t->source : v->study->source_text;
  return settle(v, t, f) && ((f->where && f->rule && f->published) || bsn_no_memory(v->error));
}

bool bsn_study_verify(const bsn_study *study, bsn_sink *sink, bsn_arena *arena, bsn_findings *out, bsn_error *error) {
  size_t n = study->targets.n;
  verifier v = {.study = study, .sink = sink, .arena = arena, .error = error, .n = n};
  v.item = bsn_alloc_in(arena, (n + 1) * sizeof *v.item);
  *out = (bsn_findings){n, bsn_alloc_in(arena, (n + 1) * sizeof *out->item)};
  if (!v.item || !out->item) return bsn_no_memory(error);
  for (size_t i = 0; i < n; i++) {
    v.item[i].target = &study->targets.item[i];
    v.bands += ((const bsn_rule *)v.item[i].target->rule.row)->shares;
  }
  for (size_t i = 0; i < study->ntrials; i++) BSN_TRY(gather_trial(&v, i));
  for (size_t i = 0; i < n; i++) BSN_TRY(find(&v, &v.item[i], &out->item[i]));
  return true;
}
