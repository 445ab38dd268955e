/* Between the family and its boards' board.c. */
#ifndef FAMILY_H
#define FAMILY_H

#include <stdbool.h>
#include <stdint.h>

/* The handlers of the external interrupts, defined by board.c; the linker puts them behind the 16 system vectors. Entries
 * that the board does not use are family_unexpected_interrupt. */
#define FAMILY_VECTORS void (*const board_vectors[])(void) __attribute__((section(".vectors.irq"), used))

/* Reports the interrupt's number and ends the program. */
void family_unexpected_interrupt(void);

/* Start the clock of arch.h, then the console. board_init() calls it when the board's own clocks run. */
void family_start(void);

/* clock.c: called by family_start(), and by SysTick's vector. */
void family_clock_start(void);
void family_clock_interrupt(void);

/* The console's UART, defined by board.c; one of the uart_*.c of this directory drives it (board.mk: UART). */
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
