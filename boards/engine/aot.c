/* engine.h on the module as C, compiled ahead of time: host/build/aot.ts writes pktsock_aot.h, which is part of this file. This
 * file provides what that C uses: checked access to linear memory, arithmetic as WebAssembly defines it, traps, imports. */
#include "engine.h"
#include "match.h"
#include <pktsock/abi.h>
#include <pktsock/memory.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#if PKTSOCK_SWAP && !defined(PKT_ENGINE_NAME)
#error "modules that are swapped in need an interpreter beside this engine: pair.c"
#endif

#define INLINE static inline __attribute__((always_inline, unused))
#define UNLIKELY(condition) __builtin_expect(condition, 0)

enum trap { OUT_OF_BOUNDS = 1, UNREACHABLE, DIVIDE_BY_ZERO, OVERFLOW, ENDLESS };

/* The messages are wasm3's, but for the last. */
static const char *const sentences[] = {
    [OUT_OF_BOUNDS] = "[trap] out of bounds memory access",
    [UNREACHABLE] = "[trap] unreachable executed",
    [DIVIDE_BY_ZERO] = "[trap] integer divide by zero",
    [OVERFLOW] = "[trap] integer overflow",
    [ENDLESS] = pkt_engine_endless,
};

/* One module at a time: the C has no other instance. */
static struct aot {
  struct pkt_engine *engine; /* NULL: not loaded */
  uint8_t *memory;
  uint32_t size;
} aot;

/* What each call needs. It is right in front of linear memory, whose address the module's C has at hand. */
struct call {
  void *stack;     /* where leave() returns to, with Thumb-2 */
  uint32_t budget; /* engine->budget */
  uint32_t left;   /* what the current call may still spend of it */
};
#define CALL_AT(memory) ((struct call *)(void *)(memory)-1)
_Static_assert(sizeof(struct call) <= PKTSOCK_MEMORY_HEADER, "it is in front of linear memory");

/* Where linear memory lies, and its size. */
#ifdef PKTSOCK_STATIC_MEMORY
#define BASE (pktsock_linear_memory + PKTSOCK_MEMORY_HEADER)
#define MOST (PKTSOCK_MEMORY_SIZE - PKTSOCK_MEMORY_HEADER - PKTSOCK_MEMORY_SLACK)
#define SIZE ((uint32_t)(MOST < 0x10000 ? MOST : 0x10000))
#else
#define BASE aot.memory
#define SIZE aot.size
#endif

/* Where a base is too high with AOT_BOUNDS=guarded. If it is constant, it is the next number that an instruction of Thumb-2
 * contains (8 bits, shifted), provided that the bytes behind linear memory allow for that. */
#ifdef PKTSOCK_STATIC_MEMORY
#define NEXT_MULTIPLE(of) ((SIZE + (of)-1) / (of) * (of))
#define NEXT_SHORT (SIZE <= 255 * 64 ? NEXT_MULTIPLE(64) : SIZE <= 255 * 128 ? NEXT_MULTIPLE(128) : NEXT_MULTIPLE(256))
#define BASES_END (NEXT_SHORT - SIZE + AOT_REACH <= AOT_SLACK ? NEXT_SHORT : SIZE)
#else
#define BASES_END SIZE
#endif

typedef uint32_t function(uint32_t a, uint32_t b, uint32_t c, uint32_t d);

/* enter() calls a function of the module with a new budget; leave() ends that call with -EIO, from wherever in it. Each echo
 * enters twice, so where the registers to keep are known, nothing else is done. */
#if defined(__thumb2__) && !defined(__ARM_FP) && defined(__GNUC__) && !defined(__clang__)
#define IN_CALL(field) ((int)offsetof(struct call, field) - (int)sizeof(struct call))
#ifdef PKTSOCK_STATIC_MEMORY
#define BASE_LITERAL BASE
#define LOAD_BASE "ldr r4, =%c0\n\t"
#else
#define BASE_LITERAL (&aot.memory)
#define LOAD_BASE "ldr r4, =%c0\n\tldr r4, [r4]\n\t"
#endif

