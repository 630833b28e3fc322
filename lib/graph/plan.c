/* What is planned: dead nodes, views, stages, tiles and memory. In this order: need -> fuse.c: epilogues -> stages -> recompute.c:
 * what is evaluated again -> fuse.c: what goes together -> lifetimes -> memory -> calls. */
#include "graph/plan_parts.h"
#include <stdlib.h>
#include <string.h>

static bool tiled(const bsn_node *core) {
  return core->op->kind == BSN_EACH_ROW ? core->batch : core->op->kind == BSN_OVER_ROWS && core->in[0]->batch;
}

/* ---- outputs ---- */
static bool shape_copy(bsn_node *y) { return y->size > 0; }

static void eval_copy(const bsn_call *c, const bsn_real *const x[], bsn_real *out, size_t rows, bool acc) {
  (void)acc;
  memcpy(out, x[0], rows * row_bytes(c->node));
}

static const bsn_op copy_op = {"copy", 1, BSN_EACH_ROW, shape_copy, eval_copy, NULL, 0};

/* Every output gets memory of its own: leaves, and nodes that are asked for twice, are copied there. */
static bool own_outputs(bsn_graph *graph, size_t n, bsn_output *out) {
  for (size_t i = 0; i < n; i++) {
    if (!out[i].node) continue;
    bool shared = is_leaf(root(out[i].node));
    for (size_t j = 0; j < i; j++) shared |= out[j].node && root(out[j].node) == root(out[i].node);
    if (shared) out[i].node = bsn_apply(&copy_op, out[i].node, NULL, &(bsn_attr){.count = {i}});
  }
  return graph->error.code == BSN_OK;
}

/* ---- need ---- */
static void mark_needed(bsn_plan *p, size_t nout, const bsn_output *out) {
  for (size_t i = 0; i < nout; i++)
    if (out[i].node) of(p, out[i].node)->needed = of(p, root(out[i].node))->output = true;
  for (size_t i = p->nodes; i-- > 0;) {
    bsn_node *x = p->node[i];
    p->info[i].core = x;
    for (int j = 0; p->info[i].needed && j < x->op->arity; j++) {
      info *f = of(p, x->in[j]);
      f->needed = true;
      f->readers++;
      f->reader = x;
    }
  }
}

/* ---- stages ---- */
/* Rows of a tile below which fetching a contraction's other operand (100 GB/s) costs more than 2.5 % of its arithmetic (235
 * GFLOP/s): 40 (bytes / 100e9) / (flop a row / 235e9); 1 where that operand stays in the cache anyway. */
static size_t min_rows(const bsn_node *core) {
  if (!(core->op->flags & BSN_IS_CONTRACTION)) return 1;
  const bsn_node *matrix = core->op->kind == BSN_OVER_ROWS ? core : core->in[1];
  double bytes = matrix->batch ? 0 : (double)row_bytes(matrix);
  if (bytes < 256 << 10) return 1;
  const bsn_node *a = core->in[0];
  double flop = 2.0 * (double)matrix->size * (double)a->size / (double)a->shape[a->axes - 1];
  return (size_t)(40 * (bytes / 100e9) / (flop / 235e9)) + 1;
}

/* Bytes that the call for x touches for each row. */
static size_t touched(const bsn_plan *p, const bsn_node *x) {
  bsn_node *arg[ARGS];
  args_of(p, x, arg);
  size_t bytes = x->batch ? row_bytes(x) : 0;
  for (int j = 0; j < ARGS; j++)
    if (arg[j] && arg[j]->batch) bytes += row_bytes(arg[j]);
  return bytes;
}

enum { TILE_BYTES = 768 << 10 }; /* what a tile may touch: most of a private second-level cache */

/* The first stage that x may be in: behind what it reads. A sum over rows is ready one stage after its region. */
static size_t earliest(const bsn_plan *p, const bsn_node *x, size_t from) {
  bsn_node *arg[ARGS];
  args_of(p, x, arg);
  bool region = tiled(of(p, x)->core);
  for (int j = 0; j < ARGS; j++) {
    if (!arg[j] || is_leaf(arg[j]) || in_repeat(p, arg[j]) != in_repeat(p, x)) continue;
    size_t s = of(p, arg[j])->stage;
    if (p->stage[s].region && (!arg[j]->batch || !region)) s++;
    if (s > from) from = s;
  }
  return from;
}

/* Would x and the nodes of a region be content with one tile? */
static bool agrees(const bsn_plan *p, const stage *s, size_t bytes, size_t rows) {
  size_t most = bytes > s->row_bytes ? bytes : s->row_bytes, least = rows > s->min_rows ? rows : s->min_rows;
  return least <= 4 * (TILE_BYTES / (2 * most + 1) + 1) || p->options.tile;
}

