/* qemu-lm3s6965evb: LM3S6965 data sheet. */
#include "board.h"
#include "family.h"
#include "registers.h"
#include <pktsock/stellaris.h>

#define RIS REGISTER(0x400fe050)
#define RIS_PLLLRIS 0x40u
#define RCC REGISTER(0x400fe060)
#define RCC_SYSDIV_MASK (0xfu << 23)
#define RCC_SYSDIV_4 (3u << 23)
#define RCC_USESYSDIV (1u << 22)
#define RCC_PWRDN (1u << 13)
#define RCC_BYPASS (1u << 11)
#define RCC_XTAL_MASK (0xfu << 6)
#define RCC_XTAL_8MHZ (0xeu << 6)
#define RCC_OSCSRC_MASK (3u << 4) /* 0: the main oscillator */
#define RCC_MOSCDIS 1u
#define RCGC1 REGISTER(0x400fe104)
#define RCGC1_UART0 1u
#define RCGC2 REGISTER(0x400fe108)
#define RCGC2_GPIOA 0x00000001u
#define RCGC2_GPIOF 0x00000020u
#define RCGC2_EMAC0 0x10000000u
#define RCGC2_EPHY0 0x40000000u
#define GPIOA_AFSEL REGISTER(0x40004420)
#define GPIOA_DEN REGISTER(0x4000451c)
#define GPIOF_AFSEL REGISTER(0x40025420)
#define GPIOF_DEN REGISTER(0x4002551c)
#define PINS_UART0 0x3u /* PA0, PA1 */
#define PINS_LEDS 0xcu  /* PF2, PF3: LEDs of the PHY */

#define CPU_HZ 50000000
#define PLL_WAIT 100000u

const struct family_uart family_uart = {.base = 0x4000c000, .irq = 5, .clock_hz = CPU_HZ};

static struct stellaris_state eth0_state;
static struct pkt_mac eth0 = {
    .ops = &stellaris_ops,
    .config = &(const struct stellaris_config){.base = 0x40048000, .irq = 42},
    .state = &eth0_state,
    .hwaddr = {0x02, 0x50, 0x4b, 0x54, 0x53, 0x01},
};

static void eth0_interrupt(void) { stellaris_interrupt(&eth0); }

FAMILY_VECTORS = {
    [0 ... 4] = family_unexpected_interrupt,  [5] = family_console_interrupt,
    [6 ... 41] = family_unexpected_interrupt, [42] = eth0_interrupt,
    [43] = family_unexpected_interrupt,
};

/* 50 MHz from the PLL (200 MHz / 4) and the 8 MHz crystal. If the PLL does not lock, the clock of reset stays. */
static void start_clocks(void) {
  uint32_t rcc = (RCC | RCC_BYPASS) & ~(RCC_USESYSDIV | RCC_MOSCDIS);
  RCC = rcc;
  rcc = (rcc & ~(RCC_XTAL_MASK | RCC_OSCSRC_MASK | RCC_PWRDN | RCC_SYSDIV_MASK)) | RCC_XTAL_8MHZ | RCC_SYSDIV_4 |
        RCC_USESYSDIV;
  RCC = rcc;
  for (uint32_t reads = 0; !(RIS & RIS_PLLLRIS); reads++)
    if (reads == PLL_WAIT)
      return;
  RCC = rcc & ~RCC_BYPASS;
}

void board_init(void) {
  start_clocks();
  RCGC1 |= RCGC1_UART0;
  RCGC2 |= RCGC2_GPIOA | RCGC2_GPIOF | RCGC2_EMAC0 | RCGC2_EPHY0;
  (void)RCGC2; /* the clocks start after some cycles */
  GPIOA_AFSEL |= PINS_UART0;
  GPIOA_DEN |= PINS_UART0;
  GPIOF_AFSEL |= PINS_LEDS;
  GPIOF_DEN |= PINS_LEDS;
  family_start();
}

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &eth0 : NULL;
}
