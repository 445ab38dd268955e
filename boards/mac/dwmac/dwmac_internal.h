/* Shared by the files of the driver dwmac. */
#ifndef DWMAC_INTERNAL_H
#define DWMAC_INTERNAL_H

#include "dwmac_common.h"
#include <pktsock/dwmac.h>

/* Number of descriptors; at most one less is with the MAC. */
enum { DWMAC_RX = 16, DWMAC_TX = 4 };

/* mac->state, DMA-capable and not cached. The rings are shared with the interrupt handler. */
struct dwmac {
  _Alignas(32) uint8_t rx[DWMAC_RX * 32];
  uint8_t tx[DWMAC_TX * 32];
  struct pkt_frame *rx_frames[DWMAC_RX]; /* the frame of each armed descriptor */
  struct pkt_frame *tx_frames[DWMAC_TX];
  uint8_t rx_next, rx_armed; /* the next descriptor that the MAC fills; how many from it on have a frame */
  uint8_t tx_next, tx_busy;  /* the next descriptor that the MAC sends; how many from it on have a frame */
  bool rx_notify;            /* the MAC must be notified of armed descriptors */
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

/* dwmac_rings.c. Call the first three with interrupts masked, or from the interrupt handler. */

/* Initialize both rings. RX descriptors keep the frames that they had. */
void dwmac_rings_reset(struct pkt_mac *mac);

/* Drop the frames that are being sent, and those in TX; counted in tx_errors. */
void dwmac_rings_drop_tx(struct pkt_mac *mac);

/* Arm RX descriptors with frames from FILL, and notify the MAC. */
void dwmac_rings_arm(struct pkt_mac *mac);

/* Operations of the contract. */
void dwmac_transmit(struct pkt_mac *mac);
void dwmac_refill(struct pkt_mac *mac);

/* dwmac_clock.c: start the IEEE 1588 clock; set it to pkt_os_time() when they differ by more than a millisecond. */
void dwmac_clock_start(struct pkt_mac *mac);
void dwmac_clock_follow(struct pkt_mac *mac);

#endif
