/* select(2) over the component's descriptors. It has a header of its own, because it needs the C library's fd_set and
 * struct timeval, which some network stacks define themselves. */
#ifndef PKTSOCK_SELECT_H
#define PKTSOCK_SELECT_H

#include <sys/select.h>
#include <sys/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Waits until a descriptor below `count` is ready in one of the sets, which may be NULL, and leaves only ready descriptors in
 * them. Returns the number of bits left, 0 after the time-out, or -1 and errno: EBADF (a descriptor is not a packet socket),
 * EINVAL (a negative count or time), ENOMEM (as pktsock_poll()). `timeout` NULL: no limit; else it is changed to the time
 * that is left, as on Linux. Descriptors must be less than FD_SETSIZE. Any task, never an interrupt handler. */
int pktsock_select(int count, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout);

#ifdef __cplusplus
}
#endif

#endif
