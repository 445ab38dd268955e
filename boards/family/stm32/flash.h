/* The two slots for signed modules in the chip's flash (docs/swap.md): what flash_f4.c and flash_h7.c share. */
#ifndef STM32_FLASH_H
#define STM32_FLASH_H

#include <pktsock/slots.h>

#include <stdbool.h>

/* From slots.ld, as addresses. */
extern uint8_t __slots_start[], __slot_size[];

#define FLASH_KEY1 0x45670123u
#define FLASH_KEY2 0xcdef89abu

/* Erasing the largest sector takes 4 s at most, by the data sheets; microseconds. */
#define FLASH_ERASE_US 8000000u
#define FLASH_PROGRAM_US 10000u

/* Errors of erase() and write(). */
enum {
  STM32_FLASH_OUTSIDE = -1,   /* not in a slot, or no whole unit */
  STM32_FLASH_LOCKED = -2,    /* the control register does not unlock: not before the next reset */
  STM32_FLASH_BUSY = -3,      /* it does not end */
  STM32_FLASH_PROTECTED = -4, /* the option bytes protect the sector */
  STM32_FLASH_FAILED = -5,    /* the controller says that it has not done it */
  STM32_FLASH_BANKS = -6,     /* the option bytes divide the flash otherwise */
};

/* Does the access lie in a slot, at whole units? */
static inline bool stm32_flash_fits(const struct pktsock_flash *flash, unsigned slot, uint32_t offset, uint32_t size) {
  return slot < 2 && (offset | size) % flash->unit == 0 && size <= flash->size && offset <= flash->size - size;
}

#endif
