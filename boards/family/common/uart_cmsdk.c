/* The UART of Arm's Cortex-M System Design Kit (DDI 0479), as on the MPS2 boards. It holds one character in each
 * direction. */
#include "console.h"

struct cmsdk_uart {
  volatile uint32_t DATA, STATE, CTRL, INTCLEAR, BAUDDIV;
};

#define STATE_TXFULL 1u
#define STATE_RXFULL 2u
#define CTRL_TXEN 1u
#define CTRL_RXEN 2u
#define CTRL_RXINTEN 8u
#define INT_RX 2u

static struct cmsdk_uart *registers(const struct family_uart *uart) { return (struct cmsdk_uart *)uart->base; }

void uart_start(const struct family_uart *uart, uint32_t baud) {
  struct cmsdk_uart *r = registers(uart);
  r->BAUDDIV = uart->clock_hz / baud;
  r->CTRL = CTRL_TXEN | CTRL_RXEN;
  (void)r->DATA; /* drops earlier input; QEMU polls for input only after this read */
}

bool uart_put(const struct family_uart *uart, char c) {
  struct cmsdk_uart *r = registers(uart);
  if (r->STATE & STATE_TXFULL)
    return false;
  r->DATA = (uint8_t)c;
  return true;
}

int uart_get(const struct family_uart *uart) {
  struct cmsdk_uart *r = registers(uart);
  r->INTCLEAR = INT_RX;
  return r->STATE & STATE_RXFULL ? (int)(r->DATA & 0xff) : -1;
}

void uart_receive_interrupt(const struct family_uart *uart, bool on) {
  registers(uart)->CTRL = CTRL_TXEN | CTRL_RXEN | (on ? CTRL_RXINTEN : 0);
  if (!on)
    registers(uart)->INTCLEAR = INT_RX; /* the interrupt is latched and would stay raised */
}
