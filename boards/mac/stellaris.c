/* Stellaris: a MAC with two FIFOs of 2 KB at one register, and no DMA. In both FIFOs each frame follows a 16-bit
 * length, so frames start at byte 2 of a word. Frames in buffers start there too, so that no byte is shifted. The
 * transmitter takes one frame at a time. Register and bit names are the data sheet's. */
#include "common/address.h"
#include "common/fifo.h"
#include <errno.h>
#include <pktsock/os.h>
#include <pktsock/ring.h>
#include <pktsock/stellaris.h>
#include <string.h>

/* mac->state */
struct stellaris {
  volatile bool tx_waits; /* the transmitter was busy: the interrupt handler sends the rest */
};
static_assert(sizeof(struct stellaris) <= sizeof(struct stellaris_state), "STELLARIS_STATE_BYTES");

struct stellaris_registers {
  volatile uint32_t MACRIS; /* written: MACIACK */
  volatile uint32_t MACIM, MACRCTL, MACTCTL, MACDATA, MACIA0, MACIA1, MACTHR, MACMCTL, MACMDV, reserved0, MACMTXD;
  volatile uint32_t MACMRXD, MACNP, MACTR;
};
static_assert(offsetof(struct stellaris_registers, MACTR) == 0x38, "Stellaris register map");

#define INT_RXINT 0x01u
#define INT_TXER 0x02u
#define INT_TXEMP 0x04u
#define INT_FOV 0x08u
#define INT_RXER 0x10u
#define INT_ALWAYS (INT_RXINT | INT_TXER | INT_FOV | INT_RXER)
#define RCTL_RXEN 0x01u
#define RCTL_AMUL 0x02u
#define RCTL_PRMS 0x04u
#define RCTL_BADCRC 0x08u
#define RCTL_RSTFIFO 0x10u
#define TCTL_TXEN 0x01u
#define TCTL_PADEN 0x02u
#define TCTL_CRC 0x04u
#define TCTL_DUPLEX 0x10u
#define MACNP_NPR 0x3fu
#define MACTR_NEWTX 1u
#define FCS_BYTES 4u
#define LENGTH_BYTES 2u
#define FIFO_BYTES 2048u

static struct stellaris_registers *registers(const struct pkt_mac *mac) {
  return (struct stellaris_registers *)((const struct stellaris_config *)mac->config)->base;
}

static int stellaris_start(struct pkt_mac *mac) {
  const struct stellaris_config *config = mac->config;
  struct stellaris_registers *r = registers(mac);
  *(struct stellaris *)mac->state = (struct stellaris){0};
  r->MACIM = 0;
  r->MACRCTL = RCTL_RSTFIFO | RCTL_BADCRC;
  r->MACTCTL = TCTL_TXEN | TCTL_PADEN | TCTL_CRC | TCTL_DUPLEX;
  r->MACIA0 = pkt_address_low(mac->hwaddr);
  r->MACIA1 = pkt_address_high(mac->hwaddr);
  if ((r->MACIA0 & 0xffff) != (pkt_address_low(mac->hwaddr) & 0xffff)) /* no MAC at this address */
    return -EIO;
  r->MACRCTL = RCTL_RXEN | RCTL_BADCRC;
  r->MACRIS = r->MACRIS;
  r->MACIM = INT_ALWAYS;
  pkt_os_irq_enable(config->irq);
  return 0;
}

static void stellaris_stop(struct pkt_mac *mac) {
  const struct stellaris_config *config = mac->config;
  struct stellaris_registers *r = registers(mac);
  pkt_os_irq_disable(config->irq);
  r->MACIM = 0;
  r->MACRCTL = RCTL_RSTFIFO;
  r->MACTCTL = 0;
}

/* Beside its own address and broadcast, the MAC can accept all multicast or everything. */
static void stellaris_set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  uint32_t mode = RCTL_RXEN | RCTL_BADCRC;
  if (filter->promiscuous)
    mode |= RCTL_PRMS;
  if (filter->all_multicast)
    mode |= RCTL_AMUL;
  for (unsigned i = 0; i < filter->count; i++)
    mode |= filter->addresses[i][0] & 1 ? RCTL_AMUL : RCTL_PRMS;
  registers(mac)->MACRCTL = mode;
}

