/* See inject.h. */
#include "inject.h"

#include <errno.h>

unsigned inject_calls, inject_at;
bool inject_lasts;

int32_t __real_pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b,
                               uint32_t c, uint32_t d);
int32_t __wrap_pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b,
                               uint32_t c, uint32_t d);

int32_t __wrap_pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b,
                               uint32_t c, uint32_t d) {
  if (engine->error != NULL)
    return -EIO;
  inject_calls++;
  if (inject_at != 0 && (inject_lasts ? inject_calls >= inject_at : inject_calls == inject_at)) {
    engine->traps++;
    engine->error = INJECTED;
    return -EIO;
  }
  return __real_pkt_engine_call(engine, export, a, b, c, d);
}
