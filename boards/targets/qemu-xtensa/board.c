/* qemu-xtensa: the peripherals of the LX60 board. */
#include "board.h"
#include "family.h"
#include <pktsock/opencores.h>

const struct family_uart family_uart = {.base = 0x9d050020, .irq = 0, .clock_hz = 40000000};

static struct opencores_state eth0_state;
static struct pkt_mac eth0 = {
    .ops = &opencores_ops,
    .config = &(const struct opencores_config){.base = 0x9d030000, .irq = 1, .phy_address = 1},
    .state = &eth0_state,
    .hwaddr = {0x02, 0x50, 0x4b, 0x54, 0x53, 0x01},
};

static void eth0_interrupt(void) { opencores_interrupt(&eth0); }

void (*const board_interrupts[FAMILY_IRQS])(void) = {
    [0] = family_console_interrupt,
    [1] = eth0_interrupt,
};

void board_init(void) { family_start(); }

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &eth0 : NULL;
}
