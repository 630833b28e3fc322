/* A study's targets against made-up records: every verdict, whatever a sink has or lacks, and how that is written down. */
#include "basin_check.h"
#include "report/findings.h"
#include "study/verify.h"
#include <gsl/gsl_errno.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SEEDS = 4, STEPS = 16, PER_EPOCH = 4, TRIALS = 6 * SEEDS };

#define HEAD                                                                                                \
  "study: made\nsource: The book\ndata: {name: sine, rows: 16, test: 4}\nmodel: {name: mlp, hidden: [3]}\n" \
  "loss: mse\noptimizer: {name: sgd}\ntrain: {batch: 4, epochs: 4}\nseeds: 4\n"                             \
  "vary: {optimizer.name: [sgd, adam], optimizer.lr: [0.01, 0.1, 1]}\nprobes: [gradient-norm]\n"

static bsn_arena arena;
static bsn_error error;

static bsn_study *read_study(const char *rest) {
  const char *text = bsn_text_in(&arena, HEAD "%s\n", rest);
  bsn_study *s = bsn_study_read(&arena, "a.yaml", text, strlen(text), 0, NULL, NULL, &error);
  ck_assert_msg(s != NULL, "%s", error.text);
  return s;
}

/* Trial i: 0-11 are sgd's, 12-23 adam's; each has three rates of four replicates. sgd with rate 1 diverges behind step 8. Losses
 * begin at 10 and end at 2 (adam: 1) and half as much for each rate, give or take a hundredth. */
static double loss_of(size_t i, int64_t step) {
  static const double shake[SEEDS] = {0.01, -0.01, 0.02, 0};
  double end = (i < TRIALS / 2 ? 2 : 1) + 0.5 * (double)(i / SEEDS % 3) + shake[i % SEEDS];
  return step == 0 ? 10 : end + (double)(STEPS - step);
}

static bool diverges(size_t i) { return i / SEEDS == 2; }

static void put_trial(bsn_sink *sink, const bsn_study *s, size_t i, bool probe) {
  bsn_trial t;
  bsn_record r, p;
  ck_assert_msg(bsn_study_trial(s, i, &arena, &t, &error), "%s", error.text);
  bsn_record_init(&r, &arena, t.key, t.key, "trial", 0);
  r.outcome = diverges(i) ? BSN_DIVERGED : BSN_BUDGET;
  r.outcome_step = diverges(i) ? 9 : STEPS;
  r.grads = 4;
  bool ok = bsn_record_metric(&r, 0, "steps_per_epoch", PER_EPOCH);
  for (int64_t step = 0; step <= r.outcome_step; step += PER_EPOCH)
    ok = ok && bsn_record_metric(&r, step, "test_loss", loss_of(i, step));
  ck_assert(ok && sink->put(sink, &r, &error));
  bsn_record_init(&p, &arena, t.probe[0].key, t.key, "probe", 0);
  p.outcome = r.outcome;
  if (probe) ck_assert(bsn_record_metric(&p, STEPS, "gradient_norm", 3) && sink->put(sink, &p, &error));
}

/* The findings of a study with these lines; only the first `stored` trials are there. */
static bsn_findings verify(const char *rest, size_t stored) {
  arena = (bsn_arena){0};
  error = (bsn_error){0};
  gsl_set_error_handler_off();
  const bsn_study *s = read_study(rest);
  bsn_sink *sink = bsn_memory_sink_in(&arena);
  bsn_findings out;
  for (size_t i = 0; i < stored; i++) put_trial(sink, s, i, true);
  ck_assert_msg(bsn_study_verify(s, sink, &arena, &out, &error), "%s", error.text);
  return out;
}

