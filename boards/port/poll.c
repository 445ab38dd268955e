/* poll(2). */
#include "component.h"

#include <errno.h>
#include <stdlib.h>

#define READABLE (POLLIN | POLLRDNORM)
#define WRITABLE (POLLOUT | POLLWRNORM)

/* Tasks that poll each descriptor right now; guarded by the lock. */
static uint8_t waiters[64];

/* Fill in revents of all entries; returns how many have some. */
static int look(struct pollfd *fds, nfds_t count) {
  int ready = 0;
  pkt_os_lock();
  for (nfds_t i = 0; i < count; i++) {
    fds[i].revents = 0;
    if (fds[i].fd < 0)
      continue;
    uint32_t socket = pkt_socket_of(fds[i].fd);
    int32_t events = socket != 0 ? pkt_call(PKT_CALL_pollSocket, socket, 0, 0, 0) : POLLNVAL;
    if (events < 0)
      events = POLLERR;
    if ((events & POLLIN) != 0)
      events |= POLLRDNORM;
    if ((events & POLLOUT) != 0)
      events |= POLLWRNORM;
    fds[i].revents = (short)(events & (fds[i].events | POLLERR | POLLHUP | POLLNVAL));
    ready += fds[i].revents != 0;
  }
  pkt_os_unlock();
  return ready;
}

/* Enter or leave the descriptors' lists of pollers; returns the number of entries that could be entered. */
static nfds_t count_waiters(const struct pollfd *fds, nfds_t count, bool enter) {
  nfds_t i;
  pkt_os_lock();
  for (i = 0; i < count; i++) {
    if (!pkt_is_ours(fds[i].fd))
      continue;
    uint8_t *number = &waiters[fds[i].fd - PKTSOCK_FIRST_DESCRIPTOR];
    if (enter && *number == CONFIG_NET_PKT_NPOLLWAITERS)
      break;
    *number = (uint8_t)(enter ? *number + 1 : *number - 1);
  }
  pkt_os_unlock();
  return i;
}

int pktsock_poll(struct pollfd *fds, nfds_t count, int timeout_ms) {
  if (fds == NULL && count != 0)
    return pkt_fail(-(int32_t)PKT_EFAULT);
  uint64_t deadline = timeout_ms < 0 ? UINT64_MAX : pkt_os_now() + (uint64_t)timeout_ms * 1000;
  nfds_t entered = count_waiters(fds, count, true);
  int ready;
  if (entered < count) { /* as NuttX: no slot for another poller */
    count_waiters(fds, entered, false);
    return pkt_fail(-(int32_t)PKT_ENOMEM);
  }
  pkt_service_drivers();
  for (;;) {
    uint32_t ticket = pkt_os_ticket();
    ready = look(fds, count);
    if (ready != 0 || timeout_ms == 0 || pkt_os_now() >= deadline)
      break;
    pkt_wait_sleep(ticket, deadline);
  }
  count_waiters(fds, count, false);
  return ready;
}
