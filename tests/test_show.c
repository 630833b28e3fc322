/* The exact text of tables, for a grid of two factors whose numbers are known. */
#include "basin_check.h"
#include "report/show.h"
#include "study_folder.h"
#include <gsl/gsl_errno.h>

typedef struct number {
  const char *metric;
  double value;
} number;

/* The trial at a place: its cell, and its numbers at step 10. */
static void put_trial(bsn_sink *sink, bsn_arena *arena, int place, int replicate, const char *cell, bool diverged,
                      size_t n, const number *numbers) {
  bsn_error error = {0};
  bsn_record r;
  bsn_record_init(&r, arena, key_of(place), key_of(place), "trial", 0);
  r.cell = cell;
  r.place = place;
  r.replicate = replicate;
  r.outcome = diverged ? BSN_DIVERGED : BSN_BUDGET;
  for (size_t i = 0; i < n; i++) ck_assert(bsn_record_metric(&r, 10, numbers[i].metric, numbers[i].value));
  OK(sink->put(sink, &r, &error));
}

/* What is shown of the store's study is this text. */
static void check_show(bsn_store *store, const bsn_show *how, const char *text) {
  bsn_error error = {0};
  bsn_out out = {0};
  OK(bsn_show_study(store, how, &out, &error));
  OK(bsn_out_end(&out, &error));
  ck_assert_str_eq(out.text, text);
  bsn_out_free(&out);
}

/* ---- tables ---- */
enum { REPLICATES = 3 };

/* lr 0.1, 1 x batch 8, 32: the loss is 1 and some noise, half of it at batch 8; zeal is noise that has nothing to do with
 * batch. The last trial is missing, the one before diverged. noise 0: every interval is a point, in any arithmetic. */
static void make_grid(bsn_sink *sink, bsn_arena *arena, double noise) {
  static const char *const cells[] = {
      "{\"optimizer.lr\": 0.1, \"train.batch\": 8}", "{\"optimizer.lr\": 0.1, \"train.batch\": 32}",
      "{\"optimizer.lr\": 1, \"train.batch\": 8}", "{\"optimizer.lr\": 1, \"train.batch\": 32}"};
  static const double shake[] = {0, 4, 2, 1}, twist[] = {0.5, -0.5, 0, 0.25, -0.25};
  for (int i = 4 * REPLICATES - 2; i >= 0; i--) {
    bool diverged = i == 4 * REPLICATES - 2;
    double loss = 1 + noise * shake[i % 4] / 256 - (i / REPLICATES % 2 ? 0 : 0.5);
    number numbers[] = {{"test_loss", diverged ? INFINITY : loss}, {"zeal", noise * twist[i % 5]}};
    put_trial(sink, arena, i, i % REPLICATES, cells[i / REPLICATES], diverged, 2, numbers);
  }
}

