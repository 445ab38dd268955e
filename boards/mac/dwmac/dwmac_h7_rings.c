/* The STM32H7 MAC's descriptor rings and interrupt handler.
 *
 * RX: descriptors rx_next to rx_next + rx_armed - 1 have a frame; the MAC fills them in this order up to the tail
 * pointer, which points after the last of them. With time stamps on, the MAC writes the stamp of a frame into the next
 * descriptor (its context) and does not use that descriptor's buffer. TX: common/descriptors.h. */
#include "../common/dma.h"
#include "dwmac_h7_internal.h"
#include "dwmac_h7_regs.h"
#include <pktsock/os.h>
#include <pktsock/ring.h>

enum { CONTEXT_READS = 50 }; /* the context follows its frame within a few bus cycles */

void dwmac_h7_rings_arm_one(struct pkt_mac *mac, struct pkt_frame *frame) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  unsigned index = (s->core.rx_next + s->core.rx_armed) % DWMAC_RX;
  volatile uint32_t *d = s->rx[index].word;
  s->core.rx_frames[index] = frame;
  s->core.rx_armed++;
  s->core.rx_notify = true;
  d[0] = (uint32_t)(uintptr_t)pkt_frame_buffer(mac, frame);
  d[1] = 0;
  d[2] = 0;
  pkt_dma_barrier(); /* the MAC must not see OWN before the other words */
  d[3] = DES3_OWN | RDES3_IOC | RDES3_BUF1V;
}

void dwmac_h7_rings_notify(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  if (!s->core.rx_notify) /* notified without a new descriptor, the MAC would raise its interrupt again and again */
    return;
  s->core.rx_notify = false;
  pkt_dma_barrier(); /* OWN must reach memory before the MAC is notified; a DMB does not order the two */
  *dwmac_h7_reg(mac, DMACRXDTPR) = (uint32_t)(uintptr_t)&s->rx[(s->core.rx_next + s->core.rx_armed) % DWMAC_RX];
}

void dwmac_h7_rings_arm(struct pkt_mac *mac) {
  struct pkt_frame *frame;
  for (unsigned left = DWMAC_RX; left > 0 && (frame = dwmac_take_empty(mac)) != NULL; left--)
    dwmac_h7_rings_arm_one(mac, frame);
  dwmac_h7_rings_notify(mac);
}

/* Remove the next descriptor that the MAC has finished from the ring. Returns its frame, and its contents in `word`;
 * NULL when there is none. */
static struct pkt_frame *take_finished(struct dwmac_h7 *s, uint32_t word[4]) {
  if (s->core.rx_armed == 0)
    return NULL;
  volatile uint32_t *d = s->rx[s->core.rx_next].word;
  word[3] = d[3];
  if (word[3] & DES3_OWN)
    return NULL;
  pkt_dma_barrier(); /* OWN must be read first */
  word[0] = d[0];
  word[1] = d[1];
  struct pkt_frame *frame = s->core.rx_frames[s->core.rx_next];
  s->core.rx_next = (s->core.rx_next + 1) % DWMAC_RX;
  s->core.rx_armed--;
  return frame;
}

/* The MAC has announced its stamp of the frame, in the next descriptor. If that is not there in time, or is another frame, there
 * is no stamp; a context that comes too late is dropped by is_good(). */
static void take_context(struct pkt_mac *mac, struct pkt_frame *frame) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  const volatile uint32_t *word3 = &s->rx[s->core.rx_next].word[3];
  unsigned reads = CONTEXT_READS;
  if (s->core.rx_armed == 0)
    return;
  while ((*word3 & DES3_OWN) && --reads > 0) {
  }
  if ((*word3 & (DES3_OWN | DES3_CTXT)) != DES3_CTXT)
    return;
  uint32_t word[4];
  struct pkt_frame *spare = take_finished(s, word);
  if (spare == NULL)
    return;
  pkt_hw_stamp(frame, word[1], word[0]);
  dwmac_h7_rings_arm_one(mac, spare);
}

