/* pktsock: AF_PACKET sockets as a component. This header declares all that a firmware has to call.
 *
 * Unless a comment says otherwise, each call behaves as the Linux call of the same name without the prefix (packet(7),
 * socket(7), netdevice(7)). It returns a count or 0 on success, and returns -1 and sets errno on failure. Structures, flags
 * and option numbers are Linux's, under the names of pktsock/socket.h; errno numbers are the platform's. This header
 * includes no socket header of the system, so it can be used together with those of a network stack. A program written
 * for the standard names compiles against boards/posix, which maps them to these.
 *
 * Calling context: any task, never an interrupt handler. Buffers belong to the caller and may be reused after the call
 * returns. Lengths are in bytes. If the module traps, the call fails with EIO and has done nothing; a call that receives or waits
 * goes on. Sockets stay open (config.recoveries). After the last trap every call fails with EIO until the component is
 * stopped and started again: also those that were waiting. poll() reports POLLERR, close() closes, and counters can be read. */
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
struct timespec; /* <time.h> */

/* ---- The component ------------------------------------------------------------------------------------------------ */

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
   * report (`who` is the interface's name: "eth0", "link up, 100 Mbit/s full duplex"). Both strings are valid during the
   * call only. Task context, under the lock of os.h: it must not call the component. May be NULL. */
  void (*report)(const char *who, const char *sentence);

  /* Called when a link goes up or down (IFF_RUNNING changes) after pktsock_start(), for a network stack that must follow
   * the link; SIOCGIFFLAGS reports the initial state. Task context, without the lock of os.h: it may call the component. It
   * runs in a task that is in a call of the component: while a task waits in one, at most 100 ms pass between the change and
   * the call; otherwise poll() and SIOCGIFFLAGS detect the change. There is one call at a time, and the last one reports the
   * current state. May be NULL. */
  void (*link)(unsigned ifindex, bool up);

  /* Linear memory, which holds all frames: aligned to 8 bytes, in memory that the MAC's DMA reaches. NULL: the engine's heap
   * provides it. */
  void *memory;
  size_t memory_size; /* bytes, at least PKTSOCK_MEMORY_SIZE */
  /* For everything else that the engine allocates: aligned to 8 bytes. NULL: malloc(). */
  void *engine_heap;
  size_t engine_heap_size; /* bytes; PKTSOCK_ENGINE_HEAP_SIZE is enough */
  /* Compile the whole module in pktsock_start(), which fails with ENOMEM if the heap is too small for it. After that no
   * call allocates from the engine's heap or compiles, and PKTSOCK_CODE_PAGES has no effect.
   *
   * Stack on a Cortex-M3, for the component and everything that it calls: 2304 bytes for pktsock_start() and for a call that
   * compiles (the first of its kind), 768 bytes for any other call. */
  bool precompile;

  /* Capacities: pktsock/config.h documents the meaning and range of each. The build sets them as CONFIG_NET_PKT_..., or
   * under the prefix that the headers were generated with. */
  uint32_t prealloc_conns, alloc_conns, max_conns;
  uint32_t frames, frame_size, frame_align, tx_frames, rx_reserve, stack_reserve, queue_frames, heap_size;

  /* The rounds of loops after which a call into the module ends with a trap, so that a faulty module cannot keep the lock for
   * ever: it is counted by engines that count (`make bounds`). 0: more than any call needs with these capacities. */
  uint32_t budget;

  /* What happens when the module has trapped. It is started again, and the sockets stay open, up to `recoveries` times in a
   * minute (0: never); after the next trap every call fails with EIO, and pktsock_error() has the reason. `recover`, if it is
   * not NULL, decides instead: `reason` is a sentence, `recent` how often the module was started again in the last minute; it
   * returns true to start it again. Task context, under the lock of os.h: it must not call the component. */
  uint32_t recoveries;
  bool (*recover)(const char *reason, uint32_t recent);
};

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
    .recoveries = PKTSOCK_RECOVERIES, .recover = NULL,                                                                 \
  }

