#include "base/io.h"
#include <errno.h>
#include <unistd.h>

int bsn_write_all(int fd, const void *bytes, size_t n) {
  const char *at = bytes;
  while (n) {
    ssize_t done = write(fd, at, n);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    at += done;
    n -= (size_t)done;
  }
  return 0;
}

int bsn_read_all(int fd, void *bytes, size_t n) {
  char *at = bytes;
  while (n) {
    ssize_t done = read(fd, at, n);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return done < 0 ? errno : EIO;
    at += done;
    n -= (size_t)done;
  }
  return 0;
}
