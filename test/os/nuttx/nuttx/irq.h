/* config.h says what this is. */
#ifndef STAND_IN_NUTTX_IRQ_H
#define STAND_IN_NUTTX_IRQ_H

typedef unsigned irqstate_t;

irqstate_t enter_critical_section(void);
void leave_critical_section(irqstate_t state);

#endif
