/* Driver of the STM32H7's Ethernet MAC: the newer DesignWare core, with tail pointers and context descriptors. The
 * descriptors point straight into the frames of linear memory, in both directions.
 *
 * Linear memory and the driver's state must lie where the MAC's DMA reaches them (not in TCM), and the processor must not
 * cache them. */
#ifndef MAC_DWMAC_H7_H
#define MAC_DWMAC_H7_H

#include <pktsock/dwmac_common.h>
#include <stdalign.h>

#ifdef __cplusplus
extern "C" {
#endif

/* mac->config */
struct dwmac_h7_config {
  uintptr_t base;
  unsigned irq;                /* for arch_irq_enable() */
  uint8_t phy_address;         /* on MDIO, 0 to 31 */
  uint32_t (*bus_clock)(void); /* Hz of the clock that MDC and time stamps are derived from */
};

/* Descriptors; at most one less is with the MAC, so that the tail pointer never meets the descriptor under way. */
enum { DWMAC_H7_RX = 16, DWMAC_H7_TX = 4 };

struct dwmac_h7_descriptor {
  volatile uint32_t word[4];
};

/* mac->state, DMA-capable and not cached. The rings are shared with the interrupt handler. */
struct dwmac_h7_state {
  alignas(32) struct dwmac_h7_descriptor rx[DWMAC_H7_RX], tx[DWMAC_H7_TX];
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

extern const struct pkt_mac_ops dwmac_h7_ops;

/* The handler of config->irq; the board's vector calls it. */
void dwmac_h7_interrupt(struct pkt_mac *mac);

/* ---- Between the driver's files ---- */

static inline const struct dwmac_h7_config *dwmac_h7_config(const struct pkt_mac *mac) {
  return (const struct dwmac_h7_config *)mac->config;
}
static inline struct dwmac_h7_state *dwmac_h7_state(const struct pkt_mac *mac) {
  return (struct dwmac_h7_state *)mac->state;
}
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

#ifdef __cplusplus
}
#endif

#endif
