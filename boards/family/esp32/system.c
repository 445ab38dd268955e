/* Start-up of an ESP32, its clock, and its MAC address. */
#include "esp32.h"
#include "hwaddr.h"
#include <string.h>

#define RTC_CNTL_CLK_CONF ESP32_REGISTER(0x3ff48070)
#define RTC_CNTL_SOC_CLK_SEL (3u << 27) /* 0: the crystal */
#define RTC_CNTL_WDTCONFIG0 ESP32_REGISTER(0x3ff4808c)
#define RTC_CNTL_WDTWPROTECT ESP32_REGISTER(0x3ff480a4)
#define TIMG0_WDTCONFIG0 ESP32_REGISTER(0x3ff5f048)
#define TIMG0_WDTWPROTECT ESP32_REGISTER(0x3ff5f064)
#define WDT_KEY 0x50d83aa1u
#define SYSCON_SYSCLK_CONF ESP32_REGISTER(0x3ff66000)
#define SYSCON_PRE_DIV_CNT 0x3ffu /* divides the crystal's clock by this value + 1 */
#define EFUSE_BLK0_RDATA1 ESP32_REGISTER(0x3ff5a004)
#define EFUSE_BLK0_RDATA2 ESP32_REGISTER(0x3ff5a008)
/* The interrupt matrix: the interrupt of the processor for each source. */
#define DPORT_PRO_INT_MAP(source) ESP32_REGISTER(0x3ff00104 + 4 * (source))
enum { SOURCE_UART0 = 34, SOURCE_ETH_MAC = 38 };

/* A chip has four consecutive universally administered addresses; the last is for Ethernet. */
#define HWADDR_ETHERNET 3

void esp32_start(void) {
  /* Both watchdogs run after reset, to catch an image that does not start. */
  RTC_CNTL_WDTWPROTECT = WDT_KEY;
  RTC_CNTL_WDTCONFIG0 = 0;
  TIMG0_WDTWPROTECT = WDT_KEY;
  TIMG0_WDTCONFIG0 = 0;
  /* Select the clocks of power-on, because a reset may leave the PLL selected. */
  SYSCON_SYSCLK_CONF &= ~SYSCON_PRE_DIV_CNT;
  RTC_CNTL_CLK_CONF &= ~RTC_CNTL_SOC_CLK_SEL;
  DPORT_PRO_INT_MAP(SOURCE_UART0) = ESP32_UART_IRQ;
  DPORT_PRO_INT_MAP(SOURCE_ETH_MAC) = ESP32_EMAC_IRQ;
}

uint32_t esp32_bus_clock(void) { return BOARD_CPU_MHZ * 1000000u; }

void esp32_read_hwaddr(uint8_t hwaddr[6]) {
#ifdef BOARD_HWADDR
  family_given_hwaddr(hwaddr);
#else
  uint32_t low = EFUSE_BLK0_RDATA1, high = EFUSE_BLK0_RDATA2;
  hwaddr[0] = (uint8_t)(high >> 8);
  hwaddr[1] = (uint8_t)high;
  hwaddr[2] = (uint8_t)(low >> 24);
  hwaddr[3] = (uint8_t)(low >> 16);
  hwaddr[4] = (uint8_t)(low >> 8);
  hwaddr[5] = (uint8_t)(low + HWADDR_ETHERNET);
#endif
}
