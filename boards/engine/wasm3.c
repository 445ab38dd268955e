/* engine.h on wasm3. wasm3's sources are compiled here, in one translation unit with what drives them: nothing else sees
 * its headers, its names or its settings. The compiler must find them: -isystem with the folder of wasm3.h. */

/* wasm3's operations end in tail calls. Without them the native stack grows with each operation, so they do not depend on
 * the optimization that the firmware is compiled with. Its arithmetic wraps, as WebAssembly's does. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("O2", "optimize-sibling-calls", "wrapv")
#elif defined(__clang__) && __clang_major__ < 13 && !defined(__OPTIMIZE__)
#error "clang before 13 makes no tail calls at -O0: compile wasm3.c with optimization"
#endif

#include "engine.h"
#include "heap.h"
#include "match.h"
#include <pktsock/abi.h>
#include <pktsock/config.h>
#include <pktsock/memory.h>
#include <pktsock/os.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A firmware's DEBUG has another meaning than wasm3's. */
#undef DEBUG
#undef ASSERTS
#ifndef NDEBUG
#define NDEBUG
#endif

/* No floats, none of the later proposals, small tables: wasm3's own settings do not fit a chip with 64 KB. */
#define d_m3HasFloat 0
#define d_m3NoFloatDynamic 0
#define d_m3CascadedOpcodes 0
#define d_m3HasRefTypes 0
#define d_m3HasExtendedConst 0
#define d_m3HasCompactImports 0
#define d_m3VerboseErrorMessages 0
#define d_m3CodePageAlignSize 1024
#define d_m3MaxFunctionStackHeight 128
#define d_m3MaxConstantTableSize 64
#define d_m3MaxLinearMemoryPages 1
#define d_m3MaxDuplicateFunctionImpl 1
#define d_m3MaxNativeStack 0
#define d_m3FixedHeap 0 /* wasm3's own is `false`, which NuttX's <stdbool.h> makes an expression that no #if takes */

#define M3_IMPLEMENT_ERROR_STRINGS
#include "wasm3_names.h"

/* The engine that loads, compiles, calls or unloads, because wasm3's allocator calls do not identify it. */
static struct pkt_engine *engine_at_work;

#if PKTSOCK_SWAP
/* A task prepares a module while others make calls: its engine, and the task. */
static struct pkt_engine *engine_prepared;
static struct pkt_os_task *engine_preparer;

static struct pkt_engine *engine_here(void) {
  struct pkt_os_task *preparer = __atomic_load_n(&engine_preparer, __ATOMIC_RELAXED);
  return preparer != NULL && preparer == pkt_os_self() ? engine_prepared : engine_at_work;
}
#else
static inline struct pkt_engine *engine_here(void) { return engine_at_work; }
#endif

__attribute__((noinline)) static void *engine_calloc(size_t count, size_t size) {
  struct pkt_heap *heap = &engine_here()->blocks;
  return heap->start != NULL ? pkt_heap_take(heap, count * size) : calloc(count, size);
}

static void engine_free(void *bytes) {
  if (engine_here()->blocks.start != NULL)
    pkt_heap_give(bytes);
  else
    free(bytes);
}

static void *engine_realloc(void *bytes, size_t size) {
  struct pkt_heap *heap = &engine_here()->blocks;
  if (heap->start == NULL)
    return realloc(bytes, size);
  if (bytes != NULL && pkt_heap_size(bytes) >= size)
    return bytes;
  void *larger = engine_calloc(1, size);
  if (larger != NULL && bytes != NULL) {
    memcpy(larger, bytes, pkt_heap_size(bytes));
    pkt_heap_give(bytes);
  }
  return larger;
}

