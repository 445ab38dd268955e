/* Two interfaces without hardware: one fills and drains a FIFO, the other has DMA, which reads and writes buffers late. */
#include "lies.h"

#include <pktsock/os.h>
#include <pktsock/ring.h>
#include <string.h>

#define HELD 48

static struct {
  struct pkt_frame *sending[HELD];
  struct pkt_bytes bytes[HELD];
  unsigned sending_count;
  struct pkt_frame *armed[4];
  unsigned armed_count;
  bool runs;
} state[NICS];
static uint8_t wire[2048];

static int start(struct pkt_mac *mac) {
  pkt_say(mac, "starts");
  state[mac == nics[1]].runs = true;
  return 0;
}

static void stop(struct pkt_mac *mac) { state[mac == nics[1]].runs = false; }

static void transmit_fifo(struct pkt_mac *mac) {
  while (pkt_tx_pending(mac)) {
    struct pkt_bytes bytes;
    struct pkt_frame *frame = pkt_tx_take(mac, &bytes);
    if (frame == NULL)
      continue;
    memcpy(wire, bytes.at, bytes.len);
    mac->iface->tx_frames++;
    pkt_completion_give(mac, frame);
  }
}

static void transmit_dma(struct pkt_mac *mac) {
  while (state[1].sending_count < HELD && pkt_tx_pending(mac)) {
    struct pkt_bytes bytes;
    struct pkt_frame *frame = pkt_tx_take(mac, &bytes);
    if (frame == NULL)
      continue;
    state[1].bytes[state[1].sending_count] = bytes;
    state[1].sending[state[1].sending_count++] = frame;
  }
}

void nic_complete(void) {
  for (; state[1].runs && state[1].sending_count > 0; state[1].sending_count--) {
    const struct pkt_bytes *bytes = &state[1].bytes[state[1].sending_count - 1];
    memcpy(wire, bytes->at, bytes->len);
    pkt_completion_give(nics[1], state[1].sending[state[1].sending_count - 1]);
  }
  pkt_os_wake();
}

static void refill(struct pkt_mac *mac) {
  struct pkt_frame *frame;
  while (state[1].armed_count < sizeof(state[1].armed) / sizeof(state[1].armed[0]) &&
         (frame = pkt_fill_take(mac)) != NULL)
    state[1].armed[state[1].armed_count++] = frame;
}

static struct pkt_frame *empty(unsigned nic) {
  if (nic == 1)
    refill(nics[1]);
  if (nic == 1 && state[1].armed_count > 0)
    return state[1].armed[--state[1].armed_count];
  return pkt_fill_take(nics[nic]);
}

/* The kinds of frames differ in their destination, type and length. */
void nic_arrive(unsigned nic, unsigned kind) {
  static const uint8_t types[][6] = {
      {0x08, 0x00, 0x45}, {0x81, 0x00, 0x20, 0x05, 0x08, 0x00}, {0x00, 0x26, 0x42}, {0x88, 0xb5}};
  struct pkt_mac *mac = nics[nic];
  struct pkt_frame *frame = state[nic].runs ? empty(nic) : NULL;
  uint32_t offset = kind % 3 * 2, len = kind & 1 ? 60 : mac->frame_size - offset;
  if (frame == NULL)
    return;
  uint8_t *at = memset(pkt_frame_buffer(mac, frame), (int)kind, mac->frame_size);
  memset(at + offset, kind & 2 ? 0xff : 0x02, 6);
  memcpy(at + offset + 12, types[kind % 4], sizeof(types[0]));
  pkt_rx_begin(mac, frame);
  pkt_rx_give(mac, frame, offset, len);
  pkt_os_wake();
}

static void set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  (void)mac;
  for (unsigned i = 0; i < filter->count; i++)
    memcpy(wire, filter->addresses[i], 6);
}

static bool link(struct pkt_mac *mac) { return mac->iface->rx_frames % 16 != 15; }

static void service(struct pkt_mac *mac) { (void)mac; }

static const struct pkt_mac_ops fifo_ops = {
    .name = "fifo", .start = start, .stop = stop, .transmit = transmit_fifo, .set_filter = set_filter};
static const struct pkt_mac_ops dma_ops = {.name = "dma",
                                           .tx_offset = 2,
                                           .start = start,
                                           .stop = stop,
                                           .transmit = transmit_dma,
                                           .refill = refill,
                                           .set_filter = set_filter,
                                           .link = link,
                                           .service = service};

static struct pkt_mac fifo, dma;
struct pkt_mac *const nics[NICS] = {&fifo, &dma};

void nic_reset(void) {
  memset(state, 0, sizeof(state));
  fifo = (struct pkt_mac){.ops = &fifo_ops, .hwaddr = {2, 0, 0, 0, 0, 1}};
  dma = (struct pkt_mac){.ops = &dma_ops, .hwaddr = {2, 0, 0, 0, 0, 2}};
}
