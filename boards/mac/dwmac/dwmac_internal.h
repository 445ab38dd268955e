/* Shared by the files of the driver dwmac. */
#ifndef DWMAC_INTERNAL_H
#define DWMAC_INTERNAL_H

#include "dwmac_common.h"
#include <pktsock/dwmac.h>

/* mac->state, DMA-capable and not cached. */
struct dwmac {
  struct dwmac_core core;
  _Alignas(32) uint8_t rx[DWMAC_RX * 32];
  uint8_t tx[DWMAC_TX * 32];
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

/* dwmac_rings.c */

/* Initialize a ring, while its DMA is stopped and the handler does not run, or TX is off. RX descriptors keep the frames
 * that they had; TX has none. */
void dwmac_rings_reset_rx(struct pkt_mac *mac);
void dwmac_rings_reset_tx(struct pkt_mac *mac);

/* Give a frame to the next RX descriptor and the descriptor to the MAC. */
void dwmac_rings_arm_one(struct pkt_mac *mac, struct pkt_frame *frame);

/* Notify the MAC of armed descriptors. */
void dwmac_rings_notify(struct pkt_mac *mac);

/* Arm RX descriptors with frames from FILL, and notify the MAC. */
void dwmac_rings_arm(struct pkt_mac *mac);

/* Send frames of TX. False if all descriptors are in use and frames are left. */
bool dwmac_rings_send(struct pkt_mac *mac);

#endif
