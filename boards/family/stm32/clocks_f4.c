/* Clocks of STM32F4 and STM32F7: AHB at the processor's clock, APB1 at a quarter and APB2 at half of it. */
#include "stm32.h"
#include "stm32f4.h"

#define HSI_HZ 16000000u
#define MHZ 1000000u

static const char *trouble;

static bool start_hse(const struct stm32_clocks *clocks) {
  RCC_CR |= (clocks->hse_bypass ? RCC_CR_HSEBYP : 0) | RCC_CR_HSEON;
  return stm32_wait(&RCC_CR, RCC_CR_HSERDY, RCC_CR_HSERDY);
}

/* Above 180 MHz the F7's regulator needs its over-drive mode (RM0410, "Entering Over-drive mode"). */
static bool start_overdrive(void) {
#ifdef STM32_F7
  PWR_CR |= PWR_CR_ODEN;
  if (!stm32_wait(&PWR_CSR, PWR_CSR_ODRDY, PWR_CSR_ODRDY))
    return false;
  PWR_CR |= PWR_CR_ODSWEN;
  return stm32_wait(&PWR_CSR, PWR_CSR_ODSWRDY, PWR_CSR_ODSWRDY);
#else
  return true;
#endif
}

void stm32_start_clocks(const struct stm32_clocks *clocks) {
  RCC_APB1ENR |= RCC_APB1ENR_PWREN;
  (void)RCC_APB1ENR; /* the peripheral clock starts after a cycle */
  PWR_CR |= PWR_CR_VOS_SCALE1;
  uint32_t source = RCC_PLLCFGR_PLLSRC_HSE, m = clocks->pll_m;
  if (!start_hse(clocks)) {
    trouble = "the external clock (HSE) does not start; running on the internal one";
    source = 0;
    m = clocks->pll_m * (HSI_HZ / MHZ) / (clocks->hse_hz / MHZ);
  }
  /* PLLQ supplies USB and SDIO, which are not used: the largest divider. */
  RCC_PLLCFGR = m | (uint32_t)clocks->pll_n << RCC_PLLCFGR_PLLN_SHIFT |
                (clocks->pll_p / 2u - 1) << RCC_PLLCFGR_PLLP_SHIFT | source | 15u << RCC_PLLCFGR_PLLQ_SHIFT;
  RCC_CR |= RCC_CR_PLLON;
  if (!stm32_wait(&RCC_CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY) || !start_overdrive()) {
    trouble = "the PLL does not lock; running on the internal 16 MHz";
    return;
  }
  if (!stm32_wait(&PWR_CSR, PWR_CSR_VOSRDY, PWR_CSR_VOSRDY)) { /* the scale takes effect when the PLL runs */
    trouble = "the core voltage does not rise; running on the internal 16 MHz";
    return;
  }
#ifdef STM32_F4
  uint32_t caches = FLASH_ACR_PRFTEN | FLASH_ACR_ICEN | FLASH_ACR_DCEN;
#else
  uint32_t caches = FLASH_ACR_PRFTEN; /* the core has its own caches: see caches.c */
#endif
  FLASH_ACR = caches | clocks->flash_wait_states;
  (void)stm32_wait(&FLASH_ACR, FLASH_ACR_LATENCY, clocks->flash_wait_states);
  RCC_CFGR = RCC_CFGR_PPRE1_4 | RCC_CFGR_PPRE2_2;
  RCC_CFGR |= RCC_CFGR_SW_PLL;
  if (!stm32_wait(&RCC_CFGR, RCC_CFGR_SWS, RCC_CFGR_SWS_PLL))
    trouble = "the clock does not switch to the PLL; running on the internal 16 MHz";
}

const char *stm32_clock_trouble(void) { return trouble; }

static bool on_pll(void) { return (RCC_CFGR & RCC_CFGR_SWS) == RCC_CFGR_SWS_PLL; }

uint32_t stm32_ahb_clock(void) { return on_pll() ? BOARD_CPU_MHZ * MHZ : HSI_HZ; }

uint32_t stm32_apb1_clock(void) { return on_pll() ? BOARD_CPU_MHZ * MHZ / 4 : HSI_HZ; }

void stm32_start_usart3(void) {
  RCC_APB1ENR |= RCC_APB1ENR_USART3EN;
  (void)RCC_APB1ENR;
}
