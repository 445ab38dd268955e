/* For drivers of MACs with DMA: descriptors that a task and the interrupt handler use, without masking interrupts for longer
 * than one descriptor takes. */
#ifndef PKT_DESCRIPTORS_H
#define PKT_DESCRIPTORS_H

#include <pktsock/os.h>
#include <pktsock/ring.h>

/* The descriptors of sending, a ring: the MAC has those from `next` to before `put`, at most all but one. One context at a
 * time gives it frames of TX: a task in transmit(), without masking interrupts; while `waits` is set, the handler. The
 * handler alone takes sent frames back. */
struct mac_tx {
  volatile uint8_t put, next;
  volatile bool waits; /* all descriptors are in use: the handler sends the rest */
};

/* How many descriptors the MAC has; `count`: of the ring. */
static inline unsigned mac_tx_busy(const struct mac_tx *tx, unsigned count) {
  return (tx->put + count - tx->next) % count;
}

static inline bool mac_tx_is_full(const struct mac_tx *tx, unsigned count) {
  return mac_tx_busy(tx, count) == count - 1;
}

/* Give the descriptor at `put` to the MAC by writing `flags` to `word`, and to the handler: at once, because the MAC may
 * send the frame before the next instruction. All else of the descriptor is written. */
static inline void mac_tx_give(struct mac_tx *tx, unsigned count, volatile uint32_t *word, uint32_t flags) {
  unsigned after = (tx->put + 1u) % count;
  uint32_t irqs = pkt_os_irq_save();
  *word = flags;
  tx->put = (uint8_t)after;
  pkt_os_irq_restore(irqs);
}

/* transmit() of the contract, while the MAC can send. `send` gives it frames of TX: as many as are there, with a limit;
 * it returns false if all descriptors are in use and frames are left. The handler calls it while `waits` is set, and
 * clears that when it returns true. Each turn sends a frame. */
static inline void mac_tx_transmit(struct pkt_mac *mac, struct mac_tx *tx, unsigned count,
                                   bool (*send)(struct pkt_mac *mac)) {
  while (!tx->waits && !send(mac)) {
    uint32_t irqs = pkt_os_irq_save();
    tx->waits = mac_tx_is_full(tx, count); /* or the handler has taken a frame back since */
    pkt_os_irq_restore(irqs);
  }
}

/* refill() of the contract, at most `count` times: `take` takes a frame from FILL, and returns NULL if there is none or no
 * descriptor for it; `arm` gives it the next descriptor of reception; `notify` starts the MAC if it has stopped. All are
 * called with interrupts masked. Between `take` and `arm` the handler may do both: `take` leaves a descriptor for the frame
 * that is on its way. */
static inline void mac_rx_refill(struct pkt_mac *mac, unsigned count, struct pkt_frame *(*take)(struct pkt_mac *mac),
                                 void (*arm)(struct pkt_mac *mac, struct pkt_frame *frame),
                                 void (*notify)(struct pkt_mac *mac)) {
  uint32_t irqs;
  for (; count > 0; count--) {
    irqs = pkt_os_irq_save();
    struct pkt_frame *frame = take(mac);
    pkt_os_irq_restore(irqs);
    if (frame == NULL)
      break;
    irqs = pkt_os_irq_save();
    arm(mac, frame);
    pkt_os_irq_restore(irqs);
  }
  irqs = pkt_os_irq_save();
  notify(mac);
  pkt_os_irq_restore(irqs);
}

#endif
