/* What the Cortex-M family gives to an operating-system port and to drivers: interrupt masking, sleep, a clock. Every
 * family has an arch.h with these functions; boards/os/baremetal.c and boards/mac/ are written against them. */
#ifndef ARCH_H
#define ARCH_H

#include <stdint.h>

/* Mask interrupts (PRIMASK); returns what arch_irq_restore() needs. Nests. Any context. */
static inline uint32_t arch_irq_save(void) {
  uint32_t state;
  __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(state)::"memory");
  return state;
}

static inline void arch_irq_restore(uint32_t state) { __asm__ volatile("msr primask, %0" ::"r"(state) : "memory"); }

/* Let interrupt `irq` (the NVIC's number, 0 for the first external one) through, or not. Any context. */
void arch_irq_enable(unsigned irq);
void arch_irq_disable(unsigned irq);

/* Microseconds since start-up, monotonic. Any context. */
uint64_t arch_now_us(void);

/* Sleep until an interrupt is pending or arch_now_us() reaches `deadline_us` (UINT64_MAX: no deadline). Call it with
 * interrupts masked by arch_irq_save(), after looking whether there is work: an interrupt that comes in between then ends
 * the sleep. Its handler runs at arch_irq_restore(). May return early; the caller looks again. Task context. */
void arch_wait_for_interrupt(uint64_t deadline_us);

/* RAM in use at its high-water mark, bytes: the stacks (task and interrupts) by their paint, the heap by its break. */
struct arch_memory_marks {
  uint32_t stack, heap;
};
void arch_memory_marks(struct arch_memory_marks *marks);

#endif
