/* Between the family and its boards' board.c. */
#ifndef FAMILY_H
#define FAMILY_H

#include "console.h"

/* The handlers of the external interrupts, defined by board.c; the linker puts them behind the 16 system vectors. Entries
 * that the board does not use are family_unexpected_interrupt. */
#define FAMILY_VECTORS void (*const board_vectors[])(void) __attribute__((section(".vectors.irq"), used))

/* Reports the interrupt's number and ends the program. */
void family_unexpected_interrupt(void);

/* clock.c: called by SysTick's vector. */
void family_clock_interrupt(void);

#endif