/* The first descriptor. The component reserves PKT_MAX_DESCRIPTORS (64) numbers from it on, independent of the capacities.
 * The default leaves 0 to 2 to the C library. If it collides with other descriptors, define another for the whole build:
 * -DPKTSOCK_FIRST_DESCRIPTOR=n. For select() the numbers in use must be less than FD_SETSIZE, which may be 64.
 *
 * lwIP numbers its sockets from LWIP_SOCKET_OFFSET on, MEMP_NUM_NETCONN of them: 0 to 3 by its defaults. Set
 * PKTSOCK_FIRST_DESCRIPTOR to the sum of the two or more, or LWIP_SOCKET_OFFSET to PKTSOCK_FIRST_DESCRIPTOR + 64 or more. */
#ifndef PKTSOCK_FIRST_DESCRIPTOR
#define PKTSOCK_FIRST_DESCRIPTOR 3
#endif

/* True if the `count` descriptors from `first` on do not overlap the component's; a constant expression. Write once, in a
 * file that also includes <lwip/sockets.h>:
 *   static_assert(PKTSOCK_APART(LWIP_SOCKET_OFFSET, MEMP_NUM_NETCONN), "descriptors overlap"); */
#define PKTSOCK_APART(first, count)                                                                                    \
  ((first) + (count) <= PKTSOCK_FIRST_DESCRIPTOR || (first) >= PKTSOCK_FIRST_DESCRIPTOR + (int)PKT_MAX_DESCRIPTORS)

/* Load the module, add the interfaces, start the drivers and bring the interfaces up. Call it once, after the clock and the
 * lock of os.h work; again only after pktsock_stop(). `config` may be freed after the call. Returns 0, or -1 and errno:
 * ENOEXEC (not a pktsock module, of another ABI version, or not all i32), ENOMEM, EINVAL (a capacity is out of range, too many MACs, or
 * misaligned memory), EALREADY (already started), or the error of a driver's start(). pktsock_error() then returns the
 * reason. */
int pktsock_start(const struct pktsock_config *config);

/* Stop the drivers and free everything. All descriptors become invalid; waiting calls fail with EBADF. Lent frames must no
 * longer be used. */
void pktsock_stop(void);

/* The reason why pktsock_start() failed or the module last trapped, also if it was started again: a sentence that stays valid, or NULL if neither
 * happened. */
const char *pktsock_error(void);

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
  uint32_t
      lost_sockets; /* that could not be opened again (CONFIG_NET_PKT_JOURNAL_SIZE): their calls fail with EIO until close() */
};

/* Returns 0, or -1 and errno: ENODEV (no such interface), EFAULT. */
int pktsock_counters(unsigned ifindex, struct pktsock_counters *counters);

/* Counters of a socket since it was opened, in frames; 32 bits, wrapping. PACKET_STATISTICS reports the same frames, but
 * counted from its previous call, and with all drops in one number. */
struct pktsock_socket_counters {
  uint32_t packets;    /* entered its queue */
  uint32_t queue_full; /* dropped: its queue was full */
  uint32_t pool_empty; /* dropped: sockets held their whole share of the frames */
  uint32_t filtered;   /* refused by its filter */
  uint32_t
      interpreted; /* its filter was interpreted: it has no short form, or CONFIG_NET_PKT_HEAP_SIZE no room for it */
};

/* An option of SOL_PACKET, int. While it is not 0, SO_ATTACH_FILTER fails with ENOBUFS, and the old filter stays, if the new
 * one would be interpreted. */
#define PKTSOCK_TRANSLATED_FILTER 0x100

/* Returns 0, or -1 and errno: EBADF, EFAULT. */
int pktsock_socket_counters(int fd, struct pktsock_socket_counters *counters);

/* The largest number of bytes, from the start of config.engine_heap, that has been in use; 0 if there is no such heap. */
size_t pktsock_engine_heap_used(void);

/* Bytes of linear memory; 0 while the component is stopped. */
size_t pktsock_memory_size(void);

/* ---- Zero copy ---------------------------------------------------------------------------------------------------- */

/* A frame in the driver's memory, lent to the application until it is released or submitted. A frame that is never returned
 * cannot starve other sockets. Lent frames cannot be reclaimed, so each share (the frames that sockets may hold, and
 * CONFIG_NET_PKT_TX_FRAMES) always keeps one unlent; lending therefore needs a share of at least two. One socket may borrow
 * up to CONFIG_NET_PKT_QUEUE_FRAMES. close() takes back the frames that the descriptor was lent. */
struct pktsock_frame {
  uint8_t *
      data; /* starts with the link-layer header, in network order; valid while the frame is lent, until the module traps */
  size_t len;      /* received: bytes without FCS; to send: bytes that may be written */
  uint32_t handle; /* identifies the frame; do not change it */
  bool shared;     /* others hold the same bytes, which are read-only then */
};

