/* What the files of this directory share: the one component, its lock discipline, and the way into the module. */
#ifndef PKT_COMPONENT_H
#define PKT_COMPONENT_H

#include "../engine/engine.h"
#include <pktsock/config.h>
#include <pktsock/layout.h>
#include <pktsock/mac.h>
#include <pktsock/os.h>
#include <pktsock/pktsock.h>

/* Descriptors start behind those that the C library has for itself. */
#ifndef PKTSOCK_FIRST_DESCRIPTOR
#define PKTSOCK_FIRST_DESCRIPTOR 3
#endif

/* All fields are guarded by the lock of os.h. */
struct pkt_component {
  struct pkt_engine engine;
  struct pkt_control *control; /* in linear memory; NULL while stopped */
  struct pkt_mac *macs[CONFIG_NET_PKT_INTERFACES];
  unsigned mac_count;
  void (*report)(const char *who, const char *sentence);
  void (*link)(unsigned ifindex, bool up);
  bool link_up[CONFIG_NET_PKT_INTERFACES]; /* as link() was last called, or as it was at first */
  bool reporting_links;                    /* a task is in link() */
  const char *error;
  bool slow_work; /* a driver has a service() or a link() */
  bool refills;   /* a driver has a refill() */

  /* The buffer of the call under way: where the module's give() and take() go on, and the vector's rest. */
  uint8_t *cursor;
  size_t room;
  const struct iovec *rest;
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

/* SIOCGIFADDR and its like, and SIOCGIFCONF: 0 or a negative errno; with the lock held. inet.c */
struct ifreq;
struct ifconf;
int32_t pkt_get_inet(const struct pkt_iface *iface, unsigned long request, struct ifreq *r);
int32_t pkt_list_inet(struct ifconf *list);

/* Negative internal errno to the platform's (positive; 0 stays 0), and to -1 with errno set. */
int pkt_errno(int32_t negative);
int pkt_fail(int32_t negative);

/* ---- Waiting ---- */

/* One blocking call: from its first try to its end. */
struct pkt_wait {
  uint32_t ticket, generation;
  uint64_t deadline;
  bool begun, blocking;
};

/* Start of each try: takes the lock and returns the socket, or 0 (closed meanwhile, or never open) with the lock held. */
uint32_t pkt_wait_enter(struct pkt_wait *wait, int fd);

/* End of each try: releases the lock. True when the call shall be tried again, after waiting. `timeout`: the two words of
 * struct pkt_socket that limit this call. */
bool pkt_wait_leave(struct pkt_wait *wait, uint32_t socket, int32_t result, int flags, size_t timeout_at);

/* Sleep until a wake-up after `ticket` or until `deadline`, looking after the drivers; without the lock. */
void pkt_wait_sleep(uint32_t ticket, uint64_t deadline);

/* Slow work of the drivers (link changes); without the lock. */
void pkt_service_drivers(void);

/* poll(2) until `deadline` (0: look once; UINT64_MAX: for ever); `unasked`: the events that are told though nobody asked
 * for them. How many entries have some, or -ENOMEM when a descriptor has CONFIG_NET_PKT_NPOLLWAITERS pollers. */
int32_t pkt_poll(struct pollfd *fds, nfds_t count, int unasked, uint64_t deadline);

/* A call has put frames into TX: without write buffers it returns when the drivers have taken them. Without the lock. */
#if CONFIG_NET_PKT_WRITE_BUFFERS
static inline void pkt_sent(void) {}
#else
void pkt_sent(void);
#endif

/* The module's receiveFrom(). Its own flag is none for a caller. */
int32_t pkt_receive_from(uint32_t socket, size_t len, int flags, bool described);

#endif
