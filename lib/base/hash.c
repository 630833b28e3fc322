/* Hashes of texts, files and settings: what trials are identified by. */
#include "base/row.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#define XXH_STATIC_LINKING_ONLY /* a hash state on the stack: no allocation that could fail */
#include <xxhash.h>

static void hash_hex(XXH128_hash_t hash, char hex[33]) {
  snprintf(hex, 33, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
}

void bsn_hash_text(const void *bytes, size_t n, char hash[33]) { hash_hex(XXH3_128bits(bytes, n), hash); }

/* The file goes through a small buffer: a data set need not fit into memory just to be named. */
static bool hash_stream(FILE *f, char hex[33]) {
  char bytes[16 << 10];
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  for (size_t n; (n = fread(bytes, 1, sizeof bytes, f)) > 0;) XXH3_128bits_update(&state, bytes, n);
  hash_hex(XXH3_128bits_digest(&state), hex);
  return !ferror(f);
}

/* What cannot be read twice (a pipe), or has no end (a device), is no file of a study. */
static bool hash_one(const char *path, char hash[33], bsn_error *error) {
  struct stat status;
  if (!stat(path, &status) && !S_ISREG(status.st_mode)) return bsn_fail(error, BSN_BAD_INPUT, "%s: not a file", path);
  FILE *f = fopen(path, "rb");
  bool ok = f && hash_stream(f, hash);
  int reason = errno;
  if (f) fclose(f);
  return ok || bsn_fail(error, BSN_BAD_INPUT, "%s: %s", path, strerror(reason));
}

/* Every file of a folder adds a line; names come sorted. */
static bool hash_names(const char *path, struct dirent **name, int n, char hash[33], bsn_error *error) {
  bsn_arena scratch = {0};
  XXH3_state_t state;
  struct stat status;
  XXH3_128bits_reset(&state);
  bool ok = true;
  for (int i = 0; ok && i < n; i++) {
    char *file = bsn_text_in(&scratch, "%s/%s", path, name[i]->d_name);
    if (!file || stat(file, &status) || !S_ISREG(status.st_mode)) {
      ok = file || bsn_no_memory(error);
      continue;
    }
    ok = hash_one(file, hash, error);
    XXH3_128bits_update(&state, name[i]->d_name, strlen(name[i]->d_name));
    XXH3_128bits_update(&state, "=", 1);
    XXH3_128bits_update(&state, hash, 32);
    XXH3_128bits_update(&state, "\n", 1);
  }
  hash_hex(XXH3_128bits_digest(&state), hash);
  bsn_arena_free(&scratch);
  return ok;
}

static int is_shown(const struct dirent *entry) { return entry->d_name[0] != '.'; }

/* alphasort would follow the locale. */
static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static bool hash_folder(const char *path, char hash[33], bsn_error *error) {
  struct dirent **name;
  int n = scandir(path, &name, is_shown, by_name);
  if (n < 0 && errno == ENOMEM) return bsn_no_memory(error);
  if (n < 0) return bsn_fail(error, BSN_BAD_INPUT, "%s: %s", path, strerror(errno));
  bool ok = hash_names(path, name, n, hash, error);
  for (int i = 0; i < n; i++) free(name[i]);
  free(name);
  return ok;
}

bool bsn_hash_file(const char *path, char hash[33], bsn_error *error) {
  struct stat status;
  bool folder = !stat(path, &status) && S_ISDIR(status.st_mode);
  return folder ? hash_folder(path, hash, error) : hash_one(path, hash, error);
}

/* Files that are named often. */

static struct bsn_file *known_file(const bsn_files *files, const char *path) {
  for (size_t i = 0; i < files->n; i++)
    if (!strcmp(files->item[i].path, path)) return &files->item[i];
  return NULL;
}

static bool add_file(bsn_files *files, const char *path, const char hash[33]) {
  struct bsn_file *items = bsn_grow_in(files->arena, files->item, files->n, sizeof *items);
  if (items) files->item = items;
  const char *own = bsn_copy_in(files->arena, path, strlen(path) + 1);
  if (!items || !own) return false;
  items[files->n] = (struct bsn_file){.path = own};
  memcpy(items[files->n++].hash, hash, 33);
  return true;
}

bool bsn_files_hash(bsn_files *files, const char *path, char hash[33], bsn_error *error) {
  const struct bsn_file *known = files ? known_file(files, path) : NULL;
  if (known) return memcpy(hash, known->hash, 33);
  BSN_TRY(bsn_hash_file(path, hash, error));
  return !files || add_file(files, path, hash) || bsn_no_memory(error);
}

bool bsn_files_text(bsn_files *files, const char *path, const char **text, size_t *length, bsn_error *error) {
  char hash[33];
  BSN_TRY(bsn_files_hash(files, path, hash, error));
  struct bsn_file *file = known_file(files, path);
  if (!file->text) BSN_TRY(bsn_file_read(files->arena, path, &file->text, &file->length, error));
  *text = file->text;
  *length = file->length;
  return true;
}

/* Settings. */

/* The order of the lines "path=identity", which are never written out. */
static int by_line(const void *a, const void *b) {
  const bsn_setting *s = *(const bsn_setting *const *)a, *t = *(const bsn_setting *const *)b;
  const char *p = s->path, *q = t->path;
  while (*p && *p == *q) p++, q++;
  if (!*p && !*q) return strcmp(s->identity, t->identity);
  return (unsigned char)(*p ? *p : '=') - (unsigned char)(*q ? *q : '=');
}

static void hash_part(XXH3_state_t *state, const char *text) { XXH3_128bits_update(state, text, strlen(text)); }

static bool settings_key(bsn_arena *scratch, const bsn_settings *settings, char key[33]) {
  const bsn_setting **line = bsn_alloc_in(scratch, settings->n * sizeof *line);
  size_t n = 0;
  if (!line) return false;
  for (size_t i = 0; i < settings->n; i++)
    if (settings->item[i].identity) line[n++] = &settings->item[i];
  qsort(line, n, sizeof *line, by_line);
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  for (size_t i = 0; i < n; i++) {
    hash_part(&state, line[i]->path);
    hash_part(&state, "=");
    hash_part(&state, line[i]->identity);
    hash_part(&state, "\n");
  }
  hash_hex(XXH3_128bits_digest(&state), key);
  return true;
}

bool bsn_settings_key(const bsn_settings *settings, char key[33], bsn_error *error) {
  bsn_arena scratch = {0};
  bool ok = settings_key(&scratch, settings, key);
  bsn_arena_free(&scratch);
  return ok || bsn_no_memory(error);
}
