/* Shared by the files of the driver dwmac_h7. */
#ifndef DWMAC_H7_INTERNAL_H
#define DWMAC_H7_INTERNAL_H

#include "dwmac_common.h"
#include <pktsock/dwmac_h7.h>

/* Number of descriptors. At most one less is with the MAC, so that the tail pointer never equals the current
 * descriptor. */
enum { DWMAC_H7_RX = 16, DWMAC_H7_TX = 4 };

struct dwmac_h7_descriptor {
  volatile uint32_t word[4];
};

/* mac->state, DMA-capable and not cached. The rings are shared with the interrupt handler. */
struct dwmac_h7 {
  _Alignas(32) struct dwmac_h7_descriptor rx[DWMAC_H7_RX], tx[DWMAC_H7_TX];
  struct pkt_frame *rx_frames[DWMAC_H7_RX]; /* the frame of each armed descriptor */
  struct pkt_frame *tx_frames[DWMAC_H7_TX];
  uint8_t rx_next, rx_armed; /* the next descriptor that the MAC fills; how many from it on have a frame */
  uint8_t tx_next, tx_busy;  /* the next descriptor that the MAC sends; how many from it on have a frame */
  bool rx_notify;            /* the MAC must be notified of armed descriptors */
  bool stamping;             /* the MAC stamps received frames */
  struct dwmac_recovery recovery;
  struct dwmac_filter filter;
  struct phy phy;
};

static_assert(sizeof(struct dwmac_h7) <= sizeof(struct dwmac_h7_state), "DWMAC_H7_STATE_BYTES");

static inline const struct dwmac_h7_config *dwmac_h7_config(const struct pkt_mac *mac) { return mac->config; }
static inline struct dwmac_h7 *dwmac_h7_state(const struct pkt_mac *mac) { return mac->state; }
static inline volatile uint32_t *dwmac_h7_reg(const struct pkt_mac *mac, unsigned offset) {
  return (volatile uint32_t *)(dwmac_h7_config(mac)->base + offset);
}

/* dwmac_h7_rings.c. Call the first three with interrupts masked, or from the interrupt handler. */

/* Initialize both rings. RX descriptors keep the frames that they had. */
void dwmac_h7_rings_reset(struct pkt_mac *mac);

/* Drop the frames that are being sent, and those in TX; counted in tx_errors. */
void dwmac_h7_rings_drop_tx(struct pkt_mac *mac);

/* Arm RX descriptors with frames from FILL, and notify the MAC. */
void dwmac_h7_rings_arm(struct pkt_mac *mac);

/* Operations of the contract. */
void dwmac_h7_transmit(struct pkt_mac *mac);
void dwmac_h7_refill(struct pkt_mac *mac);

#endif
