/* The libc's fcntl.h, with a fcntl() that supports packet sockets: F_GETFL, F_SETFL, F_GETFD, F_SETFD. */
#ifndef PKT_FCNTL_H
#define PKT_FCNTL_H

#include_next <fcntl.h>
#include <pkt_redirect.h>

int fcntl(int fd, int command, ...) PKT_CALLS(fcntl);

#endif
