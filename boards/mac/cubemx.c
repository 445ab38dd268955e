/* What the drivers dwmac and dwmac_h7 need in a project of ST's CubeMX; cubemx.h says how it is used. */
#include <pktsock/cubemx.h>
#include <pktsock/memory.h>

#include "main.h" /* the project's, which includes the HAL */

#include <string.h>

#ifdef STM32H7
#include <pktsock/dwmac_h7.h>
#define IS_H7 1
typedef struct dwmac_h7_state mac_state;
#else
#include <pktsock/dwmac.h>
#define IS_H7 0
typedef struct dwmac_state mac_state;
#endif

/* What the MAC's DMA reads and writes. On a Cortex-M7 it fills an MPU region, which is a power of two long and aligned to that. The
 * linker script places section .pktsock where the DMA reaches: on an H7 in RAM_D2. */
struct dma_memory {
  _Alignas(64) uint8_t linear[PKTSOCK_MEMORY_SIZE];
  mac_state state;
};
#if __CORTEX_M == 7
enum { REGION_BITS = sizeof(struct dma_memory) <= 1 << 15 ? 15 : sizeof(struct dma_memory) <= 1 << 16 ? 16 : 17 };
#define REGION_ALIGNED _Alignas(1 << REGION_BITS)
#else
#define REGION_ALIGNED
#endif
REGION_ALIGNED __attribute__((section(".pktsock"))) static struct dma_memory dma;

#if IS_H7
static struct dwmac_h7_config mac_config = {.base = ETH_BASE, .irq = ETH_IRQn, .bus_clock = HAL_RCC_GetHCLKFreq};
static struct pkt_mac mac = {.ops = &dwmac_h7_ops, .config = &mac_config, .state = &dma.state};
#else
static struct dwmac_config mac_config = {
    .mac_base = ETH_MAC_BASE,
    .dma_base = ETH_DMA_BASE,
    .irq = ETH_IRQn,
    .descriptor_stride = 32,
    .exact_addresses = 3,
    .hash_table = true,
    .mmc = true,
    .bus_clock = HAL_RCC_GetHCLKFreq,
};
static struct pkt_mac mac = {.ops = &dwmac_ptp_ops, .config = &mac_config, .state = &dma.state};
#endif

/* RMII is selected while the MAC is in reset and before its clocks run, which HAL_ETH_MspInit() starts. */
static void start_clocks(bool mii) {
  static ETH_HandleTypeDef handle = {.Instance = ETH};
  __HAL_RCC_SYSCFG_CLK_ENABLE();
#if IS_H7
  __HAL_RCC_D2SRAM1_CLK_ENABLE();
  __HAL_RCC_ETH1MAC_FORCE_RESET();
  HAL_SYSCFG_ETHInterfaceSelect(mii ? SYSCFG_ETH_MII : SYSCFG_ETH_RMII);
  HAL_ETH_MspInit(&handle);
  __HAL_RCC_ETH1MAC_RELEASE_RESET();
#else
  __HAL_RCC_ETHMAC_FORCE_RESET();
  if (mii)
    SYSCFG->PMC &= ~SYSCFG_PMC_MII_RMII_SEL;
  else
    SYSCFG->PMC |= SYSCFG_PMC_MII_RMII_SEL;
  HAL_ETH_MspInit(&handle);
  __HAL_RCC_ETHMAC_RELEASE_RESET();
#endif
}

/* "Normal, shared, not cacheable". What the cache has of it, from before, is written back once. */
static void uncache(uint8_t region) {
#if __CORTEX_M == 7
  MPU_Region_InitTypeDef init = {
      .Enable = MPU_REGION_ENABLE,
      .Number = region,
      .BaseAddress = (uint32_t)&dma,
      .Size = REGION_BITS - 1,
      .TypeExtField = MPU_TEX_LEVEL1,
      .AccessPermission = MPU_REGION_FULL_ACCESS,
      .DisableExec = MPU_INSTRUCTION_ACCESS_DISABLE,
      .IsShareable = MPU_ACCESS_SHAREABLE,
      .IsCacheable = MPU_ACCESS_NOT_CACHEABLE,
      .IsBufferable = MPU_ACCESS_NOT_BUFFERABLE,
  };
  HAL_MPU_Disable();
  HAL_MPU_ConfigRegion(&init);
  HAL_MPU_Enable(MPU_PRIVILEGED_DEFAULT);
  SCB_CleanInvalidateDCache();
#else
  (void)region;
#endif
}

void pkt_cubemx_prepare(const struct pkt_cubemx_config *config, struct pktsock_config *start) {
  static struct pkt_mac *const macs[] = {&mac};
  start_clocks(config->mii);
  uncache(config->mpu_region);
  memset(&dma.state, 0, sizeof(dma.state));
  memcpy(mac.hwaddr, config->hwaddr, sizeof(mac.hwaddr));
  mac_config.phy_address = config->phy_address;
  start->macs = macs;
  start->mac_count = 1;
  start->memory = dma.linear;
  start->memory_size = sizeof(dma.linear);
}

/* HAL_ETH_MspInit() may have enabled it before the driver has started. */
void pkt_cubemx_interrupt(void) {
  if (mac.iface == NULL)
    return;
#if IS_H7
  dwmac_h7_interrupt(&mac);
#else
  dwmac_interrupt(&mac);
#endif
}
