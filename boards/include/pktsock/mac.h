/* The contract of a MAC driver: the whole interface between the component and a piece of Ethernet hardware.
 *
 * The component calls the operations below, always in task context and never two at a time (it holds its lock). The
 * driver uses the rings of ring.h, and pkt_os_wake(); both may be used from an interrupt handler. It reports what a
 * user should know with pkt_say(). A driver never calls the module and includes no header of a board: os.h provides
 * what it needs from the operating system and the interrupt controller.
 *
 * Ownership of frames: a frame belongs to the side that received it last. A driver owns a frame that it took from FILL
 * until it gives it to RX (if the received frame was bad, it keeps the buffer for the next one), and a frame that it
 * took from TX until it gives it to COMPLETION. A driver copies nothing that its hardware can fetch: a MAC with DMA
 * gets pointers to the frames; a FIFO is filled from them and drained into them.
 *
 * Received frames carry no FCS. The driver drops and counts frames that are shorter than ETH_HLEN (rx_too_short) or
 * longer than the frame buffer (rx_too_long), bad frames (CRC, overrun: rx_errors), and frames for which FILL is empty
 * (rx_no_frame). Sent frames have frame->len bytes, and zeros up to ETH_ZLEN, which the module has written.
 *
 * A burst wakes once. pkt_rx_give() and pkt_completion_give() wake no task, so a driver hands over everything that is
 * there and then calls pkt_os_wake() once, at the end of its interrupt handler. Until that call, more frames may
 * follow. A driver that drains its hardware in chunks, with tasks running in between, wakes after the last chunk, or
 * earlier if FILL becomes empty, because only a woken task refills it. transmit() need not wake for frames that it
 * completes.
 *
 * Interrupts. A driver masks them for one descriptor at a time, at most 60 instructions, and copies no frame while
 * they are masked. Each loop of its interrupt handler has a limit, however fast frames arrive. See
 * boards/mac/common/descriptors.h.
 *
 * Time stamps. Each frame may have two: one by the system's clock (pkt_os_time()), one by the MAC's clock. Each belongs
 * to exactly one frame, and has a bit in frame->flags that says whether it is valid; a stamp that was not taken is not
 * there.
 *   - By the system's clock, for every MAC: pkt_rx_begin() and pkt_tx_take() take it if a socket asks for it. The
 *     second is called just before a frame goes to the hardware.
 *   - By the MAC's clock, for a MAC with `clock` operations: clock->stamp() turns stamping on and off. The driver hands
 *     over the stamp that the hardware took of a frame with pkt_hw_stamp(): of each received frame, and of each frame
 *     to send for which pkt_wants_hw_stamp() returns true. Sending holds a frame no longer for its stamp: if the
 *     hardware has none when the frame was sent, the frame goes to COMPLETION without one.
 *
 * Hardware that does not answer: each wait for hardware has a limit. There are two cases.
 *   - The MAC itself: nothing answers at its address, or something else does, or an operation that needs only the bus
 *     clock does not finish. start() returns -EIO (errno of the platform, negated) and leaves nothing running.
 *     pktsock_start() then fails with EIO and stops the MACs that it had started; pktsock_error() returns the message.
 *     The start is not retried.
 *   - What may appear later: the cable, the PHY, a clock that the PHY supplies. start() returns 0, link() returns
 *     false, and service() retries at most once a second. The driver reports each problem once with pkt_say(), and also
 *     reports its end. A MAC that stops while it runs (bus error, stalled transmitter or receiver) is handled in the
 *     same way, and counted in mac->restarts. While the MAC cannot send, the driver gives frames from TX to COMPLETION
 *     at once and counts them as tx_errors.
 * A driver that cannot distinguish the two cases assumes the second. */
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
  uint16_t at; /* the next slot that this side reads or writes */
};

/* What the MAC must accept in addition to its own address and broadcast. */
struct pkt_mac_filter {
  bool promiscuous;
  bool all_multicast;
  uint16_t count; /* number of addresses */
  /* Multicast and further unicast addresses, in wire order; valid during the call only. */
  const uint8_t (*addresses)[6];
};

struct pkt_mac {
  const struct pkt_mac_ops *ops; /* set by the board */
  const void *config;            /* set by the board: base address, interrupt number, ... as the driver documents */
  void *state;                   /* set by the board: RAM of the driver, zeroed, as large as the driver documents */
  uint8_t hwaddr[6];             /* set by the board: the MAC address, in wire order */

  /* Set by the component before start(). Sizes are in bytes; offsets are from the start of linear memory. */
  struct pkt_iface *iface;
  struct pkt_ring fill, rx, tx, completion;
  uint8_t *memory;          /* linear memory */
  struct pkt_frame *frames; /* the frame table */
  uint32_t frame_table;     /* its offset */
  uint32_t frame_count;     /* entries of the frame table, one for each buffer */
  uint32_t umem, umem_end;  /* offsets of the first buffer and of the end of the last one */
  uint32_t frame_stride;    /* from the start of one buffer to that of the next */
  uint32_t frame_size;      /* of one buffer */

