/* What ST's NUCLEO-144 boards with Ethernet have in common (MB1137, UM1974), for their stm32_board: the ST-LINK supplies
 * 8 MHz and is connected to USART3; the LAN8742A PHY has its own crystal and supplies the RMII clock. */
#ifndef NUCLEO144_H
#define NUCLEO144_H

#include "stm32.h"

static const struct stm32_pin nucleo144_pins[] = {
    {'D', 8, 7},   /* USART3 TX */
    {'D', 9, 7},   /* USART3 RX */
    {'A', 1, 11},  /* RMII REF_CLK */
    {'A', 2, 11},  /* MDIO */
    {'C', 1, 11},  /* MDC */
    {'A', 7, 11},  /* RMII CRS_DV */
    {'C', 4, 11},  /* RMII RXD0 */
    {'C', 5, 11},  /* RMII RXD1 */
    {'G', 11, 11}, /* RMII TX_EN */
    {'G', 13, 11}, /* RMII TXD0 */
    {'B', 13, 11}, /* RMII TXD1 */
};

#define NUCLEO144                                                                                                      \
  .pins = nucleo144_pins, .pin_count = sizeof(nucleo144_pins) / sizeof(nucleo144_pins[0]), .phy_address = 0,           \
  .clocks.hse_hz = 8000000, .clocks.hse_bypass = true

#endif
