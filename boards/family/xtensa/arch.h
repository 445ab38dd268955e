/* What the Xtensa family (lx106 and LX6, call0 ABI) gives to an operating-system port and to drivers: interrupt masking,
 * sleep, a clock. The contract is the one of boards/family/cortex-m/arch.h. */
#ifndef ARCH_H
#define ARCH_H

#include <stdint.h>

/* Mask interrupts (PS.INTLEVEL); returns what arch_irq_restore() needs. Nests. Any context. */
static inline uint32_t arch_irq_save(void) {
  uint32_t state;
  __asm__ volatile("rsil %0, 15" : "=a"(state)::"memory");
  return state;
}

static inline void arch_irq_restore(uint32_t state) { __asm__ volatile("wsr.ps %0\n\trsync" ::"a"(state) : "memory"); }

/* Let the processor's interrupt `irq` (0 to 31) through, or not. Any context. */
void arch_irq_enable(unsigned irq);
void arch_irq_disable(unsigned irq);

/* Microseconds since start-up, monotonic. Any context. */
uint64_t arch_now_us(void);

/* Sleep until an interrupt is pending or arch_now_us() reaches `deadline_us` (UINT64_MAX: no deadline). Call it with
 * interrupts masked by arch_irq_save(), after looking whether there is work: an interrupt that comes in between then ends
 * the sleep. Its handler has run when this returns, with interrupts masked again. May return early; the caller looks
 * again. Task context. */
void arch_wait_for_interrupt(uint64_t deadline_us);

/* RAM in use at its high-water mark, bytes: the stacks (task and interrupts) by their paint, the heap by its break. */
struct arch_memory_marks {
  uint32_t stack, heap;
};
void arch_memory_marks(struct arch_memory_marks *marks);

#endif
