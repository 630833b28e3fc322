/* The trials of a study: what identifies each, the cells that `vary` makes, what `--set` and `like` change. */
#include "learn/fit.h"
#include "study_check.h"
#include <unistd.h>

/* ---- keys ---- */
static void same_settings(const file *a, const file *b, bool same) {
  char key[33];
  get(good(a), 0);
  memcpy(key, trial.key, 33);
  finish();
  get(good(b), 0);
  ck_assert_msg(!strcmp(key, trial.key) == same, "%s: %s", same ? "differ" : "are equal", text_of(b));
  finish();
}

/* Order, spelling and what changes no bit. */
START_TEST(equal_settings_have_equal_keys) {
  static const file usual_file = {0},
                    cases[] = {
                        {.optimizer = "optimizer: {lr: 1e-1, name: sgd}"},
                        {.optimizer = "optimizer: {sgd: 0.1000}"},
                        {.optimizer = "optimizer: {sgd: {lr: .1}}"},
                        {.train = "train: {epochs: 2.0, batch: 2e1}"},
                        {.train = "train: {epochs: 2, batch: 20, order: epoch, remainder: short}"},
                        {.study = "study: other",
                         .rest = "about: why\nsource: here\nseeds: 3\nsave: end\ncharts: [convergence]"},
                        {.rest = "vary: {optimizer.lr: [0.1, 0.2]}"},
                        {.rest = "eval: {when: every 3 steps}"},
                        {.rest = "eval: {rows: 5}"},
                        {.rest = "seed: {probe: 7}"},
                        {.rest = "like: torch"},
                        {.rest = "protocol: holdout"},
                        {.rest = "probes: [gradient-norm]"},
                        {.rest = "tune: {over: {optimizer.lr: [0.1, 0.2]}}\nseed: {data: 0, split: 0, init: 0, order: "
                                 "0, dropout: 0, augment: 0, noise: 0}"},
                    };
  for (size_t i = 0; i < COUNT(cases); i++) same_settings(&usual_file, &cases[i], true);
}
END_TEST

START_TEST(other_settings_have_other_keys) {
  static const file usual_file = {0},
                    cases[] = {
                        {.data = "data: {name: spirals, train: 101, test: 50, validation: 0.2}"},
                        {.data = "data: {name: spirals, train: 100, test: 51, validation: 0.2}"},
                        {.data = "data: {name: spirals, train: 100, test: 50, validation: 0.1}"},
                        {.data = "data: {name: spirals, train: 100, test: 50, validation: 0.2, scale: standard}"},
                        {.model = "model: {name: mlp, hidden: [5]}"},
                        {.model = "model: {name: mlp, hidden: [4], init: kaiming}"},
                        {.loss = "loss: mse"},
                        {.optimizer = "optimizer: {name: sgd, lr: 0.1000001}"},
                        {.optimizer = "optimizer: {name: momentum, lr: 0.1}"},
                        {.train = "train: {batch: 21, epochs: 2}"},
                        {.train = "train: {batch: 20, epochs: 2, order: once}"},
                        {.train = "train: {batch: 20, epochs: 2, schedule: cosine}"},
                        {.rest = "regularise: [l2]"},
                        {.rest = "ensemble: bagging"},
                        {.rest = "protocol: k-fold"},
                        {.rest = "precision: double"},
                        {.rest = "seed: {init: 1}"},
                        {.rest = "seed: {test: 1}"},
                        {.rest = "seeds: [1]"},
                        {.rest = "peek: true"},
                    };
  for (size_t i = 0; i < COUNT(cases); i++) same_settings(&usual_file, &cases[i], false);
}
END_TEST

/* When early stopping looks decides what it does. */
START_TEST(eval_counts_where_it_decides) {
  file a = {.rest = "regularise: [early-stopping]"},
       b = {.rest = "regularise: [early-stopping]\neval: {when: every 3 steps}"},
       c = {.rest = "regularise: [early-stopping]\neval: {when: every 3 steps, rows: 5}"};
  same_settings(&a, &b, false);
  same_settings(&b, &c, false);
}
END_TEST

