/* Rules that model curvature from past gradients. L-BFGS does what one `step(closure)` of PyTorch 1.13's LBFGS does: up to
 * max_iter iterations on the rows selected, each with one evaluation or a line search. */
#include "optim/rule.h"
#include <stddef.h>
#include <string.h>

typedef struct lbfgs_config {
  double lr, tolerance_grad, tolerance_change;
  size_t max_iter, history_size;
  const char *line_search;
} lbfgs_config;

enum { MOST_PAIRS = 1000, MOST_TRIALS = 25 };

/* Slots: these, with a line search three more, then the pairs y and s. */
enum { DIRECTION, BEFORE, NOW, FIXED };
enum { ORIGIN = FIXED, SPARE1, SPARE2, SEARCHED };
/* Numbers. PAIRS pairs are kept in a ring, the oldest at OLDEST. */
enum { ITERATIONS, PAIRS, OLDEST, LENGTH, SCALE };

/* One call of step: short names for what lies in the state. */
typedef struct lbfgs {
  bsn_optimizer_state *s;
  bsn_objective *o;
  const lbfgs_config *c;
  bsn_real *w, *d, *now, *before, **pair;
  double lr, f;
  size_t n, evals;
} lbfgs;

static bool searches(const lbfgs_config *c) { return !strcmp(c->line_search, "strong_wolfe"); }

static size_t lbfgs_slots(const void *config) {
  const lbfgs_config *c = config;
  return (searches(c) ? SEARCHED : FIXED) + 2 * c->history_size;
}

static BSN_CLONES void subtract(size_t n, const bsn_real *restrict x, bsn_real *restrict y) {
  for (size_t i = 0; i < n; i++) y[i] = x[i] - y[i];
}

static BSN_CLONES void negate(size_t n, const bsn_real *restrict x, bsn_real *restrict y) {
  for (size_t i = 0; i < n; i++) y[i] = -x[i];
}

static double absolute_sum(size_t n, const bsn_real *x) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] < 0 ? -x[i] : x[i];
  return sum;
}

/* Pair i, counted from the oldest: y at [0], s at [1]. */
static bsn_real **pair_at(const lbfgs *b, size_t i) {
  return b->pair + 2 * (((size_t)b->s->number[OLDEST] + i) % b->c->history_size);
}

/* Keep (y, s) of the last iteration if its curvature is positive. Uses up d and before, which are made anew next. */
static void remember(lbfgs *b) {
  double *number = b->s->number;
  bsn_real *y = b->before, *s = b->d;
  subtract(b->n, b->now, y);
  bsn_scale(b->n, number[LENGTH], s);
  double ys = bsn_dot(b->n, y, s);
  if (!(ys > 1e-10)) return;
  if ((size_t)number[PAIRS] == b->c->history_size)
    number[OLDEST] = (double)(((size_t)number[OLDEST] + 1) % b->c->history_size);
  else
    number[PAIRS]++;
  bsn_real **pair = pair_at(b, (size_t)number[PAIRS] - 1);
  bsn_copy(b->n, y, pair[0]);
  bsn_copy(b->n, s, pair[1]);
  number[SCALE] = ys / bsn_dot(b->n, y, y);
}

/* The two-loop recursion (Nocedal 1980): d = -(inverse Hessian) now. */
static void set_direction(lbfgs *b) {
  double rho[MOST_PAIRS], alpha[MOST_PAIRS];
  size_t n = b->n, pairs = (size_t)b->s->number[PAIRS];
  negate(n, b->now, b->d);
  for (size_t i = pairs; i-- > 0;) {
    bsn_real **pair = pair_at(b, i);
    rho[i] = 1 / bsn_dot(n, pair[0], pair[1]);
    alpha[i] = bsn_dot(n, pair[1], b->d) * rho[i];
    bsn_axpy(n, -alpha[i], pair[0], b->d);
  }
  bsn_scale(n, b->s->number[SCALE], b->d);
  for (size_t i = 0; i < pairs; i++) {
    bsn_real **pair = pair_at(b, i);
    bsn_axpy(n, alpha[i] - bsn_dot(n, pair[0], b->d) * rho[i], pair[1], b->d);
  }
}

/* One point of a line search; g is one of three vectors that its points hand on to each other. */
typedef struct point {
  double t, f, slope;
  bsn_real *g;
} point;

typedef struct search {
  lbfgs *b;
  point start, end[2]; /* end: around an acceptable point */
  int trials;
  bool done; /* end[0] is acceptable */
} search;

