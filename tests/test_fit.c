/* The training loop: the same bits again, alone or watched, whole or in pieces; what it counts, when it stops, what it may see. */
#include "fit_check.h"
#include "learn/objective.h"
#include "num/vector.h"

/* ---- same bits ---- */
static const char *const runs[] = {
    "optimizer: {name: adam, lr: 0.02}\ntrain: {batch: 7, epochs: 3}\n",
    "optimizer: {name: sgd, lr: 0.05}\ntrain: {batch: 7, epochs: 3, remainder: drop}\n",
    "optimizer: {name: momentum, lr: 0.02}\ntrain: {batch: 8, steps: 9, order: once}\n",
    "optimizer: {name: rmsprop, lr: 0.01}\ntrain: {batch: 4, steps: 9, order: iid}\neval: {when: every 2 steps}\n",
    "optimizer: {name: adam, lr: 0.02}\ntrain: {batch: 4, budget: 1.5, order: iid, replacement: true}\n",
    "optimizer: {name: adam, lr: 0.02}\ntrain: {batch: 8, steps: 10, order: sequential}\n",
    "optimizer: {name: lbfgs, lr: 0.1}\ntrain: {batch: 30, steps: 8}\n",
    "optimizer: {name: lookahead, base: {name: adam, lr: 0.02}}\ntrain: {batch: 10, steps: 12}\n",
    "optimizer: {name: sam, base: {name: sgd, lr: 0.05}}\ntrain: {batch: 10, steps: 9}\n",
    "optimizer: {name: gd, lr: 0.1}\ntrain: {steps: 6}\n",
    ("optimizer: {name: adam, lr: 0.3}\ntrain: {batch: 10, epochs: 30}\n"
     "regularise: [{name: early-stopping, patience: 2}, {name: l2, lambda: 0.01}]\neval: {when: every 2 steps}\n"),
    "optimizer: {name: sgd, lr: 0.1}\ntrain: {batch: 10, epochs: 4, schedule: {name: plateau, patience: 1}}\n",
    "optimizer: {name: sgd, lr: 1e3}\ntrain: {batch: 10, epochs: 40}\n",
    ("optimizer: {name: adam, lr: 0.3}\ntrain: {batch: 10, epochs: 30}\neval: {when: every 2 steps, rows: 7}\n"
     "regularise: [{name: early-stopping, patience: 2}]\n"),
};
enum { RUNS = sizeof runs / sizeof *runs };

static void open_run(bench *b, int i) {
  char text[2000];
  snprintf(text, sizeof text, "%sseeds: [2]\n%s", SINE, runs[i]);
  bench_open(b, text);
}

START_TEST(a_fit_is_a_function_of_its_settings) {
  bench a, b;
  open_run(&a, _i);
  open_run(&b, _i);
  bench_fit(&a);
  bench_fit(&b);
  ck_assert(same_weights(&a.fit, &b.fit) && same_record(&a.fit.record, &b.fit.record));
  ck_assert_int_gt(a.fit.record.outcome_step, 1);
  bench_close(&a);
  bench_close(&b);
}
END_TEST

START_TEST(a_fit_goes_on_where_it_was_packed) {
  bench whole;
  open_run(&whole, _i);
  bench_fit(&whole);
  for (int64_t k = 0; k < whole.fit.record.outcome_step; k++) {
    bench first, second, *b = &first;
    void *bytes;
    size_t n;
    open_run(&first, _i);
    open_run(&second, _i);
    bench_init(&first);
    bench_steps(&first, k);
    OK(bsn_fit_pack(&first.fit, &first.arena, &bytes, &n, &first.error));
    b = &second;
    bench_init(&second);
    OK(bsn_fit_unpack(&second.fit, bytes, n, &second.error));
    bench_steps(&second, -1);
    ck_assert_msg(same_weights(&whole.fit, &second.fit), "other weights after a break at step %d", (int)k);
    ck_assert_msg(same_record(&whole.fit.record, &second.fit.record), "another record after a break at step %d: %s",
                  (int)k, difference(&whole.fit.record, &second.fit.record));
    bench_close(&first);
    bench_close(&second);
  }
  bench_close(&whole);
}
END_TEST

