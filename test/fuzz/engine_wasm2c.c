/* engine.h on wasm2c: the module as C, so that its branches are seen by the fuzzer and its memory has the sanitizer's
 * guards. The module's bytes are part of the program; what pkt_engine_load() is given is not looked at. */
#include "../../boards/engine/engine.h"
#include "../../boards/engine/match.h"

#include "pktsock_w2c.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* As wasm3's: linear memory is aligned to 4 bytes and no more. */
#define MISALIGNED 4

struct Z_port_instance_t {
  struct pkt_engine *engine;
};

static struct {
  Z_pktsock_instance_t module;
  struct Z_port_instance_t port;
  uint32_t memory_limit;
  jmp_buf *trap;
  bool initialized;
} runtime;

/* ---- What the generated code asks of its runtime: wasm-rt.h --------------------------------------------------------- */

uint32_t wasm_rt_call_stack_depth;

bool wasm_rt_is_initialized(void) { return true; }

uint32_t wasm_rt_register_func_type(uint32_t params, uint32_t results, ...) { return params << 8 | results; }

void wasm_rt_trap(wasm_rt_trap_t reason) { longjmp(*runtime.trap, (int)reason); }

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t initial_pages, uint32_t max_pages) {
  uint8_t *block = calloc(1, runtime.memory_limit + MISALIGNED);
  if (block == NULL)
    abort();
  *memory = (wasm_rt_memory_t){block + MISALIGNED, initial_pages, max_pages, runtime.memory_limit};
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) {
  if (memory->data != NULL)
    free(memory->data - MISALIGNED);
}

/* ---- The module's imports ------------------------------------------------------------------------------------------- */

static uint8_t *in_memory(struct pkt_engine *engine, uint32_t offset, uint32_t len) {
  if (offset > engine->memory_size || len > engine->memory_size - offset)
    wasm_rt_trap(WASM_RT_TRAP_OOB);
  return engine->memory + offset;
}

void Z_portZ_give(struct Z_port_instance_t *port, uint32_t offset, uint32_t len) {
  port->engine->give(port->engine, in_memory(port->engine, offset, len), len);
}

void Z_portZ_take(struct Z_port_instance_t *port, uint32_t offset, uint32_t len) {
  port->engine->take(port->engine, in_memory(port->engine, offset, len), len);
}

uint32_t Z_portZ_match(struct Z_port_instance_t *port, uint32_t tests, uint32_t frame) {
  uint32_t verdict;
  if (!pkt_match(port->engine->memory, port->engine->memory_size, tests, frame, &verdict))
    wasm_rt_trap(WASM_RT_TRAP_OOB);
  return verdict;
}

/* ---- engine.h ------------------------------------------------------------------------------------------------------- */

static const char *sentence(int reason) {
  switch (reason) {
  case WASM_RT_TRAP_OOB: return "[trap] out of bounds memory access";
  case WASM_RT_TRAP_DIV_BY_ZERO: return "[trap] integer divide by zero";
  case WASM_RT_TRAP_INT_OVERFLOW: return "[trap] integer overflow";
  case WASM_RT_TRAP_UNREACHABLE: return "[trap] unreachable executed";
  case WASM_RT_TRAP_EXHAUSTION: return "[trap] stack overflow";
  default: return "[trap]";
  }
}

int pkt_engine_load(struct pkt_engine *engine, const uint8_t *wasm, size_t wasm_size, uint32_t memory_limit) {
  (void)wasm, (void)wasm_size;
  jmp_buf trap;
  if (!runtime.initialized) {
    Z_pktsock_init_module();
    runtime.initialized = true;
  }
  runtime.port.engine = engine;
  runtime.memory_limit = memory_limit;
  runtime.trap = &trap;
  wasm_rt_call_stack_depth = 0;
  engine->runtime = &runtime;
  int reason = setjmp(trap);
  if (reason != 0) {
    pkt_engine_unload(engine);
    engine->error = sentence(reason);
    return -ENOEXEC;
  }
  Z_pktsock_instantiate(&runtime.module, &runtime.port);
  engine->memory = runtime.module.w2c_memory.data;
  engine->memory_size = memory_limit;
  engine->error = NULL;
  return 0;
}

