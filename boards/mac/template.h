/* A MAC driver to start from; see template.c. */
#ifndef MAC_TEMPLATE_H
#define MAC_TEMPLATE_H

#include <pktsock/mac.h>

/* mac->config: what distinguishes one instance from another, in flash. A real MAC: base address, interrupt number, PHY. */
struct template_config {
  bool present;   /* is the MAC there at all? */
  bool connected; /* is the loopback plug in? */
};

/* mac->state: the driver's RAM. A real MAC: its descriptors, what waits for an interrupt. */
struct template_state {
  bool started;
};

extern const struct pkt_mac_ops template_ops;

/* The handler of the MAC's interrupt; the board's vector calls it. */
void template_interrupt(struct pkt_mac *mac);

#endif
