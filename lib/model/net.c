#include "model/net.h"
#include "graph/ops.h"

bsn_node *bsn_net_forward(const bsn_net *net, bsn_builder *builder, bsn_node *x) {
  return bsn_build_layers(builder, &net->layers, net->flat ? bsn_flatten(x) : x);
}

bool bsn_net_init(bsn_net *net, const bsn_model *model, const void *config, const bsn_io *io, bsn_arena *arena,
                  bsn_error *error) {
  *net = (bsn_net){.io = *io, .flat = model->flat};
  if (!model->layers(config, io, arena, &net->layers)) return bsn_no_memory(error);
  bsn_graph graph;
  bsn_graph_init(&graph, arena);
  bsn_builder builder = {.graph = &graph};
  bsn_node *y = bsn_net_forward(net, &builder, bsn_leaf(&graph, 1, 0, true, io->axes, io->shape));
  if (graph.error.code) return bsn_fail(error, graph.error.code, "model %s: %s", model->row.name, graph.error.text);
  if (y->size != io->outputs)
    return bsn_fail(error, BSN_BAD_INPUT, "model %s: the last layer has %zu outputs, the data and the loss want %zu",
                    model->row.name, y->size, io->outputs);
  net->n = builder.n;
  net->ntensors = builder.ntensors;
  net->tensor = builder.tensor;
  return true;
}

/* ---- the user's own list ---- */
typedef struct layers_config {
  bsn_choices layers;
} layers_config;

static const bsn_param layers_params[] = {
    {"layers", BSN_ROWS, offsetof(layers_config, layers), NULL, .table = "layer", .doc = "the layers, first to last"},
    {0}};

static bool own_layers(const void *config, const bsn_io *io, bsn_arena *arena, bsn_choices *out) {
  (void)io, (void)arena;
  *out = ((const layers_config *)config)->layers;
  return true;
}

/* ---- mlp and its special cases ---- */
typedef struct mlp_config {
  bsn_list hidden;
  bsn_choice activation;
} mlp_config;

static const bsn_param mlp_params[] = {
    {"hidden", BSN_COUNTS, offsetof(mlp_config, hidden), NULL, .lo = 1, .hi = 1e6, .doc = "units of each hidden layer"},
    {"activation", BSN_ROW, offsetof(mlp_config, activation), "relu", .table = "layer",
     .doc = "layer behind each hidden one"},
    {0}};

/* The parameters of a dense layer are read by its own row, so that there is one place that knows them. */
static bool dense(size_t units, bsn_arena *arena, bsn_choice *out) {
  bsn_faults faults = {.arena = arena};
  bsn_reader reader = {.arena = arena, .faults = &faults, .tables = (const bsn_table *const[]){&bsn_layers, NULL}};
  const char *text = bsn_text_in(arena, "%zu", units);
  bsn_value *count = text ? bsn_value_scalar(arena, text) : NULL, *map = NULL;
  bsn_value empty = {.kind = BSN_MAP};
  if (count) map = bsn_value_put(arena, &empty, "dense", count, &faults);
  return map && bsn_read_row(&reader, &bsn_layers, map, "", out, NULL, NULL);
}

static bool mlp_layers(const void *config, const bsn_io *io, bsn_arena *arena, bsn_choices *out) {
  const mlp_config *c = config;
  size_t n = c ? c->hidden.n : 0;
  bsn_choice *item = bsn_alloc_in(arena, (2 * n + 1) * sizeof *item);
  if (!item) return false;
  for (size_t i = 0; i < n; i++) {
    BSN_TRY(dense(c->hidden.count[i], arena, &item[2 * i]));
    item[2 * i + 1] = c->activation;
  }
  *out = (bsn_choices){2 * n + 1, item};
  return dense(io->outputs, arena, &item[2 * n]);
}

static bool one_dense(const void *config, const bsn_io *io, bsn_arena *arena, bsn_choices *out) {
  (void)config;
  return mlp_layers(NULL, io, arena, out);
}

/* ---- the table ---- */
// clang-format off
static const bsn_model rows[] = {
    {{"layers", "A list of layers.", NULL, NULL, layers_params, sizeof(layers_config)}, own_layers, false},
    {{"linear", "A linear model of all features, with a bias.", "y = x W + b", NULL, NULL, 0}, one_dense, true},
    {{"logistic", "Logistic (softmax) regression: a linear model of the classes' logits.", "p = softmax(x W + b)", NULL, NULL, 0}, one_dense, true},
    {{"mlp", "Fully connected net: hidden layers with an activation each, and a linear output.", "h = a(x W + b), .., y = h V + c", NULL, mlp_params, sizeof(mlp_config)}, mlp_layers, true},
    {{0}, NULL, false}};
// clang-format on

const bsn_table bsn_models = {"model", sizeof(bsn_model), (const void *const[]){rows, NULL}};
