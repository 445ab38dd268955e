/* The STM32H7 MAC's descriptor rings and interrupt handler.
 *
 * RX: descriptors rx_next to rx_next + rx_armed - 1 have a frame; the MAC fills them in this order up to the tail
 * pointer, which points after the last of them. With time stamps on, the MAC writes the stamp of a frame into the next
 * descriptor (its context) and does not use that descriptor's buffer. TX: descriptors tx_next to tx_next + tx_busy - 1
 * are with the MAC, at most DWMAC_H7_TX - 1. */
#include "../common/dma.h"
#include "dwmac_h7_internal.h"
#include "dwmac_h7_regs.h"
#include <pktsock/os.h>
#include <pktsock/ring.h>

enum { CONTEXT_READS = 50 }; /* the context follows its frame within a few bus cycles */

static void arm_one(struct pkt_mac *mac, struct pkt_frame *frame) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  unsigned index = (s->rx_next + s->rx_armed) % DWMAC_H7_RX;
  volatile uint32_t *d = s->rx[index].word;
  s->rx_frames[index] = frame;
  s->rx_armed++;
  s->rx_notify = true;
  d[0] = (uint32_t)(uintptr_t)pkt_frame_buffer(mac, frame);
  d[1] = 0;
  d[2] = 0;
  pkt_dma_barrier(); /* the MAC must not see OWN before the other words */
  d[3] = DES3_OWN | RDES3_IOC | RDES3_BUF1V;
}

void dwmac_h7_rings_arm(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  struct pkt_frame *frame;
  while (s->rx_armed < DWMAC_H7_RX - 1 && (frame = pkt_fill_take(mac)) != NULL)
    arm_one(mac, frame);
  if (!s->rx_notify) /* notified without a new descriptor, the MAC would raise its interrupt again and again */
    return;
  s->rx_notify = false;
  pkt_dma_barrier(); /* OWN must reach memory before the MAC is notified; a DMB does not order the two */
  *dwmac_h7_reg(mac, DMACRXDTPR) = (uint32_t)(uintptr_t)&s->rx[(s->rx_next + s->rx_armed) % DWMAC_H7_RX];
}

/* Remove the next descriptor that the MAC has finished from the ring. Returns its frame, and its contents in `word`;
 * NULL when there is none. */
static struct pkt_frame *take_finished(struct dwmac_h7 *s, uint32_t word[4]) {
  if (s->rx_armed == 0)
    return NULL;
  volatile uint32_t *d = s->rx[s->rx_next].word;
  word[3] = d[3];
  if (word[3] & DES3_OWN)
    return NULL;
  pkt_dma_barrier(); /* OWN must be read first */
  word[0] = d[0];
  word[1] = d[1];
  struct pkt_frame *frame = s->rx_frames[s->rx_next];
  s->rx_next = (s->rx_next + 1) % DWMAC_H7_RX;
  s->rx_armed--;
  return frame;
}

/* Set the time of reception: from the frame's context descriptor if there is one, otherwise the software's. */
static void stamp(struct pkt_mac *mac, struct pkt_frame *frame, bool has_context) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  uint32_t word[4] = {0};
  struct pkt_frame *spare = NULL;
  if (has_context && s->rx_armed > 0)
    for (unsigned reads = 0; reads < CONTEXT_READS && spare == NULL; reads++)
      spare = take_finished(s, word);
  frame->flags = 0;
  if (spare != NULL) {
    arm_one(mac, spare);
    frame->nsec = word[0];
    frame->sec = word[1];
    frame->flags = PKT_FRAME_STAMPED | PKT_FRAME_STAMPED_BY_MAC;
  } else if (mac->iface->stamping != 0) {
    pkt_os_time(&frame->sec, &frame->nsec);
    frame->flags = PKT_FRAME_STAMPED;
  }
}

/* Does this descriptor hold a complete, good frame? If not, count it. */
static bool is_good(struct pkt_mac *mac, uint32_t word3) {
  uint32_t parts = word3 & (DES3_FD | DES3_LD);
  if (word3 & DES3_CTXT) /* the late context of an earlier frame */
    return false;
  if (parts != (DES3_FD | DES3_LD)) { /* part of a frame that did not fit; its last part counts it */
    mac->iface->rx_too_long += parts == DES3_LD;
    return false;
  }
  if (word3 & DES3_ES) {
    mac->iface->rx_errors++;
    return false;
  }
  if (RDES3_PL(word3) < PKT_ETH_HLEN + FCS_BYTES) {
    mac->iface->rx_too_short++;
    return false;
  }
  return true;
}

static void receive(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  struct pkt_frame *frame;
  uint32_t word[4];
  unsigned budget = s->rx_armed; /* later frames raise another interrupt */
  while (budget-- > 0 && (frame = take_finished(s, word)) != NULL) {
    if (is_good(mac, word[3])) {
      stamp(mac, frame, word[3] & RDES3_RS1V && word[1] & RDES1_TSA);
      pkt_rx_give(mac, frame, 0, RDES3_PL(word[3]) - FCS_BYTES);
    } else {
      arm_one(mac, frame);
    }
  }
  dwmac_h7_rings_arm(mac);
}

