/* pktsock: AF_PACKET sockets as a component. This header declares all that a firmware has to call.
 *
 * Unless a comment says otherwise, each call behaves as the Linux call of the same name without the prefix (packet(7),
 * socket(7), netdevice(7)). It returns a count or 0 on success, and returns -1 and sets errno on failure. Structures,
 * flags and option numbers are Linux's, under the names of pktsock/socket.h; errno numbers are the platform's. This
 * header includes no socket header of the system, so it can be used together with those of a network stack. A program
 * written for the standard names compiles against boards/posix, which maps them to these.
 *
 * Buffers belong to the caller and may be reused after the call returns. Lengths are in bytes. If the module traps, the
 * call fails with EIO and has done nothing; a call that receives or waits goes on. Sockets stay open
 * (config.recoveries). After the last trap every call fails with EIO until the component is stopped and started again:
 * also those that were waiting. poll() reports POLLERR, close() closes, and counters can be read.
 *
 * Errors: EIO (the module has trapped).
 * Context: any task, never an interrupt handler.
 * Source: this component's own; Linux has no such call. */
#ifndef PKTSOCK_H
#define PKTSOCK_H

#include <pktsock/abi.h>
#include <pktsock/config.h>
#include <pktsock/socket.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pkt_mac;
struct pktsock_module;
struct timespec; /* <time.h> */

/* ---- The component ----------------------------------------------------------------------------------------------- */

/* The configuration. Start from PKTSOCK_CONFIG and set the first four fields.
 *
 * The memory fields are for a firmware without malloc(); pktsock/memory.h has the sizes. The component owns that memory
 * until pktsock_stop(). */
struct pktsock_config {
  const uint8_t *wasm;         /* the module; must stay valid and unchanged until pktsock_stop() */
  size_t wasm_size;            /* bytes */
  struct pkt_mac *const *macs; /* the MACs, which must stay valid until pktsock_stop(); macs[0] becomes "eth0", ... */
  unsigned mac_count;

  /* Called with a sentence for the user when the module traps (`who` is "pktsock") and when a driver has something to
   * report (`who` is the interface's name: "eth0", "link up, 100 Mbit/s full duplex"). Both strings are valid during
   * the call only. Task context, under the lock of os.h: it must not call the component. May be NULL. */
  void (*report)(const char *who, const char *sentence);

  /* Called when a link goes up or down (IFF_RUNNING changes) after pktsock_start(), for a network stack that must
   * follow the link; SIOCGIFFLAGS reports the initial state. Task context, without the lock of os.h: it may call the
   * component. It runs in a task that is in a call of the component: while a task waits in one, at most 100 ms pass
   * between the change and the call; otherwise poll() and SIOCGIFFLAGS detect the change. There is one call at a time,
   * and the last one reports the current state. May be NULL. */
  void (*link)(unsigned ifindex, bool up);

  /* Linear memory, which holds all frames: aligned to 8 bytes, in memory that the MAC's DMA reaches. NULL: the engine's
   * heap provides it. */
  void *memory;
  size_t memory_size; /* bytes, at least PKTSOCK_MEMORY_SIZE */
  /* For everything else that the engine allocates: aligned to 8 bytes. NULL: malloc(). */
  void *engine_heap;
  size_t engine_heap_size; /* bytes; PKTSOCK_ENGINE_HEAP_SIZE is enough */
  /* Compile the whole module in pktsock_start(), which fails with ENOMEM if the heap is too small for it. After that no
   * call allocates from the engine's heap or compiles, and PKTSOCK_CODE_PAGES has no effect.
   *
   * Stack on a Cortex-M3, for the component and everything that it calls: 2304 bytes for pktsock_start() and for a call
   * that compiles (the first of its kind), 768 bytes for any other call. */
  bool precompile;

  /* Capacities: pktsock/config.h documents the meaning and range of each. The build sets them as CONFIG_NET_PKT_..., or
   * under the prefix that the headers were generated with. */
  uint32_t prealloc_conns, alloc_conns, max_conns;
  uint32_t frames, frame_size, frame_align, tx_frames, rx_reserve, stack_reserve, queue_frames, heap_size;

  /* The rounds of loops after which a call into the module ends with a trap, so that a faulty module cannot keep the
   * lock for ever: it is counted by engines that count (`make bounds`). 0: more than any call needs with these
   * capacities. */
  uint32_t budget;

