/* What the files of the driver dwmac_h7.c share. */
#ifndef DWMAC_H7_INTERNAL_H
#define DWMAC_H7_INTERNAL_H

#include "dwmac_common.h"
#include <pktsock/dwmac_h7.h>

/* Descriptors; at most one less is with the MAC, so that the tail pointer never meets the descriptor under way. */
enum { DWMAC_H7_RX = 16, DWMAC_H7_TX = 4 };

struct dwmac_h7_descriptor {
  volatile uint32_t word[4];
};

/* mac->state, DMA-capable and not cached. The rings are shared with the interrupt handler. */
struct dwmac_h7 {
  _Alignas(32) struct dwmac_h7_descriptor rx[DWMAC_H7_RX], tx[DWMAC_H7_TX];
  struct pkt_frame *rx_frames[DWMAC_H7_RX]; /* the frame behind each armed descriptor */
  struct pkt_frame *tx_frames[DWMAC_H7_TX];
  uint8_t rx_next, rx_armed; /* the descriptor that is filled next; how many from there on have a frame */
  uint8_t tx_next, tx_busy;  /* the descriptor that is sent next; how many from there on have a frame */
  bool rx_news;              /* descriptors were armed that the MAC has not been told of */
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

/* dwmac_h7_rings.c: lay the rings out afresh, keeping the frames that RX descriptors hold; give up what is being sent and
 * what waits to be sent (counted in tx_errors); arm RX descriptors from FILL. Task context with interrupts masked, or the
 * interrupt handler. */
void dwmac_h7_rings_reset(struct pkt_mac *mac);
void dwmac_h7_rings_drop_tx(struct pkt_mac *mac);
void dwmac_h7_rings_arm(struct pkt_mac *mac);
void dwmac_h7_transmit(struct pkt_mac *mac);
void dwmac_h7_refill(struct pkt_mac *mac);

#endif
