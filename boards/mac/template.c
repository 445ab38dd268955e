/* A MAC driver to start from. It works as it stands: a MAC with a loopback plug, where memory plays the wire. To write a
 * driver, copy template.c and template.h, and replace what is marked "Hardware:", step by step from start() downwards. The
 * contract is mac.h; the rings' functions are in ring.h. The board's board.c names the driver in its struct pkt_mac, and
 * board.mk lists the file in MACS.
 *
 * Frames change hands like this:
 *   reception  pkt_fill_take() -> the hardware fills the buffer -> pkt_rx_give(), then pkt_os_wake() once for the batch
 *   sending    pkt_tx_take() -> the hardware fetches the bytes -> pkt_completion_give() */
#include "template.h"
#include <errno.h>
#include <pktsock/os.h>
#include <pktsock/ring.h>
#include <string.h>

/* Hardware: look whether the MAC is there (a version register, or one that keeps what is written); reset it, with a limit on
 * every wait; program mac->hwaddr; set descriptors or FIFOs up; enable reception; at last arch_irq_enable(). -EIO when the
 * MAC itself does not answer, with nothing left running; 0 when only PHY, its clock or the cable are missing: service()
 * tries those again. Frames for reception may be taken from FILL now. */
static int template_start(struct pkt_mac *mac) {
  const struct template_config *config = mac->config;
  struct template_state *state = mac->state;
  if (!config->present)
    return -EIO;
  *state = (struct template_state){.started = true};
  return 0;
}

/* Hardware: arch_irq_disable() first, then stop DMA and wait (with a limit) until it has stopped: the glue will hand the
 * same buffers out again. */
static void template_stop(struct pkt_mac *mac) {
  struct template_state *state = mac->state;
  state->started = false;
}

/* A frame came in. Hardware: `bytes` is a FIFO to drain, or does not exist because DMA has filled a frame that was taken
 * from FILL before; then FILL is asked for the next frame that the DMA shall fill. */
static void receive(struct pkt_mac *mac, const uint8_t *bytes, uint32_t len) {
  if (len < PKT_ETH_HLEN) {
    mac->iface->rx_too_short++;
    return;
  }
  if (len > mac->frame_size) {
    mac->iface->rx_too_long++;
    return;
  }
  struct pkt_frame *frame = pkt_fill_take(mac);
  if (frame == NULL) {
    mac->iface->rx_no_frame++;
    return;
  }
  memcpy(pkt_frame_buffer(mac, frame), bytes, len);
  frame->flags =
      0; /* a MAC with time stamps sets frame->sec, frame->nsec and PKT_FRAME_STAMPED | PKT_FRAME_STAMPED_BY_MAC */
  pkt_rx_give(mac, frame, 0, len);
}

/* Hardware: find out what happened, acknowledge it *before* looking, so that what comes in meanwhile raises the interrupt
 * again; receive everything that waits; give sent frames to COMPLETION; send on if transmit() had found no room. Here the
 * plug has nothing of its own to say. */
void template_interrupt(struct pkt_mac *mac) {
  struct template_state *state = mac->state;
  if (state->started)
    pkt_os_wake();
}

/* Hardware: while there is room (look first: pkt_tx_pending() says whether it matters), point the hardware at the bytes or
 * write them into its FIFO. Never wait here: with the hardware full, leave the rest in TX, unmask the interrupt that
 * reports room and go on there. A DMA fetches later: give the frame to COMPLETION when it has. */
static void template_transmit(struct pkt_mac *mac) {
  const struct template_config *config = mac->config;
  const struct template_state *state = mac->state;
  while (state->started && pkt_tx_pending(mac)) {
    struct pkt_frame *frame = pkt_tx_take(mac);
    if (frame == NULL) /* a faulty entry; ring.h has counted it */
      continue;
    if (config->connected)
      receive(mac, mac->memory + frame->mac, pkt_tx_bytes(frame));
    mac->iface->tx_frames++;
    pkt_completion_give(mac, frame);
  }
  template_interrupt(mac);
}

/* Hardware: perfect filters or a hash; wider than asked is allowed, narrower is not. A plug lets everything through. */
static int template_set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  (void)mac, (void)filter;
  return -EOPNOTSUPP;
}

/* Hardware: what the PHY last said. */
static bool template_link(struct pkt_mac *mac) {
  const struct template_config *config = mac->config;
  return config->connected;
}

/* `refill` is only for a driver whose reception stands still until it is told of new entries in FILL, `service` only for
 * one with slow work, such as asking the PHY. */
const struct pkt_mac_ops template_ops = {
    .name = "template",
    .tx_offset = 0,
    .start = template_start,
    .stop = template_stop,
    .transmit = template_transmit,
    .set_filter = template_set_filter,
    .link = template_link,
};