  /* What happens when the module has trapped. It is started again, and the sockets stay open, up to `recoveries` times
   * in the minute that begins with the first of them (0: never); after the next trap every call fails with EIO, and
   * pktsock_error() has the reason. `recover`, if it is not NULL, decides instead: `reason` is a sentence, `recent` how
   * often the module was started again in that minute; it returns true to start it again. Task context, under the lock
   * of os.h: it must not call the component. A driver that does not start again ends it, too, and is reported. */
  uint32_t recoveries;
  bool (*recover)(const char *reason, uint32_t recent);

  /* For pktsock_swap(). `version`: the sequence number of `wasm`. `verify` decides who may swap: it returns NULL and
   * fills *module, or returns a sentence that says why the file is refused; NULL denies every swap. Task context,
   * without the lock of os.h. A module that was swapped in is proven after `trial_calls` calls into it and `trial_ms`
   * milliseconds. */
  uint32_t version;
  const char *(*verify)(const uint8_t *file, size_t size, struct pktsock_module *module);
  uint32_t trial_calls, trial_ms;
  /* For what the engine allocates for a module that is swapped in, as `engine_heap`: two modules are loaded at a time.
   * NULL: malloc(), which must then be safe to call from several tasks. */
  void *swap_heap;
  size_t swap_heap_size; /* bytes; PKTSOCK_SWAP_HEAP_SIZE is enough */
};

/* A module that may be swapped in, as config.verify finds it in a file. */
struct pktsock_module {
  const uint8_t *wasm; /* lies in the file */
  size_t wasm_size;    /* bytes */
  uint32_t version;    /* the number that was signed */
};

/* Defaults of config.trial_calls and config.trial_ms. */
#ifndef PKTSOCK_TRIAL_CALLS
#define PKTSOCK_TRIAL_CALLS 1000
#endif
#ifndef PKTSOCK_TRIAL_MS
#define PKTSOCK_TRIAL_MS 10000
#endif

/* Default of config.recoveries. */
#ifndef PKTSOCK_RECOVERIES
#define PKTSOCK_RECOVERIES 10
#endif

/* Default alignment of frame buffers, in bytes. */
#ifndef PKTSOCK_FRAME_ALIGN
#define PKTSOCK_FRAME_ALIGN 4
#endif

/* Default of config.precompile. */
#ifndef PKTSOCK_PRECOMPILE
#define PKTSOCK_PRECOMPILE 0
#endif

/* All fields in the order of the struct, which C++ requires. */
#define PKTSOCK_CONFIG                                                                                                 \
  {                                                                                                                    \
    .wasm = NULL, .wasm_size = 0, .macs = NULL, .mac_count = 0, .report = NULL, .link = NULL, .memory = NULL,          \
    .memory_size = 0, .engine_heap = NULL, .engine_heap_size = 0, .precompile = PKTSOCK_PRECOMPILE,                    \
    .prealloc_conns = PKTSOCK_PREALLOC_CONNS, .alloc_conns = PKTSOCK_ALLOC_CONNS, .max_conns = PKTSOCK_MAX_CONNS,      \
    .frames = PKTSOCK_FRAMES, .frame_size = PKTSOCK_FRAME_SIZE, .frame_align = PKTSOCK_FRAME_ALIGN,                    \
    .tx_frames = PKTSOCK_TX_FRAMES, .rx_reserve = PKTSOCK_RX_RESERVE, .stack_reserve = PKTSOCK_STACK_RESERVE,          \
    .queue_frames = PKTSOCK_QUEUE_FRAMES, .heap_size = PKTSOCK_HEAP_SIZE, .budget = 0,                                 \
    .recoveries = PKTSOCK_RECOVERIES, .recover = NULL, .version = 0, .verify = NULL,                                   \
    .trial_calls = PKTSOCK_TRIAL_CALLS, .trial_ms = PKTSOCK_TRIAL_MS, .swap_heap = NULL, .swap_heap_size = 0,          \
  }

/* The first descriptor. The component reserves PKT_MAX_DESCRIPTORS (64) numbers from it on, independent of the
 * capacities. The default leaves 0 to 2 to the C library. If it collides with other descriptors, define another for the
 * whole build: -DPKTSOCK_FIRST_DESCRIPTOR=n. For select() the numbers in use must be less than FD_SETSIZE, which may be
 * 64.
 *
 * lwIP numbers its sockets from LWIP_SOCKET_OFFSET on, MEMP_NUM_NETCONN of them: 0 to 3 by its defaults. Set
 * PKTSOCK_FIRST_DESCRIPTOR to the sum of the two or more, or LWIP_SOCKET_OFFSET to PKTSOCK_FIRST_DESCRIPTOR + 64 or
 * more. */
