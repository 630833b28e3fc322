/* Fits in a stack: each has the record and the weights that it has alone, whatever the others do; what does not see the same
 * batches does not stack; without memory a stack is slower, and right. */
#include "refuse.h"
#include "fit_check.h"
#include "learn/stack.h"

#define BLOBS                                                                                                     \
  "study: x\ndata: {name: blobs, rows: 50, classes: 3, features: 7, test: 10, validation: 12, scale: standard}\n" \
  "loss: cross-entropy\n"
#define LOGISTIC BLOBS "model: logistic\n"

/* The trials of a study, fitted on the rows of the first. */
typedef struct many {
  bench b;
  size_t n;
  bsn_trial trial[BSN_STACK_MOST];
  bsn_fit fit[BSN_STACK_MOST], *list[BSN_STACK_MOST];
  bsn_error error[BSN_STACK_MOST];
} many;

static void many_open(many *m, const char *text) {
  bench *b = &m->b;
  *m = (many){.n = 0};
  bench_open(b, text);
  m->n = b->study->ntrials;
  ck_assert_uint_le(m->n, BSN_STACK_MOST);
  for (size_t i = 0; i < m->n; i++) OK(bsn_study_trial(b->study, i, &b->arena, &m->trial[i], &b->error));
}

static void many_init(many *m) {
  bench *b = &m->b;
  for (size_t i = 0; i < m->n; i++) {
    m->fit[i] = (bsn_fit){.nwatchers = 0};
    OK(bsn_fit_init(&m->fit[i], &m->trial[i].fit, &b->rows, &b->arena, &b->error));
    m->list[i] = &m->fit[i];
    m->error[i] = (bsn_error){0};
    ck_assert_msg(bsn_fits_stack(&m->fit[0], &m->fit[i]), "fit %zu does not stack", i);
  }
}

static bool more(const many *m) {
  bool any = false;
  for (size_t i = 0; i < m->n; i++) any |= !m->fit[i].record.outcome && !m->error[i].code;
  return any;
}

/* Every fit of the stack against the fit alone. */
static void check_alone(many *m) {
  bench *b = &m->b;
  for (size_t i = 0; i < m->n; i++) {
    bsn_fit alone = {.nwatchers = 0};
    if (m->error[i].code) continue;
    OK(bsn_fit_init(&alone, &m->trial[i].fit, &b->rows, &b->arena, &b->error));
    while (!alone.record.outcome) OK(bsn_fit_step(&alone, &b->error));
    ck_assert_msg(same_record(&alone.record, &m->fit[i].record), "%s: %s", m->trial[i].cell,
                  difference(&alone.record, &m->fit[i].record));
    ck_assert_msg(same_weights(&alone, &m->fit[i]), "%s: other weights", m->trial[i].cell);
  }
}

/* To the end; joints: at least so many different ones are made on the way. */
static void check_stack(const char *text, size_t joints) {
  many m;
  bsn_stack stack;
  many_open(&m, text);
  many_init(&m);
  bsn_stack_init(&stack, m.n, m.list);
  size_t made = 0;
  for (size_t last = 0; more(&m); last = stack.njoined) {
    bsn_stack_step(&stack, m.error);
    ck_assert(!stack.njoined || stack.joint);
    made += stack.njoined != last;
  }
  ck_assert(stack.evaluator[0].joint); /* of the metrics at the start, at least */
  bsn_stack_free(&stack);
  for (size_t i = 0; i < m.n; i++) ck_assert_msg(!m.error[i].code, "%s", m.error[i].text);
  ck_assert_msg(made >= joints, "%zu joints in %s", made, text);
  check_alone(&m);
  bench_close(&m.b);
}

START_TEST(every_optimizer_has_its_bits) {
  const bsn_row *row;
  const char *more_rules[] = {"{name: sam, base: momentum}", "{name: lookahead, base: adam}",
                              "{name: lbfgs, line_search: strong_wolfe}", "{name: momentum, weight_decay: 0.1}"};
  for (size_t i = 0; (row = bsn_table_row(&bsn_optimizers, i)); i++) {
    char text[1000];
    if (((const bsn_optimizer *)row)->whole) continue;
    snprintf(text, sizeof text,
             LOGISTIC
             "optimizer: sgd\ntrain: {batch: 9, epochs: 3}\nvary: {optimizer: [{name: sgd, lr: 0.3}, {name: %s}, %s, "
             "{name: adam, lr: 0.3}]}\n",
             row->name, more_rules[i % (sizeof more_rules / sizeof *more_rules)]);
    check_stack(text, 1);
  }
  check_stack(LOGISTIC "optimizer: gd\ntrain: {steps: 8}\nvary: {optimizer.lr: [0.1, 0.2, 0.4]}\n", 1);
}
END_TEST

