/* What the drivers of both generations of the DesignWare MAC (dwmac.c, dwmac_h7.c) share: waits, recovery, the split of an
 * address filter, the arithmetic of the IEEE 1588 clock. */
#ifndef MAC_DWMAC_COMMON_H
#define MAC_DWMAC_COMMON_H

#include <pktsock/mac.h>
#include <pktsock/phy.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { DWMAC_MAX_EXACT = 7 };

enum {
  DWMAC_RESET_US = 20000, /* takes a few cycles of the slowest clock, when that runs */
  DWMAC_MDIO_US = 1000,   /* 64 cycles of MDC at 2.5 MHz or less take 26 us and up */
};

/* Wait until no bit of `mask` is set in *reg; -EIO after `limit_us`. */
int dwmac_wait_clear(const volatile uint32_t *reg, uint32_t mask, uint32_t limit_us);

/* Write a register that works in the MII clock domains: a second write within four of their cycles may be lost, though it
 * can be read back (errata sheets of STM32F4 and F7; registers MACCR, MACFFR, MACHTxR, MACAxR, DMABMR, DMAOMR, PTPTSCR). So
 * each one waits that long. For start-up, filters and link changes only. */
void dwmac_write(volatile uint32_t *reg, uint32_t value);

/* An address filter: `exact` addresses (DWMAC_MAX_EXACT at most) are compared whole, single stations first. The others go
 * by their hash; without a table for it all of their kind are let in. */
struct dwmac_filter {
  bool promiscuous, all_multicast, hash_unicast, hash_multicast;
  uint32_t hash[2];
  uint8_t exact_count, exact[DWMAC_MAX_EXACT][6];
};
void dwmac_split_filter(struct dwmac_filter *split, const struct pkt_mac_filter *filter, unsigned exact,
                        bool hash_table);

/* The clock adds `addend` to a 32-bit accumulator each bus cycle, and `increment` nanoseconds to the time at each overflow:
 * the first whole number of nanoseconds above the bus period, and what makes up for the difference. */
struct dwmac_clock_rate {
  uint32_t increment, addend;
};
struct dwmac_clock_rate dwmac_clock_rate(uint32_t bus_hz);

/* Does pkt_os_time() differ by more than a millisecond? */
bool dwmac_clock_is_off(uint32_t sec, uint32_t nsec);

/* A MAC that may stop at any time: because the PHY's clock is missing, at a bus error, or for no known reason. */
struct dwmac_recovery {
  volatile bool failed; /* set by the interrupt handler: the DMA stopped at a bus error */
  bool running, reported;
  uint64_t retry;    /* not running: when to try again, microseconds */
  uint32_t tx_seen;  /* frames sent when the transmitter was last seen to move, ... */
  uint64_t tx_moved; /* ... and when that was */
};

struct dwmac_recovery_ops {
  int (*bring_up)(struct pkt_mac *mac);   /* reset and program everything: 0 or -EIO */
  void (*take_down)(struct pkt_mac *mac); /* stop, give up what was being sent */
};

/* Try to bring the MAC up when it is time to, tell the console what is wrong (once), see that it still works. `tx_busy`:
 * frames are with the transmitter. Returns whether the MAC runs. Task context. */
bool dwmac_recover(struct dwmac_recovery *recovery, struct pkt_mac *mac, const struct dwmac_recovery_ops *ops,
                   bool tx_busy);

#ifdef __cplusplus
}
#endif

#endif
