/* Clocks, voltage, flash wait states and SYSCFG of STM32F4 and STM32F7, with what the manuals forbid. */
#include "soc.h"

enum { CR = 0x00, PLLCFGR = 0x04, CFGR = 0x08, AHB1RSTR = 0x10, AHB1ENR = 0x30, APB1ENR = 0x40, APB2ENR = 0x44 };
enum { HSI = 16000000, HSE = 8000000, MHZ = 1000000 };
enum { RESET_CR = 0x83, RESET_PLLCFGR = 0x24003010 };

#define DCEN (1u << 10)
#define DCRST (1u << 12)

static uint32_t *rcc(struct soc *soc, uint32_t offset) { return &soc->rcc[offset / 4]; }
static const uint32_t *rcc_const(const struct soc *soc, uint32_t offset) { return &soc->rcc[offset / 4]; }

/* The PLL's output in Hz; fails when it is programmed beyond its limits. */
static uint32_t pll_hz(struct soc *soc) {
  uint32_t cfgr = *rcc(soc, PLLCFGR), m = cfgr & 63, n = cfgr >> 6 & 511, p = 2 * ((cfgr >> 16 & 3) + 1);
  uint32_t source = cfgr & 1u << 22 ? HSE : HSI;
  uint32_t input = m >= 2 ? source / m : 0;
  uint64_t vco = (uint64_t)input * n;
  if (input < 950000 || input > 2100000 || vco < 100000000 || vco > 432000000 || (cfgr >> 24 & 15) < 2)
    fail(&soc->m, "PLL out of range: PLLCFGR 0x%08x", cfgr);
  return (uint32_t)(vco / p);
}

static void switch_to_pll(struct soc *soc) {
  uint32_t hz = pll_hz(soc), waits = soc->flash_acr & 15, cfgr = *rcc(soc, CFGR);
  uint32_t ppre1 = cfgr >> 10 & 7, ppre2 = cfgr >> 13 & 7;
  if (!(*rcc(soc, CR) & 1u << 25))
    fail(&soc->m, "switch to a PLL that is not ready");
  if ((waits + 1) * 30 * MHZ < hz)
    fail(&soc->m, "%u flash wait states are too few for %u Hz", waits, hz);
  if (!soc->voltage_seen)
    fail(&soc->m, "the firmware has not checked that the core voltage is ready");
  if (hz > (soc->series == SERIES_F7 ? 180u : 168u) * MHZ && !soc->overdrive)
    fail(&soc->m, "%u Hz need the over-drive mode", hz);
  if (hz > (soc->series == SERIES_F7 ? 216u : 180u) * MHZ || (soc->pwr[0] >> 14 & 3) != 3)
    fail(&soc->m, "%u Hz are too many for the core voltage", hz);
  soc->sysclk = soc->ahb_clock = hz;
  soc->apb1_clock = ppre1 & 4 ? hz >> ((ppre1 & 3) + 1) : hz;
  uint32_t apb2 = ppre2 & 4 ? hz >> ((ppre2 & 3) + 1) : hz;
  if (soc->apb1_clock > (soc->series == SERIES_F7 ? 54u : 45u) * MHZ ||
      apb2 > (soc->series == SERIES_F7 ? 108u : 90u) * MHZ)
    fail(&soc->m, "APB1 at %u Hz, APB2 at %u Hz: too fast", soc->apb1_clock, apb2);
}

static uint32_t rcc_read(void *self, uint32_t offset) {
  struct soc *soc = self;
  soc->m.cycles += 10;
  return *rcc(soc, offset);
}

static void write_cr(struct soc *soc, uint32_t value) {
  uint32_t cr = value & ~(1u << 17 | 1u << 25);
  /* the 8 MHz come as a signal: as a crystal they do not start */
  if ((cr & 1u << 16) && (cr & 1u << 18) && !soc->hse_missing)
    cr |= 1u << 17;
  bool source_ready = *rcc(soc, PLLCFGR) & 1u << 22 ? (cr & 1u << 17) != 0 : true;
  if ((cr & 1u << 24) && !soc->pll_dead) {
    pll_hz(soc);
    if (!source_ready)
      fail(&soc->m, "the PLL's source does not run");
    cr |= 1u << 25;
  }
  *rcc(soc, CR) = cr;
}

static void rcc_write(void *self, uint32_t offset, uint32_t value) {
  struct soc *soc = self;
  switch (offset) {
  case CR: write_cr(soc, value); return;
  case PLLCFGR:
    if (*rcc(soc, CR) & 1u << 24)
      fail(&soc->m, "PLLCFGR is written while the PLL runs");
    *rcc(soc, PLLCFGR) = value;
    return;
  case CFGR:
    *rcc(soc, CFGR) = (value & ~0xcu) | (value & 3) << 2;
    if ((value & 3) == 2)
      switch_to_pll(soc);
    return;
  case AHB1ENR:
    if ((value & ~*rcc(soc, AHB1ENR) & 1u << 25) && (!soc_is_rmii(soc) || !soc_ethernet_in_reset(soc)))
      fail(&soc->m, "the MAC's clock starts before RMII is chosen, or without reset");
    __attribute__((fallthrough));
  case AHB1RSTR:
  case APB1ENR:
  case APB2ENR: *rcc(soc, offset) = value; return;
  }
  fail(&soc->m, "RCC register 0x%x is not modelled", offset);
}

