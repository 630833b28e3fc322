/* The exact text of tables, for a grid of two factors whose numbers are known. */
#include "basin_check.h"
#include "report/show.h"
#include "study_folder.h"
#include <gsl/gsl_errno.h>

enum { REPLICATES = 3 };

/* lr 0.1, 1 x batch 8, 32: the loss is 1 and some noise, half of it at batch 8; zeal is noise that has nothing to do with
 * batch. The last trial is missing, the one before diverged. noise 0: every interval is a point, in any arithmetic. */
static void make_grid(bsn_sink *sink, bsn_arena *arena, double noise) {
  static const char *const cells[] = {
      "{\"optimizer.lr\": 0.1, \"train.batch\": 8}", "{\"optimizer.lr\": 0.1, \"train.batch\": 32}",
      "{\"optimizer.lr\": 1, \"train.batch\": 8}", "{\"optimizer.lr\": 1, \"train.batch\": 32}"};
  static const double shake[] = {0, 4, 2, 1}, twist[] = {0.5, -0.5, 0, 0.25, -0.25};
  bsn_error error = {0};
  for (int i = 4 * REPLICATES - 2; i >= 0; i--) {
    bsn_record r;
    bsn_record_init(&r, arena, key_of(i), key_of(i), "trial", 0);
    bool diverged = i == 4 * REPLICATES - 2;
    r.cell = cells[i / REPLICATES];
    r.place = i;
    r.replicate = i % REPLICATES;
    r.outcome = diverged ? BSN_DIVERGED : BSN_BUDGET;
    double loss = 1 + noise * shake[i % 4] / 256 - (i / REPLICATES % 2 ? 0 : 0.5);
    ck_assert(bsn_record_metric(&r, 10, "test_loss", diverged ? INFINITY : loss));
    ck_assert(bsn_record_metric(&r, 10, "zeal", noise * twist[i % 5]));
    OK(sink->put(sink, &r, &error));
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
     "train.batch  metric     n       mean      t 95% interval     median\n"
     "8            test_loss  6       0.5059    [0.4996, 0.5121]   0.5059\n"
     "8            zeal       6       -0.04167  [-0.462, 0.3787]   0\n"
     "32           test_loss  4 of 5  1.009     [0.996, 1.022]     1.01    1 diverged\n"
     "32           zeal       5       0.15      [-0.3208, 0.6208]  0.25    1 diverged\n"
     "\n"
     "Differences by train.batch (first - second), paired over replicates and the other factors:\n"
     "\n"
     "metric     first  second  pairs  difference  t 95% interval      p (Holm)\n"
     "test_loss  8      32      4      -0.501      [-0.5188, -0.4831]  3.1e-06   first is lower\n"
     "zeal       8      32      5      -0.25       [-0.6302, 0.1302]   0.14      no difference shown\n"},
    {{.form = BSN_SHOW_LATEX, .by = "optimizer.lr", .metric = "test_loss"}, 1,
     "\\begin{tabular}{lllllll}\n"
     "\\hline\n"
     "optimizer.lr & metric & n & mean & t 95\\% interval & median &  \\\\\n"
     "\\hline\n"
     "0.1 & test\\_loss & 6 & 0.7572 & [0.4704, 1.044] & 0.7578 &  \\\\\n"
     "1 & test\\_loss & 4 of 5 & 0.6318 & [0.2247, 1.039] & 0.5059 & 1 diverged \\\\\n"
     "\\hline\n"
     "\\end{tabular}\n"
     "\n"
     "\\begin{tabular}{llllllll}\n"
     "\\hline\n"
     "metric & first & second & pairs & difference & t 95\\% interval & p (Holm) &  \\\\\n"
     "\\hline\n"
     "test\\_loss & 0.1 & 1 & 4 & 0 & [-0.0183, 0.0183] & 1 & no difference shown \\\\\n"
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
     " \"median\": 0.5, \"interval\": \"t 95%\", \"diverged\": 0, \"failed\": 0, \"against\": [{\"cell\": {\"train.batch\":32},"
     " \"n\": 4, \"mean\": -0.5, \"lo\": -0.5, \"hi\": -0.5, \"p\": 0, \"p_holm\": 0}]},\n"
     "{\"cell\": {\"train.batch\":32}, \"metric\": \"test_loss\", \"n\": 4, \"of\": 5, \"mean\": 1, \"lo\": 1, \"hi\": 1,"
     " \"median\": 1, \"interval\": \"t 95%\", \"diverged\": 1, \"failed\": 0, \"against\": [{\"cell\": {\"train.batch\":8},"
     " \"n\": 4, \"mean\": 0.5, \"lo\": 0.5, \"hi\": 0.5, \"p\": 0, \"p_holm\": 0}]}\n"
     "]\n"},
    // clang-format on
};