#ifndef PKTSOCK_FIRST_DESCRIPTOR
#define PKTSOCK_FIRST_DESCRIPTOR 3
#endif

/* True if the `count` descriptors from `first` on do not overlap the component's; a constant expression. Write once, in
 * a file that also includes <lwip/sockets.h>:
 *   static_assert(PKTSOCK_APART(LWIP_SOCKET_OFFSET, MEMP_NUM_NETCONN), "descriptors overlap"); */
#define PKTSOCK_APART(first, count)                                                                                    \
  ((first) + (count) <= PKTSOCK_FIRST_DESCRIPTOR || (first) >= PKTSOCK_FIRST_DESCRIPTOR + (int)PKT_MAX_DESCRIPTORS)

/* Load the module, add the interfaces, start the drivers and bring the interfaces up. Call it once, after the clock and
 * the lock of os.h work; again only after pktsock_stop(). `config` may be freed after the call.
 *
 * Returns: 0, or -1 and errno; pktsock_error() then returns the reason.
 * Errors: ENOEXEC (not a pktsock module, of another ABI version, or not all i32), ENOMEM, EINVAL (a capacity is out of
 * range, too many MACs, or misaligned memory), EALREADY (already started), or the error of a driver's start().
 * Context: one task, before any other task makes a call. */
int pktsock_start(const struct pktsock_config *config);

/* Stop the drivers and free everything. All descriptors become invalid; waiting calls fail with EBADF. Lent frames must
 * no longer be used. */
void pktsock_stop(void);

/* Get the reason why pktsock_start() failed, the module last trapped (also if it was started again), or pktsock_swap()
 * refused a module.
 *
 * Returns: a sentence that stays valid, or NULL if none of that happened.
 * Errors: none. */
const char *pktsock_error(void);

#if PKTSOCK_APP_SIZE > 0
/* Give time to the application that is compiled together with the module (docs/apps.md): wait for frames for it and
 * call its timers, for `timeout_ms` milliseconds, or for ever if that is negative. Its callbacks also run inside other
 * calls of the component, but only this call waits for it: one task calls it again and again.
 *
 * Returns: 0, or -1 and errno.
 * Errors: ENODEV (the module has no application), ENETDOWN (not started, or stopped). */
int pktsock_app_run(int timeout_ms);
#endif

/* Counters of an interface since it started, in frames unless stated otherwise; 32 bits, wrapping. */
struct pktsock_counters {
  uint32_t rx_frames;     /* received by the driver */
  uint32_t tx_frames;     /* given to the wire */
  uint32_t rx_no_frame;   /* dropped: the driver had no empty frame */
  uint32_t rx_pool_empty; /* dropped: sockets held their whole share of the frames */
  uint32_t rx_too_short;  /* dropped: shorter than the link-layer header */
  uint32_t rx_too_long;   /* dropped: longer than a frame buffer */
  uint32_t rx_errors;     /* dropped: CRC, overrun */
  uint32_t rx_iface_down; /* dropped: the interface was down */
  uint32_t tx_errors;     /* not sent by the hardware */
  uint32_t mac_restarts;  /* times that the driver restarted the MAC or its reception, because it had stopped */
  uint32_t ring_faults;   /* invalid ring entries from the module */
  /* Of all interfaces together: */
  uint32_t traps;       /* of the module */
  uint32_t recoveries;  /* times that it was started again */
  uint32_t lost_frames; /* that sockets or drivers held, or that were lent, when it was started again */
  /* That could not be opened again (CONFIG_NET_PKT_JOURNAL_SIZE): their calls fail with EIO until close(). */
  uint32_t lost_sockets;
};

/* Read the counters of an interface.
 *
 * Returns: 0, or -1 and errno.
 * Errors: ENODEV (no such interface), EFAULT. */
int pktsock_counters(unsigned ifindex, struct pktsock_counters *counters);

/* Counters of a socket since it was opened, in frames; 32 bits, wrapping. PACKET_STATISTICS reports the same frames,
 * but counted from its previous call, and with all drops in one number. The last two are the present state. */
struct pktsock_socket_counters {
  uint32_t packets;    /* entered its queue */
  uint32_t queue_full; /* dropped: its queue was full */
  uint32_t pool_empty; /* dropped: sockets held their whole share of the frames */
  uint32_t filtered;   /* refused by its filter */
  /* Its filter was interpreted: it has no short form, or CONFIG_NET_PKT_HEAP_SIZE no room for it. */
  uint32_t interpreted;
  uint32_t queued; /* now in its queue */
  uint32_t filter; /* instructions of its filter; 0: none */
};

