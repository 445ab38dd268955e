/* For agents: the field "hits" of an answer, the exports that a trap has hit since the last one. */
#ifndef HITS_H
#define HITS_H

#include "../agent/agent.h"
#include "inject.h"

static inline void show_hits(void) {
  static const char *const names[] = {
#define NAME(name, arguments) #name,
      PKT_EXPORTS(NAME)
#undef NAME
  };
  agent_field("hits");
  for (unsigned i = 0; i < PKT_EXPORT_COUNT; i++) {
    if (inject_hits[i] == 0)
      continue;
    agent_text(names[i]);
    agent_text(",");
    inject_hits[i] = 0;
  }
}

#endif