static const struct wanted {
  bsn_show how;
  double noise;
  const char *text;
} wanted[] = {
    // clang-format off
    {{.form = BSN_SHOW_TEXT}, 1,
     "grid: 11 of 12 trials\n"
     "\n"
     "optimizer.lr  train.batch  metric     n       mean      t 95% interval    median\n"
     "0.1           8            test_loss  3       0.5078    [0.4884, 0.5272]  0.5078\n"
     "0.1           8            zeal       3       0         [-1.242, 1.242]   0\n"
     "0.1           32           test_loss  3       1.007     [0.9863, 1.027]   1.004\n"
     "0.1           32           zeal       3       0.1667    [-0.782, 1.115]   0.25\n"
     "1             8            test_loss  3       0.5039    [0.4942, 0.5136]  0.5039\n"
     "1             8            zeal       3       -0.08333  [-1.032, 0.8653]  0\n"
     "1             32           test_loss  1 of 3  1.016     -                 1.016   1 diverged\n"
     "1             32           zeal       2 of 3  0.125     [-4.64, 4.89]     0.125   1 diverged\n"},
    {{.form = BSN_SHOW_TEXT, .by = "train.batch"}, 1,
     "grid: 11 of 12 trials\n"
     "\n"
     "train.batch  metric     n       mean      t 95% interval     median  letters\n"
     "8            test_loss  6       0.5059    [0.4996, 0.5121]   0.5059  a\n"
     "8            zeal       6       -0.04167  [-0.462, 0.3787]   0       a\n"
     "32           test_loss  4 of 5  1.009     [0.996, 1.022]     1.01    b        1 diverged\n"
     "32           zeal       5       0.15      [-0.3208, 0.6208]  0.25    a        1 diverged\n"
     "\n"
     "Differences by train.batch (first - second), n: replicates, matched on all other factors:\n"
     "\n"
     "metric     first  second  n  difference  t 95% interval     p (Holm)\n"
     "test_loss  8      32      3  -0.4993     [-0.5317, -0.467]  0.00023   real: 8 is better (1 pair lost)\n"
     "zeal       8      32      3  -0.2917     [-0.9381, 0.3547]  0.19      no difference shown\n"
     "\n"
     "real: p (Holm) < 0.05, Student's paired test over 3 replicates, corrected for the 1 pair of a metric.\n"
     "Over 3 replicates no test without a distribution can go below p = 0.25: real rests on differences being about normal.\n"
     "\n"
     "Who shares a letter is not shown to differ:\n"
     "test_loss, best first: 8 a, 32 b\n"
     "zeal, lowest first: 8 a, 32 a\n"},
    {{.form = BSN_SHOW_LATEX, .by = "optimizer.lr", .metric = "test_loss"}, 1,
     "\\begin{tabular}{llllllll}\n"
     "\\hline\n"
     "optimizer.lr & metric & n & mean & t 95\\% interval & median & letters &  \\\\\n"
     "\\hline\n"
     "0.1 & test\\_loss & 6 & 0.7572 & [0.4704, 1.044] & 0.7578 & a &  \\\\\n"
     "1 & test\\_loss & 4 of 5 & 0.6318 & [0.2247, 1.039] & 0.5059 & a & 1 diverged \\\\\n"
     "\\hline\n"
     "\\end{tabular}\n"
     "\n"
     "\\begin{tabular}{llllllll}\n"
     "\\hline\n"
     "metric & first & second & n & difference & t 95\\% interval & p (Holm) &  \\\\\n"
     "\\hline\n"
     "test\\_loss & 0.1 & 1 & 3 & 0.003255 & [-0.02517, 0.03168] & 0.67 & no difference shown (1 pair lost) \\\\\n"
     "\\hline\n"
     "\\end{tabular}\n"},
    {{.form = BSN_SHOW_CSV, .metric = "test_loss"}, 0,
     "optimizer.lr,train.batch,metric,n,of,mean,lo,hi,median,diverged,failed\n"
     "0.1,8,test_loss,3,3,0.5,0.5,0.5,0.5,0,0\n"
     "0.1,32,test_loss,3,3,1,1,1,1,0,0\n"
     "1,8,test_loss,3,3,0.5,0.5,0.5,0.5,0,0\n"
     "1,32,test_loss,1,3,1,,,1,1,0\n"},
    {{.form = BSN_SHOW_JSON, .metric = "test_loss"}, 0,
     "[\n"
     "{\"cell\": {\"optimizer.lr\": 0.1, \"train.batch\": 8}, \"metric\": \"test_loss\", \"n\": 3, \"of\": 3, \"mean\": 0.5,"
     " \"lo\": 0.5, \"hi\": 0.5, \"median\": 0.5, \"interval\": \"t 95%\", \"diverged\": 0, \"failed\": 0},\n"
     "{\"cell\": {\"optimizer.lr\": 0.1, \"train.batch\": 32}, \"metric\": \"test_loss\", \"n\": 3, \"of\": 3, \"mean\": 1,"
     " \"lo\": 1, \"hi\": 1, \"median\": 1, \"interval\": \"t 95%\", \"diverged\": 0, \"failed\": 0},\n"
     "{\"cell\": {\"optimizer.lr\": 1, \"train.batch\": 8}, \"metric\": \"test_loss\", \"n\": 3, \"of\": 3, \"mean\": 0.5,"
     " \"lo\": 0.5, \"hi\": 0.5, \"median\": 0.5, \"interval\": \"t 95%\", \"diverged\": 0, \"failed\": 0},\n"
     "{\"cell\": {\"optimizer.lr\": 1, \"train.batch\": 32}, \"metric\": \"test_loss\", \"n\": 1, \"of\": 3, \"mean\": 1,"
     " \"lo\": \"nan\", \"hi\": \"nan\", \"median\": 1, \"interval\": \"t 95%\", \"diverged\": 1, \"failed\": 0}\n"
     "]\n"},
    {{.form = BSN_SHOW_JSON, .metric = "test_loss", .by = "train.batch"}, 0,
     "[\n"
     "{\"cell\": {\"train.batch\":8}, \"metric\": \"test_loss\", \"n\": 6, \"of\": 6, \"mean\": 0.5, \"lo\": 0.5, \"hi\": 0.5,"
     " \"median\": 0.5, \"interval\": \"t 95%\", \"diverged\": 0, \"failed\": 0, \"letters\": \"a\", \"against\": [{\"cell\": {\"train.batch\":32},"
     " \"n\": 3, \"mean\": -0.5, \"lo\": -0.5, \"hi\": -0.5, \"p\": 0.25, \"p_holm\": 0.25, \"p_ranks\": 0.25, \"lost\": 1,"
     " \"verdict\": \"not shown\"}]},\n"
     "{\"cell\": {\"train.batch\":32}, \"metric\": \"test_loss\", \"n\": 4, \"of\": 5, \"mean\": 1, \"lo\": 1, \"hi\": 1,"
     " \"median\": 1, \"interval\": \"t 95%\", \"diverged\": 1, \"failed\": 0, \"letters\": \"a\", \"against\": [{\"cell\": {\"train.batch\":8},"
     " \"n\": 3, \"mean\": 0.5, \"lo\": 0.5, \"hi\": 0.5, \"p\": 0.25, \"p_holm\": 0.25, \"p_ranks\": 0.25, \"lost\": 1,"
     " \"verdict\": \"not shown\"}]}\n"
     "]\n"},
    // clang-format on
};

