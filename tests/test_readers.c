/* Readers of the user's files: what good ones give, and the exact message of every bad one. */
#include "basin_check.h"
#include "data/dataset.h"
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* A folder of its own for each test; the files' names in messages are relative to it. */
static char home[64];

static void enter(void) {
  snprintf(home, sizeof home, "/tmp/basin-readers-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(home));
  ck_assert_int_eq(chdir(home), 0);
}

static void leave(void) {
  static const char *const names[] = {"a",
                                      "b",
                                      "c",
                                      "d",
                                      "data_batch_1.bin",
                                      "data_batch_2.bin",
                                      "data_batch_3.bin",
                                      "data_batch_4.bin",
                                      "data_batch_5.bin",
                                      "test_batch.bin"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) remove(names[i]);
  ck_assert_int_eq(chdir("/"), 0);
  ck_assert_int_eq(rmdir(home), 0);
}

static bool load(bsn_loaded *d, const char *name, const char *text, bsn_arena *arena, bsn_error *error) {
  bsn_faults faults = {.arena = arena};
  bsn_reader reader = {.arena = arena, .faults = &faults, .folder = "."};
  const bsn_row *row = bsn_table_find(&bsn_data_table, name);
  void *config = bsn_alloc_in(arena, row->config_size);
  bsn_value *map = bsn_value_read(arena, "test", text, strlen(text), &faults);
  bool ok = map && bsn_read_params(&reader, row->params, map, "data", config, NULL);
  ck_assert_msg(ok, "%s", ok ? "" : bsn_faults_text(arena, &faults));
  bsn_data_options options = {.train = {BSN_AMOUNT_ALL, 0}, .test = {BSN_AMOUNT_ALL, 0}};
  return bsn_data_load(d, (const bsn_data *)row, config, &options, arena, error);
}

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

/* Binary files, as bytes. */

typedef struct blob {
  const char *bytes;
  size_t n;
} blob;
#define BLOB(text) \
  { text, sizeof text - 1 }

/* Two images of 2 x 2 and their labels. */
#define IMAGES "\0\0\x08\x03\0\0\0\2\0\0\0\2\0\0\0\2"
#define LABELS "\0\0\x08\x01\0\0\0\2"

static const struct {
  blob a, b;
  const char *want;
} bad_idx[] = {
    {BLOB(""), BLOB(LABELS "\1\0"), "./a: byte 0: an IDX file begins with 4 bytes, this one has 0"},
    {BLOB("\0\0\x08"), BLOB(LABELS "\1\0"), "./a: byte 0: an IDX file begins with 4 bytes, this one has 3"},
    {BLOB("\x89PNG"), BLOB(LABELS "\1\0"), "./a: byte 0: no IDX file: expected bytes 00 00, got 89 50"},
    {BLOB("\0\0\x07\1\0\0\0\1a"), BLOB(LABELS "\1\0"), "./a: byte 2: unknown element type 0x07"},
    {BLOB("\0\0\xff\1\0\0\0\1a"), BLOB(LABELS "\1\0"), "./a: byte 2: unknown element type 0xff"},
    {BLOB("\0\0\x08\0"), BLOB(LABELS "\1\0"), "./a: byte 3: expected 1 to 4 axes, got 0"},
    {BLOB("\0\0\x08\x05"), BLOB(LABELS "\1\0"), "./a: byte 3: expected 1 to 4 axes, got 5"},
    {BLOB("\0\0\x08\3\0\0\0\2"), BLOB(LABELS "\1\0"), "./a: byte 4: the header has 16 bytes, the file only 8"},
    {BLOB(IMAGES "1234567"), BLOB(LABELS "\1\0"),
     "./a: byte 16: 2 x 2 x 2 elements of 1 bytes: expected 8 bytes, the file has 7"},
    {BLOB(IMAGES "123456789"), BLOB(LABELS "\1\0"),
     "./a: byte 16: 2 x 2 x 2 elements of 1 bytes: expected 8 bytes, the file has 9"},
    {BLOB("\0\0\x08\2\0\0\0\0\0\0\0\2"), BLOB(LABELS "\1\0"), "./a: byte 12: axis 0 of 0 x 2 is empty"},
    {BLOB("\0\0\x0e\4\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), BLOB(LABELS "\1\0"),
     "./a: byte 20: 4294967295 x 4294967295 x 4294967295 x 4294967295 elements are too many"},
    {BLOB(IMAGES "12345678"), BLOB("\0\0\x08\1\0\0\0\3\1\0\1"), "./b: byte 8: 3 targets, but ./a has 2 inputs"},
    {BLOB(IMAGES "12345678"), BLOB("\0\0\x09\1\0\0\0\2\1\xff"), "./b: byte 9: row 1: class -1 is not in 0 .. 65535"},
    {BLOB(IMAGES "12345678"), BLOB("\0\0\x0c\1\0\0\0\2\0\1\0\0\0\0\0\0"),
     "./b: byte 8: row 0: class 65536 is not in 0 .. 65535"},
    {BLOB("\0\0\x0d\2\0\0\0\2\0\0\0\1\x3f\x80\0\0\x7f\xc0\0\0"), BLOB(LABELS "\1\0"),
     "./a: byte 16: row 1: nan is no number"},
    {BLOB("\0\0\x0d\2\0\0\0\2\0\0\0\1\x7f\x80\0\0\x3f\x80\0\0"), BLOB(LABELS "\1\0"),
     "./a: byte 12: row 0: infinite, or too large"},
    {BLOB("\x1f\x8b\x08\0\0\0\0\0\0\3"), BLOB(LABELS "\1\0"), "./a: damaged gz file"},
};

START_TEST(bad_idx_files_have_their_message) {
  enter();
  for (size_t i = 0; i < sizeof bad_idx / sizeof *bad_idx; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_loaded d;
    write_bytes("a", bad_idx[i].a.bytes, bad_idx[i].a.n);
    write_bytes("b", bad_idx[i].b.bytes, bad_idx[i].b.n);
    ck_assert_msg(!load(&d, "idx", "{images: a, labels: b}", &arena, &error), "case %zu was read", i);
    ck_assert_str_eq(error.text, bad_idx[i].want);
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    bsn_arena_free(&arena);
  }
  leave();
}
END_TEST

static void write_gz(const char *name, blob b) {
  gzFile f = gzopen(name, "wb");
  ck_assert_int_eq(gzwrite(f, b.bytes, (unsigned)b.n), (int)b.n);
  ck_assert_int_eq(gzclose(f), Z_OK);
}

START_TEST(idx_files_are_read_packed_or_not) {
  enter();
  static const blob images = BLOB(IMAGES "\0\1\2\3\4\5\6\xff"), labels = BLOB(LABELS "\2\0");
  static const blob more = BLOB("\0\0\x08\3\0\0\0\1\0\0\0\2\0\0\0\2\1\1\1\1"), one = BLOB("\0\0\x08\1\0\0\0\1\1");
  for (int packed = 0; packed < 2; packed++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_loaded d;
    if (packed) write_gz("a", images), write_gz("b", labels);
    if (!packed) write_bytes("a", images.bytes, images.n), write_bytes("b", labels.bytes, labels.n);
    write_bytes("c", more.bytes, more.n);
    write_bytes("d", one.bytes, one.n);
    bool ok = load(&d, "idx", "{images: a, labels: b, test_images: c, test_labels: d}", &arena, &error);
    ck_assert_msg(ok, "%s", error.text);
    ck_assert_uint_eq(d.train.rows, 2);
    ck_assert_int_eq(d.train.axes, 3);
    ck_assert_uint_eq(d.train.shape[0] * 100 + d.train.shape[1] * 10 + d.train.shape[2], 221);
    ck_assert_uint_eq(d.train.width, 4);
    ck_assert_int_eq(memcmp(d.train.u8, "\0\1\2\3\4\5\6\xff", 8), 0);
    ck_assert((double)d.train.scale == (double)((bsn_real)1 / 255));
    ck_assert_uint_eq(d.train.outputs, 3);
    ck_assert_int_eq(d.train.label[0], 2);
    ck_assert_uint_eq(d.test.rows, 1);
    ck_assert_uint_eq(d.test.outputs, 3);
    ck_assert_int_eq(d.test.label[0], 1);
    bsn_arena_free(&arena);
  }
  leave();
}
END_TEST

START_TEST(damaged_gz_files_are_refused) {
  enter();
  static const blob images = BLOB(IMAGES "abcdefgh"), labels = BLOB(LABELS "\1\0");
  write_gz("a", images);
  write_bytes("b", labels.bytes, labels.n);
  char whole[100], broken[100];
  FILE *f = fopen("a", "rb");
  size_t n = fread(whole, 1, sizeof whole, f);
  fclose(f);
  ck_assert_uint_lt(n, sizeof whole);
  /* Cut off anywhere behind the two bytes that tell a gz file; a wrong bit in data, checksum or length. */
  for (size_t i = 10; i < n; i++) {
    for (int flip = 0; flip < 2; flip++) {
      bsn_arena arena = {0};
      bsn_error error = {0};
      bsn_loaded d;
      memcpy(broken, whole, n);
      broken[i] ^= (char)(flip ? 4 : 0);
      write_bytes("a", broken, flip ? n : i);
      ck_assert_msg(!load(&d, "idx", "{images: a, labels: b}", &arena, &error), "byte %zu, flip %d", i, flip);
      ck_assert_int_eq(error.code, BSN_BAD_INPUT);
      ck_assert_str_eq(error.text, "./a: damaged gz file");
      bsn_arena_free(&arena);
    }
  }
  leave();
}
END_TEST

/* All types of elements, as one row of numbers to predict from and one. */
START_TEST(idx_elements_have_six_types) {
  static const struct {
    blob file;
    double want;
  } cases[] = {{BLOB("\0\0\x09\1\0\0\0\1\xfe"), -2},
               {BLOB("\0\0\x0b\1\0\0\0\1\xff\xfe"), -2},
               {BLOB("\0\0\x0c\1\0\0\0\1\0\1\0\2"), 65538},
               {BLOB("\0\0\x0d\1\0\0\0\1\x3f\xc0\0\0"), 1.5},
               {BLOB("\0\0\x0e\1\0\0\0\1\xbf\xe8\0\0\0\0\0\0"), -0.75}};
  static const blob target = BLOB("\0\0\x0d\1\0\0\0\1\x40\x20\0\0");
  enter();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_loaded d;
    write_bytes("a", cases[i].file.bytes, cases[i].file.n);
    write_bytes("b", target.bytes, target.n);
    ck_assert_msg(load(&d, "idx", "{images: a, labels: b}", &arena, &error), "%s", error.text);
    ck_assert_int_eq(d.train.task, BSN_REGRESSION);
    ck_assert_double_eq((double)d.train.real[0], cases[i].want);
    ck_assert_double_eq((double)d.train.target[0], 2.5);
    ck_assert_int_eq(d.train.axes, 1);
    bsn_arena_free(&arena);
  }
  leave();
}
END_TEST

START_TEST(test_files_must_be_like_training_files) {
  static const struct {
    blob c, d;
    const char *keys, *want;
  } cases[] = {
      {BLOB("\0\0\x08\3\0\0\0\1\0\0\0\2\0\0\0\003"
            "123456"),
       BLOB("\0\0\x08\1\0\0\0\1\1"), "test_images: c, test_labels: d",
       "./c: its rows have another shape than the training rows"},
      {BLOB("\0\0\x0d\3\0\0\0\1\0\0\0\1\0\0\0\4................"), BLOB("\0\0\x08\1\0\0\0\1\1"),
       "test_images: c, test_labels: d", "./c: its rows have another shape than the training rows"},
      {BLOB("\0\0\x0d\3\0\0\0\1\0\0\0\2\0\0\0\2................"), BLOB("\0\0\x08\1\0\0\0\1\1"),
       "test_images: c, test_labels: d", "./c: bytes in one of training and test, numbers in the other"},
      {BLOB("\0\0\x08\3\0\0\0\1\0\0\0\2\0\0\0\002"
            "1234"),
       BLOB("\0\0\x08\1\0\0\0\1\3"), "test_images: c, test_labels: d", "./d: byte 8: row 0: class 3 is not in 0 .. 2"},
      {BLOB("\0\0\x08\3\0\0\0\1\0\0\0\2\0\0\0\002"
            "1234"),
       BLOB("\0\0\x0d\1\0\0\0\1\x3f\x80\0\0"), "test_images: c, test_labels: d",
       "./d: its targets are of another kind than the training targets"},
      {BLOB("x"), BLOB("y"), "test_images: c",
       "./c: a file of test inputs needs one of test targets, and the other way round"},
      {BLOB("x"), BLOB("y"), "test_labels: d",
       "./d: a file of test inputs needs one of test targets, and the other way round"},
  };
  enter();
  write_bytes("a", IMAGES "12345678", 24);
  write_bytes("b", LABELS "\2\0", 10);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_loaded d;
    write_bytes("c", cases[i].c.bytes, cases[i].c.n);
    write_bytes("d", cases[i].d.bytes, cases[i].d.n);
    ck_assert(!load(&d, "idx", bsn_text_in(&arena, "{images: a, labels: b, %s}", cases[i].keys), &arena, &error));
    ck_assert_str_eq(error.text, cases[i].want);
    bsn_arena_free(&arena);
  }
  leave();
}
END_TEST

