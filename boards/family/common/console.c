/* The console: board_console_write() and board_console_read() of board.h, and the libc's stdout and stderr, over the
 * board's UART. Received characters wait in a small ring; while it is full the UART keeps them. */
#include "console.h"
#include "arch.h"
#include "board.h"
#include <pktsock/os.h>
#include <stdio.h>

#define BAUD 115200
/* Room for a character comes within 0.1 ms at 115200 baud; from an emulator whose host is busy, when that reads on. */
#define WRITE_LIMIT_US 5000000u
/* Turns of an empty loop between two looks at the UART: some 10 us. An emulator gets on with its work meanwhile, which it
 * does not while registers are read without a pause. */
#define PAUSE_TURNS 100

static volatile uint8_t ring[64];
static volatile uint32_t ring_in, ring_out; /* characters so far */

void family_start(void) {
  family_clock_start();
  uart_start(&family_uart, BAUD);
  uart_receive_interrupt(&family_uart, true);
  arch_irq_enable(family_uart.irq);
}

/* Moves what came in to the ring, as much as it has room for. With interrupts off, or in the UART's own. */
static void take_in(void) {
  while (ring_in - ring_out < sizeof(ring)) {
    int c = uart_get(&family_uart);
    if (c < 0)
      return;
    ring[ring_in % sizeof(ring)] = (uint8_t)c;
    ring_in++;
  }
  uart_receive_interrupt(&family_uart, false); /* until there is room */
}

void family_console_interrupt(void) {
  take_in();
  pkt_os_wake();
}

int board_console_read(void) {
  if (ring_in == ring_out)
    return -1;
  uint8_t c = ring[ring_out % sizeof(ring)];
  ring_out++;
  uint32_t state = arch_irq_save();
  /* A UART need not interrupt for what came in while its interrupt was off. */
  uart_receive_interrupt(&family_uart, true);
  take_in();
  arch_irq_restore(state);
  return c;
}

/* Wait until the UART takes `c`. False: it does not. */
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
