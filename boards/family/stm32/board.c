/* An STM32 board with its console at USART3 and one Ethernet interface with RMII: board.h from the data in stm32_board.
 * A board that differs sets BOARD_CODE in its board.mk and implements board.h in its own board.c. */
#include "board.h"
#include "family.h"
#include "stm32.h"

#define USART3_BASE 0x40004800
#define ETHERNET_BASE 0x40028000
enum { USART3_IRQ = 39, ETHERNET_IRQ = 61 };

const struct family_uart family_uart = {.base = USART3_BASE, .irq = USART3_IRQ};

#ifdef STM32_H7
#include <pktsock/dwmac_h7.h>

enum { LAST_IRQ = 149 };
static struct dwmac_h7_config eth0_config = {.base = ETHERNET_BASE, .irq = ETHERNET_IRQ, .bus_clock = stm32_ahb_clock};
static struct dwmac_h7_state eth0_state STM32_DMA;
static struct pkt_mac eth0 = {.ops = &dwmac_h7_ops, .config = &eth0_config, .state = &eth0_state};
static void eth0_interrupt(void) { dwmac_h7_interrupt(&eth0); }
#else
#include <pktsock/dwmac.h>

#ifdef STM32_F7
enum { LAST_IRQ = 109 };
#else
enum { LAST_IRQ = 90 };
#endif
static struct dwmac_config eth0_config = {
    .mac_base = ETHERNET_BASE,
    .dma_base = ETHERNET_BASE + 0x1000,
    .irq = ETHERNET_IRQ,
    .descriptor_stride = 32,
    .exact_addresses = 3,
    .hash_table = true,
    .mmc = true,
    .bus_clock = stm32_ahb_clock,
};
static struct dwmac_state eth0_state STM32_DMA;
static struct pkt_mac eth0 = {.ops = &dwmac_ptp_ops, .config = &eth0_config, .state = &eth0_state};
static void eth0_interrupt(void) { dwmac_interrupt(&eth0); }
#endif

FAMILY_VECTORS = {
    [0 ... USART3_IRQ - 1] = family_unexpected_interrupt,
    [USART3_IRQ] = family_console_interrupt,
    [USART3_IRQ + 1 ... ETHERNET_IRQ - 1] = family_unexpected_interrupt,
    [ETHERNET_IRQ] = eth0_interrupt,
    [ETHERNET_IRQ + 1 ... LAST_IRQ] = family_unexpected_interrupt,
};

void board_init(void) {
#ifndef STM32_F4
  extern uint8_t __dma_start[], __dma_size[]; /* region `dma` of memory.ld, as addresses */
  stm32_start_caches((uint32_t)__dma_start, (uint32_t)__dma_size);
#endif
  stm32_start_clocks(&stm32_board.clocks);
  stm32_set_pins(stm32_board.pins, stm32_board.pin_count);
  stm32_start_usart3();
  stm32_start_ethernet();
  stm32_make_hwaddr(eth0.hwaddr);
  eth0_config.phy_address = stm32_board.phy_address;
  family_start();
  stm32_report_clocks();
}

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &eth0 : NULL;
}