static bool look_hard(void *context, const bsn_fit *fit, bsn_record *record, bsn_error *error) {
  bench *b = context;
  bsn_arena arena = {0};
  bsn_record own = {.arena = &arena};
  bsn_objective *o = bsn_fit_objective_in(fit, &arena, error);
  bsn_real *g = bsn_reals_in(&arena, fit->net.n);
  double f;
  (void)record;
  bool ok = o && g && o->select(o, NULL, 0, BSN_EVAL) && o->eval(o, fit->w, &f, g) &&
            o->product(o, fit->w, fit->w, g, BSN_HESSIAN) && bsn_fit_measure(fit, &b->work.test, "test", &own, error);
  bsn_arena_free(&arena);
  return ok;
}

START_TEST(watching_changes_nothing) {
  bench alone, watched;
  open_run(&alone, _i);
  open_run(&watched, _i);
  const bsn_watcher list[] = {{.eval = true, .context = &watched, .look = look_hard},
                              {.when = {BSN_EVERY_STEPS, 1}, .context = &watched, .look = look_hard},
                              {.when = {BSN_LOG_POINTS, 3}, .context = &watched, .look = look_hard},
                              {.when = {BSN_AT_END, 0}, .context = &watched, .look = look_hard}};
  watched.fit = (bsn_fit){.nwatchers = 4, .watcher = list};
  bench_fit(&alone);
  bench_fit(&watched);
  ck_assert(same_weights(&alone.fit, &watched.fit) && same_record(&alone.fit.record, &watched.fit.record));
  bench_close(&alone);
  bench_close(&watched);
}
END_TEST

/* A name of its own means other weights and another order. */
START_TEST(named_fits_are_others) {
  bench a, b;
  open_run(&a, 0);
  open_run(&b, 0);
  b.trial.fit.name = "member.1";
  bench_init(&a);
  bench_init(&b);
  for (size_t t = 0; t < a.fit.net.ntensors; t++) {
    const bsn_tensor *x = &a.fit.net.tensor[t];
    ck_assert_str_eq(x->name, b.fit.net.tensor[t].name);
    for (size_t i = 0; i < x->size; i++) ck_assert(a.fit.w[x->offset + i] != b.fit.w[x->offset + i]);
  }
  bench_close(&a);
  bench_close(&b);
}
END_TEST

/* ---- length and order ---- */
typedef struct counter {
  bsn_objective base, *inner;
  size_t n, row[400], size[100], calls;
} counter;

static bool count_rows(bsn_objective *o, const size_t *rows, size_t m, bsn_mode mode) {
  counter *c = (counter *)o;
  c->size[c->calls++] = m;
  for (size_t i = 0; i < m; i++) c->row[c->n++] = rows[i];
  return c->inner->select(c->inner, rows, m, mode);
}

static bool count_eval(bsn_objective *o, const bsn_real *w, double *f, bsn_real *g) {
  counter *c = (counter *)o;
  bool ok = c->inner->eval(c->inner, w, f, g);
  o->cost = c->inner->cost;
  return ok;
}

/* Train 30 rows and note which of them every step saw. */
static void trace(counter *c, const char *train, bench *b) {
  char text[2000];
  snprintf(text, sizeof text, "%soptimizer: {name: sgd, lr: 0.01}\ntrain: %s\n", SINE, train);
  bench_open(b, text);
  bench_init(b);
  *c = (counter){.inner = b->fit.objective};
  c->base = *c->inner;
  c->base.select = count_rows;
  c->base.eval = count_eval;
  b->fit.objective = &c->base;
  bench_steps(b, -1);
}

