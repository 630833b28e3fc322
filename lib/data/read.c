#include "data/read.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

static bool broken(gzFile gz, const char *path, bsn_error *error) {
  int reason = Z_OK, system = errno;
  gzerror(gz, &reason);
  if (reason == Z_ERRNO) return bsn_fail(error, BSN_IO, "%s: %s", path, strerror(system));
  return reason == Z_MEM_ERROR ? bsn_no_memory(error) : bsn_fail(error, BSN_BAD_INPUT, "%s: damaged gz file", path);
}

/* Read to the end into a growing piece of the arena. gzread gives files that are not packed as they are. */
static bool read_all(gzFile gz, size_t guess, bsn_bytes *bytes, bsn_arena *arena, bsn_error *error) {
  size_t room = guess + 1, n = 0;
  unsigned char *at = bsn_buffer_in(arena, room);
  while (at) {
    size_t step = room - n < 1u << 30 ? room - n : 1u << 30;
    int got = gzread(gz, at + n, (unsigned)step);
    if (got < 0) return broken(gz, bytes->name, error);
    n += (size_t)got;
    if (!got) break;
    if (n < room) continue;
    unsigned char *more = room > SIZE_MAX / 2 ? NULL : bsn_buffer_in(arena, 2 * room);
    if (more) memcpy(more, at, n);
    at = more;
    room *= 2;
  }
  if (!at) return bsn_no_memory(error);
  bytes->at = at;
  bytes->n = n;
  return true;
}

/* The unpacked size, as far as a file says it before it is read: its own, or the last four bytes of a gz file. */
static size_t guess_size(FILE *f, size_t size) {
  unsigned char mark[2], end[4];
  bool packed = fread(mark, 1, 2, f) == 2 && mark[0] == 0x1f && mark[1] == 0x8b;
  if (!packed || size < 18 || fseek(f, -4, SEEK_END) || fread(end, 1, 4, f) != 4) return size;
  size_t says = (size_t)end[0] | (size_t)end[1] << 8 | (size_t)end[2] << 16 | (size_t)end[3] << 24;
  /* No more than gz can pack: a damaged length must not take all memory. */
  return says / 1032 <= size ? says : size;
}

bool bsn_bytes_read(bsn_bytes *bytes, const char *path, bsn_arena *arena, bsn_error *error) {
  *bytes = (bsn_bytes){.name = path};
  struct stat status;
  FILE *f = fopen(path, "rb");
  if (!f) return bsn_fail(error, BSN_BAD_INPUT, "%s: %s", path, strerror(errno));
  bool plain = !fstat(fileno(f), &status) && !S_ISDIR(status.st_mode);
  size_t guess = plain && S_ISREG(status.st_mode) ? guess_size(f, (size_t)status.st_size) : 4096;
  fclose(f);
  if (!plain) return bsn_fail(error, BSN_BAD_INPUT, "%s: is a folder", path);
  gzFile gz = gzopen(path, "rb");
  if (!gz) return bsn_fail(error, BSN_BAD_INPUT, "%s: %s", path, errno ? strerror(errno) : "cannot be opened");
  bool ok = read_all(gz, guess, bytes, arena, error);
  int closed = gzclose_r(gz);
  if (ok && closed != Z_OK) return bsn_fail(error, BSN_BAD_INPUT, "%s: damaged gz file", path);
  return ok;
}
