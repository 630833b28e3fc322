/* Tables, hashes and settings: what rows are found by and what identifies them. */
#include "base/row.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_STATIC_LINKING_ONLY /* a hash state on the stack: no allocation that could fail */
#include <xxhash.h>

/* Tables. */

const bsn_row *bsn_table_row(const bsn_table *table, size_t i) {
  for (const void *const *family = table->families; *family; family++) {
    const char *row = *family;
    for (; ((const bsn_row *)(const void *)row)->name; row += table->row_size)
      if (i-- == 0) return (const bsn_row *)(const void *)row;
  }
  return NULL;
}

const bsn_row *bsn_table_find(const bsn_table *table, const char *name) {
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(table, i)); i++)
    if (!strcmp(row->name, name)) return row;
  return NULL;
}

/* Hashes. */

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

bool bsn_hash_file(const char *path, char hash[33], bsn_error *error) {
  FILE *f = fopen(path, "rb");
  bool ok = f && hash_stream(f, hash);
  int reason = errno;
  if (f) fclose(f);
  return ok || bsn_fail(error, BSN_BAD_INPUT, "%s: %s", path, strerror(reason));
}

/* Settings. */

bool bsn_note_setting(bsn_reader *reader, const char *path, const char *value, bool in_identity) {
  bsn_settings *s = &reader->settings;
  const char *own_path = bsn_text_in(reader->arena, "%s", path);
  const char *own_value = bsn_text_in(reader->arena, "%s", value);
  bsn_setting *item = bsn_grow_in(reader->arena, s->item, s->n, sizeof *item);
  if (item) s->item = item;
  if (!own_path || !own_value || !item) {
    reader->faults->no_memory = true;
    return false;
  }
  item[s->n++] = (bsn_setting){own_path, own_value, in_identity ? own_value : NULL};
  return true;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static bool settings_key(bsn_arena *scratch, const bsn_settings *settings, char key[33]) {
  char **lines = bsn_alloc_in(scratch, settings->n * sizeof *lines);
  size_t n = 0;
  if (!lines) return false;
  for (size_t i = 0; i < settings->n; i++) {
    const bsn_setting *s = &settings->item[i];
    if (!s->identity) continue;
    lines[n] = bsn_text_in(scratch, "%s=%s\n", s->path, s->identity);
    if (!lines[n++]) return false;
  }
  qsort(lines, n, sizeof *lines, by_text);
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  for (size_t i = 0; i < n; i++) XXH3_128bits_update(&state, lines[i], strlen(lines[i]));
  hash_hex(XXH3_128bits_digest(&state), key);
  return true;
}

bool bsn_settings_key(const bsn_settings *settings, char key[33], bsn_error *error) {
  bsn_arena scratch = {0};
  bool ok = settings_key(&scratch, settings, key);
  bsn_arena_free(&scratch);
  return ok || bsn_no_memory(error);
}
