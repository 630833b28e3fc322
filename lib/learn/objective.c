#include "learn/objective.h"
#include "graph/grad.h"
#include "graph/ops.h"
#include "graph/plan.h"
#include "num/vector.h"
#include <string.h>

/* What plans are bound to. */
enum { INDEX = 1, SEED, WEIGHTS, GRADIENT, DIRECTION, PRODUCT, LOSS, OUTPUT };

/* Rows of one run of a plan; more rows go through in blocks, whose sums continue. Products go through in one run where what
 * they keep for the next direction is not too much. */
enum { BLOCK = 4096, SAMPLE = 64 };
static const double KEPT_BYTES = 256 << 20;

size_t bsn_outputs_for(const bsn_choice *loss, const bsn_dataset *set) {
  bool single = ((const bsn_loss *)loss->row)->single && set->task == BSN_CLASSIFICATION && set->outputs == 2;
  return single ? 1 : set->outputs;
}

bool bsn_loss_fits(const bsn_choice *loss, const bsn_dataset *set, bsn_error *error) {
  if (!((const bsn_loss *)loss->row)->classes_only || set->task == BSN_CLASSIFICATION) return true;
  return bsn_fail(error, BSN_BAD_INPUT, "loss %s wants classes, but the data's targets are numbers", loss->row->name);
}

/* A net on rows of a data set, up to the loss of each row. */
typedef struct expression {
  bsn_graph graph;
  bsn_builder builder;
  bsn_rows_of inputs, targets;
  bsn_node *z, *loss;
} expression;

/* The loss of e->z for the rows of set that index names. */
static bool express_loss(expression *e, bsn_node *index, const bsn_choice *loss, const bsn_dataset *set,
                         bsn_error *error) {
  bsn_target target = {0};
  if (set->task == BSN_CLASSIFICATION) {
    target.label = bsn_gather_label(index, set->label);
    target.classes = set->outputs;
  } else {
    e->targets = (bsn_rows_of){.real = set->target};
    target.value = bsn_gather(index, &e->targets, 1, &set->outputs);
  }
  if (e->z) e->loss = ((const bsn_loss *)loss->row)->build(loss->config, e->z, &target);
  if (e->graph.error.code) return bsn_fail(error, e->graph.error.code, "%s", e->graph.error.text);
  return e->loss || bsn_no_memory(error);
}

/* Outputs and losses of one more net, whose weights are bound to slot, on the same rows. */
static bool express_net(expression *e, const bsn_net *net, int slot, const bsn_choice *loss, const bsn_dataset *set,
                        bsn_error *error) {
  e->builder = (bsn_builder){.graph = &e->graph, .slot = slot};
  bsn_node *index = bsn_index_leaf(&e->graph, INDEX);
  bsn_node *x = bsn_gather(index, &e->inputs, set->axes, set->shape);
  e->z = bsn_net_forward(net, &e->builder, x);
  return express_loss(e, index, loss, set, error);
}

static void express_rows(expression *e, bsn_arena *arena, const bsn_dataset *set, const bsn_transform *transform) {
  bsn_graph_init(&e->graph, arena);
  e->inputs = (bsn_rows_of){set->u8, set->real, transform->scale, transform->shift, transform->step};
}

static bool express(expression *e, bsn_arena *arena, const bsn_net *net, const bsn_choice *loss, const bsn_dataset *set,
                    const bsn_transform *transform, bsn_error *error) {
  express_rows(e, arena, set, transform);
  return express_net(e, net, WEIGHTS, loss, set, error);
}

