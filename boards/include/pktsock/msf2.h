/* Driver of the SmartFusion2's Ethernet MAC (EMAC), which has its own DMA. The descriptors point directly to the frames
 * in linear memory, in both directions.
 *
 * It was written from Microsemi's user guide UG0331 and QEMU's model of the MAC, and ran on the latter only. Received
 * frames have no FCS there. The MAC compares one address: it receives no frames to other hosts and to further unicast
 * addresses, whatever is asked for, and all of multicast or none. */
#ifndef MAC_MSF2_H
#define MAC_MSF2_H

#include <pktsock/mac.h>

#ifdef __cplusplus
extern "C" {
#endif

/* mac->config */
struct msf2_config {
  uintptr_t base;      /* of the registers */
  unsigned irq;        /* for pkt_os_irq_enable() */
  uint8_t phy_address; /* on MDIO, 0 to 31 */
};

/* mac->state. Must be zero at first; the driver owns the contents. Must be DMA-capable and not cached. */
enum { MSF2_STATE_BYTES = 320 };
struct msf2_state {
  uint8_t contents[MSF2_STATE_BYTES] __attribute__((aligned(8)));
};

extern const struct pkt_mac_ops msf2_ops;

/* Handle config->irq: the board calls it from its interrupt vector, with its own `mac`, not NULL.
 *
 * Errors: none.
 * Context: the interrupt handler of config->irq.
 * Source: the data sheet that the first lines of this header name. */
void msf2_interrupt(struct pkt_mac *mac);

#ifdef __cplusplus
}
#endif

#endif
