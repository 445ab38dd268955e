/* The conformance agent (test/agent); before each of its commands the module is swapped. One command more, "swaps", answers how
 * often that was. */
#include "../../boards/pktsock/component.h"
#include "../../build/swap/modules.h"

#define main agent_main
#include "../agent/agent.c"
#undef main

#include <stdlib.h>
#include <string.h>

static uint32_t count, version;

bool __real_agent_read_line(char *line, size_t room);
bool __wrap_agent_read_line(char *line, size_t room);

static const char *verify(const uint8_t *file, size_t size, struct pktsock_module *module) {
  *module = (struct pktsock_module){file, size, ++version};
  return NULL;
}

static bool swap_in(bool proven) {
  return pktsock_swap(rewritten, sizeof(rewritten), 0) == 0 && (!proven || pktsock_confirm() == 0);
}

/* On trial and back, proven and replaced by another one, and back to the firmware's own. */
static void swap(void) {
  bool swapped = false;
  if (pkt_component.control == NULL)
    return; /* a case has stopped it */
  pkt_component.config.verify = verify;
  pkt_component.config.report = NULL;
  struct pktsock_logic logic;
  pktsock_logic(&logic);
  switch (logic.state) {
  case PKTSOCK_LOGIC_BUILT_IN: swapped = swap_in(count % 2 == 0); break;
  case PKTSOCK_LOGIC_TRIAL: swapped = pktsock_fallback() == 0; break;
  default: swapped = count % 3 == 0 ? pktsock_fallback() == 0 : swap_in(count % 2 == 0); break;
  }
  if (!swapped) {
    agent_text(pktsock_error());
    abort();
  }
  count++;
}

bool __wrap_agent_read_line(char *line, size_t room) {
  while (__real_agent_read_line(line, room)) {
    if (strcmp(line, "swaps") != 0) {
      swap();
      return true;
    }
    agent_result((long)count);
    agent_text("\n");
    agent_flush();
  }
  return false;
}

int main(void) { return agent_main(); }
