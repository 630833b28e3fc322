/* Targets and claims in a study's file: what bad ones are told (exact first lines), and what good ones become. */
#include "basin_check.h"
#include "study/study.h"
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bsn_arena arena;
static bsn_error error;

/* A study of which rest begins on line 7. */
static bsn_study *read_with(const char *rest, size_t nset, const char *const *set) {
  arena = (bsn_arena){0};
  error = (bsn_error){0};
  const char *text = bsn_text_in(&arena,
                                 "study: x\n"
                                 "data: {name: spirals, train: 100, test: 50, validation: 0.2}\n"
                                 "model: {name: mlp, hidden: [4]}\n"
                                 "loss: cross-entropy\n"
                                 "optimizer: {name: sgd, lr: 0.1}\n"
                                 "train: {batch: 20, epochs: 2}\n"
                                 "%s\n",
                                 rest);
  return bsn_study_read(&arena, "a.yaml", text, strlen(text), nset, set, NULL, &error);
}

static const bsn_study *good(const char *rest) {
  const bsn_study *s = read_with(rest, 0, NULL);
  ck_assert_msg(s != NULL, "%s", error.text);
  return s;
}

static void finish(void) { bsn_arena_free(&arena); }

// clang-format off
static const struct bad { const char *rest, *line; } bad[] = {
    /* targets */
    {"targets: {metric: test_loss}", "a.yaml:7:10: error: targets must be a list"},
    {"targets: [test_loss]", "a.yaml:7:11: error: targets.0 must be a map of keys, not 'test_loss'"},
    {"targets: [{metric: test_loss, value: 1}]", "a.yaml:7:11: error: missing key 'rule' of targets.0"},
    {"targets: [{value: 1, rule: exact}]", "a.yaml:7:11: error: missing key 'metric' of targets.0"},
    {"targets: [{metric: test_loss, valu: 1, rule: exact}]", "a.yaml:7:31: error: unknown key 'valu' of targets.0: did you mean 'value'?"},
    {"targets: [{metric: test_loss, value: 1, rule: exakt}]", "a.yaml:7:47: error: unknown rule 'exakt': did you mean 'exact'?"},
    {"targets: [{metric: test_loss, value: 1, rule: {exact: 2}}]", "a.yaml:7:55: error: targets.0.rule.within must be below 1, not 2"},
    {"targets: [{metric: test_loss, rule: {shape: bell}, by: train.batch}]",
     "a.yaml:7:45: error: targets.0.rule.is must be increasing, decreasing, unimodal or valley, not 'bell'"},
    {"targets: [{metric: test_loss, rule: exact}]", "a.yaml:7:11: error: rule exact wants a value"},
    {"targets: [{metric: test_loss, value: low, rule: exact}]", "a.yaml:7:38: error: value must be a number (or a list of numbers)"},
    {"targets: [{metric: test_loss, value: 1, rule: sign}]", "a.yaml:7:38: error: rule sign compares with no value"},
    {"targets: [{metric: test_loss, value: 1, sd: 0.1, rule: exact}]", "a.yaml:7:45: error: sd goes with rule band, not with exact"},
    {"targets: [{metric: test_loss, value: 1, n: 10, rule: mean}]", "a.yaml:7:41: error: n goes with rule band, not with mean"},
    {"targets: [{metric: test_loss, value: 1, sd: 0.1, rule: band}]", "a.yaml:7:45: error: sd is of several published runs: say of how many (n: 10)"},
    {"targets: [{metric: test_loss, value: 1, n: 10, rule: band}]", "a.yaml:7:41: error: n: 10 runs want their sd"},
    {"targets: [{metric: test_loss, value: 1, sd: 0, n: 10, rule: band}]", "a.yaml:7:45: error: sd must be above 0"},
    {"targets: [{metric: test_loss, rule: trend}]", "a.yaml:7:11: error: rule trend wants by: the path of a factor"},
    {"targets: [{metric: test_loss, by: train.batch, value: 1, rule: exact}]", "a.yaml:7:31: error: rule exact looks at single cells: by is not used"},
    {"targets: [{metric: test_loss, at: start, value: 1, rule: exact}]",
     "a.yaml:7:35: error: at must be end, {step: N} or {epoch: N} (or a list of them: {epoch: [1, 10]})"},
    {"targets: [{metric: test_loss, at: {epoch: -1}, value: 1, rule: exact}]", "a.yaml:7:43: error: at must not be before 0"},
    {"targets: [{metric: test_loss, at: {epoch: [1, 2]}, value: [1, 2, 3], rule: exact}]",
     "a.yaml:7:59: error: value has 3 items, but at has 2: one target each"},
    {"targets: [{metric: test_loss, value: [1, 2, 3], rule: exact}]", "a.yaml:7:38: error: value is a list: at wants to be one, too, as {epoch: [1, 10]}"},
    {"targets: [{metric: test_loss, where: adam, value: 1, rule: exact}]",
     "a.yaml:7:38: error: where must map paths to values: {optimizer.name: adam}"},
    {"targets: [{metric: test_loss, where: {optimizer.nam: adam}, value: 1, rule: exact}]",
     "a.yaml:7:39: error: no cell has a setting 'optimizer.nam': did you mean 'optimizer.name'?"},
    {"targets: [{metric: test_loss, where: {optimizer: adam}, value: 1, rule: exact}]",
     "a.yaml:7:50: error: no cell has optimizer = adam: there is sgd"},
    {"vary: {train.batch: [3, 4]}\ntargets: [{metric: test_loss, where: {train.batch: [3, 5]}, value: 1, rule: exact}]",
     "a.yaml:8:56: error: no cell has train.batch = 5: there are 3, 4"},
    {"vary: [{train.batch: [3]}, {optimizer.lr: [4]}]\ntargets: [{metric: test_loss, where: {train.batch: 3, optimizer.lr: 4}, value: 1, rule: exact}]",
     "a.yaml:8:11: error: no cell has all of where"},
    {"vary: {train.batch: [3, 4, 5]}\ntargets: [{metric: test_loss, against: {train.batch: [3, 4]}, rule: sign}]",
     "a.yaml:8:11: error: against selects 2 cells, where 3: one, or as many, are wanted"},
    {"targets: [{metric: test_lost, value: 1, rule: exact}]", "a.yaml:7:20: error: no trial records 'test_lost': did you mean 'test_loss'?"},
    {"targets: [{metric: sharpness, value: 1, rule: exact}]", "a.yaml:7:20: error: no trial records 'sharpness'"},
    {"targets: [{metric: test_loss, by: train.bach, rule: trend}]", "a.yaml:7:31: error: by: a cell has nothing at 'train.bach'"},
    {"targets: [{metric: test_loss, by: train.batch, rule: trend}]",
     "a.yaml:7:31: error: by: the cells have one level of 'train.batch' only: there is nothing to compare"},
    {"vary: [{train.batch: [3, 4]}, {train.batch: [3], optimizer.lr: [0.2]}]\ntargets: [{metric: test_loss, by: train.batch, rule: trend}]",
     "a.yaml:8:31: error: by: level '3' has 2 cells, '4' 1: as many of each are compared"},
    {"vary: {train.batch: [3, 4]}\ntargets: [{metric: diverged, by: train.batch, value: [5], rule: set}]",
     "a.yaml:8:55: error: no cell has train.batch = 5: there are 3, 4"},
    {"targets: [{metric: diverged, by: train.batch, value: {a: 3}, rule: set}]",
     "a.yaml:7:54: error: value must be a level, or a list of them ([] for none)"},
    {"vary: {targets: [[], []]}", "a.yaml:7:8: error: 'targets' is the same for all trials: it cannot vary"},
    /* claims */
    {"claims: [{metric: test_loss, expect: positive}]", "a.yaml:7:10: error: missing key 'say' of claims.0"},
    {"claims: [{say: it rises, metric: test_loss, by: train.batch, expect: rising}]",
     "a.yaml:7:70: error: claims.0.expect must be increasing, decreasing, unimodal, valley, positive or negative, not 'rising'"},
    {"claims: [{say: it rises, metric: test_loss, expect: increasing}]", "a.yaml:7:53: error: increasing along what? by is missing"},
    {"claims: [{say: above, metric: test_loss, by: train.batch, expect: positive}]",
     "a.yaml:7:67: error: positive is about single cells: by is not used"},
};
// clang-format on