static bool probe(lbfgs *b, point *p, double t) {
  p->t = t;
  bsn_copy(b->n, b->s->slot[ORIGIN], b->w);
  bsn_axpy(b->n, t, b->d, b->w);
  b->evals++;
  BSN_TRY(b->o->eval(b->o, b->w, &p->f, p->g));
  p->slope = bsn_dot(b->n, p->g, b->d);
  return true;
}

/* Where the cubic through two points and their slopes is smallest, within [lo, hi] (Nocedal and Wright, eq. 3.59). */
static double cubic(const point *p, const point *q, double lo, double hi) {
  if (p->t > q->t) {
    const point *swap = p;
    p = q;
    q = swap;
  }
  double d1 = p->slope + q->slope - 3 * (p->f - q->f) / (p->t - q->t);
  double square = d1 * d1 - p->slope * q->slope;
  if (!(square >= 0)) return (lo + hi) / 2;
  double d2 = sqrt(square);
  double t = q->t - (q->t - p->t) * ((q->slope + d2 - d1) / (q->slope - p->slope + 2 * d2));
  if (lo > t) t = lo;
  return hi < t ? hi : t;
}

static bool too_high(const search *q, const point *p) { return p->f > q->start.f + 1e-4 * p->t * q->start.slope; }
static bool flat_enough(const search *q, const point *p) { return fabs(p->slope) <= -0.9 * q->start.slope; }

/* Lengthen the step from t until two points are around an acceptable one, or it is found. */
static bool bracket(search *q, double t) {
  bsn_real **slot = q->b->s->slot;
  point before = q->start, p = {.g = slot[SPARE1]};
  BSN_TRY(probe(q->b, &p, t));
  for (; q->trials < MOST_TRIALS; q->trials++) {
    bool around = too_high(q, &p) || (q->trials > 1 && p.f >= before.f);
    q->done = !around && flat_enough(q, &p);
    if (around || q->done || p.slope >= 0) {
      q->end[0] = q->done ? p : before;
      q->end[1] = p;
      return true;
    }
    double next = cubic(&before, &p, p.t + 0.01 * (p.t - before.t), p.t * 10);
    bsn_real *spare = before.g == q->start.g ? slot[SPARE2] : before.g;
    before = p;
    p.g = spare;
    BSN_TRY(probe(q->b, &p, next));
  }
  q->end[0] = q->start;
  q->end[1] = p;
  return true;
}

/* The next length inside the bracket, kept away from an end when two in a row came too near to one. */
static double inside(const search *q, bool *stuck) {
  const point *e = q->end;
  double lo = fmin(e[0].t, e[1].t), hi = fmax(e[0].t, e[1].t), margin = 0.1 * (hi - lo);
  double t = cubic(&e[0], &e[1], lo, hi);
  bool near = fmin(hi - t, t - lo) < margin;
  bool push = near && (*stuck || t >= hi || t <= lo);
  *stuck = near && !push;
  if (!push) return t;
  return fabs(t - hi) < fabs(t - lo) ? hi - margin : lo + margin;
}

static void swap(point *p, point *q) {
  point kept = *p;
  *p = *q;
  *q = kept;
}

/* Narrow the bracket until its lower end is acceptable. */
static bool zoom(search *q, int *low) {
  lbfgs *b = q->b;
  point *e = q->end, p = {.g = q->start.g};
  bsn_real **slot = b->s->slot;
  for (int i = 0; i < 2; i++) /* a vector that neither end holds */
    if (p.g == e[0].g || p.g == e[1].g) p.g = slot[SPARE1 + i];
  double longest = bsn_largest(b->n, b->d);
  for (bool stuck = false; !q->done && q->trials < MOST_TRIALS; q->trials++) {
    if (fabs(e[1].t - e[0].t) * longest < b->c->tolerance_change) return true;
    BSN_TRY(probe(b, &p, inside(q, &stuck)));
    if (too_high(q, &p) || p.f >= e[*low].f) {
      swap(&e[!*low], &p);
      *low = e[0].f <= e[1].f ? 0 : 1;
      continue;
    }
    q->done = flat_enough(q, &p);
    if (!q->done && p.slope * (e[!*low].t - e[*low].t) >= 0) swap(&e[0], &e[1]);
    swap(&e[*low], &p);
  }
  return true;
}

/* Strong Wolfe conditions with c1 = 1e-4, c2 = 0.9 (Nocedal and Wright 2006, algorithms 3.5 and 3.6), in PyTorch's form.
 * Moves w; leaves loss and gradient there in f and now. */