START_TEST(tables_are_exact) {
  gsl_set_error_handler_off();
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    START_STUDY
    make_grid(sink, &arena, wanted[i].noise);
    OK(bsn_store_note(store, "study", "grid", &error));
    OK(bsn_store_note(store, "trials", "12", &error));
    OK(bsn_store_note(store, "replicates", "3", &error));
    check_show(store, &wanted[i].how, wanted[i].text);
    END_STUDY
  }
}
END_TEST

/* ---- each optimizer at its best rate ---- */

/* Two optimizers x three rates x replicates. By training loss sgd is best at 0.1 (of lr 1 one trial diverged, though the others
 * are better) and adam at 0.01; by test loss adam would be best at 1. */
static void make_sweep(bsn_sink *sink, bsn_arena *arena, int replicates) {
  static const char *const names[] = {"sgd", "adam"}, *const rates[] = {"0.01", "0.1", "1"};
  static const double train[][3] = {{3, 2, 1}, {1, 2, 3}}, test[][3] = {{5, 4, 3}, {2, 2, 0.5}};
  static const double shake[] = {0, 3, 1, 2, 4, 1, 3};
  for (int i = 0; i < 6 * replicates; i++) {
    int name = i / replicates / 3, rate = i / replicates % 3, replicate = i % replicates;
    bool diverged = name == 0 && rate == 2 && replicate == 0;
    double x = test[name][rate] + shake[(replicate + 2 * name) % 7] / 16;
    number numbers[] = {{"train_loss", diverged ? INFINITY : train[name][rate]},
                        {"test_loss", diverged ? INFINITY : x}};
    const char *cell =
        bsn_text_in(arena, "{\"optimizer.name\": \"%s\", \"optimizer.lr\": %s}", names[name], rates[rate]);
    put_trial(sink, arena, i, replicate, cell, diverged, 2, numbers);
  }
}

