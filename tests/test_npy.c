/* Data in npy files: what good ones give, and the exact message of every bad one. */
#include "reader_check.h"

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

BASIN_TESTS("npy", bad_npy_files_have_their_message, good_npy_files_are_read)
