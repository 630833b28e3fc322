/* row.h: what an experiment file can name is one const row of a table, with declared parameters.
 *
 *     typedef struct momentum_config { double lr, momentum; } momentum_config;
 *     static const bsn_param momentum_params[] = {
 *         {"lr", BSN_REAL, offsetof(momentum_config, lr), "1e-2", .lo = 0, .hi = INFINITY, .doc = "learning rate"},
 *         {"momentum", BSN_REAL, offsetof(momentum_config, momentum), "0.9", .lo = 0, .hi = 1, .doc = "decay of the velocity"},
 *         {0}};
 *     const bsn_optimizer bsn_gradient_rows[] = {{.row = {"momentum", "Heavy ball.", "v = m v + g; w -= lr v",
 *                                                 "Polyak 1964", momentum_params, sizeof(momentum_config)}, ...}, {0}};
 *
 * Reading the file, messages about it, `basin list`, the store and a trial's identity all come from that declaration.
 * Rows that share helpers stand at the bottom of one file (a family); a table joins the families of a kind.
 */
#ifndef BSN_BASE_ROW_H
#define BSN_BASE_ROW_H

#include "base/value.h"

typedef enum bsn_type {
  BSN_REAL,   /* double */
  BSN_COUNT,  /* size_t: a whole number */
  BSN_FLAG,   /* bool: true or false */
  BSN_WORD,   /* const char *: one of .words (points into that list) */
  BSN_TEXT,   /* const char * */
  BSN_FILE,   /* const char *: a path, already resolved against the folder of the study's file; in a trial's identity
                 its content stands for it */
  BSN_REALS,  /* bsn_list of double */
  BSN_COUNTS, /* bsn_list of size_t */
  BSN_TEXTS,  /* bsn_list of const char * */
  BSN_ROW,    /* bsn_choice: a row of the table of kind .table */
  BSN_ROWS,   /* bsn_choices: a list of rows of that table */
  BSN_AMOUNT, /* bsn_amount */
  BSN_MOMENT  /* bsn_moment */
} bsn_type;

typedef struct bsn_list {
  size_t n;
  union {
    const double *real;
    const size_t *count;
    const char *const *text;
  };
} bsn_list;

/* A part of something: `1000` is that many, `0.1` that share, `all`, `none`. */
typedef struct bsn_amount {
  enum { BSN_AMOUNT_NONE, BSN_AMOUNT_ALL, BSN_AMOUNT_COUNT, BSN_AMOUNT_SHARE } kind;
  double value; /* the count or the share, 0 < share < 1 */
} bsn_amount;

/* What it comes to, of `all` things: none is 0, and a share need not be whole. */
double bsn_amount_of(bsn_amount amount, double all);

/* When something happens: `end`, `epoch` (= every 1 epochs), `every N epochs`, `every N steps`, `log N points`
 * (N steps spaced evenly in log(step)), `none`. */
typedef struct bsn_moment {
  enum { BSN_NEVER, BSN_AT_END, BSN_EVERY_EPOCHS, BSN_EVERY_STEPS, BSN_LOG_POINTS } kind;
  size_t n;
} bsn_moment;

typedef struct bsn_param {
  const char *name; /* snake_case */
  bsn_type type;
  size_t offset; /* of the field in the row's config */
  const char
      *def; /* default, as YAML text; NULL: the key is required; "none": the field stays zeroed (NULL, 0 items), and
                       the user may write none, too */
  double lo, hi; /* REAL, COUNT and lists of them: bounds, inclusive; both 0: any number (>= 0 for COUNT); hi < lo: no
                       upper bound */
  bool above, below;        /* lo, hi are excluded; above with both 0: above 0 */
  const char *const *words; /* WORD: the choices, NULL-ended */
  const char *table;        /* ROW, ROWS: the kind of row */
  bool silent;              /* not part of a trial's identity: it cannot change a bit of what is computed */
  const char *doc;          /* one sentence: meaning and unit */
} bsn_param;

/* What the rows of every table begin with. */
typedef struct bsn_row {
  const char *name;        /* kebab-case */
  const char *doc;         /* one sentence */
  const char *formula;     /* how it is computed; NULL where there is nothing to say */
  const char *source;      /* paper and equation; NULL where it is common knowledge */
  const bsn_param *params; /* ended by a NULL name; NULL: none. The first one is the short form's: {dense: 64} */
  size_t config_size;      /* bytes of the struct that the parameters fill */
} bsn_row;

typedef struct bsn_choice {
  const bsn_row *row; /* NULL: none chosen */
  const void *config;
} bsn_choice;

typedef struct bsn_choices {
  size_t n;
  const bsn_choice *item;
} bsn_choices;

/* The rows of one kind, in families. */
typedef struct bsn_table {
  const char *kind;            /* "optimizer" */
  size_t row_size;             /* of the struct that begins with bsn_row */
  const void *const *families; /* arrays of such structs, each ended by a row without a name; NULL-ended */
} bsn_table;

/* Row i of a table, NULL behind the last. */
const bsn_row *bsn_table_row(const bsn_table *table, size_t i);