/* An option of SOL_PACKET, int. While it is not 0, SO_ATTACH_FILTER fails with ENOBUFS, and the old filter stays, if
 * the new one would be interpreted. */
#define PKTSOCK_TRANSLATED_FILTER 0x100

/* Read the counters of a socket.
 *
 * Returns: 0, or -1 and errno.
 * Errors: EBADF, EFAULT. */
int pktsock_socket_counters(int fd, struct pktsock_socket_counters *counters);

/* Get the largest part of config.engine_heap that has been in use.
 *
 * Returns: bytes from its start; 0 if there is no such heap.
 * Errors: none. */
size_t pktsock_engine_heap_used(void);

/* Get the size of linear memory.
 *
 * Returns: bytes; 0 while the component is stopped.
 * Errors: none. */
size_t pktsock_memory_size(void);

/* ---- Another module (docs/swap.md) ------------------------------------------------------------------------------- */

/* Flags of pktsock_swap(): with another layout of linear memory start the module afresh, as after a trap; allow a
 * version that does not rise. */
#define PKTSOCK_SWAP_RESTART 1
#define PKTSOCK_SWAP_OLDER 2

/* Let the module in a file take the place of the one that runs, in a build with CONFIG_NET_PKT_SWAP.
 *
 * The file, `size` bytes, is verified (config.verify), and its module is loaded and compiled while other tasks make
 * calls. Then it takes over linear memory as it is: sockets, frames and their order stay, and the next call runs in it.
 * The module must be valid WebAssembly, which the component cannot check.
 *
 * The module before stays loaded until the new one is proven (config.trial_calls, config.trial_ms). If the new one
 * traps until then, exceeds the budget of a call or gives a false answer, the one before is started again in its place,
 * and the sockets are opened again. A module whose layout of linear memory differs is refused, or with
 * PKTSOCK_SWAP_RESTART started afresh: sockets stay open with their options, filters and memberships, and frames are
 * lost, as after a trap.
 *
 * The file must stay valid and unchanged while its module is loaded: until pktsock_stop(), or until pktsock_logic()
 * shows that it neither runs nor is the one to fall back to. config.verify must not call pktsock_stop(), which waits
 * for this call.
 *
 * Returns: 0; or -1 and errno, and nothing has changed. pktsock_error() then is the reason, a sentence.
 * Errors: EPERM (config.verify refuses the file or is NULL, or the version does not rise), ENOEXEC (the module cannot
 * replace the one that runs), ENOMEM, EBUSY (another swap is under way, or the module that runs is on trial), EINVAL (a
 * flag, or config.swap_heap is misaligned), EFAULT, ENETDOWN (not started), EIO (after the last trap), EOPNOTSUPP
 * (built without CONFIG_NET_PKT_SWAP). */
int pktsock_swap(const uint8_t *file, size_t size, int flags);

/* Let the module that is on trial be proven from now on: for a program that has checked it by itself.
 *
 * Returns: 0, or -1 and errno.
 * Errors: ENOENT (none is on trial), EBUSY, ENETDOWN, EIO, EOPNOTSUPP, as above. */
int pktsock_confirm(void);

/* Return to the module before: from one on trial to the one that it has replaced, from a proven one to the firmware's
 * own. That takes over as in pktsock_swap(), with PKTSOCK_SWAP_RESTART, and need not prove itself.
 *
 * Returns: 0, or -1 and errno.
 * Errors: ENOENT (the firmware's own runs), ENOEXEC, ENOMEM, EBUSY, ENETDOWN, EIO, EOPNOTSUPP, as above. */
int pktsock_fallback(void);

/* Values of pktsock_logic.state: the module is the firmware's own, or was swapped in and is on trial, or proven. */
#define PKTSOCK_LOGIC_BUILT_IN 0
#define PKTSOCK_LOGIC_TRIAL 1
#define PKTSOCK_LOGIC_PROVEN 2

/* The module that runs. */
struct pktsock_logic {
  uint32_t version;   /* its sequence number */
  uint32_t fallback;  /* the sequence number of the one that pktsock_fallback() returns to */
  uint32_t swaps;     /* times that a module was swapped in */
  uint32_t fallbacks; /* times that the one before has taken over again */
  uint32_t state;     /* PKTSOCK_LOGIC_* */
  const char *engine; /* "wasm3", "wasm3-tuned" or "aot"; stays valid */
  const char *reason; /* of the last fallback: a sentence that stays valid, or NULL */
};

