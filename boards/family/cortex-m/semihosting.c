/* board_exit() for boards that run only in an emulator: Arm's semihosting call ends the emulator with a status. */
#include "board.h"
#include <stdint.h>

#define SYS_EXIT_EXTENDED 0x20
#define ADP_Stopped_ApplicationExit 0x20026

void board_exit(int status) {
  const uint32_t block[2] = {ADP_Stopped_ApplicationExit, (uint32_t)status};
  register uint32_t operation __asm__("r0") = SYS_EXIT_EXTENDED;
  register const uint32_t *argument __asm__("r1") = block;
  __asm__ volatile("bkpt 0xab" ::"r"(operation), "r"(argument) : "memory");
  for (;;) {
  }
}
