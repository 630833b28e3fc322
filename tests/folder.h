/* folder.h: a folder for the files of a test.
 *
 *     const char *folder = new_folder(&arena);
 *     write_file(bsn_text_in(&arena, "%s/a", folder), "text");
 *     remove_folder(folder);                          // with all that is in it
 */
#ifndef FOLDER_H
#define FOLDER_H

#include "base/arena.h"
#include "basin_check.h"
#include <ftw.h>
#include <unistd.h>

static inline char *new_folder(bsn_arena *arena) {
  const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* thousands of fsyncs cost nothing there */
  char *folder = bsn_text_in(arena, "%s/basin-test-XXXXXX", tmp);
  ck_assert_ptr_nonnull(mkdtemp(folder));
  return folder;
}

static inline int remove_one(const char *path, const struct stat *it, int type, struct FTW *where) {
  (void)it, (void)type, (void)where;
  return remove(path);
}

static inline void remove_folder(const char *folder) { nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS); }

#endif
