/* What the files of the driver dwmac.c share. */
#ifndef DWMAC_INTERNAL_H
#define DWMAC_INTERNAL_H

#include "dwmac_common.h"
#include <pktsock/dwmac.h>

/* Descriptors; the MAC takes at most one less at a time. */
enum { DWMAC_RX = 16, DWMAC_TX = 4 };

/* mac->state, DMA-capable and not cached. The rings are shared with the interrupt handler. */
struct dwmac {
  _Alignas(32) uint8_t rx[DWMAC_RX * 32];
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

static_assert(sizeof(struct dwmac) <= sizeof(struct dwmac_state), "DWMAC_STATE_BYTES");

static inline const struct dwmac_config *dwmac_config(const struct pkt_mac *mac) { return mac->config; }
static inline struct dwmac *dwmac_state(const struct pkt_mac *mac) { return mac->state; }
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

#endif
