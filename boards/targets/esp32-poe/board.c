/* ESP32-POE: ESP32 module, LAN8710A PHY at address 0 that GPIO12 switches on; the chip gives it 50 MHz at GPIO17. */
#include "board.h"
#include "emac_config.h"
#include "esp32.h"
#include <pktsock/dwmac.h>

const struct family_uart family_uart = ESP32_UART0;

static const struct esp32_ethernet ethernet = {
    .clock = ESP32_CLOCK_OUT_GPIO17, .mdc = 23, .mdio = 18, .enable = 12, .start_ms = 100};

static struct dwmac_state eth0_state;
static struct pkt_mac eth0 = {
    .ops = &dwmac_ops,
    .config =
        &(const struct dwmac_config){
            ESP32_EMAC_CONFIG,
            .irq = ESP32_EMAC_IRQ,
            .phy_address = 0,
            .bus_clock = esp32_bus_clock,
            .before_reset = esp32_start_rmii_clock,
        },
    .state = &eth0_state,
};

static void eth0_interrupt(void) { dwmac_interrupt(&eth0); }

void (*const board_interrupts[FAMILY_IRQS])(void) = {
    [ESP32_UART_IRQ] = family_console_interrupt,
    [ESP32_EMAC_IRQ] = eth0_interrupt,
};

void board_init(void) {
  esp32_start();
  family_start();
  esp32_read_hwaddr(eth0.hwaddr);
  esp32_start_ethernet(&ethernet);
}

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &eth0 : NULL;
}
