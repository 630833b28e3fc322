#include "learn/stack.h"
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

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

/* ---- steps ---- */
void bsn_stack_init(bsn_stack *s, size_t n, bsn_fit *const fit[]) {
  *s = (bsn_stack){.n = n};
  double t = now();
  for (size_t i = 0; i < n; i++) {
    s->fit[i] = fit[i];
    s->left[i] = t;
  }
}

void bsn_stack_free(bsn_stack *s) { bsn_arena_free(&s->arena); }

/* The fits that go on, those who are behind alone; how many. *level: they are all that are left. A fit whose next step is its
 * end goes by itself. */
static size_t who_goes(const bsn_stack *s, const bsn_error error[], size_t go[BSN_STACK_MOST], bool *level) {
  int64_t first = INT64_MAX;
  size_t n = 0, left = 0;
  for (size_t i = 0; i < s->n; i++) {
    const bsn_fit *fit = s->fit[i];
    if (fit->record.outcome || error[i].code) continue;
    if (bsn_fit_is_over(fit)) return go[0] = i, *level = false, 1;
    if (fit->step < first) first = fit->step, n = 0;
    if (fit->step == first) go[n++] = i;
    left++;
  }
  *level = n == left;
  return n;
}

/* Make the joint of these fits unless it is there. Without memory for it they go on one by one. */
static bool join(bsn_stack *s, size_t n, const size_t go[]) {
  if (s->njoined == n && !memcmp(s->joined, go, n * sizeof *go)) return s->joint;
  bsn_objective *member[BSN_STACK_MOST];
  bsn_error ignored = {0};
  bsn_arena_free(&s->arena);
  s->njoined = n;
  memcpy(s->joined, go, n * sizeof *go);
  for (size_t i = 0; i < n; i++) member[i] = s->fit[go[i]]->plain;
  size_t batch = is_whole(s->fit[go[0]]) ? member[0]->rows : s->fit[go[0]]->spec->train.batch;
  s->joint = bsn_joint_in(&s->arena, n, member, batch, &ignored);
  return s->joint;
}

static void run_joint(bsn_stack *s, size_t n, const size_t go[]) {
  bsn_real *w[BSN_STACK_MOST], *g[BSN_STACK_MOST];
  const size_t *rows;
  for (size_t i = 0; i < n; i++) {
    w[i] = s->fit[go[i]]->w;
    g[i] = s->fit[go[i]]->optimizer.g;
  }
  size_t m = bsn_fit_next(s->fit[go[0]], &rows);
  bsn_joint_run(s->joint, rows, m, w, g);
}

void bsn_stack_step(bsn_stack *s, bsn_error error[]) {
  size_t go[BSN_STACK_MOST];
  bool level;
  double began = now(), share = 0;
  size_t n = who_goes(s, error, go, &level);
  if (n > 1 && level && join(s, n, go)) {
    run_joint(s, n, go);
    share = (now() - began) / (double)n;
  }
  for (size_t k = 0; k < n; k++) {
    size_t i = go[k];
    bsn_fit_rested(s->fit[i], now() - s->left[i] - share);
    bsn_fit_step(s->fit[i], &error[i]);
    s->left[i] = now();
  }
}
