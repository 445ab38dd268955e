/* Clocks, voltage, flash wait states and SYSCFG of the STM32H743, with what the manual forbids. */
#include "soc.h"

enum {
  CR = 0x00,
  CFGR = 0x10,
  D1CFGR = 0x18,
  D2CFGR = 0x1c,
  D3CFGR = 0x20,
  PLLCKSELR = 0x28,
  PLLCFGR = 0x2c,
  PLL1DIVR = 0x30
};
enum { AHB1RSTR = 0x80, AHB1ENR = 0xd8, AHB2ENR = 0xdc, AHB4ENR = 0xe0, APB1LENR = 0xe8, APB4ENR = 0xf4 };
enum { HSI = 64000000, HSE = 8000000, MHZ = 1000000 };

static uint32_t *rcc(struct soc *soc, uint32_t offset) { return &soc->rcc[offset / 4]; }

static uint32_t pll_hz(struct soc *soc) {
  uint32_t select = *rcc(soc, PLLCKSELR), divr = *rcc(soc, PLL1DIVR), cfgr = *rcc(soc, PLLCFGR);
  uint32_t m = select >> 4 & 63, n = (divr & 511) + 1, p = (divr >> 9 & 127) + 1;
  uint32_t input = m != 0 ? ((select & 3) == 2 ? HSE : HSI) / m : 0;
  static const uint32_t low[] = {1, 2, 4, 8}, high[] = {2, 4, 8, 16};
  uint32_t range = cfgr >> 2 & 3;
  uint64_t vco = (uint64_t)input * n;
  bool wide = !(cfgr & 2);
  if ((select & 3) == 1 || input < low[range] * MHZ || input > high[range] * MHZ || !(cfgr & 1u << 16) || !wide ||
      vco < 192000000 || vco > 836000000)
    fail(&soc->m, "PLL1 out of range: PLLCKSELR 0x%x PLLCFGR 0x%x PLL1DIVR 0x%x", select, cfgr, divr);
  return (uint32_t)(vco / p);
}

/* A prescaler field whose highest bit (of `bits`) switches it on. */
static uint32_t divided(uint32_t hz, uint32_t field, unsigned bits) {
  uint32_t on = 1u << (bits - 1);
  return field & on ? hz >> ((field & (on - 1)) + 1) : hz;
}

static void switch_to_pll(struct soc *soc) {
  uint32_t hz = pll_hz(soc), waits = soc->flash_acr & 15, frequency = soc->flash_acr >> 4 & 3;
  uint32_t d1 = *rcc(soc, D1CFGR), d2 = *rcc(soc, D2CFGR), d3 = *rcc(soc, D3CFGR);
  if (!(*rcc(soc, CR) & 1u << 25))
    fail(&soc->m, "switch to a PLL that is not ready");
  uint32_t core = divided(hz, d1 >> 8 & 15, 4), bus = divided(core, d1 & 15, 4);
  uint32_t apbs[] = {divided(bus, d1 >> 4 & 7, 3), divided(bus, d2 >> 4 & 7, 3), divided(bus, d2 >> 8 & 7, 3),
                     divided(bus, d3 >> 4 & 7, 3)};
  if ((soc->pwr[6] >> 14 & 3) != 3 || core > 400u * MHZ || bus > 200u * MHZ)
    fail(&soc->m, "core %u Hz, bus %u Hz: too fast for the voltage", core, bus);
  if ((waits + 1) * 70 * MHZ < bus || frequency < (bus > 185 * MHZ ? 2u : 0u))
    fail(&soc->m, "flash too slow: %u wait states, WRHIGHFREQ %u at %u Hz", waits, frequency, bus);
  for (unsigned i = 0; i < 4; i++)
    if (apbs[i] > 100u * MHZ)
      fail(&soc->m, "an APB runs at %u Hz", apbs[i]);
  soc->sysclk = core;
  soc->ahb_clock = bus;
  soc->apb1_clock = apbs[1];
}

static uint32_t rcc_read(void *self, uint32_t offset) {
  struct soc *soc = self;
  soc->m.cycles += 10;
  return *rcc(soc, offset);
}

