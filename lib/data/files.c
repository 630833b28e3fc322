/* The user's own files: rows that read bytes and hand them to a parser. */
#include "data/read.h"
#include "data/tables.h"
#include <string.h>

typedef struct csv_config {
  const char *file, *test_file, *task, *separator;
  bsn_list target, inputs;
} csv_config;

bool bsn_separator_of(const char *text, char *out, bsn_error *error) {
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
  BSN_TRY(bsn_separator_of(c->separator, &separator, error));
  BSN_TRY(csv_read(c->file, separator, cells, &train, error));
  if (c->test_file) BSN_TRY(csv_read(c->test_file, separator, cells, &test, error));
  bsn_csv_roles roles = {.target = c->target, .inputs = c->inputs, .task = c->task};
  return bsn_csv_sets(&train, c->test_file ? &test : NULL, &roles, arena, out, error);
}

static bool csv_load(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                     bsn_error *error) {
  (void)options;
  bsn_arena cells = {0};
  bool ok = csv_load_with(config, &cells, arena, out, error);
  if (ok && !bsn_csv_keep(out, arena)) ok = bsn_no_memory(error);
  bsn_arena_free(&cells);
  return ok;
}

typedef struct npy_config {
  const char *inputs, *targets, *test_inputs, *test_targets;
  bsn_list shape;
} npy_config;

typedef struct idx_config {
  const char *images, *labels, *test_images, *test_labels;
} idx_config;

typedef bool parser(const bsn_bytes *file, bsn_elements *out, bsn_error *error);

/* One pair of files. classes: 0, or how many the training targets have. */
static bool pair_load(parser *parse, const char *inputs, const char *targets, const bsn_list *shape, size_t classes,
                      bsn_arena *arena, bsn_dataset *out, bsn_error *error) {
  bsn_arena scratch = {0};
  bsn_bytes x, y;
  bsn_elements tx, ty;
  bool ok = bsn_bytes_read(&x, inputs, &scratch, error) && parse(&x, &tx, error) &&
            bsn_bytes_read(&y, targets, &scratch, error) && parse(&y, &ty, error) &&
            bsn_elements_set(&tx, &ty, shape, classes, arena, out, error);
  bsn_arena_free(&scratch);
  return ok;
}

/* Test rows are of the same kind as training rows. */
static bool alike(const bsn_loaded *d, const char *inputs, const char *targets, bsn_error *error) {
  const bsn_dataset *a = &d->train, *b = &d->test;
  bool shape = a->axes == b->axes && memcmp(a->shape, b->shape, sizeof a->shape) == 0;
  if (!shape) return bsn_fail(error, BSN_BAD_INPUT, "%s: its rows have another shape than the training rows", inputs);
  if (!a->u8 != !b->u8)
    return bsn_fail(error, BSN_BAD_INPUT, "%s: bytes in one of training and test, numbers in the other", inputs);
  if (a->task == b->task && a->outputs == b->outputs) return true;
  return bsn_fail(error, BSN_BAD_INPUT, "%s: its targets are of another kind than the training targets", targets);
}

static bool pairs_load(parser *parse, const idx_config *c, const bsn_list *shape, bsn_arena *arena, bsn_loaded *out,
                       bsn_error *error) {
  if (!c->test_images != !c->test_labels) {
    return bsn_fail(error, BSN_BAD_INPUT,
                    "%s: a file of test inputs needs one of test targets, and the other way round",
                    c->test_images ? c->test_images : c->test_labels);
  }
  BSN_TRY(pair_load(parse, c->images, c->labels, shape, 0, arena, &out->train, error));
  if (!c->test_images) return true;
  size_t classes = out->train.task == BSN_CLASSIFICATION ? out->train.outputs : 0;
  BSN_TRY(pair_load(parse, c->test_images, c->test_labels, shape, classes, arena, &out->test, error));
  return alike(out, c->test_images, c->test_labels, error);
}

static bool npy_load(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                     bsn_error *error) {
  (void)options;
  const npy_config *c = config;
  idx_config files = {c->inputs, c->targets, c->test_inputs, c->test_targets};
  return pairs_load(bsn_npy_parse, &files, &c->shape, arena, out, error);
}

static bool idx_load(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                     bsn_error *error) {
  (void)options;
  return pairs_load(bsn_idx_parse, config, NULL, arena, out, error);
}

typedef struct cifar10_config {
  const char *folder;
} cifar10_config;

