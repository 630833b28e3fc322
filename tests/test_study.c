/* Study files: what bad ones are told (exact first lines), in the file, on the command line and once the data are there. */
#include "study_check.h"
#include <unistd.h>

/* A trial with train.batch 5, and one that starts from somewhere; what differs begins in column 50. */
#define START(value) "vary: [{train.batch: [5]}, {model.weights: [" value "]}]\n"

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
    /* a trial to start from */
    {{.model = "model: {name: mlp, hidden: [4], weights: {train.batch: 5}}"}, "a.yaml:3:42: error: model.weights is a file, or {of: {PATH: VALUE, ..}}: what is different in the trial to start from"},
    {{.model = "model: {name: mlp, hidden: [4], weights: {of: end}}"}, "a.yaml:3:47: error: model.weights is a file, or {of: {PATH: VALUE, ..}}: what is different in the trial to start from"},
    {{.model = "model: {name: mlp, hidden: [4], weights: [{of: {}}]}"}, "a.yaml:3:42: error: model.weights must be the name of a file, not a list"},
    {{.rest = START("{of: {train.batch: 5}, att: end}") "save: end"}, "a.yaml:7:68: error: unknown key 'att' of model.weights: did you mean 'at'?"},
    {{.rest = START("{of: {train.bach: 5}}") "save: end"}, "a.yaml:7:63: error: unknown key 'bach' of train: did you mean 'batch'?"},
    {{.rest = START("{of: {train.batch: 0}}") "save: end"}, "a.yaml:7:64: error: train.batch must be at least 1, not 0"},
    {{.rest = START("{of: {seeds: 2}}") "save: end"}, "a.yaml:7:51: error: 'seeds' is the same for all trials: it cannot vary"},
    {{.rest = START("{of: {train..batch: 2}}") "save: end"}, "a.yaml:7:65: error: a path has an empty part"},
    {{.rest = START("{of: {train.batch: 5}, at: later}") "save: end"}, "a.yaml:7:72: error: at must be end, {step: N} or {epoch: N}, N from 1 on"},
    {{.rest = START("{of: {train.batch: 5}, at: {step: 0}}") "save: end"}, "a.yaml:7:72: error: at must be end, {step: N} or {epoch: N}, N from 1 on"},
    {{.rest = START("{of: {train.batch: 5}, at: {stp: 3}}") "save: end"}, "a.yaml:7:73: error: unknown key 'stp' of model.weights.at: did you mean 'step'?"},
    {{.rest = START("{of: {train.batch: 5}, at: {step: 1.5}}") "save: end"}, "a.yaml:7:79: error: model.weights.at.step must be a whole number, not '1.5'"},
    {{.rest = START("{of: {train.batch: 5}}")}, "a.yaml:7:50: error: the trial to start from does not save its weights at its end: give save: end"},
    {{.rest = START("{of: {train.batch: 5}}") "save: epoch"}, "a.yaml:7:50: error: the trial to start from does not save its weights at its end: give save: end"},
    {{.rest = START("{of: {train.batch: 5}, at: {epoch: 1}}") "save: end"}, "a.yaml:7:50: error: the trial to start from does not save its weights at epoch 1: give save: every 1 epochs"},
    {{.rest = START("{of: {train.batch: 5}, at: {step: 7}}") "save: every 2 steps"}, "a.yaml:7:50: error: the trial to start from does not save its weights at step 7: give save: every 7 steps"},
    {{.rest = START("{of: {train.batch: 5}, at: {epoch: 3}}") "save: epoch"}, "a.yaml:7:50: error: the trial to start from is over before epoch 3"},
    {{.rest = START("{of: {train.batch: 6}}") "save: end"},
     "a.yaml:7:50: error: there is no trial to start from: the study has none that is {\"model.weights\": \"from train.batch 6\"} but with {train.batch: 6} and without model.weights"},
    {{.model = "model: {name: mlp, hidden: [4], weights: {of: {train.batch: 5}}}", .rest = "vary: {train.batch: [5, 20]}\nsave: end"},
     "a.yaml:3:47: error: there is no trial to start from: the study has none that is {\"train.batch\": 5} but with {train.batch: 5} and without model.weights"},
    {{.model = "model: {name: mlp, hidden: [4], weights: {of: {}}}", .rest = "save: end"},
     "a.yaml:3:47: error: there is no trial to start from: the study has none that is {} but with {} and without model.weights"},
    {{.rest = "vary: {model.weights: [none, {of: {seed.init: 0}}]}\nseeds: 2\nsave: end"},
     "a.yaml:7:35: error: there is no trial to start from: the study has none that is {\"model.weights\": \"from seed.init 0\"} but with {seed.init: 0} and without model.weights"},
    {{.rest = "vary: [{seed.init: [0]}, {model.weights: [{of: {}}]}]\nseeds: 2\nsave: end"},
     "a.yaml:7:48: error: there is no trial to start from: the study has none that is {\"model.weights\": \"from the same\"} but with {} and without model.weights"},
    {{.rest = START("{of: {train.batch: 5}}") "save: end\nprotocol: k-fold"}, "a.yaml:7:50: error: model.weights: {of: ..} goes from one fit to another, but k-fold makes many"},
    {{.rest = START("{of: {train.batch: 5}}") "save: end\nensemble: bagging"}, "a.yaml:7:50: error: model.weights: {of: ..} goes from one fit to another, but holdout with bagging makes many"},
    {{.rest = START("{of: {train.batch: 5}}") "save: end\ntune: {over: {optimizer.lr: [1, 2]}}"}, "a.yaml:7:50: error: model.weights: {of: ..} does not go with tune"},
    {{.rest = "vary: [{data.train: [50]}, {model.weights: [{of: {data.train: 50}}]}]\nsave: end"},
     "a.yaml:7:50: error: the trial to start from holds back other validation rows: it may have trained on those of this one"},
    {{.rest = "vary: [{seed.split: [5]}, {model.weights: [{of: {seed.split: 5}}]}]\nsave: end"},
     "a.yaml:7:49: error: the trial to start from holds back other validation rows: it may have trained on those of this one"},
    {{.data = "data: {name: iris, test: 30}", .rest = "vary: [{data.test: [20]}, {model.weights: [{of: {data.test: 20}}]}]\nsave: end"},
     "a.yaml:7:49: error: the trial to start from holds back other test rows: it may have trained on those of this one"},
    {{.data = "data: {name: iris, test: 30}", .rest = "vary: [{seed.test: [2]}, {model.weights: [{of: {seed.test: 2}}]}]\nsave: end"},
     "a.yaml:7:48: error: the trial to start from holds back other test rows: it may have trained on those of this one"},
    {{.data = "data: {name: iris, test: 30}", .rest = "vary: [{data.test: [none]}, {model.weights: [{of: {data.test: none}}]}]\nsave: end"},
     "a.yaml:7:51: error: the trial to start from holds back other test rows: it may have trained on those of this one"},
    {{.data = "data: {name: iris, test: 30}", .rest = "vary: [{data.test: [none]}, {data: [wine], model.weights: [none, {of: {data: {name: iris, test: none}}}]},\n"
      "  {model.weights: [{of: {data: wine, model.weights: {of: {data: {name: iris, test: none}}}}}]}]\nsave: end"},
     "a.yaml:8:25: error: the trial to start from holds back other test rows: it may have trained on those of this one"},
    {{.study = "study: x\nobjective: rosenbrock\ntrain: {steps: 3}", .data = "", .loss = "", .train = "", .model = "model: {weights: {of: {}}}"},
     "a.yaml:5:1: error: 'model' is not used: the study has an objective without data"},
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
      {{.rest = "vary: [{model.hidden: [[5]]}, {model.weights: [{of: {model.hidden: [5]}}]}]\nsave: end"},
       "model.weights from model.hidden [5]: the weights do not fit the model:"},
      {{.rest = "vary: [{data.name: [blobs]}, {model.weights: [{of: {data.name: blobs}}]}]\nsave: end"},
       "model.weights from data.name blobs: the weights do not fit the model:"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    ck_assert(!bsn_study_check_data(good(&cases[i].file), &error));
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    ck_assert_str_eq(first_line(), cases[i].line);
    finish();
  }
  ck_assert_msg(bsn_study_check_data(
                    good(&(file){.rest = "vary: [{data.name: [moons]}, {model.weights: [{of: {data.name: moons, "
                                         "train.batch: 7}}]}, {data.name: [moons], train.batch: [7]}]\nsave: end"}),
                    &error),
                "%s", error.text);
  finish();
  ck_assert_msg(bsn_study_check_data(good(&(file){.rest = "protocol: k-fold\nregularise: [early-stopping]"}), &error),
                "%s", error.text);
  finish();
}
END_TEST

BASIN_TESTS("study", bad_files_are_told_where_and_why, all_faults_come_at_once, a_bad_set_is_told,
            data_is_tried_before_anything_runs, data_that_does_not_fit_is_told)
