/* poll(2) over the component's descriptors. */
#ifndef PKT_POLL_H
#define PKT_POLL_H

#include <pkt_redirect.h>
#include <pktsock/socket.h>
#include <signal.h>
#include <time.h>

#define POLLIN PKTSOCK_POLLIN
#define POLLPRI PKTSOCK_POLLPRI
#define POLLOUT PKTSOCK_POLLOUT
#define POLLERR PKTSOCK_POLLERR
#define POLLHUP PKTSOCK_POLLHUP
#define POLLNVAL PKTSOCK_POLLNVAL
#define POLLRDNORM PKTSOCK_POLLRDNORM
#define POLLWRNORM PKTSOCK_POLLWRNORM

typedef unsigned long nfds_t;

#define pollfd pktsock_pollfd

int poll(struct pollfd *fds, nfds_t count, int timeout_ms) PKT_CALLS(poll);
int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask) PKT_CALLS(ppoll);

#endif