/* ---- the objective ---- */
typedef struct net_objective {
  bsn_objective base;
  bsn_arena *arena;
  const bsn_net *net;
  const bsn_choice *loss_choice;
  const bsn_view *view;
  const bsn_transform *transform;
  expression e;
  bsn_plan *gradient;   /* losses and gradient */
  bsn_plan *value;      /* losses alone */
  bsn_plan *product[2]; /* Hessian, Gauss-Newton; made when first asked for */
  bsn_real *at;         /* weights whose products the plan `ready` can repeat for other directions */
  bsn_plan *ready;      /* NULL: none */
  size_t run[2];        /* rows of one run of them */
  bool gaps;            /* some tensors have no gradient node: theirs is an exact zero, which no plan writes */
  size_t block;
  const size_t *rows; /* selected positions in the view; NULL: all */
  size_t m;
  int32_t *index; /* of one run */
  bsn_real *seed, *loss;
  struct known { /* what a joint has computed for the next evaluation; w NULL: nothing */
    const bsn_real *w, *g;
    double f;
    const size_t *rows;
    size_t m;
  } known;
} net_objective;

static bool select_rows(bsn_objective *o, const size_t *rows, size_t m, bsn_mode mode) {
  (void)mode;
  net_objective *n = (net_objective *)o;
  n->rows = rows;
  n->m = rows ? m : n->view->n;
  n->ready = NULL;
  return true;
}

/* Fill index and seed for rows from .. from + count - 1 of the selection. */
static void load_block(net_objective *o, size_t from, size_t count) {
  for (size_t i = 0; i < count; i++) {
    size_t at = o->rows ? o->rows[from + i] : from + i;
    bsn_real weight = o->view->weight ? o->view->weight[at] : 1;
    o->index[i] = o->view->row[at];
    o->seed[i] = weight / (bsn_real)o->m;
  }
}

static double block_loss(const net_objective *o, const bsn_real *loss, size_t from, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    size_t at = o->rows ? o->rows[from + i] : from + i;
    sum += (o->view->weight ? (double)o->view->weight[at] : 1.0) * (double)loss[i];
  }
  return sum;
}

/* Is the evaluation of the gradient at w known? Whatever is known is so for one evaluation. */
static bool take_known(net_objective *o, const bsn_real *w, double *f, bsn_real *g) {
  struct known k = o->known;
  o->known.w = NULL;
  bool same = k.w == w && g && k.m == o->m && !k.rows == !o->rows;
  if (!same || (k.rows && memcmp(k.rows, o->rows, k.m * sizeof *k.rows))) return false;
  *f = k.f;
  if (g != k.g) bsn_copy(o->base.n, k.g, g);
  return true;
}

static bool eval(bsn_objective *base, const bsn_real *w, double *f, bsn_real *g) {
  net_objective *o = (net_objective *)base;
  *(g ? &base->cost.gradients : &base->cost.values) += (double)o->m;
  if (take_known(o, w, f, g)) return true;
  bsn_plan *plan = g ? o->gradient : o->value;
  bsn_plan_bind(plan, WEIGHTS, w);
  if (g) bsn_plan_bind(plan, GRADIENT, g);
  if (g && o->gaps) memset(g, 0, base->n * sizeof *g);
  double sum = 0;
  for (size_t from = 0; from < o->m; from += o->block) {
    size_t count = o->m - from < o->block ? o->m - from : o->block;
    load_block(o, from, count);
    (from ? bsn_plan_continue : bsn_plan_run)(plan, count);
    sum += block_loss(o, o->loss, from, count);
  }
  *f = sum / (double)o->m;
  return true;
}

static void bind(net_objective *o, bsn_plan *plan) {
  bsn_plan_bind(plan, INDEX, o->index);
  bsn_plan_bind(plan, SEED, o->seed);
  bsn_plan_bind(plan, LOSS, o->loss);
}

/* Outputs that put a node for each tensor into slot. */
static bsn_output *per_tensor(net_objective *o, bsn_node *const node[], int slot, size_t extra) {
  bsn_output *out = bsn_alloc_in(o->arena, (o->e.builder.ntensors + extra) * sizeof *out);
  for (size_t i = 0; out && i < o->e.builder.ntensors; i++)
    out[i] = (bsn_output){node[i], slot, o->e.builder.tensor[i].offset};
  return out;
}

