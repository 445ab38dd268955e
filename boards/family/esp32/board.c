/* An ESP32 board with its console at UART0 and an Ethernet PHY at the EMAC: board.h from the data in esp32_ethernet.
 * A board that differs sets BOARD_CODE in its board.mk and implements board.h in its own board.c. */
#include "board.h"
#include "emac_config.h"
#include "esp32.h"
#include <pktsock/dwmac.h>

const struct family_uart family_uart = ESP32_UART0;

static struct dwmac_config eth0_config = {ESP32_EMAC_CONFIG, .irq = ESP32_EMAC_IRQ, .bus_clock = esp32_bus_clock};
static struct dwmac_state eth0_state;
static struct pkt_mac eth0 = {.ops = &dwmac_ops, .config = &eth0_config, .state = &eth0_state};

static void eth0_interrupt(void) { dwmac_interrupt(&eth0); }

void (*const board_interrupts[FAMILY_IRQS])(void) = {
    [ESP32_UART_IRQ] = family_console_interrupt,
    [ESP32_EMAC_IRQ] = eth0_interrupt,
};

void board_init(void) {
  eth0_config.phy_address = esp32_ethernet.phy_address;
  if (esp32_ethernet.clock != ESP32_CLOCK_IN_GPIO0)
    eth0_config.before_reset = esp32_start_rmii_clock;
  esp32_start();
  family_start();
  esp32_read_hwaddr(eth0.hwaddr);
  esp32_start_ethernet(&esp32_ethernet);
}

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &eth0 : NULL;
}
