/* Driver of the Ethernet controller in Stellaris chips (LM3S6965 data sheet, chapter 16). */
#ifndef MAC_STELLARIS_H
#define MAC_STELLARIS_H

#include <pktsock/mac.h>

#ifdef __cplusplus
extern "C" {
#endif

/* mac->config */
struct stellaris_config {
  uintptr_t base; /* of the registers */
  unsigned irq;   /* for pkt_os_irq_enable() */
};

/* mac->state. Must be zero at first; the driver owns the contents. */
enum { STELLARIS_STATE_BYTES = 4 };
struct stellaris_state {
  uint8_t contents[STELLARIS_STATE_BYTES] __attribute__((aligned(4)));
};

extern const struct pkt_mac_ops stellaris_ops;

/* Handle config->irq: the board calls it from its interrupt vector, with its own `mac`, not NULL.
 *
 * Errors: none.
 * Context: the interrupt handler of config->irq.
 * Source: the data sheet that the first lines of this header name. */
void stellaris_interrupt(struct pkt_mac *mac);

#ifdef __cplusplus
}
#endif

#endif
