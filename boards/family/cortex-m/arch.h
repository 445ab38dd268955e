/* The interface of the Cortex-M family to boards/os/baremetal.c: interrupt masking, sleep, a clock. Each bare-metal
 * family has an arch.h with these functions. */
#ifndef ARCH_H
#define ARCH_H

#include <stdbool.h>
#include <stdint.h>

/* Mask interrupts (PRIMASK). Returns the earlier state for arch_irq_restore(). Calls may nest. Any context. */
static inline uint32_t arch_irq_save(void) {
  uint32_t state;
  __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(state)::"memory");
  return state;
}

static inline void arch_irq_restore(uint32_t state) { __asm__ volatile("msr primask, %0" ::"r"(state) : "memory"); }

/* Enable or disable interrupt `irq` (the NVIC's number, 0 for the first external one). Any context. */
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
 * arch_irq_save() first, then check for work, then call this: an interrupt after the check ends the sleep. Its handler runs
 * at arch_irq_restore().
 * May return early; the caller sets the alarm and checks again. Task context. */
void arch_wait_for_interrupt(void);

/* High-water marks of RAM in bytes: of the stacks (task and interrupts together), and of the heap. */
struct arch_memory_marks {
  uint32_t stack, heap;
};
void arch_memory_marks(struct arch_memory_marks *marks);

#endif
