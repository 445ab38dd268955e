/* The interface of the family to its boards' board.c. */
#ifndef FAMILY_H
#define FAMILY_H

#include "console.h"

/* The handlers of the processor's level-1 interrupts, by number, defined by board.c. Unused entries are NULL, and so is
 * the entry of CCOMPARE0, which the clock handles. */
enum { FAMILY_IRQS = 32 };
extern void (*const board_interrupts[FAMILY_IRQS])(void);

/* The handler of CCOMPARE0, in clock.c. */
void family_clock_interrupt(void);

#endif
