/* What the drivers of both generations of the DesignWare MAC (dwmac.c, dwmac_h7.c) share: the state of their rings, link,
 * recovery, address filters, waits, and the arithmetic of the IEEE 1588 clock. */
#ifndef MAC_DWMAC_COMMON_H
#define MAC_DWMAC_COMMON_H

#include "../common/descriptors.h"
#include "../common/phy.h"
#include <pktsock/mac.h>

/* Numbers of descriptors; at most one less is with the MAC. */
enum { DWMAC_RX = 16, DWMAC_TX = 4 };

enum { DWMAC_MAX_EXACT = 7 };

enum {
  DWMAC_RESET_US = 20000, /* a reset takes a few cycles of the slowest clock */
  DWMAC_MDIO_US = 1000,   /* 64 cycles of MDC, at most 2.5 MHz, take 26 us or more */
  DWMAC_STOP_US = 5000,   /* a frame at 10 Mbit/s takes 1.3 ms, and one more may be in the FIFO */
};

/* Wait until no bit of `mask` is set in *reg. 0, or -EIO after `limit_us` microseconds. */
int dwmac_wait_clear(const volatile uint32_t *reg, uint32_t mask, uint32_t limit_us);

/* Write a register in the MII clock domain. The MAC may lose a second write within four cycles of that clock, although
 * the value reads back (errata sheets of STM32F4 and F7; registers MACCR, MACFFR, MACHTxR, MACAxR, DMABMR, DMAOMR,
 * PTPTSCR), so this function waits that long after the write. Use it for start-up, filters and link changes only. */
void dwmac_write(volatile uint32_t *reg, uint32_t value);

/* The code of the MDIO clock's divider for the range of the bus clock: it keeps MDC at 2.5 MHz or less. */
uint32_t dwmac_mdc_range(uint32_t bus_hz);

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

/* The rate of the IEEE 1588 clock. At each bus cycle it adds `addend` to a 32-bit accumulator; at each overflow it adds
 * `increment` nanoseconds to the time. `increment` is above the bus period; `addend` corrects the rest, and the rate by `ppb`. */
struct dwmac_clock_rate {
  uint32_t increment, addend;
};
struct dwmac_clock_rate dwmac_clock_rate(uint32_t bus_hz, int32_t ppb);

enum { DWMAC_MAX_PPB = 1000000 };

struct dwmac_clock {
  volatile uint32_t *registers; /* from the control register on; NULL: the MAC has no clock */
  uint32_t (*bus_hz)(void);
  uint8_t increment_shift; /* of the increment in its register */
  bool stamps_received, stamps_sent;
  int32_t ppb;
  /* Of pkt_os_now(), nanoseconds, when it was last looked at. After a restart of the MAC, the time goes on there. */
  int64_t ahead;
};

struct dwmac_core;

/* What differs between the generations. Task context; `arm_one` and `notify` with interrupts masked. */
struct dwmac_core_ops {
  struct phy_bus phy_bus;
  /* Reset the MAC, program it, and start its DMA; transmitter and receiver stay off. 0, or -EIO when it does not leave
   * reset. */
  int (*bring_up)(struct pkt_mac *mac);
  /* Stop DMA, transmitter, receiver and interrupts at once. */
  void (*halt)(struct pkt_mac *mac);
  /* After halt(): return when the DMA has stopped, or reset the MAC, because its memory will be used for other things. */
  void (*ensure_halted)(struct pkt_mac *mac);
  /* The link is up: start with an empty TX ring, set speed and duplex and start transmitter and receiver in one write of
   * the register. The databook allows a change of the former only while both of the latter are off. */
  void (*enable)(struct pkt_mac *mac);
  /* The link is down: finish the frame that is being sent, stop transmitter and receiver in one write, empty the
   * transmitter's FIFO. What was received still reaches memory; the frames of the TX ring are the caller's afterwards.
   * 0, or -EIO when the MAC does not stop. */
  int (*disable)(struct pkt_mac *mac);
  /* Stop the DMA of reception and start it again with the frames that it had. */
  void (*restart_reception)(struct pkt_mac *mac);
  /* Frames that the MAC lost since the last call, because it had no descriptor or no room. */
  uint32_t (*missed)(struct pkt_mac *mac);
  void (*write_filter)(struct pkt_mac *mac);
  bool (*send)(struct pkt_mac *mac); /* TX ring of mac.h to descriptors: see mac_tx_transmit() */
  void (*arm_one)(struct pkt_mac *mac, struct pkt_frame *frame);
  void (*notify)(struct pkt_mac *mac); /* the MAC of armed descriptors */
};

