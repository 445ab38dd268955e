/* pktsock: AF_PACKET sockets as a component. This is all that a firmware build needs to call.
 *
 * The calls below do what their namesakes without the prefix do on Linux (packet(7), socket(7), netdevice(7)): on success
 * a count or 0, on failure -1 and errno. Structures, flags and option numbers are Linux's, under the names of
 * pktsock/socket.h; errno numbers are the platform's. This header includes no socket header of the system, so it can
 * stand beside those of a network stack. A program written for the standard names compiles against boards/posix, which
 * makes them out of these.
 *
 * Calling context: any task, never an interrupt handler. Buffers stay the caller's and are free again on return. */
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

/* ---- The component ------------------------------------------------------------------------------------------------ */

/* What the component is made of. Start from PKTSOCK_CONFIG, set the first four fields. */
struct pktsock_config {
  const uint8_t *wasm; /* the module's bytes; must stay where they are */
  size_t wasm_size;
  struct pkt_mac *const *macs; /* the drivers; macs[0] becomes "eth0" and so on */
  unsigned mac_count;

  /* Called with a sentence for the user: when the module traps (`who` is "pktsock") and when a driver has something to
   * report (`who` is the interface's name: "eth0", "link up, 100 Mbit/s full duplex"). Task context, under the lock of
   * os.h: it must not call the component. May be NULL. */
  void (*report)(const char *who, const char *sentence);

  /* Called when a link goes up or down (IFF_RUNNING changes) after pktsock_start(); SIOCGIFFLAGS has the state at first.
   * Made for a network stack that must follow the link. Task context, without the lock of os.h: it may call the component.
   * The task that calls it is in a call of the component: while one waits there, at most a tenth of a second passes between
   * change and call; else poll() and SIOCGIFFLAGS find the change. There is one call at a time, and the last one reports the
   * present state. May be NULL. */
  void (*link)(unsigned ifindex, bool up);

  /* Capacities: pktsock/config.h says what each means and its range. The build sets them as CONFIG_NET_PKT_..., or
   * under the prefix that the headers were generated with. */
  uint32_t prealloc_conns, alloc_conns, max_conns;
  uint32_t frames, frame_size, frame_align, tx_frames, rx_reserve, stack_reserve, queue_frames, heap_size;
};

/* Bytes to which frame buffers are aligned when the build does not say otherwise. */
#ifndef PKTSOCK_FRAME_ALIGN
#define PKTSOCK_FRAME_ALIGN 4
#endif

#define PKTSOCK_CONFIG                                                                                                 \
  {                                                                                                                    \
    .prealloc_conns = PKTSOCK_PREALLOC_CONNS, .alloc_conns = PKTSOCK_ALLOC_CONNS, .max_conns = PKTSOCK_MAX_CONNS,      \
    .frames = PKTSOCK_FRAMES, .frame_size = PKTSOCK_FRAME_SIZE, .frame_align = PKTSOCK_FRAME_ALIGN,                    \
    .tx_frames = PKTSOCK_TX_FRAMES, .rx_reserve = PKTSOCK_RX_RESERVE, .stack_reserve = PKTSOCK_STACK_RESERVE,          \
    .queue_frames = PKTSOCK_QUEUE_FRAMES, .heap_size = PKTSOCK_HEAP_SIZE,                                              \
  }

/* The first descriptor; the component's are PKT_MAX_DESCRIPTORS (64) numbers from there on, whatever the capacities. The
 * default leaves 0 to 2 to the C library. Define another for the whole build, -DPKTSOCK_FIRST_DESCRIPTOR=n, where other
 * descriptors are in the way; for select() the numbers in use must be less than FD_SETSIZE, which may be 64.
 *
 * lwIP numbers its sockets from LWIP_SOCKET_OFFSET on, MEMP_NUM_NETCONN of them: 0 to 3 by its defaults. Set
 * PKTSOCK_FIRST_DESCRIPTOR to the sum of the two or more, or LWIP_SOCKET_OFFSET to PKTSOCK_FIRST_DESCRIPTOR + 64 or more. */
#ifndef PKTSOCK_FIRST_DESCRIPTOR
#define PKTSOCK_FIRST_DESCRIPTOR 3
#endif

/* Are `count` descriptors from `first` on apart from the component's? A constant expression. Write once, in a file that
 * includes <lwip/sockets.h> too:
 *   static_assert(PKTSOCK_APART(LWIP_SOCKET_OFFSET, MEMP_NUM_NETCONN), "descriptors overlap"); */
#define PKTSOCK_APART(first, count)                                                                                    \
  ((first) + (count) <= PKTSOCK_FIRST_DESCRIPTOR || (first) >= PKTSOCK_FIRST_DESCRIPTOR + (int)PKT_MAX_DESCRIPTORS)

