#include "base/arena.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bsn_block {
  struct bsn_block *before;
  size_t used, size;
  _Alignas(64) char bytes[];
};

enum { SMALLEST = 16 << 10 };

static struct bsn_block *block_new(bsn_arena *arena, size_t need) {
  size_t size = need > SMALLEST ? need : SMALLEST;
  if (size > SIZE_MAX - sizeof(struct bsn_block) - 64) return NULL;
  size_t total = (sizeof(struct bsn_block) + size + 63) & ~(size_t)63;
  struct bsn_block *block = aligned_alloc(64, total);
  if (!block) return NULL;
  *block = (struct bsn_block){.before = arena->last, .size = size};
  arena->last = block;
  arena->bytes += total;
  return block;
}

static void *take(bsn_arena *arena, size_t bytes, size_t align) {
  struct bsn_block *block = arena->last;
  size_t at = block ? (block->used + align - 1) & ~(align - 1) : 0;
  if (!block || at > block->size || bytes > block->size - at) {
    block = block_new(arena, bytes);
    if (!block) return NULL;
    at = 0;
  }
  block->used = at + bytes;
  return memset(block->bytes + at, 0, bytes);
}

void *bsn_alloc_in(bsn_arena *arena, size_t bytes) { return take(arena, bytes, 16); }

void *bsn_buffer_in(bsn_arena *arena, size_t bytes) {
  if (bytes > SIZE_MAX - BSN_SLACK) return NULL;
  return take(arena, bytes + BSN_SLACK, 64);
}

bsn_real *bsn_reals_in(bsn_arena *arena, size_t n) {
  if (n > SIZE_MAX / sizeof(bsn_real)) return NULL;
  return bsn_buffer_in(arena, n * sizeof(bsn_real));
}

char *bsn_text_in(bsn_arena *arena, const char *format, ...) {
  va_list list, again;
  va_start(list, format);
  va_copy(again, list);
  int n = vsnprintf(NULL, 0, format, list);
  va_end(list);
  char *text = n < 0 ? NULL : bsn_alloc_in(arena, (size_t)n + 1);
  if (text) vsnprintf(text, (size_t)n + 1, format, again);
  va_end(again);
  return text;
}

void *bsn_copy_in(bsn_arena *arena, const void *from, size_t bytes) {
  void *copy = bsn_alloc_in(arena, bytes);
  return copy && bytes ? memcpy(copy, from, bytes) : copy;
}

void *bsn_grow_in(bsn_arena *arena, void *items, size_t n, size_t size) {
  bool full = n == 0 || (n >= 8 && (n & (n - 1)) == 0);
  if (!full) return items;
  size_t room = n ? 2 * n : 8;
  if (room > SIZE_MAX / size) return NULL;
  void *larger = bsn_alloc_in(arena, room * size);
  if (larger && n) memcpy(larger, items, n * size);
  return larger;
}

void bsn_arena_free(bsn_arena *arena) {
  for (struct bsn_block *block = arena->last, *before; block; block = before) {
    before = block->before;
    free(block);
  }
  *arena = (bsn_arena){0};
}
