#include "base/io.h"
#include "store/sql.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool trouble(const char *path, int number, bsn_error *error) {
  return bsn_fail(error, BSN_IO, "%s: %s", path, strerror(number));
}

/* A name that could leave the study's folder, or hide in it, is refused. */
static bool name_is_safe(const char *name, bsn_error *error) {
  bool bad = !*name || *name == '/' || strstr(name, "..") || name[strlen(name) - 1] == '/';
  return !bad || bsn_fail(error, BSN_BAD_INPUT, "\"%s\" cannot name a file of a study", name);
}

/* A file is on the disk only when its folder is, too. */
static bool sync_folder(const char *folder, bsn_error *error) {
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return trouble(folder, errno, error);
  int failed = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  return !failed || trouble(folder, failed, error);
}

static char *folder_of(bsn_arena *arena, const char *path) {
  const char *slash = strrchr(path, '/');
  if (!slash) return bsn_text_in(arena, ".");
  return bsn_text_in(arena, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static bool make_one(bsn_arena *arena, const char *folder, bsn_error *error) {
  if (mkdir(folder, 0777) == 0) {
    char *above = folder_of(arena, folder);
    return above ? sync_folder(above, error) : bsn_no_memory(error);
  }
  struct stat it;
  int failed = errno;
  if (failed == EEXIST && stat(folder, &it) == 0 && !S_ISDIR(it.st_mode)) failed = ENOTDIR;
  return failed == EEXIST || trouble(folder, failed, error);
}

static bool make_all(bsn_arena *arena, const char *folder, bsn_error *error) {
  struct stat it;
  if (!*folder || (stat(folder, &it) == 0 && S_ISDIR(it.st_mode))) return true;
  char *path = bsn_text_in(arena, "%s", folder);
  if (!path) return bsn_no_memory(error);
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    BSN_TRY(make_one(arena, path, error));
    *slash = '/';
  }
  return make_one(arena, path, error);
}

bool bsn_folder_make(const char *folder, bsn_error *error) {
  bsn_arena arena = {0};
  bool ok = make_all(&arena, folder, error);
  bsn_arena_free(&arena);
  return ok;
}

static bool write_new(const char *path, const void *bytes, size_t n, bsn_error *error) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return trouble(path, errno, error);
  int failed = bsn_write_all(fd, bytes, n);
  if (!failed && fsync(fd) != 0) failed = errno;
  if (close(fd) != 0 && !failed) failed = errno;
  return !failed || trouble(path, failed, error);
}

/* What killed processes left of a file: one run holds a study, and one worker a unit; what several units may want to write is held
 * (the sink's hold) by the one who writes it. So nobody else is writing this file now. */
static void remove_parts(const char *folder, const char *file) {
  DIR *dir = opendir(folder);
  size_t n = strlen(file);
  for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir))
    if (strncmp(entry->d_name, file, n) == 0 && strncmp(entry->d_name + n, ".part-", 6) == 0)
      unlinkat(dirfd(dir), entry->d_name, 0);
  if (dir) closedir(dir);
}

/* The temporary name has the pid in it: what a dying process still writes is not mixed with ours. */
static bool save_in(bsn_arena *arena, const char *path, const void *bytes, size_t n, bsn_error *error) {
  char *folder = folder_of(arena, path);
  char *part = bsn_text_in(arena, "%s.part-%ld", path, (long)getpid());
  if (!folder || !part) return bsn_no_memory(error);
  BSN_TRY(make_all(arena, folder, error));
  bool ok = write_new(part, bytes, n, error);
  if (ok && rename(part, path) != 0) ok = trouble(path, errno, error);
  if (!ok) unlink(part);
  if (ok) remove_parts(folder, strrchr(path, '/') + 1);
  return ok && sync_folder(folder, error);
}

bool bsn_store_save(bsn_sink *sink, const char *name, const void *bytes, size_t n, bsn_error *error) {
  bsn_store *store = (bsn_store *)(void *)sink;
  bsn_arena arena = {0};
  BSN_TRY(name_is_safe(name, error));
  char *path = bsn_text_in(&arena, "%s/%s", store->folder, name);
  bool ok = path ? save_in(&arena, path, bytes, n, error) : bsn_no_memory(error);
  bsn_arena_free(&arena);
  return ok;
}

