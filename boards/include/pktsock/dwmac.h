/* Driver of the DesignWare 10/100 Ethernet MAC with its own DMA: STM32F4, STM32F7, ESP32. The descriptors point
 * directly to the frames in linear memory, in both directions.
 *
 * Linear memory and the driver's state must be in memory that the MAC's DMA reaches and that the processor does not
 * cache (a board with caches puts both into a non-cacheable region). */
#ifndef MAC_DWMAC_H
#define MAC_DWMAC_H

#include <pktsock/mac.h>

#ifdef __cplusplus
extern "C" {
#endif

/* mac->config */
struct dwmac_config {
  uintptr_t mac_base, dma_base; /* of the registers */
  unsigned irq;                 /* for pkt_os_irq_enable() */
  uint8_t descriptor_stride;    /* bytes: 16, or 32 */
  bool mixed_bursts;            /* bus bursts of any length (ESP32) instead of fixed ones */
  uint8_t exact_addresses;      /* exact filters beside its own address: 3 (STM32), 7 (ESP32) */
  bool hash_table;              /* the MAC has a hash table for further addresses (STM32) */
  bool mmc;                     /* the MAC has management counters, which raise interrupts (STM32) */
  uint8_t phy_address;          /* on MDIO, 0 to 31 */
  uint32_t (*bus_clock)(void);  /* in Hz: the source of MDC and of time stamps */
  void (*before_reset)(void);   /* called before each reset of the MAC, which needs the RMII clock; may be NULL */
};

/* mac->state. Must be zero at first; the driver owns the contents. Must be DMA-capable and not cached. */
enum { DWMAC_STATE_BYTES = 896 };
struct dwmac_state {
  uint8_t contents[DWMAC_STATE_BYTES] __attribute__((aligned(32)));
};

extern const struct pkt_mac_ops dwmac_ops;
/* For a MAC that has the IEEE 1588 unit (STM32), with descriptors of 32 bytes: a clock and time stamps. */
extern const struct pkt_mac_ops dwmac_ptp_ops;

/* Handle config->irq: the board calls it from its interrupt vector, with its own `mac`, not NULL.
 *
 * Errors: none.
 * Context: the interrupt handler of config->irq.
 * Source: the data sheet that the first lines of this header name. */
void dwmac_interrupt(struct pkt_mac *mac);

#ifdef __cplusplus
}
#endif

#endif
