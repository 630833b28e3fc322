#include "model/layer.h"
#include "graph/ops.h"
#include <math.h>

static bsn_node *no_memory(bsn_builder *b) {
  bsn_no_memory(&b->graph->error);
  return NULL;
}

bsn_node *bsn_parameter(bsn_builder *b, const char *name, bsn_role role, int axes, const size_t *shape, int filter_axis,
                        size_t fan_in, size_t fan_out) {
  bsn_arena *arena = b->graph->arena;
  bsn_tensor *tensors = bsn_grow_in(arena, b->tensor, b->ntensors, sizeof *tensors);
  bsn_node **leaves = bsn_grow_in(arena, b->leaf, b->ntensors, sizeof *leaves);
  if (!tensors || !leaves) return no_memory(b);
  b->tensor = tensors;
  b->leaf = leaves;
  bsn_node *leaf = bsn_leaf(b->graph, b->slot, b->n, false, axes, shape);
  bsn_tensor t = {.name = bsn_text_in(arena, "%s.%s", b->prefix, name),
                  .offset = b->n,
                  .axes = axes,
                  .role = role,
                  .size = leaf ? leaf->size : 0,
                  .filter_axis = filter_axis,
                  .fan_in = fan_in,
                  .fan_out = fan_out};
  if (!leaf || !t.name) return no_memory(b);
  for (int i = 0; i < axes; i++) t.shape[i] = shape[i];
  b->tensor[b->ntensors] = t;
  b->leaf[b->ntensors++] = leaf;
  b->n += t.size;
  return leaf;
}

bsn_node *bsn_build_layers(bsn_builder *b, const bsn_choices *layers, bsn_node *x) {
  const char *outer = b->prefix;
  for (size_t i = 0; x && i < layers->n; i++) {
    b->prefix = outer ? bsn_text_in(b->graph->arena, "%s.%zu", outer, i) : bsn_text_in(b->graph->arena, "%zu", i);
    if (!b->prefix) return no_memory(b);
    const bsn_layer *layer = (const bsn_layer *)layers->item[i].row;
    x = layer->build(b, layers->item[i].config, x);
  }
  b->prefix = outer;
  return x;
}

/* ---- dense ---- */
typedef struct dense_config {
  size_t units;
  bool bias;
} dense_config;

static const bsn_param dense_params[] = {
    {"units", BSN_COUNT, offsetof(dense_config, units), NULL, .lo = 1, .hi = 1e7, .doc = "number of outputs"},
    {"bias", BSN_FLAG, offsetof(dense_config, bias), "true", .doc = "add a bias to each output"},
    {0}};

static bsn_node *build_dense(bsn_builder *b, const void *config, bsn_node *x) {
  const dense_config *c = config;
  if (x->axes != 1) {
    bsn_fail(&b->graph->error, BSN_BAD_INPUT, "layer %s, dense: its input has %d axes, not 1: put flatten before it",
             b->prefix, x->axes);
    return x;
  }
  bsn_node *w = bsn_parameter(b, "weight", BSN_WEIGHT, 2, (size_t[]){x->size, c->units}, 1, x->size, c->units);
  if (!w) return NULL;
  bsn_node *y = bsn_matmul(x, w);
  if (!c->bias) return y;
  return bsn_add(y, bsn_parameter(b, "bias", BSN_BIAS, 1, (size_t[]){c->units}, -1, x->size, c->units));
}

/* ---- point ---- */
typedef struct point_config {
  size_t units;
} point_config;

static const bsn_param point_params[] = {
    {"units", BSN_COUNT, offsetof(point_config, units), NULL, .lo = 1, .hi = 1e7, .doc = "number of outputs"}, {0}};

static bsn_node *build_point(bsn_builder *b, const void *config, bsn_node *x) {
  const point_config *c = config;
  bsn_node *w = bsn_parameter(b, "weight", BSN_WEIGHT, 1, &c->units, -1, 1, c->units);
  return w ? bsn_add(w, bsn_affine(bsn_sum_row(x), 0, 0)) : NULL; /* one for each example */
}