/* Flag of pktsock_peek(). */
#define PKTSOCK_EXCLUSIVE 0x20000000

/* Lend the oldest received frame in place. `data` starts with the link-layer header, for SOCK_DGRAM too. Other sockets, the
 * network stack or a driver that still sends the frame may hold the same bytes: if `frame->shared` is true, the frame is
 * read-only. The call sets it; a frame that is not shared stays unshared until it is released, and may be written. Waits
 * like recv(). `flags`: MSG_DONTWAIT, and PKTSOCK_EXCLUSIVE, which lends only a frame that is not shared.
 * Returns 0, or -1 and errno: EAGAIN, EBADF, ENETDOWN, ENOBUFS (too many frames are lent, or with PKTSOCK_EXCLUSIVE the frame
 * is shared: it stays in the queue, and recv() copies it), EFAULT, EINVAL (another flag). */
int pktsock_peek(int fd, struct pktsock_frame *frame, int flags);

/* Lend an empty frame, to be written in place from its link-layer header on. The socket must be bound to an interface. Waits
 * like send(). `flags`: MSG_DONTWAIT. Returns 0, or -1 and errno: EAGAIN, EBADF, ENXIO (not bound to an interface), ENETDOWN,
 * ENOBUFS (too many frames are lent, or held by slow taps), EFAULT, EINVAL (another flag). */
int pktsock_reserve(int fd, struct pktsock_frame *frame, int flags);

/* Send a lent frame without copying: a reserved one that was written, or a received one. `frame->len` is the number of bytes
 * to send, without FCS. Returns `len`, and the frame belongs to the component again. Never waits for room. On failure the
 * frame stays lent, and the call returns -1 and errno: EINVAL (not lent to this socket, lent before the module trapped, of another interface, or shorter than
 * the header), EMSGSIZE (longer than the MTU allows, or the frame padded to ETH_ZLEN does not fit its buffer), EBUSY
 * (received, and another socket still holds it), EBADF, ENXIO (not bound to an interface), ENETDOWN, EFAULT. */
ptrdiff_t pktsock_submit(int fd, const struct pktsock_frame *frame);

/* Return a lent frame unsent. Returns 0, or -1 and errno: EINVAL (not lent to this socket, lent before the module trapped, or already returned), EBADF,
 * EFAULT. */
int pktsock_release(int fd, const struct pktsock_frame *frame);

/* Open the network stack's descriptor on an interface. It receives every frame, after all packet sockets. While it is open,
 * two thirds of the frames that sockets share, and at least CONFIG_NET_PKT_STACK_RESERVE, are reserved for it, so that slow
 * packet sockets leave it those. Choose CONFIG_NET_PKT_FRAMES so that this share holds the stack's receive window (TCP_WND)
 * and the acknowledgements that come meanwhile; a burst that exceeds it loses frames. Use it with the calls above and with recv(), send(), poll() and close(). Packet sockets see
 * what it sends as PACKET_OUTGOING. Returns the descriptor, or -1 and errno: ENODEV, ENOBUFS (no free descriptor, or so many
 * frames are lent that sockets would have none left beside its share), EBUSY (the interface already has one). */
int pktsock_stack(unsigned ifindex);

/* Set the function that returns the network stack's IPv4 address, netmask or broadcast address, in network order, or 0 for
 * none (the ioctl then fails with EADDRNOTAVAIL). `request` is SIOCGIFADDR (also for SIOCGIFCONF and SIOCGIFDSTADDR), SIOCGIFNETMASK or
 * SIOCGIFBRDADDR. It is called in task context under the lock of os.h and must not call the component. NULL, the initial
 * value: no addresses. */
void pktsock_stack_address(uint32_t (*address)(unsigned ifindex, unsigned long request));

/* ---- The MAC's clock ---------------------------------------------------------------------------------------------- */

