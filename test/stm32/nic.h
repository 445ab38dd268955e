/* What both models of the Ethernet MAC share: the wire, the address filter, the IEEE 1588 clock. */
#ifndef NIC_H
#define NIC_H

#include "soc.h"

enum { MAX_WIRE_FRAME = 2048 };

/* Something that the wire can do to a frame. Dribble: bits behind the last byte; the CRC is good, or reported as bad
 * although it is good (RMII at 10 Mbit/s, errata sheet ES0392), or bad. */
enum wire_fault { WIRE_GOOD, WIRE_BAD_CRC, WIRE_DRIBBLE, WIRE_FAKE_DRIBBLE, WIRE_BAD_DRIBBLE };

/* What the MAC does instead of stamping a frame and saying so. */
enum stamp_fault {
  STAMP_GOOD,
  STAMP_NONE,    /* it takes none, and says so */
  STAMP_LOST,    /* all ones: the time was lost */
  STAMP_STALE,   /* it says that there is one, but has not written it (F4, F7) */
  STAMP_OMITTED, /* H7: a received frame's is announced, but not there, ... */
  STAMP_LATE,    /* ... there long after the frame, ... */
  STAMP_FOREIGN, /* ... not announced, but there */
  STAMP_UNASKED, /* of a sent frame for which nobody asked */
};

/* The CRC-32 of IEEE 802.3 over these bytes, low bit first. */
uint32_t nic_crc32(const uint8_t *bytes, unsigned len);

struct nic {
  struct soc *soc;
  void *model;
  /* A frame arrives: `len` bytes without FCS. */
  void (*receive)(struct nic *nic, const uint8_t *bytes, unsigned len, enum wire_fault fault);
  void (*bus_error)(struct nic *nic); /* the next access of the DMA fails */
  uint64_t (*stamp)(struct nic *nic); /* the IEEE 1588 clock, nanoseconds */
  bool (*enabled)(struct nic *nic);   /* the transmitter or the receiver is on */

  /* What the MAC sent; set by the test. */
  void (*sent)(void *arg, const uint8_t *bytes, unsigned len);
  void *sent_arg;
  bool hold_tx;    /* a test: the transmitter is stopped, ... */
  bool hold_mdio;  /* ... an MDIO access does not end, ... */
  bool hold_clock; /* ... an update of the 1588 clock does not end, ... */
  bool fail_tx;    /* ... frames are given up for too many collisions, ... */
  bool silent;     /* ... the receiver only counts, and raises no bit: until its DMA is started anew, ... */
  bool dead;       /* ... or even until a reset, ... */
  bool stuck;      /* ... nothing ends: not the DMA's processes, nor a flush or a reset, ... */
  uint32_t tx_us;  /* ... the wire is so slow, unless 0 */

  unsigned deaf;                         /* frames that met a MAC that could not hear them: off, wrong speed, no link */
  unsigned filtered;                     /* frames that the filter refused */
  unsigned no_descriptor;                /* frames that found none */
  enum stamp_fault rx_stamps, tx_stamps; /* a test: see there */
  unsigned stamped;                      /* received frames */
  unsigned clock_sets;                   /* how often the 1588 clock was set */
  int64_t clock_error;                   /* how much too fast the 1588 clock's oscillator is, in parts per billion */
};

/* Registers of the filter in a common form. */
struct nic_filter {
  bool promiscuous, pass_multicast, hash_unicast, hash_multicast, hash_or_perfect;
  unsigned count;
  uint32_t high[8], low[8]; /* address registers; bit 31 of `high` enables */
  uint32_t hash[2];
};
bool nic_filter_passes(const struct nic_filter *filter, const uint8_t *destination);

/* A control frame (PAUSE): does the MAC hand it over? `pcf`: that field of the filter register. */
bool nic_is_control(const uint8_t *bytes, unsigned len);
bool nic_passes_control(unsigned pcf, bool filter_passes);

/* Fails unless a change of MACCR is allowed: speed, duplex and the like (`mode`) only while transmitter and receiver (`on`)
 * are off; these only with a link. */
void nic_expect_mode(struct nic *nic, uint32_t old, uint32_t value, uint32_t on, uint32_t mode);

/* The FCS of a frame as it comes from the wire, in the order of the wire. */
void nic_fcs(const uint8_t *bytes, unsigned len, enum wire_fault fault, uint8_t fcs[4]);

/* The 1588 clock: its registers, from the control register on, which both generations of the MAC have in the same order;
 * nanoseconds at a cycle, and the rate at which they go on. */
enum { NIC_CLOCK_WORDS = 7 };
struct nic_clock {
  uint32_t reg[NIC_CLOCK_WORDS];
  bool on, stamps_all;
  uint64_t start_ns, start_cycle;
  uint32_t increment, addend;
};
uint64_t nic_clock_ns(const struct nic *nic, const struct nic_clock *clock);
/* The time now as a MAC writes it into a descriptor: nanoseconds, and seconds in the upper half. With STAMP_NONE a wrong one. */
uint64_t nic_stamp(const struct nic *nic, const struct nic_clock *clock, enum stamp_fault fault);
uint32_t nic_clock_read(struct nic *nic, struct nic_clock *clock, unsigned number);
void nic_clock_write(struct nic *nic, struct nic_clock *clock, unsigned number, uint32_t value,
                     unsigned increment_shift);

/* Can the MAC hear and be heard? Checks pins and clocks on the way. */
bool nic_has_wire(struct nic *nic, bool fast, bool full_duplex);

/* Time on the wire, cycles. */
uint64_t nic_wire_cycles(const struct nic *nic, unsigned len, bool fast);

void gmac_init(struct soc *soc, struct nic *nic, uint32_t mac_base, uint32_t dma_base, bool time_stamps);
void eqos_init(struct soc *soc, struct nic *nic, uint32_t base);

#endif
