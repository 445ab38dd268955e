/* The interface of the ESP32 family to its boards' board.c. Register names are those of the ESP32 Technical Reference
 * Manual. */
#ifndef ESP32_H
#define ESP32_H

#include "family.h"

#define ESP32_REGISTER(address) (*(volatile uint32_t *)(address))

/* Pads of the GPIOs 0 to 27. */
enum esp32_direction { ESP32_INPUT, ESP32_OUTPUT };

/* Give the pad of `gpio` to the function `function` of its IO_MUX (0 to 5). */
void esp32_pad_function(unsigned gpio, unsigned function, enum esp32_direction direction);

/* Connect the pad of `gpio` to peripheral signals through the GPIO matrix. -1: no signal of that direction. */
void esp32_pad_signals(unsigned gpio, int out_signal, int in_signal);

/* Drive the pad of `gpio` high. */
void esp32_pad_high(unsigned gpio);

/* Interrupts of the processor that the family uses. */
enum { ESP32_UART_IRQ = 0, ESP32_EMAC_IRQ = 1 };

/* UART0, for family_uart. */
#define ESP32_UART0                                                                                                    \
  { .base = 0x3ff40000, .irq = ESP32_UART_IRQ, .clock_hz = BOARD_CPU_MHZ * 1000000u }

/* Stop the watchdogs, select the crystal as clock, route the interrupts. board_init() must call this first. */
void esp32_start(void);

/* The clock of the processor and of the bus, in Hz. */
uint32_t esp32_bus_clock(void);

/* Read the address that the chip's eFuses reserve for Ethernet, or that of HWADDR. If the eFuses are blank or their CRC is
 * wrong, use a local address and report it on the console. Call after family_start(). */
void esp32_read_hwaddr(uint8_t hwaddr[6]);

/* The source of the 50 MHz clock of RMII. */
enum esp32_rmii_clock {
  ESP32_CLOCK_IN_GPIO0,   /* an oscillator or the PHY */
  ESP32_CLOCK_OUT_GPIO16, /* the chip's audio PLL, which supplies the PHY, ... */
  ESP32_CLOCK_OUT_GPIO17, /* ... or the same with inverted phase */
};

struct esp32_ethernet {
  enum esp32_rmii_clock clock;
  uint8_t phy_address; /* on MDIO, 0 to 31 */
  uint8_t mdc, mdio;   /* GPIOs */
  int8_t enable;       /* GPIO that switches on the PHY or its oscillator when high; -1: always on */
  uint16_t start_ms;   /* time in ms from then until the PHY answers */
};

/* The board's data, defined by its board.c. The family's board.c implements board.h with it. */
extern const struct esp32_ethernet esp32_ethernet;

/* Start clock, reset and pins of the EMAC, and wait until the PHY has started. Call after family_start(). */
void esp32_start_ethernet(const struct esp32_ethernet *ethernet);

/* For struct dwmac_config's before_reset, where the audio PLL supplies the PHY: start the PLL, unless it has
 * settled. */
void esp32_start_rmii_clock(void);

/* ---- Internal to the family ---- */

/* Start the audio PLL at 50 MHz. False when it does not settle. */
bool esp32_start_apll_50mhz(void);

/* Call a function of the boot ROM, which has the windowed ABI, with interrupts masked. */
uint32_t esp32_rom_call(uint32_t function, uint32_t a, uint32_t b, uint32_t c, uint32_t d);

#endif