START_TEST(a_files_content_identifies_not_its_path) {
  char one[] = "/tmp/basin_study_XXXXXX", two[] = "/tmp/basin_study_XXXXXX", line[2][100];
  close(mkstemp(one));
  close(mkstemp(two));
  snprintf(line[0], 100, "data: {csv: %s}", one);
  snprintf(line[1], 100, "data: {csv: %s}", two);
  write_file(one, "a,y\n1,x\n2,z\n");
  write_file(two, "a,y\n1,x\n2,z\n");
  same_settings(&(file){.data = line[0]}, &(file){.data = line[1]}, true);
  write_file(two, "a,y\n1,x\n3,z\n");
  same_settings(&(file){.data = line[0]}, &(file){.data = line[1]}, false);
  unlink(one);
  unlink(two);
}
END_TEST

/* ---- vary ---- */
// clang-format off
static const struct shape { file file; size_t cells, trials; const char *first, *last; } shapes[] = {
    {{0}, 1, 1, "{}", "{}"},
    {{.rest = "seeds: [42, 43]"}, 1, 2, "{}", "{}"},
    {{.rest = "vary: {train.batch: [1, 2, 3], optimizer: [sgd, adam]}\nseeds: 5"}, 6, 30,
     "{\"train.batch\": 1, \"optimizer\": \"sgd\"}", "{\"train.batch\": 3, \"optimizer\": \"adam\"}"},
    {{.rest = "vary: {optimizer: [sgd, {name: momentum, momentum: 0.5}], optimizer.lr: [1, 2]}"}, 4, 4,
     "{\"optimizer\": \"sgd\", \"optimizer.lr\": 1}", "{\"optimizer\": \"momentum\", \"optimizer.lr\": 2}"},
    {{.rest = "vary: {optimizer: [{sgd: 0.1}, {sgd: 0.2}]}"}, 2, 2, "{\"optimizer\": \"sgd (lr 0.1)\"}", "{\"optimizer\": \"sgd (lr 0.2)\"}"},
    {{.rest = "vary: [{train.batch: [1, 2]}, {train.batch: [3], optimizer.lr: [1, 2]}]"}, 4, 4,
     "{\"train.batch\": 1}", "{\"train.batch\": 3, \"optimizer.lr\": 2}"},
    {{.rest = "vary: {optimizer.lr: {log: [1e-4, 1], points: 9}}"}, 9, 9, "{\"optimizer.lr\": 0.0001}", "{\"optimizer.lr\": 1}"},
    {{.rest = "vary: {train.batch: {range: [1, 10]}}"}, 10, 10, "{\"train.batch\": 1}", "{\"train.batch\": 10}"},
    {{.rest = "vary: {seed.init: {range: [0, 4]}}\nseeds: 2"}, 5, 10, "{\"seed.init\": 0}", "{\"seed.init\": 4}"},
    {{.rest = "vary: {optimizer.lr: {random: 7, log: [1e-3, 1]}, optimizer.weight_decay: {random: 7, range: [0, 1]}, train.batch: [3, 4]}"}, 14, 14, NULL, NULL},
    {{.rest = "vary: {regularise: [[], [l2], [{l2: 0.1}]]}"}, 3, 3, "{\"regularise\": \"[]\"}", "{\"regularise\": \"[{name: l2,lambda: 0.1}]\"}"},
    {{.rest = "regularise: [l2]\nvary: {regularise.0.lambda: [1, 2]}"}, 2, 2, "{\"regularise.0.lambda\": 1}", "{\"regularise.0.lambda\": 2}"},
    {{.rest = "vary: {like: [torch, lecture]}\n"}, 2, 2, "{\"like\": \"torch\"}", "{\"like\": \"lecture\"}"},
    {{.rest = "tune: {over: {optimizer.lr: [1, 2, 3]}, seeds: 2}\nvary: {train.batch: [5, 6]}\nseeds: 4"}, 2, 12,
     "{\"train.batch\": 5, \"optimizer.lr\": 1}", "{\"train.batch\": 6, \"optimizer.lr\": 3}"},
    {{.model = "model: {layers: [{dense: 4}, tanh, {dense: 2}]}"}, 1, 1, "{}", "{}"},
    {{.model = "model: {layers: [{dense: 4}, tanh, {dense: 2}], init: kaiming}"}, 1, 1, "{}", "{}"},
};
// clang-format on