/* One diverges, one stops early, one is penalised, lengths and schedules differ: each leaves when it is over. */
START_TEST(members_come_to_different_ends) {
  check_stack(LOGISTIC
              "optimizer: sgd\ntrain: {batch: 10, epochs: 6}\n"
              "vary: {optimizer.lr: [0.01, 1e30, 0.3], train.epochs: [1, 2, 6]}\n",
              3);
  check_stack(LOGISTIC
              "optimizer: {name: adam, lr: 0.5}\ntrain: {batch: 10, epochs: 30}\n"
              "vary:\n  regularise: [[], [{name: early-stopping, patience: 1, metric: train_accuracy}], [{name: l2, "
              "lambda: 0.1}]]\n"
              "  train.schedule: [constant, plateau]\n",
              2);
  check_stack(LOGISTIC "optimizer: sgd\ntrain: {steps: 5}\nvary: {train.steps: [5, 0, 3]}\n", 1);
}
END_TEST

START_TEST(orders_and_nets_of_all_kinds) {
  static const char *const orders[] = {
      "epoch", "once", "sequential", "iid", "iid, replacement: true", "epoch, remainder: drop"};
  static const char *const models[] = {"logistic", "{name: mlp, hidden: [5]}", "{name: mlp, hidden: [40, 3]}"};
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
    for (size_t k = 0; k < sizeof models / sizeof *models; k++) {
      char text[1000];
      snprintf(text, sizeof text,
               BLOBS
               "model: %s\noptimizer: momentum\ntrain: {batch: 12, steps: 11, order: %s}\n"
               "seed: {data: 0, split: 0, order: 0}\nseeds: 3\nvary: {optimizer.lr: [0.1, 0.2]}\n",
               models[k], orders[i]);
      check_stack(text, 1);
    }
  check_stack(SINE "optimizer: sgd\ntrain: {batch: 7, epochs: 3}\nvary: {optimizer.lr: [0.1, 0.2]}\n", 1);
  check_stack(
      SINE "optimizer: sgd\ntrain: {batch: 7, epochs: 2}\nvary: {loss: [mse, mae], model.activation: [relu, tanh]}\n",
      1);
}
END_TEST

/* Fits that were taken up at different steps go together as soon as they can. */
START_TEST(who_is_behind_catches_up) {
  many m;
  bsn_stack stack;
  many_open(&m, LOGISTIC "optimizer: adam\ntrain: {batch: 10, epochs: 5}\nvary: {optimizer.lr: [0.1, 0.2, 0.3]}\n");
  many_init(&m);
  for (size_t i = 0; i < m.n; i++)
    for (size_t k = 0; k < 3 * i; k++) ck_assert(bsn_fit_step(&m.fit[i], &m.error[i]));
  bsn_stack_init(&stack, m.n, m.list);
  for (int k = 0; k < 3; k++) bsn_stack_step(&stack, m.error);
  ck_assert(m.fit[0].step == 3 && m.fit[1].step == 3 && m.fit[2].step == 6 && !stack.joint);
  for (int k = 0; k < 4; k++) bsn_stack_step(&stack, m.error);
  ck_assert(m.fit[0].step == 7 && m.fit[1].step == 7 && m.fit[2].step == 7 && stack.njoined == 3);
  while (more(&m)) bsn_stack_step(&stack, m.error);
  bsn_stack_free(&stack);
  check_alone(&m);
  bench_close(&m.b);
}
END_TEST