static bool make_plans(net_objective *o, bsn_error *error) {
  bsn_builder *b = &o->e.builder;
  bsn_node *seed = bsn_leaf(&o->e.graph, SEED, 0, true, 0, NULL);
  bsn_node **g = bsn_alloc_in(o->arena, (b->ntensors + 1) * sizeof *g);
  if (!seed || !g) return bsn_no_memory(error);
  bsn_grad(1, &o->e.loss, &seed, b->ntensors, b->leaf, g); /* bsn_plan_new tells an error of the graph */
  for (size_t i = 0; i < b->ntensors; i++) o->gaps |= !g[i];
  bsn_output *out = per_tensor(o, g, GRADIENT, 1), value = {o->e.loss, LOSS, 0};
  if (!out) return bsn_no_memory(error);
  out[b->ntensors] = value;
  bsn_plan_options options = {.rows = o->block};
  o->gradient = bsn_plan_new(&o->e.graph, b->ntensors + 1, out, &options, o->arena, error);
  o->value = o->gradient ? bsn_plan_new(&o->e.graph, 1, &value, &options, o->arena, error) : NULL;
  if (!o->value) return false;
  bind(o, o->gradient);
  bind(o, o->value);
  return true;
}

/* ---- products ---- */
/* Hessian: the gradient of the gradient g along v. Gauss-Newton: J' H_l J v, with J v by bsn_push. */
static bool product_nodes(net_objective *o, bool gauss_newton, bsn_node *v[], bsn_node *g[], bsn_node *hv[]) {
  bsn_builder *b = &o->e.builder;
  bsn_graph *graph = &o->e.graph;
  bsn_node *seed = bsn_leaf(graph, SEED, 0, true, 0, NULL), *z = o->e.z, *gz = NULL, *hz = NULL;
  for (size_t i = 0; i < b->ntensors; i++)
    v[i] = bsn_leaf(graph, DIRECTION, b->tensor[i].offset, false, b->tensor[i].axes, b->tensor[i].shape);
  if (!gauss_newton) {
    BSN_TRY(bsn_grad(1, &o->e.loss, &seed, b->ntensors, b->leaf, g));
    return bsn_grad(b->ntensors, g, v, b->ntensors, b->leaf, hv);
  }
  bsn_node *jv = bsn_push(z, bsn_leaf(graph, OUTPUT, 0, true, z->axes, z->shape), b->ntensors, b->leaf, v);
  BSN_TRY(jv && bsn_grad(1, &o->e.loss, &seed, 1, &z, &gz));
  BSN_TRY(bsn_grad(1, &gz, &jv, 1, &z, &hz));
  return bsn_grad(1, &z, &hz, b->ntensors, b->leaf, hv);
}

/* Make room for the rows of a run of so many. */
static bool make_room(net_objective *o, size_t rows) {
  o->index = bsn_buffer_in(o->arena, rows * sizeof *o->index);
  o->seed = bsn_reals_in(o->arena, rows);
  o->loss = bsn_reals_in(o->arena, rows);
  return o->index && o->seed && o->loss;
}

/* All rows in one run if what the plan keeps of them, judged by a small one, is within bounds. */
static bool choose_run(net_objective *o, bool gauss_newton, size_t nout, const bsn_output *out) {
  bsn_error *error = &o->base.error;
  o->run[gauss_newton] = o->block;
  if (o->view->n <= o->block) return true;
  bsn_arena arena = {0};
  bsn_plan_options small = {.rows = SAMPLE, .repeat = 1u << DIRECTION};
  bsn_plan *plan = bsn_plan_new(&o->e.graph, nout, out, &small, &arena, error);
  double bytes = plan ? (double)bsn_plan_bytes(plan) / SAMPLE * (double)o->view->n : 0;
  bsn_arena_free(&arena);
  if (!plan || bytes > KEPT_BYTES) return plan;
  o->run[gauss_newton] = o->view->n;
  if (!make_room(o, o->view->n)) return bsn_no_memory(error);
  bind(o, o->gradient);
  bind(o, o->value);
  for (int i = 0; i < 2; i++)
    if (o->product[i]) bind(o, o->product[i]);
  return true;
}

