/* Declarations that the files of this directory share: the component's state, its lock discipline, calls into the module. */
#ifndef PKT_COMPONENT_H
#define PKT_COMPONENT_H

#include "bounds.h"
#include "journal.h"
#include <pktsock/config.h>
#include <pktsock/layout.h>
#include <pktsock/mac.h>
#include <pktsock/os.h>
#include <pktsock/pktsock.h>
#include <pktsock/ring.h>

#include <errno.h>

#define PKT_UNLIKELY(condition) __builtin_expect(condition, 0)
#define PKT_INLINE static inline __attribute__((always_inline))

/* All fields are guarded by the lock of os.h. */
struct pkt_component {
  struct pkt_engine engine;
  struct pkt_control *control; /* in linear memory; NULL while stopped */
  struct pkt_mac *macs[PKTSOCK_INTERFACES];
  unsigned mac_count;
  struct pktsock_config config;     /* its pointers to memory are not used after the start */
  bool link_up[PKTSOCK_INTERFACES]; /* as last reported to link(), or the initial state */
  bool reporting_links;             /* a task is in link() */
  const char *error;
  uint32_t traps;             /* of the engine, as far as they were reported */
  bool runs;                  /* pktsock_start() has ended, and the module may be restarted */
  bool receive_trapped;       /* the last attempt to receive, which has returned -EAGAIN */
  uint64_t first_recovery;    /* of the last minute; as pkt_os_now() */
  uint32_t recent_recoveries; /* in that minute */
  uint32_t recoveries, lost_frames, lost_sockets;
  struct pkt_waiter *waiters; /* the newest one first; it watches for the drivers' news */
  unsigned senders;           /* waiters that wait for room */
  unsigned stampers;          /* waiters whose sockets may get messages with the frames that were sent */
  uint64_t service_at;        /* when drivers next do their slow work; as pkt_os_now() */
  bool slow_work;             /* a driver has a service() or a link() */
  bool refills;               /* a driver has a refill() */

  /* The buffer of the current call: where the module's give() and take() continue, and the rest of the vector. */
  uint8_t *cursor;
  size_t room;
  const struct pktsock_iovec *rest;
  int rest_count;
#if PKTSOCK_SWAP
  uint32_t trial; /* calls into a module on trial that are left; see pkt_tried() */
#endif
};

extern struct pkt_component pkt_component;

/* How often an attempt that only looks is made, if it traps each time. */
#define PKT_ATTEMPTS_MAX (PKTSOCK_RECOVER ? 16 : 1)

/* Why a module whose layout is refused is refused: see bounds.h. */
extern const char pkt_foreign_layout[];

/* The counters of struct pkt_iface, which follow each other there. */
struct pkt_iface_counters {
  uint32_t words[(PKT_IFACE_FILTER_CHANGED - PKT_IFACE_RX_FRAMES) / sizeof(uint32_t)];
};

/* Call the drivers' refill() after the module may have returned frames to FILL. With the lock held. */
void pkt_refill_macs(void);

/* call.c: call the module, with the lock held. */
int32_t pkt_call(const struct pkt_export *export, uint32_t a, uint32_t b, uint32_t c, uint32_t d);

/* What to make of an export's result that is not a number up to `most`: an errno, or a number that is not true. */
int32_t pkt_not_a_number(int32_t result, uint32_t most);

/* The same for an export that receives: after a trap that the socket may have survived there is nothing (-EAGAIN). */
int32_t pkt_not_received(int32_t result, uint32_t most);

/* recover.c: what pkt_call() does when the engine has returned -EIO. After a new trap the module is started afresh, if
 * config.recoveries or config.recover allow it: sockets and interfaces are somewhere else in linear memory then, or a
 * descriptor has no socket any more (pkt_no_socket()). Otherwise all use of the module ends: no descriptor has a socket, and
 * there are no interfaces. */
void pkt_trapped(void);

/* The same, because the module has given an answer that cannot be true. Returns -EIO. */
int32_t pkt_distrust(void);

/* Its parts: start the module afresh, which returns false if that is not possible; end all use of it. */
bool pkt_restart(void);
void pkt_end(void);

