/* What the drivers of both generations of the DesignWare MAC (dwmac.c, dwmac_h7.c) share: waits, recovery, address
 * filters, and the arithmetic of the IEEE 1588 clock. */
#ifndef MAC_DWMAC_COMMON_H
#define MAC_DWMAC_COMMON_H

#include "../common/phy.h"
#include <pktsock/mac.h>

enum { DWMAC_MAX_EXACT = 7 };

enum {
  DWMAC_RESET_US = 20000, /* a reset takes a few cycles of the slowest clock */
  DWMAC_MDIO_US = 1000,   /* 64 cycles of MDC, at most 2.5 MHz, take 26 us or more */
};

/* Wait until no bit of `mask` is set in *reg. 0, or -EIO after `limit_us` microseconds. */
int dwmac_wait_clear(const volatile uint32_t *reg, uint32_t mask, uint32_t limit_us);

/* Write a register in the MII clock domain. The MAC may lose a second write within four cycles of that clock, although
 * the value reads back (errata sheets of STM32F4 and F7; registers MACCR, MACFFR, MACHTxR, MACAxR, DMABMR, DMAOMR,
 * PTPTSCR), so this function waits that long after the write. Use it for start-up, filters and link changes only. */
void dwmac_write(volatile uint32_t *reg, uint32_t value);

/* Distribute the addresses of a filter to the MAC's means: the first `exact` of them (at most DWMAC_MAX_EXACT), unicast
 * addresses first, are compared exactly. The others go into the hash table; without a hash table the MAC accepts all
 * multicast, or everything. */
struct dwmac_filter {
  bool promiscuous, all_multicast, hash_unicast, hash_multicast;
  uint32_t hash[2];
  uint8_t exact_count, exact[DWMAC_MAX_EXACT][6];
};
void dwmac_split_filter(struct dwmac_filter *split, const struct pkt_mac_filter *filter, unsigned exact,
                        bool hash_table);

/* The rate of the clock. At each bus cycle it adds `addend` to a 32-bit accumulator; at each overflow it adds
 * `increment` nanoseconds to the time. `increment` is the smallest whole number above the bus period; `addend` corrects
 * the rest. */
struct dwmac_clock_rate {
  uint32_t increment, addend;
};
struct dwmac_clock_rate dwmac_clock_rate(uint32_t bus_hz);

/* Does this time differ from pkt_os_time() by more than a millisecond? */
bool dwmac_clock_is_off(uint32_t sec, uint32_t nsec);

/* Recovery of a MAC that may stop at any time: without a clock from the PHY, at a bus error, or for an unknown
 * reason. */
struct dwmac_recovery {
  volatile bool failed; /* set by the interrupt handler: the DMA stopped at a bus error */
  bool running, reported;
  uint64_t retry;    /* while not running: time of the next attempt, microseconds */
  uint32_t tx_seen;  /* frames sent at the last progress of the transmitter, ... */
  uint64_t tx_moved; /* ... and its time, microseconds */
};

struct dwmac_recovery_ops {
  int (*bring_up)(struct pkt_mac *mac);   /* reset and program everything: 0 or -EIO */
  void (*take_down)(struct pkt_mac *mac); /* stop, drop the frames that were being sent */
};

/* Bring the MAC up when it does not run and the next attempt is due; restart it when it failed or stalled. Reports each
 * problem once. `tx_busy`: the transmitter holds frames. Returns whether the MAC runs. Task context. */
bool dwmac_recover(struct dwmac_recovery *recovery, struct pkt_mac *mac, const struct dwmac_recovery_ops *ops,
                   bool tx_busy);

#endif
