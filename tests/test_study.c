/* Study files: what bad ones are told (exact first lines), what good ones become, and what identifies a trial. */
#include "basin_check.h"
#include "learn/fit.h"
#include "study/like.h"
#include "study/study.h"
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* One line for each of the first keys; NULL: the usual one; "": left out. rest begins on line 7. */
typedef struct file {
  const char *study, *data, *model, *loss, *optimizer, *train, *rest;
} file;

static const file usual = {"study: x",
                           "data: {name: spirals, train: 100, test: 50, validation: 0.2}",
                           "model: {name: mlp, hidden: [4]}",
                           "loss: cross-entropy",
                           "optimizer: {name: sgd, lr: 0.1}",
                           "train: {batch: 20, epochs: 2}",
                           ""};

static bsn_arena arena;
static bsn_error error;
static bsn_trial trial;

static const char *pick(const char *own, const char * or) { return own ? own : or ; }

static const char *text_of(const file *f) {
  return bsn_text_in(&arena, "%s\n%s\n%s\n%s\n%s\n%s\n%s\n", pick(f->study, usual.study), pick(f->data, usual.data),
                     pick(f->model, usual.model), pick(f->loss, usual.loss), pick(f->optimizer, usual.optimizer),
                     pick(f->train, usual.train), pick(f->rest, usual.rest));
}

static bsn_study *read_with(const file *f, size_t nset, const char *const *set) {
  arena = (bsn_arena){0};
  error = (bsn_error){0};
  const char *text = text_of(f);
  return bsn_study_read(&arena, "a.yaml", text, strlen(text), nset, set, NULL, &error);
}

static bsn_study *good(const file *f) {
  bsn_study *s = read_with(f, 0, NULL);
  ck_assert_msg(s != NULL, "%s", error.text);
  return s;
}

static void finish(void) { bsn_arena_free(&arena); }

static const char *first_line(void) {
  error.text[strcspn(error.text, "\n")] = 0;
  return error.text;
}

static void get(const bsn_study *s, size_t i) {
  ck_assert_msg(bsn_study_trial(s, i, &arena, &trial, &error), "%s", error.text);
}

static const bsn_setting *setting(const char *path) {
  for (size_t i = 0; i < trial.settings.n; i++)
    if (!strcmp(trial.settings.item[i].path, path)) return &trial.settings.item[i];
  return NULL;
}

static const char *value(const char *path) { return setting(path) ? setting(path)->value : "(none)"; }