__attribute__((naked, noipa)) static uint32_t enter(uint32_t a, uint32_t b, uint32_t c, uint32_t d, function *f) {
  (void)a, (void)b, (void)c, (void)d, (void)f;
  __asm__ volatile("push {r3-r11, lr}\n\t"
                   "ldr ip, [sp, #40]\n\t" LOAD_BASE "ldr r5, [r4, %1]\n\t"
                   "str sp, [r4, %2]\n\t"
                   "str r5, [r4, %3]\n\t"
                   "blx ip\n\t"
                   "pop {r3-r11, pc}\n\t"
                   ".ltorg"
                   :
                   : "i"(BASE_LITERAL), "i"(IN_CALL(budget)), "i"(IN_CALL(stack)), "i"(IN_CALL(left)));
}

__attribute__((naked, noreturn, noipa, cold)) static void leave(void) {
  __asm__ volatile(LOAD_BASE "ldr sp, [r4, %1]\n\t"
                             "mvn r0, %2\n\t"
                             "pop {r3-r11, pc}\n\t"
                             ".ltorg"
                   :
                   : "i"(BASE_LITERAL), "i"(IN_CALL(stack)), "i"(EIO - 1));
}
#else
/* The compiler's own setjmp keeps three registers, and works without a C library. */
static void *resume[5];

__attribute__((noinline)) static uint32_t enter(uint32_t a, uint32_t b, uint32_t c, uint32_t d, function *f) {
  CALL_AT(BASE)->left = CALL_AT(BASE)->budget;
  return __builtin_setjmp(resume) == 0 ? f(a, b, c, d) : (uint32_t)-EIO;
}

__attribute__((noreturn, noinline, cold)) static void leave(void) { __builtin_longjmp(resume, 1); }
#endif

__attribute__((noreturn, noinline, cold)) static void trap(enum trap reason) {
  aot.engine->traps++;
  aot.engine->error = sentences[reason];
  leave();
}

/* The reason of nearly all: without an argument. */
__attribute__((noreturn, noinline, cold)) static void out_of_bounds(void) { trap(OUT_OF_BOUNDS); }

/* ---- What the generated C uses -------------------------------------------------------------------------------------- */

/* Linear memory is the same for all calls, so each function keeps its address and size in registers, or knows them. */
#define MEMORY                                                                                                         \
  uint8_t *const memory = as_value(BASE);                                                                              \
  const uint32_t size = SIZE, end = BASES_END;                                                                         \
  (void)size, (void)end

/* A pointer as a value of its own: else the compiler adds constants to where it came from, each anew. */
INLINE uint8_t *as_value(uint8_t *pointer) {
  __asm__("" : "+r"(pointer));
  return pointer;
}

/* True if `reach` bytes from `at` lie within memory; `reach` is not more than the smallest memory. */
INLINE void check(uint32_t size, uint32_t at, uint32_t reach) {
  if (UNLIKELY(at > size - reach))
    out_of_bounds();
}

INLINE void check_far(uint32_t size, uint32_t at, uint32_t reach) {
  if (UNLIKELY(reach > size || at > size - reach))
    out_of_bounds();
}

/* The address of `at`, which was checked. */
INLINE uint8_t *pointer(uint8_t *memory, uint32_t at) { return as_value(memory + at); }

/* The call's budget: a loop costs 1 each time it goes round, and what takes longer by its length costs more. */
INLINE void spend(uint8_t *memory, uint32_t cost) {
  if (UNLIKELY(CALL_AT(memory)->left <= cost))
    trap(ENDLESS);
  CALL_AT(memory)->left -= cost;
}

INLINE void again(uint8_t *memory) {
  uint32_t left = CALL_AT(memory)->left - 1;
  if (UNLIKELY(left == 0)) /* before it is stored: the subtraction is the comparison */
    trap(ENDLESS);
  CALL_AT(memory)->left = left;
}

