/* bench.c of boards/apps, in a module that is swapped in first. */
#include "../../boards/pktsock/component.h"
#include "../../build/swap/modules.h"
#include "board.h"

#define main bench_main
#include "../../boards/apps/bench.c"
#undef main

static const char *verify(const uint8_t *file, size_t size, struct pktsock_module *module) {
  *module = (struct pktsock_module){file, size, 1};
  return NULL;
}

int main(void) {
  pkt_component.config.verify = verify;
  if (pktsock_swap(rewritten, sizeof(rewritten), 0) < 0 || pktsock_confirm() < 0) {
    printf("%s\n", pktsock_error());
    board_exit(1);
  }
  return bench_main();
}
