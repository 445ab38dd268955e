/* config.h says what this is. */
#ifndef STAND_IN_NUTTX_ARCH_H
#define STAND_IN_NUTTX_ARCH_H

#include <time.h>

void up_enable_irq(int irq);
void up_disable_irq(int irq);
clock_t up_perf_gettime(void);
unsigned long up_perf_getfreq(void);

#endif
