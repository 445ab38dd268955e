/* Blocking calls. A call tries under the lock. If it must wait, its waiter is linked into a list, the lock is released and
 * its task sleeps. The next task that releases the lock wakes the waiters whose sockets became ready. Interrupt handlers
 * cannot know which socket a frame is for: they wake the first waiter of the list, the newest one, which lets the module
 * sort the frames. When that one leaves, the next one takes its place. */
#include "component.h"

/* Drivers do their slow work at least this often while a task waits. */
#define SERVICE_INTERVAL_US 100000

#define READABLE (PKTSOCK_POLLIN | PKTSOCK_POLLRDNORM)
#define WRITABLE (PKTSOCK_POLLOUT | PKTSOCK_POLLWRNORM)

/* A call whose socket is ready so many times in succession, and which finds nothing each time, would never release the lock. */
#define MAX_HASTE 100

/* Returns true if COMPLETION has frames that the module has not taken back. */
static bool has_sent(void) {
  for (unsigned i = 0; i < pkt_component.mac_count; i++)
    if (pkt_word_at(pkt_component.macs[i]->iface->completion) != 0)
      return true;
  return false;
}

#if !PKTSOCK_WRITE_BUFFERS
static bool must_send(void) {
  for (unsigned i = 0; i < pkt_component.mac_count; i++)
    if (pkt_tx_pending(pkt_component.macs[i]))
      return true;
  return false;
}
#endif

/* Returns true if sending through the interface would not wait. If it is down, sending fails at once. */
static bool has_room(const struct pkt_socket *socket, uint32_t offset) {
  const struct pkt_iface *iface = NULL;
  for (unsigned i = 0; i < pkt_component.mac_count; i++)
    if (pkt_offset_of(pkt_component.macs[i]->iface) == offset)
      iface = pkt_component.macs[i]->iface;
  if (iface == NULL || iface->limit == 0)
    return true;
  if (pkt_word_at(iface->free) == 0 && pkt_word_at(iface->completion) == 0)
    return false;
  return socket->sndbuf == 0 || socket->sending < socket->sndbuf || has_sent();
}

static inline bool is_socket_ready(const struct pkt_waiter *waiter, const struct pkt_socket *socket, int events) {
  if ((events & READABLE) != 0 && pkt_word_at(socket->head) != 0)
    return true;
  if ((events & PKTSOCK_POLLERR) != 0 && (socket->special & PKT_SOCKET_ERROR) != 0)
    return true;
  return (events & WRITABLE) != 0 && has_room(socket, waiter->full != 0 ? waiter->full : socket->iface);
}

/* The same for the error queue, of which only poll() and select() are told. */
static bool has_message(const struct pkt_socket *socket, int events) {
  int reported = PKTSOCK_POLLERR;
  if ((socket->options & PKT_OPTION_SELECT_ERR_QUEUE) != 0)
    reported |= PKTSOCK_POLLPRI;
  return (events & reported) != 0 && (socket->special & PKT_SOCKET_HAS_MESSAGES) != 0;
}

/* The same for the descriptors of poll(). */
static bool is_any_ready(const struct pkt_waiter *waiter) {
#if PKTSOCK_APP_SIZE > 0
  if (waiter->runs_app)
    return pkt_app_wakes();
#endif
#if !PKTSOCK_WRITE_BUFFERS
  if (waiter->drains)
    return !must_send();
#endif
  for (unsigned long i = 0; i < waiter->count; i++) {
    uint32_t socket = pkt_socket_of(waiter->fds[i].fd);
    if (socket == 0)
      continue;
    int events = waiter->fds[i].events | waiter->events;
    const struct pkt_socket *s = pkt_socket_at(socket);
    if (is_socket_ready(waiter, s, events) || (PKTSOCK_TIMESTAMPS && has_message(s, events)))
      return true;
  }
  return false;
}

/* Returns true if the waiter's call would not wait. A waiter that is ready does not sleep, so this must be true only if the
 * next attempt ends the call or removes the condition. Closing a descriptor wakes its waiters separately. */
static inline bool is_ready(const struct pkt_waiter *waiter) {
  return waiter->socket != NULL ? is_socket_ready(waiter, waiter->socket, waiter->events) : is_any_ready(waiter);
}

