/* bench: how fast this machine trains, as a share of what its arithmetic units can do. */
#include "learn/objective.h"
#include "learn/stack.h"
#include "num/draw.h"
#include "num/kernels.h"
#include "program.h"
#include "stats/interval.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- the clock ----
 * Time of this process on its core: who else uses the machine disturbs little. */
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- what is measured ---- */
enum { IMAGES = 60000, WIDTH = 784, CLASSES = 10, ROUNDS = 9, MANY = 1000 };
static const double PIECE = 0.04; /* seconds of a round */

/* Data of the size of Fashion-MNIST, or of a small regression. */
typedef struct material {
  bsn_arena arena;
  bsn_dataset images, curve;
} material;

typedef struct subject subject;

typedef struct work_row {
  const char *name, *unit;
  const char *study; /* its model, loss, optimizer and batch */
  bool images;
  size_t rows; /* of data; 0: all */
  bool (*once)(subject *s);
  double (*amount)(const subject *s); /* what one call of once does, in units */
  double (*flop)(const subject *s);   /* of one call, in contractions alone; NULL: no share */
} work_row;

struct subject {
  const work_row *row;
  bsn_arena arena;
  bsn_error error;
  bsn_trial trial;
  bsn_fit_rows rows;
  bsn_fit fit;
  bsn_fit_spec *spec; /* of the models of a stack, and what they become */
  bsn_fit *model;
  bsn_stack stack;
  bsn_objective *objective;
  bsn_evaluator *evaluator;
  bsn_real *v, *out, *w;
  size_t *order;
  uint64_t turn;
  double rate[ROUNDS], share[ROUNDS], peak[ROUNDS];
};

/* Products with the weights: the first layer's, all others'. */
static double first_macs(const subject *s) { return (double)s->fit.net.tensor[0].size; }

static double later_macs(const subject *s) {
  double n = 0;
  for (size_t i = 1; i < s->fit.net.ntensors; i++)
    if (s->fit.net.tensor[i].role == BSN_WEIGHT) n += (double)s->fit.net.tensor[i].size;
  return n;
}

static double all_rows(const subject *s) { return (double)s->rows.train.n; }
static double one(const subject *s) { return (void)s, 1; }
static double stacked(const subject *s) { return (void)s, BSN_STACK_MOST; }

static double gradient_flop(const subject *s, double rows) { return rows * (4 * first_macs(s) + 6 * later_macs(s)); }
static double step_flop(const subject *s) { return gradient_flop(s, (double)s->trial.fit.train.batch); }
static double stack_flop(const subject *s) { return BSN_STACK_MOST * step_flop(s); }
static double value_flop(const subject *s) { return all_rows(s) * 2 * (first_macs(s) + later_macs(s)); }
static double whole_flop(const subject *s) { return gradient_flop(s, all_rows(s)); }

/* With the activations and deltas of the gradient at hand; and with those. */
static double kept_flop(const subject *s) { return all_rows(s) * (4 * first_macs(s) + 12 * later_macs(s)); }
static double fresh_flop(const subject *s) {
  return kept_flop(s) + all_rows(s) * (2 * first_macs(s) + 4 * later_macs(s));
}

static bool step(subject *s) { return bsn_fit_step(&s->fit, &s->error); }

/* Models that differ in their initial weights. */
static bool make_models(subject *s) {
  bsn_fit *model[BSN_STACK_MOST];
  s->spec = bsn_alloc_in(&s->arena, BSN_STACK_MOST * sizeof *s->spec);
  s->model = bsn_alloc_in(&s->arena, BSN_STACK_MOST * sizeof *s->model);
  if (!s->spec || !s->model) return bsn_no_memory(&s->error);
  for (size_t i = 0; i < BSN_STACK_MOST; i++) {
    s->spec[i] = s->trial.fit;
    s->spec[i].seeds.init = i;
    model[i] = &s->model[i];
    BSN_TRY(bsn_fit_init(model[i], &s->spec[i], &s->rows, &s->arena, &s->error));
  }
  bsn_stack_init(&s->stack, BSN_STACK_MOST, model);
  return true;
}

