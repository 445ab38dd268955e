/* See inject.h. */
#include "inject.h"
#include "../../boards/pktsock/component.h"

#include <errno.h>

unsigned inject_calls, inject_at, inject_every, inject_hits[PKT_EXPORT_COUNT];
bool inject_lasts;
uint32_t inject_seed = 1;
bool (*inject_may)(struct pkt_engine *engine);

static const struct pkt_export *const exports[] = {PKT_EXPORTS(PKT_EXPORT_ADDRESS)};

int32_t __real_pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b,
                               uint32_t c, uint32_t d);
int32_t __wrap_pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b,
                               uint32_t c, uint32_t d);

static uint32_t next(uint32_t limit) {
  inject_seed ^= inject_seed << 13, inject_seed ^= inject_seed >> 17, inject_seed ^= inject_seed << 5;
  return inject_seed % limit;
}

static int32_t trap(struct pkt_engine *engine) {
  engine->traps++;
  engine->error = INJECTED;
  return -EIO;
}

static bool is_due(struct pkt_engine *engine) {
  if (inject_at != 0 && (inject_lasts ? inject_calls >= inject_at : inject_calls == inject_at))
    return true;
  return inject_every != 0 && pkt_component.runs && (inject_may == NULL || inject_may(engine)) &&
         next(inject_every) == 0;
}

static void count(const struct pkt_export *export) {
  for (unsigned i = 0; i < PKT_EXPORT_COUNT; i++)
    inject_hits[i] += exports[i] == export;
}

/* Such a call may take a frame that has just arrived from a socket, and no count of what is lost would have it. */
static bool receives(const struct pkt_export *export) {
  return export == &pkt_export_receive || export == &pkt_export_receiveFrom || export == &pkt_export_peek;
}

int32_t __wrap_pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b,
                               uint32_t c, uint32_t d) {
  if (engine->error != NULL)
    return -EIO;
  inject_calls++;
  if (!is_due(engine))
    return __real_pkt_engine_call(engine, export, a, b, c, d);
  count(export);
  if (inject_every == 0 || next(3) == 0 || (inject_may != NULL && receives(export)))
    return trap(engine);
  uint32_t memory = engine->memory_size, words = next(3);
  for (uint32_t i = 0; i < words; i++) /* what made it trap may have spoiled its memory */
    ((uint32_t *)(void *)engine->memory)[next(memory / 4)] = next(UINT32_MAX);
  __real_pkt_engine_call(engine, export, a, b, c, d);
  return engine->error != NULL ? -EIO : trap(engine);
}
