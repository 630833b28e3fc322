#include "learn/stack.h"
#include "base/clock.h"
#include "learn/fit_parts.h"
#include "num/vector.h"
#include <string.h>

/* ---- what stacks ---- */
static bool same_numbers(const bsn_real *a, const bsn_real *b, size_t n) {
  return a == b || (a && b && !memcmp(a, b, n * sizeof *a));
}

/* The same numbers in the same memory. */
static bool same_set(const bsn_dataset *a, const bsn_dataset *b) {
  return a->u8 == b->u8 && a->real == b->real && a->label == b->label && a->target == b->target && a->task == b->task &&
         a->rows == b->rows && a->width == b->width && a->outputs == b->outputs;
}

static bool same_view(const bsn_view *a, const bsn_view *b) {
  return same_set(a->set, b->set) && a->n == b->n && same_numbers(a->weight, b->weight, a->n) &&
         !memcmp(a->row, b->row, a->n * sizeof *a->row);
}

static bool same_transform(const bsn_transform *a, const bsn_transform *b, size_t width) {
  size_t n = a->step ? width : 1;
  return a->step == b->step && same_numbers(a->scale, b->scale, n) && same_numbers(a->shift, b->shift, n);
}

static bool same_order(const bsn_fit_spec *a, const bsn_fit_spec *b) {
  const bsn_train *s = &a->train, *t = &b->train;
  return a->seeds.order == b->seeds.order && !strcmp(a->name, b->name) && s->batch == t->batch &&
         !strcmp(s->order, t->order) && !strcmp(s->remainder, t->remainder) && s->replacement == t->replacement;
}

static bool is_ahead(const bsn_fit *fit) { return bsn_optimizer_ahead(fit->optimizer.type, fit->optimizer.config); }
static bool is_whole(const bsn_fit *fit) { return bsn_optimizer_whole(fit->optimizer.type, fit->optimizer.config); }

bool bsn_fits_stack(const bsn_fit *a, const bsn_fit *b) {
  const bsn_fit_rows *r = a->rows, *q = b->rows;
  return !is_ahead(a) && !is_ahead(b) && is_whole(a) == is_whole(b) && same_order(a->spec, b->spec) &&
         same_view(&r->train, &q->train) && same_transform(&r->transform, &q->transform, r->train.set->width);
}

bool bsn_stack_pays(const bsn_fit *fit) { return bsn_joint_pays(fit->plain); }

/* ---- metrics of all that measure themselves now ---- */
/* These go through evaluations next: note at which weights. */
static void make_ready(bsn_stack *s, size_t n, const size_t who[]) {
  s->nready = s->nviews = 0;
  for (size_t k = 0; k < n && n > 1; k++) {
    size_t i = who[k];
    const bsn_fit *fit = s->fit[i];
    if (!bsn_fit_will_measure(fit)) continue;
    if (!s->at[i] && !(s->at[i] = bsn_reals_in(&s->weights, fit->net.n))) continue;
    bsn_copy(fit->net.n, fit->w, s->at[i]);
    s->ready[s->nready++] = i;
  }
  if (s->nready == 1) s->nready = 0;
}

/* The evaluator of all that are ready for rows of a set; NULL: no memory for it. */
static bsn_joint_evaluator *evaluator_for(bsn_stack *s, const bsn_dataset *set) {
  bsn_stack_evaluator *e = &s->evaluator[!same_set(set, s->fit[0]->rows->train.set)];
  bsn_objective *member[BSN_STACK_MOST];
  bsn_error ignored = {0};
  bool same = e->joint && e->n == s->nready && !memcmp(e->who, s->ready, e->n * sizeof *e->who);
  if (same && same_set(e->set, set)) return e->joint;
  bsn_arena_free(&e->arena);
  e->set = set;
  e->n = s->nready;
  memcpy(e->who, s->ready, e->n * sizeof *e->who);
  for (size_t k = 0; k < e->n; k++) member[k] = s->fit[s->ready[k]]->plain;
  return e->joint = bsn_joint_evaluator_in(&e->arena, e->n, member, set, &ignored);
}

static void add_block(bsn_stack *s, struct bsn_stack_view *v, size_t from, size_t n, const bsn_real *const z[],
                      const bsn_real *const l[]) {
  for (size_t k = 0; k < s->nready; k++) {
    size_t i = s->ready[k], outputs = s->fit[i]->net.io.outputs;
    v->loss[i] = bsn_sum_losses(v->view, from, n, l[k], v->loss[i]);
    if (v->view->set->task != BSN_CLASSIFICATION) continue;
    v->accuracy[i] = bsn_sum_right(v->view, from, n, z[k], outputs, v->accuracy[i]);
  }
}

/* Measure all that are ready on the rows of view. */
static bool measure_all(bsn_stack *s, const bsn_view *view) {
  bsn_joint_evaluator *e = s->nviews < BSN_STACK_VIEWS ? evaluator_for(s, view->set) : NULL;
  if (!e) return false;
  struct bsn_stack_view *v = &s->view[s->nviews++];
  bsn_real *w[BSN_STACK_MOST];
  const bsn_real *z[BSN_STACK_MOST], *l[BSN_STACK_MOST];
  *v = (struct bsn_stack_view){.view = view};
  for (size_t k = 0; k < s->nready; k++) w[k] = s->at[s->ready[k]];
  size_t block = bsn_joint_evaluator_block(e);
  for (size_t from = 0; from < view->n; from += block) {
    size_t n = view->n - from < block ? view->n - from : block;
    bsn_joint_evaluator_run(e, w, view->row + from, n, z, l);
    add_block(s, v, from, n, z, l);
  }
  return true;
}