static void wake_waiter(struct pkt_waiter *waiter) {
  if (waiter->woken)
    return;
  waiter->woken = true;
  pkt_os_wake_task(waiter->task);
}

void pkt_wake_ready(void) {
  struct pkt_component *c = &pkt_component;
  if (c->control == NULL || (c->control->news == 0 && c->senders == 0 && !pkt_app_wakes()))
    return;
  c->control->news = 0;
  for (struct pkt_waiter *w = c->waiters; w != NULL; w = w->next)
    if (!w->woken && is_ready(w))
      wake_waiter(w);
}

void pkt_wake_all(void) {
  for (struct pkt_waiter *w = pkt_component.waiters; w != NULL; w = w->next) {
    if (w->lost != PKT_CLOSED)
      w->lost = pkt_component.control == NULL ? PKT_CLOSED : PKT_TRAPPED;
    uint32_t socket = PKTSOCK_RECOVER && w->socket != NULL && w->lost != PKT_CLOSED ? pkt_socket_of(w->fds->fd) : 0;
    if (socket != 0)
      w->socket = pkt_socket_at(socket);
    wake_waiter(w);
  }
}

void pkt_wake_closed(int fd) {
  for (struct pkt_waiter *w = pkt_component.waiters; w != NULL; w = w->next)
    for (unsigned long i = 0; i < w->count; i++)
      if (w->fds[i].fd == fd) {
        w->lost = PKT_CLOSED;
        wake_waiter(w);
      }
}

static void begin(struct pkt_waiter *waiter) {
  struct pkt_component *c = &pkt_component;
  waiter->task = pkt_os_self();
  waiter->linked = true;
  waiter->sends = waiter->drains || (waiter->events & WRITABLE) != 0;
  for (unsigned long i = 0; i < waiter->count; i++) {
    uint32_t socket = pkt_socket_of(waiter->fds[i].fd);
    waiter->sends |= (waiter->fds[i].events & WRITABLE) != 0;
    waiter->stamps |=
        PKTSOCK_TIMESTAMPS && socket != 0 && (pkt_socket_at(socket)->special & PKT_SOCKET_HAS_ERROR_QUEUE) != 0;
  }
  c->senders += waiter->sends;
  c->stampers += waiter->stamps;
  waiter->next = c->waiters;
  c->waiters = waiter;
  pkt_os_watch(waiter->task);
}

void pkt_wait_end(struct pkt_waiter *waiter) {
  struct pkt_component *c = &pkt_component;
  if (!waiter->linked)
    return;
  if (waiter->sends)
    c->senders--;
  if (waiter->stamps)
    c->stampers--;
  struct pkt_waiter **at = &c->waiters;
  while (*at != waiter)
    at = &(*at)->next;
  *at = waiter->next;
  if (at != &c->waiters)
    return;
  struct pkt_waiter *next = c->waiters;
  pkt_os_watch(next != NULL ? next->task : NULL);
  if (next != NULL && pkt_has_received()) /* their wake-up went to the waiter that leaves */
    pkt_os_wake_task(next->task);
}

/* Let the drivers do their slow work if it is due, or (`now_too`) if a task was woken without a frame. Returns the time of
 * the next slow work, or `deadline` if that is earlier. */
static uint64_t look_after_drivers(bool now_too, uint64_t deadline) {
  struct pkt_component *c = &pkt_component;
  if (!c->slow_work)
    return deadline;
  uint64_t now = pkt_os_now();
  if (now_too || now >= c->service_at) {
    pkt_service_drivers();
    c->service_at = now + SERVICE_INTERVAL_US;
  }
  return c->service_at < deadline ? c->service_at : deadline;
}

