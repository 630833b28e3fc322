/* value.h: the tree of an experiment file, before anybody knows what it means.
 *
 *     bsn_value *file = bsn_value_read(arena, "a.yaml", text, length, faults);
 *     bsn_value *lr = bsn_value_at(file, "optimizer.lr");
 *     if (lr && lr->kind == BSN_SCALAR) puts(lr->text);
 *
 * A value is a scalar (text as written: YAML's idea of numbers and booleans is not used), a list or a map. It remembers
 * where it was written, so that every later message can point there. Trees live in an arena and are shared: an edit
 * (bsn_value_put) copies the path that it changes and leaves the old tree alone.
 */
#ifndef BSN_BASE_VALUE_H
#define BSN_BASE_VALUE_H

#include "base/arena.h"
#include "base/error.h"

/* A text that values come from: a file, standard input, or one --set argument. */
typedef struct bsn_source {
  const char *name; /* as messages show it: "a.yaml", "--set optimizer.lr=fast" */
  const char *text; /* all of it; NULL: messages show no line of it */
  size_t length;
} bsn_source;

/* A place in a source. Lines and columns count from 1; width is in characters; source NULL: nowhere (a default). */
typedef struct bsn_mark {
  const bsn_source *source;
  int line, column, width;
} bsn_mark;

typedef enum bsn_value_kind { BSN_SCALAR, BSN_LIST, BSN_MAP } bsn_value_kind;

typedef struct bsn_value bsn_value;
struct bsn_value {
  bsn_value_kind kind;
  bsn_mark mark;
  const char *text;  /* scalar: what was written, quotes resolved; else NULL */
  size_t n;          /* list, map: number of items */
  bsn_value **item;  /* list: the items; map: the values */
  const char **key;  /* map: the keys, in the order written */
  bsn_mark *keymark; /* map: where each key stands */
};

/* Faults of a file, collected so that a user sees all of them at once. */
typedef struct bsn_faults {
  bsn_arena *arena;
  size_t n;
  struct bsn_fault {
    bsn_mark mark;
    const char *text; /* the sentence alone */
  } * item;
  bool no_memory; /* a fault could not even be noted */
} bsn_faults;

/* Note a fault at mark, once: the same sentence at the same place is not repeated. Returns false, so that a reader can `return bsn_fault(..)`. */
bool bsn_fault(bsn_faults *faults, bsn_mark mark, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* All faults as text, in the order of their places: for each "FILE:LINE:COL: error: SENTENCE", the line, and a caret
 * under the word ("FILE: error: SENTENCE" where there is no line). NULL without memory. */
const char *bsn_faults_text(bsn_arena *arena, const bsn_faults *faults);

/* Copy the faults into error, as many whole ones as fit, with the code BSN_BAD_INPUT (BSN_NO_MEMORY if noting failed); true
 * when there are none. */
bool bsn_faults_none(const bsn_faults *faults, bsn_error *error);

/* The one of n words nearest to word by edit distance (Damerau-Levenshtein, swaps of neighbours count 1), when that is at
 * most a third of the longer word, at least 1; else one that is short for the other (lr and learning_rate, batch and
 * batch_size); else NULL. */
const char *bsn_nearest(const char *word, size_t n, const char *const *words);

/* Parse YAML text (libfyaml). NULL on a syntax error, noted in faults; duplicate keys and nesting deeper than 64 are
 * errors, and so is what a study does not use: anchors, aliases, tags, a second document, bytes that are no UTF-8 text.
 * text is copied. A name that starts with "--" is that of an argument (`--set a=b`): messages show no line of it. */
bsn_value *bsn_value_read(bsn_arena *arena, const char *name, const char *text, size_t length, bsn_faults *faults);

/* Read a whole file ("-" is standard input) into the arena, NUL behind it. Fails with BSN_BAD_INPUT when it cannot be
 * opened or has more than 256 MiB (a device may have no end), BSN_IO when it cannot be read. */
bool bsn_file_read(bsn_arena *arena, const char *path, char **text, size_t *length, bsn_error *error);

/* The value of key in a map; NULL when map is NULL, no map, or has no such key. */
bsn_value *bsn_value_get(const bsn_value *map, const char *key);

/* The value at a path like "optimizer.lr" or "regularise.0.name" (list items by number); NULL when there is none. */
bsn_value *bsn_value_at(const bsn_value *root, const char *path);

/* A tree equal to root with the value at path replaced or added; maps on the way are made where they are missing, and a
 * bare word on the way ("optimizer: sgd") becomes {name: word}. root is unchanged. NULL without memory, or (with a fault
 * at value's mark) when the path leads through a list item that does not exist, has an empty part or more than 64. */
bsn_value *bsn_value_put(bsn_arena *arena, const bsn_value *root, const char *path, bsn_value *value,
                         bsn_faults *faults);

/* root without the value at path (the same tree when there is none). NULL without memory. */
bsn_value *bsn_value_without(bsn_arena *arena, const bsn_value *root, const char *path);

/* A scalar of this text, without a place. NULL without memory. */
bsn_value *bsn_value_scalar(bsn_arena *arena, const char *text);

/* One line of flow YAML that reads back to the same tree. NULL without memory. */
const char *bsn_value_text(bsn_arena *arena, const bsn_value *value);

/* The shortest text that reads back to the same double ("0.1", "1e-05", "nan", "inf"). buffer has 32 bytes. */
const char *bsn_number_text(char *buffer, double x);

/* Read text as a number (decimal or scientific, the C locale, nothing behind it; "inf" and "nan" are none). */
bool bsn_number_read(const char *text, double *x);

#endif