static stage *new_stage(bsn_plan *p, bool region, bool repeat) {
  stage *list = bsn_grow_in(p->arena, p->stage, p->nstages, sizeof *list);
  if (!list) return NULL;
  p->stage = list;
  p->stage[p->nstages] = (stage){.region = region, .repeat = repeat};
  return &p->stage[p->nstages++];
}

static bool place(bsn_plan *p, bsn_node *x, size_t from) {
  info *f = of(p, x);
  bool region = tiled(f->core);
  size_t bytes = touched(p, x), rows = min_rows(f->core), i = earliest(p, x, from);
  while (i < p->nstages && !(p->stage[i].region == region && (!region || agrees(p, &p->stage[i], bytes, rows)))) i++;
  stage *s = i < p->nstages ? &p->stage[i] : new_stage(p, region, in_repeat(p, x));
  bsn_node **work = s ? bsn_grow_in(p->arena, s->work, s->n, sizeof *work) : NULL;
  if (!work) return false;
  s->work = work;
  f->stage = i;
  f->at = f->last = s->n;
  s->work[s->n++] = x;
  if (bytes > s->row_bytes) s->row_bytes = bytes;
  if (rows > s->min_rows) s->min_rows = rows;
  return true;
}

static bool find_stages(bsn_plan *p) {
  for (int repeat = 0; repeat < 2; repeat++) {
    size_t from = p->nstages;
    for (size_t i = 0; i < p->nodes; i++) {
      bsn_node *x = p->node[i];
      if (is_work(p, x) && in_repeat(p, x) == (bool)repeat && !place(p, x, from)) return false;
    }
  }
  return true;
}

/* ---- lifetimes: a batch value that only its own region reads lives in the tile buffer ---- */
static void find_lifetimes(bsn_plan *p) {
  for (size_t i = 0; i < p->nodes; i++) {
    bsn_node *x = p->node[i];
    p->info[i].local = is_work(p, x) && x->batch && tiled(p->info[i].core) && !p->info[i].output;
  }
  for (size_t s = 0; s < p->nstages; s++)
    for (size_t k = 0; k < p->stage[s].n; k++) {
      bsn_node *arg[ARGS];
      args_of(p, p->stage[s].work[k], arg);
      for (int j = 0; j < ARGS; j++) {
        if (!arg[j] || is_leaf(arg[j])) continue;
        info *f = of(p, arg[j]), *reader = of(p, p->stage[s].work[k]);
        if (f->stage == s)
          f->last = reader->lead + reader->together - 1;
        else
          f->local = false;
      }
    }
}

/* ---- memory ---- */
static size_t rounded(size_t bytes) { return (bytes + 2 * BSN_SLACK - 1) & ~(size_t)(BSN_SLACK - 1); } /* with slack */

/* May x be written over its first input, whose last use this is? */
static bsn_node *reusable(const bsn_plan *p, const bsn_node *x) {
  const info *f = of(p, x);
  bsn_node *a = root(x->in[0]);
  bool fits = f->core == x && (x->op->flags & BSN_IN_PLACE) && of(p, a)->local && of(p, a)->stage == f->stage &&
              of(p, a)->last == f->at && row_bytes(a) == row_bytes(x);
  return fits ? a : NULL;
}

/* The lowest place in the tile buffer that no value alive at x's call overlaps. */
static size_t first_fit(const bsn_plan *p, const stage *s, const bsn_node *x, size_t rows) {
  size_t need = rounded(rows * row_bytes(x)), offset = 0;
  for (bool moved = true; moved;) {
    moved = false;
    for (size_t k = 0; k < of(p, x)->at; k++) {
      const bsn_node *y = s->work[k];
      const info *f = of(p, y);
      size_t end = f->offset + rounded(rows * row_bytes(y));
      if (!f->local || f->last < of(p, x)->at || offset + need <= f->offset || offset >= end) continue;
      offset = end;
      moved = true;
    }
  }
  return offset;
}

/* Give every local value of a stage its place; returns the bytes that the tile buffer needs. */
static size_t lay_out(bsn_plan *p, stage *s, size_t rows) {
  size_t peak = 0;
  for (size_t k = 0; k < s->n; k++) {
    bsn_node *x = s->work[k], *over = reusable(p, x);
    info *f = of(p, x);
    if (!f->local) continue;
    f->offset = over ? of(p, over)->offset : first_fit(p, s, x, rows);
    size_t end = f->offset + rounded(rows * row_bytes(x));
    if (end > peak) peak = end;
  }
  return peak;
}

