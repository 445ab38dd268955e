/* Driver of the DesignWare 10/100 Ethernet MAC with its own DMA: STM32F4, STM32F7, ESP32. The descriptors point straight
 * into the frames of linear memory, in both directions.
 *
 * Linear memory and the driver's state must lie where the MAC's DMA reaches them, and the processor must not cache them
 * (a board of a caching family puts both into a non-cacheable region). */
#ifndef MAC_DWMAC_H
#define MAC_DWMAC_H

#include <pktsock/dwmac_common.h>
#include <stdalign.h>

#ifdef __cplusplus
extern "C" {
#endif

/* mac->config */
struct dwmac_config {
  uintptr_t mac_base, dma_base;
  unsigned irq;                /* for arch_irq_enable() */
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

/* Descriptors; the MAC takes at most one less at a time. */
enum { DWMAC_RX = 16, DWMAC_TX = 4 };

/* mac->state, DMA-capable and not cached. The rings are shared with the interrupt handler. */
struct dwmac_state {
  alignas(32) uint8_t rx[DWMAC_RX * 32];
  uint8_t tx[DWMAC_TX * 32];
  struct pkt_frame *rx_frames[DWMAC_RX]; /* the frame behind each armed descriptor */
  struct pkt_frame *tx_frames[DWMAC_TX];
  uint8_t rx_next, rx_armed; /* the descriptor that is filled next; how many from there on have a frame */
  uint8_t tx_next, tx_busy;  /* the descriptor that is sent next; how many from there on have a frame */
  bool rx_news;              /* descriptors were armed that the MAC has not been told of */
  struct dwmac_recovery recovery;
  struct dwmac_filter filter;
  struct phy phy;
};

extern const struct pkt_mac_ops dwmac_ops;

/* The handler of config->irq; the board's vector calls it. */
void dwmac_interrupt(struct pkt_mac *mac);

/* ---- Between the driver's files ---- */

static inline const struct dwmac_config *dwmac_config(const struct pkt_mac *mac) {
  return (const struct dwmac_config *)mac->config;
}
static inline struct dwmac_state *dwmac_state(const struct pkt_mac *mac) { return (struct dwmac_state *)mac->state; }
static inline volatile uint32_t *dwmac_mac(const struct pkt_mac *mac, unsigned offset) {
  return (volatile uint32_t *)(dwmac_config(mac)->mac_base + offset);
}
static inline volatile uint32_t *dwmac_dma(const struct pkt_mac *mac, unsigned offset) {
  return (volatile uint32_t *)(dwmac_config(mac)->dma_base + offset);
}

/* dwmac_rings.c: lay the rings out afresh, keeping the frames that RX descriptors hold; give up what is being sent and
 * what waits to be sent (counted in tx_errors); arm RX descriptors from FILL. Task context with interrupts masked, or the
 * interrupt handler. */
void dwmac_rings_reset(struct pkt_mac *mac);
void dwmac_rings_drop_tx(struct pkt_mac *mac);
void dwmac_rings_arm(struct pkt_mac *mac);
void dwmac_transmit(struct pkt_mac *mac);
void dwmac_refill(struct pkt_mac *mac);

/* dwmac_clock.c: start the IEEE 1588 clock; set it to pkt_os_time() when it is off by more than a millisecond. */
void dwmac_clock_start(struct pkt_mac *mac);
void dwmac_clock_follow(struct pkt_mac *mac);

#ifdef __cplusplus
}
#endif

#endif
