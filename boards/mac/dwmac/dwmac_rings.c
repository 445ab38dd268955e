/* The DesignWare MAC's descriptor rings and interrupt handler.
 *
 * Descriptors are chained in a circle, which is the only form that the ESP32's manual describes.
 *
 * RX: descriptors rx_next to rx_next + rx_armed - 1 have a frame; the MAC fills them in this order. A good frame goes
 * to RX, and the frame of a bad reception is armed again; further frames come from FILL. TX: common/descriptors.h; one
 * descriptor is always free, because with a full ring a MAC that reads ahead would read descriptors of the previous
 * round. */
#include "../common/dma.h"
#include "dwmac_internal.h"
#include "dwmac_regs.h"
#include <pktsock/os.h>
#include <pktsock/ring.h>

static volatile uint32_t *descriptor(const struct pkt_mac *mac, uint8_t *ring, unsigned index) {
  return (volatile uint32_t *)(ring + index * dwmac_config(mac)->descriptor_stride);
}

void dwmac_rings_arm_one(struct pkt_mac *mac, struct pkt_frame *frame) {
  struct dwmac_core *c = dwmac_core(mac);
  unsigned index = (c->rx_next + c->rx_armed) % DWMAC_RX;
  volatile uint32_t *d = descriptor(mac, dwmac_state(mac)->rx, index);
  c->rx_frames[index] = frame;
  c->rx_armed++;
  c->rx_notify = true;
  d[DES_CONTROL] = RDES1_RCH | (mac->frame_size & ~3u);
  d[DES_BUFFER] = (uint32_t)(uintptr_t)pkt_frame_buffer(mac, frame);
  pkt_dma_barrier(); /* the MAC must not see OWN before the other words */
  d[DES_STATUS] = DES_OWN;
}

void dwmac_rings_notify(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  if (!c->rx_notify)
    return;
  c->rx_notify = false;
  pkt_dma_barrier(); /* OWN must reach memory before the MAC is notified */
  *dwmac_dma(mac, DMARPDR) = 1;
}

void dwmac_rings_arm(struct pkt_mac *mac) {
  struct pkt_frame *frame;
  for (unsigned left = DWMAC_RX; left > 0 && (frame = dwmac_take_empty(mac)) != NULL; left--)
    dwmac_rings_arm_one(mac, frame);
  dwmac_rings_notify(mac);
}

/* The MAC has written its stamp of the frame into the descriptor, as the status says. Afterwards there is none in it, so that
 * it is never taken for another frame's. */
static void take_stamp(struct pkt_frame *frame, volatile uint32_t *d) {
  pkt_dma_barrier(); /* the status must be read first */
  pkt_hw_stamp(frame, d[DES_TIME_HIGH], d[DES_TIME_LOW]);
  d[DES_TIME_LOW] = DES_NO_TIME;
}

/* Does this descriptor hold a complete, good frame? If not, count it. */
static bool is_good(struct pkt_mac *mac, uint32_t status) {
  uint32_t parts = status & (RDES0_FS | RDES0_LS);
  if (parts != (RDES0_FS | RDES0_LS)) { /* part of a frame that did not fit; its last part counts it */
    mac->iface->rx_too_long += parts == RDES0_LS;
    return false;
  }
  if (status & RDES0_ES) {
    mac->iface->rx_errors++;
    return false;
  }
  if (RDES0_FL(status) < PKT_ETH_HLEN + FCS_BYTES) {
    mac->iface->rx_too_short++;
    return false;
  }
  return true;
}

static void receive(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  unsigned budget = c->rx_armed; /* later frames raise another interrupt */
  while (budget-- > 0) {
    volatile uint32_t *d = descriptor(mac, dwmac_state(mac)->rx, c->rx_next);
    uint32_t status = d[DES_STATUS];
    if (status & DES_OWN)
      break;
    struct pkt_frame *frame = c->rx_frames[c->rx_next];
    c->rx_next = (c->rx_next + 1) % DWMAC_RX;
    c->rx_armed--;
    if (is_good(mac, status)) {
      pkt_rx_begin(mac, frame);
      if ((status & RDES0_TSV) && mac->ops->clock != NULL)
        take_stamp(frame, d);
      pkt_rx_give(mac, frame, 0, RDES0_FL(status) - FCS_BYTES);
    } else {
      dwmac_rings_arm_one(mac, frame);
    }
  }
  dwmac_rings_arm(mac);
}

