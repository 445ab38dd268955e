#include "phy.h"
#include <pktsock/os.h>

/* Registers and bits of IEEE 802.3 clause 22. */
enum {
  BMCR = 0,
  BMCR_RESET = 0x8000,
  BMCR_AN_ENABLE = 0x1000,
  BMCR_AN_RESTART = 0x0200,
  BMSR = 1,
  BMSR_AN_COMPLETE = 0x0020,
  BMSR_LINK = 0x0004,
  PHYID1 = 2,
  ANAR = 4,
  ANLPAR = 5,
  AN_100_FULL = 0x0100,
  AN_100_HALF = 0x0080,
  AN_10_FULL = 0x0040,
  AN_10_HALF = 0x0020,
  AN_SELECTOR_802_3 = 0x0001,
};

enum {
  POLL_US = 100000,     /* a link change is detected within this time */
  RETRY_US = 1000000,   /* interval of attempts when no PHY answers */
  RESET_US = 500000,    /* the maximum of clause 22 */
  PATIENCE_US = 5000000 /* negotiation takes up to 3 s; after this time the user is informed */
};

void phy_init(struct phy *phy) { *phy = (struct phy){.state = PHY_ABSENT}; }

struct phy phy_kept(const struct phy *phy) {
  if (!phy_is_up(phy))
    return (struct phy){.state = PHY_ABSENT};
  return (struct phy){.state = PHY_LINK_DOWN, .quiet = true, .deadline = pkt_os_now() + PATIENCE_US};
}

/* Without a PHY, an MDIO read returns all ones (with a pull-up) or all zeros (without one). */
static bool answers(int value) { return value > 0 && value != 0xffff; }

static void lose(struct phy *phy, struct pkt_mac *mac, uint64_t now, const char *why) {
  if (!phy->reported)
    pkt_say(mac, why);
  phy->reported = true;
  phy->state = PHY_ABSENT;
  phy->next = now + RETRY_US;
}

static void look(struct phy *phy, struct pkt_mac *mac, const struct phy_bus *bus, unsigned address, uint64_t now) {
  if (!answers(bus->read(mac, address, PHYID1)) || bus->write(mac, address, BMCR, BMCR_RESET) < 0) {
    lose(phy, mac, now, "no PHY answers at the board's MDIO address; retrying every second");
    return;
  }
  phy->state = PHY_RESETTING;
  phy->deadline = now + RESET_US;
}

static void negotiate(struct phy *phy, struct pkt_mac *mac, const struct phy_bus *bus, unsigned address, uint64_t now) {
  int bmcr = bus->read(mac, address, BMCR);
  if (bmcr < 0 || (bmcr & BMCR_RESET) != 0) {
    if (now >= phy->deadline)
      lose(phy, mac, now, "the PHY does not leave reset; retrying every second");
    return;
  }
  bus->write(mac, address, ANAR, AN_100_FULL | AN_100_HALF | AN_10_FULL | AN_10_HALF | AN_SELECTOR_802_3);
  bus->write(mac, address, BMCR, BMCR_AN_ENABLE | BMCR_AN_RESTART);
  phy->state = PHY_LINK_DOWN;
  phy->reported = false;
  phy->deadline = now + PATIENCE_US;
}

/* Choose the best mode of both ends. A partner that does not negotiate appears as one half-duplex bit. */
static void resolve(struct phy *phy, struct pkt_mac *mac, int ours, int theirs) {
  if (ours < 0 || theirs < 0)
    return; /* the next poll retries */
  int common = ours & theirs;
  phy->fast = (common & (AN_100_FULL | AN_100_HALF)) != 0;
  phy->full_duplex = (common & (phy->fast ? AN_100_FULL : AN_10_FULL)) != 0;
  phy->state = PHY_LINK_UP;
  phy->reported = false;
  if (phy->quiet) {
    phy->quiet = false;
    return;
  }
  pkt_say(mac, phy->fast ? (phy->full_duplex ? "link up, 100 Mbit/s full duplex" : "link up, 100 Mbit/s half duplex")
                         : (phy->full_duplex ? "link up, 10 Mbit/s full duplex" : "link up, 10 Mbit/s half duplex"));
}

static void watch(struct phy *phy, struct pkt_mac *mac, const struct phy_bus *bus, unsigned address, uint64_t now) {
  /* The link bit latches low: after a short loss of the link it reads as down once. */
  int bmsr = bus->read(mac, address, BMSR);
  if (!answers(bmsr)) {
    phy->reported = false;
    lose(phy, mac, now, "the PHY stopped answering; retrying every second");
    return;
  }
  bool link = (bmsr & BMSR_LINK) != 0 && (bmsr & BMSR_AN_COMPLETE) != 0;
  if (phy->state == PHY_LINK_UP && !link) {
    pkt_say(mac, "link down");
    phy->state = PHY_LINK_DOWN;
    phy->deadline = now + PATIENCE_US;
  } else if (phy->state == PHY_LINK_DOWN && link) {
    resolve(phy, mac, bus->read(mac, address, ANAR), bus->read(mac, address, ANLPAR));
  } else if (phy->state == PHY_LINK_DOWN && !phy->reported && now >= phy->deadline) {
    pkt_say(mac, "no link; is the cable plugged in at both ends?");
    phy->reported = true;
  }
}

bool phy_service(struct phy *phy, struct pkt_mac *mac, const struct phy_bus *bus, unsigned address) {
  uint64_t now = pkt_os_now();
  if (now < phy->next)
    return false;
  phy->next = now + POLL_US;
  bool was_up = phy_is_up(phy);
  if (phy->state == PHY_ABSENT)
    look(phy, mac, bus, address, now);
  else if (phy->state == PHY_RESETTING)
    negotiate(phy, mac, bus, address, now);
  else
    watch(phy, mac, bus, address, now);
  return phy_is_up(phy) != was_up;
}
