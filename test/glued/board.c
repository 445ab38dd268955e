/* See macs.h. */
#include "board.h"
#include "macs.h"

#include <pktsock/config.h>
#include <pktsock/ring.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct state {
  struct pkt_frame *prefetched[PKTSOCK_FRAMES], *sending[PKTSOCK_FRAMES];
  unsigned prefetched_count, sending_count;
  struct macs_filter filter;
};

static struct state states[2];

static int start(struct pkt_mac *mac) {
  memset(mac->state, 0, sizeof(struct state));
  return 0;
}

static void stop(struct pkt_mac *mac) { (void)mac; }

static void transmit(struct pkt_mac *mac) { (void)mac; }

static void set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *wanted) {
  struct macs_filter *filter = &((struct state *)mac->state)->filter;
  filter->promiscuous = wanted->promiscuous;
  filter->all_multicast = wanted->all_multicast;
  filter->count = wanted->count;
  memcpy(filter->addresses, wanted->addresses, wanted->count * sizeof(filter->addresses[0]));
}

#define OPS .start = start, .stop = stop, .transmit = transmit, .set_filter = set_filter
static const struct pkt_mac_ops ops[] = {{.name = "even", OPS}, {.name = "odd", OPS, .tx_offset = 2}};
static struct pkt_mac macs[] = {
    {.ops = &ops[0], .state = &states[0], .hwaddr = {2, 0, 0, 0, 0, 1}},
    {.ops = &ops[1], .state = &states[1], .hwaddr = {2, 0, 0, 0, 0, 2}},
};

static struct state *state_of(unsigned index) { return &states[index - 1]; }

bool macs_prefetch(unsigned index) {
  struct state *state = state_of(index);
  struct pkt_frame *frame = pkt_fill_take(&macs[index - 1]);
  if (frame == NULL)
    return false;
  state->prefetched[state->prefetched_count++] = frame;
  return true;
}

static struct pkt_frame *take_empty(unsigned index) {
  struct state *state = state_of(index);
  if (state->prefetched_count == 0)
    return pkt_fill_take(&macs[index - 1]);
  struct pkt_frame *frame = state->prefetched[0];
  memmove(state->prefetched, state->prefetched + 1, --state->prefetched_count * sizeof(state->prefetched[0]));
  return frame;
}

bool macs_receive(unsigned index, const uint8_t *bytes, size_t len, uint32_t offset) {
  struct pkt_mac *mac = &macs[index - 1];
  struct pkt_frame *frame = NULL;
  if (len < PKT_ETH_HLEN)
    mac->iface->rx_too_short++;
  else if (len > mac->frame_size - offset)
    mac->iface->rx_too_long++;
  else if ((frame = take_empty(index)) == NULL)
    mac->iface->rx_no_frame++;
  if (frame == NULL)
    return false;
  memcpy(pkt_frame_buffer(mac, frame) + offset, bytes, len);
  pkt_rx_begin(mac, frame);
  pkt_rx_give(mac, frame, offset, (uint32_t)len);
  return true;
}

const uint8_t *macs_transmit(unsigned index, uint32_t *len) {
  struct state *state = state_of(index);
  struct pkt_bytes bytes;
  struct pkt_frame *frame = pkt_tx_take(&macs[index - 1], &bytes);
  if (frame == NULL)
    return NULL;
  macs[index - 1].iface->tx_frames++;
  state->sending[state->sending_count++] = frame;
  *len = bytes.len;
  return bytes.at;
}

bool macs_complete(unsigned index, unsigned which) {
  struct state *state = state_of(index);
  if (state->sending_count == 0)
    return false;
  struct pkt_frame **at = &state->sending[which % state->sending_count], *frame = *at;
  memmove(at, at + 1, (size_t)(state->sending + --state->sending_count - at) * sizeof(*at));
  pkt_completion_give(&macs[index - 1], frame);
  return true;
}

const struct macs_filter *macs_filter(unsigned index) { return &state_of(index)->filter; }

void board_init(void) {}

struct pkt_mac *board_mac(unsigned index) {
  return index < 2 ? &macs[index] : NULL;
}

void board_console_write(const char *bytes, unsigned len) { (void)!write(STDERR_FILENO, bytes, len); }

int board_console_read(void) { return -1; }

void board_exit(int status) { exit(status); }
