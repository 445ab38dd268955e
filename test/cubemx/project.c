/* A project as CubeMX makes it, as far as the component meets it: the HAL's functions, main()'s set-up, and the vector of ETH. The
 * code behind them is that of boards/family/stm32. A target includes this file with the board's clocks. */
#include "../main.h"
#include "board.h"
#include "family.h"
#include "nucleo144.h"
#include "registers.h"
#ifdef STM32_H7
#include "stm32h7.h"
#else
#include "stm32f4.h"
#endif

#include <pktsock/cubemx.h>

enum { USART3_IRQ = 39, LAST_IRQ = 109 };
const struct family_uart family_uart = {.base = 0x40004800, .irq = USART3_IRQ};

/* ---- The HAL ------------------------------------------------------------------------------------------------------- */

void stand_in_set(uint32_t address, uint32_t bits) {
  REGISTER(address) |= bits;
  (void)REGISTER(address);
}

void stand_in_clear(uint32_t address, uint32_t bits) {
  REGISTER(address) &= ~bits;
  (void)REGISTER(address);
}

/* The pins are set with the console's. It enables the interrupt, as CubeMX generates it. */
void HAL_ETH_MspInit(ETH_HandleTypeDef *handle) {
  if (handle->Instance != ETH)
    return;
#ifdef STM32_H7
  stand_in_set((uint32_t)&RCC_AHB1ENR, RCC_AHB1ENR_ETH1);
#else
  stand_in_set((uint32_t)&RCC_AHB1ENR, RCC_AHB1ENR_ETHMAC);
#endif
  ((volatile uint32_t *)0xe000e100)[ETH_IRQn / 32] = 1u << ETH_IRQn % 32;
}

uint32_t HAL_RCC_GetHCLKFreq(void) { return stm32_ahb_clock(); }

#ifdef STM32_H7
void HAL_SYSCFG_ETHInterfaceSelect(uint32_t interface) {
  SYSCFG_PMCR = (SYSCFG_PMCR & ~SYSCFG_PMCR_EPIS_SEL) | interface;
  (void)SYSCFG_PMCR;
}
#endif

void HAL_MPU_Disable(void) { MPU_CTRL = 0; }

void HAL_MPU_ConfigRegion(const MPU_Region_InitTypeDef *init) {
  MPU_RNR = init->Number;
  MPU_RBAR = init->BaseAddress;
  MPU_RASR = (uint32_t)init->DisableExec << 28 | (uint32_t)init->AccessPermission << 24 |
             (uint32_t)init->TypeExtField << 19 | (uint32_t)init->IsShareable << 18 |
             (uint32_t)init->IsCacheable << 17 | (uint32_t)init->IsBufferable << 16 |
             (uint32_t)init->SubRegionDisable << 8 | (uint32_t)init->Size << 1 | init->Enable;
}

void HAL_MPU_Enable(uint32_t control) {
  MPU_CTRL = control | 1;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
}

/* As in CMSIS, by set and way: four ways of lines of 32 bytes. */
void SCB_CleanInvalidateDCache(void) {
  REGISTER(0xe000ed84) = 0;
  __asm__ volatile("dsb" ::: "memory");
  uint32_t size = REGISTER(0xe000ed80);
  for (uint32_t set = 0; set <= (size >> 13 & 0x7fff); set++)
    for (uint32_t way = 0; way <= (size >> 3 & 0x3ff); way++)
      REGISTER(0xe000ef74) = way << 30 | set << 5;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
}

/* ---- main.c and stm32xxxx_it.c ------------------------------------------------------------------------------------- */

static void ETH_IRQHandler(void) { pkt_cubemx_interrupt(); }

FAMILY_VECTORS = {
    [0 ... USART3_IRQ - 1] = family_unexpected_interrupt,
    [USART3_IRQ] = family_console_interrupt,
    [USART3_IRQ + 1 ... ETH_IRQn - 1] = family_unexpected_interrupt,
    [ETH_IRQn] = ETH_IRQHandler,
    [ETH_IRQn + 1 ... LAST_IRQ] = family_unexpected_interrupt,
};

static struct pktsock_config prepared;

/* SCB_EnableDCache(), SystemClock_Config(), MX_GPIO_Init(), MX_USART3_UART_Init(). All RAM is cached but for 32 bytes. */
void board_init(void) {
  static _Alignas(32) uint8_t uncached[32];
  stm32_start_caches((uint32_t)uncached, sizeof(uncached));
  stm32_start_clocks(&stm32_board.clocks);
  stm32_set_pins(stm32_board.pins, stm32_board.pin_count);
  stm32_start_usart3();
  struct pkt_cubemx_config config = {.phy_address = stm32_board.phy_address, .mpu_region = 1};
  stm32_make_hwaddr(config.hwaddr);
  pkt_cubemx_prepare(&config, &prepared);
  family_start();
}

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? prepared.macs[0] : NULL;
}

/* The start that the repository's boards share takes linear memory from malloc(). */
int __real_pktsock_start(const struct pktsock_config *config);
int __wrap_pktsock_start(const struct pktsock_config *config);
int __wrap_pktsock_start(const struct pktsock_config *config) {
  struct pktsock_config own = *config;
  own.memory = prepared.memory;
  own.memory_size = prepared.memory_size;
  return __real_pktsock_start(&own);
}
