/* The audio PLL. Its registers are on a bus in the chip's analog part, which functions of the boot ROM access.
 *
 *   f = crystal * (4 + SDM2 + SDM1 / 256 + SDM0 / 65536) / (2 * (ODIV + 2))
 *
 * With a crystal of 40 MHz, SDM2 = 6 and ODIV = 2 give 50 MHz. */
#include "arch.h"
#include "esp32.h"

#define RTC_CNTL_OPTIONS0 ESP32_REGISTER(0x3ff48000)
#define RTC_CNTL_BIAS_I2C_FORCE_PD (1u << 18)
#define RTC_CNTL_ANA_CONF ESP32_REGISTER(0x3ff48030)
#define RTC_CNTL_PLLA_FORCE_PD (1u << 23)
#define RTC_CNTL_PLLA_FORCE_PU (1u << 24)
#define ANA_CONFIG ESP32_REGISTER(0x6000e044)
#define ANA_I2C_APLL_OFF (1u << 14)
#define EFUSE_BLK0_RDATA3 ESP32_REGISTER(0x3ff5a00c)
#define EFUSE_CHIP_VER_REV1 (1u << 15)

#define ROM_I2C_READ_REG 0x40004148u
#define ROM_I2C_WRITE_REG 0x400041a4u

#define APLL_BLOCK 0x6d
#define APLL_HOST 3
enum { IR_CAL_DELAY = 0, OR_CAL_END = 3, OR_OUTPUT_DIV = 4, SDM_STOP = 5, DSDM2 = 7, DSDM1 = 8, DSDM0 = 9 };
#define OR_CAL_END_BIT 0x80u
#define OR_OUTPUT_DIV_BITS 0x1fu
#define DSDM2_BITS 0x3fu

#define SDM2_50MHZ 6u
#define ODIV_50MHZ 2u
#define SETTLE_US 100000u

static uint32_t apll_read(uint32_t reg) {
  return esp32_rom_call(ROM_I2C_READ_REG, APLL_BLOCK, APLL_HOST, reg, 0) & 0xff;
}

static void apll_write(uint32_t reg, uint32_t value) {
  esp32_rom_call(ROM_I2C_WRITE_REG, APLL_BLOCK, APLL_HOST, reg, value);
}

bool esp32_start_apll_50mhz(void) {
  RTC_CNTL_OPTIONS0 &= ~RTC_CNTL_BIAS_I2C_FORCE_PD;
  RTC_CNTL_ANA_CONF = (RTC_CNTL_ANA_CONF & ~RTC_CNTL_PLLA_FORCE_PD) | RTC_CNTL_PLLA_FORCE_PU;
  ANA_CONFIG &= ~ANA_I2C_APLL_OFF;
  apll_write(DSDM2, (apll_read(DSDM2) & ~DSDM2_BITS) | SDM2_50MHZ);
  apll_write(DSDM0, 0);
  apll_write(DSDM1, 0);
  apll_write(SDM_STOP, 0x09);
  apll_write(SDM_STOP, EFUSE_BLK0_RDATA3 & EFUSE_CHIP_VER_REV1 ? 0x49 : 0x69);
  apll_write(OR_OUTPUT_DIV, (apll_read(OR_OUTPUT_DIV) & ~OR_OUTPUT_DIV_BITS) | ODIV_50MHZ);
  apll_write(IR_CAL_DELAY, 0x0f); /* calibrate */
  apll_write(IR_CAL_DELAY, 0x3f);
  apll_write(IR_CAL_DELAY, 0x1f);
  for (uint64_t end = arch_now_us() + SETTLE_US; !(apll_read(OR_CAL_END) & OR_CAL_END_BIT);)
    if (arch_now_us() > end)
      return false;
  return true;
}
