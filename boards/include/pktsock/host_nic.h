/* Drivers for BOARD=linux: a file descriptor that carries one Ethernet frame a read and a write plays the MAC, a thread
 * plays its interrupt handler. */
#ifndef HOST_NIC_H
#define HOST_NIC_H

#include <pktsock/mac.h>

#ifdef __cplusplus
extern "C" {
#endif

/* config of host_nic_ops: how to open the descriptor. */
struct host_nic {
  /* Returns a descriptor, or a negative errno. `argument` is what stands behind the colon in PKTSOCK_NIC. */
  int (*open)(const char *argument);
  const char *argument;
  /* The line's speed, bits per second: a frame is under way for as long as it takes. 0: no time at all. */
  uint32_t speed;
};

/* A TAP interface: `argument` is its name; it is made when it does not exist (/dev/net/tun, CAP_NET_ADMIN). */
int host_nic_open_tap(const char *argument);

/* QEMU's `-nic socket,udp=` cable: one datagram a frame. `argument` is LOCAL:REMOTE, two UDP ports on 127.0.0.1. */
int host_nic_open_udp(const char *argument);

/* state: struct host_nic_state, which host_nic.c allocates itself. */
extern const struct pkt_mac_ops host_nic_ops;

#ifdef __cplusplus
}
#endif

#endif
