/* engine.h on wasm3. The only file that includes its headers; m3_env.h and m3_exec_defs.h beside the public one, because
 * a call through the public interface costs twice as much as the lean one below. */
#include "engine.h"
#include "match.h"
#include <pktsock/abi.h>
#include <pktsock/config.h>

#include <errno.h>
#include <string.h>

#include "m3_env.h"
#include "m3_exec_defs.h"
#include "wasm3.h"

/* Bytes of the interpreter's own stack. The deepest call of the module needs less than half of it. */
#ifndef PKT_ENGINE_STACK
#define PKT_ENGINE_STACK 2048
#endif

struct export_name {
  const char *name;
  uint8_t arguments;
};

#define PKT_EXPORT_NAME(name, arguments) {#name, arguments},
static const struct export_name exports[] = {PKT_EXPORTS(PKT_EXPORT_NAME)};

/* The imports of assembly/port.ts: give and take (offset, len) without a result, match (tests, frame) with one. */
static const void *transfer(IM3ImportContext context, uint64_t *sp, bool give) {
  struct pkt_engine *engine = context->userdata;
  uint32_t offset = (uint32_t)sp[0], len = (uint32_t)sp[1];
  if (offset > engine->memory_size || len > engine->memory_size - offset)
    return m3Err_trapOutOfBoundsMemoryAccess;
  uint8_t *bytes = engine->memory + offset;
  if (give)
    engine->give(engine, bytes, len);
  else
    engine->take(engine, bytes, len);
  return m3Err_none;
}

static const void *give(IM3Runtime runtime, IM3ImportContext context, uint64_t *sp, void *memory) {
  (void)runtime, (void)memory;
  return transfer(context, sp, true);
}

static const void *take(IM3Runtime runtime, IM3ImportContext context, uint64_t *sp, void *memory) {
  (void)runtime, (void)memory;
  return transfer(context, sp, false);
}

static const void *match(IM3Runtime runtime, IM3ImportContext context, uint64_t *sp, void *memory) {
  (void)runtime, (void)memory;
  const struct pkt_engine *engine = context->userdata;
  uint32_t verdict;
  if (!pkt_match(engine->memory, engine->memory_size, (uint32_t)sp[1], (uint32_t)sp[2], &verdict))
    return m3Err_trapOutOfBoundsMemoryAccess;
  *(uint32_t *)&sp[0] = verdict;
  return m3Err_none;
}

/* Does the module say that it is a pktsock module of our version? */
static const char *check_abi(IM3Module module) {
  IM3Global global = m3_FindGlobal(module, "PKTSOCK_ABI");
  M3TaggedValue value;
  if (global == NULL || m3_GetGlobal(global, &value) != m3Err_none)
    return "not a pktsock module: it exports no PKTSOCK_ABI";
  if (value.value.i32 != PKT_ABI_VERSION)
    return "the module speaks another version of the pktsock ABI than this firmware";
  return NULL;
}

/* Are all imports of the module those of assembly/port.ts? */
static const char *check_imports(IM3Module module) {
  for (uint32_t i = 0; i < module->numFuncImports; i++) {
    const M3ImportInfo *import = &module->functions[i].import;
    const char *name = import->fieldUtf8;
    if (strcmp(import->moduleUtf8, "port") != 0 ||
        (strcmp(name, "give") != 0 && strcmp(name, "take") != 0 && strcmp(name, "match") != 0))
      return "the module imports what the port does not have";
  }
  return NULL;
}

static void link_imports(struct pkt_engine *engine) {
  IM3Module module = ((IM3Runtime)engine->runtime)->modules;
  m3_LinkRawFunctionEx(module, "port", "give", "v(ii)", give, engine);
  m3_LinkRawFunctionEx(module, "port", "take", "v(ii)", take, engine);
  m3_LinkRawFunctionEx(module, "port", "match", "i(ii)", match, engine);
}

/* Drop all compiled code; what is called again is compiled again. Between calls only. */
static void forget_code(struct pkt_engine *engine) {
  IM3Runtime runtime = engine->runtime;
  IM3Module module = runtime->modules;
  FreeCodePages(&runtime->pagesOpen);
  FreeCodePages(&runtime->pagesFull);
  runtime->numCodePages = 0;
  for (uint32_t i = 0; i < module->numFunctions; i++) {
    IM3Function function = &module->functions[i];
    m3_Free(function->constants);
    function->numConstantBytes = 0;
    function->compiled = NULL;
  }
  memset(engine->functions, 0, sizeof(engine->functions));
  link_imports(engine);
}

