/* Contracts of update rules and schedules: every row of the tables, and any row that comes later, keeps them. */
#include "optim_check.h"

enum { N = 7, STEPS = 40 }; /* odd, so that loops over vectors have tails */

typedef struct counted {
  bsn_objective o;
  int evals, commits;
  int fail_at; /* the evaluation that fails; 0: none */
} counted;

/* f = sum h_i w_i^2 / 2, h from 1 to 30. */
static double curvature(size_t i) { return 1 + 29.0 * (double)i / (N - 1); }

static bool quadratic(bsn_objective *o, const bsn_real *w, double *f, bsn_real *g) {
  counted *c = (counted *)o;
  if (++c->evals == c->fail_at) return bsn_fail(&o->error, BSN_FAILED, "no value here");
  *f = 0;
  for (size_t i = 0; i < o->n; i++) {
    *f += curvature(i) * (double)w[i] * (double)w[i] / 2;
    if (g) g[i] = (bsn_real)(curvature(i) * (double)w[i]);
  }
  return true;
}

static void count_commit(bsn_objective *o) { ((counted *)o)->commits++; }

static counted objective(void) { return (counted){.o = {.n = N, .eval = quadratic, .commit = count_commit}}; }

static double start(bsn_real *w) {
  counted c = objective();
  double f;
  for (int i = 0; i < N; i++) w[i] = (bsn_real)(i % 2 ? -0.01 : 0.01);
  quadratic(&c.o, w, &f, NULL);
  return f;
}

static double walk(bsn_optimizer_state *s, bsn_real *w, int steps) {
  counted c = objective();
  double lr = bsn_optimizer_lr(s->type, s->config), f;
  for (int i = 0; i < steps; i++) ck_assert(bsn_optimizer_step(s, &c.o, w, lr));
  ck_assert_int_eq(c.commits, steps);
  ck_assert_int_ge(c.evals, steps);
  quadratic(&c.o, w, &f, NULL);
  return f;
}

/* All that a checkpoint keeps. */
static void copy_state(const bsn_optimizer_state *from, bsn_optimizer_state *to) {
  for (size_t i = 0; i < from->nslots; i++) memcpy(to->slot[i], from->slot[i], from->n * sizeof(bsn_real));
  for (; from; from = from->inner, to = to->inner) {
    memcpy(to->number, from->number, BSN_OPTIMIZER_NUMBERS * sizeof(double));
    to->t = from->t;
  }
}

/* Descends to 0.7 of the start's loss; the same bits when the state is copied half way. */
static void check_rule(const char *words) {
  bsn_arena arena = {0};
  bsn_choice choice = choice_of(&arena, &bsn_optimizers, words);
  const bsn_optimizer *type = (const bsn_optimizer *)choice.row;
  bsn_optimizer_state s, again;
  bsn_real *w = bsn_reals_in(&arena, N), *v = bsn_reals_in(&arena, N);
  ck_assert(bsn_optimizer_init(&s, type, choice.config, N, &arena));
  ck_assert(bsn_optimizer_init(&again, type, choice.config, N, &arena));
  ck_assert_uint_eq(bsn_optimizer_bytes(type, choice.config, N), s.nslots * N * sizeof(bsn_real));
  double before = start(w);
  walk(&s, w, STEPS / 2);
  memcpy(v, w, N * sizeof *v);
  copy_state(&s, &again);
  double after = walk(&s, w, STEPS / 2);
  walk(&again, v, STEPS / 2);
  ck_assert_msg(after < 0.7 * before, "%s: %g -> %g", words, before, after);
  ck_assert_msg(!memcmp(v, w, N * sizeof *v), "%s does not resume", words);
  ck_assert_int_eq(s.t, STEPS);
  bsn_arena_free(&arena);
}

