/* The console on the board's UART: board_console_write() and board_console_read() of board.h, and the libc's stdout and
 * stderr. A small ring holds received characters; while it is full, they stay in the UART. */
#include "console.h"
#include "arch.h"
#include "board.h"
#include <pktsock/os.h>
#include <stdio.h>

#define BAUD 115200
/* At 115200 baud there is room for a character within 0.1 ms. In an emulator it may take long, while the host is
 * busy. */
#define WRITE_LIMIT_US 5000000u
/* Iterations of an empty loop between two polls of the UART: about 10 us. It gives an emulator time for its work, which
 * polling without a pause does not. */
#define PAUSE_TURNS 100

static volatile uint8_t ring[64];
static volatile uint32_t ring_in, ring_out; /* characters so far, counted without end */

void family_start(void) {
  family_clock_start();
  uart_start(&family_uart, BAUD);
  uart_receive_interrupt(&family_uart, true);
  arch_irq_enable(family_uart.irq);
}

/* Move a received character from the UART to the ring. False if there is none, or no room for it. Call with interrupts
 * masked, or from the UART's interrupt handler. */
static bool take_one(void) {
  if (ring_in - ring_out >= sizeof(ring)) {
    uart_receive_interrupt(&family_uart, false); /* until the ring has room */
    return false;
  }
  int c = uart_get(&family_uart);
  if (c < 0)
    return false;
  ring[ring_in % sizeof(ring)] = (uint8_t)c;
  ring_in++;
  return true;
}

void family_console_interrupt(void) {
  for (unsigned left = sizeof(ring) + 1; left > 0 && take_one();) /* the last turn finds no room */
    left--;
  pkt_os_wake();
}

int board_console_read(void) {
  if (ring_in == ring_out)
    return -1;
  uint8_t c = ring[ring_out % sizeof(ring)];
  ring_out++;
  uint32_t state = arch_irq_save();
  uart_receive_interrupt(&family_uart, true);
  arch_irq_restore(state);
  /* A UART may raise no interrupt for characters that it received while its interrupt was disabled. */
  bool more = true;
  for (unsigned left = sizeof(ring); left > 0 && more; left--) {
    state = arch_irq_save();
    more = take_one();
    arch_irq_restore(state);
  }
  return c;
}

/* Wait until the UART accepts `c`. False when it does not within the limit. */
static bool write_one(char c) {
  if (uart_put(&family_uart, c))
    return true;
  uint64_t limit = arch_now_us() + WRITE_LIMIT_US;
  do {
    if (arch_now_us() > limit)
      return false;
    for (volatile unsigned turn = 0; turn < PAUSE_TURNS; turn++) {
    }
  } while (!uart_put(&family_uart, c));
  return true;
}

void board_console_write(const char *bytes, unsigned len) {
  for (unsigned i = 0; i < len && write_one(bytes[i]); i++) {
  }
}

static int put(char c, FILE *file) {
  (void)file;
  board_console_write(&c, 1);
  return 0;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;
FILE *const stderr = &console;
