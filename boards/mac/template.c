/* A MAC driver to start from. It works as it is: a MAC with a loopback plug, where memory takes the place of the wire.
 * To write a driver, copy template.c and template.h and replace what is marked "Hardware:", from start() downwards.
 * mac.h is the contract, ring.h has the functions of the rings. The board's board.c names the driver in its struct
 * pkt_mac, and its board.mk lists the file in MACS.
 *
 * The way of a frame:
 *   reception  pkt_fill_take() -> the hardware fills the buffer -> pkt_rx_give(), then pkt_os_wake() once for the batch.
 *              pkt_rx_copy() of ring.h is all of it, checks included, for bytes that lie in another buffer
 *   sending    pkt_tx_take() -> the hardware fetches the bytes -> pkt_completion_give() */
#include "template.h"
#include <errno.h>
#include <pktsock/os.h>
#include <pktsock/ring.h>

/* Hardware: check that the MAC is there (a version register, or a register that keeps what is written). Reset it, with
 * a limit on each wait. Program mac->hwaddr, set up descriptors or FIFOs, enable reception, and call
 * pkt_os_irq_enable() last. Return -EIO when the MAC itself does not answer, and leave nothing running. Return 0 when
 * only the PHY, its clock or the cable is missing: service() retries those. The driver may take frames from FILL from
 * now on. */
static int template_start(struct pkt_mac *mac) {
  const struct template_config *config = mac->config;
  struct template_state *state = mac->state;
  if (!config->present)
    return -EIO;
  *state = (struct template_state){.started = true};
  return 0;
}

/* Hardware: call pkt_os_irq_disable() first. Then stop the DMA and wait, with a limit, until it has stopped: the
 * component reuses the buffers. */
static void template_stop(struct pkt_mac *mac) {
  struct template_state *state = mac->state;
  state->started = false;
}

/* Hardware: read the cause and acknowledge it *before* handling it, so that a later event raises the interrupt again.
 * Receive everything that is there; give sent frames to COMPLETION; send more frames if transmit() found no room. Then
 * wake once for all of it. The loopback plug has no events of its own. */
void template_interrupt(struct pkt_mac *mac) {
  struct template_state *state = mac->state;
  if (state->started)
    pkt_os_wake();
}

/* Hardware: while it has room, pass it the address of the bytes or write them into its FIFO. Check for room before
 * pkt_tx_take(), which cannot be undone; pkt_tx_pending() says whether there is a frame. Never wait here: when the
 * hardware is full, leave the rest in TX, enable the interrupt that reports room, and continue in its handler. A DMA
 * fetches the bytes later: give the frame to COMPLETION after that. */
static void template_transmit(struct pkt_mac *mac) {
  const struct template_config *config = mac->config;
  const struct template_state *state = mac->state;
  while (state->started && pkt_tx_pending(mac)) {
    struct pkt_bytes bytes;
    struct pkt_frame *frame = pkt_tx_take(mac, &bytes);
    if (frame == NULL) /* an invalid entry, which ring.h has counted */
      continue;
    if (config->connected) /* Hardware: a DMA or a FIFO fills the buffer of a frame, in the interrupt handler */
      pkt_rx_copy(mac, bytes.at, bytes.len);
    mac->iface->tx_frames++;
    pkt_completion_give(mac, frame);
  }
  template_interrupt(mac);
}

/* Hardware: exact filters or a hash. It may accept more than asked for, never less. The plug accepts everything. */
static void template_set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) { (void)mac, (void)filter; }

/* Hardware: the state that service() last read from the PHY. */
static bool template_link(struct pkt_mac *mac) {
  const struct template_config *config = mac->config;
  return config->connected;
}

/* Set `refill` only in a driver whose reception stops when FILL is empty and continues when FILL has entries again. Set
 * `service` only in a driver with slow work, such as polling the PHY, and `clock` if the MAC has an IEEE 1588 clock. */
const struct pkt_mac_ops template_ops = {
    .name = "template",
    .tx_offset = 0,
    .start = template_start,
    .stop = template_stop,
    .transmit = template_transmit,
    .set_filter = template_set_filter,
    .link = template_link,
};