START_TEST(every_rule_descends_and_resumes) {
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(&bsn_optimizers, i)); i++) check_rule(row->name);
  const char *const more[] = {"nag form=lookahead",
                              "lbfgs line_search=strong_wolfe max_iter=2 history_size=2",
                              "lbfgs line_search=strong_wolfe lr=30",
                              "lbfgs lr=0.1 max_iter=2 history_size=1",
                              "rmsprop centered=true",
                              "rmsprop momentum=0.5 lr=0.001",
                              "rmsprop eps_place=inside initial_accumulator_value=1",
                              "sam base=momentum adaptive=true",
                              "sam base=lbfgs base.lr=0.1 rho=0.001",
                              "lookahead base=adam",
                              "lookahead base=sam base.base=momentum base.base.lr=0.005"};
  for (size_t i = 0; i < sizeof more / sizeof *more; i++) check_rule(more[i]);
}
END_TEST

/* Notes whether the first evaluation since the weights were noted is of loss and gradient at them. */
typedef struct noted {
  bsn_objective o;
  const bsn_real *w;
  bsn_real before[N];
  bool asked, there;
} noted;

static bool noted_eval(bsn_objective *o, const bsn_real *w, double *f, bsn_real *g) {
  noted *n = (noted *)o;
  if (!n->asked) n->there = g && w == n->w && !memcmp(w, n->before, sizeof n->before);
  n->asked = true;
  counted c = objective();
  return c.o.eval(&c.o, w, f, g);
}

static void check_beginning(const char *words) {
  bsn_arena arena = {0};
  bsn_choice choice = choice_of(&arena, &bsn_optimizers, words);
  const bsn_optimizer *type = (const bsn_optimizer *)choice.row;
  bsn_optimizer_state s;
  noted n = {.o = objective().o};
  n.o.eval = noted_eval;
  n.o.commit = NULL;
  bsn_real *w = bsn_reals_in(&arena, N);
  ck_assert(bsn_optimizer_init(&s, type, choice.config, N, &arena));
  start(w);
  n.w = w;
  bool ahead = false;
  for (int i = 0; i < 10; i++) {
    memcpy(n.before, w, sizeof n.before);
    n.asked = n.there = false;
    ck_assert(bsn_optimizer_step(&s, &n.o, w, 0.01) && n.asked);
    ahead |= !n.there;
  }
  ck_assert_msg(ahead == bsn_optimizer_ahead(type, choice.config), "%s", words);
  bsn_arena_free(&arena);
}

START_TEST(every_rule_says_whether_it_looks_ahead) {
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(&bsn_optimizers, i)); i++) check_beginning(row->name);
  const char *const more[] = {"nag form=lookahead", "lookahead base=nag base.form=lookahead",
                              "sam base=nag base.form=lookahead", "lbfgs line_search=strong_wolfe"};
  for (size_t i = 0; i < sizeof more / sizeof *more; i++) check_beginning(more[i]);
}
END_TEST

static void check_words(const bsn_table *table) {
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(table, i)); i++) {
    ck_assert_ptr_eq(bsn_table_find(table, row->name), row); /* no other row has this name */
    ck_assert_ptr_nonnull(row->formula);
    ck_assert_int_eq(row->doc[strlen(row->doc) - 1], '.');
    for (const bsn_param *p = row->params; p && p->name; p++) ck_assert_int_eq(p->doc[strlen(p->doc) - 1], '.');
  }
}

START_TEST(every_row_has_a_name_a_sentence_and_a_formula) {
  check_words(&bsn_optimizers);
  check_words(&bsn_schedules);
}
END_TEST

/* A failing evaluation is reported by the step that it happens in, and not committed. */
static void check_failure(const char *words, int fail_at) {
  bsn_arena arena = {0};
  bsn_choice choice = choice_of(&arena, &bsn_optimizers, words);
  bsn_optimizer_state s;
  ck_assert(bsn_optimizer_init(&s, (const bsn_optimizer *)choice.row, choice.config, N, &arena));
  bsn_real *w = bsn_reals_in(&arena, N);
  start(w);
  counted c = objective();
  c.fail_at = fail_at;
  bool ok = true;
  int steps = 0;
  for (; ok && steps < 50; steps++) ok = bsn_optimizer_step(&s, &c.o, w, 0.01);
  ck_assert_msg(!ok && c.evals == fail_at, "%s: evaluation %d", words, fail_at);
  ck_assert_int_eq(c.commits, steps - 1);
  ck_assert_str_eq(c.o.error.text, "no value here");
  bsn_arena_free(&arena);
}