static bool make_product(net_objective *o, bool gauss_newton) {
  bsn_error *error = &o->base.error;
  size_t n = o->e.builder.ntensors;
  bsn_node **v = bsn_alloc_in(o->arena, 3 * n * sizeof *v);
  if (!v) return bsn_no_memory(error);
  bsn_node **hv = v + 2 * n;
  if (!product_nodes(o, gauss_newton, v, v + n, hv))
    return o->e.graph.error.code ? bsn_fail(error, o->e.graph.error.code, "%s", o->e.graph.error.text)
                                 : bsn_no_memory(error);
  bsn_output *out = per_tensor(o, hv, PRODUCT, 0);
  if (!out) return bsn_no_memory(error);
  if (!o->at && !(o->at = bsn_reals_in(o->arena, o->base.n))) return bsn_no_memory(error);
  BSN_TRY(choose_run(o, gauss_newton, n, out));
  bsn_plan_options options = {.rows = o->run[gauss_newton], .repeat = 1u << DIRECTION};
  bsn_plan *plan = bsn_plan_new(&o->e.graph, n, out, &options, o->arena, error);
  if (plan) bind(o, plan);
  return (o->product[gauss_newton] = plan);
}

/* All rows in one run, at the weights of the last time: only what depends on the direction is new. */
static bool repeats(const net_objective *o, const bsn_plan *plan, const bsn_real *w) {
  return o->ready == plan && !memcmp(o->at, w, o->base.n * sizeof *w);
}

static void run_blocks(net_objective *o, bsn_plan *plan, size_t rows) {
  for (size_t from = 0; from < o->m; from += rows) {
    size_t count = o->m - from < rows ? o->m - from : rows;
    load_block(o, from, count);
    (from ? bsn_plan_continue : bsn_plan_run)(plan, count);
  }
}

static bool product(bsn_objective *base, const bsn_real *w, const bsn_real *v, bsn_real *out, bsn_product kind) {
  net_objective *o = (net_objective *)base;
  if (kind == BSN_FISHER) return bsn_fail(&base->error, BSN_FAILED, "Fisher products are not offered");
  bool gauss_newton = kind == BSN_GAUSS_NEWTON;
  if (!o->product[gauss_newton]) BSN_TRY(make_product(o, gauss_newton));
  bsn_plan *plan = o->product[gauss_newton];
  bsn_plan_bind(plan, WEIGHTS, w);
  bsn_plan_bind(plan, DIRECTION, v);
  bsn_plan_bind(plan, PRODUCT, out);
  memset(out, 0, base->n * sizeof *out);
  if (repeats(o, plan, w)) {
    load_block(o, 0, o->m);
    bsn_plan_repeat(plan, o->m);
  } else {
    run_blocks(o, plan, o->run[gauss_newton]);
    o->ready = o->m <= o->run[gauss_newton] ? plan : NULL;
    bsn_copy(base->n, w, o->at);
  }
  base->cost.products += (double)o->m;
  return true;
}

bsn_objective *bsn_net_objective_in(bsn_arena *arena, const bsn_net *net, const bsn_choice *loss, const bsn_view *view,
                                    const bsn_transform *transform, bsn_error *error) {
  net_objective *o = bsn_alloc_in(arena, sizeof *o);
  if (!o) return bsn_no_memory(error), NULL;
  if (!bsn_loss_fits(loss, view->set, error)) return NULL;
  o->base = (bsn_objective){.n = net->n,
                            .rows = view->n,
                            .blocks = net->tensor,
                            .nblocks = net->ntensors,
                            .eval = eval,
                            .select = select_rows,
                            .product = product};
  o->arena = arena;
  o->net = net;
  o->loss_choice = loss;
  o->view = view;
  o->transform = transform;
  o->m = view->n;
  o->block = view->n < BLOCK ? view->n : BLOCK;
  if (!make_room(o, o->block)) return bsn_no_memory(error), NULL;
  if (!express(&o->e, arena, net, loss, view->set, transform, error) || !make_plans(o, error)) return NULL;
  return &o->base;
}

