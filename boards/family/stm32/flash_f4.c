/* The flash of STM32F4 and STM32F7: the slots for signed modules.
 *
 * F4: the slots are sectors of bank 2, and the image is in bank 1: it goes on while a sector is erased. F7: there is one bank, and
 * the processor stands still while code or an interrupt needs the flash. */
#include "board.h"
#include "flash.h"
#include "registers.h"
#include "stm32.h"
#include "stm32f4.h"

#include <pktsock/os.h>

#include <string.h>

#define FLASH_KEYR REGISTER(0x40023c04)
#define FLASH_SR REGISTER(0x40023c0c)
#define FLASH_SR_EOP (1u << 0)
#define FLASH_SR_WRPERR (1u << 4)
#define FLASH_SR_ERRORS (1u << 1 | FLASH_SR_WRPERR | 7u << 5) /* OPERR; PGAERR, PGPERR, PGSERR or ERSERR */
#define FLASH_SR_BSY (1u << 16)
#define FLASH_CR REGISTER(0x40023c10)
#define FLASH_CR_PG (1u << 0)
#define FLASH_CR_SER (1u << 1)
#define FLASH_CR_SNB_SHIFT 3
#define FLASH_CR_PSIZE_32 (2u << 8) /* for 2.7 V to 3.6 V */
#define FLASH_CR_STRT (1u << 16)
#define FLASH_CR_LOCK (1u << 31)

#define FLASH_BASE 0x08000000u
#ifdef STM32_F4
#define SECTOR_SIZE 0x20000u /* of sectors 5 to 11 and 17 to 23 */
/* A bank of 1 MB has 12 sectors; the first five are 128 KB together. Those of bank 2 are numbered from 16 on. */
#define SECTOR_NUMBER(offset) ((offset) / 0x100000u * 16 + 4 + (offset) % 0x100000u / SECTOR_SIZE)
#else
#define SECTOR_SIZE 0x40000u /* of sectors 5 to 11; the first five are 256 KB together */
#define SECTOR_NUMBER(offset) (4 + (offset) / SECTOR_SIZE)
#define FLASH_OPTCR REGISTER(0x40023c14)
#define FLASH_OPTCR_NDBANK (1u << 29) /* one bank, as the chip is delivered */
#endif

static int wait_until_idle(uint32_t us) {
  uint64_t limit = pkt_os_now() + us;
  while ((FLASH_SR & FLASH_SR_BSY) != 0)
    if (pkt_os_now() >= limit && (FLASH_SR & FLASH_SR_BSY) != 0)
      return STM32_FLASH_BUSY;
  uint32_t errors = FLASH_SR & FLASH_SR_ERRORS;
  FLASH_SR = errors | FLASH_SR_EOP; /* written as ones to clear them */
  return errors == 0 ? 0 : (errors & FLASH_SR_WRPERR) != 0 ? STM32_FLASH_PROTECTED : STM32_FLASH_FAILED;
}

/* What is left over from before is no error of ours. */
static int unlock(void) {
#ifdef STM32_F7
  if ((FLASH_OPTCR & FLASH_OPTCR_NDBANK) == 0)
    return STM32_FLASH_BANKS;
#endif
  if (wait_until_idle(FLASH_ERASE_US) == STM32_FLASH_BUSY)
    return STM32_FLASH_BUSY;
  if ((FLASH_CR & FLASH_CR_LOCK) != 0) {
    FLASH_KEYR = FLASH_KEY1;
    FLASH_KEYR = FLASH_KEY2;
  }
  return (FLASH_CR & FLASH_CR_LOCK) != 0 ? STM32_FLASH_LOCKED : 0;
}

static void lock(void) {
  FLASH_CR = 0;
  FLASH_CR = FLASH_CR_LOCK;
}

/* What the caches hold of the slot is what was there before. */
static void forget_cached(const uint8_t *at, uint32_t size) {
#ifdef STM32_F4
  (void)at, (void)size;
  FLASH_ACR &= ~FLASH_ACR_DCEN; /* it may be reset only while it is off */
  FLASH_ACR |= FLASH_ACR_DCRST;
  FLASH_ACR &= ~FLASH_ACR_DCRST;
  FLASH_ACR |= FLASH_ACR_DCEN;
#else
  stm32_forget_cached((uint32_t)at, size);
#endif
}

static int erase_sector(uint32_t number) {
  FLASH_CR = FLASH_CR_PSIZE_32 | FLASH_CR_SER | number << FLASH_CR_SNB_SHIFT;
  FLASH_CR |= FLASH_CR_STRT;
  __asm__ volatile("dsb" ::: "memory");
  return wait_until_idle(FLASH_ERASE_US);
}

static int erase(void *context, unsigned slot) {
  const struct pktsock_flash *flash = context;
  if (slot >= 2)
    return STM32_FLASH_OUTSIDE;
  int result = unlock();
  for (uint32_t at = 0; at < flash->size && result == 0; at += SECTOR_SIZE)
    result = erase_sector(SECTOR_NUMBER((uint32_t)flash->slots[slot] - FLASH_BASE + at));
  lock();
  forget_cached(flash->slots[slot], flash->size);
  return result;
}

static int program_word(volatile uint32_t *at, const uint8_t *bytes) {
  uint32_t word;
  memcpy(&word, bytes, sizeof(word));
  *at = word;
  __asm__ volatile("dsb" ::: "memory");
  return wait_until_idle(FLASH_PROGRAM_US);
}

static int write(void *context, unsigned slot, uint32_t offset, const uint8_t *bytes, uint32_t size) {
  const struct pktsock_flash *flash = context;
  if (!stm32_flash_fits(flash, slot, offset, size))
    return STM32_FLASH_OUTSIDE;
  const uint8_t *start = flash->slots[slot] + offset;
  int result = unlock();
  if (result == 0)
    FLASH_CR = FLASH_CR_PSIZE_32 | FLASH_CR_PG;
  for (uint32_t at = 0; at < size && result == 0; at += sizeof(uint32_t))
    result = program_word((volatile uint32_t *)(uintptr_t)(start + at), bytes + at);
  lock();
  forget_cached(start, size);
  return result;
}

const struct pktsock_flash *board_flash(void) {
  static struct pktsock_flash flash = {.unit = sizeof(uint32_t), .erase = erase, .write = write, .context = &flash};
  flash.slots[0] = __slots_start;
  flash.slots[1] = __slots_start + (uint32_t)__slot_size;
  flash.size = (uint32_t)__slot_size;
  return &flash;
}
