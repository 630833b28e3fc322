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
typedef struct bsn_csv_cell {
  const char *text;
  int line, column;
} bsn_csv_cell;

typedef struct bsn_csv {
  const char *file;
  size_t rows, columns;       /* without the header */
  const bsn_csv_cell *header; /* [columns] */
  const bsn_csv_cell *cell;   /* [rows][columns] */
} bsn_csv;

/* RFC 4180 with a header line: quoted cells, LF, CR LF or CR, no final line end needed; a byte order mark, blanks around
 * unquoted cells and empty lines are skipped. Every line has as many cells as the first one. */
bool bsn_csv_parse(const bsn_bytes *file, char separator, bsn_arena *arena, bsn_csv *out, bsn_error *error);

/* The character that data.separator names: itself, or tab. */
bool bsn_separator_of(const char *text, char *out, bsn_error *error);

/* What to make of the columns of a csv. */
typedef struct bsn_csv_roles {
  bsn_list target;  /* names; none: the last column */
  bsn_list inputs;  /* names; none: all but the targets */
  const char *task; /* auto | regression | classification */
} bsn_csv_roles;

/* The data set of a table, and of a second one with the same columns, in any order, for test (NULL: none). */
bool bsn_csv_sets(const bsn_csv *train, const bsn_csv *test, const bsn_csv_roles *roles, bsn_arena *arena,
                  bsn_loaded *out, bsn_error *error);

/* Copy what still points into the table (names of inputs and classes) to arena, so that the table's arena can go. False without
 * memory. */
bool bsn_csv_keep(bsn_loaded *loaded, bsn_arena *arena);

/* Rows and inputs of out, which is a set as like otherwise: see bsn_data_inputs. */
bool bsn_csv_inputs(const bsn_csv *csv, const bsn_dataset *like, bsn_arena *arena, bsn_dataset *out, bsn_error *error);

/* One type of the elements of a binary file. */
typedef struct bsn_element {
  const char *npy; /* NumPy's word; NULL: not in npy files */
  int idx;         /* the code in IDX files; -1: not in them */
  size_t size;     /* bytes */
  bool whole;      /* integers */
  double (*get)(const unsigned char *at);
} bsn_element;

/* Numbers in a block, in C order. */
typedef struct bsn_elements {
  const bsn_bytes *file;
  const bsn_element *element;
  int axes;
  size_t shape[4]; /* none is 0 */
  size_t n;        /* their product */
  size_t offset;   /* of the first one in the file */
} bsn_elements;

/* IDX (the format of MNIST): 0, 0, element type, number of axes, the axes as big-endian 32-bit numbers, the elements. All
 * six element types, 1 to 4 axes; the file ends with the last element. out points into file. */
bool bsn_idx_parse(const bsn_bytes *file, bsn_elements *out, bsn_error *error);

/* NumPy's npy, format 1.0 to 3.0: f4 f8 u1 i1 i4 i8, little endian, C order, 1 to 4 axes. out points into file. */
bool bsn_npy_parse(const bsn_bytes *file, bsn_elements *out, bsn_error *error);

/* Inputs of the first axis's rows and their targets as a data set, copied into arena. Whole targets of one axis (or n x 1)
 * are classes 0, 1, ..; others are numbers to predict. Bytes as inputs are pixels and stay bytes. shape: of one input, 1
 * to 3 axes; none: the other axes of inputs. classes: how many there are; 0: one more than the largest target. NaN and
 * infinity are refused. */
bool bsn_elements_set(const bsn_elements *inputs, const bsn_elements *targets, const bsn_list *shape, size_t classes,
                      bsn_arena *arena, bsn_dataset *out, bsn_error *error);

/* Rows and inputs of out, which is a set as like otherwise: see bsn_data_inputs. */
bool bsn_elements_inputs(const bsn_elements *inputs, const bsn_dataset *like, bsn_arena *arena, bsn_dataset *out,
                         bsn_error *error);

/* A data set of labelled images whose pixels, of shape [height, width, channels], are bytes from 0 to 255; all pointers stay the
 * caller's. */
bsn_dataset bsn_images(size_t rows, const size_t shape[3], const uint8_t *pixels, const int32_t *label, size_t classes,
                       const char *const *class_name);

/* Rows of each file of CIFAR-10. */
enum { BSN_CIFAR10_ROWS = 10000 };

/* Rows of CIFAR-10's binary version: a label, then 32 x 32 pixels red, green, blue; to channels last in pixels
 * [rows][3072] and label [rows]. The file has exactly `rows` rows. */
bool bsn_cifar10_parse(const bsn_bytes *file, size_t rows, uint8_t *pixels, int32_t *label, bsn_error *error);

#endif
