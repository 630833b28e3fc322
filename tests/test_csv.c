/* Data in csv files: what good ones give, and the exact message of every bad one. */
#include "reader_check.h"

#define CSV "./a:"

static const struct {
  const char *a, *b; /* the file and the test file; NULL: none */
  const char *keys, *want;
} bad_csv[] = {
    {"", NULL, "", "./a: the file is empty"},
    {"\n\r\n", NULL, "", "./a: the file is empty"},
    {"x,y\n", NULL, "", "./a: there are no rows behind the header"},
    {"1,2\n3,4\n", NULL, "", CSV "1:1: error: the first line must name the columns; '1' is a number"},
    {"x,,y\n1,2,3\n", NULL, "", CSV "1:3: error: this column has no name"},
    {"x,y,x\n1,2,3\n", NULL, "", CSV "1:5: error: two columns are named 'x'"},
    {"x,y\n1,2\n3\n", NULL, "", CSV "3:2: error: the line ends after 1 of 2 cells"},
    {"x,y\n1,2\n3,4,5\n", NULL, "", CSV "3:5: error: more cells than the header has (2)"},
    {"x,y\n1,2\n,4\n", NULL, "", CSV "3:1: error: column 'x' has no value here"},
    {"x,y\n1,2\n3,\n", NULL, "", CSV "3:3: error: column 'y' has no value here"},
    {"x,y\n1,a\n3,\n", NULL, "", CSV "3:3: error: column 'y' has no value here"},
    {"x,y\r\n1,2\r\nnan,4\r\n", NULL, "", CSV "3:1: error: column 'x' needs a number, got 'nan'"},
    {"x,y\n1,2\n-inf,4\n", NULL, "", CSV "3:1: error: column 'x' needs a number, got '-inf'"},
    {"x,y\n1,2\n1e999,4\n", NULL, "", CSV "3:1: error: column 'x' needs a number, got '1e999'"},
    {"x,y\n1,2\n0x10,4\n", NULL, "", CSV "3:1: error: column 'x' needs a number, got '0x10'"},
    {"z,x,y\n\"a\nb\",1,2\n3,  four,4\n", NULL, "inputs: [x], ",
     CSV "4:5: error: column 'x' needs a number, got 'four'"},
    {"z,x,y\n\"\xc3\xa4\xc3\xb6\",one,2\n", NULL, "inputs: [x], ",
     CSV "2:6: error: column 'x' needs a number, got 'one'"},
    {"x,y\n1,2\n3,n/a\n", NULL, "",
     CSV "3:3: error: column 'y' mixes numbers and texts: 'n/a' here, '2' in the first row; say "
         "task: classification if all are classes"},
    {"x,y\n1,a\n3,7\n", NULL, "",
     CSV "3:3: error: column 'y' mixes numbers and texts: '7' here, 'a' in the first row; say "
         "task: classification if all are classes"},
    {"x,y\n1,a\n", NULL, "task: regression, ", CSV "2:3: error: column 'y' needs a number, got 'a'"},
    {"x,y\n1,\"2\n", NULL, "", CSV "2:3: error: this quote is never closed"},
    {"x,y\n1,\"2\"3\n", NULL, "", CSV "2:6: error: text behind a closing quote"},
    {"x,y\n1,2\"3\"\n", NULL, "", CSV "2:4: error: a quote inside a cell that does not begin with one"},
    {"width,height,price\n1,2,3\n", NULL, "target: [prize], ",
     CSV "1:1: error: there is no column 'prize'; did you mean 'price'?"},
    {"width,height,price\n1,2,3\n", NULL, "target: [zzz], ", CSV "1:1: error: there is no column 'zzz'"},
    {"x,y\n1,2\n", NULL, "target: [y, y], ", CSV "1:3: error: column 'y' is asked for twice"},
    {"x,y\n1,2\n", NULL, "inputs: [x, y], ", CSV "1:3: error: column 'y' is asked for twice"},
    {"y\n1\n", NULL, "", "./a: no column is left for the inputs"},
    {"x,y,z\n1,2,3\n", NULL, "target: [y, z], task: classification, ",
     "./a: classification has one target column, not 2"},
    {"x,y\n1,2\n", NULL, "separator: ';;', ", "data.separator: ';;' is not one character (or tab)"},
    {"x,y\n1,2\n", NULL, "separator: '', ", "data.separator: '' is not one character (or tab)"},
    {"x,y\n1,a\n", "x,y\n1,b\n", "", "./b:2:3: error: class 'b' does not occur in the training file"},
    {"x,y\n1,2\n", "x,z\n1,2\n", "", "./b:1:1: error: there is no column 'y'"},
    {"x,y\n1,2\n", "x,y\n1,\n", "", "./b:2:3: error: column 'y' has no value here"},
};

