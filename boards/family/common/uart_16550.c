/* The 16550 UART with one register a word, as on SmartFusion2 and on the Tensilica boards that QEMU emulates. */
#include "console.h"

struct uart_16550 {
  volatile uint32_t RBR; /* written: THR; with LCR_DLAB the divisor's low byte */
  volatile uint32_t IER; /* with LCR_DLAB the divisor's high byte */
  volatile uint32_t FCR, LCR, MCR, LSR;
};

#define IER_RX 1u
#define FCR_ENABLE 1u
#define LCR_8N1 3u
#define LCR_DLAB 0x80u
#define LSR_DR 1u
#define LSR_THRE 0x20u

static struct uart_16550 *registers(const struct family_uart *uart) { return (struct uart_16550 *)uart->base; }

void uart_start(const struct family_uart *uart, uint32_t baud) {
  struct uart_16550 *r = registers(uart);
  uint32_t divisor = uart->clock_hz / (16 * baud);
  r->LCR = LCR_8N1 | LCR_DLAB;
  r->RBR = divisor & 0xff;
  r->IER = divisor >> 8;
  r->LCR = LCR_8N1;
  r->FCR = FCR_ENABLE;
}

bool uart_put(const struct family_uart *uart, char c) {
  struct uart_16550 *r = registers(uart);
  if (!(r->LSR & LSR_THRE))
    return false;
  r->RBR = (uint8_t)c;
  return true;
}

int uart_get(const struct family_uart *uart) {
  struct uart_16550 *r = registers(uart);
  return r->LSR & LSR_DR ? (int)(r->RBR & 0xff) : -1;
}

void uart_receive_interrupt(const struct family_uart *uart, bool on) { registers(uart)->IER = on ? IER_RX : 0; }
