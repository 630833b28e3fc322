/* io.h: whole blocks of bytes through descriptors that may take or give them in pieces.
 *
 *     int failed = bsn_write_all(fd, bytes, n);
 *     if (failed) return bsn_fail(error, BSN_IO, "%s: %s", path, strerror(failed));
 */
#ifndef BSN_BASE_IO_H
#define BSN_BASE_IO_H

#include <stddef.h>

/* Write n bytes, going on where a signal came between. 0, or an errno. */
int bsn_write_all(int fd, const void *bytes, size_t n);

/* Read n bytes. 0, or an errno; EIO where the file ends before. */
int bsn_read_all(int fd, void *bytes, size_t n);

#endif