static const struct wanted {
  const char *target;
  size_t stored;
  bsn_verdict verdict;
  const char *where, *note; /* note: part of it; NULL: there is none */
} wanted[] = {
    // clang-format off
    /* when and where */
    {"metric: test_loss, at: {step: 0}, value: 10, rule: {exact: 1e-12}", TRIALS, BSN_PASS, "step 0", "the worst of 6 cells is sgd, lr 0.01"},
    {"metric: test_loss, at: {step: 0}, value: 11, rule: exact", TRIALS, BSN_FAIL, "step 0", "6 of 6 cells fail, the first is sgd, lr 0.01"},
    {"metric: test_loss, where: {optimizer: adam, optimizer.lr: 0.1}, value: 1.505, rule: band", TRIALS, BSN_PASS, "adam, lr 0.1", NULL},
    {"metric: test_loss, where: {optimizer: adam, optimizer.lr: 0.1}, value: 1.9, rule: band", TRIALS, BSN_FAIL, "adam, lr 0.1", NULL},
    {"metric: test_loss, where: {optimizer: adam, optimizer.lr: 0.1}, value: 1.6, sd: 0.1, n: 9, rule: band", TRIALS, BSN_PASS, "adam, lr 0.1", NULL},
    {"metric: test_loss, where: {optimizer: adam, optimizer.lr: 0.1}, at: {epoch: 2}, value: 9.505, rule: mean", TRIALS, BSN_PASS, "adam, lr 0.1, epoch 2", NULL},
    {"metric: test_loss, where: {optimizer: adam, optimizer.lr: 0.1}, at: {step: 8}, value: 9.505, rule: mean", TRIALS, BSN_PASS, "adam, lr 0.1, step 8", NULL},
    {"metric: test_loss, where: {optimizer: adam}, value: 2.1, rule: at-most", TRIALS, BSN_PASS, "adam", "the worst of 3 cells is adam, lr 1"},
    {"metric: test_loss, where: {optimizer: adam}, value: 1.2, rule: at-most", TRIALS, BSN_FAIL, "adam", "2 of 3 cells fail, the first is adam, lr 0.1"},
    {"metric: gradient_norm, value: 3, rule: exact", TRIALS, BSN_PASS, "", "the worst of 6 cells"},
    {"metric: grads, value: 4, rule: exact", TRIALS, BSN_PASS, "", "the worst of 6 cells"},
    {"metric: outcome_step, where: {optimizer: sgd, optimizer.lr: 1}, value: 9, rule: exact", TRIALS, BSN_PASS, "sgd, lr 1", NULL},
    /* what is not there */
    {"metric: test_loss, at: {step: 3}, where: {optimizer: adam}, value: 1, rule: exact", TRIALS, BSN_FAIL, "adam, step 3", "4 of 4 trials did not record test_loss at step 3 (eval.when decides, when they are run); 3 of 3 cells fail"},
    {"metric: test_lost, where: {optimizer: adam}, value: 1, rule: exact", TRIALS, BSN_FAIL, "adam", "did not record test_lost at end"},
    {"metric: test_loss, where: {optimizer: sgd, optimizer.lr: 1}, at: {epoch: 3}, value: 1, rule: exact", TRIALS, BSN_FAIL, "sgd, lr 1, epoch 3", "4 of 4 values are not finite"},
    {"metric: test_loss, where: {optimizer: adam}, value: 1, rule: exact", 0, BSN_UNDECIDED, "adam", "12 of 12 trials are missing"},
    {"metric: test_loss, where: {optimizer: adam, optimizer.lr: 1}, value: 9, rule: exact", TRIALS - 1, BSN_UNDECIDED, "adam, lr 1", "1 of 4 trials are missing"},
    {"metric: test_loss, where: {optimizer: adam, optimizer.lr: 1}, value: 9, rule: exact, differs: known", TRIALS - 1, BSN_UNDECIDED, "adam, lr 1", "1 of 4 trials are missing"},
    {"metric: test_loss, where: {optimizer: adam}, by: optimizer.lr, rule: trend", TRIALS - 1, BSN_UNDECIDED, "adam, by optimizer.lr", "1 of 12 trials are missing"},
    /* differences */
    {"metric: test_loss, where: {optimizer: adam, optimizer.lr: [0.01, 0.1]}, against: {optimizer: sgd, optimizer.lr: [0.01, 0.1]}, value: -1, rule: {exact: 1e-12}", TRIALS, BSN_PASS, "adam, lr 0.01/0.1 less sgd, lr 0.01/0.1", "the worst of 2 cells"},
    {"metric: test_loss, where: {optimizer: adam}, against: {optimizer: adam, optimizer.lr: 0.01}, value: 1.01, rule: at-most", TRIALS, BSN_PASS, "adam less adam, lr 0.01", "the worst of 3 cells is adam, lr 1"},
    {"metric: test_loss, where: {optimizer: adam, optimizer.lr: 0.1}, against: {optimizer: sgd, optimizer.lr: 0.1}, rule: {sign: negative}", TRIALS, BSN_PASS, "adam, lr 0.1 less sgd, lr 0.1", NULL},
    {"metric: test_loss, where: {optimizer: adam, optimizer.lr: 0.1}, against: {optimizer: sgd, optimizer.lr: 0.1}, rule: {sign: positive}", TRIALS, BSN_FAIL, "adam, lr 0.1 less sgd, lr 0.1", NULL},
    {"metric: test_loss, where: {optimizer: adam, optimizer.lr: 0.1}, against: {optimizer: sgd, optimizer.lr: 0.1}, rule: {sign: positive}, differs: its seeds are others", TRIALS, BSN_DIFFERS, "adam, lr 0.1 less sgd, lr 0.1", "its seeds are others"},
    {"metric: test_loss, where: {optimizer: adam, optimizer.lr: 0.1}, against: {optimizer: sgd, optimizer.lr: 0.1}, rule: {sign: negative}, differs: its seeds are others", TRIALS, BSN_PASS, "adam, lr 0.1 less sgd, lr 0.1", "said to differ, but it does not"},
    {"metric: test_loss, where: {optimizer: adam, optimizer.lr: 0.1}, against: {optimizer: sgd, optimizer.lr: 0.1}, rule: sign", TRIALS / 2, BSN_UNDECIDED, "adam, lr 0.1 less sgd, lr 0.1", "4 of 8 trials are missing"},
    /* along levels */
    {"metric: diverged, where: {optimizer: sgd}, by: optimizer.lr, value: [1], rule: set", TRIALS, BSN_PASS, "sgd, by optimizer.lr", NULL},
    {"metric: diverged, where: {optimizer: adam}, by: optimizer.lr, value: [], rule: set", TRIALS, BSN_PASS, "adam, by optimizer.lr", NULL},
    {"metric: diverged, where: {optimizer: adam}, by: optimizer.lr, value: 1, rule: set", TRIALS, BSN_FAIL, "adam, by optimizer.lr", "not ours: 1"},
    {"metric: diverged, by: optimizer.lr, value: 1, rule: set", TRIALS, BSN_UNDECIDED, "by optimizer.lr", "replicates disagree: 1"},
    {"metric: test_loss, where: {optimizer: adam}, by: optimizer.lr, value: 0.01, rule: lowest", TRIALS, BSN_PASS, "adam, by optimizer.lr", NULL},
    {"metric: test_loss, where: {optimizer: adam}, by: optimizer.lr, value: 0.01, rule: highest", TRIALS, BSN_FAIL, "adam, by optimizer.lr", NULL},
    {"metric: test_loss, where: {optimizer: adam}, by: optimizer.lr, rule: {shape: increasing}", TRIALS, BSN_PASS, "adam, by optimizer.lr", NULL},
    {"metric: test_loss, where: {optimizer: adam}, by: optimizer.lr, rule: {trend: decreasing}", TRIALS, BSN_FAIL, "adam, by optimizer.lr", NULL},
    {"metric: test_loss, where: {optimizer.lr: [0.01, 0.1]}, by: optimizer, rule: {shape: decreasing}", TRIALS, BSN_PASS, "lr 0.01/0.1, by optimizer", NULL},
    {"metric: test_loss, where: {optimizer.lr: [0.01, 0.1]}, against: {optimizer: sgd, optimizer.lr: 0.01}, by: optimizer, rule: {shape: decreasing}", TRIALS, BSN_PASS, "lr 0.01/0.1 less sgd, lr 0.01, by optimizer", NULL},
    {"metric: test_loss, where: {optimizer: sgd}, by: optimizer.lr, at: {epoch: 3}, rule: trend", TRIALS, BSN_FAIL, "sgd, by optimizer.lr, epoch 3", "4 of 12 values are not finite"},
    // clang-format on
};

