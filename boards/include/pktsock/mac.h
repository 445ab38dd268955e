/* The contract of a MAC driver: the whole edge between the glue and a piece of Ethernet hardware.
 *
 * Glue -> driver: the operations below, always in task context, never two at a time (the glue holds its lock).
 * Driver -> glue: the rings of ring.h and pkt_os_wake(); both may be used from an interrupt handler. A driver never
 * calls the module.
 *
 * Who owns a frame: the side that it was last handed to. A frame that the driver took from FILL is the driver's until it
 * is given to RX (or kept for the next reception when the received one was bad); one that it took from TX is the driver's
 * until it is given to COMPLETION. A driver copies nothing that its hardware can fetch: a MAC with DMA is pointed at the
 * frames, a FIFO is filled from them and drained into them.
 *
 * Received frames: without FCS. Shorter than ETH_HLEN or longer than the frame buffer: dropped and counted (rx_too_short,
 * rx_too_long); bad ones (CRC, overrun) rx_errors; no frame in FILL: rx_no_frame. Sent frames: frame->len bytes, and zeros
 * up to ETH_ZLEN (the module has put them there).
 *
 * Hardware that does not answer: every wait for it has a limit, and two cases differ.
 *   - The MAC itself: nothing answers at its address, or not what belongs there, or it does not finish what takes no clock
 *     but the bus's. start() returns -EIO (errno of the platform, negated) and leaves nothing running. pktsock_start() then
 *     fails with EIO, stops the MACs that had been started, and pktsock_error() has the sentence. Nobody tries again.
 *   - What may come later: cable, PHY, a clock that comes from the PHY. start() returns 0, link() says no, and service()
 *     tries again, at most once a second. The driver tells the console, once for each trouble, and that it is over
 *     (phy_say() of phy.h, which needs board_console_write() of boards/family/common/board.h). A MAC that stops while it runs (bus
 *     error, a transmitter that stands still) is treated the same. Meanwhile frames from TX go to COMPLETION at once, if
 *     the MAC cannot send them, and count as tx_errors.
 * A driver that cannot tell which of the two it met takes it for the second. */
#ifndef PKT_MAC_H
#define PKT_MAC_H

#include <pktsock/layout.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One of the four rings as the driver sees it. Use the functions of ring.h. */
struct pkt_ring {
  struct pkt_slot *slots;
  uint16_t length;
  uint16_t at; /* the next slot that this side looks at */
};

/* What the MAC shall let in beside its own address and broadcast. */
struct pkt_mac_filter {
  bool promiscuous;
  bool all_multicast;
  uint16_t count;                /* addresses below */
  const uint8_t (*addresses)[6]; /* multicast and further unicast addresses; valid during the call only */
};

struct pkt_mac {
  const struct pkt_mac_ops *ops; /* set by the board */
  const void *config;            /* set by the board: base address, interrupt number, ... as the driver documents */
  void *state;                   /* set by the board: RAM of the driver, zeroed, as large as the driver documents */
  uint8_t hwaddr[6];             /* set by the board */

  /* Set by the glue before start(). */
  struct pkt_iface *iface;
  struct pkt_ring fill, rx, tx, completion;
  uint8_t *memory;          /* linear memory */
  struct pkt_frame *frames; /* the frame table */
  uint32_t frame_table;     /* its offset */
  uint32_t frame_count;
  uint32_t umem, umem_end; /* offsets */
  uint32_t frame_stride, frame_size;
};

struct pkt_mac_ops {
  const char *name;

  /* Where the driver likes the link-layer header in a buffer that it sends from: 0 or 2 bytes behind its aligned start.
   * Received frames may start anywhere; pkt_rx_give() says where. */
  uint8_t tx_offset;

  /* Reset, program mac->hwaddr, enable reception and interrupts. 0, or -EIO when the MAC itself does not answer (above), or
   * what a system below says (host_nic.c). stop() is called only after a start() that returned 0. */
  int (*start)(struct pkt_mac *mac);

  /* Quiet the hardware and its interrupts. Frames that the driver holds are forgotten: the glue starts the rings afresh. */
  void (*stop)(struct pkt_mac *mac);

  /* There are new entries in TX. Sends as many as the hardware takes; the rest goes on when it reports room. */
  void (*transmit)(struct pkt_mac *mac);

  /* There are entries in FILL: a driver that found it empty goes on receiving. Called often, so it returns at once when
   * the driver has frames enough. NULL when the driver need not know, because it takes a frame only when one came in. */
  void (*refill)(struct pkt_mac *mac);

  /* Set the address filter. 0, or -EOPNOTSUPP when the hardware lets everything in. May be stricter than asked for in
   * nothing, looser (a hash) in anything. */
  int (*set_filter)(struct pkt_mac *mac, const struct pkt_mac_filter *filter);

  /* Is there a carrier (and a MAC that runs)? NULL: always. The glue asks after each service() and makes it IFF_RUNNING. */
  bool (*link)(struct pkt_mac *mac);

  /* Called in task context, at least ten times a second while a call waits, for link changes and other slow work. NULL
   * when there is none. */
  void (*service)(struct pkt_mac *mac);
};

#ifdef __cplusplus
}
#endif

#endif
