/* Traps on a board: a call into the module with an address that is none must come back with an error, from wherever in the
 * module, and leave a stack with which everything goes on. */
#include "../../boards/pktsock/component.h"
#include "board.h"

#include <stdio.h>
#include <string.h>

static const char *call(const struct pkt_export *export, uint32_t a, uint32_t b) {
  uint32_t traps = pkt_component.engine.traps;
  volatile uint32_t kept = a ^ b; /* in the stack, below the calls that end early */
  pkt_os_lock();
  int32_t result = pkt_call(export, a, b, 0, 0);
  pkt_os_unlock();
  if (result != -5 || pkt_component.engine.traps != traps + 1 || kept != (a ^ b))
    return "was not told";
  pktsock_stop();
  if (pktsock_start_board() < 0)
    return "was the end";
  return strcmp(pktsock_error() != NULL ? pktsock_error() : "", "") == 0 ? "was told" : "left an error";
}

int main(void) {
  static const struct pkt_export *const exports[] = {&pkt_export_receive, &pkt_export_send, &pkt_export_peek,
                                                     &pkt_export_closeSocket};
  for (unsigned i = 0; i < 3 * sizeof(exports) / sizeof(exports[0]); i++) {
    const struct pkt_export *export = exports[i % (sizeof(exports) / sizeof(exports[0]))];
    printf("trap %u %s\n", i, call(export, 0xfffff000u - i, 1));
  }
  printf("trap: end\n");
  return 0;
}