START_TEST(batches_cut_one_order) {
  static const char *const orders[] = {"epoch", "once", "sequential"};
  for (int k = 0; k < 3; k++) {
    counter small, large;
    bench a, b;
    char text[200];
    snprintf(text, sizeof text, "{batch: 7, epochs: 3, order: %s}", orders[k]);
    trace(&small, text, &a);
    snprintf(text, sizeof text, "{batch: 30, epochs: 3, order: %s}", orders[k]);
    trace(&large, text, &b);
    ck_assert_uint_eq(small.n, 90);
    ck_assert_uint_eq(small.calls, 15);
    ck_assert_uint_eq(large.calls, 3);
    for (size_t i = 0; i < 90; i++) ck_assert_uint_eq(small.row[i], large.row[i]);
    for (size_t e = 0; e < 3; e++) { /* each epoch has every row once */
      bool seen[30] = {false};
      for (size_t i = 0; i < 30; i++) seen[small.row[30 * e + i]] = true;
      for (size_t i = 0; i < 30; i++) ck_assert(seen[i]);
      if (k == 2) ck_assert_uint_eq(small.row[30 * e + 1], 1);
    }
    bool same = !memcmp(small.row, small.row + 30, 30 * sizeof *small.row);
    ck_assert_int_eq(same, k > 0);
    bench_close(&a);
    bench_close(&b);
  }
}
END_TEST

static const struct {
  const char *train;
  size_t steps, last; /* of the run; rows of its last step */
  double grads;
} lengths[] = {
    {"{batch: 7, epochs: 2, remainder: short}", 10, 2, 2},
    {"{batch: 7, epochs: 2, remainder: drop}", 8, 7, 56.0 / 30},
    {"{batch: 10, epochs: 0.5}", 2, 10, 20.0 / 30},
    {"{batch: 7, steps: 6}", 6, 7, 37.0 / 30},
    {"{batch: 15, budget: 2}", 4, 15, 2},
    {"{batch: 7, budget: 1, order: iid}", 5, 7, 35.0 / 30},
    {"{batch: 100, epochs: 2}", 2, 30, 2},
    {"{batch: 7, epochs: 1, order: iid}", 5, 7, 35.0 / 30},
};

START_TEST(runs_are_as_long_as_asked) {
  counter c;
  bench b;
  trace(&c, lengths[_i].train, &b);
  ck_assert_int_eq(b.fit.record.outcome, BSN_BUDGET);
  ck_assert_uint_eq((size_t)b.fit.record.outcome_step, lengths[_i].steps);
  ck_assert_uint_eq(c.calls, lengths[_i].steps);
  ck_assert_uint_eq(c.size[c.calls - 1], lengths[_i].last);
  ck_assert_double_eq_tol(b.fit.record.grads, lengths[_i].grads, 1e-12);
  bench_close(&b);
}
END_TEST

START_TEST(independent_batches_draw_without_replacement) {
  counter c;
  bench b;
  trace(&c, "{batch: 29, steps: 3, order: iid}", &b);
  for (size_t k = 0; k < 3; k++) {
    size_t seen[30] = {0};
    for (size_t i = 0; i < 29; i++) ck_assert_uint_eq(seen[c.row[29 * k + i]]++, 0);
  }
  ck_assert(memcmp(c.row, c.row + 29, 29 * sizeof *c.row) != 0);
  bench_close(&b);
}
END_TEST

/* ---- outcomes ---- */
START_TEST(divergence_is_a_result_with_its_step) {
  bench b;
  bench_open(&b, SINE "optimizer: {name: sgd, lr: 1e3}\ntrain: {batch: 10, steps: 500}\n");
  bench_fit(&b);
  const bsn_record *r = &b.fit.record;
  ck_assert_int_eq(r->outcome, BSN_DIVERGED);
  ck_assert(r->outcome_step > 0 && r->outcome_step < 500 && r->outcome_step == b.fit.step);
  double start = r->metric[0].value, last = b.fit.optimizer.loss;
  for (size_t i = r->nmetrics; i-- > 0;)
    if (!strcmp(r->metric[i].name, "objective")) start = r->metric[i].value;
  ck_assert(!isfinite(last) || last > 1e6 * start);
  bench_close(&b);
}
END_TEST

