/* poll(2), and waiting until descriptors are ready for it and for select(2). */
#include "component.h"
#include <pktsock/select.h>

#define READABLE (PKTSOCK_POLLIN | PKTSOCK_POLLRDNORM)
#define WRITABLE (PKTSOCK_POLLOUT | PKTSOCK_POLLWRNORM)

/* Tasks that poll each descriptor right now; guarded by the lock. */
static uint8_t pollers[PKT_MAX_DESCRIPTORS];

/* The events of a socket, as pollSocket() has them. After a trap that the socket has survived it is asked again. */
static int32_t events_of(int fd) {
  int32_t events = -PKT_EIO;
  uint32_t socket;
  for (unsigned i = 0; i < PKT_ATTEMPTS_MAX && events < 0 && (socket = pkt_socket_of(fd)) != 0; i++)
    events = pkt_call(&pkt_export_pollSocket, socket, 0, 0, 0);
  if (events >= 0)
    return events;
  if (pkt_socket_of(fd) != 0)
    return 0;
  return pkt_no_socket(fd) == -PKT_EBADF ? PKTSOCK_POLLNVAL : PKTSOCK_POLLERR;
}

/* Fill in revents of all entries. Returns the number of entries with events. This and the functions below need the lock. */
static int scan(struct pktsock_pollfd *fds, unsigned long count, int unasked) {
  int ready = 0;
  for (unsigned long i = 0; i < count; i++) {
    fds[i].revents = 0;
    if (fds[i].fd < 0)
      continue;
    int32_t events = events_of(fds[i].fd);
    if ((events & PKTSOCK_POLLIN) != 0)
      events |= READABLE;
    if ((events & PKTSOCK_POLLOUT) != 0)
      events |= WRITABLE;
    fds[i].revents = (short)(events & (fds[i].events | unasked));
    ready += fds[i].revents != 0;
  }
  return ready;
}

/* Returns true if an earlier entry has the descriptor of entry `i`. */
static bool is_duplicate(const struct pktsock_pollfd *fds, unsigned long i) {
  for (unsigned long j = 0; j < i; j++)
    if (fds[j].fd == fds[i].fd)
      return true;
  return false;
}

/* Enter or leave the descriptors' lists of pollers, each once; returns the number of entries that could be entered. */
static unsigned long count_pollers(const struct pktsock_pollfd *fds, unsigned long count, bool enter) {
  unsigned long i;
  for (i = 0; i < count; i++) {
    if (!pkt_is_ours(fds[i].fd) || is_duplicate(fds, i))
      continue;
    uint8_t *number = &pollers[fds[i].fd - PKTSOCK_FIRST_DESCRIPTOR];
    if (enter && *number == PKTSOCK_NPOLLWAITERS)
      break;
    *number = (uint8_t)(enter ? *number + 1 : *number - 1);
  }
  return i;
}

int32_t pkt_poll(struct pktsock_pollfd *fds, unsigned long count, int unasked, uint64_t deadline) {
  struct pkt_waiter waiter = {.fds = fds, .count = count, .events = (short)unasked};
  pkt_os_lock();
  unsigned long entered = count_pollers(fds, count, true);
  int32_t ready = -PKT_ENOMEM; /* no slot for another poller, as on NuttX */
  if (entered == count) {
    pkt_service_drivers();
    do
      ready = scan(fds, count, unasked);
    while (ready == 0 && (deadline != 0 || pkt_has_arrived()) && pkt_wait(&waiter, deadline));
    pkt_wait_end(&waiter);
  }
  count_pollers(fds, entered, false);
  pkt_unlock();
  return ready;
}

static int poll_for(struct pktsock_pollfd *fds, unsigned long count, uint64_t us) {
  if (fds == NULL && count != 0)
    return pkt_fail(-PKT_EFAULT);
  uint64_t deadline = us == UINT64_MAX || us == 0 ? us : pkt_os_now() + us;
  int32_t ready = pkt_poll(fds, count, PKTSOCK_POLLERR | PKTSOCK_POLLNVAL, deadline);
  return ready < 0 ? pkt_fail(ready) : ready;
}

int pktsock_poll(struct pktsock_pollfd *fds, unsigned long count, int timeout_ms) {
  return poll_for(fds, count, timeout_ms < 0 ? UINT64_MAX : (uint64_t)timeout_ms * 1000);
}

int pktsock_ppoll(struct pktsock_pollfd *fds, unsigned long count, const struct timespec *timeout, const void *mask) {
  (void)mask;
  if (timeout == NULL)
    return poll_for(fds, count, UINT64_MAX);
  if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1000000000)
    return pkt_fail(-PKT_EINVAL);
  bool endless = (uint64_t)timeout->tv_sec >= UINT32_MAX;
  uint64_t us = (uint64_t)timeout->tv_sec * 1000000 + ((uint64_t)timeout->tv_nsec + 999) / 1000;
  return poll_for(fds, count, endless ? UINT64_MAX : us);
}