static uint32_t pwr_read(void *self, uint32_t offset) {
  struct soc *soc = self;
  if (!(*rcc(soc, APB1ENR) & 1u << 28))
    fail(&soc->m, "access to PWR without clock");
  if (offset == 0)
    return soc->pwr[0];
  bool voltage = (*rcc(soc, CR) & 1u << 25) && !soc->voltage_low; /* not before the PLL runs */
  soc->voltage_seen |= voltage;
  return (soc->pwr[0] & (3u << 16)) | (voltage ? 1u << 14 : 0);
}

static void pwr_write(void *self, uint32_t offset, uint32_t value) {
  struct soc *soc = self;
  pwr_read(soc, offset);
  if (offset != 0)
    fail(&soc->m, "PWR register 0x%x is not modelled", offset);
  if ((value & 3u << 16) && soc->series != SERIES_F7)
    fail(&soc->m, "over-drive is not modelled for this chip");
  if ((value & 1u << 17) && !(soc->pwr[0] & 1u << 16))
    fail(&soc->m, "over-drive is switched before it is on");
  soc->pwr[0] = value;
  soc->overdrive = (value >> 16 & 3) == 3;
}

static uint32_t flash_read(void *self, uint32_t offset) {
  struct soc *soc = self;
  uint32_t value = soc->flash_acr;
  if (offset != 0 && !flash_model_read(soc, offset, &value))
    fail(&soc->m, "flash register 0x%x is not modelled", offset);
  return value;
}

static void flash_write(void *self, uint32_t offset, uint32_t value) {
  struct soc *soc = self;
  if (offset != 0 && !flash_model_write(soc, offset, value))
    fail(&soc->m, "flash register 0x%x is not modelled, or cannot be written", offset);
  if (offset != 0)
    return;
  if (value & DCRST) {
    if (value & DCEN || soc->series != SERIES_F4)
      fail(&soc->m, "the flash's data cache is reset while it is on, or there is none");
    flash_model_forget(soc);
  }
  soc->flash_acr = value;
}

static uint32_t syscfg_read(void *self, uint32_t offset) {
  struct soc *soc = self;
  if (!(*rcc(soc, APB2ENR) & 1u << 14))
    fail(&soc->m, "access to SYSCFG without clock");
  return soc->syscfg[offset / 4];
}

static void syscfg_write(void *self, uint32_t offset, uint32_t value) {
  struct soc *soc = self;
  syscfg_read(self, offset);
  if (offset == 4 && ((value ^ soc->syscfg[1]) & 1u << 23) && !soc_ethernet_in_reset(soc))
    fail(&soc->m, "RMII is chosen while the MAC is not in reset");
  soc->syscfg[offset / 4] = value;
}

void rcc_f4_init(struct soc *soc) {
  *rcc(soc, CR) = RESET_CR;
  *rcc(soc, PLLCFGR) = RESET_PLLCFGR;
  *rcc(soc, AHB1ENR) = 0x00100000;
  soc->sysclk = soc->ahb_clock = soc->apb1_clock = HSI;
  machine_add_device(&soc->m, (struct device){"RCC", 0x40023800, 0x90, rcc_read, rcc_write, soc});
  machine_add_device(&soc->m, (struct device){"PWR", 0x40007000, 0x10, pwr_read, pwr_write, soc});
  machine_add_device(&soc->m, (struct device){"flash", 0x40023c00, 0x20, flash_read, flash_write, soc});
  machine_add_device(&soc->m, (struct device){"SYSCFG", 0x40013800, 0x20, syscfg_read, syscfg_write, soc});
  gpio_init(soc, 0x40020000);
}

bool soc_gpio_clocked(const struct soc *soc, unsigned port) {
  return soc->rcc[(soc->series == SERIES_H7 ? 0xe0 : AHB1ENR) / 4] >> port & 1;
}

bool soc_usart_clocked(const struct soc *soc) {
  return soc->series == SERIES_ESP32 || (soc->rcc[(soc->series == SERIES_H7 ? 0xe8 : APB1ENR) / 4] >> 18 & 1);
}

bool soc_ethernet_clocked(const struct soc *soc) {
  if (soc->series == SERIES_ESP32)
    return true;
  if (soc->series == SERIES_H7)
    return (soc->rcc[0xd8 / 4] >> 15 & 7) == 7;
  return (*rcc_const(soc, AHB1ENR) >> 25 & 7) == 7;
}

bool soc_ethernet_in_reset(const struct soc *soc) {
  if (soc->series == SERIES_ESP32)
    return false;
  return soc->series == SERIES_H7 ? soc->rcc[0x80 / 4] >> 15 & 1 : *rcc_const(soc, AHB1RSTR) >> 25 & 1;
}

bool soc_is_rmii(const struct soc *soc) {
  if (soc->series == SERIES_ESP32)
    return true;
  return soc->series == SERIES_H7 ? (soc->syscfg[1] >> 21 & 7) == 4 : soc->syscfg[1] >> 23 & 1;
}