/* The compiler of this program did it. */
int pkt_engine_compile(struct pkt_engine *engine) {
  (void)engine;
  return 0;
}

void pkt_engine_unload(struct pkt_engine *engine) {
  if (engine->runtime != NULL)
    Z_pktsock_free(&runtime.module);
  memset(&runtime.module, 0, sizeof(runtime.module));
  engine->runtime = NULL;
  engine->memory = NULL;
}

#define M &runtime.module
static int32_t call(enum pkt_export export, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  switch (export) {
  case PKT_CALL_init: return (int32_t)Z_pktsockZ_init(M);
  case PKT_CALL_addIface: return (int32_t)Z_pktsockZ_addIface(M, a, b);
  case PKT_CALL_ifaceIndex: return (int32_t)Z_pktsockZ_ifaceIndex(M);
  case PKT_CALL_setIfaceFlags: Z_pktsockZ_setIfaceFlags(M, a, b); return 0;
  case PKT_CALL_requestIfaceFlags: return (int32_t)Z_pktsockZ_requestIfaceFlags(M, a, b);
  case PKT_CALL_openSocket: return (int32_t)Z_pktsockZ_openSocket(M, a, b);
  case PKT_CALL_openStack: return (int32_t)Z_pktsockZ_openStack(M, a);
  case PKT_CALL_closeSocket: Z_pktsockZ_closeSocket(M, a); return 0;
  case PKT_CALL_bindSocket: return (int32_t)Z_pktsockZ_bindSocket(M, a, b);
  case PKT_CALL_socketName: return (int32_t)Z_pktsockZ_socketName(M, a);
  case PKT_CALL_receive: return (int32_t)Z_pktsockZ_receive(M, a, b);
  case PKT_CALL_receiveFrom: return (int32_t)Z_pktsockZ_receiveFrom(M, a, b, c);
  case PKT_CALL_bytesReadable: return (int32_t)Z_pktsockZ_bytesReadable(M, a);
  case PKT_CALL_service: Z_pktsockZ_service(M); return 0;
  case PKT_CALL_send: return (int32_t)Z_pktsockZ_send(M, a, b);
  case PKT_CALL_sendTo: return (int32_t)Z_pktsockZ_sendTo(M, a, b, c);
  case PKT_CALL_bytesUnsent: return (int32_t)Z_pktsockZ_bytesUnsent(M, a);
  case PKT_CALL_peek: return (int32_t)Z_pktsockZ_peek(M, a, b);
  case PKT_CALL_reserve: return (int32_t)Z_pktsockZ_reserve(M, a);
  case PKT_CALL_release: return (int32_t)Z_pktsockZ_release(M, a, b);
  case PKT_CALL_submit: return (int32_t)Z_pktsockZ_submit(M, a, b, c);
  case PKT_CALL_socketCounters: Z_pktsockZ_socketCounters(M, a); return 0;
  case PKT_CALL_setOption: return (int32_t)Z_pktsockZ_setOption(M, a, b, c, d);
  case PKT_CALL_getOption: return (int32_t)Z_pktsockZ_getOption(M, a, b, c, d);
  case PKT_CALL_lastStamp: return (int32_t)Z_pktsockZ_lastStamp(M, a);
  case PKT_CALL_pollSocket: return (int32_t)Z_pktsockZ_pollSocket(M, a);
  case PKT_CALL_macFilterFlags: return (int32_t)Z_pktsockZ_macFilterFlags(M, a);
  case PKT_CALL_macFilterAddress: return (int32_t)Z_pktsockZ_macFilterAddress(M, a, b);
  case PKT_CALL_setMulticast: return (int32_t)Z_pktsockZ_setMulticast(M, a, b);
  case PKT_EXPORT_COUNT: break;
  }
  abort();
}

int32_t pkt_engine_call(struct pkt_engine *engine, enum pkt_export export, uint32_t a, uint32_t b, uint32_t c,
                        uint32_t d) {
  jmp_buf trap;
  if (engine->error != NULL)
    return -EIO;
  runtime.trap = &trap;
  int reason = setjmp(trap);
  if (reason == 0)
    return call(export, a, b, c, d);
  engine->traps++;
  engine->error = sentence(reason);
  return -EIO;
}
