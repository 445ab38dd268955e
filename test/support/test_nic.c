#include "test_nic.h"

#include <pktsock/os.h>
#include <pktsock/ring.h>
#include <string.h>

#define MAX_HELD 32

static struct pkt_frame *held[MAX_HELD];
static unsigned held_count;
static bool holds;

static int start(struct pkt_mac *mac) {
  (void)mac;
  holds = false;
  held_count = 0;
  return 0;
}

static void stop(struct pkt_mac *mac) { (void)mac; }

static void transmit(struct pkt_mac *mac) {
  struct pkt_frame *frame;
  struct pkt_bytes bytes;
  uint32_t state = nic_mask();
  while ((frame = pkt_tx_take(mac, &bytes)) != NULL)
    if (holds)
      held[held_count++] = frame;
    else
      pkt_completion_give(mac, frame);
  nic_unmask(state);
}

static void set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) { (void)mac, (void)filter; }

static const struct pkt_mac_ops ops = {
    .name = "test", .start = start, .stop = stop, .transmit = transmit, .set_filter = set_filter};
struct pkt_mac test_nic = {.ops = &ops, .hwaddr = {2, 0, 0, 0, 0, 1}};

void nic_arrive(const void *bytes, size_t len) {
  uint32_t state = nic_mask();
  struct pkt_frame *frame = pkt_fill_take(&test_nic);
  if (frame != NULL) {
    memcpy(pkt_frame_buffer(&test_nic, frame), bytes, len);
    frame->flags = 0;
    pkt_rx_give(&test_nic, frame, 0, (uint32_t)len);
  }
  nic_unmask(state);
  pkt_os_wake();
}

void nic_hold(bool hold) {
  uint32_t state = nic_mask();
  holds = hold;
  nic_unmask(state);
}

void nic_complete(void) {
  uint32_t state = nic_mask();
  while (held_count > 0)
    pkt_completion_give(&test_nic, held[--held_count]);
  nic_unmask(state);
  pkt_os_wake();
}