static const struct swept {
  bsn_show how;
  int replicates;
  const char *text;
} swept[] = {
    // clang-format off
    {{.by = "optimizer", .metric = "test_loss"}, 3,
     "sweep: 18 trials\n"
     "Each optimizer.name at its best of optimizer.lr, chosen by mean train_loss over the same replicates\n"
     "\n"
     "optimizer.name  at       metric     n  mean   t 95% interval  median  letters\n"
     "sgd             lr 0.1   test_loss  3  4.083  [3.846, 4.32]   4.062   b\n"
     "adam            lr 0.01  test_loss  3  2.146  [1.909, 2.383]  2.125   a        at the edge of what was tried\n"
     "\n"
     "Differences by optimizer.name (first - second), n: replicates, matched on all other factors:\n"
     "\n"
     "metric     first  second  n  difference  t 95% interval  p (Holm)\n"
     "test_loss  sgd    adam    3  1.938       [1.627, 2.248]  0.0014    real: adam is better\n"
     "\n"
     "real: p (Holm) < 0.05, Student's paired test over 3 replicates, corrected for the 1 pair of a metric.\n"
     "Over 3 replicates no test without a distribution can go below p = 0.25: real rests on differences being about normal.\n"
     "\n"
     "Who shares a letter is not shown to differ:\n"
     "test_loss, best first: adam a, sgd b\n"},
    {{.by = "optimizer", .metric = "test_loss"}, 2,
     "sweep: 12 trials\n"
     "Each optimizer.name at its best of optimizer.lr, chosen by mean train_loss over the same replicates\n"
     "\n"
     "optimizer.name  at       metric     n  mean   t 95% interval  median\n"
     "sgd             lr 0.1   test_loss  2  4.094  [2.903, 5.285]  4.094\n"
     "adam            lr 0.01  test_loss  2  2.094  [1.697, 2.491]  2.094   at the edge of what was tried\n"
     "\n"
     "Differences by optimizer.name (first - second), n: replicates, matched on all other factors:\n"
     "\n"
     "metric     first  second  n  difference  t 95% interval  p (Holm)\n"
     "test_loss  sgd    adam    2  2           [1.206, 2.794]  -         too few to tell\n"
     "\n"
     "2 replicates are too few to tell what is real: it takes at least 3, better 6 or more.\n"},
    {{.by = "optimizer.name", .metric = "test_loss", .choose = "none", .pairs = true}, 3,
     "sweep: 18 trials\n"
     "Nothing was chosen: all settings take part, each matched with its like\n"
     "\n"
     "Differences by optimizer.name (first - second), n: replicates, matched on all other factors:\n"
     "\n"
     "metric     first  second  n  difference  t 95% interval  p (Holm)\n"
     "test_loss  sgd    adam    3  2.438       [2.127, 2.748]  0.00088   real: adam is better (1 pair lost)\n"
     "\n"
     "real: p (Holm) < 0.05, Student's paired test over 3 replicates, corrected for the 1 pair of a metric.\n"
     "Over 3 replicates no test without a distribution can go below p = 0.25: real rests on differences being about normal.\n"
     "\n"
     "Who shares a letter is not shown to differ:\n"
     "test_loss, best first: adam a, sgd b\n"},
    {{.by = "optimizer.name", .metric = "test_loss", .pairs = true, .form = BSN_SHOW_CSV}, 3,
     "metric,first,second,n,lost,difference,lo,hi,p,p_ranks,p_holm,verdict\n"
     "test_loss,sgd,adam,3,0,1.9375,1.6269827860312087,2.248017213968791,0.0013845627962416657,0.25,0.0013845627962416657,real\n"},
    {{.by = "optimizer.name", .metric = "test_loss", .form = BSN_SHOW_CSV}, 3,
     "optimizer.name,metric,n,of,mean,lo,hi,median,diverged,failed,letters,chosen\n"
     "sgd,test_loss,3,3,4.083333333333333,3.8461718937335356,4.320494772933131,4.0625,0,0,b,\"{\"\"optimizer.lr\"\":0.1}\"\n"
     "adam,test_loss,3,3,2.1458333333333335,1.908671893733536,2.382994772933131,2.125,0,0,a,\"{\"\"optimizer.lr\"\":0.01}\"\n"},
    {{.by = "optimizer", .metric = "test_loss", .pairs = true, .form = BSN_SHOW_JSON}, 3,
     "[\n"
     "{\"metric\": \"test_loss\", \"first\": {\"optimizer.name\":\"sgd\"}, \"second\": {\"optimizer.name\":\"adam\"}, \"n\": 3, \"mean\": 1.9375, \"lo\": 1.6269827860312087, \"hi\": 2.248017213968791, \"p\": 0.0013845627962416657, \"p_holm\": 0.0013845627962416657, \"p_ranks\": 0.25, \"lost\": 0, \"verdict\": \"real\"}\n"
     "]\n"},
    {{.by = "optimizer", .metric = "test_loss", .pairs = true, .ratio = true, .form = BSN_SHOW_JSON}, 3,
     "[\n"
     "{\"metric\": \"test_loss\", \"first\": {\"optimizer.name\":\"sgd\"}, \"second\": {\"optimizer.name\":\"adam\"}, \"n\": 3, \"mean\": 1.9038128707483388, \"lo\": 1.695790823689014, \"hi\": 2.137352907089275, \"p\": 0.0017400005033046866, \"p_holm\": 0.0017400005033046866, \"p_ranks\": 0.25, \"scale\": \"ratio\", \"lost\": 0, \"verdict\": \"real\"}\n"
     "]\n"},
    {{.by = "optimizer", .metric = "test_loss", .pairs = true, .ratio = true, .choose = "none"}, 1,
     "sweep: 6 trials\n"
     "Nothing was chosen: all settings take part, each matched with its like\n"
     "\n"
     "Ratios by optimizer.name (first / second), n: settings of the other factors, as there is one replicate:\n"
     "\n"
     "metric     first  second  n  ratio  t 95% interval  p (Holm)\n"
     "test_loss  sgd    adam    2  2.168  [0.5253, 8.95]  -         too few to tell (1 pair lost)\n"
     "\n"
     "2 settings are too few to tell what is real: it takes at least 3, better 6 or more.\n"},
    // clang-format on
};