#if PKTSOCK_SWAP
/* swap.c: a module on trial has made its calls. */
void pkt_tried(void);

/* After a trap: if the module was on trial, the one before it takes its place, and must be restarted. Returns true then. */
bool pkt_take_back(void);

/* A module does not start. If another one has been asked to let it in, that takes its place again, and must be restarted. Returns
 * true then. */
bool pkt_take_back_refused(void);

/* Unload what is loaded beside the module that runs, because the component stops. */
void pkt_forget_swaps(void);
#else
static inline bool pkt_take_back(void) { return false; }
static inline bool pkt_take_back_refused(void) { return false; }
static inline void pkt_forget_swaps(void) {}
#endif

/* A call into the module was made. */
PKT_INLINE void pkt_count_call(void) {
#if PKTSOCK_SWAP
  if (PKT_UNLIKELY(--pkt_component.trial == 0))
    pkt_tried();
#endif
}

/* start.c: let the module that was loaded or restarted divide linear memory. Returns 0 or a negative errno of the platform. */
int pkt_divide_memory(const struct pktsock_config *config);

/* The same for an export whose result is a number, `most` at most, or an errno; as a part of the calls that every frame makes.
 * `otherwise`: one of the two functions above. */
PKT_INLINE int32_t pkt_call_here(int32_t otherwise(int32_t result, uint32_t most), const struct pkt_export *export,
                                 uint32_t most, uint32_t a, uint32_t b, uint32_t c) {
  int32_t result = pkt_engine_call(&pkt_component.engine, export, a, b, c, 0);
  if (PKT_UNLIKELY((uint32_t)result > most))
    result = otherwise(result, most);
  pkt_component.room = 0;
  if (pkt_component.refills)
    pkt_refill_macs();
  pkt_count_call();
  return result;
}

/* app.c, if there may be an application that is compiled together with the module. pkt_app_fits(): its state fits into what
 * the option has for it, or engine->error says that it does not. pkt_app_wakes(): it wants its timers looked at. pkt_app_start() starts it, once all interfaces are there; returns
 * 0 or a negative errno of the platform. pkt_app_adopt() lets it go on with the state of the module before; returns a negative
 * errno if it cannot. pkt_app_settle() passes on what it has done in a call into the module: what it
 * sends, and what it wants to receive. With the lock held. */
#if PKTSOCK_APP_SIZE > 0
bool pkt_app_fits(void);
int pkt_app_start(void);
int32_t pkt_app_adopt(void);
static inline void pkt_app_settle(void);
static inline bool pkt_app_wakes(void) { return pkt_component.control->app_wake != 0; }
#else
static inline bool pkt_app_wakes(void) { return false; }
static inline bool pkt_app_fits(void) { return true; }
static inline int pkt_app_start(void) { return 0; }
static inline int32_t pkt_app_adopt(void) { return 0; }
static inline void pkt_app_settle(void) {}
#endif

/* Returns true after the last trap, until the component is started again. With the lock held. */
static inline bool pkt_has_ended(void) { return pkt_component.control != NULL && pkt_component.engine.error != NULL; }

/* Set the buffer that give() and take() of the next call work on. Outside of calls there is none. */
static inline void pkt_buffer(const void *buffer, size_t len) {
  pkt_component.cursor = (uint8_t *)buffer;
  pkt_component.room = len;
}

/* A caller's length, limited to the 32 bits that the module takes: no frame is that long. */
static inline uint32_t pkt_len(size_t len) { return len < UINT32_MAX ? (uint32_t)len : UINT32_MAX; }

static inline uint8_t *pkt_exchange(void) { return pkt_component.control->exchange; }

/* Returns true if RX has frames that the module has not seen. With the lock held. */
static inline bool pkt_has_received(void) {
  for (unsigned i = 0; i < pkt_component.mac_count; i++)
    if (pkt_word_at(pkt_component.macs[i]->iface->rx) != 0)
      return true;
  return false;
}

/* The same, and asks the drivers first: for a call that does not wait. */
bool pkt_has_arrived(void);

