/* board_exit() for boards that run only in an emulator: Xtensa's simulator call ends the emulator with a status. */
#include "board.h"

#define SYS_exit 1

void board_exit(int status) {
  register int operation __asm__("a2") = SYS_exit;
  register int argument __asm__("a3") = status;
  __asm__ volatile("simcall" : "+a"(operation) : "a"(argument) : "memory");
  for (;;) {
  }
}