START_TEST(early_stopping_goes_back_to_the_best_weights) {
  bench b, again;
  char text[1000];
  bench_open(
      &b, SINE
      "seeds: [2]\noptimizer: {name: adam, lr: 0.2}\ntrain: {batch: 10, steps: 400}\neval: {when: every 3 steps}\n"
      "regularise: [{name: early-stopping, patience: 4}]\n");
  bench_fit(&b);
  const bsn_record *r = &b.fit.record;
  ck_assert_int_eq(r->outcome, BSN_STOPPED_EARLY);
  double best = INFINITY;
  int64_t step = -1;
  for (size_t i = 0; i < r->nmetrics; i++)
    if (!strcmp(r->metric[i].name, "validation_loss") && r->metric[i].step < r->outcome_step &&
        r->metric[i].value < best) {
      best = r->metric[i].value;
      step = r->metric[i].step;
    }
  ck_assert_int_gt(step, 0);
  ck_assert_double_eq(bsn_record_last(r, "validation_loss"), best);
  ck_assert_double_eq(bsn_record_last(r, "best_step"), (double)step);
  ck_assert_int_eq(r->outcome_step, step + 12); /* four evaluations without a better one */
  snprintf(text, sizeof text, "%sseeds: [2]\noptimizer: {name: adam, lr: 0.2}\ntrain: {batch: 10, steps: %d}\n", SINE,
           (int)step);
  bench_open(&again, text);
  bench_fit(&again);
  ck_assert(same_weights(&b.fit, &again.fit));
  bench_close(&b);
  bench_close(&again);
}
END_TEST

/* ---- equal in effect ---- */
static void check_close(const bsn_fit *a, const bsn_fit *b) {
  double tolerance = sizeof(bsn_real) == sizeof(double) ? 1e-12 : 1e-5;
  for (size_t i = 0; i < a->net.n; i++)
    ck_assert_double_eq_tol((double)a->w[i], (double)b->w[i], tolerance * fmax(1, fabs((double)b->w[i])));
}

START_TEST(l2_is_weight_decay_of_sgd) {
  bench a, b, plain;
  bench_open(&a, SINE
             "optimizer: {name: sgd, lr: 0.05}\ntrain: {batch: 10, steps: 20}\nregularise: [{name: l2, lambda: 0.1, "
             "bias: true}]\n");
  bench_open(&b, SINE "optimizer: {name: sgd, lr: 0.05, weight_decay: 0.1}\ntrain: {batch: 10, steps: 20}\n");
  bench_open(&plain, SINE "optimizer: {name: sgd, lr: 0.05}\ntrain: {batch: 10, steps: 20}\n");
  bench_fit(&a);
  bench_fit(&b);
  bench_fit(&plain);
  check_close(&a.fit, &b.fit);
  ck_assert(!same_weights(&a.fit, &plain.fit));
  double norm2 = bsn_dot(a.fit.net.n, a.fit.w, a.fit.w), more = bsn_record_last(&a.fit.record, "objective");
  ck_assert_double_eq_tol(more - bsn_record_last(&a.fit.record, "train_loss"), 0.05 * norm2, 1e-7);
  bench_close(&a);
  bench_close(&b);
  bench_close(&plain);
}
END_TEST

