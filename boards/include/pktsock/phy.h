/* Ethernet PHYs through the registers that every one has (IEEE 802.3 clause 22): find, reset, negotiate, watch the link.
 * The MAC driver supplies the two MDIO accesses and calls phy_service() from its own service(). Nothing here waits: a PHY
 * that does not answer costs a sentence on the console and a later retry. */
#ifndef PKT_PHY_H
#define PKT_PHY_H

#include <pktsock/mac.h>

#ifdef __cplusplus
extern "C" {
#endif

/* MDIO accesses of a MAC driver; each waits for the bus with a limit. `read` gives the register's 16 bits. Both give
 * -EIO when the MAC does not finish the access. Task context. */
struct phy_bus {
  int (*read)(struct pkt_mac *mac, unsigned phy, unsigned reg);
  int (*write)(struct pkt_mac *mac, unsigned phy, unsigned reg, uint16_t value);
};

enum phy_state { PHY_ABSENT, PHY_RESETTING, PHY_LINK_DOWN, PHY_LINK_UP };

struct phy {
  enum phy_state state;
  bool fast;        /* 100 Mbit/s, else 10; valid with PHY_LINK_UP */
  bool full_duplex; /* valid with PHY_LINK_UP */
  bool reported;    /* the present trouble has been told */
  uint64_t next;    /* when to look again, microseconds */
  uint64_t deadline;
};

/* Forget everything and start by looking for the PHY. */
void phy_init(struct phy *phy);

/* Look at the PHY at `address` (0 to 31) when it is time to. True when the link went up or down. Task context. */
bool phy_service(struct phy *phy, struct pkt_mac *mac, const struct phy_bus *bus, unsigned address);

static inline bool phy_is_up(const struct phy *phy) { return phy->state == PHY_LINK_UP; }

/* Write "eth0: SENTENCE" to the console, by board_console_write() of boards/family/common/board.h. */
void phy_say(const struct pkt_mac *mac, const char *sentence);

#ifdef __cplusplus
}
#endif

#endif
