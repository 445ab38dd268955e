/* wasm3.c's part of live swaps: a second module for the linear memory of the first. */
#ifndef PKT_WASM3_SWAP_H
#define PKT_WASM3_SWAP_H

/* wasm3's header in front of the linear memory that the integrator gave. It says which runtime the memory is used by. */
static M3MemoryHeader *engine_header(const struct pkt_engine *engine) {
  return (M3MemoryHeader *)(void *)engine->memory - 1;
}

/* A module that goes on with memory as it is has no state of its own, and writes none when it is loaded. */
static M3Result engine_check_stateless(IM3Module module) {
  if (module->memoryImported || module->memoryInfo.initPages != 1)
    return "the module has no memory of one page";
  if (module->numDataSegments != 0)
    return "the module has bytes that memory starts with: they would overwrite what is there";
  if (module->startFunction >= 0)
    return "the module has a start function";
  if (engine_has_variables(module))
    return "the module has global variables: its state must lie in linear memory";
  return m3Err_none;
}

/* An application's functions are not in every module; they are the last ones. */
#if PKTSOCK_APP_SIZE > 0
#define ENGINE_OWN_EXPORTS PKT_NUMBER_appStart
#else
#define ENGINE_OWN_EXPORTS PKT_EXPORT_COUNT
#endif

static M3Result engine_check_exports(const struct pkt_engine *engine) {
  for (int i = 0; i < ENGINE_OWN_EXPORTS; i++)
    if (engine->exports[i] == 0)
      return "the module lacks a function that this firmware calls";
  return m3Err_none;
}

static M3Result engine_prepare(struct pkt_engine *next, const struct pkt_engine *now, const uint8_t *wasm,
                               size_t wasm_size) {
  IM3Module module = NULL;
  M3Result result = engine_parse(next, wasm, wasm_size, now->memory_size, &module);
  if (result != m3Err_none)
    return result;
  if ((result = engine_check_stateless(module)) != m3Err_none) {
    m3_FreeModule(module);
    return result;
  }
  if ((result = engine_link(next, module)) != m3Err_none)
    return result;
  /* What is compiled from here on knows where memory is. */
  next->memory = now->memory;
  engine_header(next)->length = next->memory_size;
  ((IM3Runtime)next->runtime)->memory.mallocated = engine_header(next);
  return engine_check_exports(next);
}

int pkt_engine_prepare(struct pkt_engine *next, const struct pkt_engine *now, const uint8_t *wasm, size_t wasm_size,
                       bool keep) {
  next->place = now->place;
  next->place_size = now->place_size;
  next->budget = now->budget;
  next->blocks = (struct pkt_heap){NULL, NULL, NULL};
  if (next->heap != NULL)
    pkt_heap_make(&next->blocks, next->heap, next->heap_size);
  engine_prepared = next;
  __atomic_store_n(&engine_preparer, pkt_os_self(), __ATOMIC_RELAXED);
  int result = engine_loaded(next, engine_prepare(next, now, wasm, wasm_size));
  if (result == 0 && (result = engine_compile_all(next, keep)) < 0)
    engine_release(next);
  __atomic_store_n(&engine_preparer, NULL, __ATOMIC_RELAXED);
  engine_prepared = NULL;
  return result;
}

void pkt_engine_exchange(struct pkt_engine *now, struct pkt_engine *next) {
  struct pkt_engine was = *now;
  IM3Runtime runtime = next->runtime;
  *now = *next;
  *next = was;
  now->traps = was.traps;
  now->error = NULL;
  if (runtime == NULL)
    return; /* it is the one of a pair that is compiled */
  engine_header(now)->runtime = runtime;
  engine_header(now)->maxStack = (m3slot_t *)runtime->stack + runtime->numStackSlots;
}

const char *pkt_engine_name(const struct pkt_engine *engine) {
  (void)engine;
  return ENGINE_LABEL;
}

#endif