START_TEST(bad_csv_files_have_their_message) {
  enter();
  for (size_t i = 0; i < sizeof bad_csv / sizeof *bad_csv; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_loaded d;
    write_bytes("a", bad_csv[i].a, strlen(bad_csv[i].a));
    if (bad_csv[i].b) write_bytes("b", bad_csv[i].b, strlen(bad_csv[i].b));
    char *text = bsn_text_in(&arena, "{%sfile: a%s}", bad_csv[i].keys, bad_csv[i].b ? ", test_file: b" : "");
    ck_assert_msg(!load(&d, "csv", text, &arena, &error), "case %zu was read", i);
    ck_assert_str_eq(error.text, bad_csv[i].want);
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    bsn_arena_free(&arena);
  }
  leave();
}
END_TEST

static const struct {
  const char *a, *keys;
  size_t rows, width, outputs;
  double inputs[4], targets[4]; /* all of them, in order; classes for a classification */
  const char *classes;          /* joined by a blank; NULL: regression */
} good_csv[] = {
    {"x,y\n1,2\n3,4\n", "", 2, 1, 1, {1, 3}, {2, 4}, NULL},
    {"x,y\r\n1,2\r\n3,4", "", 2, 1, 1, {1, 3}, {2, 4}, NULL},
    {"x,y\r1,2\r3,4\r", "", 2, 1, 1, {1, 3}, {2, 4}, NULL},
    {"\xef\xbb\xbf"
     "x,y\n\n1,2\n\n",
     "",
     1,
     1,
     1,
     {1},
     {2},
     NULL},
    {" x , \"y\" \n 1 ,\"2\"\n", "target: [y], ", 1, 1, 1, {1}, {2}, NULL},
    {"\"a \"\"b\"\"\",\"c,d\"\n-1e-2,+.5\n", "target: ['c,d'], inputs: ['a \"b\"'], ", 1, 1, 1, {-0.01}, {0.5}, NULL},
    {"x;y\n1;2\n", "separator: ;, ", 1, 1, 1, {1}, {2}, NULL},
    {"x\ty\n1\t2\n", "separator: tab, ", 1, 1, 1, {1}, {2}, NULL},
    {"x\ty\n1\t2\n", "separator: \"\\t\", ", 1, 1, 1, {1}, {2}, NULL},
    {"a,b,c\n1,2,3\n4,5,6\n", "target: [a], ", 2, 2, 1, {2, 3, 5, 6}, {1, 4}, NULL},
    {"a,b,c\n1,2,3\n4,5,6\n", "target: [c, a], ", 2, 1, 2, {2, 5}, {3, 1, 6, 4}, NULL},
    {"a,b,c\n1,x,3\n4,y,6\n", "inputs: [a], ", 2, 1, 1, {1, 4}, {3, 6}, NULL},
    {"x,y\n1,dog\n2,cat\n3,dog\n", "", 3, 1, 2, {1, 2, 3}, {0, 1, 0}, "dog cat"},
    {"x,y\n1,10\n2,9\n3,10.0\n", "task: classification, ", 3, 1, 2, {1, 2, 3}, {1, 0, 1}, "9 10"},
    {"x,y\n1,10\n2,b\n", "task: classification, ", 2, 1, 2, {1, 2}, {0, 1}, "10 b"},
};

