/* Driver of the SMSC LAN9118 Ethernet controller (datasheet revision 1.5), 32-bit bus, internal PHY. */
#ifndef MAC_LAN9118_H
#define MAC_LAN9118_H

#include <pktsock/mac.h>

#ifdef __cplusplus
extern "C" {
#endif

/* mac->config */
struct lan9118_config {
  uintptr_t base; /* of the registers */
  unsigned irq;   /* for arch_irq_enable() */
};

/* mac->state */
struct lan9118_state {
  volatile bool tx_waits;     /* the TX FIFO was full: the interrupt handler sends on */
  volatile bool link_changed; /* the PHY had something to say: service() asks it */
  bool link_up;
  bool full_duplex;
  uint32_t mac_cr; /* MAC_CR without MAC_CR_FDPX */
};

extern const struct pkt_mac_ops lan9118_ops;

/* The handler of config->irq; the board's vector calls it. */
void lan9118_interrupt(struct pkt_mac *mac);

#ifdef __cplusplus
}
#endif

#endif