/* ---- layers without parameters of the flat vector ---- */
typedef struct slope_config {
  double a;
} slope_config;

static const bsn_param leaky_params[] = {
    {"slope", BSN_REAL, offsetof(slope_config, a), "0.01", .lo = -INFINITY, .hi = INFINITY, .doc = "slope below 0"},
    {0}};
static const bsn_param elu_params[] = {{"alpha", BSN_REAL, offsetof(slope_config, a), "1", .lo = -INFINITY,
                                        .hi = INFINITY, .doc = "minus the limit at -infinity"},
                                       {0}};

#define PLAIN(name, expression)                                                    \
  static bsn_node *build_##name(bsn_builder *b, const void *config, bsn_node *x) { \
    (void)b, (void)config;                                                         \
    return expression;                                                             \
  }
PLAIN(flatten, bsn_flatten(x))
PLAIN(identity, x)
PLAIN(relu, bsn_relu(x))
PLAIN(leaky, bsn_leaky_relu(x, ((const slope_config *)config)->a))
PLAIN(elu, bsn_elu(x, ((const slope_config *)config)->a))
PLAIN(gelu, bsn_gelu(x))
PLAIN(silu, bsn_silu(x))
PLAIN(tanh, bsn_tanh_of(x))
PLAIN(sigmoid, bsn_sigmoid(x))
PLAIN(softplus, bsn_softplus(x))
PLAIN(softmax, bsn_softmax(x))

/* ---- the table ---- */
// clang-format off
static const bsn_layer rows[] = {
    {{"dense", "Every output is a weighted sum of all inputs, plus a bias.", "y = x W + b", NULL, dense_params, sizeof(dense_config)}, build_dense},
    {{"point", "A learned point, the same for all inputs: what is fitted is where it lies.", "y = w", NULL, point_params, sizeof(point_config)}, build_point},
    {{"flatten", "An image as one row of features.", NULL, NULL, NULL, 0}, build_flatten},
    {{"identity", "Its input.", "y = x", NULL, NULL, 0}, build_identity},
    {{"relu", "Rectified linear unit.", "y = max(x, 0)", "Nair & Hinton 2010", NULL, 0}, build_relu},
    {{"leaky-relu", "Rectified linear unit with a slope below 0.", "y = x > 0 ? x : slope x", "Maas, Hannun & Ng 2013", leaky_params, sizeof(slope_config)}, build_leaky},
    {{"elu", "Exponential linear unit.", "y = x > 0 ? x : alpha (exp(x) - 1)", "Clevert, Unterthiner & Hochreiter 2016", elu_params, sizeof(slope_config)}, build_elu},
    {{"gelu", "Gaussian error linear unit, exact form.", "y = x (1 + erf(x / sqrt 2)) / 2", "Hendrycks & Gimpel 2016", NULL, 0}, build_gelu},
    {{"silu", "Sigmoid linear unit (swish).", "y = x / (1 + exp(-x))", "Elfwing, Uchibe & Doya 2018", NULL, 0}, build_silu},
    {{"tanh", "Hyperbolic tangent.", "y = tanh(x)", NULL, NULL, 0}, build_tanh},
    {{"sigmoid", "Logistic function.", "y = 1 / (1 + exp(-x))", NULL, NULL, 0}, build_sigmoid},
    {{"softplus", "Smooth rectifier.", "y = log(1 + exp(x))", "Dugas et al. 2001", NULL, 0}, build_softplus},
    {{"softmax", "Exponentials that sum to 1 (losses on logits do not want it).", "y_j = exp(x_j) / sum_k exp(x_k)", NULL, NULL, 0}, build_softmax},
    {{0}, NULL}};
// clang-format on

const bsn_table bsn_layers = {"layer", sizeof(bsn_layer), (const void *const[]){rows, NULL}};
