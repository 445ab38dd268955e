/* The MAC leaves reset only while the PHY supplies its clock, so a missing PHY or clock shows as a reset that does not
 * end. This is always the second case of mac.h, and start() never fails. The same path recovers from a bus error and
 * from a stalled transmitter or receiver.
 *
 * Transmitter and receiver are on only while the link is up. Meanwhile the DMA runs, so that frames which were received
 * before reach memory; what is to be sent is dropped. */
#include "dwmac_common.h"
#include "../common/address.h"
#include <errno.h>
#include <pktsock/os.h>
#include <pktsock/ring.h>
#include <string.h>

enum {
  RETRY_US = 1000000,
  STALL_US = 2000000, /* a frame at 10 Mbit/s takes 1.3 ms; half duplex with collisions more */
  SETTLE_US = 3,      /* four cycles of the MII clock at 10 Mbit/s */
};

const char dwmac_bus_error[] = "the MAC had a bus error; restarting it";

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

uint32_t dwmac_mdc_range(uint32_t hz) {
  if (hz < 35000000)
    return 2; /* 16 */
  if (hz < 60000000)
    return 3; /* 26 */
  if (hz < 100000000)
    return 0; /* 42 */
  if (hz < 150000000)
    return 1; /* 62 */
  return hz < 250000000 ? 4 /* 102 */ : 5 /* 124 */;
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

unsigned dwmac_held_frames(struct dwmac_core *c, struct pkt_frame *held[DWMAC_RX]) {
  unsigned count = c->rx_armed;
  for (unsigned i = 0; i < count; i++)
    held[i] = c->rx_frames[(c->rx_next + i) % DWMAC_RX];
  c->rx_next = c->rx_armed = 0;
  return count;
}

void dwmac_sent(struct pkt_mac *mac, bool failed) {
  struct dwmac_core *c = dwmac_core(mac);
  if (failed)
    mac->iface->tx_errors++;
  else
    mac->iface->tx_frames++;
  pkt_completion_give(mac, c->tx_frames[c->tx.next]);
  c->tx.next = (c->tx.next + 1) % DWMAC_TX;
}

/* Drop the frames that wait in TX; counted in tx_errors. The handler sends none: `enabled` is false. */
static void drop_tx(struct pkt_mac *mac) {
  struct pkt_frame *frame;
  struct pkt_bytes bytes;
  dwmac_core(mac)->tx.waits = false;
  for (unsigned left = mac->tx.length; left > 0 && pkt_tx_pending(mac); left--) {
    if ((frame = pkt_tx_take(mac, &bytes)) == NULL)
      continue;
    uint32_t irqs = pkt_os_irq_save();
    mac->iface->tx_errors++;
    pkt_completion_give(mac, frame);
    pkt_os_irq_restore(irqs);
  }
}

/* Drop those of the TX ring too. The MAC must not be sending. */
static void drop_sending(struct pkt_mac *mac) {
  for (unsigned left = DWMAC_TX; left > 0; left--) {
    uint32_t irqs = pkt_os_irq_save();
    if (mac_tx_busy(&dwmac_core(mac)->tx, DWMAC_TX) > 0)
      dwmac_sent(mac, true);
    pkt_os_irq_restore(irqs);
  }
  drop_tx(mac);
}

void dwmac_transmit(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  if (c->enabled)
    mac_tx_transmit(mac, &c->tx, DWMAC_TX, c->ops->send);
  else
    drop_tx(mac);
}

void dwmac_refill(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  if (c->running && c->rx_armed < DWMAC_RX / 4) /* otherwise enough until the next reception */
    mac_rx_refill(mac, DWMAC_RX, dwmac_take_empty, c->ops->arm_one, c->ops->notify);
}

void dwmac_set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  struct dwmac_core *c = dwmac_core(mac);
  dwmac_split_filter(&c->filter, filter, c->exact_addresses, c->hash_table);
  if (c->running) /* otherwise bring_up() writes it */
    c->ops->write_filter(mac);
}

bool dwmac_link(struct pkt_mac *mac) { return dwmac_core(mac)->enabled; }

