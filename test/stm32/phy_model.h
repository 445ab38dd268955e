/* A LAN8742A on the MDIO bus and its cable (datasheet DS00001989). */
#ifndef PHY_MODEL_H
#define PHY_MODEL_H

#include "machine.h"

struct phy_model {
  struct machine *m;
  /* faults and circumstances of this test */
  bool absent;   /* does not answer on MDIO */
  bool no_clock; /* gives no 50 MHz to the MAC */
  bool reset_hangs;
  bool plugged;
  uint16_t partner; /* what the other end advertises (ANLPAR); 0: nothing */
  unsigned address;

  uint16_t reg[32];
  bool link, fast, full_duplex;
  bool latched_down;
  struct timer *reset_done, *negotiated;
};

void phy_model_init(struct phy_model *phy, struct machine *m);
void phy_model_plug(struct phy_model *phy, bool plugged);
uint16_t phy_model_read(struct phy_model *phy, unsigned address, unsigned reg);
void phy_model_write(struct phy_model *phy, unsigned address, unsigned reg, uint16_t value);

#endif
