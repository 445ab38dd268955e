#include "phy_model.h"

enum { BMCR, BMSR, ID1, ID2, ANAR, ANLPAR, ANER };
enum { RESET_US = 5000, NEGOTIATION_US = 1800000 };

#define BMCR_RESET 0x8000
#define BMCR_AN_ENABLE 0x1000
#define BMCR_AN_RESTART 0x0200
#define BMSR_ABLE 0x7809 /* 100 and 10 Mbit/s, both duplexes, negotiation, extended registers */
#define BMSR_LINK 0x0004
#define BMSR_AN_COMPLETE 0x0020

static void drop_link(struct phy_model *phy) {
  phy->latched_down |= phy->link;
  phy->link = false;
  phy->negotiated->at = UINT64_MAX;
}

static void negotiate(struct phy_model *phy) {
  drop_link(phy);
  if (phy->plugged && (phy->reg[BMCR] & BMCR_AN_ENABLE))
    phy->negotiated->at = phy->m->cycles + machine_us(phy->m, NEGOTIATION_US);
}

static void on_negotiated(void *self) {
  struct phy_model *phy = self;
  uint16_t common = phy->reg[ANAR] & phy->partner;
  phy->reg[ANLPAR] = phy->partner;
  phy->fast = common & 0x180;
  phy->full_duplex = common & (phy->fast ? 0x100 : 0x40);
  phy->link = (common & 0x1e0) != 0;
}

static void on_reset_done(void *self) {
  struct phy_model *phy = self;
  phy->reg[BMCR] = BMCR_AN_ENABLE | 0x2000;
  phy->reg[ANAR] = 0x01e1;
  phy->reg[ANLPAR] = 0;
  negotiate(phy);
}

void phy_model_init(struct phy_model *phy, struct machine *m) {
  *phy = (struct phy_model){.m = m, .partner = 0x45e1, .plugged = true};
  phy->reset_done = machine_add_timer(m, on_reset_done, phy);
  phy->negotiated = machine_add_timer(m, on_negotiated, phy);
  phy->reg[ID1] = 0x0007;
  phy->reg[ID2] = 0xc131;
  on_reset_done(phy);
}

void phy_model_plug(struct phy_model *phy, bool plugged) {
  phy->plugged = plugged;
  negotiate(phy);
}

uint16_t phy_model_read(struct phy_model *phy, unsigned address, unsigned reg) {
  if (phy->absent || address != phy->address)
    return 0xffff; /* the pull-up */
  if (reg != BMSR)
    return phy->reg[reg];
  uint16_t bmsr = BMSR_ABLE;
  if (phy->link && !phy->latched_down) /* the link bit latches low until it is read */
    bmsr |= BMSR_LINK;
  if (phy->link)
    bmsr |= BMSR_AN_COMPLETE;
  phy->latched_down = false;
  return bmsr;
}

void phy_model_write(struct phy_model *phy, unsigned address, unsigned reg, uint16_t value) {
  if (phy->absent || address != phy->address)
    return;
  if (reg == BMCR && (value & BMCR_RESET)) {
    phy->reg[BMCR] |= BMCR_RESET;
    drop_link(phy);
    if (!phy->reset_hangs)
      phy->reset_done->at = phy->m->cycles + machine_us(phy->m, RESET_US);
  } else if (reg == BMCR) {
    phy->reg[BMCR] = value & ~BMCR_AN_RESTART;
    if (value & BMCR_AN_RESTART)
      negotiate(phy);
  } else if (reg == ANAR) {
    phy->reg[ANAR] = value;
  } else {
    fail(phy->m, "write of 0x%04x to PHY register %u", value, reg);
  }
}
