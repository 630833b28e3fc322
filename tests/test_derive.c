/* What is done to the results of a chart's query, as exact tables, and the names of cells. */
#include "basin_check.h"
#include "report/derive.h"
#include "report/label.h"

/* A table with columns series, run, x, y from rows of numbers; series 0 is "a", 1 is "b". */
static void table_of(bsn_table_result *t, bsn_arena *arena, size_t n, const double (*row)[4]) {
  ck_assert(bsn_result_init(t, arena, 4, (const char *const[]){"series", "run", "x", "y"}));
  for (size_t i = 0; i < n; i++) {
    bsn_cell *to = bsn_result_row(t);
    to[0] = bsn_words(row[i][0] > 0 ? "b" : "a");
    for (size_t c = 1; c < 4; c++) to[c] = bsn_number(row[i][c]);
  }
}

/* Run a derive given as text and compare with the tsv. */
static void expect(const bsn_table_result *in, const char *text, const char *tsv) {
  char *words[8], *rest, *copy = bsn_text_in(in->arena, "%s", text);
  size_t n = 0;
  bsn_table_result out = *in;
  bsn_error error = {0};
  for (char *w = strtok_r(copy, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) words[n++] = w;
  const bsn_derive *row = bsn_derive_find(words[0]);
  ck_assert_ptr_nonnull(row);
  ck_assert_msg(row->run(in, n - 1, words + 1, &out, &error), "%s", error.text);
  ck_assert_str_eq(bsn_result_tsv(&out, &error), tsv);
}

START_TEST(quantiles_are_exact) {
  double sorted[] = {1, 2, 3, 4, INFINITY};
  ck_assert_double_eq(bsn_sorted_quantile(sorted, 4, 0.5), 2.5);
  ck_assert_double_eq(bsn_sorted_quantile(sorted, 4, 0.1), 1.3);
  ck_assert_double_eq(bsn_sorted_quantile(sorted, 1, 0.9), 1);
  ck_assert_double_eq(bsn_sorted_quantile(sorted, 5, 0.75), 4);
  ck_assert_double_eq(bsn_sorted_quantile(sorted, 5, 0.9), INFINITY);
  ck_assert_double_eq(bsn_sorted_quantile((double[]){-INFINITY, -INFINITY, 1}, 3, 0.25), -INFINITY);
}
END_TEST

static const double some[][4] = {{0, 0, 2, 5}, {0, 0, 1, 1}, {1, 0, 1, 7}, {0, 1, 1, 3}, {0, 2, 1, 2}, {0, 1, 2, NAN}};

START_TEST(quantiles_of_groups) {
  bsn_arena arena = {0};
  bsn_table_result t;
  table_of(&t, &arena, 6, some);
  expect(&t, "quantiles x y",
         "# a\nrun\tx\ty\ty_lo\ty_hi\ty_bad\tn\n1\t1\t2\t1.2\t2.8\t0\t3\n0.5\t2\t5\t5\t5\t0\t2\n\n\n"
         "# b\nrun\tx\ty\ty_lo\ty_hi\ty_bad\tn\n0\t1\t7\t7\t7\t0\t1\n");
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(diverged_is_worst_and_early_ends_carry_on) {
  bsn_arena arena = {0};
  bsn_table_result t;
  table_of(&t, &arena, 6, some);
  expect(&t, "worst y test_loss",
         "# a\nrun\tx\ty\n0\t2\t5\n0\t1\t1\n1\t1\t3\n2\t1\t2\n1\t2\tinf\n\n\n# b\nrun\tx\ty\n0\t1\t7\n");
  expect(&t, "worst y test_accuracy",
         "# a\nrun\tx\ty\n0\t2\t5\n0\t1\t1\n1\t1\t3\n2\t1\t2\n1\t2\t-inf\n\n\n# b\nrun\tx\ty\n0\t1\t7\n");
  expect(&t, "carry run x y",
         "# a\nrun\tx\ty\n0\t1\t1\n0\t2\t5\n1\t1\t3\n1\t2\tnan\n2\t1\t2\nnan\t2\t2\n\n\n# b\nrun\tx\ty\n0\t1\t7\n");
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(distributions_are_exact) {
  bsn_arena arena = {0};
  bsn_table_result t;
  table_of(&t, &arena, 6, some);
  expect(&t, "statistic ecdf y",
         "# a\nrun\tx\ty\tshare\n0\t1\t1\t0.2\n2\t1\t2\t0.4\n1\t1\t3\t0.6\n0\t2\t5\t0.8\n1\t2\tnan\tnan\n\n\n"
         "# b\nrun\tx\ty\tshare\n0\t1\t7\t1\n");
  expect(&t, "by-median y accuracy",
         "# b\nrun\tx\ty\n0\t1\t7\n\n\n# a\nrun\tx\ty\n0\t1\t1\n2\t1\t2\n1\t1\t3\n0\t2\t5\n1\t2\tnan\n");
  expect(&t, "pick x 1", "# a\nrun\tx\ty\tx_rank\n0\t2\t5\t0\n1\t2\tnan\t0\n\n\n# b\nrun\tx\ty\tx_rank\n0\t1\t7\t0\n");
  expect(&t, "box y",
         "# a\nrun\tx\ty\ty_lo\ty_q1\ty_median\ty_q3\ty_hi\ty_bad\ty_of\n0\t1\t1\t1\t1.75\t2.5\t3.5\t5\t1\t5\n"
         "2\t1\t2\t1\t1.75\t2.5\t3.5\t5\t1\t5\n1\t1\t3\t1\t1.75\t2.5\t3.5\t5\t1\t5\n"
         "0\t2\t5\t1\t1.75\t2.5\t3.5\t5\t1\t5\n1\t2\tnan\t1\t1.75\t2.5\t3.5\t5\t1\t5\n\n\n"
         "# b\nrun\tx\ty\ty_lo\ty_q1\ty_median\ty_q3\ty_hi\ty_bad\ty_of\n0\t1\t7\t7\t7\t7\t7\t7\t0\t1\n");
  bsn_arena_free(&arena);
}
END_TEST

/* One number a series, rows of its own, groups by their series, categories that are texts; and words that it does not know. */
START_TEST(statistics_by_name) {
  bsn_arena arena = {0};
  bsn_table_result t, out;
  bsn_error error = {0};
  static const double rows[][4] = {{0, 0, 1, 4}, {0, 1, 0, 2}, {1, 0, 1, 2}, {1, 1, 1, 6}};
  static const struct {
    const char *word[4], *says;
  } bad[] = {{{"statistic", "medain", "y"}, "unknown statistic 'medain'"},
             {{"statistic", "quantile", "y", "q=1"}, "'q'"},
             {{"statistic", "quantile", "z"}, "the query has no column \"z\""},
             {{"statistic", "paired-t", "y"}, "paired-t takes a b"},
             {{"statistic", "friedman", "y"}, "friedman takes block value"}};
  table_of(&t, &arena, 4, rows);
  expect(&t, "statistic quantile y p=1",
         "# a\nrun\tx\ty\tquantile\n1\t0\t2\t4\n0\t1\t4\t4\n\n\n# b\nrun\tx\ty\tquantile\n0\t1\t2\t6\n1\t1\t6\t6\n");
  expect(&t, "statistic performance-profile run y",
         "# a\nrun\tx\ty\tratio\tshare\tproblems\n0\t1\t4\t2\t1\t2\n1\t0\t2\t1\t0.5\t2\n\n\n"
         "# b\nrun\tx\ty\tratio\tshare\tproblems\n0\t1\t2\t1\t0.5\t2\n1\t1\t6\t3\t1\t2\n");
  expect(&t, "statistic expected-best run y y most=1",
         "# a\nbudget\tmean\tmedian\tq1\tq3\n1\t3\t2\t2\t4\n\n\n# b\nbudget\tmean\tmedian\tq1\tq3\n1\t4\t2\t2\t6\n");
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char *words[4] = {0};
    size_t n = 0;
    for (; n < 4 && bad[i].word[n]; n++) words[n] = bsn_text_in(&arena, "%s", bad[i].word[n]);
    error = (bsn_error){0};
    ck_assert(!bsn_derive_find("statistic")->run(&t, n - 1, words + 1, &out, &error));
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    ck_assert_msg(strstr(error.text, bad[i].says), "%s", error.text);
  }
  bsn_arena_free(&arena);
}
END_TEST

/* Cells of an optimizer, its rate and a batch size; runs of two steps. */
static void runs_of(bsn_table_result *t, bsn_arena *arena) {
  static const char *const names[] = {"sgd", "adam"};
  ck_assert(
      bsn_result_init(t, arena, 7, (const char *const[]){"cell", "replicate", "run", "x", "y", "ended", "score"}));
  for (int i = 0; i < 2 * 2 * 2 * 2; i++) {
    int name = i / 8, rate = i / 4 % 2, replicate = i / 2 % 2, step = i % 2;
    bsn_cell *to = bsn_result_row(t);
    to[0] = bsn_words(bsn_text_in(arena,
                                  "{\"optimizer.name\": \"%s\", \"optimizer.lr\": %s, \"train.batch\": [1,{\"a\":2}]}",
                                  names[name], rate ? "1" : "0.1"));
    to[1] = bsn_number(replicate);
    to[2] = bsn_words(bsn_text_in(arena, "%d", i / 2));
    to[3] = bsn_number(10 * step);
    to[4] = bsn_number(step ? 1 + name + 4 * rate * (1 - name) + replicate : 11);
    to[5] = bsn_number(name == 0);
    to[6] = bsn_number(name ? 2 - rate : 1 + rate);
  }
}

/* Apply several derives, one behind the other, and compare the last table. */
static void expect_all(const bsn_table_result *in, const char *const *text, const char *tsv) {
  bsn_table_result t = *in;
  bsn_error error = {0};
  for (; text[1]; text++) {
    char *words[8], *rest, *copy = bsn_text_in(in->arena, "%s", *text);
    size_t n = 0;
    bsn_table_result out;
    for (char *w = strtok_r(copy, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) words[n++] = w;
    ck_assert_msg(bsn_derive_find(words[0])->run(&t, n - 1, words + 1, &out, &error), "%s", error.text);
    t = out;
  }
  expect(&t, *text, tsv);
}

START_TEST(cells_are_taken_apart_and_compared) {
  bsn_arena arena = {0};
  bsn_table_result t, out;
  bsn_error error = {0};
  runs_of(&t, &arena);
  /* sgd is best at 0.1, adam at 1; the target is 1 + 0.2 (11 - 1) = 3: adam's second replicate just reaches it. */
  expect_all(&t,
             (const char *const[]){"by auto", "target run x y train_loss auto 0.2", "best score train_loss", "label",
                                   "statistic time-to-target time seen", "staircase time end 0 share", NULL},
             "# sgd\n"
             "replicate\trun\tx\ty\tended\tscore\tsetting\tblock\tproblem\ttime\tseen\tcost\ttarget\tend\tshare\tshare_"
             "lo\tshare_hi\n"
             "0\t0\t10\t1\t1\t1\t{\"optimizer.lr\": 0.1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 0\t0\t1\t10\t3\t10\t0\tnan\tnan\n"
             "0\t0\t10\t1\t1\t1\t{\"optimizer.lr\": 0.1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 0\t10\t1\t10\t3\t10\t0\tnan\tnan\n"
             "0\t0\t10\t1\t1\t1\t{\"optimizer.lr\": 0.1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 0\t10\t1\t10\t3\t10\t1\tnan\tnan\n"
             "1\t1\t10\t2\t1\t1\t{\"optimizer.lr\": 0.1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 1\t10\t1\t10\t3\t10\t1\tnan\tnan\n"
             "1\t1\t10\t2\t1\t1\t{\"optimizer.lr\": 0.1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 1\t10\t1\t10\t3\t10\t1\tnan\tnan\n"
             "0\t0\t10\t1\t1\t1\t{\"optimizer.lr\": 0.1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 0\t10\t1\t10\t3\t10\t1\tnan\tnan\n"
             "\n"
             "\n"
             "# adam\n"
             "replicate\trun\tx\ty\tended\tscore\tsetting\tblock\tproblem\ttime\tseen\tcost\ttarget\tend\tshare\tshare_"
             "lo\tshare_hi\n"
             "0\t6\t10\t2\t0\t1\t{\"optimizer.lr\": 1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 0\t0\t1\t10\t3\t10\t0\tnan\tnan\n"
             "0\t6\t10\t2\t0\t1\t{\"optimizer.lr\": 1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 0\t10\t1\t10\t3\t10\t0\tnan\tnan\n"
             "0\t6\t10\t2\t0\t1\t{\"optimizer.lr\": 1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 0\t10\t1\t10\t3\t10\t1\tnan\tnan\n"
             "1\t7\t10\t3\t0\t1\t{\"optimizer.lr\": 1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 1\t10\t1\t10\t3\t10\t1\tnan\tnan\n"
             "1\t7\t10\t3\t0\t1\t{\"optimizer.lr\": 1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 1\t10\t1\t10\t3\t10\t1\tnan\tnan\n"
             "0\t6\t10\t2\t0\t1\t{\"optimizer.lr\": 1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 0\t10\t1\t10\t3\t10\t1\tnan\tnan\n");
  expect_all(&t,
             (const char *const[]){"by optimizer", "target run x y train_loss 2 0", "best time time", "label",
                                   "smaller-is-better y train_accuracy", "blocks y", NULL},
             "# sgd\n"
             "replicate\trun\tx\ty\tended\tscore\tsetting\tblock\tproblem\ttime\tseen\tcost\ttarget\tend\n"
             "0\t0\t10\t-1\t1\t1\t{\"optimizer.lr\": 0.1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 0\t10\t1\t10\t2\t10\n"
             "1\t1\t10\t-2\t1\t1\t{\"optimizer.lr\": 0.1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 1\t10\t1\t10\t2\t10\n"
             "\n"
             "\n"
             "# adam\n"
             "replicate\trun\tx\ty\tended\tscore\tsetting\tblock\tproblem\ttime\tseen\tcost\ttarget\tend\n"
             "0\t4\t10\t-2\t0\t2\t{\"optimizer.lr\": 0.1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 0\t10\t1\t10\t2\t10\n"
             "1\t5\t10\t-3\t0\t2\t{\"optimizer.lr\": 0.1}\t{\"train.batch\": [1,{\"a\":2}]}\t{\"train.batch\": "
             "[1,{\"a\":2}]} 1\t10\t0\tinf\t2\t10\n");
  expect_all(&t,
             (const char *const[]){"by optimizer", "target run x y train_loss 2 0", "best score", "label",
                                   "compare y train_loss", NULL},
             "# sgd − adam\n"
             "difference\tlo\thi\tp_holm\tverdict\tunits\tlost\n"
             "-1\t-1\t-1\tnan\t0\t2\t0\n");
  expect_all(&t,
             (const char *const[]){"by optimizer", "target run x y train_loss 2 0", "best score", "label",
                                   "compare y train_accuracy ratio", NULL},
             "# adam / sgd\n"
             "difference\tlo\thi\tp_holm\tverdict\tunits\tlost\n"
             "1.732050808\t0.2784915639\t10.77231913\tnan\t0\t2\t0\n");
  expect_all(&t, (const char *const[]){"by train.batch", "target run x y train_loss 2 0", "blocks y", NULL},
             "# {\"train.batch\": [1,{\"a\":2}]}\n"
             "replicate\trun\tx\ty\tended\tscore\tsetting\tblock\tproblem\ttime\tseen\tcost\ttarget\tend\n"
             "0\t4\t10\t2.5\t0\t2\t{}\t{\"optimizer.name\": \"adam\", \"optimizer.lr\": 0.1}\t{\"optimizer.name\": "
             "\"adam\", \"optimizer.lr\": 0.1}\t10\t1\t10\t2\t10\n"
             "0\t6\t10\t2.5\t0\t1\t{}\t{\"optimizer.name\": \"adam\", \"optimizer.lr\": 1}\t{\"optimizer.name\": "
             "\"adam\", \"optimizer.lr\": 1}\t10\t1\t10\t2\t10\n"
             "0\t0\t10\t1.5\t1\t1\t{}\t{\"optimizer.name\": \"sgd\", \"optimizer.lr\": 0.1}\t{\"optimizer.name\": "
             "\"sgd\", \"optimizer.lr\": 0.1}\t10\t1\t10\t2\t10\n"
             "0\t2\t10\t5.5\t1\t2\t{}\t{\"optimizer.name\": \"sgd\", \"optimizer.lr\": 1}\t{\"optimizer.name\": "
             "\"sgd\", \"optimizer.lr\": 1}\t10\t0\tinf\t2\t10\n");
  ck_assert(!bsn_derive_find("by")->run(&t, 1, (char *[]){(char[]){"model"}}, &out, &error));
  ck_assert_str_eq(error.text, "no factor \"model\" varies");
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(a_density_has_area_one) {
  bsn_arena arena = {0};
  bsn_table_result t, out;
  bsn_error error = {0};
  table_of(&t, &arena, 6, some);
  ck_assert(bsn_derive_find("density")->run(&t, 1, (char *[]){(char[]){"y"}}, &out, &error));
  ck_assert_uint_eq(out.rows, 128);
  double area = 0, width = bsn_result_number(&out, 1, 1) - bsn_result_number(&out, 0, 1);
  for (size_t i = 0; i < out.rows; i++) area += width * bsn_result_number(&out, i, 2);
  ck_assert_double_eq_tol(area, 1, 0.01);
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(arrays_become_rows) {
  bsn_arena arena = {0};
  bsn_table_result t, out;
  bsn_error error = {0};
  ck_assert(bsn_result_init(&t, &arena, 5, (const char *const[]){"s", "u", "u_dtype", "v", "v_dtype"}));
  bsn_cell *row = bsn_result_row(&t);
  row[0] = bsn_words("a"), row[2] = bsn_words("d"), row[4] = bsn_words("i");
  row[1] = (bsn_cell){.kind = BSN_CELL_BYTES, .bytes = (double[]){0.5, 3}, .size = 16};
  row[3] = (bsn_cell){.kind = BSN_CELL_BYTES, .bytes = (int32_t[]){-1, 7}, .size = 8};
  expect(&t, "unfold u v", "# a\nu\tu_dtype\tv\tv_dtype\n0.5\td\t-1\ti\n3\td\t7\ti\n");
  row[3].size = 4;
  ck_assert(!bsn_derive_find("unfold")->run(&t, 2, (char *[]){(char[]){"u"}, (char[]){"v"}}, &out, &error));
  ck_assert_str_eq(error.text, "array \"v\" has 1 entries, another of its row 2");
  bsn_arena_free(&arena);
}
END_TEST

static const struct names {
  const char *cells[4], *without, *expected[4];
} names[] = {
    {{"{\"optimizer.name\": \"sgd\"}", "{\"optimizer.name\": \"adam\"}"}, NULL, {"sgd", "adam"}},
    {{"{\"train.batch\": 1000}", "{\"train.batch\":32}"}, NULL, {"batch 1000", "batch 32"}},
    {{"{\"optimizer\": {\"name\": \"a\", \"weight_decay\": 0.1}}", "{\"optimizer\": {\"name\": \"b\"}}"},
     NULL,
     {"a, weight decay 0.1", "b"}},
    {{"{\"optimizer\": \"a\", \"optimizer.lr\": 1e-1}", "{\"optimizer\": \"a\", \"optimizer.lr\": 0.01}"},
     "optimizer.lr",
     {"all trials", "all trials"}},
    {{"{\"m\": [64, 32]}", "{\"m\": [8]}"}, NULL, {"64-32", "8"}},
    {{"{}"}, NULL, {"all trials"}},
    {{"{\"study\": \"x\"}", "{\"study\": \"y\", \"lr\": 1}", "{\"study\": \"z\", \"lr\": 1}"},
     NULL,
     {"x", "y: lr 1", "z: lr 1"}},
    {{"{\"study\": \"x\", \"a\": 1}", "{\"study\": \"x\", \"a\": 2}"}, NULL, {"a 1", "a 2"}},
};

START_TEST(cells_have_names) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_table_result t;
    ck_assert(bsn_result_init(&t, &arena, 2, (const char *const[]){"cell", "y"}));
    for (size_t k = 0; names[i].cells[k]; k++) bsn_result_row(&t)[0] = bsn_words(names[i].cells[k]);
    ck_assert_msg(bsn_label_cells(&t, names[i].without, &error), "%s", error.text);
    for (size_t k = 0; names[i].expected[k]; k++) ck_assert_str_eq(bsn_result_at(&t, k, 0)->text, names[i].expected[k]);
    bsn_arena_free(&arena);
  }
}
END_TEST

BASIN_TESTS("derive", quantiles_are_exact, quantiles_of_groups, diverged_is_worst_and_early_ends_carry_on,
            distributions_are_exact, statistics_by_name, cells_are_taken_apart_and_compared, a_density_has_area_one,
            arrays_become_rows, cells_have_names)
