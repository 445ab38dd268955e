#include "flash_model.h"
#include "soc.h"
#include <string.h>

enum { KEYR = 0x04, SR = 0x0c, CR = 0x10, OPTCR = 0x14 };
/* An erasure takes ten times as long on silicon, while which the code only waits. */
enum { ERASE_US = 100000, PROGRAM_US = 16, NEVER_KEY = 3, LINE = 32 };

#define PG (1u << 0)
#define SER (1u << 1)
#define SNB (31u << 3)
#define PSIZE (3u << 8)
#define STRT (1u << 16)
#define LOCK (1u << 31)
#define EOP (1u << 0)
#define WRPERR (1u << 4)
#define BSY (1u << 16)
#define ERRORS (0xf2u)
#define NDBANK (1u << 29)

static uint8_t *cells(const struct flash_model *flash, uint32_t address) {
  return machine_at(&flash->soc->m, address, flash->unit);
}

static uint32_t noise(struct flash_model *flash) {
  flash->random = flash->random * 1664525 + 1013904223;
  return flash->random >> 8;
}

/* Another step begins. Returns true if it is the one that the power does not last for. */
static bool is_last(struct flash_model *flash) {
  flash->is_cut = ++flash->steps == flash->cut_after;
  if (flash->is_cut)
    uc_emu_stop(flash->soc->m.uc);
  return flash->is_cut;
}

static void be_busy(struct flash_model *flash, uint32_t us) {
  struct machine *m = &flash->soc->m;
  flash->sr |= BSY;
  flash->busy_until = flash->fault == FLASH_STUCK ? UINT64_MAX : m->cycles + machine_us(m, us);
}

/* An operation may have ended. */
static void proceed(struct flash_model *flash) {
  if ((flash->sr & BSY) == 0 || flash->soc->m.cycles < flash->busy_until)
    return;
  flash->sr = (flash->sr & ~BSY) | EOP;
}

/* ---- Programming ---- */

/* The processor has written whole words: bits become 0, and none becomes 1. */
static void settle(struct flash_model *flash) {
  if (flash->pending * 4 < flash->unit)
    return;
  bool gone = flash->is_cut, cut = !gone && is_last(flash);
  for (unsigned i = 0; i < flash->pending; i++) {
    uint32_t wanted, *cell = (uint32_t *)cells(flash, flash->pending_at[i]);
    memcpy(&wanted, cell, 4);
    if (cut)
      wanted |= noise(flash);
    if (flash->fault == FLASH_WORN)
      wanted |= 0x10;
    *cell = flash->pending_old[i] & wanted;
    if (gone || flash->fault == FLASH_PROTECTED)
      *cell = flash->pending_old[i];
  }
  if (flash->fault == FLASH_PROTECTED)
    flash->sr |= WRPERR;
  else
    be_busy(flash, PROGRAM_US);
  flash->pending = 0;
}

static void on_write(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *user) {
  struct flash_model *flash = user;
  struct machine *m = &flash->soc->m;
  (void)uc, (void)type, (void)value;
  uint32_t at = (uint32_t)address;
  settle(flash);
  proceed(flash);
  if (at - flash->start >= 2 * flash->sector_size)
    fail(m, "a write to the flash at 0x%08x, outside the slots", at);
  if ((flash->cr & LOCK) != 0 || (flash->cr & PG) == 0)
    fail(m, "a write to the flash, which is not ready to be programmed: CR 0x%08x", flash->cr);
  if (size != 4 || at % 4 != 0 || (flash->cr & PSIZE) != 2u << 8)
    fail(m, "a write of %d bytes to the flash at 0x%08x; CR 0x%08x", size, at, flash->cr);
  if (flash->sr & (BSY | ERRORS))
    fail(m, "a write to the flash that is busy, or has reported an error: SR 0x%08x", flash->sr);
  if (flash->pending != 0 && at != flash->pending_at[flash->pending - 1] + 4)
    fail(m, "a write to the flash within a unit at 0x%08x", at);
  flash->pending_at[flash->pending] = at;
  memcpy(&flash->pending_old[flash->pending++], machine_at(m, at, 4), 4);
}

static void on_read(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *user) {
  struct flash_model *flash = user;
  (void)uc, (void)type, (void)size, (void)value;
  settle(flash);
  proceed(flash);
  if (flash->sr & BSY)
    fail(&flash->soc->m, "the slots are read at 0x%08x while the flash is busy", (uint32_t)address);
  if (flash->stale[((uint32_t)address - flash->start) / flash->sector_size])
    fail(&flash->soc->m, "the slots are read at 0x%08x, of which the data cache may have what was erased",
         (uint32_t)address);
}

/* ---- Erasing ---- */