/* Move one frame out of the RX FIFO. Returns false if the FIFO had to be reset. */
static bool receive(struct pkt_mac *mac, struct stellaris_registers *r) {
  uint32_t first = r->MACDATA;
  uint32_t total = first & 0xffff; /* length field, frame and FCS */
  uint32_t words = (total + 3) / 4;
  struct pkt_frame *frame = NULL;
  if (total > FIFO_BYTES || words == 0) { /* not a length: the start of the next frame is unknown, so reset the FIFO */
    mac->iface->rx_errors++;
    r->MACRCTL |= RCTL_RSTFIFO;
    return false;
  }
  if (total < LENGTH_BYTES + PKT_ETH_HLEN + FCS_BYTES)
    mac->iface->rx_too_short++;
  else if (words * 4 > mac->frame_size)
    mac->iface->rx_too_long++;
  else if ((frame = pkt_fill_take(mac)) == NULL)
    mac->iface->rx_no_frame++;
  if (frame == NULL) {
    mac_fifo_discard(&r->MACDATA, words - 1);
    return true;
  }
  uint32_t *buffer = (uint32_t *)pkt_frame_buffer(mac, frame);
  buffer[0] = first;
  mac_fifo_read(&r->MACDATA, buffer + 1, words - 1);
  pkt_rx_begin(mac, frame);
  pkt_rx_give(mac, frame, LENGTH_BYTES, total - LENGTH_BYTES - FCS_BYTES);
  return true;
}

/* Send frames until the transmitter is busy. False when it is busy and frames are left. */
static bool send(struct pkt_mac *mac, struct stellaris_registers *r) {
  for (unsigned left = mac->tx.length; left > 0 && pkt_tx_pending(mac); left--) {
    if (r->MACTR & MACTR_NEWTX)
      return false;
    struct pkt_bytes bytes;
    struct pkt_frame *frame = pkt_tx_take(mac, &bytes);
    if (frame == NULL)
      continue;
    uint16_t start;
    memcpy(&start, bytes.at, sizeof(start));
    r->MACDATA = (bytes.len - PKT_ETH_HLEN) | (uint32_t)start << 16;
    mac_fifo_write(&r->MACDATA, bytes.at + sizeof(start), (bytes.len - sizeof(start) + 3) / 4);
    r->MACTR = MACTR_NEWTX;
    mac->iface->tx_frames++;
    pkt_completion_give(mac, frame);
  }
  return true;
}

static void stellaris_transmit(struct pkt_mac *mac) {
  struct stellaris *state = mac->state;
  struct stellaris_registers *r = registers(mac);
  if (state->tx_waits || send(mac, r))
    return;
  uint32_t irqs = pkt_os_irq_save();
  state->tx_waits = true;
  r->MACIM = INT_ALWAYS | INT_TXEMP;
  pkt_os_irq_restore(irqs);
}

void stellaris_interrupt(struct pkt_mac *mac) {
  struct stellaris *state = mac->state;
  struct stellaris_registers *r = registers(mac);
  uint32_t interrupts = r->MACRIS;
  r->MACRIS = interrupts;
  uint32_t left = r->MACNP & MACNP_NPR; /* later frames raise another interrupt */
  while (left > 0 && receive(mac, r))
    left--;
  if (state->tx_waits && send(mac, r)) {
    state->tx_waits = false;
    r->MACIM = INT_ALWAYS;
  }
  if (interrupts & (INT_FOV | INT_RXER))
    mac->iface->rx_errors++;
  if (interrupts & INT_TXER)
    mac->iface->tx_errors++;
  pkt_os_wake();
}

const struct pkt_mac_ops stellaris_ops = {
    .name = "Stellaris",
    .tx_offset = LENGTH_BYTES,
    .start = stellaris_start,
    .stop = stellaris_stop,
    .transmit = stellaris_transmit,
    .set_filter = stellaris_set_filter,
};
