/* The edge to the WebAssembly engine: load the module, reach its memory, call its exports, read why it trapped. Only the
 * implementation (wasm3.c) uses the engine's own API. Task context, under the lock of os.h; not re-entrant. */
#ifndef PKT_ENGINE_H
#define PKT_ENGINE_H

#include "heap.h"
#include <pktsock/abi.h>
#include <pktsock/config.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef PKT_ENGINE_NAME /* one of two in an image: pair.c */
#include "pair.h"
#endif

/* pkt_export_receive and so on: the exports of assembly/index.ts. PKT_EXPORTS lists each with its number of i32 arguments;
 * each returns an i32, or nothing (0 here). Each is an object of its own, so that the linker can leave out of an image
 * what it does not call. */
struct pkt_export;
#ifndef PKT_EXPORT
#define PKT_EXPORT(name) pkt_export_##name
#endif
#define PKT_EXPORT_OBJECT(name, arguments) extern const struct pkt_export PKT_EXPORT(name);
PKT_EXPORTS(PKT_EXPORT_OBJECT)
#define PKT_EXPORT_NUMBER(name, arguments) PKT_NUMBER_##name,
enum { PKT_EXPORTS(PKT_EXPORT_NUMBER) PKT_EXPORT_COUNT };
/* For a table of all of them, in that order. */
#define PKT_EXPORT_ADDRESS(name, arguments) &pkt_export_##name,

struct pkt_engine {
  uint8_t *memory;      /* linear memory; stays where it is until the engine is unloaded */
  uint32_t memory_size; /* bytes */
  const char *error;    /* why loading failed, or the last trap; NULL if neither happened */
  uint32_t traps;       /* number of traps so far */

  /* The memory that it may use, set before loading: `place` for linear memory and PKTSOCK_MEMORY_HEADER bytes in front of it,
   * aligned to 8; `heap`, aligned to 8, for everything else. Without `place`, linear memory comes from the heap; without
   * `heap`, all of that comes from malloc(). */
  void *place, *heap;
  size_t place_size, heap_size;

  /* The rounds of loops after which a call ends with a trap whose reason is pkt_engine_endless, set before loading; 0:
   * UINT32_MAX. A call of a function, PKT_BUDGET_BYTES bytes that the module fills or copies in linear memory, and a test of
   * a filter count as a round; an engine that allows no recursion need not count calls. */
  uint32_t budget;

  /* Used by the implementation only. */
  struct pkt_heap blocks;
  bool keeps_code;
  void *environment, *runtime, *stack;
  void *functions[PKT_EXPORT_COUNT];
  uintptr_t *function_words;
  uint32_t function_count;
  uint16_t exports[PKT_EXPORT_COUNT];
#if PKTSOCK_SWAP
  uint32_t layout;  /* the checksum of the module's layout of linear memory (host/build/layout.ts); 0: unknown */
  bool interpreted; /* of a pair of engines: the one that interprets runs this module */
#endif
};

#define PKT_BUDGET_BYTES 64u
#define pkt_engine_endless "[trap] the call has used up its budget: it may be endless"

/* The module's imports, which the user of the engine defines: copy `len` bytes between linear memory and the buffer of the
 * current call. The engine has checked that they lie in linear memory. */
void pkt_give(struct pkt_engine *engine, const uint8_t *bytes, uint32_t len);
void pkt_take(struct pkt_engine *engine, uint8_t *bytes, uint32_t len);

/* Load the module; `wasm` must stay where it is. `memory_limit`: bytes of linear memory to allocate, at most 65536. Returns 0, or
 * a negative errno and sets engine->error to a sentence: -ENOEXEC (not a pktsock module, or one for another ABI version),
 * -ENOMEM, -EINVAL (`place` is not the static memory that the module was compiled for). */
int pkt_engine_load(struct pkt_engine *engine, const uint8_t *wasm, size_t wasm_size, uint32_t memory_limit);

#if PKTSOCK_APP_SIZE > 0
/* Returns true if the loaded module has the export: those of an application are not in every module. */
bool pkt_engine_has(const struct pkt_engine *engine, const struct pkt_export *export);
#endif

/* Compile every function. With `keep` the code stays, and after that no call allocates; otherwise functions are compiled on
 * demand, and this only proves that they can be. Once after loading, before the first call. Returns 0, or a negative errno
 * and sets engine->error to a sentence: -ENOEXEC (a value or an instruction that the engine lacks), -ENOMEM. The caller must
 * then unload the engine. */
int pkt_engine_compile(struct pkt_engine *engine, bool keep);

/* Drop the code that was compiled so far, unless pkt_engine_compile() keeps it: that of the start is not needed again. */
void pkt_engine_forget(struct pkt_engine *engine);

/* Start the module afresh, as after loading: linear memory and globals are what they were, and code that was compiled stays. A
 * trap is forgotten, but not its count. Returns 0, or a negative errno and sets engine->error to a sentence. */
int pkt_engine_restart(struct pkt_engine *engine);

/* Free everything; engine->memory is no longer valid. */
void pkt_engine_unload(struct pkt_engine *engine);

#if PKTSOCK_SWAP
/* Load and compile a module that can go on with the linear memory of `now`, whose `place` is given. What is in memory is neither
 * read nor written. `next` has nothing loaded; its `heap` is another one than that of `now`. `keep` as for
 * pkt_engine_compile(). Task context, without the lock of os.h, in one task at a time; calls into `now` may be made
 * meanwhile. Returns 0, or a negative errno and sets next->error to a sentence, and nothing is loaded. */
int pkt_engine_prepare(struct pkt_engine *next, const struct pkt_engine *now, const uint8_t *wasm, size_t wasm_size,
                       bool keep);

/* The module that was prepared takes the place of the one in `now`, which is prepared then. A trap is forgotten; the number of
 * traps stays. */
void pkt_engine_exchange(struct pkt_engine *now, struct pkt_engine *next);

/* "wasm3", "wasm3-tuned" or "aot". */
const char *pkt_engine_name(const struct pkt_engine *engine);
#endif

/* Call an export; surplus arguments are ignored. Returns its result, or -EIO if it trapped: engine->error is then the
 * reason, and every further call returns -EIO until the module is restarted or loaded again. */
int32_t pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b, uint32_t c,
                        uint32_t d);

#endif
