/* The conformance agent (test/agent), while the module traps at random moments at which a trap costs nothing that a case can
 * see. It has one command more, which is about the time until the next one:
 *
 * traps SEED WHERE: WHERE is "off"; "counts", where a trap may cost counts, too; or "nothing". Answers "= TRAPS lost=FRAMES
 * hits=NAME,..." about the time since the command before. */
#include "../../boards/pktsock/component.h"
#include "hits.h"
#include "inject.h"

#define main agent_main
#include "../agent/agent.c"
#undef main

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_t agent;
static bool may_cost_counts;
static uint32_t traps_before, lost_before, sent_before;

int32_t __real_pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b,
                               uint32_t c, uint32_t d);
bool __real_agent_read_line(char *line, size_t room);
bool __wrap_agent_read_line(char *line, size_t room);

static uint32_t count_sent(void) { return pkt_component.macs[0]->iface->tx_frames; }

/* Frames that a socket holds, or that wait for the module or a driver. */
static bool are_frames_held(void) {
  const struct pkt_component *c = &pkt_component;
  for (uint32_t i = 0; i < c->macs[0]->frame_count; i++)
    if (c->macs[0]->frames[i].refs != 0)
      return true;
  for (unsigned i = 0; i < c->mac_count; i++) {
    const struct pkt_mac *mac = c->macs[i];
    for (unsigned slot = 0; slot < mac->rx.length; slot++)
      if (mac->rx.slots[slot].frame != 0 || mac->tx.slots[slot].frame != 0)
        return true;
  }
  return false;
}

static bool has_counted(struct pkt_engine *engine, uint32_t socket) {
  uint8_t kept[PKT_EXCHANGE_BYTES];
  static const struct pktsock_socket_counters none;
  memcpy(kept, pkt_exchange(), sizeof(kept)); /* the arguments of the call under way */
  __real_pkt_engine_call(engine, &pkt_export_socketCounters, socket, 0, 0, 0);
  bool counted = memcmp(pkt_exchange(), &none, sizeof(none)) != 0;
  memcpy(pkt_exchange(), kept, sizeof(kept));
  return counted;
}

/* An interface that is down: its sockets may have reported that, and would do so again. */
static bool is_iface_down(void) {
  for (unsigned i = 0; i < pkt_component.mac_count; i++)
    if ((pkt_component.macs[i]->iface->flags & PKTSOCK_IFF_UP) == 0)
      return true;
  return false;
}

/* What a trap costs: frames, messages and errors of sockets, their counts and stamps. Calls of other tasks are left alone, because
 * nobody makes them again. */
static bool costs_nothing(struct pkt_engine *engine) {
  if (!pthread_equal(pthread_self(), agent) || is_iface_down() || are_frames_held())
    return false;
  if (!may_cost_counts && count_sent() != sent_before)
    return false;
  for (int fd = PKTSOCK_FIRST_DESCRIPTOR; fd < PKTSOCK_FIRST_DESCRIPTOR + (int)PKT_MAX_DESCRIPTORS; fd++) {
    uint32_t socket = pkt_socket_of(fd);
    if (socket == 0)
      continue;
    if ((pkt_socket_at(socket)->special & (PKT_SOCKET_ERROR | PKT_SOCKET_HAS_MESSAGES)) != 0)
      return false;
    if (!may_cost_counts && has_counted(engine, socket))
      return false;
  }
  return true;
}

static void do_traps(const char *seed, const char *where) {
  agent_result((long)(pkt_component.recoveries - traps_before));
  agent_field_decimal("lost", (long)(pkt_component.lost_frames - lost_before));
  show_hits();
  agent_text("\n");
  agent_flush();
  traps_before = pkt_component.recoveries;
  lost_before = pkt_component.lost_frames;
  sent_before = count_sent();
  inject_seed = (uint32_t)strtoul(seed, NULL, 10) | 1;
  may_cost_counts = strcmp(where, "counts") == 0;
  inject_every = strcmp(where, "off") == 0 ? 0 : 3;
}

bool __wrap_agent_read_line(char *line, size_t room) {
  char seed[12], where[8];
  while (__real_agent_read_line(line, room)) {
    if (sscanf(line, "traps %11s %7s", seed, where) != 2)
      return true;
    do_traps(seed, where);
  }
  return false;
}

int main(void) {
  agent = pthread_self();
  pkt_component.config.report = NULL; /* each trap would be a line */
  inject_may = costs_nothing;
  return agent_main();
}
