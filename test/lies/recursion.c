/* A module whose init() calls itself for ever, on a board: pktsock_start() must fail with a trap, and nothing else may happen. */
#include "../../build/lies/recursive_module.h"
#include "board.h"

#include <pktsock/pktsock.h>
#include <stdio.h>

int main(void) {
  struct pkt_mac *macs[] = {board_mac(0)};
  struct pktsock_config config = PKTSOCK_CONFIG;
  pktsock_stop();
  config.wasm = recursive_module;
  config.wasm_size = sizeof(recursive_module);
  config.macs = macs;
  config.mac_count = 1;
  for (int i = 0; i < 3; i++)
    printf("start: %d, %s\n", pktsock_start(&config), pktsock_error());
  printf("recursion: end\n");
  return 0;
}