/* Get what is known of the module that runs.
 *
 * Returns: 0, or -1 and errno.
 * Errors: EFAULT, ENETDOWN (not started), EOPNOTSUPP (built without CONFIG_NET_PKT_SWAP). */
int pktsock_logic(struct pktsock_logic *logic);

/* ---- Zero copy --------------------------------------------------------------------------------------------------- */

/* A frame in the driver's memory, lent to the application until it is released or submitted. A frame that is never
 * returned cannot starve other sockets. Lent frames cannot be reclaimed, so each share (the frames that sockets may
 * hold, and CONFIG_NET_PKT_TX_FRAMES) always keeps one unlent; lending therefore needs a share of at least two. One
 * socket may borrow up to CONFIG_NET_PKT_QUEUE_FRAMES. close() takes back the frames that the descriptor was lent. */
struct pktsock_frame {
  /* Starts with the link-layer header, in network order; valid while the frame is lent, until the module traps. */
  uint8_t *data;
  size_t len;      /* received: bytes without FCS; to send: bytes that may be written */
  uint32_t handle; /* identifies the frame; do not change it */
  bool shared;     /* others hold the same bytes, which are read-only then */
};

/* Flag of pktsock_peek(). */
#define PKTSOCK_EXCLUSIVE 0x20000000

/* Lend the oldest received frame in place. `data` starts with the link-layer header, for SOCK_DGRAM too. Other sockets,
 * the network stack or a driver that still sends the frame may hold the same bytes: if `frame->shared` is true, the
 * frame is read-only. The call sets it; a frame that is not shared stays unshared until it is released, and may be
 * written. Waits like recv(). `flags`: MSG_DONTWAIT, and PKTSOCK_EXCLUSIVE, which lends only a frame that is not
 * shared.
 *
 * Returns: 0, or -1 and errno.
 * Errors: EAGAIN, EBADF, ENETDOWN, ENOBUFS (too many frames are lent, or with PKTSOCK_EXCLUSIVE the frame is shared: it
 * stays in the queue, and recv() copies it), EFAULT, EINVAL (another flag), EOPNOTSUPP (built without
 * CONFIG_NET_PKT_ZEROCOPY).
 * Source: this component's own, after the peek and release of AF_XDP's rings (libxdp). */
int pktsock_peek(int fd, struct pktsock_frame *frame, int flags);

/* Lend an empty frame, to be written in place from its link-layer header on. The socket must be bound to an interface.
 * Waits like send(). `flags`: MSG_DONTWAIT.
 *
 * Returns: 0, or -1 and errno.
 * Errors: EAGAIN, EBADF, ENXIO (not bound to an interface), ENETDOWN, ENOBUFS (too many frames are lent, or held by
 * slow taps), EFAULT, EINVAL (another flag), EOPNOTSUPP, as above.
 * Source: this component's own, after the reserve and submit of AF_XDP's rings (libxdp). */
int pktsock_reserve(int fd, struct pktsock_frame *frame, int flags);

/* Send a lent frame without copying: a reserved one that was written, or a received one. `frame->len` is the number of
 * bytes to send, without FCS. Never waits for room. On failure the frame stays lent.
 *
 * Returns: `frame->len`, and the frame belongs to the component again; or -1 and errno.
 * Errors: EINVAL (not lent to this socket, lent before the module trapped, of another interface, or shorter than the
 * header), EMSGSIZE (longer than the MTU allows, or the frame padded to ETH_ZLEN does not fit its buffer), EBUSY
 * (received, and another socket still holds it), EBADF, ENXIO (not bound to an interface), ENETDOWN, EFAULT,
 * EOPNOTSUPP, as above.
 * Source: this component's own, after the reserve and submit of AF_XDP's rings (libxdp). */
ptrdiff_t pktsock_submit(int fd, const struct pktsock_frame *frame);

/* Return a lent frame unsent.
 *
 * Returns: 0, or -1 and errno.
 * Errors: EINVAL (not lent to this socket, lent before the module trapped, or already returned), EBADF, EFAULT,
 * EOPNOTSUPP, as above.
 * Source: this component's own, after the peek and release of AF_XDP's rings (libxdp). */
int pktsock_release(int fd, const struct pktsock_frame *frame);

/* ---- The network stack ------------------------------------------------------------------------------------------- */