/* Returns true if receiving on the socket would return -EAGAIN: no frame and no error. With the lock held. */
static inline bool pkt_is_quiet(uint32_t socket) {
  const struct pkt_socket *s = pkt_socket_at(socket);
  return pkt_word_at(s->head) == 0 && (s->special & PKT_SOCKET_ERROR) == 0 && !pkt_has_received();
}

/* Returns true if the descriptor is in the component's range. No lock needed. */
bool pkt_is_ours(int fd);

/* drivers.c: add the interfaces of the configuration and start their MACs, or stop them all. Returns 0 or a negative errno of
 * the platform. With the lock held. `kept`: NULL, or after a trap the counters with which each interface
 * starts again. Those that were stopped stay in `macs`, for their counters, until they are forgotten. */
int pkt_start_macs(const struct pktsock_config *config, const struct pkt_iface_counters *kept);
void pkt_stop_macs(bool for_restart);
void pkt_forget_macs(void);

/* Returns the interface with that index, or NULL. With the lock held. */
struct pkt_iface *pkt_iface_of(uint32_t index);

/* Write the NUL-padded name of the interface with that index, PKT_IFNAMSIZ bytes. */
void pkt_get_name(uint32_t index, char *name);

/* The offset of an interface in linear memory, as the module's functions take it. */
static inline uint32_t pkt_offset_of(const struct pkt_iface *iface) {
  return (uint32_t)((const uint8_t *)iface - pkt_bounds.memory);
}

/* Start sending what TX holds. Call with the lock held, after the module may have put frames into TX. */
static inline void pkt_kick(void) {
  for (unsigned i = 0; i < pkt_component.mac_count; i++) {
    struct pkt_mac *mac = pkt_component.macs[i];
    if (pkt_tx_pending(mac))
      mac->ops->transmit(mac);
  }
}

/* Pass changed address filters to the drivers. With the lock held. */
void pkt_update_filters(void);

#if PKTSOCK_APP_SIZE > 0
static inline void pkt_app_settle(void) {
  pkt_kick();
  pkt_update_filters();
}
#endif

/* Copy an interface's name, NUL-padded, to the exchange area; returns false if it is not a valid name. With the lock held. */
bool pkt_put_name(const char *name);

/* options.c: setsockopt(), without the journal. With the lock held. */
int32_t pkt_set_option(uint32_t socket, int level, int name, const void *value, pktsock_socklen_t len);

/* hwstamps.c: PKTSOCK_SIOCSHWTSTAMP, PKTSOCK_SIOCGHWTSTAMP and PKTSOCK_SIOCETHTOOL, about an interface that exists. Returns 0 or
 * a negative errno. pkt_stamp_again() turns on again what was on when the MACs stopped; pkt_forget_hw_stamps(): nothing is. With
 * the lock held. */
int32_t pkt_hw_stamps(uint32_t index, unsigned long request, void *data);
void pkt_stamp_again(void);
void pkt_forget_hw_stamps(void);

/* inet.c: SIOCGIFADDR and related requests, and SIOCGIFCONF. Return 0 or a negative errno. With the lock held. */
int32_t pkt_get_inet(uint32_t index, unsigned long request, struct pktsock_ifreq *r);
int32_t pkt_list_inet(struct pktsock_ifconf *list);

/* pkt_errno() converts a negative internal errno to the platform's positive one (0 stays 0); pkt_fail() sets errno to that
 * and returns -1. */
int pkt_errno(int32_t negative);
int pkt_fail(int32_t negative);

/* ---- Waiting ---- */

enum { PKT_TRAPPED = 1, PKT_CLOSED };

/* Describes what a task waits for; it lies on the task's stack. Set `fds`, `count` and all other fields that are not 0. */
struct pkt_waiter {
  const struct pktsock_pollfd *fds; /* the descriptors, each with the `events` to wait for */
  unsigned long count;
  short events;                    /* events to wait for on all of them */
  bool drains;                     /* waits until the drivers have taken what is to be sent; no descriptors */
  bool runs_app;                   /* waits until the application wants its timers looked at; no descriptors */
  uint32_t full;                   /* the interface that must have room; 0: the one that the socket is bound to */
  const struct pkt_socket *socket; /* the socket of a single descriptor, a faster path, or NULL */

