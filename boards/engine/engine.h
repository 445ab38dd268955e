/* The edge to the WebAssembly engine: load the module, reach its memory, call its exports, learn why it trapped. Only the
 * implementation (wasm3.c) knows the engine. Task context, under the lock of os.h; not re-entrant. */
#ifndef PKT_ENGINE_H
#define PKT_ENGINE_H

#include "heap.h"
#include <pktsock/abi.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* PKT_CALL_receive and so on: the exports of assembly/index.ts. PKT_EXPORTS lists each with its number of i32 arguments;
 * each returns an i32, or nothing (0 here). */
#define PKT_EXPORT_NUMBER(name, arguments) PKT_CALL_##name,
enum pkt_export { PKT_EXPORTS(PKT_EXPORT_NUMBER) PKT_EXPORT_COUNT };

struct pkt_engine {
  uint8_t *memory;      /* linear memory; stays where it is until the engine is unloaded */
  uint32_t memory_size; /* bytes */
  const char *error;    /* why loading failed or what the last trap was; NULL when all is well */
  uint32_t traps;

  /* What the module's imports do: copy `len` bytes between linear memory and the buffer of the call under way. The engine
   * has checked that they lie in linear memory. */
  void (*give)(struct pkt_engine *engine, uint8_t *bytes, uint32_t len);
  void (*take)(struct pkt_engine *engine, uint8_t *bytes, uint32_t len);

  /* The memory that it may use, set before loading: `place` for linear memory and PKTSOCK_MEMORY_HEADER bytes in front of it,
   * aligned to 8; `heap`, aligned to 8, for all else. Without `place` linear memory comes from the heap, and without `heap`
   * all of that from malloc(). */
  void *place, *heap;
  size_t place_size, heap_size;

  /* The implementation's own. */
  struct pkt_heap blocks;
  bool keeps_code;
  void *environment, *runtime, *stack;
  void *functions[PKT_EXPORT_COUNT];
};

/* Load the module; `wasm` must stay where it is. `memory_limit`: bytes of linear memory to allocate, at most 65536. Set
 * `give` and `take` before. 0, or a negative errno with engine->error a sentence: -ENOEXEC (not a pktsock module, or one
 * for another ABI version), -ENOMEM. */
int pkt_engine_load(struct pkt_engine *engine, const uint8_t *wasm, size_t wasm_size, uint32_t memory_limit);

/* Compile all of the loaded module, which is done at need otherwise, and keep what was compiled. Afterwards no call allocates.
 * 0, or -ENOMEM with engine->error a sentence: unload the engine then. */
int pkt_engine_compile(struct pkt_engine *engine);

/* Frees everything; engine->memory is gone. */
void pkt_engine_unload(struct pkt_engine *engine);

/* Call an export; surplus arguments are ignored. Returns its result, or -EIO when it trapped: engine->error then says why,
 * and every further call returns -EIO until the module is loaded afresh. */
int32_t pkt_engine_call(struct pkt_engine *engine, enum pkt_export export, uint32_t a, uint32_t b, uint32_t c,
                        uint32_t d);

#endif