/* Open the network stack's descriptor on an interface. It receives every frame, after all packet sockets. While it is
 * open, two thirds of the frames that sockets share, and at least CONFIG_NET_PKT_STACK_RESERVE, are reserved for it, so
 * that slow packet sockets leave it those. Choose CONFIG_NET_PKT_FRAMES so that this share holds the stack's receive
 * window (TCP_WND) and the acknowledgements that come meanwhile; a burst that exceeds it loses frames. Use it with the
 * zero-copy calls and with recv(), send(), poll() and close(). Packet sockets see what it sends as PACKET_OUTGOING.
 *
 * Returns: the descriptor, or -1 and errno.
 * Errors: ENODEV, ENOBUFS (no free descriptor, or so many frames are lent that sockets would have none left beside its
 * share), EBUSY (the interface already has one). */
int pktsock_stack(unsigned ifindex);

/* Set the function that returns the network stack's IPv4 address, netmask or broadcast address, in network order, or 0
 * for none (the ioctl then fails with EADDRNOTAVAIL). `request` is SIOCGIFADDR (also for SIOCGIFCONF and
 * SIOCGIFDSTADDR), SIOCGIFNETMASK or SIOCGIFBRDADDR. It is called in task context under the lock of os.h and must not
 * call the component. NULL, the initial value: no addresses. */
void pktsock_stack_address(uint32_t (*address)(unsigned ifindex, unsigned long request));

/* ---- The MAC's clock --------------------------------------------------------------------------------------------- */

/* The clock of an interface's MAC (IEEE 1588), by which the hardware stamps frames. Times are seconds since 1970, at
 * most 2^32 - 1, and nanoseconds. The clock begins with pkt_os_time() of os.h in pktsock_start(), and then runs freely.
 * If the driver must restart the MAC, which pktsock_counters() counts as mac_restarts, the rate stays, and the time is
 * off by about what the two clocks drift apart in a tenth of a second. */

/* Read the clock of an interface's MAC.
 *
 * Returns: 0, or -1 and errno.
 * Errors: ENODEV (no such interface), EOPNOTSUPP (its MAC has no clock: docs/boards.md), EIO (the MAC does not run or
 * does not answer), EFAULT.
 * Source: clock_gettime(2) of the interface's PTP clock. */
int pktsock_clock_gettime(unsigned ifindex, struct timespec *time);

/* Set the clock of an interface's MAC.
 *
 * Returns: 0, or -1 and errno.
 * Errors: as pktsock_clock_gettime(), and EINVAL (not a time of the clock).
 * Source: clock_settime(2) of the interface's PTP clock. */
int pktsock_clock_settime(unsigned ifindex, const struct timespec *time);

/* Add `ns` nanoseconds to the time, at once.
 *
 * Returns: 0, or -1 and errno.
 * Errors: as pktsock_clock_gettime(), and EINVAL (the sum is not a time of the clock).
 * Source: clock_adjtime(2) with ADJ_SETOFFSET of the interface's PTP clock. */
int pktsock_clock_step(unsigned ifindex, int64_t ns);

/* Run faster by `ppb` parts per billion, slower if negative, in place of an earlier rate.
 *
 * Returns: 0, or -1 and errno.
 * Errors: as pktsock_clock_gettime(), and ERANGE (more than the clock can).
 * Source: clock_adjtime(2) with ADJ_FREQUENCY of the interface's PTP clock. */
int pktsock_clock_adjust(unsigned ifindex, int32_t ppb);

/* ---- The standard calls ------------------------------------------------------------------------------------------ */

/* Open a packet socket. `type`: SOCK_RAW or SOCK_DGRAM, with SOCK_NONBLOCK and SOCK_CLOEXEC; `protocol` is in network
 * order.
 *
 * Returns: a descriptor from PKTSOCK_FIRST_DESCRIPTOR on, or -1 and errno.
 * Errors: EAFNOSUPPORT (not AF_PACKET), ESOCKTNOSUPPORT or EINVAL (another type or flag), ENETDOWN (not started),
 * ENOBUFS (CONFIG_NET_PKT_PREALLOC_CONNS, _ALLOC_CONNS and _MAX_CONNS allow no further socket, or the heap has no
 * memory for one).
 * Source: socket(2), packet(7). */
int pktsock_socket(int domain, int type, int protocol);

/* Bind a socket to an interface and a protocol. `address` is a pktsock_sockaddr_ll.
 *
 * Returns: 0, or -1 and errno.
 * Errors: EBADF, EINVAL, ENODEV, EFAULT.
 * Source: bind(2), packet(7). */
int pktsock_bind(int fd, const struct pktsock_sockaddr *address, pktsock_socklen_t address_len);

/* Get the address that a socket is bound to. Copies at most `*address_len` bytes and sets it to the length of the
 * address.
 *
 * Returns: 0, or -1 and errno.
 * Errors: EBADF, EINVAL, EFAULT.
 * Source: getsockname(2), packet(7). */