  /* Set by the component while it calls stop() and then start() to begin anew after a trap of the module: what lies
   * behind the MAC must stay as it is (the PHY and its link, the cable), so that no frame is lost but those that the
   * driver has. Its clock goes on as when the driver restarts the MAC: with its time and its rate. */
  bool restarting;

  /* Counted by the driver: how often it restarted the MAC, or its reception or sending, because it had stopped. */
  uint32_t restarts;
};

/* A time of a MAC's clock: seconds since 1970, modulo 2^32. */
struct pkt_time {
  uint32_t sec;
  uint32_t nsec; /* 0 to 999999999 */
};

/* The clock of a MAC (IEEE 1588), by which it stamps frames. It begins with pkt_os_time() in start(), and then runs
 * freely: it belongs to the application. If the driver restarts the MAC, it keeps the rate, and the time as well as it
 * can.
 *
 * Called in task context with the lock held, after start(). Each returns 0 or a negative errno of the platform: -EIO if
 * the MAC does not run, or does not answer within the driver's limit. The component has checked the values that it
 * passes, and checks those that it gets. */
struct pkt_clock_ops {
  int32_t max_ppb; /* the largest rate of adjust(), in either direction */
  int (*get)(struct pkt_mac *mac, struct pkt_time *now);
  int (*set)(struct pkt_mac *mac, const struct pkt_time *time);
  /* Move by `ns` nanoseconds, backwards if negative, without losing time meanwhile. The sum is a time of the clock. */
  int (*step)(struct pkt_mac *mac, int64_t ns);
  /* Run faster than the MAC's oscillator by `ppb` parts per billion, slower if negative, in place of an earlier
   * rate. */
  int (*adjust)(struct pkt_mac *mac, int32_t ppb);
  /* Stamp received frames, and frames to send that ask for it. Both are off after start(). Frames on their way may
   * still have a stamp, or none. NULL: the MAC has a clock, but stamps no frames. */
  int (*stamp)(struct pkt_mac *mac, bool received, bool sent);
};

struct pkt_mac_ops {
  const char *name; /* of the driver, for messages */

  /* Where the link-layer header of a frame to send starts: 0 or 2 bytes after the aligned start of its buffer, as the
   * hardware needs it. Received frames may start anywhere; the driver passes their offset to pkt_rx_give(). */
  uint8_t tx_offset;

  /* Reset the MAC, program mac->hwaddr, enable reception and interrupts. Returns 0, or -EIO when the MAC itself does
   * not answer (see above), or another negative errno of the platform. stop() is called only after start() returned
   * 0. */
  int (*start)(struct pkt_mac *mac);

  /* Stop the hardware, its DMA and its interrupts. The driver forgets the frames that it holds: the component resets
   * the rings. */
  void (*stop)(struct pkt_mac *mac);

  /* TX has new entries. Send as many as the hardware takes, without waiting; send the rest when the hardware reports
   * room. */
  void (*transmit)(struct pkt_mac *mac);

  /* FILL has entries: a driver that found it empty can receive again. Called often, so it must return at once when the
   * driver has enough frames. NULL for a driver that takes frames from FILL only when it has received one. */
  void (*refill)(struct pkt_mac *mac);

  /* Set the address filter. Must never reject what was asked for; may accept more (hash, all multicast, everything). */
  void (*set_filter)(struct pkt_mac *mac, const struct pkt_mac_filter *filter);

  /* Returns true if there is a carrier and the MAC runs. NULL: always. The component calls it after start() and after
   * each service(), or equally often if there is no service(), and sets IFF_RUNNING to its result. Returns at once. */
  bool (*link)(struct pkt_mac *mac);

  /* Slow work, such as polling the PHY. Called at least ten times a second while a task waits in a call of the
   * component. NULL when there is none. */
  void (*service)(struct pkt_mac *mac);

  /* Receive what has arrived, without waiting: a call that does not wait found nothing. NULL for a driver whose
   * interrupt handler or thread receives each frame at once. */
  void (*look)(struct pkt_mac *mac);

  /* NULL if the MAC has no clock. */
  const struct pkt_clock_ops *clock;
};

/* Report `sentence` to the user: NUL-terminated, one line, without the interface's name and without a newline. The
 * component passes it to pktsock_config's report() and keeps no pointer to it.
 *
 * Errors: none.
 * Context: task, from start(), stop(), service() and the other operations; not an interrupt handler.
 * Source: this component's own contract. */
void pkt_say(const struct pkt_mac *mac, const char *sentence);

#ifdef __cplusplus
}
#endif

#endif