static bool line_search(lbfgs *b, double *t, double slope) {
  search q = {.b = b, .start = {.f = b->f, .slope = slope, .g = b->now}};
  bsn_copy(b->n, b->w, b->s->slot[ORIGIN]);
  BSN_TRY(bracket(&q, *t));
  int low = q.end[0].f <= q.end[1].f ? 0 : 1;
  BSN_TRY(zoom(&q, &low));
  const point *best = &q.end[low];
  *t = best->t;
  b->f = best->f;
  if (best->g != b->now) bsn_copy(b->n, best->g, b->now);
  bsn_copy(b->n, b->s->slot[ORIGIN], b->w);
  bsn_axpy(b->n, *t, b->d, b->w);
  return true;
}

static bool move(lbfgs *b, double *t, double slope, bool last) {
  if (searches(b->c)) return line_search(b, t, slope);
  bsn_axpy(b->n, *t, b->d, b->w);
  if (last) return true; /* nobody would use the evaluation */
  b->evals++;
  return b->o->eval(b->o, b->w, &b->f, b->now);
}

/* One iteration; *more tells whether another one may follow. */
static bool iterate(lbfgs *b, bool last, bool *more) {
  double *number = b->s->number, f = b->f;
  bool first = number[ITERATIONS]++ == 0;
  if (first)
    number[SCALE] = 1;
  else
    remember(b);
  set_direction(b);
  bsn_copy(b->n, b->now, b->before);
  double *t = &number[LENGTH], slope = bsn_dot(b->n, b->now, b->d);
  *t = first ? fmin(1, 1 / absolute_sum(b->n, b->now)) * b->lr : b->lr;
  *more = false;
  if (slope > -b->c->tolerance_change) return true;
  BSN_TRY(move(b, t, slope, last));
  *more = !last && b->evals < b->c->max_iter * 5 / 4 && !(bsn_largest(b->n, b->now) <= b->c->tolerance_grad) &&
          !(bsn_largest(b->n, b->d) * fabs(*t) <= b->c->tolerance_change) && !(fabs(b->f - f) < b->c->tolerance_change);
  return true;
}

static bool lbfgs_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
  const lbfgs_config *c = s->config;
  BSN_TRY(bsn_rule_begin(s, o, w));
  lbfgs b = {.s = s, .o = o, .c = c, .w = w, .lr = lr, .f = s->loss, .n = s->n, .evals = 1};
  b.d = s->slot[DIRECTION], b.before = s->slot[BEFORE], b.now = s->slot[NOW];
  b.pair = s->slot + (searches(c) ? SEARCHED : FIXED);
  bsn_copy(s->n, s->g, b.now);
  bool more = !(bsn_largest(s->n, s->g) <= c->tolerance_grad);
  for (size_t i = 1; more; i++) BSN_TRY(iterate(&b, i >= c->max_iter, &more));
  return true;
}

// clang-format off
static const bsn_param lbfgs_params[] = {
    {"lr", BSN_REAL, offsetof(lbfgs_config, lr), "1", .lo = 0, .hi = INFINITY,
     .doc = "Length of an iteration in units of the direction; with a line search, the first length tried."},
    {"max_iter", BSN_COUNT, offsetof(lbfgs_config, max_iter), "20", .lo = 1, .hi = 1e9,
     .doc = "Iterations in one step; a step also ends after 5/4 as many evaluations."},
    {"history_size", BSN_COUNT, offsetof(lbfgs_config, history_size), "100", .lo = 1, .hi = MOST_PAIRS,
     .doc = "Pairs of steps and gradient differences that are kept; each takes two vectors."},
    {"tolerance_grad", BSN_REAL, offsetof(lbfgs_config, tolerance_grad), "1e-7", .lo = 0, .hi = INFINITY,
     .doc = "A step ends when no entry of the gradient is larger."},
    {"tolerance_change", BSN_REAL, offsetof(lbfgs_config, tolerance_change), "1e-9", .lo = 0, .hi = INFINITY,
     .doc = "A step ends when loss or weights change by less, or the slope is smaller."},
    {"line_search", BSN_WORD, offsetof(lbfgs_config, line_search), "none",
     .words = (const char *const[]){"none", "strong_wolfe", NULL},
     .doc = "`none` takes lr as the length; `strong_wolfe` finds one that meets the strong Wolfe conditions."},
    {0}};

const bsn_optimizer bsn_curvature_rows[] = {
    {{"lbfgs", "Quasi-Newton: the inverse Hessian is modelled from the last steps and gradient differences.",
      "two-loop recursion on the last pairs s = w' - w, y = g' - g with s'y > 1e-10, from (s'y / y'y) I; w += t d, "
      "t = lr (first iteration: min(1, 1 / |g|_1) lr) or by line search",
      "Nocedal 1980; Liu and Nocedal 1989; PyTorch LBFGS", lbfgs_params, sizeof(lbfgs_config)},
     lbfgs_slots, lbfgs_step},
    {.row = {NULL}}};
