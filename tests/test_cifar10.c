/* CIFAR-10 as its authors packed it: where each byte goes, and what is said of files that are damaged. */
#include "reader_check.h"

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

BASIN_TESTS("cifar10", cifar10_is_read_channels_last)