/* Bytes of a row of the values of a stage, the slack behind them not counted. */
static size_t bytes_of_row(bsn_plan *p, stage *s) {
  enum { SOME = 64 };
  size_t bytes = (lay_out(p, s, SOME) + SOME - 1) / SOME;
  for (size_t k = 0; k < s->n; k++)
    if (s->work[k]->batch && !of(p, s->work[k])->local) bytes += row_bytes(s->work[k]);
  return bytes;
}

/* Even tiles whose values fill the budget, but no fewer rows than the contractions want. */
static size_t tile_rows(bsn_plan *p, stage *s) {
  size_t total = p->options.rows;
  if (p->options.tile) return p->options.tile < total ? p->options.tile : total;
  size_t tile = TILE_BYTES / (bytes_of_row(p, s) + 1);
  if (tile < s->min_rows) tile = s->min_rows;
  if (tile < 1) tile = 1;
  if (tile >= total) return total;
  size_t tiles = (total + tile - 1) / tile;
  if (total / tiles < s->min_rows) tiles = total / s->min_rows ? total / s->min_rows : 1;
  return (total + tiles - 1) / tiles;
}

static void keep(bsn_plan *p, bsn_node *x) {
  info *f = of(p, x);
  f->base = &p->kept;
  f->offset = p->kept_bytes;
  f->step = x->batch ? row_bytes(x) : 0;
  p->kept_bytes += rounded(row_bytes(x) * (x->batch ? p->options.rows : 1));
}

static bool locate_leaf(bsn_plan *p, bsn_node *x) {
  info *f = of(p, x);
  f->step = x->batch ? row_bytes(x) : 0;
  if (x->attr.count[0]) {
    f->base = &p->slot[x->attr.count[0] - 1];
    f->offset = x->attr.count[1] * width(x);
    return true;
  }
  const bsn_real *given = x->attr.data;
  bsn_real *own = given ? NULL : bsn_reals_in(p->arena, 1); /* with the slack that kernels want */
  if (own) given = memcpy(own, &x->attr.number[0], sizeof *own);
  return given && (f->base = bsn_copy_in(p->arena, &given, sizeof given));
}

static bool find_memory(bsn_plan *p, size_t nout, const bsn_output *out) {
  for (size_t i = 0; i < p->nodes; i++) {
    bsn_node *x = p->node[i];
    if (is_leaf(x) && p->info[i].needed && !locate_leaf(p, x)) return false;
    if (is_work(p, x) && !p->info[i].local && !p->info[i].output) keep(p, x);
    if (p->info[i].local) p->info[i].base = &p->tile;
  }
  for (size_t i = 0; i < nout; i++) {
    if (!out[i].node) continue;
    info *f = of(p, root(out[i].node));
    f->base = &p->slot[out[i].slot];
    f->offset = out[i].offset * width(out[i].node);
    f->step = out[i].node->batch ? row_bytes(out[i].node) : 0;
  }
  for (size_t s = 0; s < p->nstages; s++) {
    if (!p->stage[s].region) continue;
    p->stage[s].tile = tile_rows(p, &p->stage[s]);
    size_t bytes = lay_out(p, &p->stage[s], p->stage[s].tile);
    if (bytes > p->tile_bytes) p->tile_bytes = bytes;
  }
  p->kept = bsn_buffer_in(p->arena, p->kept_bytes);
  p->tile = bsn_buffer_in(p->arena, p->tile_bytes);
  return p->kept && p->tile;
}

/* ---- calls ---- */
static operand operand_of(const bsn_plan *p, const bsn_node *x) {
  if (!x) return (operand){.base = &p->nothing};
  const info *f = of(p, x);
  return (operand){f->base, f->offset, f->step};
}

static void make_action(const bsn_plan *p, const bsn_node *x, action *a) {
  bsn_node *arg[ARGS];
  const info *f = of(p, x);
  args_of(p, x, arg);
  a->call = (bsn_call){.node = f->core, .k = p->options.kernels, .relu = f->relu, .gated = f->gated};
  a->all_rows = f->core->op->kind == BSN_ALL_ROWS;
  a->out = operand_of(p, x);
  for (int j = 0; j < ARGS; j++) a->arg[j] = operand_of(p, arg[j]);
}

/* One action for n nodes. */
static bool make_joint_action(const bsn_plan *p, bsn_node *const *x, size_t n, action *a) {
  make_action(p, x[0], a);
  a->nparts = n;
  a->part = bsn_alloc_in(p->arena, n * sizeof *a->part);
  a->made = bsn_alloc_in(p->arena, n * sizeof *a->made);
  for (size_t i = 0; a->part && i < n; i++) {
    action own;
    make_action(p, x[i], &own);
    a->part[i] = (part){own.arg[1], own.arg[2], own.out};
  }
  return a->part && a->made;
}

