/* The ESP32's UART. It holds 128 characters in each direction. */
#include "console.h"

struct esp32_uart {
  volatile uint32_t FIFO, INT_RAW, INT_ST, INT_ENA, INT_CLR, CLKDIV, AUTOBAUD, STATUS, CONF0, CONF1;
};

/* Characters to send are written to the FIFO's address on the AHB, as the chip's errata require. */
#define UART0_FIFO_AHB (*(volatile uint32_t *)0x60000000)

#define INT_RXFIFO_FULL 1u
#define STATUS_RXFIFO_CNT 0xffu
#define STATUS_TXFIFO_CNT(status) ((status) >> 16 & 0xff)
#define TXFIFO_SIZE 127u
#define CONF0_8N1 (3u << 2 | 1u << 4)
#define CONF0_TICK_REF_ALWAYS_ON (1u << 27) /* use the bus clock, not the 1 MHz tick */
#define CONF1_RXFIFO_FULL_THRHD_1 1u

static struct esp32_uart *registers(const struct family_uart *uart) { return (struct esp32_uart *)uart->base; }

void uart_start(const struct family_uart *uart, uint32_t baud) {
  struct esp32_uart *r = registers(uart);
  uint32_t divisor = (uart->clock_hz * 16 + baud / 2) / baud; /* in 16ths */
  r->INT_ENA = 0;
  r->CLKDIV = divisor >> 4 | (divisor & 15) << 20;
  r->CONF0 = CONF0_8N1 | CONF0_TICK_REF_ALWAYS_ON;
  r->CONF1 = CONF1_RXFIFO_FULL_THRHD_1;
}

bool uart_put(const struct family_uart *uart, char c) {
  if (STATUS_TXFIFO_CNT(registers(uart)->STATUS) >= TXFIFO_SIZE)
    return false;
  UART0_FIFO_AHB = (uint8_t)c;
  return true;
}

int uart_get(const struct family_uart *uart) {
  struct esp32_uart *r = registers(uart);
  r->INT_CLR = INT_RXFIFO_FULL; /* before the status is read: later input raises it again */
  return r->STATUS & STATUS_RXFIFO_CNT ? (int)(r->FIFO & 0xff) : -1;
}

void uart_receive_interrupt(const struct family_uart *uart, bool on) {
  registers(uart)->INT_ENA = on ? INT_RXFIFO_FULL : 0;
}
