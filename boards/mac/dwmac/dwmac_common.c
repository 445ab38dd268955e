/* The MAC leaves reset only while the PHY supplies its clock, so a missing PHY or clock shows as a reset that does not
 * end. This is always the second case of mac.h, and start() never fails. The same path recovers from a bus error and
 * from a stalled transmitter. */
#include "dwmac_common.h"
#include "../common/address.h"
#include <errno.h>
#include <pktsock/os.h>
#include <string.h>

enum {
  RETRY_US = 1000000,
  STALL_US = 2000000, /* a frame at 10 Mbit/s takes 1.3 ms; half duplex with collisions more */
  SETTLE_US = 3,      /* four cycles of the MII clock at 10 Mbit/s */
};
#define NS_PER_S 1000000000

int dwmac_wait_clear(const volatile uint32_t *reg, uint32_t mask, uint32_t limit_us) {
  uint64_t limit = pkt_os_now() + limit_us;
  while (*reg & mask)
    if (pkt_os_now() > limit)
      return -EIO;
  return 0;
}

void dwmac_write(volatile uint32_t *reg, uint32_t value) {
  *reg = value;
  uint64_t limit = pkt_os_now() + SETTLE_US;
  while (pkt_os_now() < limit) {
  }
}

static void add_by_hash(struct dwmac_filter *split, const uint8_t *address, bool multicast) {
  uint32_t bit = ~pkt_address_crc(address) >> 26;
  split->hash[bit >> 5] |= 1u << (bit & 31);
  if (multicast)
    split->hash_multicast = true;
  else
    split->hash_unicast = true;
}

static void add_address(struct dwmac_filter *split, const uint8_t *address, unsigned exact, bool hash_table) {
  bool multicast = (address[0] & 1) != 0;
  if (split->exact_count < exact)
    memcpy(split->exact[split->exact_count++], address, PKT_ETH_ALEN);
  else if (hash_table)
    add_by_hash(split, address, multicast);
  else if (multicast)
    split->all_multicast = true;
  else
    split->promiscuous = true;
}

void dwmac_split_filter(struct dwmac_filter *split, const struct pkt_mac_filter *filter, unsigned exact,
                        bool hash_table) {
  *split = (struct dwmac_filter){.promiscuous = filter->promiscuous, .all_multicast = filter->all_multicast};
  for (unsigned multicast = 0; multicast <= 1; multicast++)
    for (unsigned i = 0; i < filter->count; i++)
      if ((filter->addresses[i][0] & 1) == multicast)
        add_address(split, filter->addresses[i], exact, hash_table);
}

struct dwmac_clock_rate dwmac_clock_rate(uint32_t bus_hz) {
  uint32_t increment = NS_PER_S / bus_hz + 1;
  uint64_t addend = ((uint64_t)NS_PER_S << 32) / ((uint64_t)increment * bus_hz);
  return (struct dwmac_clock_rate){.increment = increment, .addend = (uint32_t)addend};
}

bool dwmac_clock_is_off(uint32_t sec, uint32_t nsec) {
  uint32_t true_sec, true_nsec;
  pkt_os_time(&true_sec, &true_nsec);
  int64_t ahead = ((int64_t)sec - true_sec) * NS_PER_S + ((int64_t)nsec - true_nsec);
  return ahead > NS_PER_S / 1000 || ahead < -NS_PER_S / 1000;
}

static void try_bring_up(struct dwmac_recovery *r, struct pkt_mac *mac, const struct dwmac_recovery_ops *ops) {
  if (ops->bring_up(mac) == 0) {
    if (r->reported)
      pkt_say(mac, "the MAC runs again");
    r->reported = false;
    r->running = true;
    r->tx_moved = pkt_os_now();
    return;
  }
  if (!r->reported)
    pkt_say(mac, "the MAC does not leave reset: no reference clock from the PHY? Retrying every second");
  r->reported = true;
  r->retry = pkt_os_now() + RETRY_US;
}

/* Has the transmitter held frames for more than STALL_US without sending one? */
static bool is_stalled(struct dwmac_recovery *r, const struct pkt_mac *mac, bool tx_busy) {
  uint64_t now = pkt_os_now();
  uint32_t sent = mac->iface->tx_frames + mac->iface->tx_errors;
  if (!tx_busy || sent != r->tx_seen) {
    r->tx_seen = sent;
    r->tx_moved = now;
  }
  return now - r->tx_moved > STALL_US;
}

bool dwmac_recover(struct dwmac_recovery *r, struct pkt_mac *mac, const struct dwmac_recovery_ops *ops, bool tx_busy) {
  if (r->running && (r->failed || is_stalled(r, mac, tx_busy))) {
    pkt_say(mac, r->failed ? "the MAC had a bus error; restarting it" : "the MAC stopped sending; restarting it");
    r->running = false;
    ops->take_down(mac);
    r->failed = false;
    r->reported = true;
    r->retry = 0;
  }
  if (!r->running && pkt_os_now() >= r->retry)
    try_bring_up(r, mac, ops);
  return r->running;
}