START_TEST(a_failed_evaluation_ends_the_step) {
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(&bsn_optimizers, i)); i++)
    for (int k = 1; k <= 5; k++) check_failure(row->name, k);
  for (int k = 1; k <= 12; k++) check_failure("lbfgs line_search=strong_wolfe", k);
}
END_TEST

/* Where a walk along one axis ends, from 1, with the curvature there that share of the threshold. */
static double size_at(const bsn_optimizer *type, const void *config, double share, double lr) {
  bsn_arena arena = {0};
  bsn_optimizer_state s;
  ck_assert(bsn_optimizer_init(&s, type, config, N, &arena));
  bsn_real *w = bsn_reals_in(&arena, N);
  w[N - 1] = 1;
  lr *= share * type->threshold(config, &s, 1) / 30; /* threshold is 1 / lr times a number when decay is 0 */
  ck_assert_double_eq_tol(share * type->threshold(config, &s, lr), 30, 1e-9);
  counted c = objective();
  for (int i = 0; i < 600; i++) bsn_optimizer_step(&s, &c.o, w, lr);
  double f = (double)w[N - 1];
  bsn_arena_free(&arena);
  return isfinite(f) ? fabs(f) : INFINITY;
}

START_TEST(thresholds_part_stable_from_unstable) {
  const char *const rules[] = {"gd",
                               "sgd",
                               "momentum",
                               "momentum momentum=0.5 dampening=0.3",
                               "momentum momentum=0",
                               "nag",
                               "nag momentum=0.3",
                               "nag form=lookahead"};
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
    bsn_arena arena = {0};
    bsn_choice choice = choice_of(&arena, &bsn_optimizers, rules[i]);
    const bsn_optimizer *type = (const bsn_optimizer *)choice.row;
    ck_assert_msg(size_at(type, choice.config, 0.98, 1) < 0.1, "%s below its threshold", rules[i]);
    ck_assert_msg(size_at(type, choice.config, 1.02, 1) > 10, "%s above its threshold", rules[i]);
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(wrapped_rules_ask_their_base) {
  bsn_arena arena = {0};
  bsn_choice choice = choice_of(&arena, &bsn_optimizers, "sam base=gd base.lr=0.25");
  const bsn_optimizer *type = (const bsn_optimizer *)choice.row;
  ck_assert(bsn_optimizer_lr(type, choice.config) == 0.25);
  ck_assert(bsn_optimizer_whole(type, choice.config));
  choice = choice_of(&arena, &bsn_optimizers, "lookahead base=sam base.base=amsgrad");
  ck_assert_uint_eq(((const bsn_optimizer *)choice.row)->slots(choice.config), 5);
  ck_assert(!bsn_optimizer_whole((const bsn_optimizer *)choice.row, choice.config));
  bsn_arena_free(&arena);
}
END_TEST

static bool not_a_number(bsn_objective *o, const bsn_real *w, double *f, bsn_real *g) {
  (void)w;
  *f = NAN;
  for (size_t i = 0; g && i < o->n; i++) g[i] = (bsn_real)NAN;
  return ++((counted *)o)->evals < 10000;
}

static void check_nan(const char *words) {
  bsn_arena arena = {0};
  bsn_choice choice = choice_of(&arena, &bsn_optimizers, words);
  bsn_optimizer_state s;
  ck_assert(bsn_optimizer_init(&s, (const bsn_optimizer *)choice.row, choice.config, N, &arena));
  counted c = {.o = {.n = N, .eval = not_a_number}};
  bsn_real *w = bsn_reals_in(&arena, N);
  for (int i = 0; i < 3; i++) ck_assert_msg(bsn_optimizer_step(&s, &c.o, w, 0.1), "%s", words);
  ck_assert_msg(s.loss != s.loss, "%s hides a nan", words);
  bsn_arena_free(&arena);
}

/* Divergence is for the caller to see, in s.loss; a rule goes on, and L-BFGS does not search for ever. */
START_TEST(a_nan_is_shown_and_no_endless_loop) {
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(&bsn_optimizers, i)); i++) check_nan(row->name);
  check_nan("lbfgs line_search=strong_wolfe");
  check_nan("nag form=lookahead");
}
END_TEST

