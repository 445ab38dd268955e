/* What the files of this directory share: the one component, its lock discipline, and the way into the module. */
#ifndef PKT_COMPONENT_H
#define PKT_COMPONENT_H

#include "../engine/engine.h"
#include <pktsock/config.h>
#include <pktsock/layout.h>
#include <pktsock/mac.h>
#include <pktsock/os.h>
#include <pktsock/pktsock.h>

/* All fields are guarded by the lock of os.h. */
struct pkt_component {
  struct pkt_engine engine;
  struct pkt_control *control; /* in linear memory; NULL while stopped */
  struct pkt_mac *macs[PKTSOCK_INTERFACES];
  unsigned mac_count;
  void (*report)(const char *who, const char *sentence);
  void (*link)(unsigned ifindex, bool up);
  bool link_up[PKTSOCK_INTERFACES]; /* as link() was last called, or as it was at first */
  bool reporting_links;             /* a task is in link() */
  const char *error;
  struct pkt_waiter *waiters; /* the one that came last is the first; it watches for the drivers' news */
  unsigned senders;           /* waiters that wait for room */
  uint64_t service_at;        /* when drivers with slow work are looked after again */
  bool slow_work;             /* a driver has a service() or a link() */
  bool refills;               /* a driver has a refill() */

  /* The buffer of the call under way: where the module's give() and take() go on, and the vector's rest. */
  uint8_t *cursor;
  size_t room;
  const struct pktsock_iovec *rest;
  int rest_count;
};

extern struct pkt_component pkt_component;

/* call.c: call the module, with the lock held. */
int32_t pkt_call(enum pkt_export export, uint32_t a, uint32_t b, uint32_t c, uint32_t d);

/* What the module's imports do with the buffer of the call under way: see engine.h. */
void pkt_give(struct pkt_engine *engine, uint8_t *bytes, uint32_t len);
void pkt_take(struct pkt_engine *engine, uint8_t *bytes, uint32_t len);

/* Set the buffer that give() and take() of the next call work on. */
static inline void pkt_buffer(const void *buffer, size_t len) {
  pkt_component.cursor = (uint8_t *)buffer;
  pkt_component.room = len;
  pkt_component.rest_count = 0;
}

/* A caller's length as the module takes it: no frame is longer than what it cuts off. */
static inline uint32_t pkt_len(size_t len) { return len < UINT32_MAX ? (uint32_t)len : UINT32_MAX; }

static inline void *pkt_at(uint32_t offset) { return pkt_component.engine.memory + offset; }
static inline uint8_t *pkt_exchange(void) { return pkt_component.control->exchange; }

/* The socket behind a descriptor as its offset, or 0; with the lock held. */
static inline uint32_t pkt_socket_of(int fd) {
  const struct pkt_control *control = pkt_component.control;
  uint32_t index = (uint32_t)fd - PKTSOCK_FIRST_DESCRIPTOR;
  if (control == NULL || index >= control->table_length)
    return 0;
  return ((const uint32_t *)pkt_at(control->table))[index];
}

/* Is that descriptor in the range of the component's? No lock needed. */
bool pkt_is_ours(int fd);

/* drivers.c: add the interfaces of the configuration and start their MACs, or stop them all; 0 or a negative errno of the
 * platform. With the lock held. */
int pkt_start_macs(const struct pktsock_config *config);
void pkt_stop_macs(void);

/* The module gave frames back: call the drivers that had run out of them. With the lock held. */
void pkt_refill_macs(void);

/* The interface with that index or that MAC, or NULL; with the lock held. */
struct pkt_iface *pkt_iface_of(uint32_t index);
struct pkt_mac *pkt_mac_of(uint32_t index);

/* The offset of an interface in linear memory, as the module's functions take it. */
uint32_t pkt_offset_of(const struct pkt_iface *iface);

/* Start what the rings hold: call after the module may have put frames into TX, with the lock held. */
void pkt_kick(void);

