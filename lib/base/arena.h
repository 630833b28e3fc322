/* arena.h: memory that is freed all at once.
 *
 *     bsn_arena arena = {0};
 *     char *name = bsn_text_in(&arena, "%s.%d", stem, i);
 *     if (!name) return bsn_no_memory(error);
 *     ...
 *     bsn_arena_free(&arena);          // everything that came from it
 *
 * There is no free of a single piece: what lives as long as each other shares an arena. Every allocation of the library
 * goes through here, so that tests can make each of them fail.
 */
#ifndef BSN_BASE_ARENA_H
#define BSN_BASE_ARENA_H

#include "base/real.h"
#include <stddef.h>

typedef struct bsn_arena {
  struct bsn_block *last; /* newest block of memory; NULL before the first */
  size_t bytes;           /* taken from the system so far */
} bsn_arena;

/* Bytes of slack behind every vector: kernels may read (never write) that far past its end. */
enum { BSN_SLACK = 64 };

/* bytes of zeroed memory, aligned to 16; NULL when there is none. */
void *bsn_alloc_in(bsn_arena *arena, size_t bytes);

/* As bsn_alloc_in, aligned to 64 and with BSN_SLACK zeroed bytes behind it: for anything that a kernel sees. */
void *bsn_buffer_in(bsn_arena *arena, size_t bytes);

/* A zeroed vector of n numbers, as bsn_buffer_in. */
bsn_real *bsn_reals_in(bsn_arena *arena, size_t n);

/* printf into the arena; NULL without memory. */
char *bsn_text_in(bsn_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A copy of bytes bytes; NULL without memory. */
void *bsn_copy_in(bsn_arena *arena, const void *from, size_t bytes);

/* Room for item n (counted from 0) of a growing array of size-byte items that lives in the arena: returns items, or a
 * larger copy of it when n is 0 or a power of two from 8 on. NULL without memory (items stays valid). */
void *bsn_grow_in(bsn_arena *arena, void *items, size_t n, size_t size);

/* Give everything back; the arena is empty and usable again. */
void bsn_arena_free(bsn_arena *arena);

#endif
