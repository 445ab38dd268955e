/* The interface of the family to its boards' board.c. */
#ifndef FAMILY_H
#define FAMILY_H

#include "console.h"

/* The handlers of the external interrupts, defined by board.c. The linker puts them after the 16 system vectors. Unused
 * entries must be family_unexpected_interrupt. */
#define FAMILY_VECTORS void (*const board_vectors[])(void) __attribute__((section(".vectors.irq"), used))

/* Reports the interrupt's number and ends the program. */
void family_unexpected_interrupt(void);

/* The handler of SysTick, in clock.c. */
void family_clock_interrupt(void);

#endif
