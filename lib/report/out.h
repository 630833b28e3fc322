/* out.h: text that is built piece by piece and handed on in large pieces.
 *
 *     static bool to_file(void *to, const char *bytes, size_t n) { return fwrite(bytes, 1, n, to) == n; }
 *
 *     bsn_out out = {.write = to_file, .to = stdout};
 *     bsn_out_add(&out, "%d trials\n", n);
 *     ok = bsn_out_end(&out, error);
 *
 * The library prints nothing: who calls it says where text goes. Trouble is remembered and told once, by bsn_out_end;
 * what is added after it is dropped.
 */
#ifndef BSN_REPORT_OUT_H
#define BSN_REPORT_OUT_H

#include "base/arena.h"
#include "base/error.h"

typedef struct bsn_out {
  bool (*write)(void *to, const char *bytes,
                size_t n); /* false: it failed (errno says why). NULL: all is kept in text */
  void *to;
  char *text; /* what was not handed on yet, ended by NUL */
  size_t n, room;
  bsn_code failed;
  int number; /* errno of the failure */
} bsn_out;

/* printf to the end of it. */
void bsn_out_add(bsn_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A string with JSON's quotes and escapes; NULL is null. Bytes that are not UTF-8 become U+FFFD. */
void bsn_out_json(bsn_out *out, const char *text);

/* The shortest text that reads back to the same double; nan and inf in quotes, since JSON has no such numbers. */
void bsn_out_number(bsn_out *out, double x);

/* A field of a CSV file (RFC 4180): quoted only where it has to be; NULL is empty. */
void bsn_out_csv(bsn_out *out, const char *text);

/* A number in a CSV file: as bsn_out_number without quotes, nan is empty. */
void bsn_out_csv_number(bsn_out *out, double x);

/* Hand on the rest and give the memory back (with write NULL the text stays: the caller frees it by bsn_out_free). False
 * when anything failed on the way: BSN_IO with the reason, or BSN_NO_MEMORY. */
bool bsn_out_end(bsn_out *out, bsn_error *error);

void bsn_out_free(bsn_out *out);

#endif