/* Tell the drivers whose address filter has changed; with the lock held. */
void pkt_update_filters(void);

/* Copy an interface's name, NUL-padded, to the exchange area; false when it cannot be a name. With the lock held. */
bool pkt_put_name(const char *name);

/* PKTSOCK_SIOCGIFADDR and its like, and PKTSOCK_SIOCGIFCONF: 0 or a negative errno; with the lock held. inet.c */
int32_t pkt_get_inet(const struct pkt_iface *iface, unsigned long request, struct pktsock_ifreq *r);
int32_t pkt_list_inet(struct pktsock_ifconf *list);

/* Negative internal errno to the platform's (positive; 0 stays 0), and to -1 with errno set. */
int pkt_errno(int32_t negative);
int pkt_fail(int32_t negative);

/* ---- Waiting ---- */

/* What a task waits for, on its stack. Set `fds` and `count`, and what else differs from 0. */
struct pkt_waiter {
  const struct pktsock_pollfd *fds; /* the descriptors, and as `events` what may happen to each */
  unsigned long count;
  short events;  /* what may happen to all of them */
  bool drains;   /* waits until the drivers have taken what is to be sent; no descriptors */
  uint32_t full; /* the interface on which there shall be room; 0: the one that the socket is bound to */
  const struct pkt_socket *socket; /* the socket of a single descriptor, which is quicker, or NULL */

  /* wait.c's own; `closed`: one of the descriptors was. */
  bool linked, sends, woken, closed;
  struct pkt_os_task *task;
  struct pkt_waiter *next;
};

/* Sleep until what the waiter waits for may have happened (true), or until `deadline` (false). With the lock held, which is
 * released meanwhile. The waiter stays linked, so that nothing is lost between two calls: end with pkt_wait_end(). */
bool pkt_wait(struct pkt_waiter *waiter, uint64_t deadline);
void pkt_wait_end(struct pkt_waiter *waiter);

/* One attempt of a call on a socket, with the lock held; -EAGAIN: it would have to wait. */
typedef int32_t pkt_attempt(uint32_t socket, void *call);

/* Make a call that may wait: takes the lock, tries, waits as the socket's mode, `flags` (MSG_*) and its time-out for
 * `events` (PKTSOCK_POLLIN or PKTSOCK_POLLOUT, and PKTSOCK_POLLERR if the attempt reports a pending error) say, and tries again. Returns what the
 * last attempt did, or -EBADF. */
int32_t pkt_try(int fd, int flags, int events, pkt_attempt *attempt, void *call);

/* Wake the tasks whose sockets got something; all tasks (a trap, the end); those that wait for a descriptor that was closed.
 * With the lock held. */
void pkt_wake_ready(void);
void pkt_wake_all(void);
void pkt_wake_closed(int fd);

/* Release the lock after a call into the module: what it did may end the waits of others. */
static inline void pkt_unlock(void) {
  if (pkt_component.waiters != NULL)
    pkt_wake_ready();
  pkt_os_unlock();
}

/* Slow work of the drivers (link changes); with the lock held. */
void pkt_service_drivers(void);

/* poll(2) until `deadline` (0: look once; UINT64_MAX: for ever); `unasked`: the events that are told though nobody asked
 * for them. How many entries have some, or -ENOMEM when a descriptor has PKTSOCK_NPOLLWAITERS pollers. */
int32_t pkt_poll(struct pktsock_pollfd *fds, unsigned long count, int unasked, uint64_t deadline);

/* A call has put frames into TX: without write buffers it returns when the drivers have taken them. Without the lock. */
#if PKTSOCK_WRITE_BUFFERS
static inline void pkt_sent(void) {}
#else
void pkt_sent(void);
#endif

/* The module's receiveFrom(). Its own flag is none for a caller. */
int32_t pkt_receive_from(uint32_t socket, size_t len, int flags, bool described);

#endif
