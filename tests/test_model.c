/* Layers, losses, models: every row of their tables keeps what a row promises, and PyTorch's numbers come out. */
#include "basin_check.h"
#include "graph/grad.h"
#include "graph/plan.h"
#include "model/init.h"
#include "model/loss.h"
#include "model/net.h"
#include "model/weights.h"
#include "num/draw.h"

enum { W, X, Y, C, Z, L, G, MOST = 512 };

static const bsn_table *const tables[] = {&bsn_layers, &bsn_losses, &bsn_models, &bsn_inits, NULL};

/* ---- rows from text ---- */
static bool read_choice(bsn_arena *arena, const bsn_table *table, const char *yaml, bsn_choice *choice) {
  bsn_faults faults = {.arena = arena};
  bsn_reader reader = {.arena = arena, .faults = &faults, .tables = tables};
  bsn_value *value = bsn_value_read(arena, "test", yaml, strlen(yaml), &faults);
  bool ok = value && bsn_read_row(&reader, table, value, table->kind, choice, NULL, NULL);
  ck_assert_msg(ok && !faults.n, "%s: %s", yaml, bsn_faults_text(arena, &faults));
  return ok;
}

/* A value for a parameter that has no default. */
static const char *sample_value(bsn_arena *arena, const bsn_param *p) {
  static const char *const samples[] = {
      [BSN_REAL] = "1",        [BSN_COUNT] = "3",    [BSN_FLAG] = "true",  [BSN_REALS] = "[1, 2]",
      [BSN_COUNTS] = "[4, 3]", [BSN_AMOUNT] = "all", [BSN_MOMENT] = "end", [BSN_ROWS] = "[{dense: 3}]"};
  if (p->type == BSN_WORD) return p->words[0];
  if (p->type == BSN_ROW) return bsn_text_in(arena, "%s", "relu");
  ck_assert_msg(p->type < sizeof samples / sizeof *samples && samples[p->type], "no sample for parameter %s", p->name);
  return samples[p->type];
}

/* A row with its defaults, and samples where it needs a value. */
static const char *sample_row(bsn_arena *arena, const bsn_row *row) {
  const char *text = bsn_text_in(arena, "{name: %s", row->name);
  for (const bsn_param *p = row->params; p && p->name; p++)
    if (!p->def) text = bsn_text_in(arena, "%s, %s: %s", text, p->name, sample_value(arena, p));
  return bsn_text_in(arena, "%s}", text);
}

/* ---- a net with a loss, its gradient, and a plan ---- */
typedef struct problem {
  const char *model, *loss;
  bsn_io io;
  bool labels;
  size_t rows;
} problem;

typedef struct built {
  bsn_net net;
  bsn_builder builder;
  bsn_graph graph;
  bsn_node *z, *l;
  bsn_node **g;
} built;

static bool build_net(const problem *p, bsn_arena *arena, built *t, bsn_error *error) {
  bsn_choice model;
  read_choice(arena, &bsn_models, p->model, &model);
  if (!bsn_net_init(&t->net, (const bsn_model *)model.row, model.config, &p->io, arena, error)) return false;
  bsn_graph_init(&t->graph, arena);
  t->builder = (bsn_builder){.graph = &t->graph, .slot = W};
  t->z = bsn_net_forward(&t->net, &t->builder, bsn_leaf(&t->graph, X, 0, true, p->io.axes, p->io.shape));
  return true;
}

static bool build(const problem *p, bsn_arena *arena, built *t, bsn_error *error) {
  bsn_choice loss;
  read_choice(arena, &bsn_losses, p->loss, &loss);
  BSN_TRY(build_net(p, arena, t, error));
  bsn_target target = {.classes = p->io.outputs > 1 ? p->io.outputs : 2};
  if (p->labels)
    target.label = bsn_index_leaf(&t->graph, Y);
  else
    target.value = bsn_leaf(&t->graph, Y, 0, true, 1, (size_t[]){p->io.outputs});
  t->l = ((const bsn_loss *)loss.row)->build(loss.config, t->z, &target);
  ck_assert_msg(t->l->batch && t->l->axes == 0, "%s: a loss is one number for each example", p->loss);
  bsn_node *seed = bsn_leaf(&t->graph, C, 0, true, 0, NULL);
  t->g = bsn_alloc_in(arena, (t->builder.ntensors + 1) * sizeof *t->g);
  return bsn_grad(1, &t->l, &seed, t->builder.ntensors, t->builder.leaf, t->g);
}

