/* How long interrupts are masked, for what counts instructions: count.c of the bench, in QEMU, and the STM32 model, in Unicorn. */
#ifndef MASKED_H
#define MASKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum masked_step { MASKED_NOTHING, MASKED_BEGINS, MASKED_ENDS, MASKED_SLEEPS /* the sleep unmasks */ };

/* What an instruction of Cortex-M does: `cpsid i` and `msr primask`, which must be in pairs. */
static inline enum masked_step masked_step_arm(const void *insn, size_t size) {
  uint16_t half[2] = {0};
  memcpy(half, insn, size < sizeof(half) ? sizeof(half[0]) : sizeof(half));
  if (half[0] == 0xb672)
    return MASKED_BEGINS;
  return (half[0] & 0xfff0) == 0xf380 && half[1] == 0x8810 ? MASKED_ENDS : MASKED_NOTHING;
}

/* What an instruction of Xtensa does: `rsil aN, 15` and `wsr.ps`, which must be in pairs, and `waiti`. */
static inline enum masked_step masked_step_xtensa(const void *insn, size_t size) {
  uint8_t byte[3] = {0};
  memcpy(byte, insn, size < sizeof(byte) ? size : sizeof(byte));
  if ((byte[0] & 15) != 0 || size < sizeof(byte))
    return MASKED_NOTHING;
  if (byte[2] == 0 && byte[1] == 0x6f)
    return MASKED_BEGINS;
  if (byte[2] == 0 && (byte[1] & 0xf0) == 0x70)
    return MASKED_SLEEPS;
  return byte[2] == 0x13 && byte[1] == 0xe6 ? MASKED_ENDS : MASKED_NOTHING;
}

/* The longest of what begins and ends, perhaps within itself, in instructions. */
struct span {
  const char *name;
  unsigned depth;
  uint64_t from, longest;
  uint64_t at, longest_at;         /* where it began, ... */
  uint64_t before, longest_before; /* ... and where the code before that is */
};

static inline void span_begin(struct span *span, uint64_t instructions, uint64_t at, uint64_t before) {
  if (span->depth++ != 0)
    return;
  span->from = instructions;
  span->at = at;
  span->before = before;
}

static inline void span_end(struct span *span, uint64_t instructions) {
  if (span->depth == 0 || --span->depth != 0)
    return;
  uint64_t length = instructions - span->from;
  if (length <= span->longest)
    return;
  span->longest = length;
  span->longest_at = span->at;
  span->longest_before = span->before;
}

#endif