static bool stack_step(subject *s) {
  bsn_error error[BSN_STACK_MOST] = {{0}};
  if (!s->model) BSN_TRY(make_models(s));
  bsn_stack_step(&s->stack, error);
  for (size_t i = 0; i < BSN_STACK_MOST; i++)
    if (error[i].code) return s->error = error[i], false;
  return true;
}

static bool gradient(subject *s) {
  double f;
  return s->objective->eval(s->objective, s->fit.w, &f, s->out);
}

static bool product(subject *s) { return s->objective->product(s->objective, s->fit.w, s->v, s->out, BSN_HESSIAN); }

/* Other weights each time, so that nothing can be kept. */
static bool fresh_product(subject *s) {
  s->fit.w[0] += BSN_R(0x1p-10);
  return product(s);
}

static bool evaluation(subject *s) {
  bsn_evaluator_run(s->evaluator, s->fit.w, s->rows.train.row, s->rows.train.n, s->v, s->out);
  return true;
}

/* The rows of one batch, somewhere in the data. */
static bool gathering(subject *s) {
  const bsn_view *v = &s->rows.train;
  size_t batch = s->trial.fit.train.batch;
  const bsn_transform *t = &s->rows.transform;
  int32_t index[MANY];
  for (size_t i = 0; i < batch; i++) index[i] = (int32_t)s->order[(s->turn + i) % v->n];
  s->turn += batch;
  bsn_kernels_chosen()->gather_u8(v->set->u8, index, batch, WIDTH, t->scale, t->shift, t->step, s->out);
  return true;
}

static bool permuting(subject *s) {
  bsn_permutation(bsn_stream_of(0, "order", "", s->turn++), s->rows.train.n, s->order);
  return true;
}

static bool normals(subject *s) {
  bsn_stream stream = bsn_stream_of(0, "noise", "", s->turn++);
  for (size_t i = 0; i < MANY; i++) s->v[i] = (bsn_real)bsn_normal(stream, i);
  return true;
}

static double batch_of(const subject *s) { return (double)s->trial.fit.train.batch; }
static double many(const subject *s) { return (void)s, MANY; }

// clang-format off
#define CURVE  "model: {name: mlp, hidden: [64, 64], activation: tanh}\nloss: mse\n"
#define LINEAR "model: {name: mlp, hidden: []}\nloss: cross-entropy\n"
#define MLP    "model: {name: mlp, hidden: [256, 128], activation: relu}\nloss: cross-entropy\n"
#define TRAIN(batch, optimizer) "optimizer: {name: " optimizer ", lr: 1e-4}\ntrain: {batch: " #batch ", steps: 1000000000}\n"

