/* The Cortex-M7's caches, and the part of memory that they leave alone.
 *
 * Linear memory (frames included) and the MAC's descriptors are written by the processor and by the MAC. Two ways keep
 * their views the same: cleaning and invalidating lines at each hand-over, or memory that is never cached. This family
 * takes the second. The first is two passes over every received frame (before the MAC writes it, so that no dirty line is
 * written back over it, and after, because the core loads lines speculatively), it wants nothing else in the frames' lines,
 * and a single forgotten line is a fault that shows once a day. What it would save is small here: a received frame is
 * copied once, front to back, and then it is done with.
 *
 * Linear memory comes from malloc() by way of the engine, so the whole heap lies in the region, and the drivers' state in
 * section .dma beside it; memory.ld puts both there and refuses to link otherwise. Stacks, data and bss are in DTCM, which
 * runs at the processor's speed without a cache. DTCM is no place for frames: the H7's MAC does not reach it, and the F7's
 * does so only while the processor does not sleep.
 *
 * Write-through caching would be a middle way for TX, but the cores of these chips corrupt data with it (Arm erratum
 * 1259864). Region attributes: TEX 1, C 0, B 0, S 1, "normal, shared, not cacheable" (PM0253): unaligned access stays
 * legal, which device memory would not allow, and nothing is executed from there. */
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
#define DCISW REGISTER(0xe000ef60)

static void barrier(void) { __asm__ volatile("dsb\n\tisb" ::: "memory"); }

/* After reset the data cache holds chance: every line of it must be invalidated before it is switched on. */
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
  MPU_RNR = 0; /* the last region guards the stack, see startup.c */
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