/* An npy file of format 1.0 with this dictionary and data. */
static void write_npy(const char *name, const char *dictionary, blob data) {
  char head[256] = "\x93NUMPY\1";
  size_t n = strlen(dictionary);
  head[8] = (char)n;
  memcpy(head + 10, dictionary, n);
  memcpy(head + 10 + n, data.bytes, data.n);
  write_bytes(name, head, 10 + n + data.n);
}

#define DICT(descr, shape) "{'descr': '" descr "', 'fortran_order': False, 'shape': " shape ", }\n"

static const struct {
  const char *dictionary;
  blob data;
  const char *shape, *want;
} bad_npy[] = {
    {DICT(">f4", "(2, 1)"), BLOB("12345678"), "none",
     "./a: byte 20: dtype '>f4': expected one of u1 i1 i4 i8 f4 f8, little endian"},
    {DICT("<c8", "(1, 1)"), BLOB("12345678"), "none",
     "./a: byte 20: dtype '<c8': expected one of u1 i1 i4 i8 f4 f8, little endian"},
    {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", BLOB("12345678"), "none",
     "./a: byte 20: expected a quoted word in the npy header"},
    {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }", BLOB("12345678"), "none",
     "./a: byte 44: the array is in Fortran order; save it in C order"},
    {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 1), }", BLOB("12345678"), "none",
     "./a: byte 44: expected True or False in the npy header"},
    {"{'descr': '<f4', 'shape': (2, 1), }", BLOB("12345678"), "none",
     "./a: byte 45: key 'fortran_order' is missing in the npy header"},
    {"{'descr': '<f4', 'descr': '<f4', }", BLOB("12345678"), "none",
     "./a: byte 27: key 'descr' of the npy header is unknown or twice there"},
    {"{'descr': '<f4', 'colour': 3}", BLOB("12345678"), "none",
     "./a: byte 27: key 'colour' of the npy header is unknown or twice there"},
    {DICT("<f4", "()"), BLOB("1234"), "none", "./a: byte 62: a single number is no array of rows"},
    {DICT("<f4", "(2, 1, 1, 1, 1)"), BLOB("12345678"), "none", "./a: byte 73: more than 4 axes"},
    {DICT("<f4", "(-2, 1)"), BLOB("12345678"), "none", "./a: byte 61: expected a whole number in the shape"},
    {DICT("<f4", "(99999999999999999999, 1)"), BLOB("12345678"), "none",
     "./a: byte 61: a number in the shape is too large"},
    {DICT("<f4", "(4611686018427387904, 4)"), BLOB("12345678"), "none",
     "./a: byte 88: 4611686018427387904 x 4 elements are too many"},
    {DICT("<f4", "(2, 0)"), BLOB(""), "none", "./a: byte 70: axis 1 of 2 x 0 is empty"},
    {DICT("<f4", "(2, 2)"), BLOB("12345678"), "none",
     "./a: byte 70: 2 x 2 elements of 4 bytes: expected 16 bytes, the file has 8"},
    {DICT("<f4", "(2, 1)") "x", BLOB("12345678"), "none", "./a: byte 70: text behind the dictionary of the npy header"},
    {DICT("<f4", "(2,"), BLOB("12345678"), "none", "./a: byte 63: expected a whole number in the shape"},
    {DICT("<f4", "(2, 1)"), BLOB("\0\0\x80\x3f\0\0\xc0\x7f"), "none", "./a: byte 74: row 1: nan is no number"},
    {DICT("<f4", "(2, 1)"), BLOB("12345678"), "[3]", "./a: byte 70: data.shape has 3 values, a row of the file has 1"},
    {DICT("<f4", "(2, 1)"), BLOB("12345678"), "[1, 1, 1, 1]", "data.shape: 4 axes; an input has 1 to 3"},
    {DICT("<f4", "(2, 1)"), BLOB("12345678"), "[2147483647, 2147483647, 2147483647]", "data.shape: too many values"},
    {DICT("<f4", "(1, 1)"), BLOB("1234"), "none", "./b: byte 66: 2 targets, but ./a has 1 inputs"},
};

