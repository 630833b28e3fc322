/* Every allocation of reading a study, of resolving its trials and of choosing what it tunes fails once: a message, no crash, no
 * leak (a sanitizer looks), and never a study that is not the one of the file. See refuse.h. */
#include "refuse.h"
#include "base/record.h"
#include "report/findings.h"
#include "study/starting.h"
#include "study/verify.h"
#include <stddef.h>
#include <unistd.h>

static const char tuned[] =
    "study: x\n"
    "data: {name: spirals, train: 100, test: 50, validation: 0.2}\n"
    "model: {layers: [{dense: 4}, tanh, {dense: 2}], init: kaiming}\n"
    "loss: cross-entropy\n"
    "optimizer: {sgd: 0.1}\n"
    "train: {batch: 20, epochs: 2, schedule: {step: 3}}\n"
    "regularise: [early-stopping, {l2: 0.1}]\n"
    "like: tf1\n"
    "vary: [{optimizer: [{rmsprop: {rho: 0.5}}], train.batch: [1]}]\n"
    "tune: {over: {optimizer.lr: [0.1, 0.2]}, seeds: 1}\n"
    "probes: [gradient-norm]\n"
    "seeds: [3, 4]\n";
static const char faulty[] =
    "study: x\n"
    "data: spiral\n"
    "model: mlp\n"
    "loss: cross-entropy\n"
    "optimizer: {sgd: {lrr: 0.1}}\n"
    "train: {batch: 0, epochs: 2}\n"
    "vary: {seed.init: [1, 2], optimizer.lr: [-1, 1]}\n"
    "targets: [{metric: test_loss, rule: exakt}, {metric: x, at: {step: [1, 2]}, value: [1], rule: exact}]\n"
    "claims: [{say: x, metric: test_loss, expect: bell}]\n";

static bool put_results(const bsn_study *s, bsn_sink *sink, bsn_arena *arena, bsn_error *error) {
  for (size_t i = 0; i < s->ntrials; i++) {
    bsn_record r;
    bsn_trial t;
    BSN_TRY(bsn_study_trial(s, i, arena, &t, error));
    bsn_record_init(&r, arena, t.key, t.key, "trial", 0);
    r.outcome = BSN_BUDGET;
    if (!bsn_record_metric(&r, 0, "validation_loss", 1)) return bsn_no_memory(error);
    BSN_TRY(sink->put(sink, &r, error));
  }
  return true;
}

static bool work(bsn_arena *arena, bsn_error *error) {
  static const char *const set[] = {"optimizer.weight_decay=0.1", "train.batch=7"};
  char key[33] = "";
  bsn_trial t;
  bsn_sink *sink = bsn_memory_sink_in(arena);
  if (!sink) return bsn_no_memory(error);
  bsn_study *s = bsn_study_read(arena, "a.yaml", tuned, strlen(tuned), 2, set, NULL, error);
  if (!s) return false;
  BSN_TRY(put_results(s, sink, arena, error));
  bool more = bsn_study_more(s, sink, error);
  if (error->code) return false;
  ck_assert(more && s->ntrials == 4);
  BSN_TRY(bsn_study_trial(s, 3, arena, &t, error));
  memcpy(key, t.key, sizeof key);
  static char expected[33];
  if (!expected[0]) memcpy(expected, key, sizeof key);
  ck_assert_str_eq(key, expected);
  return true;
}

static const char compared[] =
    "study: x\n"
    "data: {name: spirals, train: 100, test: 50, validation: 0.2}\n"
    "model: {name: mlp, hidden: [4]}\n"
    "loss: cross-entropy\n"
    "optimizer: sgd\n"
    "train: {batch: 20, epochs: 2}\n"
    "seeds: 2\n"
    "vary: {optimizer: [sgd, adam], train.batch: [20, 40]}\n"
    "targets:\n"
    "  - {metric: validation_loss, at: {step: [0, 1]}, value: [1.5, 3], sd: 1, n: 3, rule: {band: log}}\n"
    "  - {metric: validation_loss, where: {optimizer: adam}, against: {optimizer: sgd}, rule: sign, differs: why}\n"
    "  - {metric: diverged, by: train.batch, value: [20, 40], rule: set}\n"
    "  - {metric: validation_loss, where: {optimizer: [sgd, adam]}, by: train.batch, value: 40, rule: lowest}\n"
    "claims: [{say: so it is, metric: validation_loss, by: train.batch, expect: unimodal},\n"
    "  {say: so it is, metric: validation_loss, by: train.batch, expect: increasing}]\n";