static void check_table(const struct wanted *w) {
  START_STUDY
  make_grid(sink, &arena, w->noise);
  OK(bsn_store_note(store, "study", "grid", &error));
  OK(bsn_store_note(store, "trials", "12", &error));
  OK(bsn_store_note(store, "replicates", "3", &error));
  bsn_out out = {0};
  OK(bsn_show_study(store, &w->how, &out, &error));
  OK(bsn_out_end(&out, &error));
  ck_assert_str_eq(out.text, w->text);
  bsn_out_free(&out);
  END_STUDY
}

START_TEST(tables_are_exact) {
  gsl_set_error_handler_off();
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) check_table(&wanted[i]);
}
END_TEST

static const struct unknown {
  bsn_show how;
  const char *says;
} unknowns[] = {{{.by = "batch"}, "grid: no varied factor \"batch\"; it has optimizer.lr, train.batch"},
                {{.metric = "loss"}, "grid: no metric \"loss\"; it has test_loss, zeal"}};

START_TEST(unknown_words_are_named) {
  START_STUDY
  make_grid(sink, &arena, 1);
  OK(bsn_store_note(store, "study", "grid", &error));
  for (size_t i = 0; i < 2; i++) {
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
  for (bsn_show_form form = BSN_SHOW_TEXT; form <= BSN_SHOW_JSON; form++) {
    bsn_out out = {0};
    OK(bsn_show_study(store, &(bsn_show){.form = form}, &out, &error));
    ck_assert_str_eq(out.text, texts[form]);
    bsn_out_free(&out);
  }
  END_STUDY
}
END_TEST

/* Cells of a union: each varies a factor of its own; bytes are counts, written in full. */
START_TEST(a_cell_may_lack_the_factor) {
  static const char *const cells[] = {"{\"optimizer.lr\": 0.5}", "{\"optimizer.eps\": 0.25}"};
  START_STUDY
  OK(bsn_store_note(store, "study", "union", &error));
  for (int i = 0; i < 2; i++) {
    bsn_record r;
    bsn_record_init(&r, &arena, key_of(i), key_of(i), "trial", 0);
    r.cell = cells[i];
    r.place = i;
    r.outcome = BSN_BUDGET;
    ck_assert(bsn_record_metric(&r, 1, "bytes", 400476 + i));
    OK(sink->put(sink, &r, &error));
  }
  bsn_out out = {0};
  OK(bsn_show_study(store, &(bsn_show){.form = BSN_SHOW_TEXT, .by = "optimizer.eps"}, &out, &error));
  ck_assert_str_eq(out.text,
                   "union: 2 trials\n"
                   "\n"
                   "optimizer.eps  metric  n  mean    t 95% interval  median\n"
                   "-              bytes   1  400476  -               400476\n"
                   "0.25           bytes   1  400477  -               400477\n"
                   "\n"
                   "Differences by optimizer.eps (first - second), paired over replicates and the other factors:\n"
                   "\n"
                   "metric  first  second  pairs  difference  t 95% interval  p (Holm)\n"
                   "bytes   -      0.25    0      -           -               -         too few pairs\n");
  bsn_out_free(&out);
  END_STUDY
}
END_TEST

BASIN_TESTS("show", a_cell_may_lack_the_factor, tables_are_exact, unknown_words_are_named, an_empty_study_says_so)
