/* Between the family and its boards' board.c. */
#ifndef FAMILY_H
#define FAMILY_H

#include "console.h"

/* The handlers of the processor's interrupts of level 1, by number, defined by board.c. Entries that the board does not
 * use are NULL, and so is that of CCOMPARE0, which the clock has. */
enum { FAMILY_IRQS = 32 };
extern void (*const board_interrupts[FAMILY_IRQS])(void);

/* clock.c: called by family_start(), and by CCOMPARE0's interrupt. */
void family_clock_interrupt(void);

#endif
