/* The libc's sys/select.h, with a select() that accepts packet sockets only. */
#ifndef PKT_SYS_SELECT_H
#define PKT_SYS_SELECT_H

#include <pkt_redirect.h>
#include_next <sys/select.h>

int select(int count, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout)
    PKT_CALLS(select);

#endif
