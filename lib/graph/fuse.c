/* What one kernel call does for several nodes. It changes no bit, and options.plain leaves it out. */
#include "graph/plan_parts.h"
#include <string.h>

/* ---- epilogues ---- */
static bool is_bias(const bsn_node *add, const bsn_node *x) {
  const bsn_node *b = add->in[1];
  return (add->op->flags & BSN_IS_BIAS) && add->in[0] == x && b != x && !b->batch && b->axes == 1 && x->axes >= 1 &&
         b->size == x->shape[x->axes - 1] && bsn_same_shape(add, x);
}

static bool is_gate(const bsn_node *gate, const bsn_node *x) {
  return (gate->op->flags & BSN_IS_GATE) && gate->in[0] == x && gate->in[1] != x && bsn_same_shape(gate, x) &&
         bsn_same_shape(gate, gate->in[1]);
}

static bool takes_epilogue(const bsn_node *x) {
  const bsn_node *b = x->in[1];
  return (x->op->flags & BSN_IS_HOST) && !b->batch && b->axes == 2 && !x->attr.count[0] && x->batch;
}

/* Follow the single readers of a contraction: [+ bias] [relu | gate] is computed with it, in the call of the last of them. */
static void absorb(bsn_plan *p, bsn_node *core) {
  info end = {0};
  bsn_node *x = core;
  while (of(p, x)->readers == 1 && !of(p, x)->output && !end.relu && !end.gate) {
    bsn_node *next = of(p, x)->reader;
    if (in_repeat(p, next) != in_repeat(p, core)) break;
    if (x == core && is_bias(next, x))
      end.bias = next->in[1];
    else if (next->op->flags & BSN_IS_RELU)
      end.relu = true;
    else if (is_gate(next, x))
      end.gate = next->in[1], end.gated = next->op->gate;
    else
      break;
    of(p, x)->absorbed = true;
    x = next;
  }
  info *f = of(p, x);
  f->core = core;
  f->bias = end.bias;
  f->gate = end.gate;
  f->gated = end.gated;
  f->relu = end.relu;
}

void bsn_fuse_epilogues(bsn_plan *p) {
  for (size_t i = 0; i < p->nodes && !p->options.plain; i++)
    if (p->info[i].needed && takes_epilogue(p->node[i])) absorb(p, p->node[i]);
}

/* ---- what goes together: narrow contractions of one input 0 are one call, which fills the lanes ---- */
/* Do products with so many columns leave a good part of the lanes of one or two vectors empty? */
static bool is_narrow(size_t columns) { return columns < 32 && columns % 16 >= 1 && columns % 16 <= 12; }

bool bsn_goes_together(const bsn_node *core) {
  bool plain = core->op->kind == BSN_OVER_ROWS || (takes_epilogue(core) && !core->attr.count[1]);
  return core->op->eval_together && plain && is_narrow(core->shape[core->axes - 1]);
}

static bool go_together(const bsn_plan *p, const bsn_node *x, const bsn_node *y) {
  const info *f = of(p, x), *g = of(p, y);
  const bsn_node *a = f->core, *b = g->core;
  return a->op == b->op && a->in[0] == b->in[0] && a->in[1] != b->in[1] && bsn_same_shape(a, b) &&
         bsn_same_shape(a->in[1], b->in[1]) && !memcmp(&a->attr, &b->attr, sizeof a->attr) && f->depth == g->depth &&
         f->relu == g->relu && !f->bias == !g->bias && !f->gate && !g->gate && bsn_goes_together(a);
}

static size_t depth_of(const bsn_plan *p, const bsn_node *x) {
  bsn_node *arg[ARGS];
  size_t depth = 0;
  args_of(p, x, arg);
  for (int j = 0; j < ARGS; j++) {
    if (!arg[j] || is_leaf(arg[j]) || of(p, arg[j])->stage != of(p, x)->stage) continue;
    if (of(p, arg[j])->depth >= depth) depth = of(p, arg[j])->depth + 1;
  }
  return depth;
}

/* Find each node's call; true: some have company. */
static bool find_company(bsn_plan *p, const stage *s) {
  bool any = false;
  for (size_t k = 0; k < s->n; k++) {
    info *f = of(p, s->work[k]);
    f->depth = depth_of(p, s->work[k]);
    f->lead = k;
    f->together = 1;
    for (size_t i = 0; i < k && f->lead == k && s->region && !p->options.plain; i++) {
      info *first = of(p, s->work[i]);
      if (first->lead != i || !go_together(p, s->work[i], s->work[k])) continue;
      f->lead = i;
      first->together++;
      any = true;
    }
  }
  return any;
}

static bool comes_before(const info *f, const info *g) {
  return f->depth != g->depth ? f->depth < g->depth : f->lead < g->lead;
}

/* By depth, so that nodes of one call stand side by side behind all that any of them reads. */
static void sort_work(bsn_plan *p, stage *s) {
  for (size_t k = 1; k < s->n; k++) {
    bsn_node *x = s->work[k];
    size_t i = k;
    for (; i && comes_before(of(p, x), of(p, s->work[i - 1])); i--) s->work[i] = s->work[i - 1];
    s->work[i] = x;
  }
  for (size_t k = 0, n; k < s->n; k += n) {
    n = of(p, s->work[k])->together;
    for (size_t i = k; i < k + n; i++) {
      info *f = of(p, s->work[i]);
      f->at = f->last = i;
      f->lead = k;
      f->together = n;
    }
  }
}

void bsn_fuse_company(bsn_plan *p) {
  for (size_t s = 0; s < p->nstages; s++)
    if (find_company(p, &p->stage[s])) sort_work(p, &p->stage[s]);
}
