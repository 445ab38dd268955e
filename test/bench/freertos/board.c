/* The board, whose program runs in a task: the start of the board starts the system. */
#define board_init lm3s6965evb_init
#include "../../../boards/targets/qemu-lm3s6965evb/board.c"
#undef board_init
#include "../../os/cortex-m3/tls.h"

#include <FreeRTOS.h>
#include <pktsock/os.h>
#include <task.h>

enum { STACK_WORDS = 1024, PRIORITY = 1 };

int main(void);

static void run_program(void *argument) {
  (void)argument;
  board_exit(pktsock_start_board() != 0 || main() != 0);
}

void board_init(void) {
  static StaticTask_t task;
  static StackType_t stack[STACK_WORDS];
  lm3s6965evb_init();
  xTaskCreateStatic(run_program, "bench", STACK_WORDS, NULL, PRIORITY, stack, &task);
  vTaskStartScheduler();
}

/* The clock is the system's, and not that of boards/family, whose interrupt the system's takes the place of. */
void family_clock_start(void) {}

void family_clock_interrupt(void) { family_unexpected_interrupt(); }

uint64_t arch_now_us(void) { return pkt_os_now(); }

void arch_irq_enable(unsigned irq) { pkt_os_irq_enable(irq); }