static const work_row list[] = {
    {"regression 1-64-64-1 tanh, batch 64, adam",    "steps", CURVE TRAIN(64, "adam"), false, 0, step, one, step_flop},
    {"logistic 784-10, batch 128, sgd",              "steps", LINEAR TRAIN(128, "sgd"), true, 0, step, one, step_flop},
    {"logistic 784-10, batch 128, sgd, 16 stacked",   "steps", LINEAR TRAIN(128, "sgd"), true, 0, stack_step, stacked, stack_flop},
    {"mlp 784-256-128-10, batch 32, momentum",       "steps", MLP TRAIN(32, "momentum"), true, 0, step, one, step_flop},
    {"mlp 784-256-128-10, batch 128, momentum",      "steps", MLP TRAIN(128, "momentum"), true, 0, step, one, step_flop},
    {"mlp 784-256-128-10, batch 1024, momentum",     "steps", MLP TRAIN(1024, "momentum"), true, 0, step, one, step_flop},
    {"mlp 784-256-128-10, batch 32, adam",           "steps", MLP TRAIN(32, "adam"), true, 0, step, one, step_flop},
    {"mlp 784-256-128-10, batch 128, adam",          "steps", MLP TRAIN(128, "adam"), true, 0, step, one, step_flop},
    {"mlp gradient, 1000 rows",                      "gradients", MLP TRAIN(128, "sgd"), true, 1000, gradient, one, whole_flop},
    {"mlp Hessian product, 1000 rows, new weights",  "products", MLP TRAIN(128, "sgd"), true, 1000, fresh_product, one, fresh_flop},
    {"mlp Hessian product, 1000 rows, same weights", "products", MLP TRAIN(128, "sgd"), true, 1000, product, one, kept_flop},
    {"mlp gradient, 10000 rows",                     "gradients", MLP TRAIN(128, "sgd"), true, 10000, gradient, one, whole_flop},
    {"mlp Hessian product, 10000 rows, new weights", "products", MLP TRAIN(128, "sgd"), true, 10000, fresh_product, one, fresh_flop},
    {"mlp Hessian product, 10000 rows, same weights","products", MLP TRAIN(128, "sgd"), true, 10000, product, one, kept_flop},
    {"mlp evaluation",                               "rows", MLP TRAIN(128, "sgd"), true, 10000, evaluation, all_rows, value_flop},
    {"gather of 128 rows of 784 bytes",              "rows", LINEAR TRAIN(128, "sgd"), true, 0, gathering, batch_of, NULL},
    {"order of an epoch, 60000 rows",                "rows", LINEAR TRAIN(128, "sgd"), true, 0, permuting, all_rows, NULL},
    {"normal numbers",                               "numbers", LINEAR TRAIN(128, "sgd"), true, 0, normals, many, NULL},
};
// clang-format on
enum { ROWS = sizeof list / sizeof *list };

/* ---- getting ready ---- */
static bool make_images(material *m, bsn_error *error) {
  size_t blocks = IMAGES * WIDTH / 16;
  uint8_t *pixel = bsn_buffer_in(&m->arena, blocks * 16);
  int32_t *label = bsn_buffer_in(&m->arena, IMAGES * sizeof *label);
  if (!pixel || !label) return bsn_no_memory(error);
  bsn_stream s = bsn_stream_of(0, "data", "bench", 0);
  for (size_t i = 0; i < blocks; i++) {
    uint32_t word[4];
    bsn_draw_block(s, i, word);
    memcpy(pixel + 16 * i, word, sizeof word);
  }
  for (size_t i = 0; i < IMAGES; i++) label[i] = pixel[i * WIDTH] % CLASSES;
  m->images = (bsn_dataset){.task = BSN_CLASSIFICATION,
                            .rows = IMAGES,
                            .axes = 3,
                            .shape = {28, 28, 1},
                            .width = WIDTH,
                            .u8 = pixel,
                            .scale = BSN_R(1.0) / 255,
                            .outputs = CLASSES,
                            .label = label};
  return true;
}

static bool make_curve(material *m, bsn_error *error) {
  enum { N = 1024 };
  bsn_real *x = bsn_reals_in(&m->arena, N), *y = bsn_reals_in(&m->arena, N);
  if (!x || !y) return bsn_no_memory(error);
  bsn_stream s = bsn_stream_of(0, "data", "bench", 1);
  for (size_t i = 0; i < N; i++) {
    x[i] = (bsn_real)(2 * bsn_uniform(s, i) - 1);
    y[i] = x[i] * x[i];
  }
  m->curve = (bsn_dataset){.task = BSN_REGRESSION,
                           .rows = N,
                           .axes = 1,
                           .shape = {1},
                           .width = 1,
                           .real = x,
                           .scale = 1,
                           .outputs = 1,
                           .target = y};
  return true;
}