START_TEST(bad_npy_files_have_their_message) {
  enter();
  write_npy("b", "{'descr': '|u1', 'fortran_order': False, 'shape': (2,),}", (blob)BLOB("\1\0"));
  for (size_t i = 0; i < sizeof bad_npy / sizeof *bad_npy; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_loaded d;
    write_npy("a", bad_npy[i].dictionary, bad_npy[i].data);
    char *text = bsn_text_in(&arena, "{inputs: a, targets: b, shape: %s}", bad_npy[i].shape);
    ck_assert_msg(!load(&d, "npy", text, &arena, &error), "case %zu was read", i);
    ck_assert_msg(strcmp(error.text, bad_npy[i].want) == 0, "case %zu: %s", i, error.text);
    ck_assert_int_eq(error.code, BSN_BAD_INPUT);
    bsn_arena_free(&arena);
  }
  static const struct {
    blob file;
    const char *want;
  } heads[] = {
      {BLOB("\x93NUMPY\1\0\x10"), "./a: byte 0: no npy file: it does not begin with \\x93NUMPY"},
      {BLOB("\x93NUMBY\1\0\x10\0"), "./a: byte 0: no npy file: it does not begin with \\x93NUMPY"},
      {BLOB("\x93NUMPY\4\0\x10\0"), "./a: byte 6: npy format 4.0: expected 1.0 to 3.0"},
      {BLOB("\x93NUMPY\2\0\x10\0"), "./a: byte 8: the file ends inside the npy header"},
      {BLOB("\x93NUMPY\1\0\x10\0{}"), "./a: byte 8: the npy header has 26 bytes, the file only 12"},
      {BLOB("\x93NUMPY\3\0\xff\xff\xff\xff{}"), "./a: byte 8: the npy header has 4294967307 bytes, the file only 14"}};
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_loaded d;
    write_bytes("a", heads[i].file.bytes, heads[i].file.n);
    ck_assert(!load(&d, "npy", "{inputs: a, targets: b}", &arena, &error));
    ck_assert_str_eq(error.text, heads[i].want);
    bsn_arena_free(&arena);
  }
  leave();
}
END_TEST

