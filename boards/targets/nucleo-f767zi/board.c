/* NUCLEO-F767ZI: UM1974. The 8 MHz come from the ST-LINK; the PHY has its own crystal and clocks the RMII. */
#include "board.h"
#include "dwmac_config.h"
#include "family.h"
#include "stm32.h"
#include <pktsock/dwmac.h>

/* 8 MHz / 4 * 216 / 2 = 216 MHz. */
static const struct stm32_clocks clocks = {
    .hse_hz = 8000000,
    .hse_bypass = true,
    .pll_m = 4,
    .pll_n = 216,
    .pll_p = 2,
    .flash_wait_states = 7,
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

static struct dwmac_state eth0_state STM32_DMA;
static struct pkt_mac eth0 = {
    .ops = &dwmac_ops,
    .config =
        &(const struct dwmac_config){
            STM32_DWMAC_CONFIG,
            .phy_address = 0,
        },
    .state = &eth0_state,
};

static void eth0_interrupt(void) { dwmac_interrupt(&eth0); }

FAMILY_VECTORS = {
    [0 ... 38] = family_unexpected_interrupt,   [39] = family_console_interrupt,
    [40 ... 60] = family_unexpected_interrupt,  [61] = eth0_interrupt,
    [62 ... 109] = family_unexpected_interrupt,
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
