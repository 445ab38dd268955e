/* The chips of the tests around the Cortex-M: memories, clocks, pins, USART3, and the wiring of a Nucleo board. Written from
 * the reference manuals RM0090 (F4), RM0410 (F7) and RM0433 (H7). Anything the manuals forbid fails the test: a register of
 * a peripheral without clock, a flash too slow for the processor, a pin without its function. */
#ifndef SOC_H
#define SOC_H

#include "flash_model.h"
#include "machine.h"
#include "phy_model.h"

enum series { SERIES_F4, SERIES_F7, SERIES_H7, SERIES_ESP32 };

struct soc {
  struct machine m;
  enum series series;

  /* rcc_*.c */
  bool hse_missing, pll_dead, voltage_low; /* faults of this test */
  bool voltage_seen;                       /* F4, F7: the code has looked whether the voltage is there */
  uint32_t rcc[64], pwr[16], flash_acr, syscfg[16];
  uint32_t sysclk, ahb_clock, apb1_clock;
  bool overdrive;
  struct flash_model flash; /* if the scenario is about slots */

  /* gpio */
  uint32_t gpio[12][16];

  /* usart.c */
  uint32_t usart[16];
  bool overrun; /* characters were lost, and none is waiting */
  char console[1 << 20];
  size_t console_len, console_read;
  char typed[64];
  unsigned typed_in, typed_out;

  /* the network */
  struct phy_model phy;
  struct nic *nic;
};

/* Add the slots' flash, as it comes from the factory: noise. */
void soc_add_slots(struct soc *soc);

void soc_init(struct soc *soc, enum series series, const char *elf);
/* Where the chip's unique number is. */
uint32_t soc_uid(enum series series);
bool soc_gpio_clocked(const struct soc *soc, unsigned port);
bool soc_usart_clocked(const struct soc *soc);
bool soc_ethernet_clocked(const struct soc *soc);
bool soc_ethernet_in_reset(const struct soc *soc);
bool soc_is_rmii(const struct soc *soc);

/* Fails unless the pin has the alternate function, at a slope that 50 MHz need. */
void soc_expect_pin(struct soc *soc, char port, unsigned number, unsigned function);

void rcc_f4_init(struct soc *soc);
void rcc_h7_init(struct soc *soc);
void gpio_init(struct soc *soc, uint32_t base);
void usart_init(struct soc *soc);

/* A character is lost between the driver's look at the status and at the data. */
void soc_overrun(struct soc *soc);

/* Type into the console. */
void soc_type(struct soc *soc, const char *text);

/* Run until the console has said `text` (behind what was waited for before); fails after `us`. Returns what follows it. */
const char *soc_expect(struct soc *soc, const char *text, uint32_t us);

#endif
