/* The rings of mac.h: a driver takes frames from FILL and TX, and gives frames to RX and COMPLETION. Each ring has one
 * producer and one consumer, so no function locks. All may be called from an interrupt handler, but each ring from one
 * context at a time: a driver that also uses a ring in task context masks its interrupt meanwhile.
 *
 * These functions check each entry from the module before hardware uses it: a faulty module can stop traffic, but
 * cannot make a driver read or write outside the frames. Invalid entries are counted in ring_faults and skipped.
 *
 * Errors: none.
 * Context: any, interrupt handlers too; each ring from one context at a time.
 * Source: this component's own contract; the rings have the names of AF_XDP's. */
#ifndef PKT_RING_H
#define PKT_RING_H

#include <pktsock/config.h>
#include <pktsock/mac.h>
#include <pktsock/os.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Read and write a slot that the other side writes and reads meanwhile. If that side can only be an interrupt handler
 * on the same core, which sees memory in program order, a build may define PKTSOCK_ONE_CORE for all files and save the
 * barriers. */
static inline uint32_t pkt_slot_load_(const uint32_t *slot) {
#ifdef PKTSOCK_ONE_CORE
  uint32_t value = __atomic_load_n(slot, __ATOMIC_RELAXED);
  __atomic_signal_fence(__ATOMIC_ACQUIRE);
  return value;
#else
  return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
#endif
}

static inline void pkt_slot_store_(uint32_t *slot, uint32_t value) {
#ifdef PKTSOCK_ONE_CORE
  __atomic_signal_fence(__ATOMIC_RELEASE);
  __atomic_store_n(slot, value, __ATOMIC_RELAXED);
#else
  __atomic_store_n(slot, value, __ATOMIC_RELEASE);
#endif
}

static inline void pkt_ring_advance_(struct pkt_ring *ring) {
  unsigned next = ring->at + 1u;
  ring->at = (uint16_t)(next == ring->length ? 0 : next);
}

static inline struct pkt_frame *pkt_ring_take_(struct pkt_mac *mac, struct pkt_ring *ring) {
  struct pkt_slot *slot = &ring->slots[ring->at];
  uint32_t offset = pkt_slot_load_(&slot->frame);
  if (offset == 0)
    return NULL;
  pkt_slot_store_(&slot->frame, 0);
  pkt_ring_advance_(ring);
  uint32_t index = pkt_frame_index_(offset - mac->frame_table);
  if (index >= mac->frame_count) {
    mac->iface->ring_faults++;
    return NULL;
  }
  return &mac->frames[index];
}

static inline void pkt_ring_give_(struct pkt_mac *mac, struct pkt_ring *ring, struct pkt_frame *frame) {
  struct pkt_slot *slot = &ring->slots[ring->at];
  if (slot->frame != 0) { /* only a faulty module can fill it: a ring has a slot for each frame of the pool */
    mac->iface->ring_faults++;
    return;
  }
  pkt_ring_advance_(ring);
  uint32_t offset = mac->frame_table + (uint32_t)(frame - mac->frames) * PKT_FRAME_BYTES;
  pkt_slot_store_(&slot->frame, offset);
}

/* Take the next empty frame.
 *
 * Returns: the frame, or NULL when there is none or the entry was invalid. */
static inline struct pkt_frame *pkt_fill_take(struct pkt_mac *mac) { return pkt_ring_take_(mac, &mac->fill); }

/* See whether FILL has an entry, from the driver's side.
 *
 * Returns: false if pkt_fill_take() would return NULL because there is none. */
static inline bool pkt_fill_has(const struct pkt_mac *mac) {
  return pkt_slot_load_(&mac->fill.slots[mac->fill.at].frame) != 0;
}

/* See whether the module has yet to look at the last `count` frames that were given, `count` from 1 to the ring's
 * length.
 *
 * Returns: true if it has not looked at them. */
static inline bool pkt_rx_holds(const struct pkt_mac *mac, unsigned count) {
  const struct pkt_ring *rx = &mac->rx;
  return pkt_slot_load_(&rx->slots[(rx->at + rx->length - count) % rx->length].frame) != 0;
}

/* See whether FILL has an empty frame: a hint for the component, because the driver's interrupt handler may take it at
 * any time.
 *
 * Returns: true if it has. */
static inline bool pkt_fill_pending(struct pkt_mac *mac) { return mac->fill.slots[mac->fill.at].frame != 0; }

/* Find a frame's buffer: aligned as configured (frame_align), mac->frame_size bytes long.
 *
 * Returns: its start. */
static inline uint8_t *pkt_frame_buffer(struct pkt_mac *mac, struct pkt_frame *frame) {
  return mac->memory + mac->umem + (uint32_t)(frame - mac->frames) * mac->frame_stride;
}

/* Stamp a frame by the system's clock. Not a part of the functions below, so that frames without a stamp do not pay for
 * it. */