/* The clock of an interface's MAC (IEEE 1588), by which the hardware stamps frames: what clock_gettime(2), clock_settime(2) and
 * clock_adjtime(2) do to the PTP clock of an interface on Linux. Times are seconds since 1970, at most 2^32 - 1, and
 * nanoseconds. The clock begins with pkt_os_time() of os.h in pktsock_start(), and then runs freely. If the driver must restart
 * the MAC, which pktsock_counters() counts as mac_restarts, the rate stays, and the time is off by about what the two clocks
 * drift apart in a tenth of a second.
 *
 * Each returns 0, or -1 and errno: ENODEV (no such interface), EOPNOTSUPP (its MAC has no clock: docs/boards.md), EIO (the MAC
 * does not run or does not answer), EFAULT. */
int pktsock_clock_gettime(unsigned ifindex, struct timespec *time);
/* Fails with EINVAL too: not a time of the clock. */
int pktsock_clock_settime(unsigned ifindex, const struct timespec *time);
/* Add `ns` nanoseconds to the time, at once (ADJ_SETOFFSET). Fails with EINVAL too: the sum is not a time of the clock. */
int pktsock_clock_step(unsigned ifindex, int64_t ns);
/* Run faster by `ppb` parts per billion, slower if negative, in place of an earlier rate (ADJ_FREQUENCY). Fails with ERANGE too:
 * more than the clock can. */
int pktsock_clock_adjust(unsigned ifindex, int32_t ppb);

/* ---- The standard calls ------------------------------------------------------------------------------------------- */

/* Returns a descriptor from PKTSOCK_FIRST_DESCRIPTOR on. `type`: SOCK_RAW or SOCK_DGRAM, with SOCK_NONBLOCK and SOCK_CLOEXEC;
 * `protocol` is in network order. Fails with EAFNOSUPPORT (not AF_PACKET), ESOCKTNOSUPPORT or EINVAL (another type or flag),
 * ENETDOWN (not started), ENOBUFS (CONFIG_NET_PKT_PREALLOC_CONNS, _ALLOC_CONNS and _MAX_CONNS allow no further socket, or the
 * heap has no memory for one). */
int pktsock_socket(int domain, int type, int protocol);

/* `address` is a pktsock_sockaddr_ll. bind() fails with EBADF, EINVAL, ENODEV or EFAULT. getsockname() copies at most
 * `*address_len` bytes and sets it to the length of the address; it fails with EBADF, EINVAL or EFAULT. */
int pktsock_bind(int fd, const struct pktsock_sockaddr *address, pktsock_socklen_t address_len);
int pktsock_getsockname(int fd, struct pktsock_sockaddr *address, pktsock_socklen_t *address_len);

/* Packet sockets have none of these: they fail with EOPNOTSUPP, or EBADF. */
int pktsock_getpeername(int fd, struct pktsock_sockaddr *address, pktsock_socklen_t *address_len);
int pktsock_connect(int fd, const struct pktsock_sockaddr *address, pktsock_socklen_t address_len);
int pktsock_listen(int fd, int backlog);
int pktsock_accept(int fd, struct pktsock_sockaddr *address, pktsock_socklen_t *address_len);
int pktsock_shutdown(int fd, int how);

/* Each sends one frame (or for SOCK_DGRAM one payload) without FCS and returns its length. They wait for room unless the socket
 * or `flags` (MSG_DONTWAIT) forbid it, at most SO_SNDTIMEO. They fail with EAGAIN, EBADF, EINVAL, EFAULT, EMSGSIZE, ENXIO (no
 * such interface) or ENETDOWN. */
ptrdiff_t pktsock_send(int fd, const void *buffer, size_t len, int flags);
ptrdiff_t pktsock_sendto(int fd, const void *buffer, size_t len, int flags, const struct pktsock_sockaddr *address,
                         pktsock_socklen_t address_len);
ptrdiff_t pktsock_sendmsg(int fd, const struct pktsock_msghdr *message, int flags);

/* Each takes one frame (for SOCK_DGRAM without the link-layer header) and returns the number of bytes copied, or with MSG_TRUNC
 * in `flags` the frame's length. The rest of a longer frame is discarded. `flags`: MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC.
 * `address` may be NULL; otherwise `*address_len` is its room, and then the length of the sender's address. They wait for a
 * frame, at most SO_RCVTIMEO. They fail with EAGAIN, EBADF, EINVAL, EFAULT, ENETDOWN, and recvmsg() with EMSGSIZE (more than
 * 1024 buffers). */
ptrdiff_t pktsock_recv(int fd, void *buffer, size_t len, int flags);
ptrdiff_t pktsock_recvfrom(int fd, void *buffer, size_t len, int flags, struct pktsock_sockaddr *address,
                           pktsock_socklen_t *address_len);
