/* The USART of the STM32F4, for the console. */
#include "console.h"
#include "stm32.h"

struct usart {
  volatile uint32_t SR, DR, BRR, CR1;
};

#define SR_ORE (1u << 3)
#define SR_RXNE (1u << 5)
#define SR_TXE (1u << 7)
#define CR1_RE (1u << 2)
#define CR1_TE (1u << 3)
#define CR1_RXNEIE (1u << 5)
#define CR1_UE (1u << 13)

static struct usart *registers(const struct family_uart *uart) { return (struct usart *)uart->base; }

void uart_start(const struct family_uart *uart, uint32_t baud) {
  struct usart *r = registers(uart);
  r->BRR = (stm32_apb1_clock() + baud / 2) / baud;
  r->CR1 = CR1_UE | CR1_TE | CR1_RE;
}

bool uart_put(const struct family_uart *uart, char c) {
  struct usart *r = registers(uart);
  if (!(r->SR & SR_TXE))
    return false;
  r->DR = (uint8_t)c;
  return true;
}

int uart_get(const struct family_uart *uart) {
  struct usart *r = registers(uart);
  uint32_t status = r->SR;
  if (!(status & (SR_RXNE | SR_ORE)))
    return -1;
  uint32_t data = r->DR; /* also clears an overrun, whose interrupt would stay raised */
  return status & SR_RXNE ? (int)(data & 0xff) : -1;
}

void uart_receive_interrupt(const struct family_uart *uart, bool on) {
  registers(uart)->CR1 = CR1_UE | CR1_TE | CR1_RE | (on ? CR1_RXNEIE : 0);
}
