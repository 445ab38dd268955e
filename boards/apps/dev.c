/* For `pktsock dev`: gives all time to the application that is compiled together with the module, as app.c does, and
 * takes its next versions over the management protocol, on the console and on eth0: make firmware APP=dev
 * APP_TS=examples/ts/echo.ts SWAP=wasm3 SWAP_KEY=build/development.pem. */
#include "board.h"
#include <pktsock/manage.h>
#include <pktsock/pktsock.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Milliseconds. The console's ring of 64 characters holds what a line of 115200 baud brings in the first. An emulator's
 * line is faster, and waits when the ring is full: so the pause is shorter while something arrives. */
#define CONSOLE_PAUSE 5
#define SHORT_PAUSE 1

static struct pktsock_manage manage = {
    .board = "pktsock dev",
    .allowed = PKTSOCK_MANAGE_SWAP | PKTSOCK_MANAGE_RESTART | PKTSOCK_MANAGE_FALLBACK,
    .allocate = malloc,
    .release = free,
};
static struct pktsock_manage_line line = {.manage = &manage, .write = board_console_write};

/* Returns how long the application may run until the console must be read again, in milliseconds. */
static int read_console(void) {
  int pause = CONSOLE_PAUSE, c;
  while ((c = board_console_read()) >= 0) {
    pktsock_manage_byte(&line, (uint8_t)c);
    pause = SHORT_PAUSE;
  }
  return pause;
}

int main(void) {
  bool managed = pktsock_manage_open(&manage, 1) >= 0;
  if (!managed)
    printf("eth0 is not managed, only the console: %s\n", strerror(errno));
  printf("the application runs\n");
  while (pktsock_app_run(read_console()) == 0)
    if (managed)
      pktsock_manage_receive(&manage);
  printf("the application ends: %s\n", pktsock_error());
  board_exit(1);
}