/* ---- several at once ---- */
struct bsn_joint {
  size_t n;
  net_objective **member;
  expression e; /* its builder, z and loss are those of the last member */
  bsn_plan *plan;
  bsn_real *loss[BSN_JOINT_MOST]; /* of one block */
  size_t block;
};

/* What the plan of a joint is bound to besides: one for each member. */
enum { WEIGHTS_OF = 16, GRADIENT_OF = WEIGHTS_OF + BSN_JOINT_MOST, LOSS_OF = GRADIENT_OF + BSN_JOINT_MOST };

/* Express every member: its loss, its parameters, and where their gradients go; all outputs are to be filled in. */
static bool express_members(bsn_joint *j, bsn_node **loss, bsn_node **leaf, bsn_output *out, bsn_error *error) {
  for (size_t i = 0; i < j->n; i++) {
    const net_objective *o = j->member[i];
    const bsn_builder *b = &j->e.builder;
    BSN_TRY(express_net(&j->e, o->net, (int)(WEIGHTS_OF + i), o->loss_choice, o->view->set, error));
    loss[i] = j->e.loss;
    memcpy(leaf, b->leaf, b->ntensors * sizeof *leaf);
    for (size_t t = 0; t < b->ntensors; t++) out[t] = (bsn_output){NULL, (int)(GRADIENT_OF + i), b->tensor[t].offset};
    leaf += b->ntensors;
    out += b->ntensors;
  }
  return true;
}

static bool plan_joint(bsn_joint *j, bsn_arena *arena, bsn_error *error) {
  size_t tensors = 0;
  for (size_t i = 0; i < j->n; i++) tensors += j->member[i]->net->ntensors;
  bsn_node *loss[BSN_JOINT_MOST], *seed[BSN_JOINT_MOST];
  bsn_node **leaf = bsn_alloc_in(arena, tensors * sizeof *leaf), **g = bsn_alloc_in(arena, tensors * sizeof *g);
  bsn_output *out = bsn_alloc_in(arena, (tensors + j->n) * sizeof *out);
  if (!leaf || !g || !out) return bsn_no_memory(error);
  BSN_TRY(express_members(j, loss, leaf, out, error));
  for (size_t i = 0; i < j->n; i++) {
    seed[i] = bsn_leaf(&j->e.graph, SEED, 0, true, 0, NULL);
    if (!seed[i]) return bsn_no_memory(error);
    out[tensors + i] = (bsn_output){loss[i], (int)(LOSS_OF + i), 0};
  }
  bsn_grad(j->n, loss, seed, tensors, leaf, g); /* bsn_plan_new tells an error of the graph */
  for (size_t t = 0; t < tensors; t++) out[t].node = g[t];
  j->plan = bsn_plan_new(&j->e.graph, tensors + j->n, out, &(bsn_plan_options){.rows = j->block}, arena, error);
  return j->plan;
}

bsn_joint *bsn_joint_in(bsn_arena *arena, size_t n, bsn_objective *const member[], size_t batch, bsn_error *error) {
  bsn_joint *j = bsn_alloc_in(arena, sizeof *j);
  if (!j || !(j->member = bsn_copy_in(arena, member, n * sizeof(bsn_objective *)))) return bsn_no_memory(error), NULL;
  net_objective *first = j->member[0];
  j->n = n;
  j->block = batch < first->block ? batch : first->block;
  express_rows(&j->e, arena, first->view->set, first->transform);
  if (!plan_joint(j, arena, error)) return NULL;
  for (size_t i = 0; i < n; i++) {
    if (!(j->loss[i] = bsn_reals_in(arena, j->block))) return bsn_no_memory(error), NULL;
    bsn_plan_bind(j->plan, (int)(LOSS_OF + i), j->loss[i]);
  }
  return j;
}