int pktsock_getsockname(int fd, struct pktsock_sockaddr *address, pktsock_socklen_t *address_len);

/* Fail, because packet sockets have neither a peer nor a connection.
 *
 * Returns: -1 and errno.
 * Errors: EOPNOTSUPP, EBADF.
 * Source: getpeername(2), connect(2), listen(2), accept(2), shutdown(2), as Linux carries them out for packet
 * sockets. */
int pktsock_getpeername(int fd, struct pktsock_sockaddr *address, pktsock_socklen_t *address_len);
int pktsock_connect(int fd, const struct pktsock_sockaddr *address, pktsock_socklen_t address_len);
int pktsock_listen(int fd, int backlog);
int pktsock_accept(int fd, struct pktsock_sockaddr *address, pktsock_socklen_t *address_len);
int pktsock_shutdown(int fd, int how);

/* Send one frame, or for SOCK_DGRAM one payload, without FCS. Each waits for room unless the socket or `flags`
 * (MSG_DONTWAIT) forbid it, at most SO_SNDTIMEO.
 *
 * Returns: the length of what was sent, or -1 and errno.
 * Errors: EAGAIN, EBADF, EINVAL, EFAULT, EMSGSIZE, ENXIO (no such interface), ENETDOWN.
 * Source: send(2), packet(7). */
ptrdiff_t pktsock_send(int fd, const void *buffer, size_t len, int flags);
ptrdiff_t pktsock_sendto(int fd, const void *buffer, size_t len, int flags, const struct pktsock_sockaddr *address,
                         pktsock_socklen_t address_len);
ptrdiff_t pktsock_sendmsg(int fd, const struct pktsock_msghdr *message, int flags);

/* Receive one frame, for SOCK_DGRAM without the link-layer header. The rest of a frame that is longer than the buffer
 * is discarded. `flags`: MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC; for recvmsg() also MSG_ERRQUEUE. `address` may be NULL;
 * otherwise `*address_len` is its room, and then the length of the sender's address. Each waits for a frame, at most
 * SO_RCVTIMEO.
 *
 * Returns: the number of bytes copied, or with MSG_TRUNC in `flags` the frame's length; or -1 and errno.
 * Errors: EAGAIN, EBADF, EINVAL, EFAULT, ENETDOWN, and recvmsg() EMSGSIZE (more than 1024 buffers).
 * Source: recv(2), packet(7). */
ptrdiff_t pktsock_recv(int fd, void *buffer, size_t len, int flags);
ptrdiff_t pktsock_recvfrom(int fd, void *buffer, size_t len, int flags, struct pktsock_sockaddr *address,
                           pktsock_socklen_t *address_len);
ptrdiff_t pktsock_recvmsg(int fd, struct pktsock_msghdr *message, int flags);

/* Set or read an option of a socket. docs/coverage.md lists the options.
 *
 * Returns: 0, or -1 and errno.
 * Errors: EBADF, EINVAL, EFAULT, ENOPROTOOPT (no such option), EDOM (a time-out's microseconds are out of range),
 * ENODEV, ENOBUFS, ENOMEM (a filter), EPERM (the filter is locked), ENOENT (no filter).
 * Source: setsockopt(2), socket(7), packet(7). */
int pktsock_setsockopt(int fd, int level, int name, const void *value, pktsock_socklen_t len);
int pktsock_getsockopt(int fd, int level, int name, void *value, pktsock_socklen_t *len);

/* Close a descriptor. Calls that wait for it in other tasks fail with EBADF. A descriptor outside the component's range
 * is passed on to the system (os.h).
 *
 * Returns: 0, or -1 and errno.
 * Errors: EBADF.
 * Source: close(2). */
int pktsock_close(int fd);

/* Receive as recv() without flags does, and send as send() does. A descriptor outside the component's range is passed
 * on to the system (os.h) by read() and write(); readv() and writev() fail with EBADF.
 *
 * Returns: the number of bytes, or -1 and errno.
 * Errors: those of pktsock_recv() and pktsock_send().
 * Source: read(2), write(2), readv(2), packet(7). */
ptrdiff_t pktsock_read(int fd, void *buffer, size_t len);
ptrdiff_t pktsock_write(int fd, const void *buffer, size_t len);
ptrdiff_t pktsock_readv(int fd, const struct pktsock_iovec *vector, int count);
ptrdiff_t pktsock_writev(int fd, const struct pktsock_iovec *vector, int count);

