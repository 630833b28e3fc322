/* error.h: errors are values with a message.
 *
 *     static bool open_it(const char *path, bsn_error *error) {
 *       FILE *f = fopen(path, "r");
 *       if (!f) return bsn_fail(error, BSN_BAD_INPUT, "%s: %s", path, strerror(errno));
 *       BSN_TRY(read_it(f, error));
 *       ...
 *
 * A function that can fail returns false and has said why in its last argument. Only the program turns that into text
 * on a terminal and an exit code; the library never prints and never exits.
 */
#ifndef BSN_BASE_ERROR_H
#define BSN_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* What went wrong, as the exit code that the program ends with. */
typedef enum bsn_code {
  BSN_OK = 0,
  BSN_FAILED = 1,     /* a trial failed, a target FAILed */
  BSN_USAGE = 64,     /* the command line */
  BSN_BAD_INPUT = 65, /* anything wrong in a file or a value that the user gave */
  BSN_MISSING = 69,   /* a program or data package is not installed; the message names its apt package */
  BSN_NO_MEMORY = 71,
  BSN_IO = 74,     /* reading or writing failed, disk full */
  BSN_HELD = 75,   /* another run holds the study */
  BSN_PAUSED = 130 /* interrupted, or out of the time given; run again to go on */
} bsn_code;

typedef struct bsn_error {
  bsn_code code;   /* BSN_OK: nothing happened yet */
  char text[8192]; /* the message, without a final newline; may have several lines */
} bsn_error;

/* Record the error (the first one is kept: later calls are its consequences) and return false. */
bool bsn_fail(bsn_error *error, bsn_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* bsn_fail with the one message for memory that could not be had; returns false. */
bool bsn_no_memory(bsn_error *error);

/* Return false from the caller when call did. */
#define BSN_TRY(call)          \
  do {                         \
    if (!(call)) return false; \
  } while (0)

#endif