static bool cifar10_file(const char *folder, const char *name, uint8_t *pixels, int32_t *label, bsn_error *error) {
  bsn_arena scratch = {0};
  bsn_bytes bytes;
  char *path = bsn_text_in(&scratch, "%s/%s", folder, name);
  bool ok = path ? bsn_bytes_read(&bytes, path, &scratch, error) &&
                       bsn_cifar10_parse(&bytes, BSN_CIFAR10_ROWS, pixels, label, error)
                 : bsn_no_memory(error);
  bsn_arena_free(&scratch);
  return ok;
}

static bool cifar10_set(const char *folder, const char *const *names, size_t files, bsn_arena *arena, bsn_dataset *out,
                        bsn_error *error) {
  static const char *const classes[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                        "dog",      "frog",       "horse", "ship", "truck"};
  enum { WIDTH = 32 * 32 * 3 };
  size_t rows = files * BSN_CIFAR10_ROWS;
  uint8_t *pixels = bsn_buffer_in(arena, rows * WIDTH);
  int32_t *label = bsn_buffer_in(arena, rows * sizeof *label);
  if (!pixels || !label) return bsn_no_memory(error);
  for (size_t i = 0; i < files; i++) {
    size_t at = i * BSN_CIFAR10_ROWS;
    BSN_TRY(cifar10_file(folder, names[i], pixels + at * WIDTH, label + at, error));
  }
  *out = bsn_images(rows, (const size_t[]){32, 32, 3}, pixels, label, 10, classes);
  return true;
}

static bool cifar10_load(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                         bsn_error *error) {
  static const char *const train[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                                      "data_batch_5.bin"};
  static const char *const test[] = {"test_batch.bin"};
  const cifar10_config *c = config;
  (void)options;
  BSN_TRY(cifar10_set(c->folder, train, 5, arena, &out->train, error));
  return cifar10_set(c->folder, test, 1, arena, &out->test, error);
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

static const bsn_param npy_params[] = {
  {"inputs", BSN_FILE, offsetof(npy_config, inputs), NULL, .doc = "an npy file, one row an example; bytes are pixels (value / 255)"},
  {"targets", BSN_FILE, offsetof(npy_config, targets), NULL, .doc = "an npy file: whole numbers are classes 0, 1, .., others a regression"},
  {"shape", BSN_COUNTS, offsetof(npy_config, shape), "none", .lo = 1, .hi = INT32_MAX, .doc = "of one input: [features], [height, width] or [height, width, channels]; none: the file's"},
  {"test_inputs", BSN_FILE, offsetof(npy_config, test_inputs), "none", .doc = "test rows, as inputs"},
  {"test_targets", BSN_FILE, offsetof(npy_config, test_targets), "none", .doc = "test rows, as targets"},
  {0}};

static const bsn_param idx_params[] = {
  {"images", BSN_FILE, offsetof(idx_config, images), NULL, .doc = "an IDX file of inputs, gz or not"},
  {"labels", BSN_FILE, offsetof(idx_config, labels), NULL, .doc = "an IDX file of classes (whole numbers) or numbers to predict"},
  {"test_images", BSN_FILE, offsetof(idx_config, test_images), "none", .doc = "test rows, as images"},
  {"test_labels", BSN_FILE, offsetof(idx_config, test_labels), "none", .doc = "test rows, as labels"},
  {0}};

static const bsn_param cifar10_params[] = {
  {"folder", BSN_FILE, offsetof(cifar10_config, folder), NULL, .doc = "the folder of the binary version: data_batch_1.bin .. data_batch_5.bin, test_batch.bin"},
  {0}};

const bsn_data bsn_data_files[] = {
  {.row = {"csv", "A csv file of the user's.", NULL, "RFC 4180", csv_params, sizeof(csv_config)}, .load = csv_load},
  {.row = {"npy", "NumPy arrays of the user's.", NULL, "NumPy format 1.0 to 3.0", npy_params, sizeof(npy_config)}, .load = npy_load},
  {.row = {"idx", "Files in the format of MNIST.", NULL, "LeCun, Cortes, Burges, MNIST", idx_params, sizeof(idx_config)}, .load = idx_load},
  {.row = {"cifar10", "CIFAR-10, where the user has it.", NULL, "Krizhevsky 2009", cifar10_params, sizeof(cifar10_config)}, .load = cifar10_load, .has_test = true},
  {.row = {0}}};
// clang-format on
