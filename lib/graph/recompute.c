/* Cheap nodes that several regions read (rows of the data, labels, what is broadcast) are evaluated again in each of them, rather than
 * kept for all rows. It changes no bit, and options.plain leaves it out. */
#include "graph/plan_parts.h"
#include <string.h>

/* Can x be had from leaves by cheap ops alone? An output has its memory anyway. */
static bool is_cheap(const bsn_plan *p, const bsn_node *x) {
  if (!(x->op->flags & BSN_IS_CHEAP) || !x->batch || of(p, x)->output) return false;
  for (int j = 0; j < x->op->arity; j++) {
    const bsn_node *a = root(x->in[j]);
    if (a->batch && !is_leaf(a) && !is_cheap(p, a)) return false;
  }
  return true;
}

static bool make_room(bsn_plan *p) {
  if (p->nodes < p->room) return true;
  size_t room = 2 * p->room;
  bsn_node **node = bsn_alloc_in(p->arena, room * sizeof *node);
  info *list = bsn_alloc_in(p->arena, room * sizeof *list);
  if (!node || !list) return false;
  memcpy(node, p->node, p->nodes * sizeof *node);
  memcpy(list, p->info, p->nodes * sizeof *list);
  p->node = node;
  p->info = list;
  p->room = room;
  return true;
}

/* The same as x for the calls of stage s. */
static bsn_node *again(bsn_plan *p, bsn_node *x, size_t s) {
  bsn_node *y = make_room(p) ? bsn_copy_in(p->arena, x, sizeof *y) : NULL;
  if (!y) return NULL;
  y->id = p->nodes++;
  p->node[y->id] = y;
  p->info[y->id] = (info){.core = y, .needed = true, .stage = s, .again = of(p, x)->again};
  of(p, x)->again = y;
  return y;
}

/* Put x behind what is to be done in its stage, which `to` becomes. */
static bool append(bsn_plan *p, stage *to, bsn_node *x) {
  bsn_node **work = bsn_grow_in(p->arena, to->work, to->n, sizeof *work);
  if (!work) return false;
  to->work = work;
  of(p, x)->at = of(p, x)->last = to->n;
  to->work[to->n++] = x;
  return true;
}

/* Before x comes what it reads of other stages and is cheap: each once a stage. */
static bool append_again(bsn_plan *p, stage *to, bsn_node *x) {
  size_t s = of(p, x)->stage;
  bsn_node *arg[ARGS];
  args_of(p, x, arg);
  for (int j = 0; j < ARGS; j++) {
    bsn_node *a = seen_from(p, s, arg[j]); /* the argument before may have been the same */
    if (!a || of(p, a)->stage == s || !is_cheap(p, a)) continue;
    bsn_node *y = again(p, a, s);
    BSN_TRY(y && append_again(p, to, y));
  }
  return append(p, to, x);
}

static bool recompute_in(bsn_plan *p, stage *s) {
  stage to = *s;
  to.work = NULL;
  to.n = 0;
  for (size_t k = 0; k < s->n; k++) BSN_TRY(append_again(p, &to, s->work[k]));
  *s = to;
  return true;
}

/* Leave out what nobody reads any more, last first. */
static void leave_out(bsn_plan *p) {
  for (size_t i = 0; i < p->nodes; i++) p->info[i].readers = 0;
  for (size_t i = p->nstages; i-- > 0;)
    for (size_t k = p->stage[i].n; k-- > 0;) {
      bsn_node *x = p->stage[i].work[k], *arg[ARGS];
      of(p, x)->needed = of(p, x)->readers || !is_cheap(p, x);
      args_of(p, x, arg);
      for (int j = 0; j < ARGS && of(p, x)->needed; j++)
        if (arg[j]) of(p, arg[j])->readers++;
    }
}

enum { NOWHERE = -1 }; /* a stage that no call is in */

/* What is left of a stage, which becomes number `number`. */
static void close_gaps(bsn_plan *p, stage *s, size_t number) {
  size_t n = 0;
  for (size_t k = 0; k < s->n; k++) {
    info *f = of(p, s->work[k]);
    f->stage = f->needed ? number : (size_t)NOWHERE;
    f->at = f->last = n;
    if (f->needed) s->work[n++] = s->work[k];
  }
  s->n = n;
}

static void close_stages(bsn_plan *p) {
  size_t n = 0;
  for (size_t i = 0; i < p->nstages; i++) {
    close_gaps(p, &p->stage[i], n);
    if (p->stage[i].n) p->stage[n++] = p->stage[i];
  }
  p->nstages = n;
}

bool bsn_recompute(bsn_plan *p) {
  if (p->options.plain) return true;
  for (size_t i = 0; i < p->nstages; i++)
    if (p->stage[i].region) BSN_TRY(recompute_in(p, &p->stage[i]));
  leave_out(p);
  close_stages(p);
  return true;
}