/* Read or set the flags of a descriptor: F_GETFL and F_SETFL (O_NONBLOCK), F_GETFD and F_SETFD. A descriptor outside
 * the component's range is passed on to the system (os.h).
 *
 * Returns: what `command` asks for, or -1 and errno.
 * Errors: EBADF, EINVAL (another command).
 * Source: fcntl(2). */
int pktsock_fcntl(int fd, int command, ...);

/* Carry out a request of a socket or an interface. A descriptor outside the component's range is passed on to the
 * system (os.h).
 *
 * Returns: 0, or -1 and errno.
 * Errors: EBADF, EFAULT, ENOTTY (unknown request), ENODEV (unknown interface), EOPNOTSUPP (a request that Linux has and
 * the component does not carry out), and those of each request: docs/coverage.md.
 * Source: ioctl(2), netdevice(7), packet(7). */
int pktsock_ioctl(int fd, unsigned long request, ...);

/* Wait until a descriptor is ready, at most `timeout_ms` milliseconds (negative: for ever). Descriptors that are not
 * packet sockets get POLLNVAL. pktsock/select.h declares pktsock_select() and pktsock_ppoll().
 *
 * Returns: the number of entries with events, 0 after the time-out, or -1 and errno.
 * Errors: EFAULT, ENOMEM (CONFIG_NET_PKT_NPOLLWAITERS tasks already wait for one of the descriptors).
 * Source: poll(2). */
int pktsock_poll(struct pktsock_pollfd *fds, unsigned long count, int timeout_ms);

/* Get the number of an interface.
 *
 * Returns: the number, from 1; or 0 and errno.
 * Errors: ENODEV (no such interface), EFAULT.
 * Source: if_nametoindex(3). */
unsigned int pktsock_if_nametoindex(const char *name);

/* Get the name of an interface: writes it to `name`, which has room for PKTSOCK_IFNAMSIZ bytes.
 *
 * Returns: `name`, or NULL and errno.
 * Errors: ENXIO (no such interface).
 * Source: if_indextoname(3). */
char *pktsock_if_indextoname(unsigned int index, char *name);

/* List the names of the interfaces. The list comes from malloc(); the caller frees it with if_freenameindex().
 *
 * Returns: the list, or NULL and errno; if_freenameindex() returns nothing.
 * Errors: ENOBUFS.
 * Source: if_nameindex(3). */
struct pktsock_if_nameindex *pktsock_if_nameindex(void);
void pktsock_if_freenameindex(struct pktsock_if_nameindex *list);

/* List the addresses of the interfaces: each with its link-layer address (pktsock_sockaddr_ll), and then the IPv4
 * addresses that the network stack reports (pktsock_stack_address()). The list comes from malloc(); the caller frees it
 * with freeifaddrs().
 *
 * Returns: 0 and the list in `*list`, or -1 and errno; freeifaddrs() returns nothing.
 * Errors: EFAULT, ENOMEM.
 * Source: getifaddrs(3). */
int pktsock_getifaddrs(struct pktsock_ifaddrs **list);
void pktsock_freeifaddrs(struct pktsock_ifaddrs *list);

/* ---- Addresses as text ------------------------------------------------------------------------------------------- */

/* Convert a link-layer address from and to text: six hexadecimal numbers with colons between them. ntoa writes at most
 * 17 characters and a NUL, without leading zeros, as glibc's.
 *
 * Returns: aton `address`, or NULL if the text is no address; ntoa the text. The functions without `_r` return memory
 * of their own, which their next call overwrites.
 * Errors: none.
 * Context: any task; those without `_r` not from several tasks at a time.
 * Source: ether_aton(3). */
struct pktsock_ether_addr *pktsock_ether_aton(const char *text);
struct pktsock_ether_addr *pktsock_ether_aton_r(const char *text, struct pktsock_ether_addr *address);
char *pktsock_ether_ntoa(const struct pktsock_ether_addr *address);
char *pktsock_ether_ntoa_r(const struct pktsock_ether_addr *address, char *text);

/* Convert an IPv4 address from and to text: four decimal numbers with dots between them. aton knows this form only.
 *
 * Returns: aton 1, or 0 if the text is no address; ntoa the text, in memory of its own, which its next call overwrites.
 * Errors: none.
 * Context: any task; ntoa not from several tasks at a time.
 * Source: inet_aton(3). */
char *pktsock_inet_ntoa(struct pktsock_in_addr address);
int pktsock_inet_aton(const char *text, struct pktsock_in_addr *address);

#ifdef __cplusplus
}
#endif

#endif