/* Row i of 30 taken i mod 3 times, as a weight and as repetition: full batches see the same function. */
START_TEST(weights_are_repetitions) {
  bench a, b;
  const char *text = SINE "optimizer: {name: gd, lr: 0.1}\ntrain: {steps: 15}\n";
  bench_open(&a, text);
  bench_open(&b, text);
  size_t pick[30], n = 0;
  bsn_real *weight = bsn_reals_in(&a.arena, 30);
  for (size_t i = 0; i < 30; i++) {
    weight[i] = (bsn_real)(i % 3);
    for (size_t k = 0; k < i % 3; k++) pick[n++] = i;
  }
  ck_assert_uint_eq(n, 30);
  a.rows.train.weight = weight;
  b.rows.train = bsn_view_pick(&b.rows.train, pick, n, &b.arena);
  bench_fit(&a);
  bench_fit(&b);
  check_close(&a.fit, &b.fit);
  double x = bsn_record_last(&a.fit.record, "train_loss"), y = bsn_record_last(&b.fit.record, "train_loss");
  ck_assert_double_eq_tol(x, y, sizeof(bsn_real) == sizeof(double) ? 1e-12 : 1e-6);
  bench_close(&a);
  bench_close(&b);
}
END_TEST

/* ---- test rows stay sealed (a protocol that wants to cheat is refused) ---- */
static const char *const cheats[] = {"train on them", "validate on them", "scale by them", "call them validation"};
static const char *const refusals[] = {"no fit may see them", "no fit may see them",
                                       "no transform may be fitted on them", "cannot be measured as validation_loss"};

static bool cheat(bench *b, int how) {
  bsn_record r = {.arena = &b->arena};
  if (how == 2) return bsn_transform_fit(&b->rows.transform, "standard", &b->work.test, &b->arena, &b->error);
  if (how == 0) b->rows.train = b->work.test;
  if (how == 1) b->rows.validation = b->work.test;
  bool ok = bsn_fit_init(&b->fit, &b->trial.fit, &b->rows, &b->arena, &b->error);
  return ok && bsn_fit_measure(&b->fit, &b->work.test, how == 3 ? "validation" : "test", &r, &b->error);
}

START_TEST(test_rows_reach_no_fit) {
  bench b;
  open_run(&b, 0);
  ck_assert(b.work.test.n == 12 && b.work.test.set->sealed && !b.work.train.set->sealed);
  ck_assert_msg(!cheat(&b, _i), "%s: is allowed", cheats[_i]);
  ck_assert_int_eq(b.error.code, BSN_BAD_INPUT);
  ck_assert_ptr_nonnull(strstr(b.error.text, refusals[_i]));
  bench_close(&b);
}
END_TEST

/* Rows that the data's own training rows gave up for the test are sealed as well; a part of a sealed view is. */
START_TEST(seals_are_passed_on) {
  bench b;
  size_t pick[] = {1};
  bench_open(
      &b,
      "study: x\ndata: {name: spirals, rows: 40, test: 0.25}\nmodel: {name: mlp, hidden: [3]}\nloss: cross-entropy\n"
      "optimizer: sgd\ntrain: {steps: 1}\n");
  bsn_view part = bsn_view_pick(&b.work.test, pick, 1, &b.arena);
  ck_assert(b.work.test.n == 10 && part.set->sealed);
  bench_close(&b);
}
END_TEST

static const struct {
  const char *metric, *says;
} refused[] = {
    {"test_loss", "'test_loss' cannot be watched"},
    {"objective", "'objective' cannot be watched"},
    {"train_accuracy", "watches 'train_accuracy', which is not recorded"}, /* of numbers, not classes */
    {"validation_mse", "watches 'validation_mse', which is not recorded"},
};
enum { REFUSED = sizeof refused / sizeof *refused };

START_TEST(a_stopping_rule_may_not_watch_any_metric) {
  bench b;
  open_run(&b, 10);
  *(const char **)((char *)(uintptr_t)b.trial.fit.regularise.item[0].config + sizeof(size_t)) = refused[_i].metric;
  ck_assert(!bsn_fit_init(&b.fit, &b.trial.fit, &b.rows, &b.arena, &b.error));
  ck_assert_msg(strstr(b.error.text, refused[_i].says), "%s", b.error.text);
  bench_close(&b);
}
END_TEST

