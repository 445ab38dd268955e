/* Two engines in one image: the firmware's own module runs compiled (aot.c), and every other one is interpreted (wasm3.c). Each
 * call of engine.h goes to the one that has the module. */
#include "engine.h"

#define ENGINE(engine)                                                                                                 \
  struct pkt_##engine##_export;                                                                                        \
  int pkt_##engine##_load(struct pkt_engine *e, const uint8_t *wasm, size_t wasm_size, uint32_t memory_limit);         \
  int pkt_##engine##_compile(struct pkt_engine *e, bool keep);                                                         \
  void pkt_##engine##_forget(struct pkt_engine *e);                                                                    \
  int pkt_##engine##_restart(struct pkt_engine *e);                                                                    \
  void pkt_##engine##_unload(struct pkt_engine *e);                                                                    \
  int pkt_##engine##_prepare(struct pkt_engine *next, const struct pkt_engine *now, const uint8_t *wasm,               \
                             size_t wasm_size, bool keep);                                                             \
  const char *pkt_##engine##_name(const struct pkt_engine *e);                                                         \
  bool pkt_##engine##_has(const struct pkt_engine *e, const struct pkt_##engine##_export *export);                     \
  int32_t pkt_##engine##_call(struct pkt_engine *e, const struct pkt_##engine##_export *export, uint32_t a,            \
                              uint32_t b, uint32_t c, uint32_t d);
ENGINE(aot)
ENGINE(wasm3)
bool pkt_aot_is_compiled(const uint8_t *wasm, size_t wasm_size);
void pkt_wasm3_exchange(struct pkt_engine *now, struct pkt_engine *next);

struct pkt_export {
  const struct pkt_aot_export *aot;
  const struct pkt_wasm3_export *wasm3;
};
#define EXPORT(name, arguments)                                                                                        \
  extern const struct pkt_aot_export pkt_aot_export_##name;                                                            \
  extern const struct pkt_wasm3_export pkt_wasm3_export_##name;                                                        \
  const struct pkt_export pkt_export_##name = {&pkt_aot_export_##name, &pkt_wasm3_export_##name};
PKT_EXPORTS(EXPORT)

int pkt_engine_load(struct pkt_engine *engine, const uint8_t *wasm, size_t wasm_size, uint32_t memory_limit) {
  engine->interpreted = false;
  return pkt_aot_load(engine, wasm, wasm_size, memory_limit);
}

int pkt_engine_prepare(struct pkt_engine *next, const struct pkt_engine *now, const uint8_t *wasm, size_t wasm_size,
                       bool keep) {
  next->interpreted = !pkt_aot_is_compiled(wasm, wasm_size);
  return (next->interpreted ? pkt_wasm3_prepare : pkt_aot_prepare)(next, now, wasm, wasm_size, keep);
}

void pkt_engine_exchange(struct pkt_engine *now, struct pkt_engine *next) { pkt_wasm3_exchange(now, next); }

int pkt_engine_compile(struct pkt_engine *engine, bool keep) {
  return (engine->interpreted ? pkt_wasm3_compile : pkt_aot_compile)(engine, keep);
}

void pkt_engine_forget(struct pkt_engine *engine) { (engine->interpreted ? pkt_wasm3_forget : pkt_aot_forget)(engine); }

int pkt_engine_restart(struct pkt_engine *engine) {
  return (engine->interpreted ? pkt_wasm3_restart : pkt_aot_restart)(engine);
}

/* What is compiled knows by itself whether it was loaded into this struct. */
void pkt_engine_unload(struct pkt_engine *engine) {
  if (engine->interpreted)
    pkt_wasm3_unload(engine);
  pkt_aot_unload(engine);
}

#if PKTSOCK_APP_SIZE > 0
bool pkt_engine_has(const struct pkt_engine *engine, const struct pkt_export *export) {
  return engine->interpreted ? pkt_wasm3_has(engine, export->wasm3) : pkt_aot_has(engine, export->aot);
}
#endif

const char *pkt_engine_name(const struct pkt_engine *engine) {
  return (engine->interpreted ? pkt_wasm3_name : pkt_aot_name)(engine);
}

int32_t pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b, uint32_t c,
                        uint32_t d) {
  return engine->interpreted ? pkt_wasm3_call(engine, export->wasm3, a, b, c, d)
                             : pkt_aot_call(engine, export->aot, a, b, c, d);
}
