/* Ethernet PHYs, by the registers that all have (IEEE 802.3 clause 22): find the PHY, reset it, negotiate, watch the
 * link. The MAC driver supplies the two MDIO accesses and calls phy_service() from its own service(). Nothing here
 * waits: a PHY that does not answer is reported once with pkt_say() and retried later. */
#ifndef PKT_PHY_H
#define PKT_PHY_H

#include <pktsock/mac.h>

/* The MDIO accesses of a MAC driver. Each waits for the bus, with a limit. `read` returns the register's 16 bits,
 * `write` returns 0; both return -EIO when the MAC does not finish the access. Task context. */
struct phy_bus {
  int (*read)(struct pkt_mac *mac, unsigned phy, unsigned reg);
  int (*write)(struct pkt_mac *mac, unsigned phy, unsigned reg, uint16_t value);
};

enum phy_state { PHY_ABSENT, PHY_RESETTING, PHY_LINK_DOWN, PHY_LINK_UP };

struct phy {
  enum phy_state state;
  bool fast;        /* 100 Mbit/s, otherwise 10; valid in PHY_LINK_UP */
  bool full_duplex; /* valid in PHY_LINK_UP */
  bool reported;    /* the present problem has been reported */
  bool quiet;       /* the link was up before the MAC started again: nothing is new when it is found */
  uint64_t next;    /* time of the next poll, microseconds */
  uint64_t deadline;
};

/* Reset the state; the next phy_service() looks for the PHY. */
void phy_init(struct phy *phy);

/* The state to begin with if the MAC starts again and the PHY is to keep its link (mac->restarting): the next phy_service() finds
 * the link without a negotiation. */
struct phy phy_kept(const struct phy *phy);

/* Poll the PHY at `address` (0 to 31) if the next poll is due. True when the link went up or down. Task context. */
bool phy_service(struct phy *phy, struct pkt_mac *mac, const struct phy_bus *bus, unsigned address);

static inline bool phy_is_up(const struct phy *phy) { return phy->state == PHY_LINK_UP; }

#endif