bool pkt_wait(struct pkt_waiter *waiter, uint64_t deadline) {
  const struct pkt_component *c = &pkt_component;
  waiter->woken = false;
  if (!waiter->linked)
    begin(waiter);
  unsigned calls = 0;
  for (bool early = false;; early = true) {
    uint64_t until = look_after_drivers(early, deadline);
    bool left = pkt_has_received(); /* received before this task watched, or for another task */
    if (left)
      left = pkt_call(&pkt_export_service, 0, 0, 0, 0) == 0 && pkt_has_received();
    if (PKTSOCK_TIMESTAMPS && c->stampers != 0 && has_sent())
      pkt_call(&pkt_export_reapAll, 0, 0, 0, 0);
    pkt_app_settle();
    waiter->woken = waiter->woken || is_ready(waiter);
    pkt_wake_ready();
    if (waiter->woken) {
      if (++waiter->hasty < MAX_HASTE)
        return true;
      pkt_distrust();
      return true;
    }
    waiter->hasty = 0;
    /* Each call takes a frame at least: after that many, all are newer than the deadline. */
    if ((!left || ++calls > PKTSOCK_FRAMES) && deadline != UINT64_MAX && pkt_os_now() >= deadline)
      return false;
    pkt_os_unlock();
    if (!left)
      pkt_os_wait(until);
    else if (calls > PKTSOCK_FRAMES) /* a flood, or a module that takes none of them */
      pkt_os_wait(pkt_os_now() + 1000);
    pkt_os_lock();
    if (waiter->woken || (!left && !waiter->sends && pkt_has_received()))
      return true; /* receiving sorts the frames */
  }
}

/* After a trap in the first attempt to receive: what is wrong with the call itself ends it, instead of a wait. */
static int32_t attempt_again(int fd, pkt_attempt *attempt, void *call) {
  int32_t n = -PKT_EAGAIN;
  for (unsigned i = 0; i < PKT_ATTEMPTS_MAX && n == -PKT_EAGAIN && pkt_component.receive_trapped; i++) {
    pkt_component.receive_trapped = false;
    n = pkt_socket_of(fd) != 0 ? attempt(pkt_socket_of(fd), call) : pkt_no_socket(fd);
  }
  return n;
}

int32_t pkt_try_again(int fd, int flags, int events, pkt_attempt *attempt, void *call) {
  int32_t again = PKTSOCK_RECOVER ? attempt_again(fd, attempt, call) : -PKT_EAGAIN;
  if (again != -PKT_EAGAIN)
    return again;
  uint32_t socket = pkt_socket_of(fd);
  if (socket == 0) /* it was lost in a trap in the last attempt */
    return pkt_no_socket(fd);
  bool sends = (events & PKTSOCK_POLLOUT) != 0;
  const struct pkt_socket *s = pkt_socket_at(socket);
  bool waits = (flags & PKTSOCK_MSG_DONTWAIT) == 0 && s->nonblock == 0;
  /* One that does not wait either has seen all frames that are here, or goes on until it has. */
  if ((flags & PKTSOCK_MSG_ERRQUEUE) != 0 || (!waits && (sends || !pkt_has_arrived())))
    return -PKT_EAGAIN;
  const uint32_t *timeout = sends ? s->send_timeout : s->receive_timeout;
  uint64_t us = (uint64_t)timeout[1] << 32 | timeout[0];
  uint64_t deadline = !waits ? 0 : us != 0 ? pkt_os_now() + us : UINT64_MAX;
  const struct pktsock_pollfd fds = {.fd = fd};
  struct pkt_waiter waiter = {.fds = &fds, .count = 1, .socket = s, .events = (short)events};
  int32_t n;
  do {
    waiter.full = sends ? s->full : 0;
    n = -PKT_EAGAIN;
    if (!pkt_wait(&waiter, deadline))
      break;
    if (PKT_UNLIKELY(waiter.lost != 0)) {
      socket = waiter.lost == PKT_CLOSED ? 0 : pkt_socket_of(fd);
      if (socket == 0) {
        n = waiter.lost == PKT_CLOSED ? -PKT_EBADF : pkt_no_socket(fd);
        break;
      }
      waiter.socket = s = pkt_socket_at(socket);
      waiter.lost = 0;
    } else {
      n = attempt(socket, call);
    }
  } while (n == -PKT_EAGAIN);
  pkt_wait_end(&waiter);
  return n;
}

#if !PKTSOCK_WRITE_BUFFERS
/* The limit of the wait for a driver that takes no frames. */
#define DRAIN_LIMIT_US 1000000

void pkt_sent(void) {
  struct pkt_waiter waiter = {.drains = true};
  pkt_os_lock();
  if (must_send()) {
    uint64_t limit = pkt_os_now() + DRAIN_LIMIT_US;
    while (must_send() && pkt_wait(&waiter, limit))
      ;
    pkt_wait_end(&waiter);
  }
  pkt_unlock();
}
#endif
