/* qemu-esp32: the OpenCores MAC is at the address of the chip's EMAC DMA and has its interrupt. */
#include "board.h"
#include "esp32.h"
#include <pktsock/opencores.h>

const struct family_uart family_uart = ESP32_UART0;

static struct opencores_state eth0_state;
static struct pkt_mac eth0 = {
    .ops = &opencores_ops,
    .config = &(const struct opencores_config){.base = 0x3ff69000, .irq = ESP32_EMAC_IRQ, .phy_address = 1},
    .state = &eth0_state,
    .hwaddr = {0x02, 0x50, 0x4b, 0x54, 0x53, 0x01},
};

static void eth0_interrupt(void) { opencores_interrupt(&eth0); }

void (*const board_interrupts[FAMILY_IRQS])(void) = {
    [ESP32_UART_IRQ] = family_console_interrupt,
    [ESP32_EMAC_IRQ] = eth0_interrupt,
};

void board_init(void) {
  esp32_start();
  family_start();
}

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &eth0 : NULL;
}
