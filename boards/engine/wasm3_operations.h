/* ENGINE=wasm3-tuned: the operations that wasm3's compiler emits, in the place of its m3_exec.h. host/build/tune-wasm3.ts adapts
 * the compiler to them. They know i32 only (wasm3_32bit.h), one memory that neither moves nor grows, and loops that are
 * jumps. Bounds are exact: whatever traps in wasm3 traps here, with the same sentence.
 *
 * The letters of a name are those of wasm3: where the operands are, the top of the stack first: r in the register, s in a slot.
 * Behind an operation lie its operands: slots, then what else it needs. A memory access has two words: how many addresses are
 * in bounds, and where address 0 lies, the constant offset of the instruction included. */
#ifndef m3_exec_h
#define m3_exec_h

#include "m3_compile.h"
#include "m3_env.h"
#include "m3_exec_defs.h"
#include "m3_info.h"
#include "m3_math_utils.h"

#ifdef __xtensa__
#error "gcc makes no tail calls on Xtensa, so that a loop would fill the stack: take ENGINE=wasm3 or ENGINE=aot"
#endif

/* A word of the code, of a type that the code holds in a word. */
#define WORD(type) (*(type *)_pc++)

/* On an Arm with Thumb-2, an operation is entered by a branch with its state in r0 to r3, and leaves by one. It has no frame, so
 * it may use all other registers; RunCode() saves its caller's. The address to return to, when a function is done or
 * has trapped, lies at the stack pointer. One ldm takes all operands and the next operation. */
#if defined(__thumb2__) && defined(__GNUC__) && !defined(__clang__)
#define PKT_THUMB2 1
#define OPERATION(name) __attribute__((naked)) static m3ret_t op_##name(d_m3OpSig)
#define NEXT_REGISTER register IM3Operation next_ __asm__("ip")
#define TAKE0()                                                                                                        \
  NEXT_REGISTER;                                                                                                       \
  __asm__ volatile("ldr %1, [%0], #4" : "+r"(_pc), "=r"(next_))
#define TAKE1(t1, a)                                                                                                   \
  register t1 a __asm__("r4");                                                                                         \
  NEXT_REGISTER;                                                                                                       \
  __asm__ volatile("ldmia %0!, {%1, %2}" : "+r"(_pc), "=r"(a), "=r"(next_))
#define TAKE2(t1, a, t2, b)                                                                                            \
  register t1 a __asm__("r4");                                                                                         \
  register t2 b __asm__("r5");                                                                                         \
  NEXT_REGISTER;                                                                                                       \
  __asm__ volatile("ldmia %0!, {%1, %2, %3}" : "+r"(_pc), "=r"(a), "=r"(b), "=r"(next_))
#define TAKE3(t1, a, t2, b, t3, c)                                                                                     \
  register t1 a __asm__("r4");                                                                                         \
  register t2 b __asm__("r5");                                                                                         \
  register t3 c __asm__("r6");                                                                                         \
  NEXT_REGISTER;                                                                                                       \
  __asm__ volatile("ldmia %0!, {%1, %2, %3, %4}" : "+r"(_pc), "=r"(a), "=r"(b), "=r"(c), "=r"(next_))
#define TAKE4(t1, a, t2, b, t3, c, t4, d)                                                                              \
  register t1 a __asm__("r4");                                                                                         \
  register t2 b __asm__("r5");                                                                                         \
  register t3 c __asm__("r6");                                                                                         \
  register t4 d __asm__("r8");                                                                                         \
  NEXT_REGISTER;                                                                                                       \
  __asm__ volatile("ldmia %0!, {%1, %2, %3, %4, %5}" : "+r"(_pc), "=r"(a), "=r"(b), "=r"(c), "=r"(d), "=r"(next_))
/* The same for operations after which the code may end. */
#define TAKE_LAST1(t1, a)                                                                                              \
  register t1 a __asm__("r4");                                                                                         \
  NEXT_REGISTER;                                                                                                       \
  __asm__ volatile("ldr %1, [%0], #4" : "+r"(_pc), "=r"(a))
