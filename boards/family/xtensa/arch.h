/* The interface of the Xtensa family (lx106 and LX6, call0 ABI) to boards/os/baremetal.c: interrupt masking, sleep, a
 * clock. The same functions as in boards/family/cortex-m/arch.h. */
#ifndef ARCH_H
#define ARCH_H

#include <stdbool.h>
#include <stdint.h>

/* Mask interrupts (PS.INTLEVEL). Returns the earlier state for arch_irq_restore(). Calls may nest. Any context. */
static inline uint32_t arch_irq_save(void) {
  uint32_t state;
  __asm__ volatile("rsil %0, 15" : "=a"(state)::"memory");
  return state;
}

static inline void arch_irq_restore(uint32_t state) { __asm__ volatile("wsr.ps %0\n\trsync" ::"a"(state) : "memory"); }

/* Enable or disable the processor's interrupt `irq` (0 to 31). Any context. */
void arch_irq_enable(unsigned irq);
void arch_irq_disable(unsigned irq);

/* Microseconds since start-up, monotonic. Any context. */
uint64_t arch_now_us(void);

/* Sets the alarm of arch_wait_for_interrupt(): it ends at `deadline_us` (UINT64_MAX: there is none). With interrupts enabled,
 * because this computes for longer than they may be masked. Task context.
 *
 * Returns: false if arch_now_us() has reached the deadline. */
bool arch_set_alarm(uint64_t deadline_us);

/* Sleep until an interrupt is pending or the alarm goes off, also if it has gone off since it was set. Mask interrupts with
 * arch_irq_save() first, then check for work, then call this: an interrupt after the check ends the sleep. Its handler
 * has run when this returns, with interrupts masked again.
 * May return early; the caller sets the alarm and checks again. Task context. */
void arch_wait_for_interrupt(void);

/* High-water marks of RAM in bytes: of the stacks (task and interrupts together), and of the heap. */
struct arch_memory_marks {
  uint32_t stack, heap;
};
void arch_memory_marks(struct arch_memory_marks *marks);

#endif
