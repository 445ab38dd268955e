/* Between the ESP32 family and its boards' board.c. Register names are those of the ESP32 Technical Reference Manual. */
#ifndef ESP32_H
#define ESP32_H

#include "family.h"

#define ESP32_REGISTER(address) (*(volatile uint32_t *)(address))

/* Pads of the GPIOs 0 to 27. */
enum esp32_direction { ESP32_INPUT, ESP32_OUTPUT };

/* Give the pad of `gpio` to the function `function` of its IO_MUX (0 to 5). */
void esp32_pad_function(unsigned gpio, unsigned function, enum esp32_direction direction);

/* Connect the pad of `gpio` to peripheral signals through the GPIO matrix; -1: none of that direction. */
void esp32_pad_signals(unsigned gpio, int out_signal, int in_signal);

/* Drive the pad of `gpio` high. */
void esp32_pad_high(unsigned gpio);

/* The processor's interrupts that the family uses. */
enum { ESP32_UART_IRQ = 0, ESP32_EMAC_IRQ = 1 };

/* UART0, for family_uart. */
#define ESP32_UART0                                                                                                    \
  { .base = 0x3ff40000, .irq = ESP32_UART_IRQ, .clock_hz = BOARD_CPU_MHZ * 1000000u }

/* Watchdogs off, clock from the crystal, interrupts to the processor. First of all. */
void esp32_start(void);

/* Hz of the processor and of the bus. */
uint32_t esp32_bus_clock(void);

/* The address that the chip's eFuses reserve for Ethernet, or that of HWADDR. */
void esp32_read_hwaddr(uint8_t hwaddr[6]);

/* Where the RMII's 50 MHz come from. */
enum esp32_rmii_clock {
  ESP32_CLOCK_IN_GPIO0,   /* an oscillator or the PHY */
  ESP32_CLOCK_OUT_GPIO16, /* the chip's audio PLL feeds the PHY, ... */
  ESP32_CLOCK_OUT_GPIO17, /* ... or does so with the phase turned by 180 degrees */
};

struct esp32_ethernet {
  enum esp32_rmii_clock clock;
  uint8_t phy_address; /* on MDIO, 0 to 31 */
  uint8_t mdc, mdio;   /* GPIOs */
  int8_t enable;       /* GPIO that switches the PHY or its oscillator on, when high; -1: always on */
  uint16_t start_ms;   /* from switching it on until the PHY answers */
};

/* The board's data, defined by its board.c; board.c of the family makes a board of it. */
extern const struct esp32_ethernet esp32_ethernet;

/* Clock, reset and pins of the EMAC; waits for the PHY's start. After family_start(). */
void esp32_start_ethernet(const struct esp32_ethernet *ethernet);

/* Where the audio PLL feeds the PHY, for struct dwmac_config's before_reset: start it, until it has settled once. */
void esp32_start_rmii_clock(void);

/* ---- Between the family's files ---- */

/* Start the audio PLL at 50 MHz. False: it does not settle. */
bool esp32_start_apll_50mhz(void);

/* Call a function of the boot ROM, which has the windowed ABI, with interrupts masked. */
uint32_t esp32_rom_call(uint32_t function, uint32_t a, uint32_t b, uint32_t c, uint32_t d);

#endif
