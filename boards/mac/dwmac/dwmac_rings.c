/* The DesignWare MAC's descriptor rings and interrupt handler.
 *
 * Each descriptor names the next one, the last names the first: the only form that the ESP32's manual knows.
 *
 * RX: descriptors rx_next to rx_next + rx_armed - 1 have a frame; the MAC fills them in this order. A good frame goes to
 * RX, a bad one is armed again; the rest comes from FILL. TX: likewise, tx_busy of them, at most DWMAC_TX - 1: with a
 * full ring a MAC that looks ahead would meet descriptors of the round before. */
#include "../common/dma.h"
#include "dwmac_internal.h"
#include "dwmac_regs.h"
#include <pktsock/os.h>
#include <pktsock/ring.h>

static volatile uint32_t *descriptor(const struct pkt_mac *mac, uint8_t *ring, unsigned index) {
  return (volatile uint32_t *)(ring + index * dwmac_config(mac)->descriptor_stride);
}

/* Point a descriptor at a frame and hand it to the MAC; the caller tells the MAC. */
static void arm_one(struct pkt_mac *mac, struct pkt_frame *frame) {
  struct dwmac *s = dwmac_state(mac);
  unsigned index = (s->rx_next + s->rx_armed) % DWMAC_RX;
  volatile uint32_t *d = descriptor(mac, s->rx, index);
  s->rx_frames[index] = frame;
  s->rx_armed++;
  s->rx_news = true;
  d[DES_CONTROL] = RDES1_RCH | (mac->frame_size & ~3u);
  d[DES_BUFFER] = (uint32_t)(uintptr_t)pkt_frame_buffer(mac, frame);
  pkt_dma_barrier(); /* the MAC must not see OWN before the rest */
  d[DES_STATUS] = DES_OWN;
}

void dwmac_rings_arm(struct pkt_mac *mac) {
  struct dwmac *s = dwmac_state(mac);
  struct pkt_frame *frame;
  while (s->rx_armed < DWMAC_RX - 1 && (frame = pkt_fill_take(mac)) != NULL)
    arm_one(mac, frame);
  if (!s->rx_news)
    return;
  s->rx_news = false;
  pkt_dma_barrier(); /* OWN must be in memory before the MAC is told to look */
  *dwmac_dma(mac, DMARPDR) = 1;
}

/* Time of reception, by the MAC where it took one. */
static void stamp(struct pkt_mac *mac, struct pkt_frame *frame, const volatile uint32_t *d, uint32_t status) {
  frame->flags = 0;
  if (mac->iface->stamping == 0)
    return;
  if (dwmac_config(mac)->time_stamps && (status & RDES0_TSV) != 0) {
    pkt_dma_barrier(); /* read these words after the status */
    frame->nsec = d[DES_TIME_LOW];
    frame->sec = d[DES_TIME_HIGH];
    frame->flags = PKT_FRAME_STAMPED | PKT_FRAME_STAMPED_BY_MAC;
  } else {
    pkt_os_time(&frame->sec, &frame->nsec);
    frame->flags = PKT_FRAME_STAMPED;
  }
}

