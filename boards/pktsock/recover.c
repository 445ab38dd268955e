/* After a trap: start the module afresh, and open the sockets again from the journal. */
#include "component.h"

#include <string.h>

#define MINUTE_US 60000000

/* Whether the configuration allows it once more. */
static bool may_recover(void) {
  struct pkt_component *c = &pkt_component;
  uint64_t now = pkt_os_now();
  if (c->recent_recoveries == 0 || now - c->first_recovery >= MINUTE_US) {
    c->first_recovery = now;
    c->recent_recoveries = 0;
  }
  if (c->config.recover != NULL ? !c->config.recover(c->error, c->recent_recoveries)
                                : c->recent_recoveries >= c->config.recoveries)
    return false;
  c->recent_recoveries++;
  return true;
}

static uint32_t entries_of(const struct pkt_ring *ring) {
  uint32_t count = 0;
  for (unsigned i = 0; i < ring->length; i++)
    count += ring->slots[i].frame != 0;
  return count;
}

/* The frames that sockets hold, that wait for the module, and that wait for the drivers, as far as linear memory says so. */
static uint32_t count_lost_frames(unsigned macs) {
  const struct pkt_component *c = &pkt_component;
  uint32_t count = 0;
  for (uint32_t i = 0; macs != 0 && i < c->macs[0]->frame_count; i++)
    count += c->macs[0]->frames[i].refs != 0;
  for (unsigned i = 0; i < macs; i++)
    count += entries_of(&c->macs[i]->rx) + entries_of(&c->macs[i]->tx);
  return count < pkt_bounds.frame_count ? count : pkt_bounds.frame_count;
}

/* One attempt, with the drivers stopped. */
static bool start_stopped(const struct pkt_iface_counters *kept) {
  struct pkt_component *c = &pkt_component;
  if (pkt_engine_restart(&c->engine) < 0 || pkt_divide_memory(&c->config) < 0 || pkt_start_macs(&c->config, kept) < 0 ||
      pkt_app_start() < 0)
    return false;
  pkt_stamp_again();
  pkt_journal_replay();
  pkt_update_filters();
  return c->engine.error == NULL;
}

/* The drivers are stopped before linear memory changes, so that no DMA meets a frame that is used again; and before anything is
 * counted, because until then frames arrive. */
static bool start_afresh(void) {
  struct pkt_component *c = &pkt_component;
  struct pkt_iface_counters kept[PKTSOCK_INTERFACES];
  unsigned macs = c->mac_count;
  pkt_stop_macs(true);
  c->lost_frames += count_lost_frames(macs);
  for (unsigned i = 0; i < macs; i++)
    memcpy(&kept[i], &c->macs[i]->iface->rx_frames, sizeof(kept[i]));
  bool started = start_stopped(kept);
  if (!started && pkt_take_back_refused()) {
    pkt_stop_macs(true);
    started = start_stopped(kept);
  }
  return started;
}

bool pkt_restart(void) {
  struct pkt_component *c = &pkt_component;
  const char *reason = c->error;
  uint32_t sockets = pkt_bounds_sockets();
  c->runs = false; /* a further trap is the last one */
  c->rest_count = 0;
  c->runs = start_afresh();
  if (!c->runs && c->engine.error == NULL && c->config.report != NULL) /* a driver did not start */
    c->config.report("pktsock", c->error);
  c->error = reason;
  c->traps = c->engine.traps;
  if (!c->runs)
    return false;
  c->recoveries++;
  c->lost_sockets += sockets - pkt_bounds_sockets();
  return true;
}

void pkt_end(void) {
  struct pkt_engine *engine = &pkt_component.engine;
  if (engine->error == NULL) /* a driver did not start */
    engine->error = pkt_component.error;
  pkt_component.runs = false;
  pkt_stop_macs(false);
  pkt_bounds_break();
}

__attribute__((cold)) void pkt_trapped(void) {
  struct pkt_component *c = &pkt_component;
  void (*report)(const char *, const char *) = c->config.report;
  if (c->traps == c->engine.traps)
    return;
  c->traps = c->engine.traps;
  c->error = c->engine.error;
  if (report != NULL)
    report("pktsock", c->error);
  if (!c->runs)
    return;
  bool recovered = PKTSOCK_RECOVER && (pkt_take_back() || may_recover()) && pkt_restart();
  if (!recovered)
    pkt_end();
  pkt_wake_all();
  if (report != NULL)
    report("pktsock", recovered ? "the module was started again" : "the module is not started again");
}

__attribute__((cold)) int32_t pkt_distrust(void) {
  struct pkt_engine *engine = &pkt_component.engine;
  engine->traps++;
  engine->error = "the module gave an answer that cannot be true";
  pkt_trapped();
  return -EIO;
}
