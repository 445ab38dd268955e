/* The drivers dwmac and dwmac_h7 in a project of ST's CubeMX, with the HAL: STM32F4, STM32F7, STM32H7. The project
 * gives clocks and pins (HAL_ETH_MspInit()), and its ETH_IRQHandler() calls pkt_cubemx_interrupt(). HAL_ETH_Init()
 * and the rest of the HAL's Ethernet driver are not used. */
#ifndef PKTSOCK_CUBEMX_H
#define PKTSOCK_CUBEMX_H

#include <pktsock/pktsock.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pkt_cubemx_config {
  uint8_t hwaddr[6];   /* the MAC address, in wire order */
  uint8_t phy_address; /* on MDIO, 0 to 31 */
  bool mii;            /* the PHY is connected by MII, and not by RMII */
  uint8_t mpu_region;  /* F7, H7: the number of an MPU region that the project does not use */
};

/* Prepare the MAC: clocks and pins, RMII or MII, and on a Cortex-M7 the memory that is not cached. Sets macs,
 * mac_count, memory and memory_size of `start`. Call it once, after HAL_Init() and SystemClock_Config(), and then
 * pktsock_start(start).
 *
 * Returns: nothing.
 * Errors: none; a MAC that does not answer fails in pktsock_start().
 * Context: before the first task runs, or a task.
 * Source: RM0090, RM0410, RM0433: "MII/RMII selection"; PM0253: MPU. */
void pkt_cubemx_prepare(const struct pkt_cubemx_config *config, struct pktsock_config *start);

/* Handle the MAC's interrupt: the only line of the project's ETH_IRQHandler().
 *
 * Errors: none.
 * Context: the interrupt handler of ETH_IRQn.
 * Source: this component's own contract. */
void pkt_cubemx_interrupt(void);

#ifdef __cplusplus
}
#endif

#endif
