/* The demo, while the module is swapped each time that it waits for frames. */
#include "../../boards/pktsock/component.h"
#include "../../build/swap/modules.h"
#include "board.h"
#include <poll.h>

static uint32_t version;

static const char *verify(const uint8_t *file, size_t size, struct pktsock_module *module) {
  *module = (struct pktsock_module){file, size, ++version};
  return NULL;
}

static void swap(void) {
  pkt_component.config.verify = verify;
  bool swapped = version % 2 == 0 ? pktsock_swap(marked, sizeof(marked), 0) == 0
                                  : pktsock_swap(rewritten, sizeof(rewritten), 0) == 0;
  if (!swapped || pktsock_confirm() < 0)
    board_exit(1);
}

#define main demo_main
#define poll(fds, count, timeout) (swap(), poll(fds, count, timeout))
#include "../../boards/apps/demo.c"
#undef main

int main(void) { return demo_main(); }
