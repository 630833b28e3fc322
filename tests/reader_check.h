/* reader_check.h: a folder of its own for a test of the readers of the user's files, and what is read there.
 *
 *     enter();                                        // messages name files relative to it
 *     write_bytes("a", "x,y\n1,2\n", 8);
 *     ok = load(&d, "csv", "{file: a}", &arena, &error);
 *     leave();
 */
#ifndef READER_CHECK_H
#define READER_CHECK_H

#include "data/dataset.h"
#include "folder.h"

static bsn_arena home_arena;
static const char *home;

static inline void enter(void) {
  home = new_folder(&home_arena);
  ck_assert_int_eq(chdir(home), 0);
}

static inline void leave(void) {
  ck_assert_int_eq(chdir("/"), 0);
  remove_folder(home);
  bsn_arena_free(&home_arena);
}

/* Load the row of the data table with this name and these parameters, as YAML. */
static inline bool load(bsn_loaded *d, const char *name, const char *text, bsn_arena *arena, bsn_error *error) {
  bsn_faults faults = {.arena = arena};
  bsn_reader reader = {.arena = arena, .faults = &faults, .folder = "."};
  const bsn_row *row = bsn_table_find(&bsn_data_table, name);
  void *config = bsn_alloc_in(arena, row->config_size);
  bsn_value *map = bsn_value_read(arena, "test", text, strlen(text), &faults);
  bool ok = map && bsn_read_params(&reader, row->params, map, "data", config, NULL);
  ck_assert_msg(ok, "%s", ok ? "" : bsn_faults_text(arena, &faults));
  bsn_data_options options = {.train = {BSN_AMOUNT_ALL, 0}, .test = {BSN_AMOUNT_ALL, 0}};
  return bsn_data_load(d, (const bsn_data *)row, config, &options, arena, error);
}

/* A file as bytes. */
typedef struct blob {
  const char *bytes;
  size_t n;
} blob;
#define BLOB(text) \
  { text, sizeof text - 1 }

#endif