typedef struct arrays {
  bsn_real w[MOST], x[MOST], c[MOST], z[MOST], l[MOST], g[MOST];
  union {
    int32_t label[MOST];
    bsn_real value[MOST];
  } y;
} arrays;

static bsn_plan *plan_of(built *t, const bsn_plan_options *options, bsn_arena *arena, bsn_error *error) {
  bsn_output out[20] = {{t->z, Z, 0}, {t->l, L, 0}};
  ck_assert_uint_lt(t->net.ntensors, 18);
  for (size_t i = 0; i < t->net.ntensors; i++) out[2 + i] = (bsn_output){t->g[i], G, t->net.tensor[i].offset};
  return bsn_plan_new(&t->graph, 2 + t->net.ntensors, out, options, arena, error);
}

static void run(bsn_plan *plan, arrays *a, size_t rows) {
  bsn_plan_bind(plan, W, a->w);
  bsn_plan_bind(plan, X, a->x);
  bsn_plan_bind(plan, Y, &a->y);
  bsn_plan_bind(plan, C, a->c);
  bsn_plan_bind(plan, Z, a->z);
  bsn_plan_bind(plan, L, a->l);
  bsn_plan_bind(plan, G, a->g);
  bsn_plan_run(plan, rows);
}

static void solve(const problem *p, const bsn_plan_options *options, arrays *a) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  built t = {0};
  bool ok = build(p, &arena, &t, &error);
  ck_assert_msg(ok, "%s, %s: %s%s", p->model, p->loss, error.text, t.graph.error.text);
  ck_assert_uint_lt(t.net.n, MOST / 2);
  bsn_plan *plan = plan_of(&t, options, &arena, &error);
  ck_assert_msg(plan, "%s, %s: %s", p->model, p->loss, error.text);
  run(plan, a, p->rows);
  bsn_arena_free(&arena);
}

