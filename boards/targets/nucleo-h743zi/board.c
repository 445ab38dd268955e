/* NUCLEO-H743ZI: UM1974. The 8 MHz come from the ST-LINK; the PHY has its own crystal and clocks the RMII. */
#include "board.h"
#include "family.h"
#include "stm32.h"
#include <pktsock/dwmac_h7.h>

/* 8 MHz / 1 * 100 / 2 = 400 MHz; flash and MAC at 200 MHz. */
static const struct stm32_clocks clocks = {
    .hse_hz = 8000000,
    .hse_bypass = true,
    .pll_m = 1,
    .pll_n = 100,
    .pll_p = 2,
    .flash_wait_states = 2,
};

static const struct stm32_pin pins[] = {
    {'D', 8, 7},   /* USART3 TX, to the ST-LINK */
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

const struct family_uart family_uart = {.base = 0x40004800, .irq = 39};

static struct dwmac_h7_state eth0_state STM32_DMA;
static struct pkt_mac eth0 = {
    .ops = &dwmac_h7_ops,
    .config =
        &(const struct dwmac_h7_config){
            .base = 0x40028000,
            .irq = 61,
            .phy_address = 0,
            .bus_clock = stm32_ahb_clock,
        },
    .state = &eth0_state,
};

static void eth0_interrupt(void) { dwmac_h7_interrupt(&eth0); }

FAMILY_VECTORS = {
    [0 ... 38] = family_unexpected_interrupt,   [39] = family_console_interrupt,
    [40 ... 60] = family_unexpected_interrupt,  [61] = eth0_interrupt,
    [62 ... 149] = family_unexpected_interrupt,
};

/* Region `dma` of memory.ld, as addresses. */
extern uint8_t __dma_start[], __dma_size[];

void board_init(void) {
  stm32_start_caches((uint32_t)__dma_start, (uint32_t)__dma_size);
  stm32_start_clocks(&clocks);
  stm32_set_pins(pins, sizeof(pins) / sizeof(pins[0]));
  stm32_start_usart3();
  stm32_start_ethernet();
  stm32_make_hwaddr(eth0.hwaddr);
  family_start();
  stm32_report_clocks();
}

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &eth0 : NULL;
}
