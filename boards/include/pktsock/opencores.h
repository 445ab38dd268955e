/* Driver of the OpenCores 10/100 Ethernet MAC (specification revision 1.7), which has its own DMA and keeps the descriptors
 * itself: they point straight into the frames of linear memory, in both directions. */
#ifndef MAC_OPENCORES_H
#define MAC_OPENCORES_H

#include <pktsock/mac.h>
#include <pktsock/phy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* mac->config */
struct opencores_config {
  uintptr_t base;      /* of the registers; the descriptors lie 0x400 bytes behind it */
  unsigned irq;        /* for arch_irq_enable() */
  uint8_t phy_address; /* on MDIO, 0 to 31 */
};

/* Descriptors in use; the MAC has 128. */
enum { OPENCORES_RX = 16, OPENCORES_TX = 8 };

/* mac->state. The rings are shared with the interrupt handler. */
struct opencores_state {
  struct pkt_frame *rx_frames[OPENCORES_RX]; /* the frame behind each armed descriptor */
  struct pkt_frame *tx_frames[OPENCORES_TX];
  uint8_t rx_next, rx_armed; /* the descriptor that is filled next; how many from there on have a frame */
  uint8_t tx_next, tx_busy;  /* the descriptor that is sent next; how many from there on have a frame */
  uint32_t moder;            /* MODER without MODER_FULLD */
  struct phy phy;
};

extern const struct pkt_mac_ops opencores_ops;

/* The handler of config->irq; the board's vector calls it. */
void opencores_interrupt(struct pkt_mac *mac);

#ifdef __cplusplus
}
#endif

#endif
