/* The clock and the sleep of arch.h. CCOUNT counts the processor's cycles; CCOMPARE0 raises an interrupt when CCOUNT
 * equals it. CCOUNT wraps after 2^32 cycles; an interrupt after at most half of them adds the cycles to a count of
 * microseconds with 64 bits. */
#include "arch.h"
#include "family.h"
#include "registers.h"

#define CYCLES_PER_US ((uint32_t)BOARD_CPU_MHZ)
#define HALF_ROUND 0x80000000u

static uint64_t start_us;     /* a time in microseconds, ... */
static uint32_t start_cycles; /* ... and the value of CCOUNT at that time */
static volatile bool rang;    /* the clock's interrupt has come since arch_set_alarm() */

/* Advance both to the present. From the clock's interrupt handler. */
static void catch_up(void) {
  uint32_t us = (READ_SPECIAL(ccount) - start_cycles) / CYCLES_PER_US;
  start_us += us;
  start_cycles += us * CYCLES_PER_US;
}

/* Schedule the next interrupt far ahead; clears a pending one. Call with interrupts masked. */
static void rest(void) { WRITE_SPECIAL(ccompare0, READ_SPECIAL(ccount) + HALF_ROUND); }

void family_clock_interrupt(void) {
  rang = true;
  catch_up();
  rest();
}

void family_clock_start(void) {
  start_cycles = READ_SPECIAL(ccount);
  rest();
  arch_irq_enable(CCOMPARE0_IRQ);
}

/* The division is not masked: lx106 divides in software. */
uint64_t arch_now_us(void) {
  uint32_t state = arch_irq_save();
  uint64_t us = start_us;
  uint32_t cycles = READ_SPECIAL(ccount) - start_cycles;
  arch_irq_restore(state);
  return us + cycles / CYCLES_PER_US;
}

bool arch_set_alarm(uint64_t deadline_us) {
  rang = false;
  if (deadline_us == UINT64_MAX)
    return true;
  uint32_t state = arch_irq_save();
  uint64_t us = start_us;
  uint32_t cycles = start_cycles;
  arch_irq_restore(state);
  uint64_t now = us + (READ_SPECIAL(ccount) - cycles) / CYCLES_PER_US;
  if (deadline_us <= now)
    return false;
  if (deadline_us - now >= HALF_ROUND / CYCLES_PER_US)
    return true;
  uint32_t end = cycles + (uint32_t)(deadline_us - us) * CYCLES_PER_US;
  state = arch_irq_save();
  WRITE_SPECIAL(ccompare0, end);
  bool due = (int32_t)(end - READ_SPECIAL(ccount)) <= 0; /* CCOUNT may have passed it before the write */
  if (due)
    rest();
  arch_irq_restore(state);
  return !due;
}

void arch_wait_for_interrupt(void) {
  if (!rang)
    __asm__ volatile("waiti 0\n\trsil a2, 15" ::: "a2", "memory");
}

void arch_irq_enable(unsigned irq) {
  uint32_t state = arch_irq_save();
  WRITE_SPECIAL(intenable, READ_SPECIAL(intenable) | 1u << irq);
  arch_irq_restore(state);
}

void arch_irq_disable(unsigned irq) {
  uint32_t state = arch_irq_save();
  WRITE_SPECIAL(intenable, READ_SPECIAL(intenable) & ~(1u << irq));
  arch_irq_restore(state);
}
