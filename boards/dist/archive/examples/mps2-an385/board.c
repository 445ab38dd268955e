/* A whole board without an operating system: Arm's MPS2 with the AN385 image (Cortex-M3, LAN9118), as QEMU emulates it. It
 * starts from reset, starts pktsock, and calls main(). What a firmware of yours has already is marked with "yours". */
#include "board.h"
#include "arch.h"
#include "family.h"
#include <pktsock/lan9118.h>
#include <pktsock/memory.h>
#include <pktsock/pktsock.h>
#include <string.h>

/* ---- The MAC --------------------------------------------------------------------------------------------------- */

#define ETHERNET_IRQ 13

static struct lan9118_state eth0_state;
static struct pkt_mac eth0 = {
    .ops = &lan9118_ops,
    .config = &(const struct lan9118_config){.base = 0x40200000, .irq = ETHERNET_IRQ},
    .state = &eth0_state,
    .hwaddr = {0x02, 0x50, 0x4b, 0x54, 0x53, 0x01},
};

static void ethernet_interrupt(void) { lan9118_interrupt(&eth0); }

/* ---- The component ---------------------------------------------------------------------------------------------- */

extern const unsigned char pktsock_wasm[];
extern const unsigned int pktsock_wasm_size;

/* The memory that it uses, so that it needs no malloc(). Frames lie in the first; the engine aot does not use the second. */
static _Alignas(8) uint8_t memory[PKTSOCK_MEMORY_SIZE];
static _Alignas(8) uint8_t engine_heap[PKTSOCK_ENGINE_HEAP_SIZE];

static void print(const char *text) { board_console_write(text, (unsigned)strlen(text)); }

static void report(const char *who, const char *sentence) {
  print(who);
  print(": ");
  print(sentence);
  print("\n");
}

static int start_packet_sockets(void) {
  struct pkt_mac *const macs[] = {&eth0}; /* macs[0] becomes eth0 */
  struct pktsock_config config = PKTSOCK_CONFIG;
  config.wasm = pktsock_wasm;
  config.wasm_size = pktsock_wasm_size;
  config.macs = macs;
  config.mac_count = 1;
  config.report = report;
  config.memory = memory;
  config.memory_size = sizeof(memory);
  config.engine_heap = engine_heap;
  config.engine_heap_size = sizeof(engine_heap);
  if (pktsock_start(&config) == 0)
    return 0;
  report("pktsock", pktsock_error());
  return -1;
}

/* ---- Yours: the console, start-up, vectors ------------------------------------------------------------------------ */

#define UART_DATA (*(volatile uint32_t *)0x40004000)
#define UART_STATE (*(volatile uint32_t *)0x40004004)
#define UART_CTRL (*(volatile uint32_t *)0x40004008)
#define UART_BAUDDIV (*(volatile uint32_t *)0x40004010)

void board_console_write(const char *bytes, unsigned len) {
  for (unsigned i = 0; i < len; i++) {
    for (unsigned turns = 0; UART_STATE & 1 && turns < 1000000; turns++) {
    }
    UART_DATA = (uint8_t)bytes[i];
  }
}

int board_console_read(void) { return UART_STATE & 2 ? (int)(UART_DATA & 0xff) : -1; }

void board_exit(int status) {
  (void)status;
  for (;;)
    __asm__ volatile("wfi");
}

extern uint8_t __data_start[], __data_source[], __data_end[], __bss_start[], __bss_end[], __stack_end[];
int main(void);

void reset(void) {
  memcpy(__data_start, __data_source, (size_t)(__data_end - __data_start));
  memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
  UART_BAUDDIV = 25000000 / 115200;
  UART_CTRL = 3;        /* TXEN, RXEN */
  family_clock_start(); /* before pktsock_start(), which waits for the MAC by this clock */
  board_exit(start_packet_sockets() == 0 ? main() : 1);
}

static void fault(void) {
  print("fault\n");
  board_exit(1);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16 + 32] = {
    [0] = __stack_end,
    [1] = reset,
    [2 ... 14] = fault,
    [15] = family_clock_interrupt, /* SysTick */
    [16 ... 15 + ETHERNET_IRQ] = fault,
    [16 + ETHERNET_IRQ] = ethernet_interrupt,
    [17 + ETHERNET_IRQ... 47] = fault,
};