static bool load_open(int fd, const char *path, bsn_arena *arena, void **bytes, size_t *n, bsn_error *error) {
  struct stat it;
  if (fstat(fd, &it) != 0) return trouble(path, errno, error);
  *n = (size_t)it.st_size;
  *bytes = bsn_buffer_in(arena, *n);
  if (!*bytes) return bsn_no_memory(error);
  int failed = bsn_read_all(fd, *bytes, *n);
  return !failed || trouble(path, failed, error);
}

bool bsn_store_load(bsn_sink *sink, const char *name, bsn_arena *arena, void **bytes, size_t *n, bsn_error *error) {
  bsn_store *store = (bsn_store *)(void *)sink;
  BSN_TRY(name_is_safe(name, error));
  char *path = bsn_text_in(arena, "%s/%s", store->folder, name);
  if (!path) return bsn_no_memory(error);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno != ENOENT && trouble(path, errno, error);
  bool ok = load_open(fd, path, arena, bytes, n, error);
  close(fd);
  return ok;
}

void bsn_store_drop(bsn_sink *sink, const char *name) {
  bsn_store *store = (bsn_store *)(void *)sink;
  bsn_arena arena = {0};
  bsn_error ignored = {0};
  char *path = name_is_safe(name, &ignored) ? bsn_text_in(&arena, "%s/%s", store->folder, name) : NULL;
  char *folder = path ? folder_of(&arena, path) : NULL;
  if (path) unlink(path);
  if (folder) remove_parts(folder, strrchr(path, '/') + 1);
  bsn_arena_free(&arena);
}

/* ---- holding a name ---- */
/* Whoever let it go removed the file, and who waited for that one must ask again. */
static bool is_still(const char *path, int fd) {
  struct stat mine, there;
  return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

/* The kernel lets go for a process that is gone. */
static bool hold_path(const char *path, int *held, bsn_error *error) {
  for (;;) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666), failed = fd < 0 ? errno : 0;
    while (!failed && flock(fd, LOCK_EX) != 0) failed = errno == EINTR ? 0 : errno;
    if (!failed && is_still(path, fd)) return *held = fd, true;
    if (fd >= 0) close(fd);
    if (failed) return trouble(path, failed, error);
  }
}

bool bsn_store_hold(bsn_sink *sink, const char *name, int *held, bsn_error *error) {
  bsn_store *store = (bsn_store *)(void *)sink;
  bsn_arena arena = {0};
  BSN_TRY(name_is_safe(name, error));
  char *path = bsn_text_in(&arena, "%s/%s", store->folder, name);
  char *folder = path ? folder_of(&arena, path) : NULL;
  bool ok = folder ? make_all(&arena, folder, error) && hold_path(path, held, error) : bsn_no_memory(error);
  bsn_arena_free(&arena);
  return ok;
}

void bsn_store_let_go(bsn_sink *sink, const char *name, int held) {
  bsn_store *store = (bsn_store *)(void *)sink;
  bsn_arena arena = {0};
  char *path = bsn_text_in(&arena, "%s/%s", store->folder, name);
  if (path) unlink(path); /* while it is ours */
  close(held);
  bsn_arena_free(&arena);
}

/* Is a file called KEY, or KEY.something? */
static bool is_of_key(const char *file, char key[33]) {
  size_t n = strspn(file, "0123456789abcdef");
  if (n != 32 || (file[n] && file[n] != '.')) return false;
  memcpy(key, file, n);
  key[n] = 0;
  return true;
}

void bsn_store_sweep(bsn_store *store, const char *name) {
  bsn_arena arena = {0};
  const char *folder = bsn_text_in(&arena, "%s/%s", store->folder, name);
  DIR *dir = folder ? opendir(folder) : NULL;
  char key[33];
  for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
    if (!is_of_key(entry->d_name, key) || !bsn_store_has(&store->sink, key)) continue;
    unlinkat(dirfd(dir), entry->d_name, 0);
  }
  if (dir) closedir(dir);
  bsn_arena_free(&arena);
}