static void give_back_sent(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  for (unsigned left = mac_tx_busy(&c->tx, DWMAC_TX); left > 0; left--) {
    volatile uint32_t *d = descriptor(mac, dwmac_state(mac)->tx, c->tx.next);
    uint32_t status = d[DES_STATUS];
    if (status & DES_OWN)
      break;
    if ((status & (TDES0_TTSE | TDES0_TTSS | TDES0_ES)) == (TDES0_TTSE | TDES0_TTSS))
      take_stamp(c->tx_frames[c->tx.next], d);
    dwmac_sent(mac, (status & TDES0_ES) != 0);
  }
}

bool dwmac_rings_send(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  bool any = false, full = false;
  for (unsigned left = mac->tx.length; left > 0 && pkt_tx_pending(mac); left--) {
    if ((full = mac_tx_is_full(&c->tx, DWMAC_TX)))
      break;
    struct pkt_bytes bytes;
    struct pkt_frame *frame = pkt_tx_take(mac, &bytes);
    if (frame == NULL)
      continue;
    unsigned index = c->tx.put;
    volatile uint32_t *d = descriptor(mac, dwmac_state(mac)->tx, index);
    c->tx_frames[index] = frame;
    d[DES_BUFFER] = (uint32_t)(uintptr_t)bytes.at;
    d[DES_CONTROL] = bytes.len;
    uint32_t stamp = c->clock.stamps_sent && pkt_wants_hw_stamp(frame) ? TDES0_TTSE : 0;
    if (stamp)
      d[DES_TIME_LOW] = DES_NO_TIME;
    pkt_dma_barrier(); /* frame and descriptor must reach memory before OWN */
    mac_tx_give(&c->tx, DWMAC_TX, &d[DES_STATUS], DES_OWN | TDES0_IC | TDES0_FS | TDES0_LS | TDES0_TCH | stamp);
    any = true;
  }
  if (any) {
    pkt_dma_barrier(); /* likewise; it needs a DSB, because a DMB does not order the two */
    *dwmac_dma(mac, DMATPDR) = 1;
  }
  return !full;
}

void dwmac_interrupt(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  uint32_t status = *dwmac_dma(mac, DMASR);
  *dwmac_dma(mac, DMASR) = status & (DMASR_TS | DMASR_RS | DMASR_RBUS | DMASR_FBES | DMASR_AIS | DMASR_NIS);
  give_back_sent(mac);
  /* The DMA may have polled just before a descriptor was armed, and stopped just after it was notified: notify it
   * again. */
  if ((status & DMASR_RBUS) && c->rx_armed > 0)
    c->rx_notify = true;
  receive(mac);
  if (status & DMASR_FBES) {
    *dwmac_dma(mac, DMAIER) = 0;
    c->trouble = dwmac_bus_error; /* service() restarts the MAC */
  } else if (c->enabled && c->tx.waits && dwmac_rings_send(mac)) {
    c->tx.waits = false;
  }
  pkt_os_wake();
  (void)*dwmac_dma(mac, DMASR); /* completes the writes above; otherwise the interrupt would be taken again */
}

/* Chain `count` descriptors in a circle; none is with the MAC. */
static void chain(const struct pkt_mac *mac, uint8_t *ring, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    descriptor(mac, ring, i)[DES_STATUS] = 0;
    descriptor(mac, ring, i)[DES_NEXT] = (uint32_t)(uintptr_t)descriptor(mac, ring, (i + 1) % count);
  }
}

void dwmac_rings_reset_rx(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  struct pkt_frame *held[DWMAC_RX];
  unsigned count = dwmac_held_frames(c, held);
  chain(mac, dwmac_state(mac)->rx, DWMAC_RX);
  for (unsigned i = 0; mac->ops->clock != NULL && i < DWMAC_RX; i++)
    descriptor(mac, dwmac_state(mac)->rx, i)[DES_TIME_LOW] = DES_NO_TIME;
  for (unsigned i = 0; i < count; i++)
    dwmac_rings_arm_one(mac, held[i]);
  *dwmac_dma(mac, DMARDLAR) = (uint32_t)(uintptr_t)dwmac_state(mac)->rx;
}

void dwmac_rings_reset_tx(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  chain(mac, dwmac_state(mac)->tx, DWMAC_TX);
  c->tx = (struct mac_tx){.waits = false};
  *dwmac_dma(mac, DMATDLAR) = (uint32_t)(uintptr_t)dwmac_state(mac)->tx;
}