/* The comparison of a study and its text. */
static bool compare(bsn_arena *arena, bsn_error *error) {
  bsn_sink *sink = bsn_memory_sink_in(arena);
  bsn_findings findings;
  bsn_out out = {0};
  if (!sink) return bsn_no_memory(error);
  const bsn_study *s = bsn_study_read(arena, "a.yaml", compared, strlen(compared), 0, NULL, NULL, error);
  BSN_TRY(s && put_results(s, sink, arena, error) && bsn_study_verify(s, sink, arena, &findings, error));
  bool ok = bsn_findings_text(&findings, true, arena, &out) || bsn_no_memory(error);
  ok = bsn_out_end(&out, error) && ok;
  if (ok) ck_assert(strstr(out.text, "7 targets"));
  bsn_out_free(&out);
  return ok;
}

static const char started[] =
    "study: x\n"
    "data: {name: sine, rows: 6, test: 2}\n"
    "model: {layers: [{dense: 1}]}\n"
    "loss: mse\n"
    "optimizer: sgd\n"
    "train: {batch: 6, steps: 1}\n"
    "save: end\n"
    "vary: [{model.weights: [{of: {seed.init: 5}}]}, {seed.init: [5]}]\n";

/* Whom the first trial starts from, and what that one is said to have left. */
static bool start(bsn_arena *arena, bsn_error *error) {
  bsn_sink *sink = bsn_memory_sink_in(arena);
  bsn_work work = {.sink = sink};
  bsn_trial t;
  if (!sink) return bsn_no_memory(error);
  bsn_study *s = bsn_study_read(arena, "a.yaml", started, strlen(started), 0, NULL, NULL, error);
  BSN_TRY(s && bsn_study_check_data(s, error) && put_results(s, sink, arena, error));
  const size_t *order = bsn_start_order(s, s->ntrials, NULL, arena);
  if (!order) return bsn_no_memory(error);
  ck_assert(order[0] == 1 && order[1] == 0);
  BSN_TRY(bsn_study_trial(s, 0, arena, &t, error));
  const char *name = bsn_weights_name(arena, t.start.source->key, 0);
  BSN_TRY(name ? sink->save(sink, name, "weights", 7, error) : bsn_no_memory(error));
  const bsn_fit_spec *spec = bsn_work_open(&work, &t, error) ? bsn_start_spec(&work, error) : NULL;
  if (spec) ck_assert(spec->weights_bytes == 7 && !memcmp(spec->weights, "weights", 7));
  bsn_work_close(&work);
  return spec;
}

static bool complain(bsn_arena *arena, bsn_error *error) {
  ck_assert(!bsn_study_read(arena, "a.yaml", faulty, strlen(faulty), 0, NULL, NULL, error));
  return false;
}

START_TEST(pieces_fail_while_all_is_well) { refuse_each(work, false, BSN_OK, 1000); }
END_TEST

START_TEST(blocks_fail_while_all_is_well) { refuse_each(work, true, BSN_OK, 5); }
END_TEST

START_TEST(pieces_fail_while_comparing) { refuse_each(compare, false, BSN_OK, 1000); }
END_TEST

START_TEST(blocks_fail_while_comparing) { refuse_each(compare, true, BSN_OK, 5); }
END_TEST

START_TEST(pieces_fail_while_starting) { refuse_each(start, false, BSN_OK, 1000); }
END_TEST

START_TEST(blocks_fail_while_starting) { refuse_each(start, true, BSN_OK, 5); }
END_TEST

START_TEST(pieces_fail_while_complaining) { refuse_each(complain, false, BSN_BAD_INPUT, 200); }
END_TEST

START_TEST(blocks_fail_while_complaining) { refuse_each(complain, true, BSN_BAD_INPUT, 2); }
END_TEST

BASIN_TESTS("study_memory", pieces_fail_while_starting, blocks_fail_while_starting, pieces_fail_while_all_is_well,
            blocks_fail_while_all_is_well, pieces_fail_while_comparing, blocks_fail_while_comparing,
            pieces_fail_while_complaining, blocks_fail_while_complaining)
