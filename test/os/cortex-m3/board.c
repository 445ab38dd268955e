/* QEMU's mps2-an385 with the MAC of test/support, whose interrupt the test makes pending by software. */
#include "board.h"
#include "../../support/test_nic.h"
#include "../port.h"
#include "arch.h"
#include "family.h"
#include "tls.h"

#include <pktsock/os.h>

#define TEST_IRQ 20u
#define NVIC_ISPR ((volatile uint32_t *)0xe000e200)

const struct family_uart family_uart = {.base = 0x40004000, .irq = 0, .clock_hz = 25000000};

static void (*volatile handler)(void);

static void run_handler(void) {
  handler();
  handler = NULL;
}

FAMILY_VECTORS = {
    [0 ... 19] = family_unexpected_interrupt,
    [TEST_IRQ] = run_handler,
    [21 ... 31] = family_unexpected_interrupt,
};

void port_interrupt(void (*run)(void)) {
  handler = run;
  pkt_os_irq_enable(TEST_IRQ);
  NVIC_ISPR[TEST_IRQ / 32] = 1u << TEST_IRQ % 32;
  while (handler != NULL) {
  }
}

uint32_t nic_mask(void) { return pkt_os_irq_save(); }

void nic_unmask(uint32_t state) { pkt_os_irq_restore(state); }

/* The system's clock is not that of the family, which starts with the console. */
void board_init(void) { uart_start(&family_uart, 115200); }

uint64_t __wrap_arch_now_us(void);
uint64_t __wrap_arch_now_us(void) { return pkt_os_now(); }

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &test_nic : NULL;
}
