/* The flash controller and the part of the flash where the slots are: erasing and programming as the manuals describe them, and a
 * power cut in the middle of one. Erasing or writing anything but the slots fails the test. */
#ifndef FLASH_MODEL_H
#define FLASH_MODEL_H

#include <stdbool.h>
#include <stdint.h>

struct soc;

enum { FLASH_MAX_SLOTS_SIZE = 0x80000 };

/* Faults of a test. */
enum flash_fault {
  FLASH_GOOD,
  FLASH_LOCKED,    /* the key is not taken */
  FLASH_PROTECTED, /* the sectors are write-protected */
  FLASH_STUCK,     /* an operation does not end */
  FLASH_WORN,      /* a bit stays 1 */
  FLASH_BANKS,     /* F7: the option bytes make two banks of it */
};

struct flash_model {
  struct soc *soc;
  enum flash_fault fault;
  uint32_t start, sector_size; /* where the two slots are, one sector each */
  unsigned unit;               /* bytes that are programmed at a time */
  unsigned keys;               /* how many of the unlock sequence have come; 3: locked until the next reset */
  uint32_t cr, sr;
  uint64_t busy_until;
  unsigned stale[2]; /* lines of the sector that the data cache may have from before it was erased */

  /* A word that the processor has written, until the model has seen it. */
  unsigned pending;
  uint32_t pending_at[8], pending_old[8];

  unsigned steps;     /* erasures and programmed units so far */
  unsigned cut_after; /* the power is cut in the middle of this one, counted from 1 on; 0: never */
  bool is_cut;        /* then nothing happens any more */
  uint32_t random;
};

void flash_model_init(struct soc *soc, uint32_t start, uint32_t sector_size, unsigned unit);

/* Registers beside ACR. Returns false if there is none at this offset. */
bool flash_model_read(struct soc *soc, uint32_t offset, uint32_t *value);
bool flash_model_write(struct soc *soc, uint32_t offset, uint32_t value);

/* The data caches were reset or invalidated, F4: by ACR. */
void flash_model_forget(struct soc *soc);

#endif