/* The company of the fits: the first that asks has all measured that are ready. A fit that stands at other weights by now (its best
 * ones, at its end) is measured by itself. */
static bool measured(void *context, const bsn_fit *fit, const bsn_view *view, double *loss, double *accuracy) {
  bsn_stack *s = context;
  size_t k = 0, v = 0;
  while (k < s->nready && s->fit[s->ready[k]] != fit) k++;
  if (k == s->nready || memcmp(s->at[s->ready[k]], fit->w, fit->net.n * sizeof *fit->w)) return false;
  while (v < s->nviews && !same_view(s->view[v].view, view)) v++;
  if (v == s->nviews && !measure_all(s, view)) return false;
  *loss = s->view[v].loss[s->ready[k]] / (double)view->n;
  *accuracy = s->view[v].accuracy[s->ready[k]] / (double)view->n;
  return true;
}

/* ---- steps ---- */
void bsn_stack_init(bsn_stack *s, size_t n, bsn_fit *const fit[]) {
  *s = (bsn_stack){.n = n, .company = {s, measured}};
  double t = bsn_seconds();
  for (size_t i = 0; i < n; i++) {
    s->fit[i] = fit[i];
    s->fit[i]->company = &s->company;
    s->left[i] = t;
  }
}

void bsn_stack_free(bsn_stack *s) {
  for (size_t i = 0; i < s->n; i++) s->fit[i]->company = NULL;
  for (size_t i = 0; i < 2; i++) bsn_arena_free(&s->evaluator[i].arena);
  bsn_arena_free(&s->weights);
  bsn_arena_free(&s->arena);
}

/* Who goes on next. */
typedef struct turn {
  size_t n, who[BSN_STACK_MOST];
  bool over;  /* they have run as long as they were asked to: their ends are due */
  bool level; /* nobody is left besides: they are at the same step */
} turn;

static bool goes_on(const bsn_stack *s, size_t i, const bsn_error error[]) {
  return !s->fit[i]->record.outcome && !error[i].code;
}

/* First those that are over, then those that are behind. */
static turn next_turn(const bsn_stack *s, const bsn_error error[]) {
  turn t = {.over = false};
  int64_t first = INT64_MAX;
  size_t left = 0;
  for (size_t i = 0; i < s->n; i++) {
    if (!goes_on(s, i, error)) continue;
    bool over = bsn_fit_is_over(s->fit[i]);
    int64_t at = over ? -1 : s->fit[i]->step;
    if (at < first) t.n = 0, first = at, t.over = over;
    if (at == first) t.who[t.n++] = i;
    left++;
  }
  t.level = t.n == left;
  return t;
}

/* Make the joint of these fits unless it is there. Without memory for it they go on one by one. */
static bool join(bsn_stack *s, const turn *t) {
  if (s->njoined == t->n && !memcmp(s->joined, t->who, t->n * sizeof *t->who)) return s->joint;
  bsn_objective *member[BSN_STACK_MOST];
  bsn_error ignored = {0};
  bsn_arena_free(&s->arena);
  s->njoined = t->n;
  memcpy(s->joined, t->who, t->n * sizeof *t->who);
  for (size_t k = 0; k < t->n; k++) member[k] = s->fit[t->who[k]]->plain;
  const bsn_fit *lead = s->fit[t->who[0]];
  size_t batch = is_whole(lead) ? member[0]->rows : lead->spec->train.batch;
  s->joint = bsn_joint_in(&s->arena, t->n, member, batch, &ignored);
  return s->joint;
}

/* Loss and gradient of all, for the updates that follow; returns the seconds that each has had of it. */
static double run_joint(bsn_stack *s, const turn *t) {
  double began = bsn_seconds();
  bsn_real *w[BSN_STACK_MOST], *g[BSN_STACK_MOST];
  const size_t *rows;
  if (t->n < 2 || !t->level || !join(s, t)) return 0;
  for (size_t k = 0; k < t->n; k++) {
    w[k] = s->fit[t->who[k]]->w;
    g[k] = s->fit[t->who[k]]->optimizer.g;
  }
  size_t m = bsn_fit_next(s->fit[t->who[0]], &rows);
  bsn_joint_run(s->joint, rows, m, w, g);
  return (bsn_seconds() - began) / (double)t->n;
}

/* A part of a step, of each in turn. had: seconds of others' time that were its own. */
static void each(bsn_stack *s, const turn *t, bool part(bsn_fit *, bsn_error *), double had, bsn_error error[]) {
  for (size_t k = 0; k < t->n; k++) {
    size_t i = t->who[k];
    if (error[i].code) continue;
    bsn_fit_rested(s->fit[i], bsn_seconds() - s->left[i] - had);
    part(s->fit[i], &error[i]);
    s->left[i] = bsn_seconds();
  }
}

void bsn_stack_step(bsn_stack *s, bsn_error error[]) {
  turn t = next_turn(s, error);
  if (!t.n) return;
  make_ready(s, t.n, t.who);
  if (t.over) {
    each(s, &t, bsn_fit_step, 0, error);
    return;
  }
  if (s->fit[t.who[0]]->step == 0) each(s, &t, bsn_fit_start, 0, error);
  each(s, &t, bsn_fit_update, run_joint(s, &t), error);
  make_ready(s, t.n, t.who);
  each(s, &t, bsn_fit_settle, 0, error);
}