/* The row of this name, or NULL. */
const bsn_row *bsn_table_find(const bsn_table *table, const char *name);

/* How many there are; params may be NULL. */
size_t bsn_params_count(const bsn_param *params);

/* Every setting that was read, one line each: what identifies a trial and what the store keeps. */
typedef struct bsn_setting {
  const char *path;     /* "optimizer.lr", "model.layers.0.units" */
  const char *value;    /* canonical text: equal values give equal text */
  const char *identity; /* what stands for it in the key (a file: the hash of its content); NULL: not in the key */
} bsn_setting;

typedef struct bsn_settings {
  size_t n;
  bsn_setting *item;
} bsn_settings;

/* Files that trials name, so that each is read once. {.arena = arena} is an empty one. */
typedef struct bsn_files {
  bsn_arena *arena;
  size_t n;
  struct bsn_file {
    const char *path;
    char hash[33];
    char *text; /* the content; NULL: only the hash was asked for */
    size_t length;
  } * item;
} bsn_files;

/* What reading rows needs and fills. */
typedef struct bsn_reader {
  bsn_arena *arena;
  bsn_faults *faults;
  const bsn_table *const *tables; /* all kinds, NULL-ended */
  const char *folder;             /* paths of files are relative to it */
  bsn_files *files;               /* files read before; NULL: every file is read each time */
  bsn_settings settings;          /* grows: every parameter, defaults included, in the order read */
} bsn_reader;

/* Read value as a row of table at path: a bare word, {name: word, param: ..}, or the short form {word: first param} or
 * {word: {param: ..}}. Unknown words and keys, missing required ones, wrong types and bounds are faults (with the nearest
 * known word). extra (may be NULL) are parameters that every row of the table takes besides its own; they fill extra_config. */
bool bsn_read_row(bsn_reader *reader, const bsn_table *table, const bsn_value *value, const char *path,
                  bsn_choice *choice, const bsn_param *extra, void *extra_config);

/* Read the keys of map as params into config (zeroed before by the caller). Keys for which `known` lists a name (NULL-
 * ended, may be NULL) are left alone; all others must be parameters. map NULL: all defaults. */
bool bsn_read_params(bsn_reader *reader, const bsn_param *params, const bsn_value *map, const char *path, void *config,
                     const char *const *known);

/* What is done to every row of a tree by bsn_row_edit: edit gets a row as a bare word or in its long form, {name: word, ..},
 * and returns what stands for it (the same one, most times), or NULL without memory or with a fault of its own. NULL: rows
 * are only brought into the long form. */
typedef struct bsn_edit {
  bsn_arena *arena;
  const bsn_table *const *tables; /* all kinds, NULL-ended */
  bsn_value *(*edit)(const struct bsn_edit *edit, const bsn_table *table, bsn_value *row);
  void *context;
} bsn_edit;

/* value, which names a row of table, with every short form ({sgd: 0.1}, {sgd: {lr: 0.1}}) in it written as {name: sgd, lr: 0.1}, and
 * edited; rows that are parameters of rows come first. extra: as in bsn_read_row. What is no row stays as it is, for
 * bsn_read_row to complain of. Nothing is copied where nothing changes. NULL without memory, or when edit said so. */
bsn_value *bsn_row_edit(const bsn_edit *edit, const bsn_table *table, const bsn_param *extra, bsn_value *value);

/* Is map a short form: one key that is the name of a row, or could be meant as one? */
bool bsn_is_short_form(const bsn_table *table, const bsn_value *map);

/* As bsn_row_edit, for the parameters in map that are rows or lists of rows, and for a list of rows of table. */
bsn_value *bsn_params_edit(const bsn_edit *edit, const bsn_param *params, bsn_value *map);
bsn_value *bsn_rows_edit(const bsn_edit *edit, const bsn_table *table, bsn_value *list);

/* Note a setting that was not read from a parameter list. False without memory (noted in faults). */
bool bsn_note_setting(bsn_reader *reader, const char *path, const char *value, bool in_identity);

/* XXH3-128, as 32 hex digits, of the sorted lines "path=identity\n" of the settings that have an identity. False without
 * memory. */
bool bsn_settings_key(const bsn_settings *settings, char key[33], bsn_error *error);

/* XXH3-128 of bytes as 32 hex digits. */
void bsn_hash_text(const void *bytes, size_t n, char hash[33]);

/* The same of a file's content. Of a folder: of the lines "name=hash\n" of its files, sorted by name, without hidden ones and
 * folders. BSN_BAD_INPUT when it cannot be opened or read. */
bool bsn_hash_file(const char *path, char hash[33], bsn_error *error);

/* The same through files (may be NULL), which remembers it. A file is taken to stay as it is while files lives. */
bool bsn_files_hash(bsn_files *files, const char *path, char hash[33], bsn_error *error);

/* The content of a file, kept in files; NUL behind it. Fails as bsn_hash_file and bsn_file_read do. */
bool bsn_files_text(bsn_files *files, const char *path, const char **text, size_t *length, bsn_error *error);

#endif
