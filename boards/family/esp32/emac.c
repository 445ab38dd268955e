/* Clock, reset and pins of the EMAC in RMII. struct esp32_ethernet has the data of the board's PHY. */
#include "arch.h"
#include "board.h"
#include "esp32.h"
#include <string.h>

#define DPORT_WIFI_CLK_EN ESP32_REGISTER(0x3ff000cc)
#define DPORT_CLK_EN_EMAC (1u << 14)
#define DPORT_CORE_RST_EN ESP32_REGISTER(0x3ff000d0)
#define DPORT_RST_EMAC (1u << 7)
#define EMAC_EX_CLKOUT_CONF ESP32_REGISTER(0x3ff69800)
#define EMAC_CLKOUT_DIV_NUM 0xfu
#define EMAC_CLKOUT_H_DIV_NUM 0xf0u
#define EMAC_EX_OSCCLK_CONF ESP32_REGISTER(0x3ff69804)
#define EMAC_OSC_CLK_SEL (1u << 24) /* external */
#define EMAC_EX_CLK_CTRL ESP32_REGISTER(0x3ff69808)
#define EMAC_EXT_OSC_EN 1u
#define EMAC_INT_OSC_EN 2u
#define EMAC_EX_PHYINF_CONF ESP32_REGISTER(0x3ff6980c)
#define EMAC_PHY_INTF_SEL (7u << 13)
#define EMAC_PHY_INTF_RMII (4u << 13)

/* The EMAC's function in the IO_MUX, and its signals in the GPIO matrix. */
enum { FUNCTION_EMAC = 5, SIGNAL_MDC_OUT = 200, SIGNAL_MDI_IN = 201, SIGNAL_MDO_OUT = 201 };

static void set_pins(const struct esp32_ethernet *ethernet) {
  static const uint8_t outputs[] = {21 /* TX_EN */, 19 /* TXD0 */, 22 /* TXD1 */};
  static const uint8_t inputs[] = {27 /* CRS_DV */, 25 /* RXD0 */, 26 /* RXD1 */};
  for (unsigned i = 0; i < sizeof(outputs); i++)
    esp32_pad_function(outputs[i], FUNCTION_EMAC, ESP32_OUTPUT);
  for (unsigned i = 0; i < sizeof(inputs); i++)
    esp32_pad_function(inputs[i], FUNCTION_EMAC, ESP32_INPUT);
  esp32_pad_signals(ethernet->mdc, SIGNAL_MDC_OUT, -1);
  esp32_pad_signals(ethernet->mdio, SIGNAL_MDO_OUT, SIGNAL_MDI_IN);
}

static void take_clock_in(void) {
  esp32_pad_function(0, FUNCTION_EMAC, ESP32_INPUT);
  EMAC_EX_CLK_CTRL = (EMAC_EX_CLK_CTRL & ~EMAC_INT_OSC_EN) | EMAC_EXT_OSC_EN;
  EMAC_EX_OSCCLK_CONF |= EMAC_OSC_CLK_SEL;
}

void esp32_start_rmii_clock(void) {
  static const char trouble[] = "eth0: the chip's PLL for the 50 MHz of RMII does not settle; retrying\n";
  static bool settled, reported;
  if (settled)
    return;
  settled = esp32_start_apll_50mhz();
  if (!settled && !reported)
    board_console_write(trouble, sizeof(trouble) - 1);
  reported = true;
}

static void give_clock_out(unsigned gpio) {
  esp32_start_rmii_clock(); /* must run before the PHY is switched on */
  EMAC_EX_CLK_CTRL = (EMAC_EX_CLK_CTRL & ~EMAC_EXT_OSC_EN) | EMAC_INT_OSC_EN;
  EMAC_EX_OSCCLK_CONF &= ~EMAC_OSC_CLK_SEL;
  EMAC_EX_CLKOUT_CONF &= ~(EMAC_CLKOUT_DIV_NUM | EMAC_CLKOUT_H_DIV_NUM);
  esp32_pad_function(gpio, FUNCTION_EMAC, ESP32_OUTPUT);
}

void esp32_start_ethernet(const struct esp32_ethernet *ethernet) {
  DPORT_WIFI_CLK_EN |= DPORT_CLK_EN_EMAC;
  DPORT_CORE_RST_EN |= DPORT_RST_EMAC;
  DPORT_CORE_RST_EN &= ~DPORT_RST_EMAC;
  EMAC_EX_PHYINF_CONF = (EMAC_EX_PHYINF_CONF & ~EMAC_PHY_INTF_SEL) | EMAC_PHY_INTF_RMII;
  set_pins(ethernet);
  if (ethernet->clock == ESP32_CLOCK_IN_GPIO0)
    take_clock_in();
  else
    give_clock_out(ethernet->clock == ESP32_CLOCK_OUT_GPIO16 ? 16 : 17);
  if (ethernet->enable < 0)
    return;
  esp32_pad_high((unsigned)ethernet->enable);
  for (uint64_t end = arch_now_us() + ethernet->start_ms * 1000u; arch_now_us() < end;) {
  }
}
