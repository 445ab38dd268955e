/* Shared by the files of the driver dwmac_h7. */
#ifndef DWMAC_H7_INTERNAL_H
#define DWMAC_H7_INTERNAL_H

#include "dwmac_common.h"
#include <pktsock/dwmac_h7.h>

struct dwmac_h7_descriptor {
  volatile uint32_t word[4];
};

/* mac->state, DMA-capable and not cached. */
struct dwmac_h7 {
  struct dwmac_core core;
  _Alignas(32) struct dwmac_h7_descriptor rx[DWMAC_RX], tx[DWMAC_TX];
};

static_assert(sizeof(struct dwmac_h7) <= sizeof(struct dwmac_h7_state), "DWMAC_H7_STATE_BYTES");

static inline const struct dwmac_h7_config *dwmac_h7_config(const struct pkt_mac *mac) { return mac->config; }
static inline struct dwmac_h7 *dwmac_h7_state(const struct pkt_mac *mac) { return mac->state; }
static inline volatile uint32_t *dwmac_h7_reg(const struct pkt_mac *mac, unsigned offset) {
  return (volatile uint32_t *)(dwmac_h7_config(mac)->base + offset);
}

/* dwmac_h7_rings.c */

/* Initialize a ring, while its DMA is stopped and the handler does not run, or TX is off. RX descriptors keep the frames
 * that they had; TX has none. */
void dwmac_h7_rings_reset_rx(struct pkt_mac *mac);
void dwmac_h7_rings_reset_tx(struct pkt_mac *mac);

/* Give a frame to the next RX descriptor and the descriptor to the MAC. */
void dwmac_h7_rings_arm_one(struct pkt_mac *mac, struct pkt_frame *frame);

/* Notify the MAC of armed descriptors. */
void dwmac_h7_rings_notify(struct pkt_mac *mac);

/* Arm RX descriptors with frames from FILL, and notify the MAC. */
void dwmac_h7_rings_arm(struct pkt_mac *mac);

/* Send frames of TX. False if all descriptors are in use and frames are left. */
bool dwmac_h7_rings_send(struct pkt_mac *mac);

#endif
