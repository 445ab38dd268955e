/* poll(2) over the component's descriptors. */
#ifndef PKT_POLL_H
#define PKT_POLL_H

#include <pkt_redirect.h>

#define POLLIN 0x001
#define POLLPRI 0x002
#define POLLOUT 0x004
#define POLLERR 0x008
#define POLLHUP 0x010
#define POLLNVAL 0x020
#define POLLRDNORM 0x040
#define POLLWRNORM 0x100

typedef unsigned long nfds_t;

struct pollfd {
  int fd;
  short events;
  short revents;
};

int poll(struct pollfd *fds, nfds_t count, int timeout_ms) PKT_CALLS(poll);

#endif
