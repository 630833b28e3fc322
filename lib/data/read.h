/* read.h: from the bytes of the user's files to data sets, inside lib/data.
 *
 *     bsn_bytes file;
 *     BSN_TRY(bsn_bytes_read(&file, path, arena, error));
 *     bsn_csv table;
 *     BSN_TRY(bsn_csv_parse(&file, ',', arena, &table, error));
 *
 * Parsers take bytes, never a path, so that tests and fuzzers can hand them anything. All faults are BSN_BAD_INPUT.
 */
#ifndef BSN_DATA_READ_H
#define BSN_DATA_READ_H

#include "data/dataset.h"

typedef struct bsn_bytes {
  const char *name; /* of the file, for messages */
  const unsigned char *at;
  size_t n;
} bsn_bytes;

/* A whole file into the arena; a gz file (by its first bytes) is unpacked and its checksum verified. */
bool bsn_bytes_read(bsn_bytes *bytes, const char *path, bsn_arena *arena, bsn_error *error);

/* One cell: its text, quotes resolved, and where it begins (columns in characters, from 1). */
typedef struct bsn_cell {
  const char *text;
  int line, column;
} bsn_cell;

typedef struct bsn_csv {
  const char *file;
  size_t rows, columns;   /* without the header */
  const bsn_cell *header; /* [columns] */
  const bsn_cell *cell;   /* [rows][columns] */
} bsn_csv;

/* RFC 4180 with a header line: quoted cells, LF, CR LF or CR, no final line end needed; a byte order mark, blanks around
 * unquoted cells and empty lines are skipped. Every line has as many cells as the first one. */
bool bsn_csv_parse(const bsn_bytes *file, char separator, bsn_arena *arena, bsn_csv *out, bsn_error *error);

/* What to make of the columns of a csv. */
typedef struct bsn_csv_roles {
  bsn_list target;  /* names; none: the last column */
  bsn_list inputs;  /* names; none: all but the targets */
  const char *task; /* auto | regression | classification */
} bsn_csv_roles;

/* The data set of a table, and of a second one with the same columns, in any order, for test (NULL: none). */
bool bsn_csv_sets(const bsn_csv *train, const bsn_csv *test, const bsn_csv_roles *roles, bsn_arena *arena,
                  bsn_loaded *out, bsn_error *error);

#endif