/* ---- what every row promises ---- */
static void check_row(const bsn_table *table, const bsn_row *row) {
  bsn_arena arena = {0};
  bsn_choice choice;
  ck_assert_msg(row->doc && row->doc[strlen(row->doc) - 1] == '.', "%s: its doc is no sentence", row->name);
  ck_assert_uint_eq(strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(row->name));
  ck_assert_ptr_eq(bsn_table_find(table, row->name), row); // the first of this name: names are unique
  for (const bsn_param *p = row->params; p && p->name; p++) {
    ck_assert_msg(p->doc && *p->doc, "%s: parameter %s has no doc", row->name, p->name);
    ck_assert_uint_eq(strspn(p->name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(p->name));
  }
  read_choice(&arena, table, sample_row(&arena, row), &choice);
  bsn_arena_free(&arena);
}

START_TEST(rows_have_names_sentences_and_valid_defaults) {
  for (size_t k = 0; tables[k]; k++) {
    const bsn_row *row;
    for (size_t i = 0; (row = bsn_table_row(tables[k], i)); i++) check_row(tables[k], row);
  }
}
END_TEST

enum { ROWS = 7, FEW = 3 };

static void fill(const problem *p, arrays *a) {
  bsn_stream s = bsn_stream_of(1, "test", "", 0);
  for (size_t i = 0; i < MOST; i++) {
    a->w[i] = (bsn_real)bsn_normal(s, i);
    a->x[i] = (bsn_real)bsn_normal(s, MOST + i);
    a->c[i] = (bsn_real)bsn_uniform(s, i);
    if (p->labels)
      a->y.label[i] = (int32_t)bsn_below(s, i, p->io.outputs > 1 ? p->io.outputs : 2);
    else
      a->y.value[i] = (bsn_real)bsn_uniform(s, MOST + i);
    a->g[i] = 0;
  }
}

static double objective(const problem *p, const bsn_plan_options *options, const arrays *a, const bsn_real *v,
                        double h) {
  static arrays b;
  double sum = 0;
  b = *a;
  for (size_t i = 0; i < MOST; i++) b.w[i] += (bsn_real)h * v[i];
  solve(p, options, &b);
  for (size_t r = 0; r < p->rows; r++) sum += (double)b.c[r] * (double)b.l[r];
  return sum;
}

/* The slope along a random direction, by differences: error about h^2 + 1e-16 / h. In double only. */
static void check_slope(const problem *p, const bsn_plan_options *options, const arrays *a) {
  if (sizeof(bsn_real) < 8) return;
  static bsn_real v[MOST];
  double slope = 0, size = 0, h = 1e-5;
  for (size_t i = 0; i < MOST; i++) v[i] = (bsn_real)bsn_normal(bsn_stream_of(2, "test", "", 0), i);
  for (size_t i = 0; i < MOST; i++) slope += (double)a->g[i] * (double)v[i];
  for (size_t i = 0; i < MOST; i++) size += fabs((double)a->g[i]);
  double found = (objective(p, options, a, v, h) - objective(p, options, a, v, -h)) / (2 * h);
  ck_assert_msg(fabs(found - slope) < 1e-7 * (1 + size), "%s, %s: slope %.12g, by differences %.12g", p->model, p->loss,
                slope, found);
}

/* All of them on two batch sizes; tiles, epilogues and what else is in the batch change no bit. */
static void check_problem(problem p) {
  static arrays a, b;
  const bsn_plan_options whole = {.rows = ROWS, .tile = ROWS}, tiles = {.rows = ROWS, .tile = 2, .plain = true};
  p.rows = ROWS;
  fill(&p, &a);
  b = a;
  solve(&p, &whole, &a);
  solve(&p, &tiles, &b);
  ck_assert_mem_eq(&a, &b, sizeof a);
  double size = 0;
  for (size_t i = 0; i < MOST; i++) size += fabs((double)a.g[i]);
  ck_assert_msg(isfinite(size) && size > 0, "%s, %s: gradient of size %g", p.model, p.loss, size);
  check_slope(&p, &whole, &a);
  fill(&p, &b);
  p.rows = FEW;
  solve(&p, &(bsn_plan_options){.rows = FEW}, &b);
  ck_assert_mem_eq(a.z, b.z, FEW * p.io.outputs * sizeof *a.z);
  ck_assert_mem_eq(a.l, b.l, FEW * sizeof *a.l);
}

static const bsn_io features = {1, {6}, 3}, images = {3, {4, 4, 2}, 3}, one = {1, {6}, 1};

START_TEST(every_model_runs_at_two_batch_sizes) {
  bsn_arena arena = {0};
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(&bsn_models, i)); i++) {
    problem p = {sample_row(&arena, row), "cross-entropy", features, true, 0};
    check_problem(p);
  }
  bsn_arena_free(&arena);
}
END_TEST

/* Between dense layers where it takes features, else on images. */
static problem problem_of_layer(bsn_arena *arena, const bsn_row *row) {
  const char *layer = sample_row(arena, row);
  problem p = {bsn_text_in(arena, "{layers: [{dense: 4}, %s, {dense: 3}]}", layer), "mse", features, false, 0};
  built t = {0};
  bsn_error error = {0};
  if (build_net(&p, arena, &t, &error)) return p;
  p.model = bsn_text_in(arena, "{layers: [%s, flatten, {dense: 3}]}", layer);
  p.io = images;
  return p;
}

START_TEST(every_layer_runs_at_two_batch_sizes) {
  bsn_arena arena = {0};
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(&bsn_layers, i)); i++) check_problem(problem_of_layer(&arena, row));
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(every_loss_runs_on_labels_and_on_numbers) {
  bsn_arena arena = {0};
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(&bsn_losses, i)); i++) {
    const char *loss = sample_row(&arena, row);
    const bsn_loss *l = (const bsn_loss *)row;
    check_problem((problem){"linear", loss, features, true, 0});
    check_problem((problem){"linear", loss, features, false, 0});
    if (l->single) check_problem((problem){"linear", loss, one, true, 0});
  }
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(a_loss_of_one_output_takes_class_1_as_positive) {
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(&bsn_losses, i)); i++) {
    if (!((const bsn_loss *)row)->single) continue;
    static arrays a;
    problem p = {"linear", row->name, one, true, 2};
    memset(&a, 0, sizeof a);
    a.w[6] = 3; // the bias: both examples get output 3
    a.y.label[1] = 1;
    solve(&p, &(bsn_plan_options){.rows = 2}, &a);
    ck_assert(a.z[0] == 3 && a.z[1] == 3);
    ck_assert_msg(a.l[0] > 1 && a.l[1] < BSN_R(0.1), "%s: %g %g", row->name, (double)a.l[0], (double)a.l[1]);
  }
}
END_TEST