/* The study's data is not used: it has to be some that is always there. */
static bool read_trial(subject *s, const material *m) {
  const char *text = bsn_text_in(&s->arena, "study: bench\ndata: {name: blobs, rows: 20}\n%s", s->row->study);
  if (!text) return bsn_no_memory(&s->error);
  bsn_study *study = bsn_study_read(&s->arena, "bench", text, strlen(text), 0, NULL, NULL, &s->error);
  BSN_TRY(study && bsn_study_trial(study, 0, &s->arena, &s->trial, &s->error));
  s->rows.train = bsn_view_all(s->row->images ? &m->images : &m->curve, &s->arena);
  if (!s->rows.train.row) return bsn_no_memory(&s->error);
  if (s->row->rows) s->rows.train.n = s->row->rows;
  return bsn_transform_fit(&s->rows.transform, "none", &s->rows.train, &s->arena, &s->error);
}

static bool prepare(subject *s, const work_row *row, const material *m) {
  *s = (subject){.row = row};
  BSN_TRY(read_trial(s, m));
  BSN_TRY(bsn_fit_init(&s->fit, &s->trial.fit, &s->rows, &s->arena, &s->error));
  size_t n = s->fit.net.n > MANY * WIDTH ? s->fit.net.n : MANY * WIDTH;
  s->v = bsn_reals_in(&s->arena, n);
  s->out = bsn_reals_in(&s->arena, n);
  s->order = bsn_alloc_in(&s->arena, s->rows.train.n * sizeof *s->order);
  if (!s->v || !s->out || !s->order) return bsn_no_memory(&s->error);
  for (size_t i = 0; i < n; i++) s->v[i] = (bsn_real)(i % 7) - 3;
  s->objective = bsn_fit_objective_in(&s->fit, &s->arena, &s->error);
  s->evaluator =
      bsn_evaluator_in(&s->arena, &s->fit.net, &s->trial.fit.loss, s->rows.train.set, &s->rows.transform, &s->error);
  return s->objective && s->evaluator && permuting(s) && row->once(s);
}

/* ---- measuring: short rounds over all rows, each with the peak of its own moment beside it ---- */
static double measure_peak(void) {
  const bsn_kernels *k = bsn_kernels_chosen();
  double start = now(), done = 0, used;
  do done += k->peak(100000);
  while ((used = now() - start) < PIECE / 4);
  return done / used;
}

static bool measure(subject *s, int round) {
  double before = measure_peak(), start = now(), used, calls = 0;
  do {
    BSN_TRY(s->row->once(s));
    calls++;
  } while ((used = now() - start) < PIECE);
  double per_second = calls / used;
  s->peak[round] = (before + measure_peak()) / 2;
  s->rate[round] = per_second * s->row->amount(s);
  s->share[round] = s->row->flop ? per_second * s->row->flop(s) / s->peak[round] : NAN;
  return true;
}

static double middle(double *x) { return bsn_median(x, ROUNDS); } /* sorts */

/* ---- telling ---- */
static void print_text(bsn_out *out, subject *s, size_t n, double peak) {
  bsn_out_add(out, "%s kernels, %s, one core: %.4g GFLOP/s at most\n", bsn_kernels_chosen()->name, BSN_PRECISION,
              1e-9 * peak);
  for (size_t i = 0; i < n; i++) {
    double rate = middle(s[i].rate), share = s[i].row->flop ? middle(s[i].share) : 0;
    bsn_out_add(out, "%-46s %10.4g %s/s", s[i].row->name, rate, s[i].row->unit);
    if (s[i].row->flop) bsn_out_add(out, ", %.0f %% of the peak", 100 * share);
    bsn_out_add(out, "\n");
  }
}

