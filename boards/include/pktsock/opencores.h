/* Driver of the OpenCores 10/100 Ethernet MAC (specification revision 1.7), which has its own DMA and keeps the descriptors
 * itself: they point straight into the frames of linear memory, in both directions. */
#ifndef MAC_OPENCORES_H
#define MAC_OPENCORES_H

#include <pktsock/mac.h>

#ifdef __cplusplus
extern "C" {
#endif

/* mac->config */
struct opencores_config {
  uintptr_t base;      /* of the registers; the descriptors lie 0x400 bytes behind it */
  unsigned irq;        /* for pkt_os_irq_enable() */
  uint8_t phy_address; /* on MDIO, 0 to 31 */
};

/* mac->state. Its contents are the driver's. */
enum { OPENCORES_STATE_BYTES = 128 };
struct opencores_state {
  uint8_t contents[OPENCORES_STATE_BYTES] __attribute__((aligned(8)));
};

extern const struct pkt_mac_ops opencores_ops;

/* The handler of config->irq; the board's vector calls it. */
void opencores_interrupt(struct pkt_mac *mac);

#ifdef __cplusplus
}
#endif

#endif