static void write_cr(struct soc *soc, uint32_t value) {
  uint32_t cr = (value & ~(1u << 17 | 1u << 25)) | 1u << 2;
  if ((cr & 1u << 16) && (cr & 1u << 18) && !soc->hse_missing)
    cr |= 1u << 17;
  bool source_ready = (*rcc(soc, PLLCKSELR) & 3) == 2 ? (cr & 1u << 17) != 0 : true;
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
  case PLLCKSELR:
  case PLLCFGR:
  case PLL1DIVR:
    if (*rcc(soc, CR) & 1u << 24)
      fail(&soc->m, "the PLL is programmed while it runs");
    *rcc(soc, offset) = value;
    return;
  case CFGR:
    *rcc(soc, CFGR) = (value & ~0x38u) | (value & 7) << 3;
    if ((value & 7) == 3)
      switch_to_pll(soc);
    return;
  case AHB1ENR:
    if ((value & ~*rcc(soc, AHB1ENR) & 1u << 15) && (!soc_is_rmii(soc) || !soc_ethernet_in_reset(soc)))
      fail(&soc->m, "the MAC's clock starts before RMII is chosen, or without reset");
    __attribute__((fallthrough));
  case D1CFGR:
  case D2CFGR:
  case D3CFGR:
  case AHB1RSTR:
  case AHB2ENR:
  case AHB4ENR:
  case APB1LENR:
  case APB4ENR: *rcc(soc, offset) = value; return;
  }
  fail(&soc->m, "RCC register 0x%x is not modelled", offset);
}

/* CR1 0x00, CSR1 0x04, CR2 0x08, CR3 0x0c, CPUCR 0x10, D3CR 0x18. */
static uint32_t pwr_read(void *self, uint32_t offset) {
  struct soc *soc = self;
  bool supplied = soc->pwr[7] != 0;
  switch (offset) {
  case 0x04: return supplied && !soc->voltage_low ? 1u << 13 : 0;
  case 0x18: return soc->pwr[6] | (soc->voltage_low ? 0 : 1u << 13);
  }
  fail(&soc->m, "PWR register 0x%x is not modelled", offset);
}

static void pwr_write(void *self, uint32_t offset, uint32_t value) {
  struct soc *soc = self;
  if (offset == 0x0c) {
    if (value != 2)
      fail(&soc->m, "PWR_CR3 0x%x: the board feeds the core from the LDO", value);
    soc->pwr[7] = 1;
  } else if (offset == 0x18) {
    if (soc->pwr[7] == 0)
      fail(&soc->m, "the voltage scale is changed before the supply is confirmed");
    soc->pwr[6] = value & 3u << 14;
  } else {
    fail(&soc->m, "PWR register 0x%x is not modelled", offset);
  }
}

static uint32_t flash_read(void *self, uint32_t offset) {
  struct soc *soc = self;
  if (offset != 0)
    fail(&soc->m, "flash register 0x%x is not modelled", offset);
  return soc->flash_acr;
}

static void flash_write(void *self, uint32_t offset, uint32_t value) {
  struct soc *soc = self;
  flash_read(self, offset);
  soc->flash_acr = value;
}

static uint32_t syscfg_read(void *self, uint32_t offset) {
  struct soc *soc = self;
  if (!(*rcc(soc, APB4ENR) & 2))
    fail(&soc->m, "access to SYSCFG without clock");
  return soc->syscfg[offset / 4];
}

static void syscfg_write(void *self, uint32_t offset, uint32_t value) {
  struct soc *soc = self;
  syscfg_read(self, offset);
  if (offset == 4 && !soc_ethernet_in_reset(soc))
    fail(&soc->m, "RMII is chosen while the MAC is not in reset");
  soc->syscfg[offset / 4] = value;
}

void rcc_h7_init(struct soc *soc) {
  *rcc(soc, CR) = 0x25;
  *rcc(soc, PLLCKSELR) = 0x02020200;
  *rcc(soc, PLLCFGR) = 0x01ff0000;
  *rcc(soc, PLL1DIVR) = 0x01010280;
  soc->flash_acr = 0x37;
  soc->sysclk = soc->ahb_clock = soc->apb1_clock = HSI;
  machine_add_device(&soc->m, (struct device){"RCC", 0x58024400, 0x100, rcc_read, rcc_write, soc});
  machine_add_device(&soc->m, (struct device){"PWR", 0x58024800, 0x30, pwr_read, pwr_write, soc});
  machine_add_device(&soc->m, (struct device){"flash", 0x52002000, 0x20, flash_read, flash_write, soc});
  machine_add_device(&soc->m, (struct device){"SYSCFG", 0x58000400, 0x30, syscfg_read, syscfg_write, soc});
  gpio_init(soc, 0x58020000);
}
