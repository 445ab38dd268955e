/* board_exit() on hardware: the processor sleeps until it is reset. */
#include "board.h"
#include <stdio.h>

void board_exit(int status) {
  static const char halted[] = "halted; press the board's reset button\n", failed[] = "halted after an error\n";
  board_console_write(status == 0 ? halted : failed, status == 0 ? sizeof(halted) - 1 : sizeof(failed) - 1);
  for (;;)
    __asm__ volatile("waiti 15");
}