/* ---- objectives and evaluators ---- */
/* A parameter that the output does not depend on. */
static bsn_node *build_idle(bsn_builder *b, const void *config, bsn_node *x) {
  (void)config;
  return bsn_parameter(b, "idle", BSN_WEIGHT, 1, (size_t[]){3}, -1, 1, 1) ? x : NULL;
}

static const bsn_layer idle = {{.name = "idle"}, build_idle};

static bool idle_layers(const void *config, const bsn_io *io, bsn_arena *arena, bsn_choices *out) {
  const bsn_model *linear = (const bsn_model *)bsn_table_find(&bsn_models, "linear");
  (void)config;
  BSN_TRY(linear->layers(NULL, io, arena, out));
  bsn_choice *item = bsn_grow_in(arena, NULL, 0, sizeof *item);
  if (!item) return false;
  item[0] = (bsn_choice){.row = &idle.row};
  item[1] = out->item[0];
  *out = (bsn_choices){2, item};
  return true;
}

/* No plan writes its gradient: it has to be zero all the same, whatever was in the array before. */
START_TEST(an_idle_parameter_has_no_gradient) {
  static const bsn_model model = {{.name = "idle"}, idle_layers, true};
  bench b;
  open_run(&b, 8);
  b.trial.fit.model = (bsn_choice){.row = &model.row};
  bench_init(&b);
  bsn_objective *o = b.fit.plain;
  bsn_real *g = bsn_reals_in(&b.arena, o->n);
  double f;
  for (size_t i = 0; i < o->n; i++) g[i] = 7;
  ck_assert(o->eval(o, b.fit.w, &f, g));
  for (size_t i = 0; i < 3; i++) ck_assert(g[i] == 0);
  ck_assert(o->n > 3 && g[3] != 0 && g[3] != 7);
  bench_close(&b);
}
END_TEST

/* A view may name rows of its set again and again. */
START_TEST(a_view_may_be_longer_than_its_set) {
  bench b;
  open_run(&b, 8);
  bench_init(&b);
  const bsn_view *some = &b.rows.train;
  size_t n = some->n, times = 3 * some->set->rows / n + 1;
  int32_t *row = bsn_buffer_in(&b.arena, times * n * sizeof *row);
  bsn_real *once = bsn_reals_in(&b.arena, n), *often = bsn_reals_in(&b.arena, times * n);
  for (size_t i = 0; i < times * n; i++) row[i] = some->row[i % n];
  bsn_view many = {.set = some->set, .n = times * n, .row = row};
  ck_assert(bsn_fit_predict(&b.fit, some, once, &b.error) && bsn_fit_predict(&b.fit, &many, often, &b.error));
  for (size_t i = 0; i < times * n; i++) ck_assert(often[i] == once[i % n]);
  bench_close(&b);
}
END_TEST

static bool note_test(void *context, const bsn_fit *fit, bsn_record *record, bsn_error *error) {
  return bsn_fit_measure(fit, context, "test", record, error);
}

START_TEST(watchers_see_test_rows) {
  bench b;
  open_run(&b, 0);
  const bsn_watcher watcher = {.eval = true, .context = &b.work.test, .look = note_test};
  b.fit = (bsn_fit){.nwatchers = 1, .watcher = &watcher};
  bench_fit(&b);
  bsn_real z[12 + 64], y;
  double sum = 0;
  ck_assert(bsn_fit_predict(&b.fit, &b.work.test, z, &b.error));
  for (size_t i = 0; i < 12; i++) {
    y = b.work.test.set->target[b.work.test.row[i]];
    sum += (double)(z[i] - y) * (double)(z[i] - y);
  }
  ck_assert_double_eq_tol(bsn_record_last(&b.fit.record, "test_loss"), sum / 12, 1e-6);
  bench_close(&b);
}
END_TEST

