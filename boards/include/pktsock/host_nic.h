/* Driver for BOARD=linux. A file descriptor replaces the MAC: each read or write carries one Ethernet frame. The task
 * that waits for frames reads the descriptor itself (os_posix.h). While no task waits, a thread replaces the interrupt
 * handler.
 *
 * Context: any thread.
 * Source: this component's own. */
#ifndef HOST_NIC_H
#define HOST_NIC_H

#include <pktsock/mac.h>

#ifdef __cplusplus
extern "C" {
#endif

/* mac->config */
struct host_nic {
  /* Opens the descriptor; returns it, or a negative errno. `argument` is the text after the colon in PKTSOCK_NIC. */
  int (*open)(const char *argument);
  const char *argument; /* for open(); must stay valid while the driver runs */
  /* The line's speed in bits per second, which sets how long each sent frame takes. 0: frames take no time. */
  uint32_t speed;
  /* How long a frame that there is no room for waits in the descriptor before it is dropped, in us. 0: it is dropped at
   * once, as by a real MAC. */
  uint32_t patience;
  /* Only with patience: there is no room either if the component has not yet looked at so many frames. More than its
   * sockets may hold would be dropped. */
  uint32_t backlog;
};

/* Count the frames that the kernel dropped because a UDP cable's descriptor was full.
 *
 * Returns: frames, of all drivers since they were started.
 * Errors: none. */
uint64_t host_nic_overruns(void);

/* Open a TAP interface: `argument` is its name. It is created if it does not exist.
 *
 * Returns: the descriptor, or a negative errno.
 * Errors: those of open(2) of /dev/net/tun and of its TUNSETIFF; EPERM without CAP_NET_ADMIN. */
int host_nic_open_tap(const char *argument);

/* Open the cable of QEMU's `-nic socket,udp=`: one datagram per frame. `argument` is LOCAL:REMOTE, two UDP ports of
 * 127.0.0.1.
 *
 * Returns: the descriptor, or a negative errno.
 * Errors: EINVAL (not two ports), and those of socket(2), bind(2) and connect(2). */
int host_nic_open_udp(const char *argument);

/* Get an epoll(7) instance for a program whose only task also waits for other descriptors: it adds them, with data.u64
 * of HOST_NIC_OWN or more, and calls host_nic_wait() in place of pkt_os_wait().
 *
 * Returns: the instance's descriptor, or -1 and errno.
 * Errors: those of epoll_create(2). */
int host_nic_epoll(void);
#define HOST_NIC_OWN ((uint64_t)1 << 32)

struct epoll_event;
/* Wait until one of the descriptors of host_nic_epoll() is ready, or frames were received, or pkt_os_now() reaches
 * `deadline` (UINT64_MAX: for ever). Writes the events of the program's descriptors, `room` at most.
 *
 * Returns: how many, or -1 and errno.
 * Errors: those of epoll_wait(2).
 * Context: the program's only task. */
int host_nic_wait(struct epoll_event *events, int room, uint64_t deadline);

/* The driver sets mac->state itself. */
extern const struct pkt_mac_ops host_nic_ops;

#ifdef __cplusplus
}
#endif

#endif
