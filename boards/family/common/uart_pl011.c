/* The PL011 UART (DDI 0183), as in the Stellaris chips. It holds 16 characters in each direction. */
#include "console.h"

struct pl011 {
  volatile uint32_t DR, RSR, reserved0[4], FR, reserved1, ILPR, IBRD, FBRD, LCR_H, CR, IFLS, IMSC, RIS, MIS, ICR;
};

#define FR_RXFE 0x10u
#define FR_TXFF 0x20u
#define LCR_H_FEN 0x10u
#define LCR_H_WLEN_8 0x60u
#define CR_UARTEN 0x001u
#define CR_TXE 0x100u
#define CR_RXE 0x200u
#define INT_RX 0x10u
#define INT_RT 0x40u /* the FIFO holds characters below its trigger level */

static struct pl011 *registers(const struct family_uart *uart) { return (struct pl011 *)uart->base; }

void uart_start(const struct family_uart *uart, uint32_t baud) {
  struct pl011 *r = registers(uart);
  uint32_t divisor = (uart->clock_hz * 4u + baud / 2) / baud; /* clock / (16 * baud), in 64ths */
  r->CR = 0;
  r->IBRD = divisor / 64;
  r->FBRD = divisor % 64;
  r->LCR_H = LCR_H_WLEN_8 | LCR_H_FEN; /* this write makes the divisor take effect */
  r->CR = CR_UARTEN | CR_TXE | CR_RXE;
}

bool uart_put(const struct family_uart *uart, char c) {
  struct pl011 *r = registers(uart);
  if (r->FR & FR_TXFF)
    return false;
  r->DR = (uint8_t)c;
  return true;
}

int uart_get(const struct family_uart *uart) {
  struct pl011 *r = registers(uart);
  r->ICR = INT_RX | INT_RT;
  return r->FR & FR_RXFE ? -1 : (int)(r->DR & 0xff);
}

void uart_receive_interrupt(const struct family_uart *uart, bool on) {
  registers(uart)->IMSC = on ? INT_RX | INT_RT : 0;
}