START_TEST(vary_makes_cells) {
  for (size_t i = 0; i < COUNT(shapes); i++) {
    bsn_study *s = good(&shapes[i].file);
    ck_assert_uint_eq(s->ncells, shapes[i].cells);
    ck_assert_uint_eq(s->ntrials, shapes[i].trials);
    get(s, 0);
    if (shapes[i].first) ck_assert_str_eq(trial.cell, shapes[i].first);
    get(s, s->ntrials - 1);
    if (shapes[i].last) ck_assert_str_eq(trial.cell, shapes[i].last);
    finish();
  }
}
END_TEST

START_TEST(log_grids_are_round) {
  bsn_study *s = good(&(file){.rest = "vary: {optimizer.lr: {log: [1e-4, 1], points: 9}}"});
  static const char *const values[] = {"0.0001", "0.000316227766017", "0.001", "0.00316227766017",
                                       "0.01",   "0.0316227766017",   "0.1",   "0.316227766017",
                                       "1"};
  for (size_t i = 0; i < COUNT(values); i++) {
    get(s, i);
    ck_assert_str_eq(value("optimizer.lr"), values[i]);
  }
  finish();
}
END_TEST

/* Draw j of path p is a function of (p, j): more draws keep the first ones, other factors change nothing. */
START_TEST(widening_random_factors_keeps_draws) {
  char lr[5][33], decay[5][33];
  bsn_study *s = good(&(file){
      .rest =
          "vary: {optimizer.lr: {random: 5, log: [1e-3, 1]}, optimizer.weight_decay: {random: 5, log: [1e-3, 1]}}"});
  for (size_t i = 0; i < 5; i++) {
    get(s, i);
    snprintf(lr[i], 33, "%s", value("optimizer.lr"));
    snprintf(decay[i], 33, "%s", value("optimizer.weight_decay"));
    ck_assert_str_ne(lr[i], decay[i]);
    for (size_t j = 0; j < i; j++) ck_assert_str_ne(lr[i], lr[j]);
  }
  finish();
  s = good(&(file){.rest = "vary: {train.batch: [7], optimizer.weight_decay: {random: 9, log: [1e-3, 1]}, "
                           "optimizer.lr: {random: 9, log: [1e-3, 1]}}"});
  ck_assert_uint_eq(s->ncells, 9);
  for (size_t i = 0; i < 5; i++) {
    get(s, i);
    ck_assert_str_eq(value("optimizer.lr"), lr[i]);
    ck_assert_str_eq(value("optimizer.weight_decay"), decay[i]);
  }
  finish();
}
END_TEST

START_TEST(replicates_set_every_seed_that_is_not_fixed) {
  bsn_study *s = good(&(file){.rest = "seeds: [42, 43]\nseed: {init: 7}"});
  get(s, 1);
  const bsn_seeds *x = &trial.fit.seeds;
  ck_assert(x->data == 43 && x->split == 43 && x->order == 43 && x->dropout == 43 && x->augment == 43 &&
            x->noise == 43 && x->probe == 43);
  ck_assert(x->init == 7 && x->test == 0);
  ck_assert_int_eq(trial.replicate, 43);
  ck_assert_int_eq(trial.place, 1);
  finish();
}
END_TEST

/* ---- --set ---- */
static const struct set {
  const char *rest, *optimizer, *set, *path, *value;
  size_t cells;
} sets[] = {
    {NULL, NULL, "train.batch=7", "train.batch", "7", 1},
    {NULL, "optimizer: {sgd: 0.1}", "optimizer.lr=0.5", "optimizer.lr", "0.5", 1},
    {NULL, "optimizer: {sgd: 0.1}", "optimizer.weight_decay=0.5", "optimizer.lr", "0.1", 1},
    {NULL, "optimizer: sgd", "optimizer.lr=0.5", "optimizer.lr", "0.5", 1},
    {NULL, NULL, "optimizer={adam: 0.3}", "optimizer.name", "adam", 1},
    {"vary: {train.batch: [1, 2]}", NULL, "train.batch=7", "train.batch", "7", 1},
    {"vary: [{train.batch: [1, 2]}, {optimizer.lr: [1, 2]}]", NULL, "train.batch=7", "train.batch", "7", 3},
    {"vary: {optimizer: [{sgd: 1}, adam]}", NULL, "optimizer.lr=0.5", "optimizer.lr", "0.5", 2},
    {"vary: {optimizer.lr: [1, 2]}", NULL, "optimizer=momentum", "optimizer.name", "momentum", 2},
    {NULL, NULL, "vary.train.batch=[3, 4, 5]", "train.batch", "5", 3},
    {"vary: {train.batch: [1, 2]}", NULL, "vary.train.batch=[3, 4, 5]", "train.batch", "5", 3},
    {"vary: {train.batch: [1, 2]}", NULL, "vary.optimizer.lr=[3, 4, 5]", "optimizer.lr", "5", 6},
    {"tune: {over: {optimizer.lr: [1, 2]}}", NULL, "optimizer.lr=7", "optimizer.lr", "7", 1},
    {"tune: {over: {optimizer.lr: [1, 2]}}", NULL, "tune.over.optimizer.lr=[7, 8]", "optimizer.lr", "8", 1},
    {"regularise: [{l2: 0.1}]", NULL, "regularise.0.lambda=0.2", "regularise.0.lambda", "0.2", 1},
    {NULL, NULL, "train.schedule={step: 3}", "train.schedule.name", "step", 1},
};

