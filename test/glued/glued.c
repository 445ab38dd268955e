/* The conformance agent (test/agent) on MACs that the test drives, for the model run under traps (test/model/glued.ts). It
 * has more commands, of which each is answered as the agent's:
 *
 * fresh SEED HOW: start the component anew. From then on calls into the module trap at random, a call "instead", or "any": also after
 *   it, or in it, with its memory spoiled.
 * state: how many traps there were since the last time, lost=FRAMES that they cost, hits=the exports; of each interface its counters
 *   and the filter that the driver was given.
 * prefetch INDEX, receive INDEX OFFSET BYTES, transmit INDEX (data=), complete INDEX WHICH: a step of that driver */
#include "../../boards/family/common/board.h"
#include "../../boards/pktsock/component.h"
#include "../recover/hits.h"
#include "../recover/inject.h"
#include "macs.h"

#define main agent_main
#include "../agent/agent.c"
#undef main

#include <stdio.h>
#include <stdlib.h>

/* One of so many commands meets a trap, at one of its first calls into the module. */
#define COMMANDS 6
#define CALLS 3

static bool instead;
static uint32_t traps_before, lost_before, seed;

bool __real_agent_read_line(char *line, size_t room);
bool __wrap_agent_read_line(char *line, size_t room);

static uint32_t next(uint32_t limit) {
  seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
  return seed % limit;
}

static void note(void) {
  traps_before = pkt_component.recoveries;
  lost_before = pkt_component.lost_frames;
}

static void do_fresh(const char *number, const char *how) {
  inject_every = inject_at = 0;
  pktsock_stop();
  seed = inject_seed = (uint32_t)strtoul(number, NULL, 10) | 1;
  instead = strcmp(how, "instead") == 0;
  agent_result(pktsock_start_board());
  pkt_component.config.report = NULL; /* each trap would be a line */
  inject_every = strcmp(how, "any") == 0 ? 2 * COMMANDS : 0;
  note();
}

static void show_interface(unsigned index) {
  const struct macs_filter *filter = macs_filter(index);
  struct pktsock_counters c;
  pktsock_counters(index, &c);
  agent_field("counters");
  const uint32_t counters[] = {c.rx_no_frame, c.rx_pool_empty, c.rx_too_short, c.rx_too_long, c.rx_iface_down};
  for (unsigned i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
    agent_decimal((long)counters[i]);
    agent_text(",");
  }
  agent_field_decimal("flags", (filter->promiscuous ? PKTSOCK_IFF_PROMISC : 0) |
                                   (filter->all_multicast ? PKTSOCK_IFF_ALLMULTI : 0));
  agent_field_hex("addresses", filter->addresses, filter->count * sizeof(filter->addresses[0]));
}

static void do_state(void) {
  agent_result((long)(pkt_component.recoveries - traps_before));
  agent_field_decimal("lost", (long)(pkt_component.lost_frames - lost_before));
  show_hits();
  show_interface(1);
  show_interface(2);
  note();
}

static void do_receive(struct agent_args *args) {
  long index = agent_number(args), offset = agent_number(args);
  struct agent_bytes data = agent_take_bytes(args, agent_data, sizeof(agent_data));
  if (agent_ok(args))
    agent_result(macs_receive((unsigned)index, data.bytes, data.len, (uint32_t)offset));
}

static void do_transmit(unsigned index) {
  uint32_t len = 0;
  const uint8_t *bytes = macs_transmit(index, &len);
  agent_result(bytes != NULL);
  if (bytes != NULL)
    agent_field_hex("data", bytes, len);
}

/* Returns false if it is a command of the agent. */
static bool do_own(char *line) {
  static char words[AGENT_LINE_BYTES];
  struct agent_args args = {.at = 1};
  strcpy(words, line);
  args.count = split(words, args.words);
  const char *name = args.count > 0 ? args.words[0] : "";
  if (strcmp(name, "state") == 0)
    do_state();
  else if (args.count == 3 && strcmp(name, "fresh") == 0)
    do_fresh(args.words[1], args.words[2]);
  else if (strcmp(name, "receive") == 0)
    do_receive(&args);
  else if (strcmp(name, "prefetch") == 0)
    agent_result(macs_prefetch((unsigned)agent_number(&args)));
  else if (strcmp(name, "transmit") == 0)
    do_transmit((unsigned)agent_number(&args));
  else if (args.count == 3 && strcmp(name, "complete") == 0)
    agent_result(macs_complete((unsigned)atoi(args.words[1]), (unsigned)atoi(args.words[2])));
  else
    return false;
  agent_text("\n");
  agent_flush();
  return true;
}

bool __wrap_agent_read_line(char *line, size_t room) {
  inject_at = 0;
  while (__real_agent_read_line(line, room))
    if (!do_own(line)) {
      inject_at = instead && next(COMMANDS) == 0 ? inject_calls + 1 + next(CALLS) : 0;
      return true;
    }
  return false;
}

int main(void) { return agent_main(); }
