#include "stm32.h"
#include "stm32f4.h"

void stm32_start_ethernet(void) {
  RCC_APB2ENR |= RCC_APB2ENR_SYSCFGEN;
  (void)RCC_APB2ENR;
  /* RMII must be selected while the MAC is in reset and before its clocks run (RM0090, "MII/RMII selection"). */
  RCC_AHB1RSTR |= RCC_AHB1RSTR_ETHMACRST;
  SYSCFG_PMC |= SYSCFG_PMC_MII_RMII_SEL;
  (void)SYSCFG_PMC;
  RCC_AHB1ENR |= RCC_AHB1ENR_ETHMAC;
  (void)RCC_AHB1ENR;
  RCC_AHB1RSTR &= ~RCC_AHB1RSTR_ETHMACRST;
  (void)RCC_AHB1RSTR;
}