__attribute__((noinline, cold, unused)) static void pkt_stamp_(struct pkt_frame *frame) {
  pkt_os_time(&frame->sec, &frame->nsec);
  frame->flags |= PKT_FRAME_STAMPED;
}

/* Begin a received frame's description, and stamp it by the system's clock if a socket asks for that. Call it once for
 * each received frame. */
static inline void pkt_rx_begin(struct pkt_mac *mac, struct pkt_frame *frame) {
  frame->flags = 0;
  if (PKTSOCK_TIMESTAMPS && __builtin_expect(mac->iface->stamping != 0, 0))
    pkt_stamp_(frame);
}

/* Record that the MAC has stamped a frame by its own clock: a received frame, between pkt_rx_begin() and pkt_rx_give(),
 * or one to send, before pkt_completion_give(). Never call it with a stamp that may be another frame's, or an old one.
 * A stamp whose nanoseconds are not below 1,000,000,000 is none. */
static inline void pkt_hw_stamp(struct pkt_frame *frame, uint32_t sec, uint32_t nsec) {
  if (nsec >= 1000000000)
    return;
  frame->hw_sec = sec;
  frame->hw_nsec = nsec;
  frame->flags |= PKT_FRAME_HW_STAMPED;
}

/* See whether the MAC must stamp this frame, which pkt_tx_take() has returned.
 *
 * Returns: true if it must. */
static inline bool pkt_wants_hw_stamp(const struct pkt_frame *frame) {
  return PKTSOCK_TIMESTAMPS && (frame->flags & PKT_FRAME_WANTS_HW_STAMP) != 0;
}

/* Give a received frame to RX: `len` bytes without FCS (ETH_HLEN to frame_size - offset), starting `offset` bytes after
 * the start of the buffer. Call pkt_rx_begin() first. Wakes no task: call pkt_os_wake() once after the last frame of a
 * burst (mac.h). */
static inline void pkt_rx_give(struct pkt_mac *mac, struct pkt_frame *frame, uint32_t offset, uint32_t len) {
  frame->mac = mac->umem + (uint32_t)(frame - mac->frames) * mac->frame_stride + offset;
  frame->len = len;
  mac->iface->rx_frames++;
  pkt_ring_give_(mac, &mac->rx, frame);
}

/* Receive a frame, without FCS, that lies in a buffer of its own: copy it into an empty frame of FILL and give that to
 * RX. A frame that is too short or too long, or for which FILL is empty, is dropped and counted. A MAC with DMA does
 * not need this. */
static inline void pkt_rx_copy(struct pkt_mac *mac, const uint8_t *bytes, uint32_t len) {
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
  pkt_rx_begin(mac, frame);
  memcpy(pkt_frame_buffer(mac, frame), bytes, len);
  pkt_rx_give(mac, frame, 0, len);
}

/* What to put on the wire: bytes in linear memory, and their number, at least ETH_ZLEN, without FCS. */
struct pkt_bytes {
  const uint8_t *at;
  uint32_t len;
};

/* Take the next frame to send and its bytes. The bytes were checked: use them, and not the words of the frame, which
 * the module may change at any time. Take a frame only when it goes to the MAC at once: the software stamp of sending
 * is taken here.
 *
 * Returns: the frame, or NULL when there is none or the entry was invalid. */
static inline struct pkt_frame *pkt_tx_take(struct pkt_mac *mac, struct pkt_bytes *bytes) {
  struct pkt_frame *frame = pkt_ring_take_(mac, &mac->tx);
  if (frame == NULL)
    return NULL;
  uint32_t end = mac->umem_end - mac->umem, at = __atomic_load_n(&frame->mac, __ATOMIC_RELAXED) - mac->umem;
  uint32_t len = __atomic_load_n(&frame->len, __ATOMIC_RELAXED);
  if (len < PKT_ETH_ZLEN)
    len = PKT_ETH_ZLEN;
  if (len > mac->frame_size || at > end - len) { /* a frame is at most as long as all of them */
    mac->iface->ring_faults++;
    return NULL;
  }
  bytes->at = mac->memory + mac->umem + at;
  bytes->len = len;
  if (PKTSOCK_TIMESTAMPS && __builtin_expect((frame->flags & PKT_FRAME_WANTS_STAMP) != 0, 0))
    pkt_stamp_(frame);
  return frame;
}

/* See whether TX has an entry. A driver checks its hardware for room before it takes the frame.
 *
 * Returns: true if it has. */
static inline bool pkt_tx_pending(struct pkt_mac *mac) { return mac->tx.slots[mac->tx.at].frame != 0; }

/* Give a frame to COMPLETION after the hardware has fetched its last byte. Wakes no task, like pkt_rx_give(). */
static inline void pkt_completion_give(struct pkt_mac *mac, struct pkt_frame *frame) {
  pkt_ring_give_(mac, &mac->completion, frame);
}

#ifdef __cplusplus
}
#endif

#endif
