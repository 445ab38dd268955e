/* Start-up of an ESP32, its clock, and its MAC address. */
#include "board.h"
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
#define EFUSE_MAC_HIGH 0xffffu /* in RDATA2; the lower 32 bits are in RDATA1 */
#define EFUSE_MAC_CRC_SHIFT 16 /* in RDATA2, 8 bits */
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

#ifdef BOARD_HWADDR

void esp32_read_hwaddr(uint8_t hwaddr[6]) { family_given_hwaddr(hwaddr); }

#else

/* The CRC-8 that the eFuses have beside the address: x^8 + x^5 + x^4 + 1, lowest bit first. */
static uint8_t crc8(const uint8_t *bytes, unsigned len) {
  uint8_t crc = 0;
  for (unsigned i = 0; i < len; i++) {
    crc ^= bytes[i];
    for (unsigned bit = 0; bit < 8; bit++)
      crc = (uint8_t)(crc >> 1 ^ (crc & 1 ? 0x8c : 0));
  }
  return crc;
}

static void use_local_address(uint8_t hwaddr[6], const char *why) {
  static const uint8_t local[6] = {0x02, 0x50, 0x4b, 0x54, 0x53, 0x01};
  static const char instead[] = "; it is 02:50:4b:54:53:01 now. HWADDR= of make sets another\n";
  memcpy(hwaddr, local, sizeof(local));
  board_console_write(why, strlen(why));
  board_console_write(instead, sizeof(instead) - 1);
}

void esp32_read_hwaddr(uint8_t hwaddr[6]) {
  uint32_t low = EFUSE_BLK0_RDATA1, high = EFUSE_BLK0_RDATA2;
  hwaddr[0] = (uint8_t)(high >> 8);
  hwaddr[1] = (uint8_t)high;
  hwaddr[2] = (uint8_t)(low >> 24);
  hwaddr[3] = (uint8_t)(low >> 16);
  hwaddr[4] = (uint8_t)(low >> 8);
  hwaddr[5] = (uint8_t)low;
  if ((low | (high & EFUSE_MAC_HIGH)) == 0)
    use_local_address(hwaddr, "eth0: the chip's eFuses have no MAC address");
  else if (crc8(hwaddr, 6) != (uint8_t)(high >> EFUSE_MAC_CRC_SHIFT))
    use_local_address(hwaddr, "eth0: the MAC address in the chip's eFuses is damaged (CRC)");
  else
    hwaddr[5] += HWADDR_ETHERNET;
}

#endif
