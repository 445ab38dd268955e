/* Calls into the module, and the module's access to the caller's buffer. */
#include "component.h"

#include <string.h>

/* Copy between linear memory and the caller's buffer or, chunk by chunk, vector. */
static inline void transfer(uint8_t *bytes, uint32_t len, bool give) {
  struct pkt_component *c = &pkt_component;
  for (;;) {
    size_t n = len < c->room ? len : c->room;
    if (n != 0) { /* an empty buffer may be NULL, on which C allows nothing */
      if (give)
        memcpy(c->cursor, bytes, n);
      else
        memcpy(bytes, c->cursor, n);
      c->cursor += n;
      c->room -= n;
      len -= n;
      bytes += n;
    }
    if (len == 0 || c->rest_count == 0)
      return;
    c->cursor = c->rest->iov_base;
    c->room = c->rest->iov_len;
    c->rest++, c->rest_count--;
  }
}

void pkt_give(struct pkt_engine *engine, uint8_t *bytes, uint32_t len) {
  (void)engine;
  transfer(bytes, len, true);
}

void pkt_take(struct pkt_engine *engine, uint8_t *bytes, uint32_t len) {
  (void)engine;
  transfer(bytes, len, false);
}

int32_t pkt_call(enum pkt_export export, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  struct pkt_engine *engine = &pkt_component.engine;
  uint32_t traps = engine->traps;
  int32_t result = pkt_engine_call(engine, export, a, b, c, d);
  if (engine->traps != traps) {
    pkt_component.error = engine->error;
    pkt_wake_all();
    if (pkt_component.report != NULL)
      pkt_component.report("pktsock", engine->error);
  }
  if (pkt_component.refills)
    pkt_refill_macs();
  return result;
}

bool pkt_put_name(const char *name) {
  size_t len = strnlen(name, PKT_IFNAMSIZ);
  if (len == 0 || len == PKT_IFNAMSIZ)
    return false;
  memset(pkt_exchange(), 0, PKT_IFNAMSIZ);
  memcpy(pkt_exchange(), name, len);
  return true;
}