// clang-format off
static const struct bad { file file; const char *line; } bad[] = {
    /* what every file has */
    {{.study = ""}, "a.yaml:2:1: error: missing key 'study'"},
    {{.study = "study: a/b"}, "a.yaml:1:8: error: a study's name has letters, digits, '-', '_' and '.' only"},
    {{.study = "study: x\nstudy: y"}, "a.yaml:2:1: error: key 'study' is there twice"},
    {{.data = ""}, "a.yaml:1:1: error: 'data' is missing"},
    {{.model = ""}, "a.yaml:1:1: error: 'model' is missing"},
    {{.loss = ""}, "a.yaml:1:1: error: 'loss' is missing"},
    {{.optimizer = ""}, "a.yaml:1:1: error: 'optimizer' is missing"},
    {{.train = ""}, "a.yaml:1:1: error: 'train' is missing: give epochs, steps or budget"},
    /* words */
    {{.rest = "optimiser: sgd"}, "a.yaml:7:1: error: unknown key 'optimiser': did you mean 'optimizer'?"},
    {{.data = "data: spiral"}, "a.yaml:2:7: error: unknown data 'spiral': did you mean 'spirals'?"},
    {{.model = "model: {name: mpl}"}, "a.yaml:3:15: error: unknown model 'mpl': did you mean 'mlp'?"},
    {{.loss = "loss: crossentropy"}, "a.yaml:4:7: error: unknown loss 'crossentropy': did you mean 'cross-entropy'?"},
    {{.optimizer = "optimizer: {sdg: 0.1}"}, "a.yaml:5:13: error: unknown optimizer 'sdg': did you mean 'sgd'?"},
    {{.optimizer = "optimizer: {lr: 0.1}"}, "a.yaml:5:12: error: optimizer needs the name of its optimizer: {name: gd, ..}"},
    {{.optimizer = "optimizer: {name: sgd, learning_rate: 0.1}"}, "a.yaml:5:24: error: unknown key 'learning_rate' of optimizer sgd: did you mean 'lr'?"},
    {{.optimizer = "optimizer: {sgd: fast}"}, "a.yaml:5:18: error: optimizer.lr must be a number, not 'fast'"},
    {{.rest = "protocol: hold-out"}, "a.yaml:7:11: error: unknown protocol 'hold-out': did you mean 'holdout'?"},
    {{.rest = "like: tf2"}, "a.yaml:7:7: error: like must be torch, tf1 or lecture: did you mean 'tf1'?"},
    {{.optimizer = "optimizer: {name: sgd, like: pytorch}"}, "a.yaml:5:30: error: like must be torch, tf1 or lecture: did you mean 'torch'?"},
    {{.rest = "precision: half"}, "a.yaml:7:12: error: precision must be float or double, not 'half'"},
    {{.rest = "seed: {inti: 3}"}, "a.yaml:7:8: error: unknown key 'inti' of seed: did you mean 'init'?"},
    {{.rest = "eval: {rows: none}"}, "a.yaml:7:14: error: eval.rows: none would measure nothing"},
    {{.rest = "eval: {wen: epoch}"}, "a.yaml:7:8: error: unknown key 'wen' of eval: did you mean 'when'?"},
    {{.rest = "save: sometimes"}, "a.yaml:7:7: error: save must be end, epoch, every N epochs, every N steps, log N points or none, not 'sometimes'"},
    {{.rest = "regularise: [l3, {l2: x}]"}, "a.yaml:7:14: error: unknown regulariser 'l3': did you mean 'l2'?"},
    {{.rest = "regularise: l2"}, "a.yaml:7:13: error: regularise must be a list"},
    {{.rest = "probes: [gradient-nrm]"}, "a.yaml:7:10: error: unknown probe 'gradient-nrm': did you mean 'gradient-norm'?"},
    {{.rest = "ensemble: baging"}, "a.yaml:7:11: error: unknown ensemble 'baging': did you mean 'bagging'?"},
    {{.rest = "protocol: {name: k-fold, k: 1}"}, "a.yaml:7:29: error: protocol.k must be at least 2, not 1"},
    {{.rest = "seed: 3"}, "a.yaml:7:7: error: seed must be a map of keys, not '3'"},
    {{.rest = "seed: [3]"}, "a.yaml:7:7: error: seed must be a map of keys, not a list"},
    {{.rest = "peek: yes"}, "a.yaml:7:7: error: peek must be true or false, not 'yes'"},
    {{.train = "train: 3"}, "a.yaml:6:8: error: train must be a map of keys, not '3'"},
    {{.train = "train: {epochs: 1, schedule: {name: cosin}}"}, "a.yaml:6:37: error: unknown schedule 'cosin': did you mean 'cosine'?"},
    {{.model = "model: {layers: [{dence: 4}]}"}, "a.yaml:3:19: error: unknown layer 'dence': did you mean 'dense'?"},
    {{.model = "model: {name: mlp, hidden: [4], init: xaver}"}, "a.yaml:3:39: error: unknown init 'xaver': did you mean 'xavier'?"},
    {{.data = "data: {name: spirals, train: -3}"}, "a.yaml:2:30: error: data.train must be a count, a share below 1, all or none, not '-3'"},
    /* impossible values */
    {{.train = "train: {batch: 0, epochs: 1}"}, "a.yaml:6:16: error: train.batch must be at least 1, not 0"},
    {{.train = "train: {batch: 20}"}, "a.yaml:6:1: error: train wants one of epochs, steps and budget"},
    {{.train = "train: {epochs: 1, steps: 3}"}, "a.yaml:6:1: error: train wants one of epochs, steps and budget"},
    {{.train = "train: {epochs: 0}"}, "a.yaml:6:17: error: train.epochs must be above 0, not 0"},
    {{.train = "train: {epochs: 1, replacement: true}"}, "a.yaml:6:8: error: train.replacement goes with order: iid"},
    {{.data = "data: {csv: no.csv}"}, "a.yaml:2:13: error: data.file: ./no.csv: No such file or directory"},
    /* decisions */
    {{.data = "data: {name: spirals, train: 100}", .rest = "regularise: [early-stopping]"},
     "a.yaml:7:14: error: early-stopping watches validation_loss, but there are no validation rows: give data.validation"},
    {{.rest = "regularise: [{name: early-stopping, metric: test_loss}]"},
     "a.yaml:7:45: error: early-stopping may not watch test_loss: test data decides nothing (unless peek: true, which taints the trial)"},
    {{.rest = "regularise: [{name: early-stopping, metric: validation_lost}]"},
     "a.yaml:7:45: error: early-stopping cannot watch 'validation_lost': did you mean 'validation_loss'?"},
    {{.train = "train: {batch: 20, epochs: 1, schedule: {name: plateau, metric: test_loss}}"},
     "a.yaml:6:65: error: plateau may not watch test_loss: test data decides nothing (unless peek: true, which taints the trial)"},
    {{.train = "train: {batch: 20, steps: 10}", .rest = "regularise: [early-stopping]"},
     "a.yaml:7:14: error: early-stopping watches validation_loss, which is recorded at start and end only: give eval.when"},
    {{.data = "data: {name: spirals, train: 100, test: none, validation: 10}", .rest = "peek: true\nregularise: [{name: early-stopping, metric: test_loss}]"},
     "a.yaml:8:45: error: early-stopping watches test_loss, but data.test is none"},
    /* seeds */
    {{.rest = "seeds: 0"}, "a.yaml:7:8: error: seeds must be how many (1 to 1000000), or a list of whole numbers"},
    {{.rest = "seeds: []"}, "a.yaml:7:8: error: seeds: a list has 1 to 10000 replicates, not 0"},
    {{.rest = "seeds: [1, 1]"}, "a.yaml:7:12: error: replicate 1 stands twice in seeds"},
    {{.rest = "seeds: [1.5]"}, "a.yaml:7:9: error: seeds must be whole numbers from 0 on"},
    {{.rest = "seeds: 2\nseed: {data: 0, split: 0, init: 0, order: 0, dropout: 0, augment: 0, noise: 0}"},
     "a.yaml:8:7: error: all seeds are fixed: replicates are the same trial"},
    /* vary */
    {{.rest = "vary: 3"}, "a.yaml:7:7: error: vary must map paths to lists of values (or be a list of such mappings)"},
    {{.rest = "vary: {train.batch: 3}"}, "a.yaml:7:8: error: factor 'train.batch' has no values: a list is wanted"},
    {{.rest = "vary: {train.batch: []}"}, "a.yaml:7:8: error: factor 'train.batch' has no values: a list is wanted"},
    {{.rest = "vary: {train.bach: [3]}"}, "a.yaml:7:21: error: unknown key 'bach' of train: did you mean 'batch'?"},
    {{.rest = "vary: {train.batch: [3, 0]}"}, "a.yaml:7:25: error: train.batch must be at least 1, not 0"},
    {{.rest = "vary: {train.batch: [3, 3]}"}, "a.yaml:7:7: error: cells {\"train.batch\": 3} and {\"train.batch\": 3} have the same settings: the same trial cannot be both"},
    {{.rest = "vary: {optimizer.lr: [0.1], optimizer: [sgd]}"}, "a.yaml:7:29: error: 'optimizer' replaces 'optimizer.lr', which stands before it: put it first"},
    {{.rest = "vary: {optimizer: [{sgd: 0.1}], optimizer.lr: [1, 2]}"}, "a.yaml:7:33: error: 'optimizer.lr' is set by an entry of 'optimizer' already"},
    {{.rest = "vary: {seeds: [1, 2]}"}, "a.yaml:7:8: error: 'seeds' is the same for all trials: it cannot vary"},
    {{.rest = "vary: {precision: [float, double]}"}, "a.yaml:7:8: error: 'precision' is the same for all trials: it cannot vary"},
    {{.rest = "vary: {optimizer.lr: {log: [0, 1], points: 3}}"}, "a.yaml:7:28: error: log: [a, b] wants numbers above 0"},
    {{.rest = "vary: {optimizer.lr: {log: [1, 2]}}"}, "a.yaml:7:22: error: log: [a, b] wants points: n (or random: n)"},
    {{.rest = "vary: {optimizer.lr: {lin: [1, 2]}}"}, "a.yaml:7:23: error: unknown key 'lin': a factor is a list, or has log or range, with points or random"},
    {{.rest = "vary: {train.batch: {range: [1.5, 3]}}"}, "a.yaml:7:29: error: range: [a, b] without points wants whole numbers"},
    {{.rest = "vary: {optimizer.lr: {random: 3, log: [1e-3, 1]}, seed.init: {random: 4, range: [0, 9]}}"},
     "a.yaml:7:51: error: random factors are drawn together: all want the same number of draws"},
    /* tune */
    {{.rest = "tune: {by: validation_loss}"}, "a.yaml:7:7: error: tune wants over: {PATH: values, ..}: what to choose from"},
    {{.rest = "tune: {ovr: {optimizer.lr: [1, 2]}}"}, "a.yaml:7:8: error: unknown key 'ovr' of tune: did you mean 'over'?"},
    {{.rest = "tune: {over: {optimizer.lr: [1, 2]}, by: test_loss}"},
     "a.yaml:7:42: error: tune may not watch test_loss: test data decides nothing (unless peek: true, which taints the trial)"},
    {{.data = "data: {name: spirals, train: 100}", .rest = "tune: {over: {optimizer.lr: [1, 2]}}"},
     "a.yaml:7:7: error: tune watches validation_loss, but there are no validation rows: give data.validation"},
    {{.rest = "vary: {optimizer.lr: [1, 2]}\ntune: {over: {optimizer.lr: [1, 2]}}"}, "a.yaml:8:15: error: 'optimizer.lr' is varied already"},
    {{.rest = "seeds: [1000]\ntune: {over: {optimizer.lr: [1, 2]}}"}, "a.yaml:7:9: error: replicates from 1000 on are those of tuning"},
};
// clang-format on