/* The address of a sector, by its number in CR. */
static uint32_t sector_address(const struct flash_model *flash, uint32_t number) {
  if (flash->soc->series == SERIES_F7)
    return 0x08000000 + (number < 5 ? 0 : (number - 4) * 0x40000);
  return 0x08000000 + number / 16 * 0x100000 + (number % 16 < 5 ? 0 : (number % 16 - 4) * 0x20000);
}

static void erase(struct flash_model *flash) {
  struct machine *m = &flash->soc->m;
  uint32_t number = (flash->cr & SNB) >> 3, at = sector_address(flash, number);
  unsigned slot = (at - flash->start) / flash->sector_size;
  if (at < flash->start || slot >= 2 || (flash->cr & SER) == 0 || (flash->cr & PG) != 0)
    fail(m, "erasure of sector %u at 0x%08x, where no slot is; CR 0x%08x", number, at, flash->cr);
  if (flash->fault == FLASH_PROTECTED) {
    flash->sr |= WRPERR;
    return;
  }
  if (flash->is_cut)
    return;
  uint8_t *bytes = machine_at(m, at, flash->sector_size);
  bool cut = is_last(flash);
  for (uint32_t i = 0; i < flash->sector_size; i++)
    bytes[i] |= cut ? (uint8_t)noise(flash) : 0xff;
  be_busy(flash, ERASE_US);
  bool is_cached = flash->soc->series == SERIES_F4 ? (flash->soc->flash_acr & 1u << 10) != 0 : true;
  flash->stale[slot] = is_cached ? flash->sector_size / LINE : 0;
  if (flash->soc->series == SERIES_F7 && !cut && flash->fault != FLASH_STUCK)
    m->cycles = flash->busy_until; /* the next instruction is fetched from the same bank */
}

/* ---- Registers ---- */

static void write_key(struct flash_model *flash, uint32_t value) {
  static const uint32_t sequence[] = {0x45670123, 0xcdef89ab};
  if (flash->keys >= 2 || value != sequence[flash->keys] || flash->fault == FLASH_LOCKED)
    flash->keys = NEVER_KEY;
  else if (++flash->keys == 2)
    flash->cr &= ~LOCK, flash->keys = 0;
}

static void write_cr(struct flash_model *flash, uint32_t value) {
  struct machine *m = &flash->soc->m;
  if ((flash->cr & LOCK) != 0 && value != flash->cr && value != LOCK && value != 0)
    fail(m, "the flash's control register is written while it is locked");
  if ((flash->cr & LOCK) != 0)
    return; /* writes have no effect */
  if ((flash->sr & BSY) && (value & (PG | SER | STRT)))
    fail(m, "the flash's control register is written while it is busy");
  if ((value & STRT) && !(flash->cr & SER))
    fail(m, "an erasure starts with a sector that was not chosen before");
  flash->cr = value & ~STRT;
  if (value & STRT)
    erase(flash);
}

bool flash_model_read(struct soc *soc, uint32_t offset, uint32_t *value) {
  struct flash_model *flash = &soc->flash;
  if (flash->sector_size == 0)
    return false;
  settle(flash);
  proceed(flash);
  switch (offset) {
  case SR: *value = flash->sr; return true;
  case CR: *value = flash->cr; return true;
  case OPTCR: *value = flash->fault == FLASH_BANKS ? 0 : NDBANK; return soc->series == SERIES_F7;
  default: return false;
  }
}

bool flash_model_write(struct soc *soc, uint32_t offset, uint32_t value) {
  struct flash_model *flash = &soc->flash;
  if (flash->sector_size == 0)
    return false;
  settle(flash);
  proceed(flash);
  switch (offset) {
  case KEYR: write_key(flash, value); return true;
  case SR: flash->sr &= ~(value & (ERRORS | EOP)); return true;
  case CR: write_cr(flash, value); return true;
  default: return false;
  }
}

void flash_model_forget(struct soc *soc) { soc->flash.stale[0] = soc->flash.stale[1] = 0; }

static void forget_line(void *self, uint32_t line) {
  struct flash_model *flash = self;
  unsigned slot = (line - flash->start) / flash->sector_size;
  if (line >= flash->start && slot < 2 && flash->stale[slot] != 0)
    flash->stale[slot]--;
}

void flash_model_init(struct soc *soc, uint32_t start, uint32_t sector_size, unsigned unit) {
  struct flash_model *flash = &soc->flash;
  uc_hook hook;
  *flash = (struct flash_model){
      .soc = soc, .start = start, .sector_size = sector_size, .unit = unit, .cr = LOCK, .random = 1};
  soc->m.line_invalidated = forget_line;
  soc->m.line_self = flash;
  uc_hook_add(soc->m.uc, &hook, UC_HOOK_MEM_WRITE, on_write, flash, 0x08000000, 0x081fffff);
  uc_hook_add(soc->m.uc, &hook, UC_HOOK_MEM_READ, on_read, flash, start, start + 2 * sector_size - 1);
}
