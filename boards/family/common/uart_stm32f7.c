/* The USART of STM32F7 and STM32H7, for the console. */
#include "console.h"
#include "stm32.h"

struct usart {
  volatile uint32_t CR1, CR2, CR3, BRR, GTPR, RTOR, RQR, ISR, ICR, RDR, TDR;
};

#define CR1_UE (1u << 0)
#define CR1_RE (1u << 2)
#define CR1_TE (1u << 3)
#define CR1_RXNEIE (1u << 5)
#define ISR_RXNE (1u << 5)
#define ISR_TXE (1u << 7)
#define ICR_ORECF (1u << 3)

static struct usart *registers(const struct family_uart *uart) { return (struct usart *)uart->base; }

void uart_start(const struct family_uart *uart, uint32_t baud) {
  struct usart *r = registers(uart);
  r->BRR = (stm32_apb1_clock() + baud / 2) / baud;
  r->CR1 = CR1_UE | CR1_TE | CR1_RE;
}

bool uart_put(const struct family_uart *uart, char c) {
  struct usart *r = registers(uart);
  if (!(r->ISR & ISR_TXE))
    return false;
  r->TDR = (uint8_t)c;
  return true;
}

int uart_get(const struct family_uart *uart) {
  struct usart *r = registers(uart);
  r->ICR = ICR_ORECF; /* the interrupt of an overrun would stay raised */
  return r->ISR & ISR_RXNE ? (int)(r->RDR & 0xff) : -1;
}

void uart_receive_interrupt(const struct family_uart *uart, bool on) {
  registers(uart)->CR1 = CR1_UE | CR1_TE | CR1_RE | (on ? CR1_RXNEIE : 0);
}