INLINE uint32_t load8(const uint8_t *at) { return *at; }
INLINE void store8(uint8_t *at, uint32_t value) { *at = (uint8_t)value; }

/* WebAssembly allows every address. A processor that does not is asked to first, because few are not aligned. */
#if defined(__xtensa__) || (defined(__arm__) && !defined(__ARM_FEATURE_UNALIGNED))
#define IF_ALIGNED(at, type) if (__builtin_expect(((uintptr_t)(at) & (sizeof(type) - 1)) == 0, 1))
#else
#define IF_ALIGNED(at, type) if (0)
#endif

#define ACCESS(bits, type)                                                                                             \
  INLINE uint32_t load##bits(const uint8_t *at) {                                                                      \
    type value;                                                                                                        \
    IF_ALIGNED(at, type) memcpy(&value, __builtin_assume_aligned(at, sizeof(type)), sizeof(type));                     \
    else memcpy(&value, at, sizeof(type));                                                                             \
    return value;                                                                                                      \
  }                                                                                                                    \
  INLINE void store##bits(uint8_t *at, uint32_t wide) {                                                                \
    type value = (type)wide;                                                                                           \
    IF_ALIGNED(at, type) memcpy(__builtin_assume_aligned(at, sizeof(type)), &value, sizeof(type));                     \
    else memcpy(at, &value, sizeof(type));                                                                             \
  }
ACCESS(16, uint16_t)

/* A word may be a slot of a ring (ring.h): a driver on another core must not see it before what the module has done with the
 * frame (DESIGN.md). On x86 these are the plain instructions. */
#if !defined(PKTSOCK_ONE_CORE) && (UINTPTR_MAX > UINT32_MAX || __ARM_ARCH_PROFILE == 'A')
INLINE bool is_aligned(const uint8_t *at) { return __builtin_expect(((uintptr_t)at & 3) == 0, 1); }

INLINE uint32_t load32(const uint8_t *at) {
  uint32_t value;
  if (is_aligned(at))
    return __atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_ACQUIRE);
  memcpy(&value, at, sizeof(value));
  return value;
}

INLINE void store32(uint8_t *at, uint32_t value) {
  if (is_aligned(at))
    __atomic_store_n((uint32_t *)(void *)at, value, __ATOMIC_RELEASE);
  else
    memcpy(at, &value, sizeof(value));
}
#else
ACCESS(32, uint32_t)
#endif

/* `len` bytes at `at`, which must lie in memory. */
INLINE uint8_t *range(uint8_t *memory, uint32_t size, uint32_t at, uint32_t len) {
  if (UNLIKELY(at > size || len > size - at))
    out_of_bounds();
  return memory + at;
}

INLINE void fill(uint8_t *memory, uint32_t size, uint32_t at, uint32_t value, uint32_t len) {
  spend(memory, len / PKT_BUDGET_BYTES);
  memset(range(memory, size, at, len), (int)(value & 255), len);
}

INLINE void copy(uint8_t *memory, uint32_t size, uint32_t to, uint32_t from, uint32_t len) {
  const uint8_t *source = range(memory, size, from, len);
  spend(memory, len / PKT_BUDGET_BYTES);
  memmove(range(memory, size, to, len), source, len);
}

INLINE uint32_t divide(uint32_t a, uint32_t b) {
  if (UNLIKELY(b == 0))
    trap(DIVIDE_BY_ZERO);
  return a / b;
}

INLINE uint32_t remainder_of(uint32_t a, uint32_t b) {
  if (UNLIKELY(b == 0))
    trap(DIVIDE_BY_ZERO);
  return a % b;
}

INLINE uint32_t divide_signed(uint32_t a, uint32_t b) {
  if (UNLIKELY(b == 0))
    trap(DIVIDE_BY_ZERO);
  if (UNLIKELY(a == 0x80000000u && b == UINT32_MAX))
    trap(OVERFLOW);
  return (uint32_t)((int32_t)a / (int32_t)b);
}

