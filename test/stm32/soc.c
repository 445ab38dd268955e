#include "soc.h"
#include <stdio.h>
#include <string.h>

static const struct memory memories[][5] = {
    [SERIES_F4] = {{.name = "flash", .base = 0x08000000, .size = 0x200000, .dma = true},
                   {.name = "SRAM", .base = 0x20000000, .size = 0x30000, .dma = true},
                   {.name = "CCM", .base = 0x10000000, .size = 0x10000},
                   {.name = "system", .base = 0x1fff7000, .size = 0x1000}},
    [SERIES_F7] = {{.name = "flash", .base = 0x08000000, .size = 0x200000, .dma = true},
                   {.name = "DTCM", .base = 0x20000000, .size = 0x20000}, /* not while the processor sleeps, so never */
                   {.name = "SRAM", .base = 0x20020000, .size = 0x60000, .dma = true, .cacheable = true},
                   {.name = "system", .base = 0x1ff0f000, .size = 0x1000}},
    [SERIES_H7] = {{.name = "flash", .base = 0x08000000, .size = 0x200000},
                   {.name = "DTCM", .base = 0x20000000, .size = 0x20000},
                   {.name = "AXI SRAM", .base = 0x24000000, .size = 0x80000, .dma = true, .cacheable = true},
                   {.name = "SRAM1", .base = 0x30000000, .size = 0x20000, .dma = true, .cacheable = true},
                   {.name = "system", .base = 0x1ff1e000, .size = 0x1000}},
    [SERIES_ESP32] = {{.name = "flash", .base = 0x08000000, .size = 0x200000},
                      {.name = "DRAM", .base = 0x20000000, .size = 0x30000, .dma = true},
                      {.name = "system", .base = 0x1fff7000, .size = 0x1000}},
};

static const uint32_t nominal_hz[] = {
    [SERIES_F4] = 168000000, [SERIES_F7] = 216000000, [SERIES_H7] = 400000000, [SERIES_ESP32] = 160000000};

/* GPIO: MODER, OTYPER, OSPEEDR, PUPDR, IDR, ODR, BSRR, LCKR, AFRL, AFRH of each port, 0x400 apart. */

static uint32_t gpio_read(void *self, uint32_t offset) {
  struct soc *soc = self;
  unsigned port = offset / 0x400, reg = offset % 0x400 / 4;
  if (!soc_gpio_clocked(soc, port) || reg > 9)
    fail(&soc->m, "access to register 0x%x of GPIO%c without clock, or there is none", offset % 0x400, 'A' + port);
  return soc->gpio[port][reg];
}

static void gpio_write(void *self, uint32_t offset, uint32_t value) {
  struct soc *soc = self;
  gpio_read(self, offset);
  soc->gpio[offset / 0x400][offset % 0x400 / 4] = value;
}

void gpio_init(struct soc *soc, uint32_t base) {
  soc->gpio[0][0] = 0xa8000000; /* the debugger's pins have their functions already */
  soc->gpio[1][0] = 0x00000280;
  machine_add_device(&soc->m, (struct device){"GPIO", base, 0x400 * 11, gpio_read, gpio_write, soc});
}

void soc_expect_pin(struct soc *soc, char port, unsigned number, unsigned function) {
  const uint32_t *gpio = soc->gpio[port - 'A'];
  uint32_t mode = gpio[0] >> 2 * number & 3, speed = gpio[2] >> 2 * number & 3;
  uint32_t alternate = gpio[8 + number / 8] >> 4 * (number % 8) & 15;
  if (mode != 2 || alternate != function || (function == 11 && speed < 2))
    fail(&soc->m, "pin P%c%u: mode %u, alternate function %u, speed %u; needed: 2, %u, 2 or more", port, number, mode,
         alternate, speed, function);
  if (port == 'A' && ((gpio[0] ^ 0xa8000000) & 0xfc000000))
    fail(&soc->m, "the debugger's pins PA13 to PA15 were taken away");
}

uint32_t soc_uid(enum series series) {
  return series == SERIES_F7 ? 0x1ff0f420 : series == SERIES_H7 ? 0x1ff1e800 : 0x1fff7a10;
}

void soc_init(struct soc *soc, enum series series, const char *elf) {
  static const uint32_t uid[3] = {0x00300041, 0x33365107, 0x30343636};
  memset(soc, 0, sizeof(*soc));
  soc->series = series;
  machine_init(&soc->m, elf, series == SERIES_F7 || series == SERIES_H7);
  soc->m.cpu_hz = nominal_hz[series];
  for (unsigned i = 0; i < 5 && memories[series][i].size != 0; i++)
    machine_add_memory(&soc->m, memories[series][i]);
  memcpy(machine_at(&soc->m, soc_uid(series), sizeof(uid)), uid, sizeof(uid));
  machine_load(&soc->m);
  phy_model_init(&soc->phy, &soc->m);
  if (series == SERIES_H7)
    rcc_h7_init(soc);
  else
    rcc_f4_init(soc);
  if (series == SERIES_ESP32) /* the board of the tests leaves the clocks alone */
    soc->ahb_clock = 80000000;
  usart_init(soc);
}

void soc_add_slots(struct soc *soc) {
  if (soc->series == SERIES_F4)
    flash_model_init(soc, 0x081c0000, 0x20000, 4);
  else if (soc->series == SERIES_F7)
    flash_model_init(soc, 0x08180000, 0x40000, 4);
  else
    fail(&soc->m, "this chip has no slots");
}

struct console_wait {
  struct soc *soc;
  const char *text;
};

static bool has_said(void *arg) {
  struct console_wait *wait = arg;
  return strstr(wait->soc->console + wait->soc->console_read, wait->text) != NULL;
}

const char *soc_expect(struct soc *soc, const char *text, uint32_t us) {
  struct console_wait wait = {soc, text};
  if (!machine_run(&soc->m, us, has_said, &wait))
    fail(&soc->m, "the console does not say \"%s\"; it says:\n%s", text, soc->console + soc->console_read);
  const char *found = strstr(soc->console + soc->console_read, text) + strlen(text);
  soc->console_read = (size_t)(found - soc->console);
  return found;
}

void soc_type(struct soc *soc, const char *text) {
  while (*text != '\0')
    soc->typed[soc->typed_in++ % sizeof(soc->typed)] = *text++;
  machine_irq(&soc->m, 39, true); /* usart.c lowers it when all is read */
}