#define TAKE_LAST2(t1, a, t2, b)                                                                                       \
  register t1 a __asm__("r4");                                                                                         \
  register t2 b __asm__("r5");                                                                                         \
  NEXT_REGISTER;                                                                                                       \
  __asm__ volatile("ldmia %0!, {%1, %2}" : "+r"(_pc), "=r"(a), "=r"(b))
#define LEAVE(target)                                                                                                  \
  do {                                                                                                                 \
    register pc_t pc_ __asm__("r0") = _pc;                                                                             \
    register m3stack_t sp_ __asm__("r1") = _sp;                                                                        \
    register M3MemoryHeader *mem_ __asm__("r2") = _mem;                                                                \
    register m3reg_t r0_ __asm__("r3") = _r0;                                                                          \
    __asm__ volatile("bx %0" : : "r"(target), "r"(pc_), "r"(sp_), "r"(mem_), "r"(r0_) : "memory");                     \
    __builtin_unreachable();                                                                                           \
  } while (0)
#define NEXT() LEAVE(next_)
#define JUMP(to)                                                                                                       \
  do {                                                                                                                 \
    _pc = (to);                                                                                                        \
    __asm__ volatile("ldr %1, [%0], #4" : "+r"(_pc), "=r"(next_));                                                     \
    LEAVE(next_);                                                                                                      \
  } while (0)
/* Ends all operations that run, with a trap, or with NULL when the function is done. */
#define FINISH(trap)                                                                                                   \
  do {                                                                                                                 \
    register const void *trap_ __asm__("r0") = (trap);                                                                 \
    __asm__ volatile("ldr pc, [sp]" : : "r"(trap_) : "memory");                                                        \
    __builtin_unreachable();                                                                                           \
  } while (0)
