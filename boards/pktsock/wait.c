/* Blocking calls: try, sleep until something happened, try again. */
#include "component.h"

/* Drivers with slow work are looked after at least this often while somebody waits. */
#define SERVICE_INTERVAL_US 100000

uint32_t pkt_wait_enter(struct pkt_wait *wait, int fd) {
  wait->ticket = pkt_os_ticket(); /* before looking, so that nothing that comes later is missed */
  pkt_os_lock();
  uint32_t socket = pkt_socket_of(fd);
  if (socket != 0 && wait->begun) {
    const struct pkt_socket *s = pkt_at(socket);
    if (s->generation != wait->generation)
      return 0; /* closed by another task, and its number given to a new socket */
  }
  return socket;
}

bool pkt_wait_leave(struct pkt_wait *wait, uint32_t socket, int32_t result, int flags, size_t timeout_at) {
  if (result != -PKT_EAGAIN || socket == 0) {
    pkt_os_unlock();
    return false;
  }
  if (!wait->begun) {
    const struct pkt_socket *s = pkt_at(socket);
    const uint32_t *timeout = pkt_at(socket + timeout_at);
    uint64_t us = (uint64_t)timeout[1] << 32 | timeout[0];
    wait->begun = true;
    wait->generation = s->generation;
    wait->blocking = (flags & (PKTSOCK_MSG_DONTWAIT | PKTSOCK_MSG_ERRQUEUE)) == 0 && s->nonblock == 0;
    wait->deadline = us != 0 ? pkt_os_now() + us : UINT64_MAX;
  }
  pkt_os_unlock();
  if (!wait->blocking || (wait->deadline != UINT64_MAX && pkt_os_now() >= wait->deadline))
    return false;
  pkt_wait_sleep(wait->ticket, wait->deadline);
  return true;
}

void pkt_wait_sleep(uint32_t ticket, uint64_t deadline) {
  if (pkt_component.slow_work) {
    uint64_t soon = pkt_os_now() + SERVICE_INTERVAL_US;
    pkt_os_wait(ticket, soon < deadline ? soon : deadline);
    pkt_service_drivers();
  } else {
    pkt_os_wait(ticket, deadline);
  }
}
