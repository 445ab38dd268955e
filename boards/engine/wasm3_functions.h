/* The structs of the module's functions. wasm3 makes one of 60 bytes for each function when it parses the module. Here a
 * function gets its struct when it is compiled or when another one that calls it is; until then it is a word of a table.
 * wasm3 0.9's validator reads wasm3's own array, which it therefore keeps. wasm3.c includes this before wasm3's compiler. */
#ifndef PKT_WASM3_FUNCTIONS_H
#define PKT_WASM3_FUNCTIONS_H

/* Imported functions are counted first, and stay in wasm3's array. */
static uint32_t engine_function_count(const struct pkt_engine *engine, IM3Module module) {
  return module->numFuncImports + engine->function_count;
}

#if M3_VERSION_MINOR < 9

/* A word of the table: the address of the struct, or this with where the function's bytes begin and the number of its type. */
#define ENGINE_WORD(at, type) ((uintptr_t)(at) << 9 | (uintptr_t)(type) << 1 | 1)
#define ENGINE_WORD_AT(word) ((word) >> 9)
#define ENGINE_WORD_TYPE(word) ((word) >> 1 & 0xff)
#define ENGINE_MOST_BYTES (1u << 23)
#define ENGINE_MOST_TYPES 256u

static uintptr_t engine_word(IM3Module module, const M3Function *function) {
  u32 type = 0;
  while (module->funcTypes[type] != function->funcType)
    type++;
  return ENGINE_WORD(function->wasm - module->wasmStart, type);
}

/* Returns NULL if there is no memory for its struct. */
static IM3Function engine_function(IM3Module module, u32 number) {
  static M3Function none; /* not linked to a module, as wasm3's compiler finds */
  const struct pkt_engine *engine = engine_here();
  if (number < module->numFuncImports)
    return &module->functions[number];
  if (number >= engine_function_count(engine, module))
    return &none;
  uintptr_t *word = &engine->function_words[number - module->numFuncImports];
  if ((*word & 1) == 0)
    return (IM3Function)*word;
  IM3Function function = m3_AllocStruct(M3Function);
  u32 size;
  if (function == NULL)
    return NULL;
  function->module = module;
  function->funcType = module->funcTypes[ENGINE_WORD_TYPE(*word)];
  function->wasm = function->wasmEnd = module->wasmStart + ENGINE_WORD_AT(*word);
  ReadLEB_u32(&size, &function->wasmEnd, module->wasmEnd); /* wasm3's parser has checked it */
  function->wasmEnd += size;
  *word = (uintptr_t)function;
  return function;
}

/* Replace wasm3's array by the table. */
static M3Result engine_make_functions(struct pkt_engine *engine, IM3Module module) {
  u32 imports = module->numFuncImports, count = module->numFunctions - imports;
  M3Function *all = module->functions;
  if (module->numElementSegments != 0)
    return "the module has a table of functions, which this engine lacks";
  if (module->wasmEnd - module->wasmStart > ENGINE_MOST_BYTES || module->numFuncTypes > ENGINE_MOST_TYPES)
    return "the module is too large for this engine";
  uintptr_t *words = m3_AllocArray(uintptr_t, count + 1);
  M3Function *imported = m3_AllocArray(M3Function, imports + 1);
  if (words == NULL || imported == NULL) {
    m3_Free(words);
    m3_Free(imported);
    return m3Err_mallocFailed;
  }
  for (u32 i = 0; i < count; i++)
    words[i] = engine_word(module, &all[imports + i]);
  if (imports > 0)
    memcpy(imported, all, imports * sizeof(*imported));
  m3_Free(all);
  module->functions = imported;
  module->numFunctions = module->allFunctions = imports;
  engine->function_words = words;
  engine->function_count = count;
  return m3Err_none;
}

static void engine_forget_function(const struct pkt_engine *engine, IM3Module module, u32 index) {
  uintptr_t *word = &engine->function_words[index];
  if ((*word & 1) != 0)
    return;
  IM3Function function = (IM3Function)*word;
  *word = engine_word(module, function);
  m3_Free(function->constants);
  m3_Free(function);
}

/* In wasm3's compiler a missing function is a lack of memory. */
#undef Module_GetFunction
#define Module_GetFunction engine_function
#undef m3Err_functionLookupFailed
#define m3Err_functionLookupFailed m3Err_mallocFailed
#include "m3_compile.c"
#undef Module_GetFunction
#define Module_GetFunction pkt_wasm3_Module_GetFunction
#undef m3Err_functionLookupFailed
#define m3Err_functionLookupFailed pkt_wasm3_m3Err_functionLookupFailed

#else

#define engine_function Module_GetFunction

static M3Result engine_make_functions(struct pkt_engine *engine, IM3Module module) {
  engine->function_count = module->numFunctions - module->numFuncImports;
  return m3Err_none;
}

static void engine_forget_function(const struct pkt_engine *engine, IM3Module module, u32 index) {
  IM3Function function = &module->functions[module->numFuncImports + index];
  (void)engine;
  m3_Free(function->constants);
  function->numConstantBytes = 0;
  function->compiled = NULL;
}

#include "m3_compile.c"

#endif
#endif