/* ---- Recovery ---- */

static void take_down(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  c->running = c->enabled = false;
  c->ops->halt(mac);
  drop_sending(mac);
  phy_init(&c->phy);
}

static void try_bring_up(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  if (c->ops->bring_up(mac) == 0) {
    if (c->reported)
      pkt_say(mac, "the MAC runs again");
    c->reported = c->rx_restarted = false;
    c->running = true;
    c->rx_armed_seen = 0;
    c->tx_moved = pkt_os_now();
    return;
  }
  if (!c->reported)
    pkt_say(mac, "the MAC does not leave reset: no reference clock from the PHY? Retrying every second");
  c->reported = true;
  c->retry = pkt_os_now() + RETRY_US;
}

/* Has the transmitter held frames for more than STALL_US without sending one? */
static bool is_stalled(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  uint64_t now = pkt_os_now();
  uint32_t sent = mac->iface->tx_frames + mac->iface->tx_errors;
  if (mac_tx_busy(&c->tx, DWMAC_TX) == 0 || sent != c->tx_seen) {
    c->tx_seen = sent;
    c->tx_moved = now;
  }
  return now - c->tx_moved > STALL_US;
}

/* Bring the MAC up when it does not run and the next attempt is due; restart it when it failed or stalled. Reports each
 * problem once. Returns whether the MAC runs. */
static bool recover(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  if (c->running && c->trouble == NULL && is_stalled(mac))
    c->trouble = "the MAC stopped sending; restarting it";
  if (c->running && c->trouble != NULL) {
    pkt_say(mac, c->trouble);
    mac->restarts++;
    take_down(mac);
    c->trouble = NULL;
    c->reported = true;
    c->retry = 0;
  }
  if (!c->running && pkt_os_now() >= c->retry)
    try_bring_up(mac);
  return c->running;
}

/* Count the frames that were lost. A receiver may fall silent without a status bit (it is known of the STM32H7 and other
 * cores of this family). It shows when frames were lost although the descriptors that were armed at the last look still
 * are, none of them used. Reception is restarted then; if that does not help, the whole MAC. */
static void watch_receiver(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  struct pkt_iface *iface = mac->iface;
  uint32_t missed = c->ops->missed(mac), irqs = pkt_os_irq_save();
  iface->rx_no_frame += missed;
  uint32_t finished = iface->rx_frames + iface->rx_errors + iface->rx_too_short + iface->rx_too_long;
  bool moved = finished != c->rx_seen, silent = missed > 0 && !moved && c->rx_armed_seen > 0;
  c->rx_seen = finished;
  c->rx_armed_seen = c->rx_armed;
  pkt_os_irq_restore(irqs);
  if (moved)
    c->rx_restarted = false;
  if (!silent)
    return;
  if (c->rx_restarted) {
    c->trouble = "the MAC stopped receiving; restarting it";
    return;
  }
  c->rx_restarted = true;
  mac->restarts++;
  c->ops->restart_reception(mac);
}

static void follow_link(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  if (phy_is_up(&c->phy)) {
    c->ops->enable(mac);
    c->enabled = true;
    return;
  }
  if (!c->enabled) /* a PHY that is lost in another state than up */
    return;
  c->enabled = false; /* the interrupt handler sends no more */
  if (c->ops->disable(mac) != 0)
    c->trouble = "the MAC does not stop sending; restarting it";
  else
    drop_sending(mac);
}

void dwmac_service(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  if (!recover(mac))
    return;
  watch_receiver(mac);
  dwmac_clock_service(mac);
  dwmac_refill(mac);
  if (phy_service(&c->phy, mac, &c->ops->phy_bus, c->phy_address))
    follow_link(mac);
}

void dwmac_core_start(struct pkt_mac *mac) { try_bring_up(mac); }

void dwmac_core_stop(struct pkt_mac *mac) {
  struct dwmac_core *c = dwmac_core(mac);
  struct phy phy = c->phy;
  dwmac_clock_stop(mac);
  take_down(mac);
  c->ops->ensure_halted(mac);
  if (mac->restarting)
    c->phy = phy;
}
