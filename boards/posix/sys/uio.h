/* Scatter and gather: readv(2). */
#ifndef PKT_SYS_UIO_H
#define PKT_SYS_UIO_H

#include <pkt_redirect.h>
#include <pktsock/socket.h>
#include <sys/types.h>
/* glibc's <fcntl.h> and others define struct iovec too: they must have done so before the name means another. */
#if __has_include(<bits/types/struct_iovec.h>)
#include <bits/types/struct_iovec.h>
#endif

#define iovec pktsock_iovec

ssize_t readv(int fd, const struct iovec *vector, int count) PKT_CALLS(readv);
ssize_t writev(int fd, const struct iovec *vector, int count) PKT_CALLS(writev);

#endif
