/* Registers that STM32F4 and STM32F7 have in common, as far as this family uses them (RM0090, RM0410). */
#ifndef STM32F4_H
#define STM32F4_H

#include "registers.h"

#define RCC_CR REGISTER(0x40023800)
#define RCC_CR_HSEON (1u << 16)
#define RCC_CR_HSERDY (1u << 17)
#define RCC_CR_HSEBYP (1u << 18)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_PLLCFGR REGISTER(0x40023804)
#define RCC_PLLCFGR_PLLN_SHIFT 6
#define RCC_PLLCFGR_PLLP_SHIFT 16
#define RCC_PLLCFGR_PLLSRC_HSE (1u << 22)
#define RCC_PLLCFGR_PLLQ_SHIFT 24
#define RCC_CFGR REGISTER(0x40023808)
#define RCC_CFGR_SW_PLL 2u
#define RCC_CFGR_SWS (3u << 2)
#define RCC_CFGR_SWS_PLL (2u << 2)
#define RCC_CFGR_PPRE1_4 (5u << 10)
#define RCC_CFGR_PPRE2_2 (4u << 13)
#define RCC_AHB1RSTR REGISTER(0x40023810)
#define RCC_AHB1RSTR_ETHMACRST (1u << 25)
#define RCC_AHB1ENR REGISTER(0x40023830)
#define RCC_AHB1ENR_ETHMAC (1u << 25 | 1u << 26 | 1u << 27 | 1u << 28) /* MAC, transmitter, receiver, time stamps */
#define RCC_APB1ENR REGISTER(0x40023840)
#define RCC_APB1ENR_USART3EN (1u << 18)
#define RCC_APB1ENR_PWREN (1u << 28)
#define RCC_APB2ENR REGISTER(0x40023844)
#define RCC_APB2ENR_SYSCFGEN (1u << 14)

#define PWR_CR REGISTER(0x40007000)
#define PWR_CR_VOS_SCALE1 (3u << 14)
#define PWR_CR_ODEN (1u << 16)
#define PWR_CR_ODSWEN (1u << 17)
#define PWR_CSR REGISTER(0x40007004)
#define PWR_CSR_VOSRDY (1u << 14)
#define PWR_CSR_ODRDY (1u << 16)
#define PWR_CSR_ODSWRDY (1u << 17)

#define FLASH_ACR REGISTER(0x40023c00)
#define FLASH_ACR_LATENCY 0xfu
#define FLASH_ACR_PRFTEN (1u << 8)
#define FLASH_ACR_ICEN (1u << 9)  /* F4; on the F7 this bit is ARTEN, for another address range than ours */
#define FLASH_ACR_DCEN (1u << 10) /* F4 */

#define FLASH_ACR_DCRST (1u << 12) /* F4 */

#define SYSCFG_PMC REGISTER(0x40013804)
#define SYSCFG_PMC_MII_RMII_SEL (1u << 23)

#endif
