/* The processor's special registers, by the names of the Xtensa Instruction Set Architecture Reference Manual. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

#define READ_SPECIAL(name)                                                                                             \
  ({                                                                                                                   \
    uint32_t value_;                                                                                                   \
    __asm__ volatile("rsr." #name " %0" : "=a"(value_));                                                               \
    value_;                                                                                                            \
  })
#define WRITE_SPECIAL(name, value) __asm__ volatile("wsr." #name " %0\n\tesync" ::"a"((uint32_t)(value)))

/* EXCCAUSE */
#define CAUSE_LEVEL1_INTERRUPT 4u

/* DEBUGCAUSE */
#define DEBUGCAUSE_DBREAK 4u

/* DBREAKC: a store to any of the 64 bytes at DBREAKA */
#define DBREAKC_STORE_64 0x80000000u

/* CCOMPARE0 raises this interrupt on lx106 and on the ESP32. */
#define CCOMPARE0_IRQ 6u

#endif
