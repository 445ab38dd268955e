#include "stm32.h"
#include "stm32h7.h"

void stm32_start_ethernet(void) {
  RCC_APB4ENR |= RCC_APB4ENR_SYSCFGEN;
  /* The memory in the MAC's domain, which holds descriptors and frames. */
  RCC_AHB2ENR |= RCC_AHB2ENR_SRAM1EN;
  (void)RCC_AHB2ENR;
  /* RMII must be selected while the MAC is in reset and before its clocks run. */
  RCC_AHB1RSTR |= RCC_AHB1RSTR_ETH1MACRST;
  SYSCFG_PMCR = (SYSCFG_PMCR & ~SYSCFG_PMCR_EPIS_SEL) | SYSCFG_PMCR_EPIS_SEL_RMII;
  (void)SYSCFG_PMCR;
  RCC_AHB1ENR |= RCC_AHB1ENR_ETH1;
  (void)RCC_AHB1ENR;
  RCC_AHB1RSTR &= ~RCC_AHB1RSTR_ETH1MACRST;
  (void)RCC_AHB1RSTR;
}
