/* The libc's unistd.h, with close(), read() and write() that support packet sockets. They pass on other
 * descriptors to the libc. */
#ifndef PKT_UNISTD_H
#define PKT_UNISTD_H

#include <pkt_redirect.h>
#include <sys/types.h>
#include_next <unistd.h>

int close(int fd) PKT_CALLS(close);
ssize_t read(int fd, void *buffer, size_t len) PKT_CALLS(read);
ssize_t write(int fd, const void *buffer, size_t len) PKT_CALLS(write);

#endif
