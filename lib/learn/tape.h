/* tape.h: the state of something that runs, as bytes: one walk over it serves measuring, writing and reading.
 *
 *     static void pass(bsn_tape *t, void *state) {
 *       my_run *run = state;
 *       bsn_tape_pass(t, &run->step, sizeof run->step);
 *       bsn_tape_optimizer(t, &run->optimizer);
 *     }
 *     ok = bsn_tape_write(pass, &run, &run.record, arena, &bytes, &n, error);
 *
 * Bytes are those of this machine and this build: a checkpoint is no format to be kept.
 */
#ifndef BSN_LEARN_TAPE_H
#define BSN_LEARN_TAPE_H

#include "base/record.h"
#include "optim/optimizer.h"

typedef struct bsn_tape {
  char *at;  /* where the next bytes are; NULL: only count */
  size_t n;  /* passed so far */
  bool read; /* from the tape to the state */
} bsn_tape;

typedef void bsn_tape_walk(bsn_tape *tape, void *state);

/* n bytes of the state. */
void bsn_tape_pass(bsn_tape *tape, void *bytes, size_t n);

/* An optimizer's, wrapped ones included. */
void bsn_tape_optimizer(bsn_tape *tape, bsn_optimizer_state *s);

/* The state and the record as bytes in arena. */
bool bsn_tape_write(bsn_tape_walk *walk, void *state, const bsn_record *record, bsn_arena *arena, void **bytes,
                    size_t *n, bsn_error *error);

/* Back into a state that was made in the same way. BSN_BAD_INPUT when the sizes do not fit or the record is none; the
 * state is unchanged then. */
bool bsn_tape_read(bsn_tape_walk *walk, void *state, bsn_record *record, bsn_arena *arena, const void *bytes, size_t n,
                   bsn_error *error);

#endif
