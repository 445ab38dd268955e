/* Driver of the STM32H7's Ethernet MAC: the newer DesignWare core, with tail pointers and context descriptors. The
 * descriptors point directly to the frames in linear memory, in both directions.
 *
 * Linear memory and the driver's state must be in memory that the MAC's DMA reaches (not TCM) and that the processor
 * does not cache. */
#ifndef MAC_DWMAC_H7_H
#define MAC_DWMAC_H7_H

#include <pktsock/mac.h>

#ifdef __cplusplus
extern "C" {
#endif

/* mac->config */
struct dwmac_h7_config {
  uintptr_t base;              /* of the registers */
  unsigned irq;                /* for pkt_os_irq_enable() */
  uint8_t phy_address;         /* on MDIO, 0 to 31 */
  uint32_t (*bus_clock)(void); /* in Hz: the source of MDC and of time stamps */
};

/* mac->state. Must be zero at first; the driver owns the contents. Must be DMA-capable and not cached. */
enum { DWMAC_H7_STATE_BYTES = 576 };
struct dwmac_h7_state {
  uint8_t contents[DWMAC_H7_STATE_BYTES] __attribute__((aligned(32)));
};

extern const struct pkt_mac_ops dwmac_h7_ops;

/* Handle config->irq: the board calls it from its interrupt vector, with its own `mac`, not NULL.
 *
 * Errors: none.
 * Context: the interrupt handler of config->irq.
 * Source: the data sheet that the first lines of this header name. */
void dwmac_h7_interrupt(struct pkt_mac *mac);

#ifdef __cplusplus
}
#endif

#endif
