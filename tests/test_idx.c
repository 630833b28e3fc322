/* Data in IDX files, packed or not: what good ones give, and the exact message of every bad one. */
#include "reader_check.h"
#include <zlib.h>

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

BASIN_TESTS("idx", bad_idx_files_have_their_message, idx_files_are_read_packed_or_not, damaged_gz_files_are_refused,
            idx_elements_have_six_types, test_files_must_be_like_training_files)