void bsn_joint_run(bsn_joint *j, const size_t *rows, size_t m, bsn_real *const w[], bsn_real *const g[]) {
  net_objective *first = j->member[0];
  select_rows(&first->base, rows, m, BSN_TRAIN);
  bsn_plan_bind(j->plan, INDEX, first->index);
  bsn_plan_bind(j->plan, SEED, first->seed);
  for (size_t i = 0; i < j->n; i++) {
    net_objective *o = j->member[i];
    o->known = (struct known){.w = w[i], .g = g[i], .rows = rows, .m = first->m};
    if (o->gaps) memset(g[i], 0, o->base.n * sizeof *g[i]);
    bsn_plan_bind(j->plan, (int)(WEIGHTS_OF + i), w[i]);
    bsn_plan_bind(j->plan, (int)(GRADIENT_OF + i), g[i]);
  }
  for (size_t from = 0; from < first->m; from += j->block) {
    size_t count = first->m - from < j->block ? first->m - from : j->block;
    load_block(first, from, count);
    (from ? bsn_plan_continue : bsn_plan_run)(j->plan, count);
    for (size_t i = 0; i < j->n; i++) j->member[i]->known.f += block_loss(first, j->loss[i], from, count);
  }
  for (size_t i = 0; i < j->n; i++) j->member[i]->known.f /= (double)first->m;
}

struct bsn_joint_evaluator {
  size_t n, block;
  expression e;
  bsn_plan *plan;
  int32_t *index; /* of one block, as all of these */
  bsn_real *z[BSN_JOINT_MOST], *loss[BSN_JOINT_MOST];
};

static bool plan_evaluator(bsn_joint_evaluator *e, net_objective *const member[], const bsn_dataset *set,
                           bsn_arena *arena, bsn_error *error) {
  bsn_output out[2 * BSN_JOINT_MOST];
  express_rows(&e->e, arena, set, member[0]->transform);
  for (size_t i = 0; i < e->n; i++) {
    const bsn_net *net = member[i]->net;
    BSN_TRY(express_net(&e->e, net, (int)(WEIGHTS_OF + i), member[i]->loss_choice, set, error));
    out[2 * i] = (bsn_output){e->e.z, (int)(GRADIENT_OF + i), 0};
    out[2 * i + 1] = (bsn_output){e->e.loss, (int)(LOSS_OF + i), 0};
    e->z[i] = bsn_reals_in(arena, e->block * net->io.outputs);
    e->loss[i] = bsn_reals_in(arena, e->block);
    if (!e->z[i] || !e->loss[i]) return bsn_no_memory(error);
  }
  return (e->plan = bsn_plan_new(&e->e.graph, 2 * e->n, out, &(bsn_plan_options){.rows = e->block}, arena, error));
}

bsn_joint_evaluator *bsn_joint_evaluator_in(bsn_arena *arena, size_t n, bsn_objective *const member[],
                                            const bsn_dataset *set, bsn_error *error) {
  bsn_joint_evaluator *e = bsn_alloc_in(arena, sizeof *e);
  net_objective **list = bsn_copy_in(arena, member, n * sizeof *list);
  if (!e || !list) return bsn_no_memory(error), NULL;
  e->n = n;
  e->block = set->rows < BLOCK ? set->rows : BLOCK;
  e->index = bsn_buffer_in(arena, e->block * sizeof *e->index);
  if (!e->index) return bsn_no_memory(error), NULL;
  if (!plan_evaluator(e, list, set, arena, error)) return NULL;
  bsn_plan_bind(e->plan, INDEX, e->index);
  for (size_t i = 0; i < n; i++) {
    bsn_plan_bind(e->plan, (int)(GRADIENT_OF + i), e->z[i]);
    bsn_plan_bind(e->plan, (int)(LOSS_OF + i), e->loss[i]);
  }
  return e;
}

