/* Network interfaces without hardware. */
#include "world.h"

#include <pktsock/os.h>
#include <pktsock/ring.h>

#include <errno.h>

static struct nic *nic_of(struct pkt_mac *mac) { return (struct nic *)mac; }

#define NS_PER_S 1000000000

static int start(struct pkt_mac *mac) {
  nic_of(mac)->started = true;
  nic_of(mac)->stamps_received = nic_of(mac)->stamps_sent = false;
  return 0;
}

static void stop(struct pkt_mac *mac) { nic_of(mac)->started = false; }

/* Bytes on the wire must lie within the frame's own buffer, and the padding must be zeros. */
static void check_sent(struct pkt_mac *mac, const struct pkt_frame *frame, struct pkt_bytes wire) {
  uint32_t bytes = wire.len;
  const uint8_t *data = wire.at;
  MUST(frame->mac >= frame->buffer && frame->mac + bytes <= frame->buffer + mac->frame_size,
       "a frame that is sent leaves its buffer: %u bytes at %d of %u", bytes, (int)(frame->mac - frame->buffer),
       mac->frame_size);
  for (uint32_t i = frame->len; i < bytes; i++)
    MUST(data[i] == 0, "byte %u of a frame of %u is padding and not 0", i, frame->len);
}

static void transmit(struct pkt_mac *mac) {
  struct nic *nic = nic_of(mac);
  struct pkt_frame *frame;
  struct pkt_bytes bytes;
  while ((frame = pkt_tx_take(mac, &bytes)) != NULL) {
    check_sent(mac, frame, bytes);
    MUST(nic->sending_count < MAX_POOL, "more frames are being sent than there are");
    for (unsigned i = 0; i < nic->sending_count; i++)
      MUST(nic->sending[i] != frame, "a frame is sent twice at the same time");
    nic->last_len = bytes.len;
    memcpy(nic->last, bytes.at, nic->last_len);
    nic->sent++;
    mac->iface->tx_frames++;
    nic->sending[nic->sending_count++] = frame;
  }
  while (!nic->holds && nic_complete(nic, 0))
    ;
}

bool nic_complete(struct nic *nic, unsigned which) {
  if (nic->sending_count == 0)
    return false;
  struct pkt_frame **slot = &nic->sending[which % nic->sending_count];
  struct pkt_frame *frame = *slot;
  *slot = nic->sending[--nic->sending_count];
  if (nic->stamps_sent && pkt_wants_hw_stamp(frame))
    pkt_hw_stamp(frame, NIC_STAMP_SEC, ++nic->stamps);
  if (!world_breaks("a frame is lost"))
    pkt_completion_give(&nic->mac, frame);
  return true;
}

static void refill(struct pkt_mac *mac) {
  struct nic *nic = nic_of(mac);
  while (nic->prefetched_count < sizeof(nic->prefetched) / sizeof(nic->prefetched[0])) {
    struct pkt_frame *frame = pkt_fill_take(mac);
    if (frame == NULL)
      return;
    nic->prefetched[nic->prefetched_count++] = frame;
  }
}

static struct pkt_frame *empty_frame(struct nic *nic) {
  if (nic->mac.ops->refill != NULL)
    refill(&nic->mac);
  return nic->prefetched_count != 0 ? nic->prefetched[--nic->prefetched_count] : pkt_fill_take(&nic->mac);
}

bool nic_arrive(struct nic *nic, const uint8_t *bytes, uint32_t len, uint32_t offset) {
  struct pkt_mac *mac = &nic->mac;
  struct pkt_iface *iface = mac->iface;
  if (len < PKT_ETH_HLEN) {
    iface->rx_too_short++;
    return false;
  }
  if (offset + len > mac->frame_size) {
    iface->rx_too_long++;
    return false;
  }
  struct pkt_frame *frame = empty_frame(nic);
  if (frame == NULL) {
    iface->rx_no_frame++;
    return false;
  }
  memcpy(pkt_frame_buffer(mac, frame) + offset, bytes, len);
  pkt_rx_begin(mac, frame);
  if (nic->stamps_received)
    pkt_hw_stamp(frame, NIC_STAMP_SEC, ++nic->stamps);
  pkt_rx_give(mac, frame, offset, len);
  pkt_os_wake();
  return true;
}

static void set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) { nic_of(mac)->filter = *filter; }

static bool has_carrier(struct pkt_mac *mac) { return !nic_of(mac)->no_carrier; }

static void service(struct pkt_mac *mac) { (void)mac; }

/* ---- The clock ---- */

static int get_time(struct pkt_mac *mac, struct pkt_time *now) {
  const struct nic *nic = nic_of(mac);
  now->sec = (uint32_t)(nic->clock_ns / NS_PER_S);
  now->nsec = nic->clock_lies ? NS_PER_S : (uint32_t)(nic->clock_ns % NS_PER_S);
  return 0;
}

static int set_time(struct pkt_mac *mac, const struct pkt_time *time) {
  MUST(time->nsec < NS_PER_S, "a driver is given %u ns", time->nsec);
  nic_of(mac)->clock_ns = (int64_t)time->sec * NS_PER_S + time->nsec;
  return 0;
}

static int step_time(struct pkt_mac *mac, int64_t ns) {
  nic_of(mac)->clock_ns += ns;
  return 0;
}

static int adjust_rate(struct pkt_mac *mac, int32_t ppb) {
  (void)mac;
  MUST(ppb >= -NIC_MAX_PPB && ppb <= NIC_MAX_PPB, "a driver is given a rate of %d ppb", ppb);
  return 0;
}

static int stamp(struct pkt_mac *mac, bool received, bool sent) {
  nic_of(mac)->stamps_received = received;
  nic_of(mac)->stamps_sent = sent;
  return 0;
}

static const struct pkt_clock_ops clock_ops = {
    .max_ppb = NIC_MAX_PPB, .get = get_time, .set = set_time, .step = step_time, .adjust = adjust_rate, .stamp = stamp};

const struct pkt_mac_ops nic_fifo_ops = {
    .name = "fuzz-fifo", .start = start, .stop = stop, .transmit = transmit, .set_filter = set_filter};

const struct pkt_mac_ops nic_dma_ops = {.name = "fuzz-dma",
                                        .tx_offset = 2,
                                        .start = start,
                                        .stop = stop,
                                        .transmit = transmit,
                                        .refill = refill,
                                        .set_filter = set_filter,
                                        .link = has_carrier,
                                        .service = service,
                                        .clock = &clock_ops};