static bool make_calls(bsn_plan *p) {
  for (size_t i = 0; i < p->nstages; i++) {
    stage *s = &p->stage[i];
    s->action = bsn_alloc_in(p->arena, s->n * sizeof *s->action);
    if (!s->action) return false;
    for (size_t k = 0, n; k < s->n; k += n) {
      action *a = &s->action[s->nactions++];
      n = of(p, s->work[k])->together;
      if (n == 1)
        make_action(p, s->work[k], a);
      else if (!make_joint_action(p, &s->work[k], n, a))
        return false;
    }
  }
  return true;
}

bsn_plan *bsn_plan_new(bsn_graph *graph, size_t nout, const bsn_output *asked, const bsn_plan_options *options,
                       bsn_arena *arena, bsn_error *error) {
  bsn_plan *p = bsn_alloc_in(arena, sizeof *p);
  bsn_output *out = bsn_copy_in(arena, asked, nout * sizeof *out);
  if (!p || !out) return bsn_no_memory(error), NULL;
  if (graph->error.code || !own_outputs(graph, nout, out))
    return bsn_fail(error, graph->error.code, "%s", graph->error.text), NULL;
  *p = (bsn_plan){.graph = graph, .arena = arena, .options = *options, .nodes = graph->n, .room = graph->n};
  if (!p->options.kernels) p->options.kernels = bsn_kernels_chosen();
  const char *tile = getenv("BASIN_TILE");
  if (!p->options.tile && tile) p->options.tile = strtoul(tile, NULL, 10);
  p->node = bsn_copy_in(arena, graph->node, p->nodes * sizeof *p->node);
  p->info = bsn_alloc_in(arena, p->nodes * sizeof *p->info);
  if (!p->node || !p->info) return bsn_no_memory(error), NULL;
  mark_needed(p, nout, out);
  bsn_fuse_epilogues(p);
  if (!find_stages(p) || !bsn_recompute(p)) return bsn_no_memory(error), NULL;
  bsn_fuse_company(p);
  find_lifetimes(p);
  if (!find_memory(p, nout, out) || !make_calls(p)) return bsn_no_memory(error), NULL;
  return p;
}

void bsn_plan_bind(bsn_plan *plan, int slot, const void *data) { plan->slot[slot] = data; }

/* ---- running ---- */
static inline const bsn_real *at(const operand *o, size_t row) {
  return (const bsn_real *)((uintptr_t)*o->base + o->offset + row * o->step);
}

static void perform_together(action *a, size_t row, size_t rows, bool acc) {
  for (size_t i = 0; i < a->nparts; i++) {
    const part *p = &a->part[i];
    a->made[i] = (bsn_gemm_part){at(&p->b, row), at(&p->bias, row), (bsn_real *)at(&p->out, row)};
  }
  a->call.node->op->eval_together(&a->call, at(&a->arg[0], row), a->nparts, a->made, rows, acc);
}

static inline void perform(action *a, size_t row, size_t rows, bool acc) {
  if (a->nparts) {
    perform_together(a, row, rows, acc);
    return;
  }
  const bsn_real *x[BSN_ARITY] = {at(&a->arg[0], row), at(&a->arg[1], row)};
  a->call.bias = at(&a->arg[2], row);
  a->call.gate = at(&a->arg[3], row);
  a->call.node->op->eval(&a->call, x, (bsn_real *)at(&a->out, row), rows, acc);
}

static void run_stage(stage *s, size_t rows, bool more) {
  if (!s->region) {
    for (size_t k = 0; k < s->nactions; k++) perform(&s->action[k], 0, s->action[k].all_rows ? rows : 1, false);
    return;
  }
  size_t row = 0;
  do { /* once without rows, too: a sum over none is 0 */
    size_t n = rows - row < s->tile ? rows - row : s->tile;
    for (size_t k = 0; k < s->nactions; k++) perform(&s->action[k], row, n, more || row > 0);
    row += s->tile;
  } while (row < rows);
}

void bsn_plan_run(bsn_plan *plan, size_t rows) {
  for (size_t i = 0; i < plan->nstages; i++) run_stage(&plan->stage[i], rows, false);
}

void bsn_plan_continue(bsn_plan *plan, size_t rows) {
  for (size_t i = 0; i < plan->nstages; i++) run_stage(&plan->stage[i], rows, true);
}

void bsn_plan_repeat(bsn_plan *plan, size_t rows) {
  for (size_t i = 0; i < plan->nstages; i++)
    if (plan->stage[i].repeat) run_stage(&plan->stage[i], rows, false);
}

size_t bsn_plan_bytes(const bsn_plan *plan) { return plan->kept_bytes + plan->tile_bytes; }
