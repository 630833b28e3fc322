/* pipe.h: what the runner and its workers say to each other, through a pair of sockets each.
 *
 *     bsn_message_send(fd, &(bsn_message){.kind = BSN_SAY_DO, .trial = 3, .unit = 0}, NULL);
 *     while (bsn_message_receive(fd, &message, &arena, &bytes)) ...      // false: the other side is gone
 *
 * Both sides are the same program on the same machine: a message is a struct and n bytes behind it.
 */
#ifndef BSN_STUDY_PIPE_H
#define BSN_STUDY_PIPE_H

#include "base/arena.h"
#include "base/error.h"

typedef enum bsn_say {
  BSN_SAY_DO, /* to a worker: do this unit; bytes are numbers (size_t) of further trials whose unit 0 goes with it */
  BSN_SAY_ANSWER, /* to a worker: code 1: there is one (bytes: the packed record after GET), 0: none */
  BSN_SAY_HAS,    /* from a worker: bytes are a key */
  BSN_SAY_GET,    /* from a worker: bytes are a key */
  BSN_SAY_PUT,    /* from a worker: bytes are a packed record */
  BSN_SAY_FIRST,  /* from a worker: only the first code of the units are done here, the others are better off alone */
  BSN_SAY_DROP,   /* from a worker: bytes are the name of a blob that is not needed any more */
  BSN_SAY_DONE    /* from a worker: the units are over; code and bytes are an error's */
} bsn_say;

typedef struct bsn_message {
  bsn_say kind;
  int code;
  size_t trial, unit; /* DO: which */
  size_t n;           /* bytes that follow */
} bsn_message;

/* Send it with message->n bytes. False: the other side is gone. */
bool bsn_message_send(int fd, const bsn_message *message, const void *bytes);

/* Wait for one; its bytes, and a NUL behind them, live in arena. False: the other side is gone, or there is no memory. */
bool bsn_message_receive(int fd, bsn_message *message, bsn_arena *arena, void **bytes);

#endif