/* ---- eval.rows ---- */
/* On the way, the last step included until the outcome is there, train metrics are those of every third row. */
static bool compare_third(void *context, const bsn_fit *fit, bsn_record *record, bsn_error *error) {
  bool between = fit->step > 0 && !fit->record.outcome;
  const bsn_view *train = &fit->rows->train;
  bsn_arena arena = {0};
  bsn_record own = {.arena = &arena};
  size_t pick[10];
  for (size_t i = 0; i < 10; i++) pick[i] = 3 * i;
  bsn_view third = bsn_view_pick(train, pick, 10, &arena);
  ck_assert(bsn_fit_measure(fit, between ? &third : train, "train", &own, error));
  ck_assert_msg(bsn_record_last(&own, "train_loss") == bsn_record_last(record, "train_loss"), "at step %d",
                (int)fit->step);
  *(int *)context += between;
  bsn_arena_free(&arena);
  return true;
}

static const struct {
  const char *rest;
  int between; /* evaluations */
} samples[] = {{"train: {batch: 10, steps: 8}\neval: {when: every 2 steps, rows: 10}\n", 4},
               {"train: {batch: 10, steps: 8}\neval: {when: every 3 steps, rows: 0.333}\n", 2},
               {"train: {batch: 10, epochs: 4}\neval: {rows: 10}\n", 4},
               {"train: {batch: 10, budget: 3}\neval: {when: every 3 steps, rows: 10}\n", 3}};
enum { SAMPLES = sizeof samples / sizeof *samples };

START_TEST(metrics_on_the_way_may_be_of_fewer_rows) {
  bench all, some;
  char text[2000];
  int between = 0;
  const bsn_watcher watcher = {.eval = true, .context = &between, .look = compare_third};
  snprintf(text, sizeof text, SINE "optimizer: {name: adam, lr: 0.02}\n%s", samples[_i].rest);
  bench_open(&some, text);
  bench_open(&all, text);
  all.trial.fit.eval_rows = (bsn_amount){.kind = BSN_AMOUNT_ALL};
  some.fit = (bsn_fit){.nwatchers = 1, .watcher = &watcher};
  bench_fit(&all);
  bench_fit(&some);
  ck_assert_int_eq(between, samples[_i].between);
  ck_assert(same_weights(&all.fit, &some.fit));
  ck_assert(bsn_record_last(&all.fit.record, "train_loss") == bsn_record_last(&some.fit.record, "train_loss"));
  ck_assert(bsn_record_last(&all.fit.record, "objective") == bsn_record_last(&some.fit.record, "objective"));
  ck_assert_uint_eq(all.fit.record.nmetrics, some.fit.record.nmetrics);
  bench_close(&all);
  bench_close(&some);
}
END_TEST

BASIN_CASES("fit", {a_fit_is_a_function_of_its_settings, RUNS}, {a_fit_goes_on_where_it_was_packed, RUNS},
            {watching_changes_nothing, RUNS}, {runs_are_as_long_as_asked, sizeof lengths / sizeof *lengths},
            {metrics_on_the_way_may_be_of_fewer_rows, SAMPLES}, {test_rows_reach_no_fit, 4},
            {a_stopping_rule_may_not_watch_any_metric, REFUSED}, {named_fits_are_others, 1}, {batches_cut_one_order, 1},
            {independent_batches_draw_without_replacement, 1}, {divergence_is_a_result_with_its_step, 1},
            {early_stopping_goes_back_to_the_best_weights, 1}, {l2_is_weight_decay_of_sgd, 1},
            {weights_are_repetitions, 1}, {seals_are_passed_on, 1}, {an_idle_parameter_has_no_gradient, 1},
            {a_view_may_be_longer_than_its_set, 1}, {watchers_see_test_rows, 1})
