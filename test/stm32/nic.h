/* What both models of the Ethernet MAC share: the wire, the address filter, the IEEE 1588 clock. */
#ifndef NIC_H
#define NIC_H

#include "soc.h"

enum { MAX_WIRE_FRAME = 2048 };

/* Something that the wire can do to a frame. */
enum wire_fault { WIRE_GOOD, WIRE_BAD_CRC };

struct nic {
  struct soc *soc;
  void *model;
  /* A frame arrives: `len` bytes without FCS. */
  void (*receive)(struct nic *nic, const uint8_t *bytes, unsigned len, enum wire_fault fault);
  void (*bus_error)(struct nic *nic); /* the next access of the DMA fails */
  uint64_t (*stamp)(struct nic *nic); /* the IEEE 1588 clock, nanoseconds */

  /* What the MAC sent; set by the test. */
  void (*sent)(void *arg, const uint8_t *bytes, unsigned len);
  void *sent_arg;
  bool hold_tx;   /* a test: the transmitter is stopped, ... */
  bool hold_mdio; /* ... an MDIO access does not end, ... */
  bool fail_tx;   /* ... frames are given up for too many collisions */

  unsigned deaf;          /* frames that met a MAC that could not hear them: off, wrong speed, no link */
  unsigned filtered;      /* frames that the filter refused */
  unsigned no_descriptor; /* frames that found none */
  uint64_t last_stamp;    /* of the last frame that was stamped */
  unsigned stamped;
  unsigned clock_sets; /* how often the 1588 clock was set */
};

/* Registers of the filter in a common form. */
struct nic_filter {
  bool promiscuous, pass_multicast, hash_unicast, hash_multicast, hash_or_perfect;
  unsigned count;
  uint32_t high[8], low[8]; /* address registers; bit 31 of `high` enables */
  uint32_t hash[2];
};
bool nic_filter_passes(const struct nic_filter *filter, const uint8_t *destination);

/* The 1588 clock: nanoseconds at a cycle, and the rate at which they go on. */
struct nic_clock {
  bool on;
  uint64_t start_ns, start_cycle;
  uint32_t increment, addend;
};
uint64_t nic_clock_ns(const struct nic *nic, const struct nic_clock *clock);
void nic_clock_set(struct nic *nic, struct nic_clock *clock, uint32_t sec, uint32_t nsec);

/* Can the MAC hear and be heard? Checks pins and clocks on the way. */
bool nic_has_wire(struct nic *nic, bool fast, bool full_duplex);

/* Time on the wire, cycles. */
uint64_t nic_wire_cycles(const struct nic *nic, unsigned len, bool fast);

void gmac_init(struct soc *soc, struct nic *nic, uint32_t mac_base, uint32_t dma_base, bool time_stamps);
void eqos_init(struct soc *soc, struct nic *nic, uint32_t base);

#endif