/* Load the module, add the interfaces, start the drivers and bring the interfaces up. Call once, after the clock and the
 * lock of os.h work; again only after pktsock_stop(). 0, or -1 and errno: ENOEXEC (the module is refused), ENOMEM,
 * EINVAL (a capacity out of range), EALREADY (it runs), or what the driver says. pktsock_error() has the sentence. */
int pktsock_start(const struct pktsock_config *config);

/* Stop the drivers and free everything. All descriptors become invalid; waiting calls end with EBADF. */
void pktsock_stop(void);

/* Why pktsock_start() failed or the module trapped last, in a sentence; NULL when all is well. */
const char *pktsock_error(void);

/* Counters of an interface since it started; u32, wrapping. */
struct pktsock_counters {
  uint32_t rx_frames;     /* received by the driver */
  uint32_t tx_frames;     /* given to the wire */
  uint32_t rx_no_frame;   /* dropped: the driver had no empty frame */
  uint32_t rx_pool_empty; /* dropped: sockets held all frames that they may hold */
  uint32_t rx_too_short;  /* dropped: shorter than the link-layer header */
  uint32_t rx_too_long;   /* dropped: longer than a frame buffer */
  uint32_t rx_errors;     /* dropped: CRC, overrun */
  uint32_t rx_iface_down; /* dropped: the interface was down */
  uint32_t tx_errors;     /* not sent by the hardware */
  uint32_t ring_faults;   /* entries of the module that did not hold water */
  uint32_t traps;         /* of the module, all interfaces together */
};

/* 0, or -1 and ENODEV, EFAULT. */
int pktsock_counters(unsigned ifindex, struct pktsock_counters *counters);

/* Counters of a socket since it was opened; u32, wrapping. PACKET_STATISTICS tells of the same frames, but of those since
 * it was last asked, and of the drops together. */
struct pktsock_socket_counters {
  uint32_t packets;    /* entered its queue */
  uint32_t queue_full; /* dropped: its queue was full */
  uint32_t pool_empty; /* dropped: sockets held all frames that they may hold */
  uint32_t filtered;   /* refused by its filter */
};

/* 0, or -1 and EBADF, EFAULT. */
int pktsock_socket_counters(int fd, struct pktsock_socket_counters *counters);

/* Bytes of linear memory in use; 0 when stopped. */
size_t pktsock_memory_size(void);

/* ---- Zero copy ---------------------------------------------------------------------------------------------------- */

/* A frame that lies in the driver's memory, lent to the application until it is given back or sent. One that is never
 * given back harms nobody else: of the frames that sockets may hold, and of CONFIG_NET_PKT_TX_FRAMES, one is never lent
 * (so there must be two of a kind for lending any), and close() takes back what the descriptor was lent. */
struct pktsock_frame {
  uint8_t *data;   /* the link-layer header */
  size_t len;      /* received: bytes without FCS; to send: bytes that may be written */
  uint32_t handle; /* the component's */
  bool shared;     /* others hold the same bytes: read only */
};

/* Flag of pktsock_peek(). */
#define PKTSOCK_EXCLUSIVE 0x20000000

/* Lend the oldest received frame in place, for SOCK_DGRAM too from its link-layer header on. Other sockets, the network
 * stack or a driver that still sends the frame may hold the same bytes: while `frame->shared` is true the frame is
 * read-only. It is true or false as of the call; a frame that is not shared stays so until it is given back, and may be
 * written. Waits like recv(). `flags`: MSG_DONTWAIT, and PKTSOCK_EXCLUSIVE, which lends only a frame that is not shared.
 * 0, or -1 and errno: EAGAIN, EBADF, ENETDOWN, ENOBUFS (too many frames are lent, or with PKTSOCK_EXCLUSIVE the frame is
 * shared: it stays in the queue, and recv() copies it), EFAULT, EINVAL (another flag). */
int pktsock_peek(int fd, struct pktsock_frame *frame, int flags);

/* An empty frame to be written in place from its link-layer header on. The socket must be bound to an interface. Waits as
 * send() does. 0, or -1 and errno: EAGAIN, EBADF, ENXIO, ENETDOWN, ENOBUFS (too many are lent, or held by slow taps). */
int pktsock_reserve(int fd, struct pktsock_frame *frame, int flags);

/* Send a lent frame, an empty one that was written or a received one, `frame->len` bytes, without copying. `len` on
 * success, when the frame is the component's again; else -1, the frame stays lent, and errno: EINVAL (not lent by this
 * socket, or shorter than the header), EMSGSIZE (also when its buffer ends before it, padded to ETH_ZLEN, does), EBUSY
 * (received, and another socket still holds it), EBADF, ENXIO, ENETDOWN. */
