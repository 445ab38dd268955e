/* How long a swap takes, on an emulator that takes a nanosecond for each instruction: without the lock, and under it. */
#include "../../boards/pktsock/component.h"
#include "../../build/swap/modules.h"

#include <stdio.h>

enum { TIMES = 1000 };

int main(void) {
  struct pkt_engine *engine = &pkt_component.engine;
  static struct pkt_engine other;
  uint64_t start = pkt_os_now();
  int result = pkt_engine_prepare(&other, engine, rewritten, sizeof(rewritten), pkt_component.config.precompile);
  uint64_t prepared = pkt_os_now();
  if (result != 0) {
    printf("not loaded: %s\nend\n", other.error);
    return 1;
  }
  for (unsigned i = 0; i < TIMES; i++)
    pkt_engine_exchange(engine, &other);
  uint64_t exchanged = pkt_os_now();
  printf("load and compile: %lu instructions, the switch: %lu\n", (unsigned long)(prepared - start) * 1000,
         (unsigned long)(exchanged - prepared) * 1000 / TIMES);
  printf("end\n");
  return 0;
}