START_TEST(bad_files_are_told_where_and_why) {
  char wrong[1 << 16] = "";
  for (size_t i = 0; i < COUNT(bad); i++) {
    bsn_study *s = read_with(&bad[i].file, 0, NULL);
    size_t n = strlen(wrong);
    if (s || error.code != BSN_BAD_INPUT || strcmp(first_line(), bad[i].line))
      snprintf(wrong + n, sizeof wrong - n, "\ngot  %s\nwant %s", s ? "(accepted)" : error.text, bad[i].line);
    finish();
  }
  ck_assert_msg(!wrong[0], "%s", wrong);
}
END_TEST

START_TEST(all_faults_come_at_once) {
  file f = {.data = "data: spiral",
            .loss = "loss: msee",
            .optimizer = "optimizer: {name: sgd, lr: -1}",
            .train = "train: {batch: 0, epochs: 1}",
            .rest = "abut: x\nvary: {train.batch: [2, -3], model.hidden: [[4], [5]]}\nseeds: 0"};
  ck_assert(!read_with(&f, 0, NULL));
  static const char *const wanted[] = {
      "a.yaml:2:7:", "a.yaml:4:7:", "a.yaml:5:28:", "a.yaml:7:1:", "a.yaml:8:25:", "a.yaml:9:8:"};
  const char *at = error.text;
  for (size_t i = 0; i < COUNT(wanted); i++) {
    at = strstr(at, wanted[i]);
    ck_assert_msg(at != NULL, "no %s in %s", wanted[i], error.text);
    ck_assert_msg(!strstr(at + 1, wanted[i]), "%s comes twice", wanted[i]);
  }
  finish();
}
END_TEST

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

