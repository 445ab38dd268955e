/* Gives all time to the application that is compiled together with the module: make firmware APP_TS=examples/ts/echo.ts. The
 * line "quit" on the console ends the program. */
#include "board.h"
#include <pktsock/pktsock.h>
#include <stdio.h>
#include <string.h>

/* Returns true after the line "quit". */
static bool has_quit_line(void) {
  static char line[8];
  static unsigned length;
  for (int c = board_console_read(); c >= 0; c = board_console_read()) {
    if (c != '\n' && c != '\r') {
      if (length < sizeof(line) - 1)
        line[length++] = (char)c;
      continue;
    }
    line[length] = '\0';
    length = 0;
    if (strcmp(line, "quit") == 0)
      return true;
  }
  return false;
}

static void print_counters(void) {
  struct pktsock_counters c;
  for (unsigned ifindex = 1; pktsock_counters(ifindex, &c) == 0; ifindex++)
    printf("eth%u rx_frames=%lu tx_frames=%lu rx_no_frame=%lu rx_pool_empty=%lu ring_faults=%lu traps=%lu\n",
           ifindex - 1, (unsigned long)c.rx_frames, (unsigned long)c.tx_frames, (unsigned long)c.rx_no_frame,
           (unsigned long)c.rx_pool_empty, (unsigned long)c.ring_faults, (unsigned long)c.traps);
}

int main(void) {
  printf("the application runs\n");
  while (!has_quit_line())
    if (pktsock_app_run(50) < 0) {
      perror("pktsock_app_run");
      board_exit(1);
    }
  print_counters();
  board_exit(0);
}
