/* Sets that come with Debian (Fashion-MNIST) or with basin (small csv files). Their content is known, so it is checked. */
#include "base/io.h"
#include "data/read.h"
#include "data/tables.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Fashion-MNIST: four gz files, unpacked once into one raw file that all workers map. */

enum { PIXELS = 28 * 28, TRAIN = 60000, TEST = 10000, TAIL = 64 };

static const struct part {
  const char *file;
  size_t header, bytes; /* of the unpacked file */
  unsigned long crc;
} parts[] = {{"train-images-idx3-ubyte.gz", 16, (size_t)TRAIN *PIXELS, 0xb4f29f28},
             {"t10k-images-idx3-ubyte.gz", 16, (size_t)TEST *PIXELS, 0x678fe0b1},
             {"train-labels-idx1-ubyte.gz", 8, TRAIN, 0x741a4657},
             {"t10k-labels-idx1-ubyte.gz", 8, TEST, 0x80142c1f}};
enum { PARTS = sizeof parts / sizeof *parts, ALL = (TRAIN + TEST) * (PIXELS + 1) + TAIL };

/* Ends the raw file, so that a file of another make is not taken for it. At least BSN_SLACK bytes stand behind the labels. */
static const char tail[TAIL] = "basin fashion-mnist 1";

static const char folder[] = "/usr/share/datasets/fashion-mnist";

static bool unpack_part(const struct part *p, unsigned char *to, bsn_error *error) {
  bsn_arena scratch = {0};
  bsn_bytes bytes;
  char *path = bsn_text_in(&scratch, "%s/%s", folder, p->file);
  bool ok = path ? bsn_bytes_read(&bytes, path, &scratch, error) : bsn_no_memory(error);
  if (ok && (bytes.n != p->header + p->bytes || crc32_z(0, bytes.at, bytes.n) != p->crc)) {
    ok = bsn_fail(error, BSN_BAD_INPUT,
                  "%s: is not the file of the package dataset-fashion-mnist (%zu bytes, crc %08lx)", path, bytes.n,
                  crc32_z(0, bytes.at, bytes.n));
  }
  if (ok) memcpy(to, bytes.at + p->header, p->bytes);
  bsn_arena_free(&scratch);
  return ok;
}

static bool unpack(unsigned char *to, bsn_error *error) {
  struct stat status;
  if (stat(folder, &status)) {
    return bsn_fail(error, BSN_MISSING, "fashion-mnist: %s: %s; install it with: apt-get install dataset-fashion-mnist",
                    folder, strerror(errno));
  }
  for (size_t i = 0; i < PARTS; to += parts[i++].bytes) BSN_TRY(unpack_part(&parts[i], to, error));
  memcpy(to, tail, TAIL);
  return true;
}

/* Map path if it is a whole raw file. */
static unsigned char *map_raw(const char *path) {
  struct stat status;
  int f = open(path, O_RDONLY | O_CLOEXEC);
  if (f < 0) return NULL;
  bool whole = !fstat(f, &status) && status.st_size == ALL;
  void *at = whole ? mmap(NULL, ALL, PROT_READ, MAP_SHARED, f, 0) : MAP_FAILED;
  close(f);
  if (at == MAP_FAILED) return NULL;
  if (memcmp((char *)at + ALL - TAIL, tail, TAIL) == 0) return at;
  munmap(at, ALL);
  return NULL;
}

/* The file appears whole or not at all, however many workers do this at once. Failing is no error: the next one tries. */
static bool publish(const char *path, const unsigned char *raw, bsn_arena *scratch) {
  char *draft = bsn_text_in(scratch, "%s.XXXXXX", path);
  int f = draft ? mkostemp(draft, O_CLOEXEC) : -1;
  if (f < 0) return false;
  bool ok = !bsn_write_all(f, raw, ALL) && !fsync(f);
  ok = !close(f) && ok;
  ok = ok && !rename(draft, path);
  if (!ok) unlink(draft);
  return ok;
}

/* $XDG_CACHE_HOME/basin or ~/.cache/basin, made where it is missing; NULL: there is no place. */
static char *cache_folder(bsn_arena *scratch) {
  const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  bool named = cache && cache[0] == '/';
  if (!named && !(home && home[0] == '/')) return NULL;
  char *base = named ? bsn_text_in(scratch, "%s", cache) : bsn_text_in(scratch, "%s/.cache", home);
  char *own = base ? bsn_text_in(scratch, "%s/basin", base) : NULL;
  if (!own) return NULL;
  mkdir(base, 0700);
  mkdir(own, 0777);
  return own;
}

/* Map the raw file, made first where it is missing; without a place for it, fill memory of the arena. */
static bool raw_of(bsn_arena *arena, bsn_arena *scratch, bsn_loaded *out, unsigned char **raw, bsn_error *error) {
  char *cache = cache_folder(scratch), *path = cache ? bsn_text_in(scratch, "%s/fashion-mnist.raw", cache) : NULL;
  *raw = path ? map_raw(path) : NULL;
  if (!*raw) {
    unsigned char *memory = bsn_buffer_in(scratch, ALL);
    if (!memory) return bsn_no_memory(error);
    BSN_TRY(unpack(memory, error));
    *raw = path && publish(path, memory, scratch) ? map_raw(path) : NULL;
    if (!*raw) {
      if (!(*raw = bsn_buffer_in(arena, ALL))) return bsn_no_memory(error);
      memcpy(*raw, memory, ALL);
      return true;
    }
  }
  out->mapped[0] = (struct bsn_mapped){*raw, ALL};
  return true;
}