START_TEST(every_verdict_of_a_study) {
  for (size_t i = 0; i < COUNT(wanted); i++) {
    const struct wanted *w = &wanted[i];
    char rest[1024];
    snprintf(rest, sizeof rest, "targets: [{%s}]", w->target);
    bsn_findings f = verify(rest, w->stored);
    ck_assert_uint_eq(f.n, 1);
    const bsn_finding *one = f.item;
    ck_assert_msg(one->is.verdict == w->verdict, "%s: %s, ours %g, %s", w->target, bsn_verdict_name(one->is.verdict),
                  one->is.ours, one->is.note ? one->is.note : "no note");
    ck_assert_msg(w->note ? one->is.note && strstr(one->is.note, w->note) : !one->is.note, "%s: %s", w->target,
                  one->is.note ? one->is.note : "no note");
    ck_assert_str_eq(one->where, w->where);
    ck_assert_str_eq(one->source, "The book");
    ck_assert_str_eq(one->study, "made");
    bsn_arena_free(&arena);
  }
}
END_TEST

/* Of several cells the number of that one is shown which decides: the nearest to failing, the first that fails. */
START_TEST(the_worst_cell_is_shown) {
  static const struct {
    const char *rule;
    bsn_verdict verdict;
    double ours;
    const char *lr;
  } all[] = {{"value: 2.1, rule: at-most", BSN_PASS, 2.005, "1"},
             {"value: 0.5, rule: at-least", BSN_PASS, 1.005, "0.01"},
             {"value: 1.5, sd: 9, n: 9, rule: band", BSN_PASS, 2.005, "1"},
             {"value: 1.6, rule: {exact: 0.5}", BSN_PASS, 0.99, "0.01"},
             {"value: 2, rule: at-most", BSN_UNDECIDED, 2.005, "1"},
             {"value: 1, rule: at-least", BSN_UNDECIDED, 1.005, "0.01"},
             {"value: 1.2, rule: at-most", BSN_FAIL, 1.505, "0.1"},
             {"value: 1.505, sd: 0.01, n: 9, rule: band", BSN_FAIL, 1.005, "0.01"}};
  for (size_t i = 0; i < COUNT(all); i++) {
    char rest[256];
    snprintf(rest, sizeof rest, "targets: [{metric: test_loss, where: {optimizer: adam}, %s}]", all[i].rule);
    bsn_findings f = verify(rest, TRIALS);
    const bsn_judgement *is = &f.item[0].is;
    ck_assert_msg(is->verdict == all[i].verdict, "%s: %s", all[i].rule, bsn_verdict_name(is->verdict));
    ck_assert_msg(fabs(is->ours - all[i].ours) < 1e-9, "%s: ours %g", all[i].rule, is->ours);
    ck_assert_msg(strstr(is->note, bsn_text_in(&arena, " is adam, lr %s", all[i].lr)), "%s", is->note);
    bsn_arena_free(&arena);
  }
}
END_TEST

