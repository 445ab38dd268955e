/* A MAC driver to start from; see template.c. */
#ifndef MAC_TEMPLATE_H
#define MAC_TEMPLATE_H

#include <pktsock/mac.h>

/* mac->config: what differs between two instances. Of a real MAC: base address, interrupt number, PHY address. */
struct template_config {
  bool present;   /* does the MAC answer? */
  bool connected; /* is the loopback plug in the socket? */
};

/* mac->state: the driver's RAM. Of a real MAC: its descriptors and flags that its interrupt handler shares. */
struct template_state {
  bool started;
};

extern const struct pkt_mac_ops template_ops;

/* The handler of the MAC's interrupt; the board's vector calls it. */
void template_interrupt(struct pkt_mac *mac);

#endif