static bool images(bsn_dataset *set, size_t rows, const unsigned char *pixels, const unsigned char *labels,
                   bsn_arena *arena) {
  static const char *const classes[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                        "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  int32_t *label = bsn_buffer_in(arena, rows * sizeof *label);
  if (!label) return false;
  for (size_t i = 0; i < rows; i++) label[i] = labels[i];
  *set = bsn_images(rows, (const size_t[]){28, 28, 1}, pixels, label, 10, classes);
  return true;
}

static bool load_fashion(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                         bsn_error *error) {
  (void)config;
  (void)options;
  bsn_arena scratch = {0};
  unsigned char *raw;
  bool ok = raw_of(arena, &scratch, out, &raw, error);
  bsn_arena_free(&scratch);
  BSN_TRY(ok);
  const unsigned char *test = raw + parts[0].bytes, *labels = test + parts[1].bytes;
  ok = images(&out->train, TRAIN, raw, labels, arena) && images(&out->test, TEST, test, labels + TRAIN, arena);
  return ok || bsn_no_memory(error);
}

/* Small sets: csv files that travel with the source. */

typedef struct small {
  const char *name;
  unsigned long crc;
  size_t side; /* images of side x side pixels from 0 to `white`; 0: features */
  double white;
} small;

/* FOLDER/NAME.csv or FOLDER/data/NAME.csv of the first folder that has it. */
static bool find(const char *name, const char *const *folders, char **path, bsn_arena *arena, bsn_error *error) {
  const char *tried = "";
  for (; folders && *folders; folders++) {
    *path = bsn_text_in(arena, "%s/%s.csv", *folders, name);
    if (*path && access(*path, R_OK)) *path = bsn_text_in(arena, "%s/data/%s.csv", *folders, name);
    tried = bsn_text_in(arena, "%s%s%s", tried, *tried ? ", " : "", *folders);
    if (!*path || !tried) return bsn_no_memory(error);
    if (access(*path, R_OK) == 0) return true;
  }
  return bsn_fail(error, BSN_MISSING,
                  "%s: %s.csv is in none of the folders (%s); set BASIN_DATA to the folder that has it", name, name,
                  tried);
}

static bool read_small(const small *s, const char *const *folders, bsn_arena *scratch, bsn_arena *arena,
                       bsn_loaded *out, bsn_error *error) {
  char *path = NULL;
  bsn_bytes bytes;
  bsn_csv csv;
  BSN_TRY(find(s->name, folders, &path, scratch, error));
  BSN_TRY(bsn_bytes_read(&bytes, path, scratch, error));
  if (crc32_z(0, bytes.at, bytes.n) != s->crc) {
    return bsn_fail(error, BSN_BAD_INPUT,
                    "%s: differs from the file that came with basin; use data: {csv: ..} for your own", path);
  }
  BSN_TRY(bsn_csv_parse(&bytes, ',', scratch, &csv, error));
  bsn_csv_roles roles = {.task = s->side ? "classification" : "auto"};
  return bsn_csv_sets(&csv, NULL, &roles, arena, out, error) && (bsn_csv_keep(out, arena) || bsn_no_memory(error));
}

static bool load_small(const small *s, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                       bsn_error *error) {
  bsn_arena scratch = {0};
  bool ok = read_small(s, options->folders, &scratch, arena, out, error);
  bsn_arena_free(&scratch);
  if (!ok || !s->side) return ok;
  out->train.axes = 3;
  memcpy(out->train.shape, (size_t[]){s->side, s->side, 1}, 3 * sizeof(size_t));
  out->train.scale = (bsn_real)(1 / s->white);
  return true;
}

// clang-format off
#define SMALL(id, ...) \
  static bool id(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out, bsn_error *error) { \
    (void)config; \
    return load_small(&(small){__VA_ARGS__}, options, arena, out, error); \
  }
SMALL(load_iris, "iris", 0x5969a8f5)
SMALL(load_wine, "wine", 0xbdb1473b)
SMALL(load_breast_cancer, "breast-cancer", 0xfa6a3e12)
SMALL(load_digits, "digits", 0x4a9d8a7a, .side = 8, .white = 16)
SMALL(load_diabetes, "diabetes", 0xc7c419a2)

const bsn_data bsn_data_packaged[] = {
  {.row = {"fashion-mnist", "Clothes, 28 x 28 grey, 60000 + 10000 rows, 10 classes (package dataset-fashion-mnist).", NULL, "Xiao, Rasul, Vollgraf 2017", NULL, 0},
   .load = load_fashion, .has_test = true},
  {.row = {"iris", "Three species of iris, 150 rows of 4 lengths.", NULL, "Fisher 1936", NULL, 0}, .load = load_iris},
  {.row = {"wine", "Three cultivars of wine, 178 rows of 13 measures.", NULL, "Forina et al. 1991, UCI", NULL, 0}, .load = load_wine},
  {.row = {"breast-cancer", "Malignant or benign, 569 rows of 30 measures.", NULL, "Wolberg, Street, Mangasarian 1995, UCI", NULL, 0}, .load = load_breast_cancer},
  {.row = {"digits", "Handwritten digits, 8 x 8 grey, 1797 rows, 10 classes.", NULL, "Alpaydin, Kaynak 1998, UCI", NULL, 0}, .load = load_digits},
  {.row = {"diabetes", "Progression of diabetes, 442 rows of 10 measures.", NULL, "Efron et al. 2004", NULL, 0}, .load = load_diabetes},
  {.row = {0}}};
// clang-format on