START_TEST(good_csv_files_are_read) {
  enter();
  for (size_t i = 0; i < sizeof good_csv / sizeof *good_csv; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_loaded d;
    write_bytes("a", good_csv[i].a, strlen(good_csv[i].a));
    bool ok = load(&d, "csv", bsn_text_in(&arena, "{%sfile: a}", good_csv[i].keys), &arena, &error);
    ck_assert_msg(ok, "case %zu: %s", i, error.text);
    ck_assert_uint_eq(d.train.rows, good_csv[i].rows);
    ck_assert_uint_eq(d.train.width, good_csv[i].width);
    ck_assert_uint_eq(d.train.outputs, good_csv[i].outputs);
    ck_assert_int_eq(d.train.task, good_csv[i].classes ? BSN_CLASSIFICATION : BSN_REGRESSION);
    for (size_t j = 0; j < good_csv[i].rows * good_csv[i].width; j++) {
      ck_assert((double)d.train.real[j] == (double)(bsn_real)good_csv[i].inputs[j]);
    }
    const char *names = "";
    for (size_t j = 0; j < good_csv[i].rows * (good_csv[i].classes ? 1 : good_csv[i].outputs); j++) {
      double got = d.train.label ? d.train.label[j] : (double)d.train.target[j];
      ck_assert_msg(got == good_csv[i].targets[j], "case %zu, target %zu: %g", i, j, got);
    }
    for (size_t k = 0; good_csv[i].classes && k < d.train.outputs; k++) {
      names = bsn_text_in(&arena, "%s%s%s", names, k ? " " : "", d.train.class_name[k]);
    }
    if (good_csv[i].classes) ck_assert_str_eq(names, good_csv[i].classes);
    bsn_arena_free(&arena);
  }
  leave();
}
END_TEST

START_TEST(a_test_file_has_its_columns_in_any_order) {
  enter();
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_loaded d;
  write_bytes("a", "u,v,k\n1,2,no\n3,4,yes\n", 21);
  write_bytes("b", "k,v,more,u\nyes,5,x,6\n", 21);
  ck_assert_msg(load(&d, "csv", "{file: a, test_file: b}", &arena, &error), "%s", error.text);
  ck_assert_uint_eq(d.test.rows, 1);
  ck_assert_double_eq((double)d.test.real[0], 6);
  ck_assert_double_eq((double)d.test.real[1], 5);
  ck_assert_int_eq(d.test.label[0], 1);
  ck_assert_str_eq(d.test.class_name[1], "yes");
  bsn_arena_free(&arena);
  leave();
}
END_TEST

START_TEST(many_classes_keep_their_order) {
  enter();
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_loaded d;
  FILE *f = fopen("a", "w");
  fputs("x,y\n", f);
  for (int i = 0; i < 12000; i++) fprintf(f, "%d,c%d\n", i, i % 3000);
  fclose(f);
  ck_assert_msg(load(&d, "csv", "{file: a}", &arena, &error), "%s", error.text);
  ck_assert_uint_eq(d.train.outputs, 3000);
  for (int i = 0; i < 12000; i++) ck_assert_int_eq(d.train.label[i], i % 3000);
  f = fopen("a", "w");
  fputs("x,y\n", f);
  for (int i = 0; i < 10001; i++) fprintf(f, "%d,c%d\n", i, i);
  fclose(f);
  ck_assert(!load(&d, "csv", "{file: a}", &arena, &error));
  ck_assert_str_eq(error.text, "./a:10002:7: error: more than 10000 classes");
  bsn_arena_free(&arena);
  leave();
}
END_TEST

BASIN_TESTS("csv", bad_csv_files_have_their_message, good_csv_files_are_read, a_test_file_has_its_columns_in_any_order,
            many_classes_keep_their_order)