static const struct {
  const char *dictionary, *targets;
  blob data, target;
  const char *shape;
  size_t rows, outputs, image[3];
  double first, scale, target1;
  bsn_task task;
} good_npy[] = {
    {DICT("<f4", "(2, 1)"),
     DICT("|u1", "(2,)"),
     BLOB("\0\0\x80\x3f\0\0\0\xc0"),
     BLOB("\1\0"),
     "none",
     2,
     2,
     {1},
     1,
     1,
     0,
     BSN_CLASSIFICATION},
    {DICT("<f8", "(2,)"),
     DICT("<i4", "(2, 1)"),
     BLOB("\0\0\0\0\0\0\xe8\xbf\0\0\0\0\0\0\0\0"),
     BLOB("\0\0\0\0\2\0\0\0"),
     "none",
     2,
     3,
     {1},
     -0.75,
     1,
     2,
     BSN_CLASSIFICATION},
    {DICT("<i8", "(2, 1)"),
     DICT("<i8", "(2,)"),
     BLOB("\xfe\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0"),
     BLOB("\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"),
     "none",
     2,
     2,
     {1},
     -2,
     1,
     1,
     BSN_CLASSIFICATION},
    {DICT("|i1", "(2, 2)"),
     DICT("<f4", "(2,)"),
     BLOB("\xff\0\0\0"),
     BLOB("\0\0\0\0\0\0\x80\x3f"),
     "none",
     2,
     1,
     {2},
     -1,
     1,
     1,
     BSN_REGRESSION},
    {DICT("|u1", "(2, 4)"),
     DICT("<f4", "(2, 1)"),
     BLOB("\7\0\0\0\0\0\0\0"),
     BLOB("\0\0\0\0\0\0\x80\x3f"),
     "[2, 2]",
     2,
     1,
     {2, 2, 1},
     7,
     1. / 255,
     1,
     BSN_REGRESSION},
    {DICT("|u1", "(1, 2, 1, 3)"),
     DICT("<i4", "(1, 2)"),
     BLOB("\7\0\0\0\0\0"),
     BLOB("\4\0\0\0\5\0\0\0"),
     "none",
     1,
     2,
     {2, 1, 3},
     7,
     1. / 255,
     5,
     BSN_REGRESSION},
    {DICT("<u1", "(1, 2, 3)"),
     "{\"shape\": (1,), \"descr\": \"<f4\", \"fortran_order\": False}",
     BLOB("\7\0\0\0\0\0"),
     BLOB("\0\0\x80\x3f"),
     "none",
     1,
     1,
     {2, 3, 1},
     7,
     1. / 255,
     1,
     BSN_REGRESSION},
};