static void give_back_sent(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  while (s->tx_busy > 0) {
    uint32_t word3 = s->tx[s->tx_next].word[3];
    if (word3 & DES3_OWN)
      break;
    if (word3 & DES3_ES)
      mac->iface->tx_errors++;
    else
      mac->iface->tx_frames++;
    pkt_completion_give(mac, s->tx_frames[s->tx_next]);
    s->tx_next = (s->tx_next + 1) % DWMAC_H7_TX;
    s->tx_busy--;
  }
}

static void send(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  bool any = false;
  while (s->tx_busy < DWMAC_H7_TX - 1 && pkt_tx_pending(mac)) {
    struct pkt_frame *frame = pkt_tx_take(mac);
    if (frame == NULL)
      continue;
    unsigned index = (s->tx_next + s->tx_busy) % DWMAC_H7_TX;
    volatile uint32_t *d = s->tx[index].word;
    uint32_t bytes = pkt_tx_bytes(frame);
    s->tx_frames[index] = frame;
    s->tx_busy++;
    d[0] = (uint32_t)(uintptr_t)(mac->memory + frame->mac);
    d[1] = 0;
    d[2] = TDES2_IOC | bytes;
    pkt_dma_barrier(); /* frame and descriptor must reach memory before OWN */
    d[3] = DES3_OWN | DES3_FD | DES3_LD | bytes;
    any = true;
  }
  if (any) {
    pkt_dma_barrier(); /* OWN must reach memory before the MAC is notified */
    *dwmac_h7_reg(mac, DMACTXDTPR) = (uint32_t)(uintptr_t)&s->tx[(s->tx_next + s->tx_busy) % DWMAC_H7_TX];
  }
}

void dwmac_h7_interrupt(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  uint32_t status = *dwmac_h7_reg(mac, DMACSR);
  *dwmac_h7_reg(mac, DMACSR) = status & (DMACSR_TI | DMACSR_RI | DMACSR_RBU | DMACSR_FBE | DMACSR_AIS | DMACSR_NIS);
  give_back_sent(mac);
  /* The DMA may have polled just before a descriptor was armed, and stopped just after it was notified: notify it
   * again. */
  if ((status & DMACSR_RBU) && s->rx_armed > 0)
    s->rx_notify = true;
  receive(mac);
  if (status & DMACSR_FBE) {
    *dwmac_h7_reg(mac, DMACIER) = 0;
    s->recovery.failed = true; /* service() restarts the MAC */
  } else {
    send(mac);
  }
  pkt_os_wake();
  (void)*dwmac_h7_reg(mac, DMACSR); /* completes the writes above; otherwise the interrupt would be taken again */
}

void dwmac_h7_transmit(struct pkt_mac *mac) {
  uint32_t irqs = pkt_os_irq_save();
  if (dwmac_h7_state(mac)->recovery.running)
    send(mac);
  else
    dwmac_h7_rings_drop_tx(mac);
  pkt_os_irq_restore(irqs);
}

void dwmac_h7_refill(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  if (!s->recovery.running || s->rx_armed >= DWMAC_H7_RX / 4) /* enough until the next reception */
    return;
  uint32_t irqs = pkt_os_irq_save();
  dwmac_h7_rings_arm(mac);
  pkt_os_irq_restore(irqs);
}

void dwmac_h7_rings_drop_tx(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  struct pkt_frame *frame;
  for (; s->tx_busy > 0; s->tx_busy--) {
    mac->iface->tx_errors++;
    pkt_completion_give(mac, s->tx_frames[s->tx_next]);
    s->tx_next = (s->tx_next + 1) % DWMAC_H7_TX;
  }
  while (pkt_tx_pending(mac)) {
    if ((frame = pkt_tx_take(mac)) == NULL)
      continue;
    mac->iface->tx_errors++;
    pkt_completion_give(mac, frame);
  }
}

void dwmac_h7_rings_reset(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  struct pkt_frame *held[DWMAC_H7_RX];
  unsigned count = s->rx_armed;
  for (unsigned i = 0; i < count; i++)
    held[i] = s->rx_frames[(s->rx_next + i) % DWMAC_H7_RX];
  for (unsigned i = 0; i < DWMAC_H7_RX; i++)
    s->rx[i].word[3] = 0;
  for (unsigned i = 0; i < DWMAC_H7_TX; i++)
    s->tx[i].word[3] = 0;
  s->rx_next = s->rx_armed = s->tx_next = s->tx_busy = 0;
  for (unsigned i = 0; i < count; i++)
    arm_one(mac, held[i]);
  *dwmac_h7_reg(mac, DMACRXDLAR) = (uint32_t)(uintptr_t)s->rx;
  *dwmac_h7_reg(mac, DMACRXRLR) = DWMAC_H7_RX - 1;
  *dwmac_h7_reg(mac, DMACTXDLAR) = (uint32_t)(uintptr_t)s->tx;
  *dwmac_h7_reg(mac, DMACTXDTPR) = (uint32_t)(uintptr_t)s->tx;
  *dwmac_h7_reg(mac, DMACTXRLR) = DWMAC_H7_TX - 1;
}