START_TEST(each_at_its_best_rate) {
  for (size_t i = 0; i < sizeof swept / sizeof *swept; i++) {
    START_STUDY
    make_sweep(sink, &arena, swept[i].replicates);
    OK(bsn_store_note(store, "study", "sweep", &error));
    check_show(store, &swept[i].how, swept[i].text);
    END_STUDY
  }
}
END_TEST

static const struct unknown {
  bsn_show how;
  const char *says;
} unknowns[] = {{{.by = "batch"}, "grid: no varied factor \"batch\"; it has optimizer.lr, train.batch"},
                {{.metric = "loss"}, "grid: no metric \"loss\"; it has test_loss, zeal"},
                {{.pairs = true}, "pairs of what? they need a factor to compare by"},
                {{.ratio = true}, "ratios of what? they need a factor to compare by"},
                {{.by = "optimizer.lr", .pairs = true, .choose = "test_loss"},
                 "test_loss: test metrics are recorded, never used to choose; take a validation_ or train_ metric"},
                {{.by = "optimizer.lr", .choose = "loss"}, "grid: no metric \"loss\"; it has test_loss, zeal"}};

START_TEST(unknown_words_are_named) {
  START_STUDY
  make_grid(sink, &arena, 1);
  OK(bsn_store_note(store, "study", "grid", &error));
  for (size_t i = 0; i < sizeof unknowns / sizeof *unknowns; i++) {
    bsn_out out = {0};
    error = (bsn_error){0};
    ck_assert(!bsn_show_study(store, &unknowns[i].how, &out, &error));
    ck_assert_int_eq(error.code, BSN_USAGE);
    ck_assert_str_eq(error.text, unknowns[i].says);
  }
  END_STUDY
}
END_TEST

START_TEST(an_empty_study_says_so) {
  static const char *const texts[] = {"none: 0 trials\n", "metric,n,of,mean,lo,hi,median,diverged,failed\n", "[\n]\n"};
  START_STUDY
  OK(bsn_store_note(store, "study", "none", &error));
  for (bsn_show_form form = BSN_SHOW_TEXT; form <= BSN_SHOW_JSON; form++)
    check_show(store, &(bsn_show){.form = form}, texts[form]);
  END_STUDY
}
END_TEST

/* Cells of a union: each varies a factor of its own; bytes are counts, written in full. */
START_TEST(a_cell_may_lack_the_factor) {
  static const char *const cells[] = {"{\"optimizer.lr\": 0.5}", "{\"optimizer.eps\": 0.25}"};
  START_STUDY
  OK(bsn_store_note(store, "study", "union", &error));
  for (int i = 0; i < 2; i++) put_trial(sink, &arena, i, 0, cells[i], false, 1, &(number){"bytes", 400476 + i});
  check_show(store, &(bsn_show){.form = BSN_SHOW_TEXT, .by = "optimizer.eps"},
             "union: 2 trials\n"
             "\n"
             "optimizer.eps  metric  n  mean    t 95% interval  median\n"
             "-              bytes   1  400476  -               400476\n"
             "0.25           bytes   1  400477  -               400477\n"
             "\n"
             "Differences by optimizer.eps (first - second), n: replicates, matched on all other factors:\n"
             "\n"
             "metric  first  second  n  difference  t 95% interval  p (Holm)\n"
             "bytes   -      0.25    0  -           -               -         too few to tell\n"
             "\n"
             "Nothing can be told: no replicate is finished for both of a pair.\n");
  END_STUDY
}
END_TEST

BASIN_TESTS("show", each_at_its_best_rate, a_cell_may_lack_the_factor, tables_are_exact, unknown_words_are_named,
            an_empty_study_says_so)
