/* What the STM32 family gives to its boards' board.c: clocks, pins, caches and Ethernet from data. Call the functions in
 * this order from board_init(). Register names are those of the reference manuals RM0090 (F4), RM0410 (F7), RM0433 (H7). */
#ifndef STM32_H
#define STM32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The way to the processor's clock: crystal (or its replacement) / m * n / p. When the crystal does not start, the chip's
 * own oscillator is divided to the same PLL input, so that all frequencies stay as they are, only less exact. */
struct stm32_clocks {
  uint32_t hse_hz;
  bool hse_bypass; /* a clock signal comes in (from the ST-LINK on Nucleo boards), not a crystal */
  uint8_t pll_m, pll_p;
  uint16_t pll_n;
  uint8_t flash_wait_states; /* for the bus clock at 3.3 V, from the manual's table */
};

/* A pin with an alternate function: push-pull, fastest slope, no pull resistor. */
struct stm32_pin {
  char port; /* 'A' ... */
  uint8_t number, function;
};

/* The board's data, defined by its board.c; board.c of the family makes a board of it. */
struct stm32_board {
  struct stm32_clocks clocks;
  const struct stm32_pin *pins;
  size_t pin_count;
  uint8_t phy_address; /* on MDIO, 0 to 31 */
};
extern const struct stm32_board stm32_board;

/* Give the core its full voltage and clock. What does not answer is left out: the chip then runs on its own oscillator. */
void stm32_start_clocks(const struct stm32_clocks *clocks);

/* When a clock did not start, say so on the console. */
void stm32_report_clocks(void);

/* Hz: of the AHB, which feeds the Ethernet MAC; of the APB1, which feeds USART3. */
uint32_t stm32_ahb_clock(void);
uint32_t stm32_apb1_clock(void);

void stm32_set_pins(const struct stm32_pin *pins, size_t count);

/* Cortex-M7 only: make `size` bytes (a power of two, 32 or more) at `start` (aligned to it) non-cacheable and switch the
 * caches on. Why: see caches.c. */
void stm32_start_caches(uint32_t start, uint32_t size);

/* Ethernet: RMII, clocks, a reset pulse. Pins are set before. */
void stm32_start_ethernet(void);

/* USART3, the console behind the ST-LINK on Nucleo boards: its clock. Pins are set before. */
void stm32_start_usart3(void);

/* A locally administered MAC address, the same at every start, different on every chip. */
void stm32_make_hwaddr(uint8_t hwaddr[6]);

/* For the state of MAC drivers: memory that the MAC's DMA reaches and that is not cached. Not cleared at start-up. */
#ifdef STM32_F4
#define STM32_DMA /* all RAM is such */
#else
#define STM32_DMA __attribute__((section(".dma")))
#endif

/* ---- Between the family's files ---- */

/* clocks_*.c: what went wrong as a sentence, or NULL. */
const char *stm32_clock_trouble(void);

/* Wait until (*reg & mask) == value, for some milliseconds at most (before there is a clock to measure them with). */
static inline bool stm32_wait(const volatile uint32_t *reg, uint32_t mask, uint32_t value) {
  for (uint32_t reads = 0; reads < 200000; reads++)
    if ((*reg & mask) == value)
      return true;
  return false;
}

#endif