INLINE uint32_t remainder_signed(uint32_t a, uint32_t b) {
  if (UNLIKELY(b == 0))
    trap(DIVIDE_BY_ZERO);
  return b == UINT32_MAX ? 0 : (uint32_t)((int32_t)a % (int32_t)b);
}

INLINE uint32_t rotate_left(uint32_t a, uint32_t bits) { return a << (bits & 31) | a >> (-bits & 31); }
INLINE uint32_t leading_zeros(uint32_t a) { return a == 0 ? 32 : (uint32_t)__builtin_clz(a); }
INLINE uint32_t trailing_zeros(uint32_t a) { return a == 0 ? 32 : (uint32_t)__builtin_ctz(a); }

/* The imports of assembly/port.ts. */
INLINE void port_give(uint32_t offset, uint32_t len) { pkt_give(aot.engine, range(BASE, SIZE, offset, len), len); }

INLINE void port_take(uint32_t offset, uint32_t len) { pkt_take(aot.engine, range(BASE, SIZE, offset, len), len); }

__attribute__((unused)) static uint32_t port_match(uint32_t tests, uint32_t frame) {
  uint32_t verdict, cost = pkt_match(BASE, SIZE, tests, frame, &verdict);
  if (cost == 0)
    out_of_bounds();
  spend(BASE, cost);
  return verdict;
}

#include "pktsock_aot.h"

/* A module without an application lacks its exports. */
#ifndef AOT_HAS_APP
#define export_appStart NULL
#define export_appAdopt NULL
#define export_appTimers NULL
#endif

_Static_assert(AOT_ABI_VERSION == PKT_ABI_VERSION, "the module and abi.h are not of one build");
_Static_assert(AOT_LEAST_MEMORY <= PKT_CONTROL + PKT_CONTROL_BYTES + PKT_STATE_BYTES,
               "the glue begins with the least memory");

struct pkt_export {
  function *function;
};
#define EXPORT(name, arguments) const struct pkt_export PKT_EXPORT(name) = {export_##name};
PKT_EXPORTS(EXPORT)

/* ---- engine.h ------------------------------------------------------------------------------------------------------- */

/* The module's C replaces its bytes, which an image does not need. */
extern const unsigned char pktsock_wasm[];
extern const unsigned int pktsock_wasm_size;
const unsigned char pktsock_wasm[] __attribute__((aligned(4))) = AOT_STAND_IN;
const unsigned int pktsock_wasm_size = sizeof(pktsock_wasm);

/* Returns true if those are the bytes of the module that the C was made from, or their replacement. */
static bool is_compiled(const uint8_t *wasm, size_t wasm_size) {
  if (wasm_size == sizeof(pktsock_wasm))
    return memcmp(wasm, pktsock_wasm, wasm_size) == 0;
  if (wasm_size != AOT_MODULE_SIZE)
    return false;
  uint32_t hash = 0x811c9dc5u; /* FNV-1a */
  for (size_t i = 0; i < wasm_size; i++)
    hash = (hash ^ wasm[i]) * 0x01000193u;
  return hash == AOT_MODULE_HASH;
}

static int fail(struct pkt_engine *engine, int error, const char *reason) {
  engine->error = reason;
  return -error;
}

/* Zeroed, as with wasm3. */
_Static_assert(PKTSOCK_MEMORY_SLACK >= AOT_SLACK,
               "compile all files with -DPKTSOCK_MEMORY_SLACK=256 for guarded bounds");