/* The first member of mac->state. Shared with the interrupt handler.
 *
 * Recovery: a MAC may stop at any time: without a clock from the PHY, at a bus error, or for an unknown reason. */
struct dwmac_core {
  const struct dwmac_core_ops *ops;
  struct pkt_frame *rx_frames[DWMAC_RX]; /* the frame of each armed descriptor */
  struct pkt_frame *tx_frames[DWMAC_TX];
  uint8_t rx_next, rx_armed; /* the next descriptor that the MAC fills; how many from it on have a frame */
  struct mac_tx tx;
  bool rx_notify;        /* the MAC must be notified of armed descriptors */
  volatile bool enabled; /* transmitter and receiver are on: the link is up */
  uint8_t phy_address, exact_addresses;
  bool hash_table;
  bool running;                 /* the MAC is out of reset and programmed */
  bool reported;                /* the present trouble was reported */
  bool rx_restarted;            /* reception was restarted, and no frame came since */
  uint8_t rx_armed_seen;        /* rx_armed at the last look at the receiver, ... */
  uint32_t rx_seen;             /* ... and the descriptors that it had finished */
  const char *volatile trouble; /* why the MAC must be restarted, or NULL; the interrupt handler sets it too */
  uint64_t retry;               /* while not running: time of the next attempt, microseconds */
  uint32_t tx_seen;             /* frames sent at the last progress of the transmitter, ... */
  uint64_t tx_moved;            /* ... and its time, microseconds */
  struct dwmac_filter filter;
  struct dwmac_clock clock;
  struct phy phy;
};

static inline struct dwmac_core *dwmac_core(const struct pkt_mac *mac) { return mac->state; }

extern const char dwmac_bus_error[]; /* for core->trouble */

/* Start with a zeroed state whose core has ops, phy_address, exact_addresses, hash_table and clock. Never fails (mac.h, second
 * case). The interrupt is enabled by the caller. */
void dwmac_core_start(struct pkt_mac *mac);
void dwmac_core_stop(struct pkt_mac *mac);

/* Take the frames of the RX ring out of it: their number. The handler does not run meanwhile. */
unsigned dwmac_held_frames(struct dwmac_core *core, struct pkt_frame *held[DWMAC_RX]);

/* Take a frame from FILL for an RX descriptor, or NULL: at most all but one have a frame, and one is left for a frame that
 * refill() has taken. */
static inline struct pkt_frame *dwmac_take_empty(struct pkt_mac *mac) {
  return dwmac_core(mac)->rx_armed < DWMAC_RX - 2 ? pkt_fill_take(mac) : NULL;
}

/* Give back the next frame of the TX ring, which the MAC has sent or given up. From the handler, or with interrupts
 * masked. */
void dwmac_sent(struct pkt_mac *mac, bool failed);

/* dwmac_clock.c. Start the clock after each reset of the MAC; look at it now and then, and before the MAC stops. */
void dwmac_clock_start(struct pkt_mac *mac);
void dwmac_clock_service(struct pkt_mac *mac);
void dwmac_clock_stop(struct pkt_mac *mac);

/* The clock of a MAC that starts, without its registers: it begins with the system's time, or after a trap of the module goes on
 * with its own, at its rate. Called before the state is zeroed. */
struct dwmac_clock dwmac_clock_begin(const struct pkt_mac *mac);
extern const struct pkt_clock_ops dwmac_clock_ops;

/* Operations of the contract. */
void dwmac_transmit(struct pkt_mac *mac);
void dwmac_refill(struct pkt_mac *mac);
void dwmac_set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter);
bool dwmac_link(struct pkt_mac *mac);
void dwmac_service(struct pkt_mac *mac);

#endif