START_TEST(set_edits_before_the_check) {
  for (size_t i = 0; i < COUNT(sets); i++) {
    bsn_study *s = read_with(&(file){.rest = sets[i].rest, .optimizer = sets[i].optimizer}, 1, &sets[i].set);
    ck_assert_msg(s != NULL, "%s: %s", sets[i].set, error.text);
    ck_assert_msg(s->ncells == sets[i].cells, "%s: %zu cells", sets[i].set, s->ncells);
    size_t which = i == 6 ? 0 : s->ntrials - 1;
    get(s, which);
    ck_assert_msg(!strcmp(value(sets[i].path), sets[i].value), "%s: %s", sets[i].set, value(sets[i].path));
    finish();
  }
}
END_TEST

/* ---- like ---- */
START_TEST(like_fills_in_what_is_not_said) {
  get(good(&(file){.optimizer = "optimizer: {name: rmsprop, lr: 0.1, rho: 0.5}", .rest = "like: tf1"}), 0);
  ck_assert_str_eq(value("optimizer.eps_place"), "inside");
  ck_assert_str_eq(value("optimizer.rho"), "0.5");
  ck_assert_str_eq(value("train.remainder"), "drop");
  finish();
  get(good(&(file){.optimizer = "optimizer: {name: rmsprop, lr: 0.1, like: tf1}"}), 0);
  ck_assert_str_eq(value("optimizer.eps_place"), "inside");
  ck_assert_str_eq(value("train.remainder"), "short");
  finish();
  get(good(&(file){.optimizer = "optimizer: {name: rmsprop, lr: 0.1, like: torch}", .rest = "like: tf1"}), 0);
  ck_assert_str_ne(value("optimizer.eps_place"), "inside");
  ck_assert_str_eq(value("train.remainder"), "drop");
  finish();
  get(good(&(file){.optimizer = "optimizer: {name: lookahead, base: {name: rmsprop, lr: 0.1}}", .rest = "like: tf1"}),
      0);
  ck_assert_str_eq(value("optimizer.base.eps_place"), "inside");
  finish();
}
END_TEST

/* Every line of every convention is a key that its row has: else a study that uses it could not be read. */
START_TEST(conventions_are_known_keys) {
  static const char *const likes[] = {"torch", "tf1", "lecture"};
  const bsn_row *row;
  for (size_t i = 0; i < COUNT(likes); i++)
    for (size_t k = 0; (row = bsn_table_row(&bsn_optimizers, k)); k++) {
      char optimizer[100], rest[100];
      snprintf(optimizer, 100, "optimizer: %s", row->name);
      snprintf(rest, 100, "like: %s", likes[i]);
      good(&(file){.optimizer = optimizer, .rest = rest});
      finish();
    }
}
END_TEST

BASIN_TESTS("trials", equal_settings_have_equal_keys, other_settings_have_other_keys, eval_counts_where_it_decides,
            a_files_content_identifies_not_its_path, vary_makes_cells, log_grids_are_round,
            widening_random_factors_keeps_draws, replicates_set_every_seed_that_is_not_fixed,
            set_edits_before_the_check, like_fills_in_what_is_not_said, conventions_are_known_keys)