size_t bsn_joint_evaluator_block(const bsn_joint_evaluator *e) { return e->block; }

void bsn_joint_evaluator_run(bsn_joint_evaluator *e, bsn_real *const w[], const int32_t *row, size_t n,
                             const bsn_real *z[], const bsn_real *l[]) {
  memcpy(e->index, row, n * sizeof *row);
  for (size_t i = 0; i < e->n; i++) {
    bsn_plan_bind(e->plan, (int)(WEIGHTS_OF + i), w[i]);
    z[i] = e->z[i];
    l[i] = e->loss[i];
  }
  bsn_plan_run(e->plan, n);
}

bool bsn_joint_pays(const bsn_objective *base) {
  const net_objective *o = (const net_objective *)base;
  double shared = 0, all = 0;
  for (size_t i = 0; i < o->e.graph.n; i++) {
    const bsn_node *x = o->e.graph.node[i];
    if (!(x->op->flags & BSN_IS_CONTRACTION)) continue;
    bool of_rows = !(x->in[0]->slots & UINT64_C(1) << WEIGHTS) && bsn_goes_together(x);
    double terms = x->op->kind == BSN_OVER_ROWS ? 1 : (double)x->in[0]->shape[x->in[0]->axes - 1];
    all += terms * (double)x->size;
    if (of_rows) shared += terms * (double)x->size;
  }
  return shared > 0.5 * all;
}

/* ---- penalties ---- */
typedef struct penalised {
  bsn_objective base;
  bsn_objective *inner;
  size_t n;
  const bsn_regulariser_state *regulariser;
} penalised;

/* Take over what the inner objective says after a call. */
static bool follow(penalised *p, bool ok) {
  p->base.cost = p->inner->cost;
  p->base.error = p->inner->error;
  return ok;
}

static bool penalised_eval(bsn_objective *o, const bsn_real *w, double *f, bsn_real *g) {
  penalised *p = (penalised *)o;
  BSN_TRY(follow(p, p->inner->eval(p->inner, w, f, g)));
  for (size_t i = 0; i < p->n; i++) {
    const bsn_regulariser_state *r = &p->regulariser[i];
    if (r->type->penalty) r->type->penalty(r->config, o->nblocks, o->blocks, w, f, g);
  }
  return true;
}

static bool penalised_product(bsn_objective *o, const bsn_real *w, const bsn_real *v, bsn_real *out, bsn_product kind) {
  penalised *p = (penalised *)o;
  BSN_TRY(follow(p, p->inner->product(p->inner, w, v, out, kind)));
  for (size_t i = 0; i < p->n; i++) {
    const bsn_regulariser_state *r = &p->regulariser[i];
    if (r->type->curvature) r->type->curvature(r->config, o->nblocks, o->blocks, v, out);
  }
  return true;
}

static bool penalised_select(bsn_objective *o, const size_t *rows, size_t m, bsn_mode mode) {
  penalised *p = (penalised *)o;
  return follow(p, p->inner->select(p->inner, rows, m, mode));
}

static void penalised_commit(bsn_objective *o) {
  penalised *p = (penalised *)o;
  if (p->inner->commit) p->inner->commit(p->inner);
}

bsn_objective *bsn_penalised_in(bsn_arena *arena, bsn_objective *inner, size_t n,
                                const bsn_regulariser_state *regulariser) {
  bool any = false;
  for (size_t i = 0; i < n; i++) any |= regulariser[i].type->penalty != NULL;
  if (!any) return inner;
  penalised *p = bsn_alloc_in(arena, sizeof *p);
  if (!p) return NULL;
  *p = (penalised){.base = *inner, .inner = inner, .n = n, .regulariser = regulariser};
  p->base.eval = penalised_eval;
  p->base.select = penalised_select;
  p->base.product = penalised_product;
  p->base.commit = penalised_commit;
  p->base.moments = NULL;
  return &p->base;
}

