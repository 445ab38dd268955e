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
  unsigned irq;   /* for pkt_os_irq_enable() */
};

/* mac->state. Must be zero at first; the driver owns the contents. */
enum { LAN9118_STATE_BYTES = 8 };
struct lan9118_state {
  uint8_t contents[LAN9118_STATE_BYTES] __attribute__((aligned(4)));
};

extern const struct pkt_mac_ops lan9118_ops;

/* Handle config->irq: the board calls it from its interrupt vector, with its own `mac`, not NULL.
 *
 * Errors: none.
 * Context: the interrupt handler of config->irq.
 * Source: the data sheet that the first lines of this header name. */
void lan9118_interrupt(struct pkt_mac *mac);

#ifdef __cplusplus
}
#endif

#endif