START_TEST(bad_ones_are_told_where_and_why) {
  char wrong[1 << 15] = "";
  for (size_t i = 0; i < COUNT(bad); i++) {
    bsn_study *s = read_with(bad[i].rest, 0, NULL);
    size_t n = strlen(wrong);
    error.text[strcspn(error.text, "\n")] = 0;
    if (s || error.code != BSN_BAD_INPUT || strcmp(error.text, bad[i].line))
      snprintf(wrong + n, sizeof wrong - n, "\ngot  %s\nwant %s", s ? "(accepted)" : error.text, bad[i].line);
    finish();
  }
  ck_assert_msg(!wrong[0], "%s", wrong);
}
END_TEST

START_TEST(lists_are_one_target_each) {
  const bsn_study *s = good(
      "targets:\n"
      "  - {metric: test_loss, at: {epoch: [1, 2]}, value: [0.50, 0.40], sd: 0.1, n: 3, rule: band, source: A}\n"
      "  - {metric: test_accuracy, where: {optimizer: sgd, optimizer.lr: [0.1, 7e-1]}, at: {step: 0}, value: 0.5, "
      "rule: {exact: 0.1}}\n"
      "vary: {optimizer.lr: [0.1, 0.7, 2]}");
  const bsn_study_target *t = s->targets.item;
  ck_assert_uint_eq(s->targets.n, 3);
  for (size_t i = 0; i < 2; i++) {
    ck_assert_int_eq(t[i].at.unit, BSN_TIME_EPOCH);
    ck_assert_double_eq(t[i].at.at, 1.0 + (double)i);
    ck_assert_double_eq(t[i].sd, 0.1);
    ck_assert_uint_eq(t[i].n, 3);
    ck_assert_str_eq(t[i].source, "A");
    ck_assert_str_eq(t[i].rule.row->name, "band");
  }
  ck_assert_str_eq(t[0].text, "0.50");
  ck_assert_str_eq(t[1].text, "0.40");
  ck_assert_uint_eq(t[2].where.n, 2);
  ck_assert_uint_eq(t[2].where.item[1].n, 2);
  ck_assert_int_eq(t[2].at.unit, BSN_TIME_STEP);
  ck_assert_double_eq(*(const double *)t[2].rule.config, 0.1);
  ck_assert(!t[2].claim && !t[2].source);
  finish();
}
END_TEST

