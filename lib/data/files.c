/* The user's own files: rows that read bytes and hand them to a parser. */
#include "data/read.h"
#include "data/tables.h"
#include <string.h>

typedef struct csv_config {
  const char *file, *test_file, *task, *separator;
  bsn_list target, inputs;
} csv_config;

static bool separator_of(const char *text, char *out, bsn_error *error) {
  bool tab = strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0;
  *out = tab ? '\t' : text[0];
  bool good = tab || (strlen(text) == 1 && !strchr("\"\n\r", text[0]));
  return good || bsn_fail(error, BSN_BAD_INPUT, "data.separator: '%s' is not one character (or tab)", text);
}

static bool csv_read(const char *path, char separator, bsn_arena *arena, bsn_csv *out, bsn_error *error) {
  bsn_bytes bytes;
  BSN_TRY(bsn_bytes_read(&bytes, path, arena, error));
  return bsn_csv_parse(&bytes, separator, arena, out, error);
}

/* Cells live in an arena of their own: only numbers and class names outlive the reading. */
static bool csv_load_with(const csv_config *c, bsn_arena *cells, bsn_arena *arena, bsn_loaded *out, bsn_error *error) {
  bsn_csv train, test;
  char separator;
  BSN_TRY(separator_of(c->separator, &separator, error));
  BSN_TRY(csv_read(c->file, separator, cells, &train, error));
  if (c->test_file) BSN_TRY(csv_read(c->test_file, separator, cells, &test, error));
  bsn_csv_roles roles = {.target = c->target, .inputs = c->inputs, .task = c->task};
  return bsn_csv_sets(&train, c->test_file ? &test : NULL, &roles, arena, out, error);
}

static bool keep_names(bsn_loaded *d, bsn_arena *arena) {
  if (!d->train.class_name) return true;
  const char **name = bsn_alloc_in(arena, d->train.outputs * sizeof *name);
  if (!name) return false;
  for (size_t i = 0; i < d->train.outputs; i++) {
    if (!(name[i] = bsn_text_in(arena, "%s", d->train.class_name[i]))) return false;
  }
  d->train.class_name = name;
  if (d->test.rows) d->test.class_name = name;
  return true;
}

static bool csv_load(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                     bsn_error *error) {
  (void)options;
  bsn_arena cells = {0};
  bool ok = csv_load_with(config, &cells, arena, out, error);
  if (ok && !keep_names(out, arena)) ok = bsn_no_memory(error);
  bsn_arena_free(&cells);
  return ok;
}

static const char *const tasks[] = {"auto", "regression", "classification", NULL};

// clang-format off
static const bsn_param csv_params[] = {
  {"file", BSN_FILE, offsetof(csv_config, file), NULL, .doc = "a csv file with a header line"},
  {"target", BSN_TEXTS, offsetof(csv_config, target), "none", .doc = "names of the target columns; none: the last one"},
  {"inputs", BSN_TEXTS, offsetof(csv_config, inputs), "none", .doc = "names of the input columns; none: all but the targets"},
  {"test_file", BSN_FILE, offsetof(csv_config, test_file), "none", .doc = "a csv file of test rows with the same columns"},
  {"task", BSN_WORD, offsetof(csv_config, task), "auto", .words = tasks, .doc = "auto: numbers as target are a regression, texts are classes in order of appearance"},
  {"separator", BSN_TEXT, offsetof(csv_config, separator), "','", .doc = "the character between cells, or tab"},
  {0}};

const bsn_data bsn_data_files[] = {
  {.row = {"csv", "A csv file of the user's.", NULL, "RFC 4180", csv_params, sizeof(csv_config)}, .load = csv_load},
  {.row = {0}}};
// clang-format on