/* Is this descriptor a whole good frame? Counts what is not. */
static bool is_good(struct pkt_mac *mac, uint32_t status) {
  uint32_t parts = status & (RDES0_FS | RDES0_LS);
  if (parts != (RDES0_FS | RDES0_LS)) { /* a frame that did not fit: counted at its end */
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
  struct dwmac *s = dwmac_state(mac);
  unsigned budget = s->rx_armed; /* frames that arrive meanwhile raise another interrupt */
  while (budget-- > 0) {
    volatile uint32_t *d = descriptor(mac, s->rx, s->rx_next);
    uint32_t status = d[DES_STATUS];
    if (status & DES_OWN)
      break;
    struct pkt_frame *frame = s->rx_frames[s->rx_next];
    s->rx_next = (s->rx_next + 1) % DWMAC_RX;
    s->rx_armed--;
    if (is_good(mac, status)) {
      stamp(mac, frame, d, status);
      pkt_rx_give(mac, frame, 0, RDES0_FL(status) - FCS_BYTES);
    } else {
      arm_one(mac, frame);
    }
  }
  dwmac_rings_arm(mac);
}

static void give_back_sent(struct pkt_mac *mac) {
  struct dwmac *s = dwmac_state(mac);
  while (s->tx_busy > 0) {
    uint32_t status = *descriptor(mac, s->tx, s->tx_next);
    if (status & DES_OWN)
      break;
    if (status & TDES0_ES)
      mac->iface->tx_errors++;
    else
      mac->iface->tx_frames++;
    pkt_completion_give(mac, s->tx_frames[s->tx_next]);
    s->tx_next = (s->tx_next + 1) % DWMAC_TX;
    s->tx_busy--;
  }
}

static void send(struct pkt_mac *mac) {
  struct dwmac *s = dwmac_state(mac);
  bool any = false;
  while (s->tx_busy < DWMAC_TX - 1 && pkt_tx_pending(mac)) {
    struct pkt_frame *frame = pkt_tx_take(mac);
    if (frame == NULL)
      continue;
    unsigned index = (s->tx_next + s->tx_busy) % DWMAC_TX;
    volatile uint32_t *d = descriptor(mac, s->tx, index);
    s->tx_frames[index] = frame;
    s->tx_busy++;
    d[DES_BUFFER] = (uint32_t)(uintptr_t)(mac->memory + frame->mac);
    d[DES_CONTROL] = pkt_tx_bytes(frame);
    pkt_dma_barrier(); /* frame and descriptor must be in memory before OWN is */
    d[DES_STATUS] = DES_OWN | TDES0_IC | TDES0_FS | TDES0_LS | TDES0_TCH;
    any = true;
  }
  if (any) {
    pkt_dma_barrier(); /* OWN must be in memory before the MAC is told to look: DSB, a DMB would not order the two */
    *dwmac_dma(mac, DMATPDR) = 1;
  }
}

void dwmac_interrupt(struct pkt_mac *mac) {
  struct dwmac *s = dwmac_state(mac);
  uint32_t status = *dwmac_dma(mac, DMASR);
  *dwmac_dma(mac, DMASR) = status & (DMASR_TS | DMASR_RS | DMASR_RBUS | DMASR_FBES | DMASR_AIS | DMASR_NIS);
  give_back_sent(mac);
  /* It may have come to look just before a descriptor was armed, and have been told just before it gave up. */
  if ((status & DMASR_RBUS) && s->rx_armed > 0)
    s->rx_news = true;
  receive(mac);
  if (status & DMASR_FBES) {
    *dwmac_dma(mac, DMAIER) = 0;
    s->recovery.failed = true; /* service() starts the MAC again */
  } else {
    send(mac);
  }
  pkt_os_wake();
  (void)*dwmac_dma(mac, DMASR); /* the writes have arrived before the handler returns: else it is entered once more */
}

void dwmac_transmit(struct pkt_mac *mac) {
  uint32_t irqs = pkt_os_irq_save();
  if (dwmac_state(mac)->recovery.running)
    send(mac);
  else
    dwmac_rings_drop_tx(mac);
  pkt_os_irq_restore(irqs);
}

void dwmac_refill(struct pkt_mac *mac) {
  struct dwmac *s = dwmac_state(mac);
  if (!s->recovery.running || s->rx_armed >= DWMAC_RX / 4) /* with that many the next reception is soon enough */
    return;
  uint32_t irqs = pkt_os_irq_save();
  dwmac_rings_arm(mac);
  pkt_os_irq_restore(irqs);
}

void dwmac_rings_drop_tx(struct pkt_mac *mac) {
  struct dwmac *s = dwmac_state(mac);
  struct pkt_frame *frame;
  for (; s->tx_busy > 0; s->tx_busy--) {
    mac->iface->tx_errors++;
    pkt_completion_give(mac, s->tx_frames[s->tx_next]);
    s->tx_next = (s->tx_next + 1) % DWMAC_TX;
  }
  while (pkt_tx_pending(mac)) {
    if ((frame = pkt_tx_take(mac)) == NULL)
      continue;
    mac->iface->tx_errors++;
    pkt_completion_give(mac, frame);
  }
}

/* A ring of `count` descriptors, none of which is the MAC's. */
static void chain(const struct pkt_mac *mac, uint8_t *ring, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    descriptor(mac, ring, i)[DES_STATUS] = 0;
    descriptor(mac, ring, i)[DES_NEXT] = (uint32_t)(uintptr_t)descriptor(mac, ring, (i + 1) % count);
  }
}

void dwmac_rings_reset(struct pkt_mac *mac) {
  struct dwmac *s = dwmac_state(mac);
  struct pkt_frame *held[DWMAC_RX];
  unsigned count = s->rx_armed;
  for (unsigned i = 0; i < count; i++)
    held[i] = s->rx_frames[(s->rx_next + i) % DWMAC_RX];
  chain(mac, s->rx, DWMAC_RX);
  chain(mac, s->tx, DWMAC_TX);
  s->rx_next = s->rx_armed = s->tx_next = s->tx_busy = 0;
  for (unsigned i = 0; i < count; i++)
    arm_one(mac, held[i]);
  *dwmac_dma(mac, DMARDLAR) = (uint32_t)(uintptr_t)s->rx;
  *dwmac_dma(mac, DMATDLAR) = (uint32_t)(uintptr_t)s->tx;
}