START_TEST(a_bad_set_is_told) {
  static const char *const cases[][2] = {
      {"train.batch", "--set train.batch: error: path=value is wanted"},
      {"=3", "--set =3: error: path=value is wanted"},
      {"train.bach=3", "--set train.bach=3: error: unknown key 'bach' of train: did you mean 'batch'?"},
      {"tain.batch=3", "--set tain.batch=3: error: unknown key 'tain': did you mean 'train'?"},
      {"train.batch=x", "--set train.batch=x: error: train.batch must be a whole number, not 'x'"},
      {"regularise.3.lambda=1", "--set regularise.3.lambda=1: error: there is no item '3' in a list of 1"},
      {"train..batch=1", "--set train..batch=1: error: a path has an empty part"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    ck_assert(!read_with(&(file){.rest = "regularise: [l2]"}, 1, &cases[i][0]));
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    ck_assert_str_eq(first_line(), cases[i][1]);
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

/* ---- tune ---- */
static void put_result(bsn_sink *sink, const bsn_study *s, size_t i, const char *metric, double x,
                       bsn_outcome outcome) {
  bsn_record r;
  get(s, i);
  bsn_record_init(&r, &arena, trial.key, trial.key, "trial", 0);
  r.outcome = outcome;
  r.grads = 3;
  r.cell = trial.cell;
  ck_assert(bsn_record_metric(&r, 0, metric, -99) && bsn_record_metric(&r, 5, metric, x));
  ck_assert_msg(sink->put(sink, &r, &error), "%s", error.text);
}

static const struct choosing {
  const char *by;
  double x[6];
  bsn_outcome outcome[6];
  const char *chosen;
} choosings[] = {
    {"validation_loss", {3, 3, 1, 2, 2, 2}, {0}, "{\"optimizer.lr\": 2}"},
    {"validation_loss", {1, 5, 3, 3, 4, 2}, {0}, "{\"optimizer.lr\": 1}"},
    {"validation_accuracy", {0.5, 0.5, 0.1, 0.6, 0.6, 0.6}, {0}, "{\"optimizer.lr\": 3}"},
    {"train_loss", {3, 3, 0, 0, 2, 2}, {0, 0, BSN_DIVERGED}, "{\"optimizer.lr\": 3}"},
    {"train_loss", {3, 3, 0, 0, 2, 2}, {0, 0, 0, BSN_TRIAL_FAILED}, "{\"optimizer.lr\": 3}"},
    {"train_loss", {3, 3, 0, NAN, 4, 4}, {0}, "{\"optimizer.lr\": 1}"},
    {"train_loss", {NAN, 1, INFINITY, 1, 1, NAN}, {0}, "{\"optimizer.lr\": 1}"},
};

START_TEST(the_best_candidate_is_reported) {
  for (size_t k = 0; k < COUNT(choosings); k++) {
    const struct choosing *c = &choosings[k];
    char rest[200];
    snprintf(rest, 200, "tune: {over: {optimizer.lr: [1, 2, 3]}, by: %s, seeds: 2}\nseeds: 4", c->by);
    bsn_study *s = good(&(file){.rest = rest});
    bsn_sink *sink = bsn_memory_sink_in(&arena);
    ck_assert_uint_eq(s->ntrials, 6);
    ck_assert_uint_eq(s->nplaces, 10);
    for (size_t i = 0; i < 6; i++) {
      ck_assert(!bsn_study_more(s, sink, &error) && !error.code);
      put_result(sink, s, i, c->by, c->x[i], c->outcome[i] ? c->outcome[i] : BSN_BUDGET);
      ck_assert(trial.tuning && trial.replicate == (int64_t)(1000 + i % 2));
    }
    ck_assert(bsn_study_more(s, sink, &error) && !error.code);
    ck_assert(!bsn_study_more(s, sink, &error) && !error.code);
    ck_assert_uint_eq(s->ntrials, 10);
    for (size_t i = 6; i < 10; i++) {
      get(s, i);
      ck_assert_msg(!strcmp(value("tune.chosen"), c->chosen), "case %zu: %s", k, value("tune.chosen"));
      ck_assert_str_eq(value("tune.spent"), "18");
      ck_assert_str_eq(trial.cell, "{}");
      ck_assert(!trial.tuning && trial.replicate == (int64_t)i - 6 && trial.place == (int64_t)i);
      ck_assert_ptr_null(setting("tune.chosen")->identity);
    }
    finish();
  }
}
END_TEST

/* Cells are decided one by one; places are those of the file, whatever came first; keys are those of the plain settings. */
START_TEST(places_do_not_depend_on_what_ends_first) {
  bsn_study *s =
      good(&(file){.rest = "vary: {train.batch: [5, 6]}\ntune: {over: {optimizer.lr: [0.2, 0.1]}}\nseeds: 2"});
  bsn_sink *sink = bsn_memory_sink_in(&arena);
  static const int64_t places[] = {0, 1, 4, 5, 6, 7, 2, 3};
  ck_assert_uint_eq(s->ntrials, 4);
  for (size_t i = 2; i < 4; i++) put_result(sink, s, i, "validation_loss", -(double)i, BSN_BUDGET);
  ck_assert(bsn_study_more(s, sink, &error));
  ck_assert_uint_eq(s->ntrials, 6);
  for (size_t i = 0; i < 2; i++) put_result(sink, s, i, "validation_loss", -(double)i, BSN_BUDGET);
  ck_assert(bsn_study_more(s, sink, &error));
  for (size_t i = 0; i < 8; i++) {
    get(s, i);
    ck_assert_int_eq(trial.place, places[i]);
  }
  get(s, 6);
  ck_assert_str_eq(trial.cell, "{\"train.batch\": 5}");
  char key[33];
  memcpy(key, trial.key, 33);
  finish();
  get(good(&(file){.train = "train: {batch: 5, epochs: 2}"}), 0);
  ck_assert_str_eq(trial.key, key);
  finish();
}
END_TEST

/* ---- data ---- */
START_TEST(data_is_tried_before_anything_runs) {
  char csv[] = "/tmp/basin_study_XXXXXX", line[100], wanted[200];
  close(mkstemp(csv));
  snprintf(line, 100, "data: {name: csv, file: %s, validation: 1}", csv);
  write_file(csv, "a,y\n1,x\nnan,z\n3,x\n");
  ck_assert(!bsn_study_check_data(good(&(file){.data = line}), &error));
  ck_assert_int_eq(error.code, BSN_BAD_INPUT);
  snprintf(wanted, 200, "%s:3:1: error: column 'a' needs a number, got 'nan'", csv);
  ck_assert_str_eq(first_line(), wanted);
  finish();
  write_file(csv, "a,y\n1,x\n2,z\n3,x\n");
  ck_assert_msg(bsn_study_check_data(good(&(file){.data = line}), &error), "%s", error.text);
  finish();
  write_file(csv, "a,y\n1,2.5\n2,3\n3,4\n");
  ck_assert(!bsn_study_check_data(good(&(file){.data = line, .loss = "loss: hinge"}), &error));
  ck_assert_int_eq(error.code, BSN_BAD_INPUT);
  ck_assert_str_eq(first_line(), "loss hinge wants classes, but the data's targets are numbers");
  finish();
  unlink(csv);
}
END_TEST

START_TEST(data_that_does_not_fit_is_told) {
  static const struct {
    file file;
    const char *line;
  } cases[] = {
      {{.train = "train: {batch: 100, epochs: 1, remainder: drop}"},
       "train.batch: 100 with remainder: drop leaves no step, there are 80 training rows"},
      {{.data = "data: {name: spirals, train: 100, validation: 100}"}, "data.validation takes all 100 training rows"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    ck_assert(!bsn_study_check_data(good(&cases[i].file), &error));
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    ck_assert_str_eq(first_line(), cases[i].line);
    finish();
  }
  ck_assert_msg(bsn_study_check_data(good(&(file){.rest = "protocol: k-fold\nregularise: [early-stopping]"}), &error),
                "%s", error.text);
  finish();
}
END_TEST

BASIN_TESTS("study", bad_files_are_told_where_and_why, all_faults_come_at_once, equal_settings_have_equal_keys,
            other_settings_have_other_keys, eval_counts_where_it_decides, a_files_content_identifies_not_its_path,
            vary_makes_cells, log_grids_are_round, widening_random_factors_keeps_draws,
            replicates_set_every_seed_that_is_not_fixed, set_edits_before_the_check, a_bad_set_is_told,
            like_fills_in_what_is_not_said, conventions_are_known_keys, the_best_candidate_is_reported,
            places_do_not_depend_on_what_ends_first, data_is_tried_before_anything_runs, data_that_does_not_fit_is_told)
