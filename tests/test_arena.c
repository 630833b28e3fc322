/* Memory and messages. */
#include "basin_check.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/stream.h"

START_TEST(pieces_are_zeroed_aligned_and_apart) {
  bsn_arena arena = {0};
  char *before = NULL;
  for (size_t n = 0; n < 3000; n += 7) {
    char *small = bsn_alloc_in(&arena, n);
    char *buffer = bsn_buffer_in(&arena, n);
    ck_assert_ptr_nonnull(small);
    ck_assert_int_eq((uintptr_t)small % 16, 0);
    ck_assert_int_eq((uintptr_t)buffer % 64, 0);
    for (size_t i = 0; i < n; i++) ck_assert_int_eq(small[i] | buffer[i], 0);
    memset(small, 1, n);
    memset(buffer, 1, n + BSN_SLACK);
    if (before) ck_assert_int_eq(before[0], 1);
    before = n ? small : before;
  }
  bsn_arena_free(&arena);
  ck_assert_ptr_null(arena.last);
}
END_TEST

START_TEST(arrays_grow_and_keep_their_items) {
  bsn_arena arena = {0};
  int *items = NULL;
  for (int i = 0; i < 1000; i++) {
    items = bsn_grow_in(&arena, items, (size_t)i, sizeof *items);
    items[i] = i;
  }
  for (int i = 0; i < 1000; i++) ck_assert_int_eq(items[i], i);
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(impossible_sizes_give_null) {
  bsn_arena arena = {0};
  ck_assert_ptr_null(bsn_reals_in(&arena, SIZE_MAX / 2));
  ck_assert_ptr_null(bsn_buffer_in(&arena, SIZE_MAX - 3));
  ck_assert_ptr_null(bsn_grow_in(&arena, NULL, (size_t)1 << 62, 64));
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(the_first_error_is_kept) {
  bsn_error error = {0};
  ck_assert(!bsn_fail(&error, BSN_IO, "first %d", 1));
  ck_assert(!bsn_fail(&error, BSN_FAILED, "second"));
  ck_assert_int_eq(error.code, BSN_IO);
  ck_assert_str_eq(error.text, "first 1");
}
END_TEST

START_TEST(streams_differ_in_every_name) {
  bsn_stream a = bsn_stream_of(1, "init", "0.weight", 0);
  ck_assert_uint_eq(a.key, bsn_stream_of(1, "init", "0.weight", 9).key);
  ck_assert_uint_ne(a.key, bsn_stream_of(2, "init", "0.weight", 0).key);
  ck_assert_uint_ne(a.key, bsn_stream_of(1, "order", "0.weight", 0).key);
  ck_assert_uint_ne(a.key, bsn_stream_of(1, "init", "0.bias", 0).key);
}
END_TEST

BASIN_TESTS("arena", pieces_are_zeroed_aligned_and_apart, arrays_grow_and_keep_their_items, impossible_sizes_give_null,
            the_first_error_is_kept, streams_differ_in_every_name)