/* More targets share the false alarms, so that their bands are wider; claims and other rules do not. */
START_TEST(bands_share_their_alarms) {
#define BAND "{metric: test_loss, where: {optimizer: adam, optimizer.lr: 0.1}, at: {epoch: 2}, value: 9.5, rule: band}"
  bsn_findings one = verify("targets: [" BAND "]\nclaims: [{say: so, metric: test_loss, expect: positive}]", TRIALS);
  double alone = one.item[0].is.to;
  bsn_arena_free(&arena);
  bsn_findings two = verify("targets: [" BAND ", " BAND ", {metric: test_loss, value: 1, rule: at-most}]", TRIALS);
  ck_assert_double_gt(two.item[0].is.to, alone);
  bsn_arena_free(&arena);
}
END_TEST

static const char five[] =
    "targets:\n"
    "  - {metric: test_loss, at: {step: 0}, value: 10.00, rule: {exact: 1e-12}}\n"
    "  - {metric: test_loss, where: {optimizer: adam, optimizer.lr: 0.1}, value: 1.6000, sd: 0.5, n: 9, rule: band, "
    "source: A page}\n"
    "  - {metric: diverged, where: {optimizer: adam}, by: optimizer.lr, value: 1, rule: set, differs: ours is another "
    "machine}\n"
    "  - {metric: test_loss, where: {optimizer: sgd, optimizer.lr: 1}, at: {epoch: 3}, value: 2, rule: exact}\n"
    "claims: [{say: higher rates end higher, metric: test_loss, where: {optimizer: sgd, optimizer.lr: [0.01, 0.1]}, "
    "by: optimizer.lr, expect: increasing, source: A page}]";