/* What a joint has computed is taken once, for the same rows at the same weights; everything else is computed. */
START_TEST(a_known_evaluation_is_taken_once) {
  many m;
  bench *b = &m.b;
  many_open(&m, LOGISTIC "optimizer: sgd\ntrain: {steps: 5}\nvary: {optimizer.lr: [0.1, 0.2]}\n");
  many_init(&m);
  bsn_objective *o[2] = {m.fit[0].plain, m.fit[1].plain};
  bsn_real *w[2] = {m.fit[0].w, m.fit[1].w}, *g[2] = {m.fit[0].optimizer.g, m.fit[1].optimizer.g};
  bsn_joint *joint = bsn_joint_in(&b->arena, 2, o, 4, &b->error);
  OK(joint);
  const size_t rows[] = {3, 1, 4, 1, 5}, equal[] = {3, 1, 4, 1, 5}, others[] = {3, 1, 4, 1, 6};
  bsn_real *own = bsn_reals_in(&b->arena, o[0]->n);
  double known, fresh;
  bsn_joint_run(joint, rows, 5, w, g);
  w[0][0] += 1; /* no fit may do this; here it shows what is computed */
  ck_assert(o[0]->select(o[0], equal, 5, BSN_TRAIN) && o[0]->eval(o[0], w[0], &known, own));
  ck_assert(o[0]->eval(o[0], w[0], &fresh, own) && known != fresh);
  for (int way = 0; way < 3; way++) {
    bsn_joint_run(joint, rows, 5, w, g);
    w[0][0] += 1;
    if (way == 1) memcpy(own, w[0], o[0]->n * sizeof *own);
    o[0]->select(o[0], way == 0 ? others : equal, 5, BSN_TRAIN);
    o[0]->eval(o[0], way == 1 ? own : w[0], &known, way == 2 ? NULL : g[0]);
    o[0]->eval(o[0], w[0], &fresh, g[0]);
    ck_assert(known == fresh);
  }
  bench_close(b);
}
END_TEST

START_TEST(what_differs_does_not_stack) {
  static const struct other {
    const char *vary;
    bool stacks;
  } cases[] = {{"optimizer.lr: [0.1, 0.2]", true},   {"seed.init: [0, 1]", true},
               {"loss: [cross-entropy, mse]", true}, {"train.epochs: [1, 2]", true},
               {"seed.order: [0, 1]", false},        {"train.batch: [9, 10]", false},
               {"train.order: [epoch, iid]", false}, {"train.remainder: [short, drop]", false},
               {"optimizer: [sgd, gd]", false},      {"optimizer: [sgd, {name: nag, form: lookahead}]", false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[1000];
    many m;
    bench *b = &m.b;
    snprintf(text, sizeof text, LOGISTIC "optimizer: sgd\ntrain: {batch: 9, epochs: 3}\nvary: {%s}\n", cases[i].vary);
    many_open(&m, text);
    for (size_t k = 0; k < 2; k++) OK(bsn_fit_init(&m.fit[k], &m.trial[k].fit, &b->rows, &b->arena, &b->error));
    ck_assert_msg(bsn_fits_stack(&m.fit[0], &m.fit[1]) == cases[i].stacks, "%s", cases[i].vary);
    bsn_fit_rows fewer = b->rows;
    fewer.train.n--;
    m.fit[1] = m.fit[0];
    m.fit[1].rows = &fewer;
    ck_assert(!bsn_fits_stack(&m.fit[0], &m.fit[1]));
    bench_close(b);
  }
}
END_TEST

START_TEST(narrow_models_alone_pay) {
  static const struct other {
    const char *text;
    bool pays;
  } cases[] = {{LOGISTIC, true},
               {BLOBS "model: {name: mlp, hidden: [64]}\n", false},
               {BLOBS "model: {name: mlp, hidden: [10, 64]}\n", false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[1000];
    bench b;
    snprintf(text, sizeof text, "%soptimizer: sgd\ntrain: {steps: 1}\n", cases[i].text);
    bench_open(&b, text);
    bench_init(&b);
    ck_assert_msg(bsn_stack_pays(&b.fit) == cases[i].pays, "%s", text);
    bench_close(&b);
  }
}
END_TEST

/* Every allocation of a run fails once: of the joint, and all go on alone; of a fit, and the others go on. */
START_TEST(without_memory) {
  for (size_t turn = 1, reached = 1; reached; turn++) {
    many m;
    bsn_stack stack;
    many_open(&m, LOGISTIC "optimizer: sgd\ntrain: {batch: 19, steps: 3}\nvary: {optimizer.lr: [0.1, 0.2]}\n");
    many_init(&m);
    bsn_stack_init(&stack, m.n, m.list);
    calls = 0;
    refused = turn;
    while (more(&m)) bsn_stack_step(&stack, m.error);
    reached = calls >= refused;
    refused = 0;
    bsn_stack_free(&stack);
    for (size_t i = 0; i < m.n; i++) ck_assert(!m.error[i].code || m.error[i].code == BSN_NO_MEMORY);
    ck_assert(!m.error[0].code || !m.error[1].code);
    ck_assert(reached || turn > 200);
    check_alone(&m);
    bench_close(&m.b);
  }
}
END_TEST

BASIN_TESTS("stack", every_optimizer_has_its_bits, members_come_to_different_ends, orders_and_nets_of_all_kinds,
            who_is_behind_catches_up, a_known_evaluation_is_taken_once, what_differs_does_not_stack,
            narrow_models_alone_pay, without_memory)
