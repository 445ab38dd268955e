/* select(2) over the component's descriptors. A header apart from pktsock.h, because it needs the C library's fd_set and
 * struct timeval, which some network stacks define themselves. */
#ifndef PKTSOCK_SELECT_H
#define PKTSOCK_SELECT_H

#include <sys/select.h>
#include <sys/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As pktsock_poll(), but fails with EBADF for descriptors that are not packet sockets. Descriptors must be less than
 * FD_SETSIZE. Any task, never an interrupt handler. */
int pktsock_select(int count, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout);

#ifdef __cplusplus
}
#endif

#endif