START_TEST(findings_are_written_for_people) {
  bsn_findings f = verify(five, TRIALS);
  bsn_out out = {0};
  ck_assert(bsn_findings_text(&f, false, &arena, &out));
  // clang-format off
  ck_assert_str_eq(out.text,
      "made: The book\n"
      "  PASS       test_loss  step 0                             10.00          10                                 exact 1e-12\n"
      "             the worst of 6 cells is sgd, lr 0.01\n"
      "\n"
      "made: A page\n"
      "  PASS       test_loss  adam, lr 0.1                       1.6000 ± 0.5   1.505          [1.48446, 1.52554]  band\n"
      "\n"
      "made: The book\n"
      "  DIFFERS    diverged   adam, by optimizer.lr              1 of 3 levels  0 of 3 levels                      set\n"
      "             ours is another machine\n"
      "  FAIL       test_loss  sgd, lr 1, epoch 3                 2              -                                  exact\n"
      "             4 of 4 values are not finite\n"
      "\n"
      "made: A page\n"
      "  PASS       test_loss  sgd, lr 0.01/0.1, by optimizer.lr                 0.8729         [0.305, 0.9828]     trend increasing\n"
      "             \"higher rates end higher\"\n"
      "\n"
      "5 targets: 3 PASS, 1 FAIL, 0 UNDECIDED, 1 DIFFERS\n");
  // clang-format on
  bsn_out_free(&out);
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(findings_are_written_for_programs) {
  bsn_findings f = verify(five, TRIALS);
  bsn_out out = {0};
  bsn_findings_json(&f, &out);
  bsn_faults faults = {.arena = &arena};
  const bsn_value *list = bsn_value_read(&arena, "findings", out.text, strlen(out.text), &faults);
  ck_assert(list && list->kind == BSN_LIST && list->n == 5);
  static const char *const keys[] = {"study", "metric", "where", "say",     "published", "sd",   "ours",    "lo", "hi",
                                     "from",  "to",     "rule",  "verdict", "source",    "note", "missing", "of"};
  static const char *const verdicts[] = {"PASS", "PASS", "DIFFERS", "FAIL", "PASS"};
  for (size_t i = 0; i < list->n; i++) {
    for (size_t k = 0; k < COUNT(keys); k++)
      ck_assert_msg(bsn_value_get(list->item[i], keys[k]) != NULL, "%s", keys[k]);
    ck_assert_str_eq(bsn_value_get(list->item[i], "verdict")->text, verdicts[i]);
  }
  ck_assert_str_eq(bsn_value_at(list, "0.published")->text, "10");
  ck_assert_str_eq(bsn_value_at(list, "1.ours")->text, "1.505");
  ck_assert_str_eq(bsn_value_at(list, "2.published")->text, "1 of 3 levels");
  ck_assert_str_eq(bsn_value_at(list, "3.ours")->text, "null");
  ck_assert_str_eq(bsn_value_at(list, "4.say")->text, "higher rates end higher");
  ck_assert_uint_eq(bsn_findings_count(&f, BSN_PASS), 3);
  bsn_out_free(&out);
  bsn_arena_free(&arena);
}
END_TEST

BASIN_TESTS("verify", every_verdict_of_a_study, the_worst_cell_is_shown, bands_share_their_alarms,
            findings_are_written_for_people, findings_are_written_for_programs)
