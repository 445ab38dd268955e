/* Driver of the DesignWare 10/100 Ethernet MAC with its own DMA: STM32F4, STM32F7, ESP32. The descriptors point straight
 * into the frames of linear memory, in both directions.
 *
 * Linear memory and the driver's state must lie where the MAC's DMA reaches them, and the processor must not cache them
 * (a board of a caching family puts both into a non-cacheable region). */
#ifndef MAC_DWMAC_H
#define MAC_DWMAC_H

#include <pktsock/mac.h>

#ifdef __cplusplus
extern "C" {
#endif

/* mac->config */
struct dwmac_config {
  uintptr_t mac_base, dma_base;
  unsigned irq;                /* for pkt_os_irq_enable() */
  uint8_t descriptor_stride;   /* bytes: 16, or 32 (needed for time stamps) */
  bool time_stamps;            /* the MAC has the IEEE 1588 unit */
  bool mixed_bursts;           /* bursts of any length on the bus (ESP32), else fixed ones */
  uint8_t exact_addresses;     /* compared whole, beside its own: 3 (STM32), 7 (ESP32) */
  bool hash_table;             /* the MAC has one for further addresses (STM32) */
  bool mmc;                    /* it has management counters, which interrupt (STM32) */
  uint8_t phy_address;         /* on MDIO, 0 to 31 */
  uint32_t (*bus_clock)(void); /* Hz of the clock that MDC and time stamps are derived from */
  void (*before_reset)(void);  /* called before each attempt to reset the MAC, which wants RMII's clock; may be NULL */
};

/* mac->state. Its contents are the driver's. Must be DMA-capable and not cached. */
enum { DWMAC_STATE_BYTES = 864 };
struct dwmac_state {
  uint8_t contents[DWMAC_STATE_BYTES] __attribute__((aligned(32)));
};

extern const struct pkt_mac_ops dwmac_ops;

/* The handler of config->irq; the board's vector calls it. */
void dwmac_interrupt(struct pkt_mac *mac);

#ifdef __cplusplus
}
#endif

#endif
