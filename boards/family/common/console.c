/* The console: board_console_write() and board_console_read() of board.h, and the libc's stdout and stderr, over the
 * board's UART. Received characters wait in a small ring; while it is full the UART keeps them. */
#include "arch.h"
#include "board.h"
#include "console.h"
#include "os.h"
#include <stdio.h>

#define BAUD 115200
/* Tries to write a character before it is dropped: a second or so. One takes 87 us to leave, but an emulator's terminal
 * may be busy for long. */
#define WRITE_TRIES 10000000

static volatile uint8_t ring[64];
static volatile uint32_t ring_in, ring_out; /* characters so far */

void family_start(void) {
  family_clock_start();
  uart_start(&family_uart, BAUD);
  uart_receive_interrupt(&family_uart, true);
  arch_irq_enable(family_uart.irq);
}

void family_console_interrupt(void) {
  while (ring_in - ring_out < sizeof(ring)) {
    int c = uart_get(&family_uart);
    if (c < 0) {
      pkt_os_wake();
      return;
    }
    ring[ring_in % sizeof(ring)] = (uint8_t)c;
    ring_in++;
  }
  uart_receive_interrupt(&family_uart, false); /* until there is room */
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
  return c;
}

void board_console_write(const char *bytes, unsigned len) {
  static bool stuck; /* it took nothing for so long that nobody waits for it any more */
  for (unsigned i = 0; i < len; i++) {
    unsigned tries = stuck ? 1 : WRITE_TRIES;
    while (!uart_put(&family_uart, bytes[i]))
      if (--tries == 0) {
        stuck = true;
        return;
      }
    stuck = false;
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