static int fail(struct pkt_engine *engine, int error, const char *reason) {
  pkt_engine_unload(engine);
  engine->error = reason;
  return -error;
}

int pkt_engine_load(struct pkt_engine *engine, const uint8_t *wasm, size_t wasm_size, uint32_t memory_limit) {
  static const char *const out_of_memory = "not enough memory to load the module";
  engine->environment = m3_NewEnvironment();
  if (engine->environment == NULL)
    return fail(engine, ENOMEM, out_of_memory);
  IM3Runtime runtime = m3_NewRuntime(engine->environment, PKT_ENGINE_STACK, NULL);
  engine->runtime = runtime;
  if (runtime == NULL)
    return fail(engine, ENOMEM, out_of_memory);
  runtime->memoryLimit = memory_limit;

  IM3Module module = NULL;
  M3Result result = m3_ParseModule(engine->environment, &module, wasm, (uint32_t)wasm_size);
  if (result != m3Err_none)
    return fail(engine, ENOEXEC, result);
  const char *reason = check_imports(module);
  if (reason == NULL && (result = m3_LoadModule(runtime, module)) != m3Err_none)
    reason = result;
  if (reason == NULL) /* globals have their values only now */
    reason = check_abi(module);
  if (reason != NULL) {
    if (module->runtime == NULL)
      m3_FreeModule(module);
    return fail(engine, result == m3Err_mallocFailed ? ENOMEM : ENOEXEC, reason);
  }
  engine->memory = m3_GetMemory(runtime, &engine->memory_size, 0);
  if (engine->memory == NULL)
    return fail(engine, ENOMEM, out_of_memory);
  engine->stack = runtime->stack;
  link_imports(engine);
  engine->error = NULL;
  return 0;
}

void pkt_engine_unload(struct pkt_engine *engine) {
  if (engine->runtime != NULL)
    m3_FreeRuntime(engine->runtime);
  if (engine->environment != NULL)
    m3_FreeEnvironment(engine->environment);
  engine->runtime = engine->environment = engine->stack = NULL;
  engine->memory = NULL;
  memset(engine->functions, 0, sizeof(engine->functions));
}

/* Finds and compiles an export at its first call, so that what an application does not use costs no memory. */
static M3Result resolve(struct pkt_engine *engine, enum pkt_export export) {
  IM3Function function = NULL;
  M3Result result = m3_FindFunction(&function, engine->runtime, exports[export].name);
  if (result == m3Err_mallocFailed) {
    forget_code(engine);
    result = m3_FindFunction(&function, engine->runtime, exports[export].name);
  }
  if (result != m3Err_none)
    return result;
  if (m3_GetArgCount(function) != exports[export].arguments || m3_GetRetCount(function) > 1)
    return "an export of the module has another signature than assembly/index.ts says";
  engine->functions[export] = function;
  return m3Err_none;
}

static int32_t trapped(struct pkt_engine *engine, M3Result reason) {
  engine->traps++;
  engine->error = reason;
  return -EIO;
}

int32_t pkt_engine_call(struct pkt_engine *engine, enum pkt_export export, uint32_t a, uint32_t b, uint32_t c,
                        uint32_t d) {
  IM3Function function = engine->functions[export];
  if (engine->error != NULL)
    return -EIO;
  if (function == NULL) {
    M3Result result = resolve(engine, export);
    if (result != m3Err_none)
      return trapped(engine, result);
    function = engine->functions[export];
  }
  /* wasm3 keeps results and arguments in 64-bit slots from the start of its stack, results first. */
  uint64_t *slots = engine->stack;
  uint32_t first = function->funcType->numRets;
  *(uint32_t *)&slots[0] = 0;
  uint64_t *arguments = slots + first;
  *(uint32_t *)&arguments[0] = a;
  *(uint32_t *)&arguments[1] = b;
  *(uint32_t *)&arguments[2] = c;
  *(uint32_t *)&arguments[3] = d;
  IM3Runtime runtime = engine->runtime;
  M3Result result =
      (M3Result)RunCode(function->compiled, (m3stack_t)slots, runtime->memory.mallocated, d_m3OpDefaultArgs);
  if (result != m3Err_none)
    return trapped(engine, result);
  if (runtime->numCodePages > PKTSOCK_CODE_PAGES)
    forget_code(engine);
  return first != 0 ? *(int32_t *)&slots[0] : 0;
}