/* Run operations from `_pc` on until the function is done. */
static __attribute__((noinline)) m3ret_t RunCode(d_m3OpSig) {
  register pc_t pc __asm__("r0") = _pc;
  register m3stack_t sp __asm__("r1") = _sp;
  register M3MemoryHeader *mem __asm__("r2") = _mem;
  register m3reg_t r0 __asm__("r3") = _r0;
  __asm__ volatile("adr.w lr, 1f + 1\n\t"
                   "str lr, [sp, #-8]!\n\t"
                   "ldr ip, [r0], #4\n\t"
                   "bx ip\n"
                   "1: add sp, #8"
                   : "+r"(pc), "+r"(sp), "+r"(mem), "+r"(r0)
                   :
                   : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "ip", "lr", "cc", "memory");
  return (m3ret_t)pc;
}
/* An operation that calls C functions: itself an ordinary one, which returns to what lies at the stack pointer. */
#define FUNCTION(name)                                                                                                 \
  static m3ret_t name##_(d_m3OpSig);                                                                                   \
  __attribute__((naked)) static m3ret_t op_##name(d_m3OpSig) {                                                         \
    __asm__ volatile("ldr lr, [sp]\n\tb.w %c0" : : "i"(name##_));                                                      \
  }                                                                                                                    \
  __attribute__((used)) static m3ret_t name##_(d_m3OpSig)
#else
#define OPERATION(name) M3_NO_UBSAN static m3ret_t op_##name(d_m3OpSig)
#define TAKE0() (void)0
#define TAKE1(t1, a) t1 a = WORD(t1)
#define TAKE2(t1, a, t2, b)                                                                                            \
  t1 a = WORD(t1);                                                                                                     \
  t2 b = WORD(t2)
#define TAKE3(t1, a, t2, b, t3, c)                                                                                     \
  TAKE2(t1, a, t2, b);                                                                                                 \
  t3 c = WORD(t3)
#define TAKE4(t1, a, t2, b, t3, c, t4, d)                                                                              \
  TAKE3(t1, a, t2, b, t3, c);                                                                                          \
  t4 d = WORD(t4)
#define TAKE_LAST1 TAKE1
#define TAKE_LAST2 TAKE2
#define NEXT() nextOpDirect()
#define JUMP(to) jumpOpDirect(to)
#define FINISH(trap) return (trap)
#define FUNCTION OPERATION
static m3ret_t RunCode(d_m3OpSig) { nextOpDirect(); }
#endif

/* An operation that only Call enters: an ordinary function everywhere. */
#define FIRST(name) M3_NO_UBSAN static m3ret_t op_##name(d_m3OpSig)

#define SLOT(n) (_sp[n])

/* ---- Arithmetic ---- */

#define UNARY(type, name, expression)                                                                                  \
  OPERATION(type##_##name##_r) {                                                                                       \
    TAKE0();                                                                                                           \
    type x = (type)_r0;                                                                                                \
    _r0 = (m3reg_t)(expression);                                                                                       \
    NEXT();                                                                                                            \
  }                                                                                                                    \
  OPERATION(type##_##name##_s) {                                                                                       \
    TAKE1(u32, from);                                                                                                  \
    type x = (type)SLOT(from);                                                                                         \
    _r0 = (m3reg_t)(expression);                                                                                       \
    NEXT();                                                                                                            \
  }

/* `check`: what has to be done before x and y are used. */
#define COMMUTATIVE(type, name, check, expression)                                                                     \
  OPERATION(type##_##name##_rs) {                                                                                      \
    TAKE1(u32, first);                                                                                                 \
    type x = (type)SLOT(first), y = (type)_r0;                                                                         \
    check;                                                                                                             \
    _r0 = (m3reg_t)(expression);                                                                                       \
    NEXT();                                                                                                            \
  }                                                                                                                    \
  OPERATION(type##_##name##_ss) {                                                                                      \
    TAKE2(u32, second, u32, first);                                                                                    \
    type x = (type)SLOT(first), y = (type)SLOT(second);                                                                \
    check;                                                                                                             \
    _r0 = (m3reg_t)(expression);                                                                                       \
    NEXT();                                                                                                            \
  }

#define BINARY(type, name, check, expression)                                                                          \
  OPERATION(type##_##name##_sr) {                                                                                      \
    TAKE1(u32, second);                                                                                                \
    type x = (type)_r0, y = (type)SLOT(second);                                                                        \
    check;                                                                                                             \
    _r0 = (m3reg_t)(expression);                                                                                       \
    NEXT();                                                                                                            \
  }                                                                                                                    \
  COMMUTATIVE(type, name, check, expression)

#define NOTHING (void)0
#define NOT_BY_ZERO                                                                                                    \
  if (M3_UNLIKELY(y == 0))                                                                                             \
  FINISH(m3Err_trapDivisionByZero)
#define NO_OVERFLOW                                                                                                    \
  NOT_BY_ZERO;                                                                                                         \
  if (M3_UNLIKELY(x == INT32_MIN && y == -1))                                                                          \
  FINISH(m3Err_trapIntegerOverflow)

/* Adds and multiplies as unsigned numbers, which wrap. */
#define WRAP(x, operator, y) ((u32)(x) operator(u32)(y))

UNARY(i32, EqualToZero, x == 0)
UNARY(u32, Clz, x == 0 ? 32 : __builtin_clz(x))
UNARY(u32, Ctz, x == 0 ? 32 : __builtin_ctz(x))
UNARY(i32, Extend8_s, (i8)x)
UNARY(i32, Extend16_s, (i16)x)

COMMUTATIVE(i32, Equal, NOTHING, x == y)
COMMUTATIVE(i32, NotEqual, NOTHING, x != y)
COMMUTATIVE(i32, Add, NOTHING, WRAP(x, +, y))
COMMUTATIVE(i32, Multiply, NOTHING, WRAP(x, *, y))
COMMUTATIVE(u32, And, NOTHING, x &y)
COMMUTATIVE(u32, Or, NOTHING, x | y)
COMMUTATIVE(u32, Xor, NOTHING, x ^ y)

BINARY(i32, LessThan, NOTHING, x < y)
BINARY(u32, LessThan, NOTHING, x < y)
BINARY(i32, GreaterThan, NOTHING, x > y)
BINARY(u32, GreaterThan, NOTHING, x > y)
BINARY(i32, LessThanOrEqual, NOTHING, x <= y)
BINARY(u32, LessThanOrEqual, NOTHING, x <= y)
BINARY(i32, GreaterThanOrEqual, NOTHING, x >= y)
BINARY(u32, GreaterThanOrEqual, NOTHING, x >= y)
BINARY(i32, Subtract, NOTHING, WRAP(x, -, y))
BINARY(u32, ShiftLeft, NOTHING, x << (y & 31))
BINARY(i32, ShiftRight, NOTHING, x >> (y & 31))
BINARY(u32, ShiftRight, NOTHING, x >> (y & 31))
BINARY(u32, Rotl, NOTHING, x << (y & 31) | x >> (-y & 31))
BINARY(u32, Rotr, NOTHING, x >> (y & 31) | x << (-y & 31))
BINARY(u32, Divide, NOT_BY_ZERO, x / y)
BINARY(i32, Divide, NO_OVERFLOW, x / y)
BINARY(u32, Remainder, NOT_BY_ZERO, x % y)
BINARY(i32, Remainder, NOT_BY_ZERO, y == -1 ? 0 : x % y)

/* Bits are added in pairs, then in fours, then in bytes. */
static inline __attribute__((always_inline)) u32 bits_of(u32 x) {
  x -= x >> 1 & 0x55555555;
  x = (x & 0x33333333) + (x >> 2 & 0x33333333);
  return ((x + (x >> 4)) & 0x0f0f0f0f) * 0x01010101 >> 24;
}
UNARY(u32, Popcnt, bits_of(x))

/* ---- Memory ---- */

#define REACH(address)                                                                                                 \
  u32 at = (u32)(address);                                                                                             \
  if (M3_UNLIKELY(at >= bound))                                                                                        \
  FINISH(m3Err_trapOutOfBoundsMemoryAccess)

#define LOAD(type)                                                                                                     \
  OPERATION(i32_Load_##type##_r) {                                                                                     \
    TAKE2(u32, bound, u8 *, base);                                                                                     \
    REACH(_r0);                                                                                                        \
    type value;                                                                                                        \
    memcpy(&value, base + at, sizeof(value));                                                                          \
    _r0 = (m3reg_t)value;                                                                                              \
    NEXT();                                                                                                            \
  }                                                                                                                    \
  OPERATION(i32_Load_##type##_s) {                                                                                     \
    TAKE3(u32, address, u32, bound, u8 *, base);                                                                       \
    REACH(SLOT(address));                                                                                              \
    type value;                                                                                                        \
    memcpy(&value, base + at, sizeof(value));                                                                          \
    _r0 = (m3reg_t)value;                                                                                              \
    NEXT();                                                                                                            \
  }

#define STORE(type)                                                                                                    \
  OPERATION(i32_Store_##type##_rs) {                                                                                   \
    TAKE3(u32, address, u32, bound, u8 *, base);                                                                       \
    REACH(SLOT(address));                                                                                              \
    type value = (type)_r0;                                                                                            \
    memcpy(base + at, &value, sizeof(value));                                                                          \
    NEXT();                                                                                                            \
  }                                                                                                                    \
  OPERATION(i32_Store_##type##_sr) {                                                                                   \
    TAKE3(u32, from, u32, bound, u8 *, base);                                                                          \
    REACH(_r0);                                                                                                        \
    type value = (type)SLOT(from);                                                                                     \
    memcpy(base + at, &value, sizeof(value));                                                                          \
    NEXT();                                                                                                            \
  }                                                                                                                    \
  OPERATION(i32_Store_##type##_ss) {                                                                                   \
    TAKE4(u32, from, u32, address, u32, bound, u8 *, base);                                                            \
    REACH(SLOT(address));                                                                                              \
    type value = (type)SLOT(from);                                                                                     \
    memcpy(base + at, &value, sizeof(value));                                                                          \
    NEXT();                                                                                                            \
  }

LOAD(i8)
LOAD(u8)
LOAD(i16)
LOAD(u16)
LOAD(i32)
STORE(u8)
STORE(i16)
STORE(i32)

/* ---- Slots and variables ---- */

OPERATION(SetRegister_i32) {
  TAKE1(u32, from);
  _r0 = (m3reg_t)SLOT(from);
  NEXT();
}

OPERATION(SetSlot_i32) {
  TAKE1(u32, to);
  SLOT(to) = (m3slot_t)_r0;
  NEXT();
}

OPERATION(PreserveSetSlot_i32) {
  TAKE2(u32, to, u32, preserved);
  SLOT(preserved) = SLOT(to);
  SLOT(to) = (m3slot_t)_r0;
  NEXT();
}

OPERATION(CopySlot_32) {
  TAKE2(u32, to, u32, from);
  SLOT(to) = SLOT(from);
  NEXT();
}

OPERATION(PreserveCopySlot_32) {
  TAKE3(u32, to, u32, from, u32, preserved);
  SLOT(preserved) = SLOT(to);
  SLOT(to) = SLOT(from);
  NEXT();
}

OPERATION(GetGlobal_s32) {
  TAKE2(u32 *, global, u32, to);
  SLOT(to) = *global;
  NEXT();
}

OPERATION(SetGlobal_i32) {
  TAKE1(u32 *, global);
  *global = (u32)_r0;
  NEXT();
}

OPERATION(SetGlobal_s32) {
  TAKE2(u32 *, global, u32, from);
  *global = SLOT(from);
  NEXT();
}

OPERATION(Const32) {
  TAKE2(u32, value, u32, to);
  SLOT(to) = value;
  NEXT();
}

OPERATION(Select_i32_rss) {
  TAKE2(u32, second, u32, first);
  _r0 = (m3reg_t)SLOT(_r0 != 0 ? first : second);
  NEXT();
}

OPERATION(Select_i32_srs) {
  TAKE2(u32, condition, u32, first);
  if (SLOT(condition) != 0)
    _r0 = (m3reg_t)SLOT(first);
  NEXT();
}

OPERATION(Select_i32_ssr) {
  TAKE2(u32, condition, u32, second);
  if (SLOT(condition) == 0)
    _r0 = (m3reg_t)SLOT(second);
  NEXT();
}

OPERATION(Select_i32_sss) {
  TAKE3(u32, condition, u32, second, u32, first);
  _r0 = (m3reg_t)SLOT(SLOT(condition) != 0 ? first : second);
  NEXT();
}

/* ---- Control ---- */

OPERATION(Branch) {
  TAKE_LAST1(pc_t, to);
  JUMP(to);
}

/* `taken`: the condition under which the operation goes to the place that is its last operand. */
#define BRANCH(name, taken_r, taken_s)                                                                                 \
  OPERATION(name##_r) {                                                                                                \
    TAKE1(pc_t, to);                                                                                                   \
    if (taken_r)                                                                                                       \
      JUMP(to);                                                                                                        \
    NEXT();                                                                                                            \
  }                                                                                                                    \
  OPERATION(name##_s) {                                                                                                \
    TAKE2(u32, condition, pc_t, to);                                                                                   \
    if (taken_s)                                                                                                       \
      JUMP(to);                                                                                                        \
    NEXT();                                                                                                            \
  }

BRANCH(If, _r0 == 0, SLOT(condition) == 0)
BRANCH(BranchIf, _r0 != 0, SLOT(condition) != 0)
BRANCH(BranchIfPrologue, _r0 == 0, SLOT(condition) == 0)

OPERATION(BranchTable) {
  TAKE_LAST2(u32, index, u32, count);
  u32 target = SLOT(index);
  const pc_t *targets = (const pc_t *)_pc;
  JUMP(targets[target < count ? target : count]);
}

OPERATION(ContinueLoop) {
  if (M3_UNLIKELY(--engine_left == 0))
    FINISH(pkt_engine_endless);
  TAKE_LAST1(pc_t, to);
  JUMP(to);
}

OPERATION(ContinueLoopIf) {
  TAKE1(pc_t, to);
  if (_r0 != 0 && M3_UNLIKELY(--engine_left == 0))
    FINISH(pkt_engine_endless);
  if (_r0 != 0)
    JUMP(to);
  NEXT();
}

OPERATION(Unreachable) { FINISH(m3Err_trapUnreachable); }

OPERATION(Return) { FINISH(m3Err_none); }

OPERATION(End) { FINISH(m3Err_none); }

/* ---- Functions ---- */

/* Its operands: the code of the function, and where its frame begins. */
#ifdef PKT_THUMB2
OPERATION(Call) {
  __asm__ volatile("ldmia r0!, {r4, r5, ip}\n\t"
                   "push {r0, r1, r2, r3, r4, ip}\n\t"
                   "adr.w lr, 1f + 1\n\t"
                   "str lr, [sp, #-8]!\n\t"
                   "add r1, r1, r5, lsl #2\n\t"
                   "ldr ip, [r4], #4\n\t"
                   "mov r0, r4\n\t"
                   "bx ip\n"
                   "1: add sp, #8\n\t"
                   "cbnz r0, 2f\n\t"
                   "pop {r0, r1, r2, r3, r4, ip}\n\t"
                   "bx ip\n"
                   "2: add sp, #24\n\t"
                   "ldr pc, [sp]");
}
#else
OPERATION(Call) {
  TAKE2(pc_t, code, u32, frame);
  m3ret_t trap = RunCode(code, _sp + frame, _mem, d_m3OpDefaultArgs);
  if (M3_UNLIKELY(trap != m3Err_none))
    FINISH(trap);
  NEXT();
}
#endif

/* The same for a function that was not compiled when the call was: it becomes that operation. */
FUNCTION(Compile) {
  IM3Function function = *(IM3Function *)_pc;
  m3ret_t trap = function->compiled != NULL ? m3Err_none : CompileFunction(function);
  if (trap != m3Err_none)
    return trap;
  ((code_t *)_pc)[0] = (code_t)function->compiled;
  ((code_t *)_pc)[-1] = (code_t)op_Call;
  return ((IM3Operation)op_Call)(_pc, d_m3OpArgs);
}

FUNCTION(CallIndirect) {
  u32 index = SLOT(WORD(u32));
  IM3Module module = WORD(IM3Module);
  IM3FuncType type = WORD(IM3FuncType);
  u32 frame = WORD(u32);
  if (index >= module->table0Size)
    return m3Err_trapTableIndexOutOfRange;
  IM3Function function = module->table0[index];
  if (function == NULL)
    return m3Err_trapTableElementIsNull;
  if (type != function->funcType)
    return m3Err_trapIndirectCallTypeMismatch;
  m3ret_t trap = function->compiled != NULL ? m3Err_none : CompileFunction(function);
  if (trap == m3Err_none)
    trap = RunCode(function->compiled, _sp + frame, _mem, d_m3OpDefaultArgs);
  if (trap != m3Err_none)
    return trap;
  nextOpDirect();
}

/* Constants are copied in groups of this many bytes: up to three slots more than a function has constants. What lies there is
 * not used yet, and behind the last slot of its stack wasm3 allocates four more. */
#define PKT_CONSTANT_GROUP 16

/* The first operation of a function: clears its variables, and copies its constants behind them. */
#ifdef PKT_THUMB2
OPERATION(Entry) {
  TAKE1(IM3Function, function);
  if (M3_UNLIKELY(--engine_left == 0))
    FINISH(pkt_engine_endless);
  if (M3_UNLIKELY((void *)(_sp + function->maxStackSlots) >= _mem->maxStack))
    FINISH(m3Err_trapStackOverflow);
  register u32 *slot __asm__("r5") = (u32 *)_sp + function->numRetAndArgSlots;
  u8 *end = (u8 *)slot + function->numLocalBytes;
  register u32 zero __asm__("r7") = 0;
  register u32 zero_too __asm__("r8") = 0;
  while ((u8 *)slot < end)
    __asm__ volatile("stmia %0!, {%1, %2}" : "+r"(slot) : "r"(zero), "r"(zero_too) : "memory");
  slot = (u32 *)end;
  end += function->numConstantBytes;
  const u32 *constant = function->constants;
  while ((u8 *)slot < end)
    __asm__ volatile("ldmia %0!, {r7, r8, r9, r10}\n\tstmia %1!, {r7, r8, r9, r10}"
                     : "+r"(constant), "+r"(slot)
                     :
                     : "r7", "r8", "r9", "r10", "memory");
  NEXT();
}
#else
OPERATION(Entry) {
  IM3Function function = WORD(IM3Function);
  if (M3_UNLIKELY(--engine_left == 0))
    FINISH(pkt_engine_endless);
  if (M3_UNLIKELY((uintptr_t)__builtin_frame_address(0) < engine_native_limit))
    FINISH(m3Err_trapStackOverflow);
  if (M3_UNLIKELY((void *)(_sp + function->maxStackSlots) >= _mem->maxStack))
    FINISH(m3Err_trapStackOverflow);
  u8 *slots = (u8 *)(_sp + function->numRetAndArgSlots);
  memset(slots, 0, function->numLocalBytes);
  if (function->numConstantBytes > 0)
    memcpy(slots + function->numLocalBytes, function->constants, function->numConstantBytes);
  NEXT();
}
#endif

/* The whole code of an imported function. Its operands: the C function, and what it gets. */
FIRST(CallRawFunction) {
  M3RawCall call = WORD(M3RawCall);
  M3ImportContext context = {.function = ((IM3Function *)_pc)[0], .userdata = ((void **)_pc)[1]};
  return call(m3MemRuntime(_mem), &context, (u64 *)_sp, m3MemData(_mem));
}

/* ---- Memory as a whole ---- */

FUNCTION(MemSize) {
  _r0 = (m3reg_t)m3MemInfo(_mem)->numPages;
  nextOpDirect();
}

FUNCTION(MemGrow) {
  _r0 = _r0 == 0 ? (m3reg_t)m3MemInfo(_mem)->numPages : -1;
  nextOpDirect();
}

static inline bool is_in_memory(const M3MemoryHeader *memory, u32 offset, u32 size) {
  return offset <= memory->length && size <= memory->length - offset;
}

FUNCTION(MemCopy) {
  u32 size = (u32)_r0, from = SLOT(WORD(u32)), to = SLOT(WORD(u32));
  if (!engine_spend(size / PKT_BUDGET_BYTES))
    return pkt_engine_endless;
  if (!is_in_memory(_mem, to, size) || !is_in_memory(_mem, from, size))
    return m3Err_trapOutOfBoundsMemoryAccess;
  memmove(m3MemData(_mem) + to, m3MemData(_mem) + from, size);
  nextOpDirect();
}

FUNCTION(MemFill) {
  u32 size = (u32)_r0, byte = SLOT(WORD(u32)), to = SLOT(WORD(u32));
  if (!engine_spend(size / PKT_BUDGET_BYTES))
    return pkt_engine_endless;
  if (!is_in_memory(_mem, to, size))
    return m3Err_trapOutOfBoundsMemoryAccess;
  memset(m3MemData(_mem) + to, (int)byte, size);
  nextOpDirect();
}

/* ---- Pairs: one operation for two that often follow each other; it has the operands of both ---- */

OPERATION(Load_s_SetSlot) {
  TAKE4(u32, address, u32, bound, u8 *, base, u32, to);
  REACH(SLOT(address));
  memcpy(&_r0, base + at, sizeof(_r0));
  SLOT(to) = (m3slot_t)_r0;
  NEXT();
}

OPERATION(Load_r_SetSlot) {
  TAKE3(u32, bound, u8 *, base, u32, to);
  REACH(_r0);
  memcpy(&_r0, base + at, sizeof(_r0));
  SLOT(to) = (m3slot_t)_r0;
  NEXT();
}

OPERATION(Add_rs_SetSlot) {
  TAKE2(u32, first, u32, to);
  _r0 = (m3reg_t)(SLOT(first) + (u32)_r0);
  SLOT(to) = (m3slot_t)_r0;
  NEXT();
}

OPERATION(Load_s_If) {
  TAKE4(u32, address, u32, bound, u8 *, base, pc_t, otherwise);
  REACH(SLOT(address));
  memcpy(&_r0, base + at, sizeof(_r0));
  if (_r0 == 0)
    JUMP(otherwise);
  NEXT();
}

OPERATION(LessThan_ss_If) {
  TAKE3(u32, second, u32, first, pc_t, otherwise);
  if ((u32)SLOT(first) >= (u32)SLOT(second))
    JUMP(otherwise);
  NEXT();
}

OPERATION(Equal_ss_If) {
  TAKE3(u32, second, u32, first, pc_t, otherwise);
  if ((u32)SLOT(first) != (u32)SLOT(second))
    JUMP(otherwise);
  NEXT();
}

OPERATION(EqualToZero_r_If) {
  TAKE1(pc_t, otherwise);
  if (_r0 != 0) /* which nothing reads any more */
    JUMP(otherwise);
  NEXT();
}

OPERATION(CopySlot_If) {
  TAKE4(u32, to, u32, from, u32, condition, pc_t, otherwise);
  SLOT(to) = SLOT(from);
  if (SLOT(condition) == 0)
    JUMP(otherwise);
  NEXT();
}

/* If `operation` makes a pair with the operation that was emitted last, that becomes the pair. Returns whether it did. */
static bool pkt_join(struct pkt_last *last, IM3CodePage page, IM3Operation operation) {
  static const struct {
    IM3Operation first, second, both;
  } pairs[] = {
      {op_i32_Load_i32_s, op_SetSlot_i32, op_Load_s_SetSlot}, {op_i32_Load_i32_r, op_SetSlot_i32, op_Load_r_SetSlot},
      {op_i32_Add_rs, op_SetSlot_i32, op_Add_rs_SetSlot},     {op_i32_Load_i32_s, op_If_r, op_Load_s_If},
      {op_i32_EqualToZero_r, op_If_r, op_EqualToZero_r_If},   {op_CopySlot_32, op_If_s, op_CopySlot_If},
      {op_u32_LessThan_ss, op_If_r, op_LessThan_ss_If},       {op_i32_Equal_ss, op_If_r, op_Equal_ss_If},
  };
  if (last->page == NULL || last->page != page)
    return false;
  for (size_t i = 0; i < M3_COUNT_OF(pairs); i++) {
    if (pairs[i].second != operation || (code_t)pairs[i].first != page->code[last->line])
      continue;
    page->code[last->line] = (code_t)pairs[i].both;
    last->page = NULL;
    return true;
  }
  return false;
}

static void pkt_remember(struct pkt_last *last, IM3CodePage page) {
  *last = (struct pkt_last){page, page->info.lineIndex};
}

/* What wasm3's compiler names, but does not emit for this engine. */
#define op_Loop NULL
#define op_Unsupported NULL
#define op_Const64 NULL
#define op_CopySlot_64 NULL
#define op_PreserveCopySlot_64 NULL
#define op_GetGlobal_s64 NULL
#define op_SetGlobal_s64 NULL

#endif