/* Linear memory, with wasm3's header in front; it is allocated once, since it does not grow. */
static void *engine_linear_memory(size_t size) {
  struct pkt_engine *engine = engine_here();
#if PKTSOCK_SWAP
  static void *header_alone[PKTSOCK_MEMORY_HEADER / sizeof(void *)];
  if (engine == engine_prepared)
    return header_alone;
#endif
  if (engine->place == NULL)
    return engine_calloc(1, size);
  return size <= engine->place_size ? memset(engine->place, 0, size) : NULL;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wsign-compare"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif
#include "m3_core.h"

#if M3_VERSION_MAJOR != 0 || (M3_VERSION_MINOR != 5 && M3_VERSION_MINOR != 9)
#error "This version of wasm3 is unknown here: take 0.9, or 0.5.0 from the npm package react-native-webassembly 0.3.3"
#elif !defined(m3_Realloc)
#error "wasm3 0.5.0 as released is too old: take 0.9, or 0.5.0 from the npm package react-native-webassembly 0.3.3"
#endif

_Static_assert(sizeof(M3MemoryHeader) <= PKTSOCK_MEMORY_HEADER, "config.memory has no room for wasm3's header");
#undef m3_Realloc
#define m3_Realloc(name, old, size, old_size) ((old) == NULL ? engine_linear_memory(size) : NULL)
/* The allocator functions of m3_core.c. */
#define calloc engine_calloc
#define realloc engine_realloc
#define free engine_free

/* Bytes of the native stack below pkt_engine_call() that the operations of a call may be in when one of them calls a function
 * or enters a loop: they are nested there. The deepest call of the module needs less than three quarters. Where gcc makes no
 * tail calls, each operation of a function is nested in the one before it. */
#ifndef PKT_ENGINE_NATIVE_STACK
#ifdef __xtensa__
#define PKT_ENGINE_NATIVE_STACK 12288
#elif UINTPTR_MAX > UINT32_MAX /* a host, whose sanitizers have large frames */
#define PKT_ENGINE_NATIVE_STACK 65536
#elif PKTSOCK_APP_SIZE > 0
#define PKT_ENGINE_NATIVE_STACK (sizeof(void *) * 384)
#else
#define PKT_ENGINE_NATIVE_STACK (sizeof(void *) * 192)
#endif
#endif

static uint32_t engine_left;          /* what the current call may still spend of engine->budget */
static uintptr_t engine_native_limit; /* the lowest address of its native stack */

static inline bool engine_spend(uint32_t cost) {
  if (M3_UNLIKELY(engine_left <= cost))
    return false;
  engine_left -= cost;
  return true;
}

/* wasm3 calls this before each call of a function. The module has no way to catch what it returns. */
static inline m3ret_t engine_enter(void) {
  if (M3_UNLIKELY(--engine_left == 0))
    return pkt_engine_endless;
  if (M3_UNLIKELY((uintptr_t)__builtin_frame_address(0) < engine_native_limit))
    return m3Err_trapStackOverflow;
  return m3Err_none;
}

/* The operations are what a frame costs. The compiler and parser run once for each function: small rather than fast. */
#define M3_COMPILE_OPCODES
#undef m3_Yield
#define m3_Yield engine_enter
#include "m3_exec.h"
#undef m3_Yield
#define m3_Yield pkt_wasm3_m3_Yield

/* wasm3's operation of loops, with the call's budget. wasm3-tuned has none, and counts in its own operations. */
#ifndef op_Loop
d_m3Op(EngineLoop) {
  if (M3_UNLIKELY((uintptr_t)__builtin_frame_address(0) < engine_native_limit))
    newTrap(m3Err_trapStackOverflow);
  d_m3ClearRegisters IM3Memory memory = m3MemInfo(_mem);
  m3ret_t result;
  do {
    if (M3_UNLIKELY(--engine_left == 0))
      newTrap(pkt_engine_endless);
    result = nextOpImpl();
    _mem = memory->mallocated;
  } while (result == _pc);
  forwardTrap(result);
}
#define op_Loop op_EngineLoop
#define ENGINE_LABEL "wasm3"

/* The same for those that take longer by a length. */
#define ENGINE_BULK(name)                                                                                              \
  d_m3Op(Engine##name) {                                                                                               \
    if (M3_UNLIKELY(!engine_spend((uint32_t)_r0 / PKT_BUDGET_BYTES)))                                                  \
      newTrap(pkt_engine_endless);                                                                                     \
    M3_MUSTTAIL return op_##name(d_m3OpAllArgs);                                                                       \
  }
ENGINE_BULK(MemCopy)
ENGINE_BULK(MemFill)
#define op_MemCopy op_EngineMemCopy
#define op_MemFill op_EngineMemFill
#else
#define ENGINE_LABEL "wasm3-tuned"
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os")
#endif
/* clang-format off: the order matters */
#include "m3_code.c"
#include "m3_core.c"
#include "wasm3_32bit.h"
/* m3_compile.c is included by: */
#include "m3_env.c"
#include "m3_exec.c"
#include "m3_function.c"
#include "m3_info.c"
#include "m3_module.c"
#include "wasm3_functions.h"
/* clang-format on */
_Static_assert(M3_COUNT_OF(c_operations) == ENGINE_ROW(0xc1) + 1,
               "wasm3 lists other operations than wasm3_32bit.h counts");
_Static_assert(M3_COUNT_OF(c_operationsFC) == (M3_VERSION_MINOR < 9 ? 0x0c : 0x12), "the same, behind 0xfc");
/* If memory runs out, m3_ParseModule() frees a module whose counts include elements of arrays that it does not have. */
static void engine_free_module(IM3Module module) {
  if (module == NULL)
    return;
  if (module->functions == NULL)
    module->numFunctions = 0;
  if (module->globals == NULL)
    module->numGlobals = 0;
  if (module->dataSegments == NULL)
    module->numDataSegments = 0;
#if M3_VERSION_MINOR >= 9
  if (module->tables == NULL)
    module->numTables = 0;
  if (module->elementSegments == NULL)
    module->numElementSegments = 0;
#endif
  m3_FreeModule(module);
}
#undef m3_FreeModule
#define m3_FreeModule engine_free_module
#include "m3_parse.c"
#undef m3_FreeModule
#define m3_FreeModule pkt_wasm3_m3_FreeModule
#if M3_VERSION_MINOR >= 9
#include "m3_validate.c"
#endif
#undef calloc
#undef realloc
#undef free
#pragma GCC diagnostic pop

/* Bytes of the interpreter's own stack. The deepest call of the module needs less than 1024. */
#ifndef PKT_ENGINE_STACK
#define PKT_ENGINE_STACK (PKTSOCK_APP_SIZE > 0 ? 2560 : 1472)
#endif

struct engine_export {
  const char *name;
  uint8_t arguments;
};

#define PKT_EXPORT_NAME(name, arguments) {#name, arguments},
static const struct engine_export engine_exports[] = {PKT_EXPORTS(PKT_EXPORT_NAME)};

struct pkt_export {
  uint8_t number;
};
#define PKT_EXPORT_DEFINITION(name, arguments) const struct pkt_export PKT_EXPORT(name) = {PKT_NUMBER_##name};
PKT_EXPORTS(PKT_EXPORT_DEFINITION)

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2")
#endif

/* The imports of assembly/port.ts: give and take (offset, len) without a result, match (tests, frame) with one. */
static const void *engine_transfer(uint64_t *sp, bool give) {
  struct pkt_engine *engine = engine_at_work;
  uint32_t offset = (uint32_t)sp[0], len = (uint32_t)sp[1];
  if (offset > engine->memory_size || len > engine->memory_size - offset)
    return m3Err_trapOutOfBoundsMemoryAccess;
  uint8_t *bytes = engine->memory + offset;
  if (give)
    pkt_give(engine, bytes, len);
  else
    pkt_take(engine, bytes, len);
  return m3Err_none;
}

static const void *engine_give(IM3Runtime runtime, IM3ImportContext context, uint64_t *sp, void *memory) {
  (void)runtime, (void)context, (void)memory;
  return engine_transfer(sp, true);
}

static const void *engine_take(IM3Runtime runtime, IM3ImportContext context, uint64_t *sp, void *memory) {
  (void)runtime, (void)context, (void)memory;
  return engine_transfer(sp, false);
}

static const void *engine_match(IM3Runtime runtime, IM3ImportContext context, uint64_t *sp, void *memory) {
  (void)runtime, (void)context, (void)memory;
  const struct pkt_engine *engine = engine_at_work;
  uint32_t verdict, cost = pkt_match(engine->memory, engine->memory_size, (uint32_t)sp[1], (uint32_t)sp[2], &verdict);
  if (cost == 0)
    return m3Err_trapOutOfBoundsMemoryAccess;
  if (!engine_spend(cost))
    return pkt_engine_endless;
  *(uint32_t *)&sp[0] = verdict;
  return m3Err_none;
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os")
#endif

/* Check that the module is a pktsock module of our ABI version, and note its layout. */
static const char *engine_check_abi(struct pkt_engine *engine, IM3Module module) {
  IM3Global global = m3_FindGlobal(module, "PKTSOCK_ABI");
  M3TaggedValue value;
  if (global == NULL || m3_GetGlobal(global, &value) != m3Err_none)
    return "not a pktsock module: it exports no PKTSOCK_ABI";
  if (value.value.i32 != PKT_ABI_VERSION)
    return "the module speaks another version of the pktsock ABI than this firmware";
#if PKTSOCK_SWAP
  global = m3_FindGlobal(module, "PKTSOCK_LAYOUT");
  engine->layout = global != NULL && m3_GetGlobal(global, &value) == m3Err_none ? value.value.i32 : 0;
#else
  (void)engine;
#endif
  return NULL;
}

/* The imports with their code, in the place of what wasm3 would allocate a page for: none of them asks for its function's struct
 * or for user data. A module need not import all of them. */
static const struct engine_import {
  const char *name;
  u16 results;
  const void *code[4];
} engine_imports[] = {
    {"give", 0, {(const void *)op_CallRawFunction, (const void *)engine_give, NULL, NULL}},
    {"take", 0, {(const void *)op_CallRawFunction, (const void *)engine_take, NULL, NULL}},
    {"match", 1, {(const void *)op_CallRawFunction, (const void *)engine_match, NULL, NULL}},
};
enum { ENGINE_IMPORTS = sizeof(engine_imports) / sizeof(engine_imports[0]) };

static M3Result engine_link_imports(struct pkt_engine *engine) {
  IM3Module module = ((IM3Runtime)engine->runtime)->modules;
  for (uint32_t i = 0; i < module->numFuncImports; i++) {
    IM3Function function = &module->functions[i];
    const M3ImportInfo *import = &function->import;
    const struct engine_import *port = engine_imports;
    while (strcmp(import->fieldUtf8, port->name) != 0 || strcmp(import->moduleUtf8, "port") != 0)
      if (++port == engine_imports + ENGINE_IMPORTS)
        return "the module imports what the port does not have";
    if (function->funcType->numArgs != 2 || function->funcType->numRets != port->results)
      return "the module imports a function of the port with another signature";
    function->module = module;
    function->compiled = (pc_t)port->code;
  }
  return m3Err_none;
}

/* Find the functions that the firmware calls, and free all names. */
static M3Result engine_take_exports(struct pkt_engine *engine) {
  IM3Module module = ((IM3Runtime)engine->runtime)->modules;
  for (int i = 0; i < PKT_EXPORT_COUNT; i++) {
    IM3Function function = v_FindFunction(module, engine_exports[i].name);
    engine->exports[i] = 0;
    if (function == NULL)
      continue;
    if (function->funcType->numArgs != engine_exports[i].arguments || function->funcType->numRets > 1)
      return "an export of the module has another signature than assembly/index.ts says";
    engine->exports[i] = (uint16_t)(function - module->functions + 1);
  }
  for (uint32_t i = module->numFuncImports; i < module->numFunctions; i++) {
    IM3Function function = &module->functions[i];
    if (function->numNames > 0)
      m3_Free(function->names[0]);
    function->export_name = NULL;
    function->numNames = 0;
  }
  return m3Err_none;
}

/* Drop all compiled code; a function that is called again is compiled again. Between calls only. */
static void engine_forget_code(struct pkt_engine *engine) {
  IM3Runtime runtime = engine->runtime;
  IM3Module module = runtime->modules;
  FreeCodePages(&runtime->pagesOpen);
  FreeCodePages(&runtime->pagesFull);
  runtime->numCodePages = 0;
  for (uint32_t i = 0; i < engine->function_count; i++)
    engine_forget_function(engine, module, i);
  memset(engine->functions, 0, sizeof(engine->functions));
}

static bool engine_lacks_memory(M3Result result) {
  return result == m3Err_mallocFailed || result == m3Err_mallocFailedCodePage;
}

static int engine_errno(M3Result result) { return engine_lacks_memory(result) ? ENOMEM : ENOEXEC; }

#if PKTSOCK_APP_SIZE > 0
bool pkt_engine_has(const struct pkt_engine *engine, const struct pkt_export *export) {
  return engine->exports[export->number] != 0;
}
#endif

static bool engine_has_variables(IM3Module module) {
  for (uint32_t i = 0; i < module->numGlobals; i++)
    if (module->globals[i].isMutable)
      return true;
  return false;
}

static const char engine_out_of_memory[] = "not enough memory to load the module";

/* Make environment and runtime, and parse the module. */
static M3Result engine_parse(struct pkt_engine *engine, const uint8_t *wasm, size_t wasm_size, uint32_t memory_limit,
                             IM3Module *module) {
  engine->keeps_code = false;
  engine->function_words = NULL;
  engine->function_count = 0;
  engine->environment = m3_NewEnvironment();
  if (engine->environment == NULL)
    return m3Err_mallocFailed;
  IM3Runtime runtime = m3_NewRuntime(engine->environment, PKT_ENGINE_STACK, NULL);
  engine->runtime = runtime;
  if (runtime == NULL)
    return m3Err_mallocFailed;
  runtime->memoryLimit = memory_limit;
  return m3_ParseModule(engine->environment, module, wasm, (uint32_t)wasm_size);
}

/* Give the module that was parsed its memory, and connect it with the firmware. */
static M3Result engine_link(struct pkt_engine *engine, IM3Module module) {
  IM3Runtime runtime = engine->runtime;
  M3Result result = m3_LoadModule(runtime, module);
  if (result != m3Err_none) {
    if (module->runtime == NULL)
      m3_FreeModule(module);
    return result;
  }
  engine->memory = m3_GetMemory(runtime, &engine->memory_size, 0);
  if (engine->memory == NULL)
    return m3Err_mallocFailed;
  engine->stack = runtime->stack;
  if ((result = engine_check_abi(engine, module)) != m3Err_none ||
      (result = engine_link_imports(engine)) != m3Err_none || (result = engine_take_exports(engine)) != m3Err_none)
    return result;
  return engine_make_functions(engine, module);
}

static void engine_release(struct pkt_engine *engine) {
  IM3Runtime runtime = engine->runtime;
  if (runtime != NULL && engine->place != NULL)
    runtime->memory.mallocated = NULL;
  if (runtime != NULL) {
    if (runtime->modules != NULL)
      engine_forget_code(engine);
    m3_Free(engine->function_words);
    m3_FreeRuntime(runtime);
  }
  if (engine->environment != NULL)
    m3_FreeEnvironment(engine->environment);
  engine->runtime = engine->environment = engine->stack = NULL;
  engine->memory = NULL;
  memset(engine->functions, 0, sizeof(engine->functions));
}

/* What loading ends with. */
static int engine_loaded(struct pkt_engine *engine, M3Result result) {
  if (result != m3Err_none)
    engine_release(engine);
  engine->error = result == m3Err_mallocFailed ? engine_out_of_memory : result;
  return result == m3Err_none ? 0 : -engine_errno(result);
}

int pkt_engine_load(struct pkt_engine *engine, const uint8_t *wasm, size_t wasm_size, uint32_t memory_limit) {
  IM3Module module = NULL;
  engine_at_work = engine;
  engine->blocks = (struct pkt_heap){NULL, NULL, NULL};
  if (engine->budget == 0)
    engine->budget = UINT32_MAX;
  if (engine->heap != NULL)
    pkt_heap_make(&engine->blocks, engine->heap, engine->heap_size);
  M3Result result = engine_parse(engine, wasm, wasm_size, memory_limit, &module);
  if (result == m3Err_none)
    result = engine_link(engine, module);
  return engine_loaded(engine, result);
}

int pkt_engine_restart(struct pkt_engine *engine) {
  IM3Runtime runtime = engine->runtime;
  M3Result result = m3Err_none;
  engine_at_work = engine;
  memset(engine->memory, 0, engine->memory_size);
  if (engine_lacks_memory(engine->error))
    engine_forget_code(engine);
  if (engine_has_variables(runtime->modules))
    result = InitGlobals(runtime->modules);
  if (result == m3Err_none)
    result = InitDataSegments(&runtime->memory, runtime->modules);
  engine->error = result;
  return result == m3Err_none ? 0 : -engine_errno(result);
}

void pkt_engine_unload(struct pkt_engine *engine) {
  engine_at_work = engine;
  engine_release(engine);
}

static M3Result engine_compile_function(struct pkt_engine *engine, uint32_t number, IM3Function *function) {
  *function = engine_function(((IM3Runtime)engine->runtime)->modules, number);
  if (*function == NULL)
    return m3Err_mallocFailed;
  return (*function)->compiled == NULL ? CompileFunction(*function) : m3Err_none;
}

/* Compile an export at its first call, so that functions that an application does not use cost no memory. */
static M3Result engine_resolve(struct pkt_engine *engine, const struct pkt_export *export) {
  IM3Function function;
  if (engine->exports[export->number] == 0)
    return m3Err_functionLookupFailed;
  M3Result result = engine_compile_function(engine, engine->exports[export->number] - 1u, &function);
  if (engine_lacks_memory(result)) {
    engine_forget_code(engine);
    result = engine_compile_function(engine, engine->exports[export->number] - 1u, &function);
  }
  if (result == m3Err_none)
    engine->functions[export->number] = function;
  return result;
}

void pkt_engine_forget(struct pkt_engine *engine) {
  engine_at_work = engine;
  if (!engine->keeps_code)
    engine_forget_code(engine);
}

static int engine_compile_all(struct pkt_engine *engine, bool keep) {
  IM3Module module = ((IM3Runtime)engine->runtime)->modules;
  M3Result result = m3Err_none;
  engine->keeps_code = keep;
  for (uint32_t i = module->numFuncImports; i < engine_function_count(engine, module) && result == m3Err_none; i++) {
    IM3Function function;
    result = engine_compile_function(engine, i, &function);
    if (!keep)
      engine_forget_code(engine);
  }
  if (result == m3Err_none)
    return 0;
  engine->error = !engine_lacks_memory(result) ? result
                  : keep                       ? "not enough memory to compile the whole module at start"
                                               : "not enough memory to compile the largest function of the module";
  return -engine_errno(result);
}

int pkt_engine_compile(struct pkt_engine *engine, bool keep) {
  engine_at_work = engine;
  return engine_compile_all(engine, keep);
}

#if PKTSOCK_SWAP
#include "wasm3_swap.h"
#endif

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2")
#endif

static int32_t engine_trapped(struct pkt_engine *engine, M3Result reason) {
  engine->traps++;
  engine->error = reason;
  return -EIO;
}

int32_t pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b, uint32_t c,
                        uint32_t d) {
  IM3Function function = engine->functions[export->number];
  if (engine->error != NULL)
    return -EIO;
  engine_at_work = engine;
  if (function == NULL) {
    M3Result result = engine_resolve(engine, export);
    if (result != m3Err_none)
      return engine_trapped(engine, result);
    function = engine->functions[export->number];
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
  engine_left = engine->budget;
  engine_native_limit = (uintptr_t)__builtin_frame_address(0) - PKT_ENGINE_NATIVE_STACK;
  IM3Runtime runtime = engine->runtime;
  M3Result result =
      (M3Result)RunCode(function->compiled, (m3stack_t)slots, runtime->memory.mallocated, d_m3OpDefaultArgs);
  if (result != m3Err_none)
    return engine_trapped(engine, result);
  if (runtime->numCodePages > PKTSOCK_CODE_PAGES && !engine->keeps_code)
    engine_forget_code(engine);
  return first != 0 ? *(int32_t *)&slots[0] : 0;
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
