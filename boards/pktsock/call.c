/* Calls into the module, and the module's access to the caller's buffer. */
#include "component.h"

#include <string.h>

/* Copy between linear memory and the caller's vector, chunk by chunk. */
static void transfer(uint8_t *bytes, uint32_t len, bool give) {
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

/* Take room for `len` bytes from the buffer. Returns true if it has that much, as it usually has, and the copy is not empty;
 * *at is then where to copy. */
static inline bool take_room(uint32_t len, uint8_t **at) {
  struct pkt_component *c = &pkt_component;
  size_t room = c->room;
  if (PKT_UNLIKELY(len - 1 >= room)) /* unsigned: 0 becomes a large number */
    return false;
  *at = c->cursor;
  c->cursor = *at + len;
  c->room = room - len;
  return true;
}

void pkt_give(struct pkt_engine *engine, const uint8_t *bytes, uint32_t len) {
  (void)engine;
  uint8_t *to;
  if (take_room(len, &to))
    memcpy(to, bytes, len);
  else
    transfer((uint8_t *)bytes, len, true);
}

void pkt_take(struct pkt_engine *engine, uint8_t *bytes, uint32_t len) {
  (void)engine;
  uint8_t *from;
  if (take_room(len, &from))
    memcpy(bytes, from, len);
  else
    transfer(bytes, len, false);
}

int32_t pkt_call(const struct pkt_export *export, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  struct pkt_component *component = &pkt_component;
  int32_t result = pkt_engine_call(&component->engine, export, a, b, c, d);
  if (result == -EIO)
    pkt_trapped();
  component->room = 0;
  if (component->refills)
    pkt_refill_macs();
  pkt_count_call();
  return result;
}

int32_t pkt_not_a_number(int32_t result, uint32_t most) {
  if (result == -EIO)
    pkt_trapped();
  return pkt_at_most(result, most);
}

int32_t pkt_not_received(int32_t result, uint32_t most) {
  int32_t n = pkt_not_a_number(result, most);
  pkt_component.receive_trapped = PKTSOCK_RECOVER && n == -EIO && pkt_component.runs;
  return pkt_component.receive_trapped ? -PKT_EAGAIN : n;
}

bool pkt_put_name(const char *name) {
  size_t len = strnlen(name, PKT_IFNAMSIZ);
  if (len == 0 || len == PKT_IFNAMSIZ)
    return false;
  memset(pkt_exchange(), 0, PKT_IFNAMSIZ);
  memcpy(pkt_exchange(), name, len);
  return true;
}