static void print_json(bsn_out *out, subject *s, size_t n, double peak) {
  bsn_out_add(out, "{\"kernels\": \"%s\", \"precision\": \"%s\", \"peak_gflops\": ", bsn_kernels_chosen()->name,
              BSN_PRECISION);
  bsn_out_number(out, 1e-9 * peak);
  bsn_out_add(out, ", \"rows\": [");
  for (size_t i = 0; i < n; i++) {
    double rate = middle(s[i].rate);
    bsn_out_add(out, "%s\n{\"name\": ", i ? "," : "");
    bsn_out_json(out, s[i].row->name);
    bsn_out_add(out, ", \"unit\": \"%s/s\", \"rate\": ", s[i].row->unit);
    bsn_out_number(out, rate);
    bsn_out_add(out, ", \"low\": ");
    bsn_out_number(out, s[i].rate[0]);
    bsn_out_add(out, ", \"high\": ");
    bsn_out_number(out, s[i].rate[ROUNDS - 1]);
    bsn_out_add(out, ", \"share\": ");
    if (s[i].row->flop)
      bsn_out_number(out, middle(s[i].share));
    else
      bsn_out_add(out, "null");
    bsn_out_add(out, "}");
  }
  bsn_out_add(out, "\n]}\n");
}

typedef struct options {
  bool json;
  const char *wanted;
} options;

/* Prepare the rows whose names have the word `wanted` (NULL: all); how many. 0: an error. */
static size_t prepare_all(subject *s, const char *wanted, const material *m, bsn_error *error) {
  size_t n = 0;
  for (size_t i = 0; i < ROWS; i++) {
    if (wanted && !strstr(list[i].name, wanted)) continue;
    if (!prepare(&s[n++], &list[i], m)) return *error = s[n - 1].error, 0;
  }
  if (!n) bsn_fail(error, BSN_USAGE, "nothing that is measured has '%s' in its name", wanted);
  return n;
}

static bool bench(bsn_out *out, const options *o, material *m, subject *s, bsn_error *error) {
  BSN_TRY(make_images(m, error) && make_curve(m, error));
  size_t n = prepare_all(s, o->wanted, m, error);
  bool ok = n;
  for (int round = 0; ok && round < ROUNDS; round++)
    for (size_t i = 0; ok && i < n; i++) ok = measure(&s[i], round) || (*error = s[i].error, false);
  double peak[ROUNDS] = {0};
  for (int round = 0; ok && round < ROUNDS; round++) peak[round] = s[0].peak[round];
  if (ok) (o->json ? print_json : print_text)(out, s, n, middle(peak));
  for (size_t i = 0; i < ROWS; i++) {
    bsn_stack_free(&s[i].stack);
    bsn_arena_free(&s[i].arena);
  }
  return ok && bsn_out_end(out, error);
}

enum { JSON = 1000 };

static error_t parse(int key, char *arg, struct argp_state *state) {
  options *o = state->input;
  if (key == JSON) return o->json = true, 0;
  if (key != ARGP_KEY_ARG) return ARGP_ERR_UNKNOWN;
  if (o->wanted) argp_error(state, "one word at a time");
  o->wanted = arg;
  return 0;
}

int cmd_bench(int argc, char **argv) {
  static const struct argp_option table[] = {{"json", JSON, NULL, 0, "As JSON", 0}, {0}};
  const struct argp argp = {.options = table,
                            .parser = parse,
                            .args_doc = "[WORD]",
                            .doc =
                                "Measure training steps, Hessian products and what else takes time (all, or what has "
                                "WORD in its name), on made-up data: medians of short rounds, beside the most that one "
                                "core can multiply and add in the same moment.",
                            .children = help_child};
  options o = {.json = false};
  bsn_out out = {.write = to_stdout};
  bsn_error error = {0};
  material m = {.arena = {0}};
  if (argp_parse(&argp, argc, argv, 0, NULL, &o)) return BSN_USAGE;
  subject *s = bsn_alloc_in(&m.arena, ROWS * sizeof *s);
  if (s)
    bench(&out, &o, &m, s, &error);
  else
    bsn_no_memory(&error);
  bsn_out_free(&out);
  bsn_arena_free(&m.arena);
  return finish(&error);
}