START_TEST(good_npy_files_are_read) {
  enter();
  for (size_t i = 0; i < sizeof good_npy / sizeof *good_npy; i++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    bsn_loaded d;
    write_npy("a", good_npy[i].dictionary, good_npy[i].data);
    write_npy("b", good_npy[i].targets, good_npy[i].target);
    char *text = bsn_text_in(&arena, "{inputs: a, targets: b, shape: %s}", good_npy[i].shape);
    ck_assert_msg(load(&d, "npy", text, &arena, &error), "case %zu: %s", i, error.text);
    const bsn_dataset *set = &d.train;
    ck_assert_uint_eq(set->rows, good_npy[i].rows);
    ck_assert_uint_eq(set->outputs, good_npy[i].outputs);
    ck_assert_int_eq(set->task, good_npy[i].task);
    for (int a = 0; a < 3; a++) ck_assert_uint_eq(set->shape[a], good_npy[i].image[a]);
    ck_assert_int_eq(set->axes, good_npy[i].image[2] ? 3 : 1);
    ck_assert_double_eq(set->u8 ? set->u8[0] : (double)set->real[0], good_npy[i].first);
    ck_assert((double)set->scale == (double)(bsn_real)good_npy[i].scale);
    size_t last = set->rows * (set->label ? 1 : set->outputs) - 1;
    ck_assert_double_eq(set->label ? set->label[last] : (double)set->target[last], good_npy[i].target1);
    bsn_arena_free(&arena);
  }
  leave();
}
END_TEST

