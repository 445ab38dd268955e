/* The rings of mac.h: take from FILL and TX, give to RX and COMPLETION. One producer and one consumer each, so none of
 * these functions locks; each may be called from an interrupt handler, but a ring only from one context at a time.
 *
 * Every entry that comes from the module is checked here before hardware sees it: a faulty module can stop traffic, but
 * cannot make the driver read or write outside the frames. What fails is counted in ring_faults and skipped. */
#ifndef PKT_RING_H
#define PKT_RING_H

#include <pktsock/mac.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline struct pkt_frame *pkt_ring_take_(struct pkt_mac *mac, struct pkt_ring *ring) {
  struct pkt_slot *slot = &ring->slots[ring->at];
  uint32_t offset = __atomic_load_n(&slot->frame, __ATOMIC_ACQUIRE);
  if (offset == 0)
    return NULL;
  __atomic_store_n(&slot->frame, 0, __ATOMIC_RELEASE);
  if (++ring->at == ring->length)
    ring->at = 0;
  uint32_t index = (offset - mac->frame_table) / PKT_FRAME_BYTES;
  if (index >= mac->frame_count || offset != mac->frame_table + index * PKT_FRAME_BYTES) {
    mac->iface->ring_faults++;
    return NULL;
  }
  return &mac->frames[index];
}

static inline void pkt_ring_give_(struct pkt_mac *mac, struct pkt_ring *ring, struct pkt_frame *frame) {
  struct pkt_slot *slot = &ring->slots[ring->at];
  if (slot->frame != 0) { /* cannot be full: a ring has a slot for each frame of the pool */
    mac->iface->ring_faults++;
    return;
  }
  if (++ring->at == ring->length)
    ring->at = 0;
  uint32_t offset = mac->frame_table + (uint32_t)(frame - mac->frames) * PKT_FRAME_BYTES;
  __atomic_store_n(&slot->frame, offset, __ATOMIC_RELEASE);
}

/* The next empty frame, or NULL when there is none (or the entry was faulty). */
static inline struct pkt_frame *pkt_fill_take(struct pkt_mac *mac) { return pkt_ring_take_(mac, &mac->fill); }

/* Is there an empty frame? For the glue, a hint: the driver's interrupt handler may take it meanwhile. */
static inline bool pkt_fill_pending(struct pkt_mac *mac) { return mac->fill.slots[mac->fill.at].frame != 0; }

/* Where a frame's buffer starts: aligned as the board asked, mac->frame_size bytes long. */
static inline uint8_t *pkt_frame_buffer(struct pkt_mac *mac, struct pkt_frame *frame) {
  return mac->memory + mac->umem + (uint32_t)(frame - mac->frames) * mac->frame_stride;
}

/* Hand over a received frame: `len` bytes (ETH_HLEN to frame_size - offset, without FCS) starting `offset` bytes into the
 * buffer. Set frame->sec, frame->nsec and frame->flags (PKT_FRAME_STAMPED, ...) first; flags must be 0 without a stamp.
 * Call pkt_os_wake() after the last frame of a batch. */
static inline void pkt_rx_give(struct pkt_mac *mac, struct pkt_frame *frame, uint32_t offset, uint32_t len) {
  frame->mac = mac->umem + (uint32_t)(frame - mac->frames) * mac->frame_stride + offset;
  frame->len = len;
  mac->iface->rx_frames++;
  pkt_ring_give_(mac, &mac->rx, frame);
}

/* The next frame to send, or NULL. Its bytes start at mac->memory + frame->mac; pkt_tx_bytes() says how many. */
static inline struct pkt_frame *pkt_tx_take(struct pkt_mac *mac) {
  struct pkt_frame *frame = pkt_ring_take_(mac, &mac->tx);
  if (frame == NULL)
    return NULL;
  uint32_t end = mac->umem_end - mac->umem, at = frame->mac - mac->umem, len = frame->len;
  if (at >= end || len > mac->frame_size || at + len > end || at + PKT_ETH_ZLEN > end) {
    mac->iface->ring_faults++;
    return NULL;
  }
  return frame;
}

/* Bytes that go to the wire: at least ETH_ZLEN, without FCS. */
static inline uint32_t pkt_tx_bytes(const struct pkt_frame *frame) {
  return frame->len < PKT_ETH_ZLEN ? PKT_ETH_ZLEN : frame->len;
}

/* Is there a frame to send? For drivers that must know before they have room. */
static inline bool pkt_tx_pending(struct pkt_mac *mac) { return mac->tx.slots[mac->tx.at].frame != 0; }

/* Give a frame back whose last byte the hardware has fetched. */
static inline void pkt_completion_give(struct pkt_mac *mac, struct pkt_frame *frame) {
  pkt_ring_give_(mac, &mac->completion, frame);
}

#ifdef __cplusplus
}
#endif

#endif
