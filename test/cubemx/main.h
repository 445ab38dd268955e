/* What boards/mac/cubemx.c uses of a CubeMX project and of ST's HAL, for STM32F4, STM32F7 and STM32H7: a stand-in, not the HAL. hal.c has
 * its functions, with the code of boards/family/stm32. */
#ifndef STAND_IN_MAIN_H
#define STAND_IN_MAIN_H

#include <stdint.h>

#ifdef STM32_F4
#define __CORTEX_M 4U
#else
#define __CORTEX_M 7U
#endif
#ifdef STM32_H7
#define STM32H7
#endif

enum { ETH_IRQn = 61 };
#define ETH_BASE 0x40028000u
#define ETH_MAC_BASE ETH_BASE
#define ETH_DMA_BASE (ETH_BASE + 0x1000u)

typedef struct {
  uint32_t MACCR;
} ETH_TypeDef;
#define ETH ((ETH_TypeDef *)ETH_BASE)
typedef struct {
  ETH_TypeDef *Instance;
} ETH_HandleTypeDef;
void HAL_ETH_MspInit(ETH_HandleTypeDef *handle);
uint32_t HAL_RCC_GetHCLKFreq(void);

typedef struct {
  uint8_t Enable;
  uint8_t Number;
  uint32_t BaseAddress;
  uint8_t Size;
  uint8_t SubRegionDisable;
  uint8_t TypeExtField;
  uint8_t AccessPermission;
  uint8_t DisableExec;
  uint8_t IsShareable;
  uint8_t IsCacheable;
  uint8_t IsBufferable;
} MPU_Region_InitTypeDef;
#define MPU_REGION_ENABLE 1
#define MPU_TEX_LEVEL1 1
#define MPU_REGION_FULL_ACCESS 3
#define MPU_INSTRUCTION_ACCESS_DISABLE 1
#define MPU_ACCESS_SHAREABLE 1
#define MPU_ACCESS_NOT_CACHEABLE 0
#define MPU_ACCESS_NOT_BUFFERABLE 0
#define MPU_PRIVILEGED_DEFAULT 4u
void HAL_MPU_Disable(void);
void HAL_MPU_ConfigRegion(const MPU_Region_InitTypeDef *init);
void HAL_MPU_Enable(uint32_t control);
void SCB_CleanInvalidateDCache(void);

#ifdef STM32H7
#define SYSCFG_ETH_MII 0u
#define SYSCFG_ETH_RMII (4u << 21)
void HAL_SYSCFG_ETHInterfaceSelect(uint32_t interface);
#define __HAL_RCC_SYSCFG_CLK_ENABLE() stand_in_set(0x580244f4, 1u << 1)
#define __HAL_RCC_D2SRAM1_CLK_ENABLE() stand_in_set(0x580244dc, 1u << 29)
#define __HAL_RCC_ETH1MAC_FORCE_RESET() stand_in_set(0x58024480, 1u << 15)
#define __HAL_RCC_ETH1MAC_RELEASE_RESET() stand_in_clear(0x58024480, 1u << 15)
#else
typedef struct {
  uint32_t MEMRMP;
  volatile uint32_t PMC;
} SYSCFG_TypeDef;
#define SYSCFG ((SYSCFG_TypeDef *)0x40013800)
#define SYSCFG_PMC_MII_RMII_SEL (1u << 23)
#define __HAL_RCC_SYSCFG_CLK_ENABLE() stand_in_set(0x40023844, 1u << 14)
#define __HAL_RCC_ETHMAC_FORCE_RESET() stand_in_set(0x40023810, 1u << 25)
#define __HAL_RCC_ETHMAC_RELEASE_RESET() stand_in_clear(0x40023810, 1u << 25)
#endif
void stand_in_set(uint32_t address, uint32_t bits);
void stand_in_clear(uint32_t address, uint32_t bits);

#endif
