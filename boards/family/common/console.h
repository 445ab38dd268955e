/* Between the console, which all families share (console.c), a family's clock and UARTs, and its boards' board.c. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

/* Start the clock of arch.h, then the console. board_init() calls it when the board's own clocks run. */
void family_start(void);

/* The family's clock of arch.h. */
void family_clock_start(void);

/* The console's UART, defined by board.c; one of the family's uart_*.c drives it (board.mk: UART). */
struct family_uart {
  uintptr_t base;
  unsigned irq;
  uint32_t clock_hz; /* of the UART's baud rate generator */
};
extern const struct family_uart family_uart;

/* The handler of family_uart.irq. */
void family_console_interrupt(void);

/* A UART driver. None of these waits. */
void uart_start(const struct family_uart *uart, uint32_t baud);
bool uart_put(const struct family_uart *uart, char c); /* false: no room */
int uart_get(const struct family_uart *uart);          /* -1: nothing came in */
void uart_receive_interrupt(const struct family_uart *uart, bool on);

#endif
