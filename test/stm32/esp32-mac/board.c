#include "board.h"
#include "../../../boards/family/esp32/emac_config.h"
#include "family.h"
#include "stm32.h"
#include <pktsock/dwmac.h>

const struct family_uart family_uart = {.base = 0x40004800, .irq = 39};

static uint32_t bus_clock(void) { return 80000000; }

static const struct dwmac_config config = {ESP32_EMAC_CONFIG, .irq = 61, .phy_address = 0, .bus_clock = bus_clock};

/* Descriptors of 16 bytes, which no board uses but the driver can. */
static const struct dwmac_config short_config = {.mac_base = 0x3ff6a000,
                                                 .dma_base = 0x3ff69000,
                                                 .descriptor_stride = 16,
                                                 .exact_addresses = 7,
                                                 .irq = 61,
                                                 .phy_address = 0,
                                                 .bus_clock = bus_clock};

static struct dwmac_state eth0_state;
static struct pkt_mac eth0 = {.ops = &dwmac_ops, .config = &config, .state = &eth0_state};

static void eth0_interrupt(void) { dwmac_interrupt(&eth0); }

FAMILY_VECTORS = {
    [0 ... 38] = family_unexpected_interrupt,
    [39] = family_console_interrupt,
    [40 ... 60] = family_unexpected_interrupt,
    [61] = eth0_interrupt,
};

void board_init(void) {
  if (*(const volatile uint32_t *)0x1fff7a10 == 16) /* the harness asks for it in the chip's unique number */
    eth0.config = &short_config;
  stm32_start_usart3();
  stm32_make_hwaddr(eth0.hwaddr);
  family_start();
}

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &eth0 : NULL;
}