  /* Used by wait.c only. */
  bool linked, sends, stamps, woken;
  uint8_t lost;  /* what has happened to its sockets: PKT_CLOSED, or PKT_TRAPPED, or 0 */
  uint8_t hasty; /* how often in succession it was ready without sleeping */
  struct pkt_os_task *task;
  struct pkt_waiter *next;
};

/* Sleep until an event of the waiter may have happened (returns true), or until `deadline` (returns false). With the lock
 * held, which is released meanwhile. The waiter stays linked, so that no event is lost between two calls: end with
 * pkt_wait_end(). */
bool pkt_wait(struct pkt_waiter *waiter, uint64_t deadline);
void pkt_wait_end(struct pkt_waiter *waiter);

/* One attempt of a call on a socket, with the lock held. Returns -EAGAIN if it would have to wait. */
typedef int32_t pkt_attempt(uint32_t socket, void *call);

/* Wake the tasks whose sockets became ready; all tasks (after a trap or pktsock_stop()); the tasks that wait for a descriptor
 * that was closed. With the lock held. */
void pkt_wake_ready(void);
void pkt_wake_all(void);
void pkt_wake_closed(int fd);

/* Release the lock after a call into the module, which may have ended the waits of other tasks. */
static inline void pkt_unlock(void) {
  pkt_app_settle();
  if (PKT_UNLIKELY(pkt_component.waiters != NULL))
    pkt_wake_ready();
  pkt_os_unlock();
}

/* The rest of pkt_try() once an attempt has returned -EAGAIN. */
int32_t pkt_try_again(int fd, int flags, int events, pkt_attempt *attempt, void *call);

/* Make a call that may wait: take the lock, try, wait for `events`, and try again. `events`: POLLIN or POLLOUT, and POLLERR
 * if the attempt reports a pending error. The socket's mode, its time-out and `flags` (MSG_*) limit the wait. With POLLIN, the
 * attempt is not made while the socket has nothing. Returns the result of the last attempt, or pkt_no_socket(). */
PKT_INLINE int32_t pkt_try(int fd, int flags, int events, pkt_attempt *attempt, void *call) {
  pkt_os_lock();
  uint32_t socket = pkt_socket_of(fd);
  int32_t n;
  if (PKT_UNLIKELY(socket == 0)) {
    n = pkt_no_socket(fd);
  } else {
    bool quiet = (events & PKTSOCK_POLLIN) != 0 && (flags & ~PKTSOCK_MSG_DONTWAIT) == 0 && pkt_is_quiet(socket);
    n = quiet ? -PKT_EAGAIN : attempt(socket, call);
    if (n == -PKT_EAGAIN)
      n = pkt_try_again(fd, flags, events, attempt, call);
  }
  pkt_unlock();
  return n;
}

/* Slow work of the drivers (link changes); with the lock held. */
void pkt_service_drivers(void);

/* poll(2) until `deadline` (0: check once; UINT64_MAX: for ever). `unasked`: the events that are always reported. Returns the
 * number of entries with events, or -ENOMEM if a descriptor already has PKTSOCK_NPOLLWAITERS pollers. */
int32_t pkt_poll(struct pktsock_pollfd *fds, unsigned long count, int unasked, uint64_t deadline);

/* Called when a call has put frames into TX. Without write buffers it waits until the drivers have taken them. Without the
 * lock. */
#if PKTSOCK_WRITE_BUFFERS
static inline void pkt_sent(void) {}
#else
void pkt_sent(void);
#endif

/* Copy a caller's address to the exchange area, at most PKT_SLL_BYTES of it; returns its length. Copy the `there` bytes of
 * the address in the exchange area to the caller, at most `*len`, and set *len to `there`. With the lock held. */
uint32_t pkt_put_address(const void *address, pktsock_socklen_t len);
void pkt_get_address(void *address, pktsock_socklen_t *len, pktsock_socklen_t there);

/* The module's receiveFrom(). Refuses the module's internal flag from a caller. */
int32_t pkt_receive_from(uint32_t socket, size_t len, int flags, bool described);

#endif