/* Files of the right size that are all zero, then some bytes in them. */
static void write_cifar10(const char *name, off_t size) {
  write_bytes(name, "", 0);
  ck_assert_int_eq(truncate(name, size), 0);
}

static void poke(const char *name, long at, int byte) {
  FILE *f = fopen(name, "r+b");
  ck_assert_int_eq(fseek(f, at, SEEK_SET), 0);
  fputc(byte, f);
  fclose(f);
}

typedef struct cifar10 {
  const char *folder;
} cifar10;

static bool load_cifar10(bsn_loaded *d, bsn_arena *arena, bsn_error *error) {
  bsn_data_options options = {.train = {BSN_AMOUNT_ALL, 0}, .test = {BSN_AMOUNT_ALL, 0}};
  const bsn_data *row = (const bsn_data *)bsn_table_find(&bsn_data_table, "cifar10");
  return bsn_data_load(d, row, &(cifar10){"."}, &options, arena, error);
}

START_TEST(cifar10_is_read_channels_last) {
  enum { ROW = 3073, FILE_SIZE = 10000 * ROW };
  static const char *const names[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                      "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};
  enter();
  for (size_t i = 0; i < 6; i++) write_cifar10(names[i], FILE_SIZE);
  poke(names[1], 3L * ROW, 7);                   /* label of row 10003 */
  poke(names[1], 3L * ROW + 1 + 1024 + 33, 200); /* its green at (1, 1) */
  poke(names[5], FILE_SIZE - 1, 9);              /* the last blue of the last test row */
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_loaded d;
  ck_assert_msg(load_cifar10(&d, &arena, &error), "%s", error.text);
  ck_assert_uint_eq(d.train.rows, 50000);
  ck_assert_uint_eq(d.test.rows, 10000);
  ck_assert_int_eq(d.train.label[10003], 7);
  ck_assert_int_eq(d.train.u8[10003UL * 3072 + (32 + 1) * 3 + 1], 200);
  ck_assert_int_eq(d.test.u8[10000UL * 3072 - 1], 9);
  ck_assert_str_eq(d.train.class_name[7], "horse");

  poke(names[2], 5L * ROW, 10);
  ck_assert(!load_cifar10(&d, &arena, &error));
  ck_assert_str_eq(error.text, "./data_batch_3.bin: byte 15365: row 5: class 10 is not in 0 .. 9");
  error = (bsn_error){0};
  write_cifar10(names[0], FILE_SIZE - 1);
  ck_assert(!load_cifar10(&d, &arena, &error));
  ck_assert_str_eq(
      error.text,
      "./data_batch_1.bin: byte 30729999: 10000 rows of 3073 bytes: expected 30730000 bytes, the file has 30729999");
  error = (bsn_error){0};
  write_cifar10(names[0], FILE_SIZE + ROW);
  ck_assert(!load_cifar10(&d, &arena, &error));
  ck_assert_str_eq(
      error.text,
      "./data_batch_1.bin: byte 30730000: 10000 rows of 3073 bytes: expected 30730000 bytes, the file has 30733073");
  error = (bsn_error){0};
  remove(names[0]);
  ck_assert(!load_cifar10(&d, &arena, &error));
  ck_assert_str_eq(error.text, "./data_batch_1.bin: No such file or directory");
  ck_assert_int_eq(error.code, BSN_BAD_INPUT);
  bsn_arena_free(&arena);
  leave();
}
END_TEST

BASIN_TESTS("readers", bad_csv_files_have_their_message, good_csv_files_are_read,
            a_test_file_has_its_columns_in_any_order, many_classes_keep_their_order, bad_idx_files_have_their_message,
            idx_files_are_read_packed_or_not, idx_elements_have_six_types, damaged_gz_files_are_refused,
            test_files_must_be_like_training_files, bad_npy_files_have_their_message, good_npy_files_are_read,
            cifar10_is_read_channels_last)
