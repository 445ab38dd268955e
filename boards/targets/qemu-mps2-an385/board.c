/* qemu-mps2-an385: see Application Note AN385. Its clocks run after reset. */
#include "board.h"
#include "family.h"
#include <pktsock/lan9118.h>

const struct family_uart family_uart = {.base = 0x40004000, .irq = 0, .clock_hz = 25000000};

static struct lan9118_state eth0_state;
static struct pkt_mac eth0 = {
    .ops = &lan9118_ops,
    .config = &(const struct lan9118_config){.base = 0x40200000, .irq = 13},
    .state = &eth0_state,
    .hwaddr = {0x02, 0x50, 0x4b, 0x54, 0x53, 0x01},
};

static void eth0_interrupt(void) { lan9118_interrupt(&eth0); }

FAMILY_VECTORS = {
    [0] = family_console_interrupt,
    [1 ... 12] = family_unexpected_interrupt,
    [13] = eth0_interrupt,
    [14 ... 31] = family_unexpected_interrupt,
};

void board_init(void) { family_start(); }

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &eth0 : NULL;
}