/* ---- shapes and places ---- */
START_TEST(what_does_not_fit_is_said) {
  static const struct {
    const char *model;
    const bsn_io *io;
    const char *message;
  } cases[] = {
      {"{layers: [relu, {dense: 3}]}", &images,
       "model layers: layer 1, dense: its input has 3 axes, not 1: put flatten before it"},
      {"{layers: [{dense: 4}, tanh]}", &features,
       "model layers: the last layer has 4 outputs, the data and the loss want 3"},
      {"{layers: []}", &features, "model layers: the last layer has 6 outputs, the data and the loss want 3"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    built t = {0};
    ck_assert(!build_net(&(problem){cases[i].model, "mse", *cases[i].io, false, 1}, &arena, &t, &error));
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    ck_assert_str_eq(error.text, cases[i].message);
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(tensors_are_named_by_position_and_lie_end_to_end) {
  static const bsn_tensor want[] = {{"0.weight", 0, 20, 2, {5, 4}, BSN_WEIGHT, 1, 5, 4},
                                    {"0.bias", 20, 4, 1, {4}, BSN_BIAS, -1, 5, 4},
                                    {"2.weight", 24, 12, 2, {4, 3}, BSN_WEIGHT, 1, 4, 3},
                                    {"2.bias", 36, 3, 1, {3}, BSN_BIAS, -1, 4, 3}};
  bsn_arena arena = {0};
  bsn_error error = {0};
  built t = {0};
  problem p = {"{name: mlp, hidden: [4]}", "mse", {2, {1, 5}, 3}, false, 1};
  ck_assert(build_net(&p, &arena, &t, &error));
  ck_assert_uint_eq(t.net.n, 39);
  ck_assert_uint_eq(t.net.ntensors, 4);
  for (size_t i = 0; i < 4; i++) {
    const bsn_tensor *a = &t.net.tensor[i], *b = &want[i];
    ck_assert_str_eq(a->name, b->name);
    ck_assert(a->offset == b->offset && a->size == b->size && a->axes == b->axes && a->role == b->role);
    ck_assert(a->filter_axis == b->filter_axis && a->fan_in == b->fan_in && a->fan_out == b->fan_out);
    ck_assert_mem_eq(a->shape, b->shape, sizeof a->shape);
  }
  bsn_arena_free(&arena);
}
END_TEST

static void initial(const char *model, bsn_arena *arena, bsn_real *w) {
  bsn_error error = {0};
  built t = {0};
  bsn_choice init;
  ck_assert(build_net(&(problem){model, "mse", features, false, 1}, arena, &t, &error));
  read_choice(arena, &bsn_inits, "torch", &init);
  bsn_init_all(&init, t.net.ntensors, t.net.tensor, 5, w);
}

START_TEST(layers_behind_change_no_initial_number) {
  static bsn_real a[MOST], b[MOST];
  bsn_arena arena = {0};
  initial("{name: mlp, hidden: [5]}", &arena, a);
  initial("{name: mlp, hidden: [5, 9, 2], activation: tanh}", &arena, b);
  ck_assert_mem_eq(a, b, (6 * 5 + 5) * sizeof *a);
  bsn_arena_free(&arena);
}
END_TEST

/* ---- PyTorch's numbers ---- */
static char *golden(bsn_arena *arena, const char *name) {
  bsn_error error = {0};
  char *text;
  size_t n;
  const char *path = bsn_text_in(arena, "%s/tests/golden/%s", getenv("BASIN_SOURCE"), name);
  ck_assert_msg(bsn_file_read(arena, path, &text, &n, &error), "%s", error.text);
  return text;
}

/* The numbers of the next line, which must be FIELD;NUMBERS. */
static size_t read_numbers(char **text, const char *field, double *out) {
  char *line = strsep(text, "\n"), *rest = strchr(line, ';') + 1;
  size_t n = 0;
  ck_assert_msg(strncmp(line, field, strlen(field)) == 0 && line[strlen(field)] == ';', "%s expected: %s", field, line);
  for (char *end; n < MOST; n++, rest = end) {
    out[n] = strtod(rest, &end);
    if (end == rest) break;
  }
  ck_assert_uint_gt(n, 0);
  return n;
}

static size_t read_reals(char **text, const char *field, bsn_real *out) {
  static double x[MOST];
  size_t n = read_numbers(text, field, x);
  for (size_t i = 0; i < n; i++) out[i] = (bsn_real)x[i];
  return n;
}

static void compare(const char *name, char **text, const char *field, const bsn_real *ours) {
  static double x[MOST];
  double tolerance = sizeof(bsn_real) == 8 ? 1e-12 : 1e-5;
  size_t n = read_numbers(text, field, x);
  for (size_t i = 0; i < n; i++)
    ck_assert_msg(fabs((double)ours[i] - x[i]) <= tolerance * fmax(1, fabs(x[i])),
                  "%s: %s[%zu] is %.17g, PyTorch has %.17g", name, field, i, (double)ours[i], x[i]);
}

static problem read_problem(char *line, char **name) {
  problem p = {0};
  strsep(&line, ";");
  *name = strsep(&line, ";");
  p.model = strsep(&line, ";");
  p.loss = strsep(&line, ";");
  p.labels = strcmp(strsep(&line, ";"), "label") == 0;
  p.io.outputs = strtoul(strsep(&line, ";"), NULL, 10);
  for (char *end; *line; line = end) p.io.shape[p.io.axes++] = strtoul(line, &end, 10);
  return p;
}

static void check_golden(char *line, char **text) {
  static arrays a;
  char *name;
  problem p = read_problem(line, &name);
  memset(&a, 0, sizeof a);
  size_t n = read_reals(text, "w", a.w);
  read_reals(text, "x", a.x);
  size_t targets = read_reals(text, "y", a.y.value);
  if (p.labels)
    for (size_t i = 0; i < targets; i++) a.y.label[i] = (int32_t)a.y.value[i];
  p.rows = read_reals(text, "c", a.c);
  for (size_t i = 0; i < p.rows; i++) a.c[i] /= (bsn_real)p.rows;
  solve(&p, &(bsn_plan_options){.rows = p.rows}, &a);
  ck_assert_msg(a.g[n] == 0, "%s: more parameters than PyTorch's %zu", name, n);
  compare(name, text, "z", a.z);
  compare(name, text, "l", a.l);
  compare(name, text, "g", a.g);
}

START_TEST(outputs_losses_and_gradients_are_those_of_pytorch) {
  bsn_arena arena = {0};
  char *text = golden(&arena, "model.csv");
  size_t cases = 0;
  for (char *line; (line = strsep(&text, "\n")) && *line; cases++) check_golden(line, &text);
  ck_assert_uint_ge(cases, 45);
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(every_layer_and_loss_is_compared) {
  bsn_arena arena = {0};
  const char *text = golden(&arena, "model.csv");
  for (size_t k = 0; k < 3; k++) {
    const bsn_row *row;
    for (size_t i = 0; (row = bsn_table_row(tables[k], i)); i++)
      ck_assert_msg(strstr(text, row->name), "%s", row->name);
  }
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(weights_of_a_pytorch_net_give_its_outputs) {
  static arrays a;
  bsn_arena arena = {0};
  bsn_error error = {0};
  built t = {0};
  problem p = {"{name: mlp, hidden: [4], activation: tanh}", "mse", {1, {3}, 2}, false, 4};
  char *text = golden(&arena, "mlp.csv");
  const char *path = bsn_text_in(&arena, "%s/tests/golden/mlp.safetensors", getenv("BASIN_SOURCE"));
  read_reals(&text, "x", a.x);
  ck_assert(build_net(&p, &arena, &t, &error));
  ck_assert_msg(bsn_weights_load(path, t.net.ntensors, t.net.tensor, a.w, &error), "%s", error.text);
  solve(&p, &(bsn_plan_options){.rows = 4}, &a);
  compare("mlp", &text, "z", a.z);
  bsn_arena_free(&arena);
}
END_TEST

BASIN_TESTS("model", rows_have_names_sentences_and_valid_defaults, every_model_runs_at_two_batch_sizes,
            every_layer_runs_at_two_batch_sizes, every_loss_runs_on_labels_and_on_numbers,
            a_loss_of_one_output_takes_class_1_as_positive, what_does_not_fit_is_said,
            tensors_are_named_by_position_and_lie_end_to_end, layers_behind_change_no_initial_number,
            outputs_losses_and_gradients_are_those_of_pytorch, every_layer_and_loss_is_compared,
            weights_of_a_pytorch_net_give_its_outputs)