/* The CRC-32 of a frame with its FCS is this constant. */
static bool has_good_fcs(const uint8_t *bytes, uint32_t len) {
  uint32_t crc = 0xffffffff;
  for (uint32_t i = 0; i < len; i++) {
    crc ^= bytes[i];
    for (unsigned bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return crc == 0xdebb20e3u;
}

/* Is the frame bad? The core's error summary contains the dribble bit, which a frame with a good CRC may have: the MAC has
 * cut the extra bits off. ST's errata sheet of the STM32H7 (ES0392): with RMII at 10 Mbit/s the MAC may see a nibble too
 * much, and reports a dribble error and a CRC error of a good frame. The FCS decides then. */
static bool is_bad(const struct pkt_mac *mac, const uint8_t *bytes, uint32_t word3) {
  if (!(word3 & DES3_ES))
    return false;
  uint32_t reasons = word3 & (RDES3_CE | RDES3_RE | RDES3_RWT | RDES3_OE | RDES3_GP);
  if (reasons == RDES3_CE && (word3 & RDES3_DE) && !dwmac_core(mac)->phy.fast)
    return !has_good_fcs(bytes, RDES3_PL(word3));
  return reasons != 0;
}

/* Does this descriptor hold a complete, good frame? If not, count it. */
static bool is_good(struct pkt_mac *mac, struct pkt_frame *frame, uint32_t word3) {
  uint32_t parts = word3 & (DES3_FD | DES3_LD);
  if (word3 & DES3_CTXT) /* the late context of an earlier frame */
    return false;
  if (parts != (DES3_FD | DES3_LD)) { /* part of a frame that did not fit; its last part counts it */
    mac->iface->rx_too_long += parts == DES3_LD;
    return false;
  }
  if (is_bad(mac, pkt_frame_buffer(mac, frame), word3)) {
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
  unsigned budget = s->core.rx_armed; /* later frames raise another interrupt */
  while (budget-- > 0 && (frame = take_finished(s, word)) != NULL) {
    if (is_good(mac, frame, word[3])) {
      pkt_rx_begin(mac, frame);
      if ((word[3] & RDES3_RS1V) && (word[1] & RDES1_TSA))
        take_context(mac, frame);
      pkt_rx_give(mac, frame, 0, RDES3_PL(word[3]) - FCS_BYTES);
    } else {
      dwmac_h7_rings_arm_one(mac, frame);
    }
  }
  dwmac_h7_rings_arm(mac);
}

static void give_back_sent(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  for (unsigned left = mac_tx_busy(&s->core.tx, DWMAC_TX); left > 0; left--) {
    const volatile uint32_t *word = s->tx[s->core.tx.next].word;
    uint32_t word3 = word[3];
    if (word3 & DES3_OWN)
      break;
    struct pkt_frame *frame = s->core.tx_frames[s->core.tx.next];
    if ((word3 & TDES3_TTSS) && !(word3 & DES3_ES) && pkt_wants_hw_stamp(frame)) {
      pkt_dma_barrier(); /* OWN must be read first */
      pkt_hw_stamp(frame, word[1], word[0]);
    }
    dwmac_sent(mac, (word3 & DES3_ES) != 0);
  }
}

bool dwmac_h7_rings_send(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  bool any = false, full = false;
  for (unsigned left = mac->tx.length; left > 0 && pkt_tx_pending(mac); left--) {
    if ((full = mac_tx_is_full(&s->core.tx, DWMAC_TX)))
      break;
    struct pkt_bytes bytes;
    struct pkt_frame *frame = pkt_tx_take(mac, &bytes);
    if (frame == NULL)
      continue;
    unsigned index = s->core.tx.put;
    volatile uint32_t *d = s->tx[index].word;
    s->core.tx_frames[index] = frame;
    d[0] = (uint32_t)(uintptr_t)bytes.at;
    d[1] = 0;
    d[2] = TDES2_IOC | (s->core.clock.stamps_sent && pkt_wants_hw_stamp(frame) ? TDES2_TTSE : 0) | bytes.len;
    pkt_dma_barrier(); /* frame and descriptor must reach memory before OWN */
    mac_tx_give(&s->core.tx, DWMAC_TX, &d[3], DES3_OWN | DES3_FD | DES3_LD | bytes.len);
    any = true;
  }
  if (any) {
    pkt_dma_barrier(); /* OWN must reach memory before the MAC is notified */
    *dwmac_h7_reg(mac, DMACTXDTPR) = (uint32_t)(uintptr_t)&s->tx[s->core.tx.put];
  }
  return !full;
}

void dwmac_h7_interrupt(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  uint32_t status = *dwmac_h7_reg(mac, DMACSR);
  *dwmac_h7_reg(mac, DMACSR) = status & (DMACSR_TI | DMACSR_RI | DMACSR_RBU | DMACSR_FBE | DMACSR_AIS | DMACSR_NIS);
  give_back_sent(mac);
  /* The DMA may have polled just before a descriptor was armed, and stopped just after it was notified: notify it
   * again. */
  if ((status & DMACSR_RBU) && s->core.rx_armed > 0)
    s->core.rx_notify = true;
  receive(mac);
  if (status & DMACSR_FBE) {
    *dwmac_h7_reg(mac, DMACIER) = 0;
    s->core.trouble = dwmac_bus_error; /* service() restarts the MAC */
  } else if (s->core.enabled && s->core.tx.waits && dwmac_h7_rings_send(mac)) {
    s->core.tx.waits = false;
  }
  pkt_os_wake();
  (void)*dwmac_h7_reg(mac, DMACSR); /* completes the writes above; otherwise the interrupt would be taken again */
}

void dwmac_h7_rings_reset_rx(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  struct pkt_frame *held[DWMAC_RX];
  unsigned count = dwmac_held_frames(&s->core, held);
  for (unsigned i = 0; i < DWMAC_RX; i++)
    s->rx[i].word[3] = 0;
  for (unsigned i = 0; i < count; i++)
    dwmac_h7_rings_arm_one(mac, held[i]);
  *dwmac_h7_reg(mac, DMACRXDLAR) = (uint32_t)(uintptr_t)s->rx;
  *dwmac_h7_reg(mac, DMACRXRLR) = DWMAC_RX - 1;
}

void dwmac_h7_rings_reset_tx(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  for (unsigned i = 0; i < DWMAC_TX; i++)
    s->tx[i].word[3] = 0;
  s->core.tx = (struct mac_tx){.waits = false};
  *dwmac_h7_reg(mac, DMACTXDLAR) = (uint32_t)(uintptr_t)s->tx;
  *dwmac_h7_reg(mac, DMACTXDTPR) = (uint32_t)(uintptr_t)s->tx;
  *dwmac_h7_reg(mac, DMACTXRLR) = DWMAC_TX - 1;
}
