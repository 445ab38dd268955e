/* The console (console.c), which all families share: its interface to a family's clock, to the UARTs and to board.c. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

/* Start the clock of arch.h, then the console. board_init() calls this after it has started the board's clocks. */
void family_start(void);

/* Start the clock of arch.h; implemented by the family. */
void family_clock_start(void);

/* The console's UART, defined by board.c. The driver is one of the uart_*.c beside this file (board.mk: UART). */
struct family_uart {
  uintptr_t base;
  unsigned irq;
  uint32_t clock_hz; /* of the UART's baud rate generator; unused by the STM32's */
};
extern const struct family_uart family_uart;

/* The handler of family_uart.irq. */
void family_console_interrupt(void);

/* A UART driver. No function waits. */
void uart_start(const struct family_uart *uart, uint32_t baud);
bool uart_put(const struct family_uart *uart, char c); /* false when there is no room */
int uart_get(const struct family_uart *uart);          /* -1 when nothing was received */
void uart_receive_interrupt(const struct family_uart *uart, bool on);

#endif