ptrdiff_t pktsock_recvmsg(int fd, struct pktsock_msghdr *message, int flags);

/* docs/coverage.md lists the options. They fail with EBADF, EINVAL, EFAULT, ENOPROTOOPT (no such option), EDOM (a time-out's
 * microseconds are out of range), ENODEV, ENOBUFS, ENOMEM (a filter), EPERM (the filter is locked) or ENOENT (no filter). */
int pktsock_setsockopt(int fd, int level, int name, const void *value, pktsock_socklen_t len);
int pktsock_getsockopt(int fd, int level, int name, void *value, pktsock_socklen_t *len);

/* Descriptors outside the component's range are passed on to the system (os.h), but readv() and writev() fail with EBADF. read()
 * and readv() act as recv(), write() and writev() as send(). fcntl() supports F_GETFL and F_SETFL (O_NONBLOCK) and fails with
 * EINVAL for others; ioctl() fails with ENOTTY for an unknown request, with ENODEV for an unknown interface, and with
 * EOPNOTSUPP for a request that Linux has and the component does not carry out. */
int pktsock_close(int fd);
ptrdiff_t pktsock_read(int fd, void *buffer, size_t len);
ptrdiff_t pktsock_write(int fd, const void *buffer, size_t len);
ptrdiff_t pktsock_readv(int fd, const struct pktsock_iovec *vector, int count);
ptrdiff_t pktsock_writev(int fd, const struct pktsock_iovec *vector, int count);
int pktsock_fcntl(int fd, int command, ...);
int pktsock_ioctl(int fd, unsigned long request, ...);

/* Waits at most `timeout_ms` milliseconds (negative: for ever) and returns the number of entries with events. Descriptors that
 * are not packet sockets get POLLNVAL. Fails with EFAULT, or with ENOMEM if CONFIG_NET_PKT_NPOLLWAITERS tasks already wait
 * for one of the descriptors. pktsock/select.h declares pktsock_select(). */
int pktsock_poll(struct pktsock_pollfd *fds, unsigned long count, int timeout_ms);

/* if_nametoindex() returns 0 and sets errno to ENODEV or EFAULT on failure. if_indextoname() writes to `name`, which has room
 * for PKTSOCK_IFNAMSIZ bytes, and returns it, or NULL and ENXIO. if_nameindex() returns a list from malloc(), which the caller
 * frees with if_freenameindex(), or NULL and ENOBUFS. */
unsigned int pktsock_if_nametoindex(const char *name);
char *pktsock_if_indextoname(unsigned int index, char *name);
struct pktsock_if_nameindex *pktsock_if_nameindex(void);
void pktsock_if_freenameindex(struct pktsock_if_nameindex *list);

/* Lists the interfaces, each with its link-layer address (pktsock_sockaddr_ll), and then the IPv4 addresses that the network
 * stack reports (pktsock_stack_address()). Returns 0 and a list from malloc(), which the caller frees with freeifaddrs(); or
 * -1 and errno: EFAULT, ENOMEM. Any task. */
int pktsock_getifaddrs(struct pktsock_ifaddrs **list);
void pktsock_freeifaddrs(struct pktsock_ifaddrs *list);

/* ---- Addresses as text -------------------------------------------------------------------------------------------- */

/* Six hexadecimal numbers with colons between them. aton returns `address`, or NULL if the text is no address; ntoa returns the
 * text, which has at most 17 characters and a NUL, without leading zeros, as glibc's. The functions without `_r` return memory
 * of their own, which their next call overwrites. Any task; these two not from several tasks at a time. */
struct pktsock_ether_addr *pktsock_ether_aton(const char *text);
struct pktsock_ether_addr *pktsock_ether_aton_r(const char *text, struct pktsock_ether_addr *address);
char *pktsock_ether_ntoa(const struct pktsock_ether_addr *address);
char *pktsock_ether_ntoa_r(const struct pktsock_ether_addr *address, char *text);

/* Four decimal numbers with dots between them. ntoa returns memory of its own, as above. aton returns 1, or 0 if the text is no
 * address; it knows this form only. */
char *pktsock_inet_ntoa(struct pktsock_in_addr address);
int pktsock_inet_aton(const char *text, struct pktsock_in_addr *address);

#ifdef __cplusplus
}
#endif

#endif
