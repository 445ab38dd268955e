/* Messages about the chip on the console. */
#include "arch.h"
#include "board.h"
#include "stm32.h"
#include <string.h>

void stm32_report_clocks(void) {
  const char *trouble = stm32_clock_trouble();
  if (trouble == NULL)
    return;
  board_console_write("clocks: ", 8);
  board_console_write(trouble, (unsigned)strlen(trouble));
  board_console_write("\n", 1);
}

/* Print the status and sleep for ever. */
void board_exit(int status) {
  static const char digits[] = "0123456789";
  board_console_write("stopped, status ", 16);
  board_console_write(&digits[status % 10], 1);
  board_console_write("\n", 1);
  arch_irq_save();
  for (;;)
    __asm__ volatile("dsb\n\twfi");
}
