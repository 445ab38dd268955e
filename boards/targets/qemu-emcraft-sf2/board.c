/* qemu-emcraft-sf2: Microsemi UG0331. In a SmartFusion2 the system controller starts clocks and pins, as the FPGA's design
 * says. */
#include "board.h"
#include "family.h"
#include <pktsock/msf2.h>

enum { MMUART_0_IRQ = 10, EMAC_IRQ = 12, LAST_IRQ = 80 };

const struct family_uart family_uart = {
    .base = 0x40000000, .irq = MMUART_0_IRQ, .clock_hz = BOARD_CPU_MHZ * 1000000u / 2};

static struct msf2_state eth0_state;
static struct pkt_mac eth0 = {
    .ops = &msf2_ops,
    .config = &(const struct msf2_config){.base = 0x40041000, .irq = EMAC_IRQ, .phy_address = 1},
    .state = &eth0_state,
    .hwaddr = {0x02, 0x50, 0x4b, 0x54, 0x53, 0x01},
};

static void eth0_interrupt(void) { msf2_interrupt(&eth0); }

FAMILY_VECTORS = {
    [0 ... MMUART_0_IRQ - 1] = family_unexpected_interrupt,
    [MMUART_0_IRQ] = family_console_interrupt,
    [MMUART_0_IRQ + 1 ... EMAC_IRQ - 1] = family_unexpected_interrupt,
    [EMAC_IRQ] = eth0_interrupt,
    [EMAC_IRQ + 1 ... LAST_IRQ] = family_unexpected_interrupt,
};

void board_init(void) { family_start(); }

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &eth0 : NULL;
}
