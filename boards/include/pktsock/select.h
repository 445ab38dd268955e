/* select(2) and ppoll(2) over the component's descriptors. They have a header of their own, because they need the C
 * library's fd_set, struct timeval and struct timespec, which some network stacks define themselves.
 *
 * Errors: EIO (the module has trapped).
 * Context: any task, never an interrupt handler. */
#ifndef PKTSOCK_SELECT_H
#define PKTSOCK_SELECT_H

#include <pktsock/socket.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Wait until a descriptor below `count` is ready in one of the sets, which may be NULL, and leave only ready
 * descriptors in them. `timeout` NULL: no limit; else it is changed to the time that is left, as on Linux. Descriptors
 * must be less than FD_SETSIZE.
 *
 * Returns: the number of bits left, 0 after the time-out, or -1 and errno.
 * Errors: EBADF (a descriptor is not a packet socket), EINVAL (a negative count or time), ENOMEM (as pktsock_poll()).
 * Source: select(2). */
int pktsock_select(int count, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout);

/* Wait as pktsock_poll() does, with a time-out in nanoseconds, rounded up to microseconds; NULL: no limit. `mask` is a
 * sigset_t, or NULL; it has no effect, because no signal ends a wait of the component.
 *
 * Returns: the number of entries with events, 0 after the time-out, or -1 and errno.
 * Errors: those of pktsock_poll(), and EINVAL (a time out of range).
 * Source: ppoll(2). */
int pktsock_ppoll(struct pktsock_pollfd *fds, unsigned long count, const struct timespec *timeout, const void *mask);

#ifdef __cplusplus
}
#endif

#endif
