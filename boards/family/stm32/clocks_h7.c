/* Clocks of the STM32H743: AXI and AHBs at half the processor's clock, all APBs at a quarter. */
#include "stm32.h"
#include "stm32h7.h"

#define HSI_HZ 64000000u
#define MHZ 1000000u

static const char *trouble;

static bool start_hse(const struct stm32_clocks *clocks) {
  RCC_CR |= (clocks->hse_bypass ? RCC_CR_HSEBYP : 0) | RCC_CR_HSEON;
  return stm32_wait(&RCC_CR, RCC_CR_HSERDY, RCC_CR_HSERDY);
}

/* Supply and voltage scale. The supply can be written once after power-on; before that, the scale does not change. */
static bool raise_voltage(void) {
  PWR_CR3 = PWR_CR3_LDOEN;
  if (!stm32_wait(&PWR_CSR1, PWR_CSR1_ACTVOSRDY, PWR_CSR1_ACTVOSRDY))
    return false;
  PWR_D3CR |= PWR_D3CR_VOS_SCALE1;
  return stm32_wait(&PWR_D3CR, PWR_D3CR_VOSRDY, PWR_D3CR_VOSRDY);
}

void stm32_start_clocks(const struct stm32_clocks *clocks) {
  if (!raise_voltage()) {
    trouble = "the core voltage does not rise; running on the internal 64 MHz";
    return;
  }
  uint32_t source = RCC_PLLCKSELR_PLLSRC_HSE, m = clocks->pll_m;
  if (!start_hse(clocks)) {
    trouble = "the external clock (HSE) does not start; running on the internal one";
    source = RCC_PLLCKSELR_PLLSRC_HSI;
    m = clocks->pll_m * (HSI_HZ / MHZ) / (clocks->hse_hz / MHZ);
  }
  RCC_PLLCKSELR = m << RCC_PLLCKSELR_DIVM1_SHIFT | source;
  RCC_PLLCFGR = RCC_PLLCFGR_PLL1RGE_8_16_MHZ | RCC_PLLCFGR_DIVP1EN;
  RCC_PLL1DIVR = (clocks->pll_n - 1u) | (clocks->pll_p - 1u) << RCC_PLL1DIVR_P_SHIFT;
  RCC_CR |= RCC_CR_PLL1ON;
  if (!stm32_wait(&RCC_CR, RCC_CR_PLL1RDY, RCC_CR_PLL1RDY)) {
    trouble = "the PLL does not lock; running on the internal 64 MHz";
    return;
  }
  FLASH_ACR = FLASH_ACR_WRHIGHFREQ_185_MHZ | clocks->flash_wait_states;
  (void)stm32_wait(&FLASH_ACR, FLASH_ACR_LATENCY, clocks->flash_wait_states);
  RCC_D1CFGR = RCC_D1CFGR_HPRE_2 | RCC_D1CFGR_D1PPRE_2;
  RCC_D2CFGR = RCC_D2CFGR_D2PPRE1_2 | RCC_D2CFGR_D2PPRE2_2;
  RCC_D3CFGR = RCC_D3CFGR_D3PPRE_2;
  RCC_CFGR = (RCC_CFGR & ~7u) | RCC_CFGR_SW_PLL1;
  if (!stm32_wait(&RCC_CFGR, RCC_CFGR_SWS, RCC_CFGR_SWS_PLL1))
    trouble = "the clock does not switch to the PLL; running on the internal 64 MHz";
}

const char *stm32_clock_trouble(void) { return trouble; }

static bool on_pll(void) { return (RCC_CFGR & RCC_CFGR_SWS) == RCC_CFGR_SWS_PLL1; }

/* The dividers apply as soon as they are set, with or without the PLL. */
static uint32_t divided(uint32_t by) {
  uint32_t hz = on_pll() ? BOARD_CPU_MHZ * MHZ : HSI_HZ;
  return RCC_D1CFGR == 0 ? hz : hz / by;
}

uint32_t stm32_ahb_clock(void) { return divided(2); }

uint32_t stm32_apb1_clock(void) { return divided(4); }

void stm32_start_usart3(void) {
  RCC_APB1LENR |= RCC_APB1LENR_USART3EN;
  (void)RCC_APB1LENR;
}
