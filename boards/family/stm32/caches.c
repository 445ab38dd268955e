/* The Cortex-M7's caches, and the memory that is not cached.
 *
 * The processor and the MAC both access linear memory (frames included) and the MAC's descriptors. There are two ways
 * to keep their views consistent: to clean and invalidate cache lines whenever a frame changes hands, or to use memory
 * that is not cached. This family uses the second. The first needs two passes over each received frame (one before the
 * MAC writes it, so that no dirty line overwrites it, and one after, because the core loads lines speculatively) and
 * cache lines that hold nothing else, and a single missing operation is a rare fault. It would save little: a received
 * frame is copied once, from start to end.
 *
 * Linear memory comes from malloc() through the engine, so the whole heap is in the region, together with the drivers'
 * state in section .dma; memory.ld places both there and refuses to link otherwise. Stacks, data and bss are in DTCM,
 * which needs no cache. DTCM cannot hold frames: the H7's MAC does not reach it, and the F7's MAC reaches it only while
 * the processor does not sleep.
 *
 * Write-through caching is no alternative for TX, because it can corrupt data on the cores of these chips (Arm erratum
 * 1259864). Attributes of the region: TEX 1, C 0, B 0, S 1, which is "normal, shared, not cacheable" (PM0253).
 * Unaligned accesses stay legal, as they would not in device memory. XN forbids execution. */
#include "registers.h"
#include "stm32.h"

#define CCR REGISTER(0xe000ed14)
#define CCR_IC (1u << 17)
#define CCR_DC (1u << 16)
#define CCSIDR REGISTER(0xe000ed80)
#define CSSELR REGISTER(0xe000ed84)
#define MPU_RASR_XN (1u << 28)
#define MPU_RASR_AP_FULL (3u << 24)
#define MPU_RASR_TEX_1 (1u << 19)
#define MPU_RASR_S (1u << 18)
#define MPU_RASR_SIZE_SHIFT 1
#define MPU_RASR_ENABLE 1u
#define ICIALLU REGISTER(0xe000ef50)
#define DCIMVAC REGISTER(0xe000ef5c)
#define DCISW REGISTER(0xe000ef60)

static void barrier(void) { __asm__ volatile("dsb\n\tisb" ::: "memory"); }

/* After reset the content of the data cache is undefined: invalidate every line before the cache is switched on. */
static void invalidate_data_cache(void) {
  CSSELR = 0;
  barrier();
  uint32_t sets = (CCSIDR >> 13 & 0x7fff) + 1, ways = (CCSIDR >> 3 & 0x3ff) + 1;
  for (uint32_t set = 0; set < sets; set++)
    for (uint32_t way = 0; way < ways; way++)
      DCISW = way << 30 | set << 5; /* four ways, lines of 32 bytes */
  barrier();
}

void stm32_start_caches(uint32_t start, uint32_t size) {
  MPU_CTRL = 0;
  MPU_RNR = 0; /* the last region guards the stack: see startup.c */
  MPU_RBAR = start;
  MPU_RASR = MPU_RASR_XN | MPU_RASR_AP_FULL | MPU_RASR_TEX_1 | MPU_RASR_S |
             (uint32_t)(__builtin_ctz(size) - 1) << MPU_RASR_SIZE_SHIFT | MPU_RASR_ENABLE;
  MPU_CTRL = MPU_CTRL_PRIVDEFENA | MPU_CTRL_ENABLE;
  barrier();
  ICIALLU = 0;
  barrier();
  CCR |= CCR_IC;
  barrier();
  invalidate_data_cache();
  CCR |= CCR_DC;
  barrier();
}

/* Of memory that is only read; a line that was written would be lost. */
void stm32_forget_cached(uint32_t start, uint32_t size) {
  barrier();
  for (uint32_t line = start & ~31u; line < start + size; line += 32)
    DCIMVAC = line;
  barrier();
}
