#include "study/pipe.h"
#include "base/io.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* Not write: the other one may be gone, which is no reason to be killed by a signal. */
static bool send_all(int fd, const char *bytes, size_t n) {
  while (n) {
    ssize_t done = send(fd, bytes, n, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes += done;
    n -= (size_t)done;
  }
  return true;
}

bool bsn_message_send(int fd, const bsn_message *message, const void *bytes) {
  return send_all(fd, (const char *)message, sizeof *message) && send_all(fd, bytes, message->n);
}

bool bsn_message_receive(int fd, bsn_message *message, bsn_arena *arena, void **bytes) {
  BSN_TRY(!bsn_read_all(fd, message, sizeof *message));
  *bytes = bsn_alloc_in(arena, message->n + 1);
  return *bytes && !bsn_read_all(fd, *bytes, message->n);
}
