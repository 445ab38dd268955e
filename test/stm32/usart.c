/* USART3: of the F4, or of F7 and H7, whose registers lie elsewhere. Characters take no time. */
#include "soc.h"
#include <stdlib.h>

enum { BAUD = 115200, IRQ = 39 };
enum { F4_SR, F4_DR, F4_BRR, F4_CR1 };
enum { CR1, CR2, CR3, BRR, GTPR, RTOR, RQR, ISR, ICR, RDR, TDR };

#define ORE (1u << 3)
#define RXNE (1u << 5)
#define TXE_TC (1u << 7 | 1u << 6)
#define RXNEIE (1u << 5)
#define RE (1u << 2)
#define TE (1u << 3)

static bool is_f4(const struct soc *soc) { return soc->series == SERIES_F4 || soc->series == SERIES_ESP32; }

static bool has_input(const struct soc *soc) { return soc->typed_in != soc->typed_out; }

static void set_irq(struct soc *soc) {
  uint32_t cr1 = soc->usart[is_f4(soc) ? F4_CR1 : CR1];
  machine_irq(&soc->m, IRQ, (has_input(soc) || soc->overrun) && (cr1 & RXNEIE));
}

void soc_overrun(struct soc *soc) {
  soc->overrun = true;
  set_irq(soc);
}

static void check(struct soc *soc) {
  if (!soc_usart_clocked(soc))
    fail(&soc->m, "access to USART3 without clock");
}

static void send(struct soc *soc, uint32_t value) {
  uint32_t cr1 = soc->usart[is_f4(soc) ? F4_CR1 : CR1], enable = is_f4(soc) ? 1u << 13 : 1;
  if (soc->series != SERIES_ESP32) {
    uint32_t brr = soc->usart[is_f4(soc) ? F4_BRR : BRR];
    uint32_t baud = brr != 0 ? soc->apb1_clock / brr : 0;
    if (abs((int)baud - BAUD) > BAUD / 50)
      fail(&soc->m, "USART3 sends at %u baud (BRR %u, APB1 at %u Hz)", baud, brr, soc->apb1_clock);
    soc_expect_pin(soc, 'D', 8, 7);
    soc_expect_pin(soc, 'D', 9, 7);
  }
  if ((cr1 & (enable | TE | RE)) != (enable | TE | RE))
    fail(&soc->m, "USART3 is used with CR1 0x%x", cr1);
  if (soc->console_len + 1 < sizeof(soc->console))
    soc->console[soc->console_len++] = (char)value;
}

static uint32_t receive(struct soc *soc) {
  uint32_t value = has_input(soc) ? (uint8_t)soc->typed[soc->typed_out++ % sizeof(soc->typed)] : 0;
  if (is_f4(soc)) /* by a look at the status and at the data */
    soc->overrun = false;
  set_irq(soc);
  return value;
}

static uint32_t usart_read(void *self, uint32_t offset) {
  struct soc *soc = self;
  uint32_t reg = offset / 4;
  check(soc);
  if (reg == (is_f4(soc) ? (uint32_t)F4_SR : (uint32_t)ISR))
    return TXE_TC | (has_input(soc) ? RXNE : 0) | (soc->overrun ? ORE : 0);
  if (reg == (is_f4(soc) ? (uint32_t)F4_DR : (uint32_t)RDR))
    return receive(soc);
  return soc->usart[reg];
}

static void usart_write(void *self, uint32_t offset, uint32_t value) {
  struct soc *soc = self;
  uint32_t reg = offset / 4;
  check(soc);
  if (reg == (is_f4(soc) ? (uint32_t)F4_DR : (uint32_t)TDR))
    send(soc, value);
  else
    soc->usart[reg] = value;
  if (!is_f4(soc) && reg == ICR && (value & ORE))
    soc->overrun = false;
  set_irq(soc);
}

void usart_init(struct soc *soc) {
  machine_add_device(&soc->m, (struct device){"USART3", 0x40004800, 0x2c, usart_read, usart_write, soc});
}
