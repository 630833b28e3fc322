#include "learn/tape.h"
#include <string.h>

void bsn_tape_pass(bsn_tape *tape, void *bytes, size_t n) {
  tape->n += n;
  if (!tape->at || !n) return;
  memcpy(tape->read ? bytes : tape->at, tape->read ? tape->at : bytes, n);
  tape->at += n;
}

void bsn_tape_optimizer(bsn_tape *tape, bsn_optimizer_state *s) {
  bsn_tape_pass(tape, &s->t, sizeof s->t);
  bsn_tape_pass(tape, &s->loss, sizeof s->loss);
  bsn_tape_pass(tape, s->number, BSN_OPTIMIZER_NUMBERS * sizeof *s->number);
  for (size_t i = 0; i < s->nslots; i++) bsn_tape_pass(tape, s->slot[i], s->n * sizeof **s->slot);
  if (s->inner) bsn_tape_optimizer(tape, s->inner);
}

bool bsn_tape_write(bsn_tape_walk *walk, void *state, const bsn_record *record, bsn_arena *arena, void **bytes,
                    size_t *n, bsn_error *error) {
  bsn_tape count = {0};
  void *packed;
  size_t size;
  BSN_TRY(bsn_record_pack(record, arena, &packed, &size, error));
  walk(&count, state);
  char *out = bsn_alloc_in(arena, count.n + size);
  if (!out) return bsn_no_memory(error);
  walk(&(bsn_tape){.at = out}, state);
  memcpy(out + count.n, packed, size);
  *bytes = out;
  *n = count.n + size;
  return true;
}

bool bsn_tape_read(bsn_tape_walk *walk, void *state, bsn_record *record, bsn_arena *arena, const void *bytes, size_t n,
                   bsn_error *error) {
  bsn_tape count = {0};
  walk(&count, state);
  if (n < count.n) return bsn_fail(error, BSN_BAD_INPUT, "a checkpoint is too short: %zu bytes, not %zu", n, count.n);
  BSN_TRY(bsn_record_unpack(record, arena, (const char *)bytes + count.n, n - count.n, error));
  walk(&(bsn_tape){.at = (char *)(uintptr_t)bytes, .read = true}, state);
  return true;
}