START_TEST(an_expectation_is_a_rule) {
  static const char *const words[][2] = {{"increasing", "trend"}, {"decreasing", "trend"}, {"unimodal", "shape"},
                                         {"valley", "shape"},     {"positive", "sign"},    {"negative", "sign"}};
  for (size_t i = 0; i < COUNT(words); i++) {
    bool by = strcmp(words[i][1], "sign");
    char rest[256];
    snprintf(rest, sizeof rest,
             "vary: {train.batch: [5, 10, 20]}\nclaims: [{say: so it is, metric: test_loss, %sexpect: %s}]",
             by ? "by: train.batch, " : "", words[i][0]);
    const bsn_study *s = good(rest);
    ck_assert_uint_eq(s->targets.n, 1);
    ck_assert(s->targets.item[0].claim);
    ck_assert_str_eq(s->targets.item[0].rule.row->name, words[i][1]);
    ck_assert_str_eq(*(const char *const *)s->targets.item[0].rule.config, words[i][0]);
    finish();
  }
}
END_TEST

START_TEST(they_are_no_part_of_a_trial) {
  char key[33];
  bsn_trial trial;
  ck_assert(bsn_study_trial(good(""), 0, &arena, &trial, &error));
  memcpy(key, trial.key, sizeof key);
  finish();
  const bsn_study *s = good(
      "targets: [{metric: test_loss, value: 1, rule: exact}]\n"
      "claims: [{say: it is, metric: test_loss, expect: positive}]");
  ck_assert(bsn_study_trial(s, 0, &arena, &trial, &error));
  ck_assert_str_eq(key, trial.key);
  for (size_t i = 0; i < trial.settings.n; i++)
    ck_assert(!strstr(trial.settings.item[i].path, "targets") && !strstr(trial.settings.item[i].path, "claims"));
  finish();
}
END_TEST

/* What --set makes is another study than the one that the targets are about. */
START_TEST(set_may_take_their_cells_away) {
  static const char rest[] =
      "vary: {optimizer: [sgd, adam]}\n"
      "targets: [{metric: test_loss, where: {optimizer: adam}, value: 1, rule: exact}]";
  const char *set = "optimizer=sgd";
  ck_assert_msg(read_with(rest, 1, &set) != NULL, "%s", error.text);
  finish();
}
END_TEST

BASIN_TESTS("target", bad_ones_are_told_where_and_why, lists_are_one_target_each, an_expectation_is_a_rule,
            they_are_no_part_of_a_trial, set_may_take_their_cells_away)
