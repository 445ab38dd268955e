/* Driver of the OpenCores 10/100 Ethernet MAC (specification revision 1.7), which has its own DMA and memory for
 * descriptors. They point directly to the frames in linear memory, in both directions. */
#ifndef MAC_OPENCORES_H
#define MAC_OPENCORES_H

#include <pktsock/mac.h>

#ifdef __cplusplus
extern "C" {
#endif

/* mac->config */
struct opencores_config {
  uintptr_t base;      /* of the registers; the descriptors are at offset 0x400 */
  unsigned irq;        /* for pkt_os_irq_enable() */
  uint8_t phy_address; /* on MDIO, 0 to 31 */
};

/* mac->state. Must be zero at first; the driver owns the contents. */
enum { OPENCORES_STATE_BYTES = 136 };
struct opencores_state {
  uint8_t contents[OPENCORES_STATE_BYTES] __attribute__((aligned(8)));
};

extern const struct pkt_mac_ops opencores_ops;

/* Handle config->irq: the board calls it from its interrupt vector, with its own `mac`, not NULL.
 *
 * Errors: none.
 * Context: the interrupt handler of config->irq.
 * Source: the data sheet that the first lines of this header name. */
void opencores_interrupt(struct pkt_mac *mac);

#ifdef __cplusplus
}
#endif

#endif
