/* The Cortex-M7's data cache at its worst: every line of cacheable memory stays in it until it is cleaned or invalidated,
 * so that what DMA wrote is never seen and what the processor wrote never arrives unless the code takes care. When the DMA
 * meets a line that the processor has written since, the test fails, because on silicon the outcome would be chance. */
#include "machine.h"
#include <string.h>

enum { LINE = 32 };
enum {
  ICIALLU = 0x250,
  DCIMVAC = 0x25c,
  DCISW = 0x260,
  DCCMVAU = 0x264,
  DCCMVAC = 0x268,
  DCCIMVAC = 0x270,
  DCCISW = 0x274
};

#define CCR_DC (1u << 16)

/* Is the region that holds the address normal memory that is not cached (TEX 1, C 0, B 0)? The highest one counts. */
static bool mpu_says_uncached(const struct machine *m, uint32_t address) {
  if (!(m->mpu_ctrl & 1) || m->ignore_mpu)
    return false;
  for (int i = 15; i >= 0; i--) {
    uint32_t rasr = m->mpu_rasr[i], size = 1u << ((rasr >> 1 & 31) + 1);
    if ((rasr & 1) && address - m->mpu_rbar[i] < size)
      return (rasr >> 19 & 7) == 1 && (rasr >> 16 & 3) == 0;
  }
  return false;
}

bool cache_applies(struct machine *m, const struct memory *memory, uint32_t address) {
  return (m->ccr & CCR_DC) && memory->cacheable && !mpu_says_uncached(m, address);
}

static void clean_all(struct machine *m) {
  for (unsigned i = 0; i < m->memory_count; i++) {
    struct memory *memory = &m->memories[i];
    if (!memory->cacheable)
      continue;
    memcpy(memory->behind_cache, memory->bytes, memory->size);
    memcpy(memory->synced, memory->bytes, memory->size);
  }
}

void cache_enable(struct machine *m) {
  if (!m->dcache_invalidated)
    fail(m, "the data cache is switched on without being invalidated");
  clean_all(m);
}

static struct memory *cached_memory(struct machine *m, uint32_t address) {
  for (unsigned i = 0; i < m->memory_count; i++)
    if (address - m->memories[i].base < m->memories[i].size && cache_applies(m, &m->memories[i], address))
      return &m->memories[i];
  return NULL;
}

void cache_write(struct machine *m, uint32_t offset, uint32_t value) {
  struct memory *memory = cached_memory(m, value & ~(LINE - 1u));
  uint32_t at = memory != NULL ? (value & ~(LINE - 1u)) - memory->base : 0;
  switch (offset) {
  case ICIALLU: return;
  case DCISW: m->dcache_invalidated = true; return;
  case DCCISW: /* set and way, of all lines in turn: the first stands for all */
    if (value == 0)
      clean_all(m);
    return;
  case DCCMVAU:
  case DCCMVAC:
  case DCCIMVAC:
    if (memory != NULL)
      memcpy(memory->behind_cache + at, memory->bytes + at, LINE);
    break;
  case DCIMVAC:
    if (memory != NULL)
      memcpy(memory->bytes + at, memory->behind_cache + at, LINE);
    else if (m->line_invalidated != NULL)
      m->line_invalidated(m->line_self, value & ~(LINE - 1u));
    break;
  default: fail(m, "cache operation 0x%x is not modelled", offset);
  }
  if (memory != NULL)
    memcpy(memory->synced + at, memory->bytes + at, LINE);
}

void cache_check_line(struct machine *m, struct memory *memory, uint32_t address, const char *access) {
  uint32_t at = address - memory->base;
  if (m->write_through) {
    for (uint32_t i = at; i < at + LINE; i++)
      if (memory->bytes[i] != memory->synced[i])
        memory->synced[i] = memory->behind_cache[i] = memory->bytes[i];
    return;
  }
  if (memcmp(memory->bytes + at, memory->synced + at, LINE) != 0)
    fail(m, "DMA %s 0x%08x in cacheable memory while the cache holds what the processor wrote there", access, address);
}