ptrdiff_t pktsock_submit(int fd, const struct pktsock_frame *frame);

/* Give a lent frame back. 0, or -1 and errno: EINVAL (this socket did not lend it, or has it back), EBADF. */
int pktsock_release(int fd, const struct pktsock_frame *frame);

/* The network stack's descriptor on an interface. It is offered every received frame after all packet sockets. While it is
 * open, only it may hold two thirds of the frames that sockets share, and at least CONFIG_NET_PKT_STACK_RESERVE: a slow
 * packet socket cannot slow it down. Use it with the calls above, with recv(), send(), poll() and close(); packet sockets
 * see what it sends as PACKET_OUTGOING. -1 and errno: ENODEV, ENOBUFS (also when so many frames are lent that sockets would
 * have none left beside its share), EBUSY (the interface has one). */
int pktsock_stack(unsigned ifindex);

/* Where SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFBRDADDR (`request`) and SIOCGIFCONF (which asks with SIOCGIFADDR) find out what
 * the network stack calls itself: an IPv4 address in network order, 0 for none (EADDRNOTAVAIL). Called under the lock of
 * os.h: it must not call the component. NULL, as at first: nobody knows. */
void pktsock_stack_address(uint32_t (*address)(unsigned ifindex, unsigned long request));

/* ---- The standard calls ------------------------------------------------------------------------------------------- */

/* ENOBUFS when CONFIG_NET_PKT_PREALLOC_CONNS, _ALLOC_CONNS and _MAX_CONNS leave no socket, or the heap no memory for one. */
int pktsock_socket(int domain, int type, int protocol);
int pktsock_bind(int fd, const struct pktsock_sockaddr *address, pktsock_socklen_t address_len);
int pktsock_getsockname(int fd, struct pktsock_sockaddr *address, pktsock_socklen_t *address_len);
int pktsock_getpeername(int fd, struct pktsock_sockaddr *address, pktsock_socklen_t *address_len);
int pktsock_connect(int fd, const struct pktsock_sockaddr *address, pktsock_socklen_t address_len);
int pktsock_listen(int fd, int backlog);
int pktsock_accept(int fd, struct pktsock_sockaddr *address, pktsock_socklen_t *address_len);
int pktsock_shutdown(int fd, int how);

ptrdiff_t pktsock_send(int fd, const void *buffer, size_t len, int flags);
ptrdiff_t pktsock_sendto(int fd, const void *buffer, size_t len, int flags, const struct pktsock_sockaddr *address,
                         pktsock_socklen_t address_len);
ptrdiff_t pktsock_sendmsg(int fd, const struct pktsock_msghdr *message, int flags);
ptrdiff_t pktsock_recv(int fd, void *buffer, size_t len, int flags);
ptrdiff_t pktsock_recvfrom(int fd, void *buffer, size_t len, int flags, struct pktsock_sockaddr *address,
                           pktsock_socklen_t *address_len);
ptrdiff_t pktsock_recvmsg(int fd, struct pktsock_msghdr *message, int flags);
int pktsock_setsockopt(int fd, int level, int name, const void *value, pktsock_socklen_t len);
int pktsock_getsockopt(int fd, int level, int name, void *value, pktsock_socklen_t *len);

/* Descriptors that are not packet sockets are passed on to the system (os.h). */
int pktsock_close(int fd);
ptrdiff_t pktsock_read(int fd, void *buffer, size_t len);
ptrdiff_t pktsock_write(int fd, const void *buffer, size_t len);
ptrdiff_t pktsock_readv(int fd, const struct pktsock_iovec *vector, int count);
ptrdiff_t pktsock_writev(int fd, const struct pktsock_iovec *vector, int count);
int pktsock_fcntl(int fd, int command, ...);
int pktsock_ioctl(int fd, unsigned long request, ...);

/* Descriptors that are not packet sockets have POLLNVAL. pktsock/select.h has pktsock_select(). ENOMEM when
 * CONFIG_NET_PKT_NPOLLWAITERS tasks wait for the same descriptor already. */
int pktsock_poll(struct pktsock_pollfd *fds, unsigned long count, int timeout_ms);

unsigned int pktsock_if_nametoindex(const char *name);
char *pktsock_if_indextoname(unsigned int index, char *name);
struct pktsock_if_nameindex *pktsock_if_nameindex(void);
void pktsock_if_freenameindex(struct pktsock_if_nameindex *list);

#ifdef __cplusplus
}
#endif

#endif