static uint8_t *linear_memory(struct pkt_engine *engine, size_t size) {
#ifndef PKTSOCK_STATIC_MEMORY
  if (engine->place == NULL) {
    uint8_t *place = calloc(1, PKTSOCK_MEMORY_HEADER + size);
    return place != NULL ? place + PKTSOCK_MEMORY_HEADER : NULL;
  }
#endif
  if (engine->place_size < PKTSOCK_MEMORY_HEADER || engine->place_size - PKTSOCK_MEMORY_HEADER < size)
    return NULL;
  return memset((uint8_t *)engine->place + PKTSOCK_MEMORY_HEADER, 0, size);
}

int pkt_engine_load(struct pkt_engine *engine, const uint8_t *wasm, size_t wasm_size, uint32_t memory_limit) {
  if (!is_compiled(wasm, wasm_size))
    return fail(engine, ENOEXEC, "this firmware runs the module that it was compiled with, and no other");
  if (aot.engine != NULL)
    return fail(engine, ENOEXEC, "the module that was compiled is loaded already");
  if (memory_limit < AOT_LEAST_MEMORY)
    return fail(engine, ENOMEM, "less linear memory than the module's control block needs");
#ifdef PKTSOCK_STATIC_MEMORY
  if (engine->place != pktsock_linear_memory || memory_limit < SIZE)
    return fail(engine, EINVAL, "config.memory is not all of pktsock_linear_memory, for which the module was compiled");
  memory_limit = SIZE;
#endif
  uint8_t *memory = linear_memory(engine, memory_limit + AOT_SLACK);
  if (memory == NULL)
    return fail(engine, ENOMEM, "not enough memory to load the module");
  aot.engine = engine;
  CALL_AT(memory)->budget = engine->budget != 0 ? engine->budget : UINT32_MAX;
  aot.memory = engine->memory = memory;
  aot.size = engine->memory_size = memory_limit;
  engine->error = NULL;
#if PKTSOCK_SWAP
  engine->layout = AOT_LAYOUT;
#endif
  return 0;
}

#if PKTSOCK_APP_SIZE > 0
bool pkt_engine_has(const struct pkt_engine *engine, const struct pkt_export *export) {
  (void)engine;
  return export->function != NULL;
}
#endif

int pkt_engine_compile(struct pkt_engine *engine, bool keep) {
  (void)engine, (void)keep; /* it is compiled, and calls do not allocate */
  return 0;
}

void pkt_engine_forget(struct pkt_engine *engine) { (void)engine; }

int pkt_engine_restart(struct pkt_engine *engine) {
  memset(BASE, 0, SIZE + AOT_SLACK);
  engine->error = NULL;
  return 0;
}

void pkt_engine_unload(struct pkt_engine *engine) {
  if (aot.engine != engine)
    return;
#ifndef PKTSOCK_STATIC_MEMORY
  if (engine->place == NULL)
    free(aot.memory - PKTSOCK_MEMORY_HEADER);
#endif
  aot.engine = NULL;
  aot.memory = engine->memory = NULL;
}

int32_t pkt_engine_call(struct pkt_engine *engine, const struct pkt_export *export, uint32_t a, uint32_t b, uint32_t c,
                        uint32_t d) {
  if (engine->error != NULL)
    return -EIO;
  return (int32_t)enter(a, b, c, d, export->function);
}

#if PKTSOCK_SWAP
/* For pair.c: it stays in its memory while others run. */
bool pkt_aot_is_compiled(const uint8_t *wasm, size_t wasm_size);
bool pkt_aot_is_compiled(const uint8_t *wasm, size_t wasm_size) { return is_compiled(wasm, wasm_size); }

int pkt_engine_prepare(struct pkt_engine *next, const struct pkt_engine *now, const uint8_t *wasm, size_t wasm_size,
                       bool keep) {
  (void)wasm, (void)wasm_size, (void)keep;
  next->place = now->place;
  next->place_size = now->place_size;
  next->memory = now->memory;
  next->memory_size = now->memory_size;
  next->layout = AOT_LAYOUT;
  next->error = NULL;
  return 0;
}

const char *pkt_engine_name(const struct pkt_engine *engine) {
  (void)engine;
  return "aot";
}
#endif
