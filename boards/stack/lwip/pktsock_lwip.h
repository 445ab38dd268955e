/* lwIP behind the tap: a netif on pktsock_stack(). Packet sockets are offered each received frame first, and lwIP gets
 * it after them. What lwIP sends, they see as PACKET_OUTGOING.
 *
 * Received frames are not copied: lwIP gets a pbuf whose bytes are the driver's buffer. lwIP writes into what it
 * receives, so a frame that a packet socket still holds is copied into other pbufs (PKTSOCK_LWIP_COPIES), and so is one
 * that comes while PKTSOCK_LWIP_LENT are lent. What lwIP sends is gathered into a buffer that the MAC sends from.
 *
 * Use, with an operating system (NO_SYS 0), after pktsock_start() and tcpip_init():
 *
 *   static struct pktsock_lwip adapter = {.ifindex = 1};
 *   static struct netif netif;
 *   LOCK_TCPIP_CORE();
 *   netif_add(&netif, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4, &adapter, pktsock_lwip_init, tcpip_input);
 *   netif_set_default(&netif);
 *   netif_set_up(&netif);
 *   UNLOCK_TCPIP_CORE();
 *   sys_thread_new("pktsock", pktsock_lwip_task, &netif, stack size, priority);
 *
 * and without one (NO_SYS 1), netif_add() with netif_input, and in the main loop
 *
 *   while (pktsock_lwip_receive(&netif, PKTSOCK_MSG_DONTWAIT))
 *     ;
 *   sys_check_timeouts();
 *
 * Set config.link of pktsock_start() to pktsock_lwip_link, so that lwIP knows the state of the link.
 *
 * Choose CONFIG_NET_PKT_FRAMES as pktsock_stack() says. lwIP's options: LWIP_SUPPORT_CUSTOM_PBUF 1 and ETH_PAD_SIZE 0.
 *
 * Source: lwIP's netif.h. */
#ifndef PKTSOCK_LWIP_H
#define PKTSOCK_LWIP_H

#include <lwip/netif.h>
#include <pktsock/config.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The most frames that lwIP holds at a time, of each interface. It may hold them for long, in the queue of a connection
 * that nobody reads, and what it holds is missing for reception. By default half of its share (pktsock_stack()). */
#ifndef PKTSOCK_LWIP_LENT
#define PKTSOCK_LWIP_LENT ((PKTSOCK_FRAMES - PKTSOCK_TX_FRAMES) / 3)
#endif

/* The type of the pbufs for copies: PBUF_POOL, or PBUF_RAM for a system whose pool is too small. */
#ifndef PKTSOCK_LWIP_COPIES
#define PKTSOCK_LWIP_COPIES PBUF_POOL
#endif

/* One interface. Set `ifindex` and leave the rest 0. It must stay valid until the program ends, as the netif must. */
struct pktsock_lwip {
  unsigned ifindex; /* 1: "eth0", ... */

  /* Frames, wrapping; they may be read at any time. */
  uint32_t lent;        /* given to lwIP without a copy */
  uint32_t copied;      /* given to lwIP as a copy */
  uint32_t no_pbuf;     /* dropped: lwIP had no pbuf for a copy */
  uint32_t refused;     /* dropped: netif->input refused it */
  uint32_t sent;        /* sent for lwIP */
  uint32_t no_tx_frame; /* not sent, ERR_MEM: no buffer was free */
  uint32_t tx_refused;  /* not sent, ERR_IF: the interface is down, or the frame was too long for it */

  /* The adapter's own. */
  int fd;
  struct netif *netif;
  u16_t held; /* frames that lwIP holds now */
  bool link_changed;
  struct pktsock_lwip *next;
};

/* Add the adapter's functions to a netif: the `init` function of netif_add(), whose `state` is a struct pktsock_lwip.
 *
 * Returns: ERR_OK, or ERR_IF and errno.
 * Errors: those of pktsock_stack(): there is no such interface, it has a network stack already, or too few frames are
 * left.
 * Context: where netif_add() may be called. */
err_t pktsock_lwip_init(struct netif *netif);

/* Take one received frame and give it to netif->input. `flags`: 0 waits for a frame, PKTSOCK_MSG_DONTWAIT does not.
 *
 * Returns: false when there was none, or when the descriptor is closed or the component is stopped.
 * Errors: none.
 * Context: one task at a time. */
bool pktsock_lwip_receive(struct netif *netif, int flags);

/* Receive for `netif` until the component is stopped or the descriptor is closed; with NO_SYS 0 only.
 *
 * Errors: none.
 * Context: a task of its own. */
void pktsock_lwip_task(void *netif);

/* Tell lwIP that the link goes up or down: the function for config.link.
 *
 * Errors: none.
 * Context: as config.link. */
void pktsock_lwip_link(unsigned ifindex, bool up);

/* Undo what pktsock_lwip_init() did, before netif_remove(). It closes the descriptor, so that pktsock_lwip_task() ends.
 * lwIP must not hold received frames any more, because their buffers are used again: abort its connections first.
 *
 * Errors: none.
 * Context: as netif_remove(). */
void pktsock_lwip_remove(struct netif *netif);

#ifdef __cplusplus
}
#endif

#endif