/* ---- values without gradients ---- */
struct bsn_evaluator {
  expression e;
  bsn_plan *plan;
  size_t outputs, block;
  int32_t *index; /* of one block */
  bsn_real *z, *loss;
};

bsn_evaluator *bsn_evaluator_in(bsn_arena *arena, const bsn_net *net, const bsn_choice *loss, const bsn_dataset *set,
                                const bsn_transform *transform, bsn_error *error) {
  bsn_evaluator *e = bsn_alloc_in(arena, sizeof *e);
  size_t block = set->rows < BLOCK ? set->rows : BLOCK;
  if (!e) return bsn_no_memory(error), NULL;
  e->outputs = net->io.outputs;
  e->block = block;
  e->index = bsn_buffer_in(arena, block * sizeof *e->index);
  e->z = bsn_reals_in(arena, block * e->outputs);
  e->loss = bsn_reals_in(arena, block);
  if (!e->index || !e->z || !e->loss) return bsn_no_memory(error), NULL;
  if (!express(&e->e, arena, net, loss, set, transform, error)) return NULL;
  bsn_output out[] = {{e->e.z, OUTPUT, 0}, {e->e.loss, LOSS, 0}};
  e->plan = bsn_plan_new(&e->e.graph, 2, out, &(bsn_plan_options){.rows = block}, arena, error);
  if (!e->plan) return NULL;
  bsn_plan_bind(e->plan, INDEX, e->index);
  bsn_plan_bind(e->plan, OUTPUT, e->z);
  bsn_plan_bind(e->plan, LOSS, e->loss);
  return e;
}

void bsn_evaluator_run(bsn_evaluator *e, const bsn_real *w, const int32_t *row, size_t n, bsn_real *z, bsn_real *l) {
  bsn_plan_bind(e->plan, WEIGHTS, w);
  for (size_t from = 0; from < n; from += e->block) {
    size_t count = n - from < e->block ? n - from : e->block;
    memcpy(e->index, row + from, count * sizeof *row);
    bsn_plan_run(e->plan, count);
    if (z) memcpy(z + from * e->outputs, e->z, count * e->outputs * sizeof *z);
    if (l) memcpy(l + from, e->loss, count * sizeof *l);
  }
}

static bool outputs_loss(bsn_arena *arena, const bsn_choice *loss, const bsn_view *view, const bsn_real *z, bsn_real *l,
                         bsn_error *error) {
  expression *e = bsn_alloc_in(arena, sizeof *e);
  size_t outputs = bsn_outputs_for(loss, view->set);
  if (!e) return bsn_no_memory(error);
  bsn_graph_init(&e->graph, arena);
  bsn_node *index = bsn_index_leaf(&e->graph, INDEX);
  e->z = bsn_leaf(&e->graph, OUTPUT, 0, true, 1, &outputs);
  BSN_TRY(express_loss(e, index, loss, view->set, error));
  bsn_plan *plan =
      bsn_plan_new(&e->graph, 1, &(bsn_output){e->loss, LOSS, 0}, &(bsn_plan_options){.rows = view->n}, arena, error);
  if (!plan) return false;
  bsn_plan_bind(plan, INDEX, view->row);
  bsn_plan_bind(plan, OUTPUT, z);
  bsn_plan_bind(plan, LOSS, l);
  bsn_plan_run(plan, view->n);
  return true;
}

bool bsn_outputs_loss(const bsn_choice *loss, const bsn_view *view, const bsn_real *z, bsn_real *l, bsn_error *error) {
  bsn_arena arena = {0};
  bool ok = view->n == 0 || outputs_loss(&arena, loss, view, z, l, error);
  bsn_arena_free(&arena);
  return ok;
}
