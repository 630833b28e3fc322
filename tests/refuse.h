/* refuse.h: allocations that fail when a test says so. For one program: it defines what the linker calls instead of the arena.
 *
 *     refuse_each(task, false, BSN_OK, 100);     // task(arena, error) with piece 1, 2, .. of all arenas refused
 *
 * The linker sends every call of the arena's functions from other files, and every aligned_alloc, through the functions below
 * (--wrap; `refuse` in tests/meson.build), which count and refuse the one whose turn it is.
 */
#ifndef REFUSE_H
#define REFUSE_H

#include "base/arena.h"
#include "base/error.h"
#include "basin_check.h"
#include <stdarg.h>

static size_t calls, refused; /* refused: number of the call that gets nothing; 0: none */
static bool by_block;         /* count blocks from the system rather than pieces of an arena */

static bool is_refused(bool block) { return block == by_block && ++calls == refused; }

void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size) {
  return is_refused(true) ? NULL : __real_aligned_alloc(align, size);
}

void *__real_bsn_alloc_in(bsn_arena *arena, size_t bytes);
void *__wrap_bsn_alloc_in(bsn_arena *arena, size_t bytes);
void *__wrap_bsn_alloc_in(bsn_arena *arena, size_t bytes) {
  return is_refused(false) ? NULL : __real_bsn_alloc_in(arena, bytes);
}

void *__real_bsn_buffer_in(bsn_arena *arena, size_t bytes);
void *__wrap_bsn_buffer_in(bsn_arena *arena, size_t bytes);
void *__wrap_bsn_buffer_in(bsn_arena *arena, size_t bytes) {
  return is_refused(false) ? NULL : __real_bsn_buffer_in(arena, bytes);
}

bsn_real *__real_bsn_reals_in(bsn_arena *arena, size_t n);
bsn_real *__wrap_bsn_reals_in(bsn_arena *arena, size_t n);
bsn_real *__wrap_bsn_reals_in(bsn_arena *arena, size_t n) {
  return is_refused(false) ? NULL : __real_bsn_reals_in(arena, n);
}

void *__real_bsn_copy_in(bsn_arena *arena, const void *from, size_t bytes);
void *__wrap_bsn_copy_in(bsn_arena *arena, const void *from, size_t bytes);
void *__wrap_bsn_copy_in(bsn_arena *arena, const void *from, size_t bytes) {
  return is_refused(false) ? NULL : __real_bsn_copy_in(arena, from, bytes);
}

void *__real_bsn_grow_in(bsn_arena *arena, void *items, size_t n, size_t size);
void *__wrap_bsn_grow_in(bsn_arena *arena, void *items, size_t n, size_t size);
void *__wrap_bsn_grow_in(bsn_arena *arena, void *items, size_t n, size_t size) {
  return is_refused(false) ? NULL : __real_bsn_grow_in(arena, items, n, size);
}

char *__real_bsn_text_in(bsn_arena *arena, const char *format, ...);
char *__wrap_bsn_text_in(bsn_arena *arena, const char *format, ...);
char *__wrap_bsn_text_in(bsn_arena *arena, const char *format, ...) {
  if (is_refused(false)) return NULL;
  char *text;
  va_list list;
  va_start(list, format);
  int n = vasprintf(&text, format, list);
  va_end(list);
  ck_assert_int_ge(n, 0);
  char *copy = __real_bsn_text_in(arena, "%s", text);
  free(text);
  return copy;
}

/* Refuse call 1, 2, .. of task; the last round, with nothing refused, ends with the code `whole` and counts more than at_least. */
static inline void refuse_each(bool (*task)(bsn_arena *, bsn_error *), bool blocks, bsn_code whole, size_t at_least) {
  by_block = blocks;
  for (refused = 1;; refused++) {
    bsn_arena arena = {0};
    bsn_error error = {0};
    calls = 0;
    bool ok = task(&arena, &error);
    bool reached = calls >= refused;
    bsn_arena_free(&arena);
    ck_assert_int_eq(ok, error.code == BSN_OK);
    ck_assert_msg(error.code == (reached ? BSN_NO_MEMORY : whole), "call %zu: code %d: %s", refused, error.code,
                  error.text);
    if (!reached) break;
  }
  ck_assert_uint_gt(refused, at_least);
  refused = 0;
}

#endif
