/* The interface of the STM32 family to its boards' board.c. The family's board.c calls the functions in this order.
 * Register names are those of the reference manuals RM0090 (F4), RM0410 (F7), RM0433 (H7). */
#ifndef STM32_H
#define STM32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The processor's clock is the external clock / pll_m * pll_n / pll_p. If the external clock does not start, the chip's
 * own oscillator supplies the same frequency to the PLL, so that all clocks are the same but less exact. */
struct stm32_clocks {
  uint32_t hse_hz;
  bool hse_bypass; /* an external signal (from the ST-LINK on NUCLEO boards), not a crystal */
  uint8_t pll_m, pll_p;
  uint16_t pll_n;
  uint8_t flash_wait_states; /* for the bus clock at 3.3 V: see the manual's table */
};

/* A pin with an alternate function: push-pull, highest speed, no pull resistor. */
struct stm32_pin {
  char port; /* 'A' ... */
  uint8_t number, function;
};

/* The board's data, defined by its board.c. The family's board.c implements board.h with it. */
struct stm32_board {
  struct stm32_clocks clocks;
  const struct stm32_pin *pins;
  size_t pin_count;
  uint8_t phy_address; /* on MDIO, 0 to 31 */
};
extern const struct stm32_board stm32_board;

/* Set the core voltage and the clocks. If one of them does not start, the chip runs on its own oscillator. */
void stm32_start_clocks(const struct stm32_clocks *clocks);

/* If a clock did not start, report it on the console. */
void stm32_report_clocks(void);

/* In Hz: the clock of the AHB (for the Ethernet MAC) and of the APB1 (for USART3). */
uint32_t stm32_ahb_clock(void);
uint32_t stm32_apb1_clock(void);

/* Configure `count` pins. */
void stm32_set_pins(const struct stm32_pin *pins, size_t count);

/* Cortex-M7 only: make `size` bytes (a power of two, 32 or more) at `start` (aligned to it) non-cacheable and switch
 * the caches on. caches.c explains why. */
void stm32_start_caches(uint32_t start, uint32_t size);

/* Cortex-M7 only: invalidate the data cache's lines of `size` bytes at `start`, in the flash, which has changed. */
void stm32_forget_cached(uint32_t start, uint32_t size);

/* Select RMII, start the clocks of the Ethernet MAC, and reset it. Configure the pins first. */
void stm32_start_ethernet(void);

/* Start the clock of USART3, the console. Configure the pins first. */
void stm32_start_usart3(void);

/* Make a locally administered MAC address: the same at each start, different on each chip; or that of HWADDR. */
void stm32_make_hwaddr(uint8_t hwaddr[6]);

/* Places a MAC driver's state in memory that the MAC's DMA reaches and that is not cached. Not cleared at start-up. */
#ifdef STM32_F4
#define STM32_DMA /* true of all RAM */
#else
#define STM32_DMA __attribute__((section(".dma")))
#endif

/* ---- Internal to the family ---- */

/* clocks_*.c: a sentence about what failed, or NULL. */
const char *stm32_clock_trouble(void);

/* Wait until (*reg & mask) == value. False after some milliseconds, counted in reads, because no clock runs yet. */
static inline bool stm32_wait(const volatile uint32_t *reg, uint32_t mask, uint32_t value) {
  for (uint32_t reads = 0; reads < 200000; reads++)
    if ((*reg & mask) == value)
      return true;
  return false;
}

#endif