START_TEST(too_many_weights_give_false) {
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(&bsn_optimizers, i)); i++) {
    bsn_arena arena = {0};
    bsn_choice choice = choice_of(&arena, &bsn_optimizers, row->name);
    bsn_optimizer_state s;
    ck_assert(!bsn_optimizer_init(&s, (const bsn_optimizer *)row, choice.config, SIZE_MAX / 2, &arena));
    bsn_arena_free(&arena);
  }
}
END_TEST

static double factor_at(const char *words, int64_t step, int64_t steps, double steps_per_epoch) {
  bsn_arena arena = {0};
  bsn_choice choice = choice_of(&arena, &bsn_schedules, words);
  bsn_schedule_state s = {.type = (const bsn_schedule *)choice.row, .config = choice.config};
  double factor = bsn_schedule_factor(&s, &(bsn_progress){step, steps, steps_per_epoch});
  bsn_arena_free(&arena);
  return factor;
}

START_TEST(epochs_end_where_their_steps_do) {
  ck_assert(factor_at("step every=1 gamma=0.5", 9, 40, 10) == 1);
  ck_assert(factor_at("step every=1 gamma=0.5", 10, 40, 10) == 0.5);
  for (int e = 1; e < 100; e++) /* 10 rows in batches of 3, drawn on: 10 steps are 3 epochs */
    ck_assert(factor_at("milestones at=[3] gamma=0.5", 10 * e, 1000, 10.0 * e / 3) == 0.5);
  ck_assert(factor_at("exponential gamma=0.25 by=step", 5, 40, 10) == 0.5);
  ck_assert(factor_at("exponential gamma=0.25", 5, 40, 10) == 1);
  ck_assert(factor_at("cosine", 0, 40, 10) == 1);
  ck_assert_double_eq_tol(factor_at("cosine by=epoch", 25, 40, 10), 0.5, 1e-15);
  ck_assert(factor_at("warm-up length=0.25 start=0", 5, 40, 10) == 0.5);
  ck_assert(factor_at("warm-up length=none", 0, 40, 10) == 1);
  bsn_schedule_state none = {0};
  ck_assert(bsn_schedule_factor(&none, &(bsn_progress){3, 5, 1}) == 1);
}
END_TEST

START_TEST(every_schedule_stays_finite_and_positive_on_short_runs) {
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(&bsn_schedules, i)); i++)
    for (int64_t steps = 1; steps < 5; steps++)
      for (int64_t step = 0; step < steps; step++) {
        const char *words = strcmp(row->name, "milestones") ? row->name : "milestones at=[0]";
        double factor = factor_at(words, step, steps, 0.5);
        ck_assert_msg(factor >= 0 && factor <= 1, "%s: %g at %d of %d", words, factor, (int)step, (int)steps);
      }
}
END_TEST

START_TEST(plateau_watches_through_a_warm_up) {
  bsn_arena arena = {0};
  bsn_choice choice =
      choice_of(&arena, &bsn_schedules, "warm-up length=2 then=plateau then.patience=0 then.metric=train_loss");
  bsn_schedule_state s = {.type = (const bsn_schedule *)choice.row, .config = choice.config};
  ck_assert_str_eq(bsn_schedule_metric(s.type, s.config), "train_loss");
  ck_assert(!bsn_schedule_needs_length(s.type, s.config));
  bsn_schedule_watch(&s, 1);
  ck_assert(bsn_schedule_factor(&s, &(bsn_progress){2, 5, 1}) == 1);
  bsn_schedule_watch(&s, NAN);
  ck_assert_double_eq_tol(bsn_schedule_factor(&s, &(bsn_progress){2, 5, 1}), 0.1, 1e-15);
  bsn_arena_free(&arena);
}
END_TEST

BASIN_TESTS("optim", every_rule_descends_and_resumes, every_rule_says_whether_it_looks_ahead,
            every_row_has_a_name_a_sentence_and_a_formula, a_failed_evaluation_ends_the_step,
            thresholds_part_stable_from_unstable, wrapped_rules_ask_their_base, a_nan_is_shown_and_no_endless_loop,
            too_many_weights_give_false, epochs_end_where_their_steps_do,
            every_schedule_stays_finite_and_positive_on_short_runs, plateau_watches_through_a_warm_up)
