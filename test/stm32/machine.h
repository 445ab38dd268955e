/* A Cortex-M microcontroller for tests: Debian's Unicorn runs the image that is flashed; memory, time, interrupts, caches
 * and peripherals are played by this program. Time is counted in processor cycles, one for each halfword of code, so that
 * every run is the same.
 *
 * The processor's view of memory is Unicorn's. The DMA's view is the same where nothing is cached; cacheable memory has a
 * second copy that only DMA and cache maintenance touch (cache.c). */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unicorn/unicorn.h>

#include "../support/masked.h"

enum { MAX_DEVICES = 64, MAX_MEMORIES = 12, MAX_TIMERS = 16 };

struct machine;

/* Registers at base to base + size - 1, accessed as words (byte and halfword accesses fail the test). */
struct device {
  const char *name;
  uint32_t base, size;
  uint32_t (*read)(void *self, uint32_t offset);
  void (*write)(void *self, uint32_t offset, uint32_t value);
  void *self;
};

struct memory {
  const char *name;
  uint32_t base, size;
  bool dma;              /* the MAC's DMA reaches it */
  bool cacheable;        /* by the default memory map, when there is a data cache */
  uint8_t *bytes;        /* what the processor sees */
  uint8_t *behind_cache; /* what DMA sees */
  uint8_t *synced;       /* the processor's view when the line was last cleaned or invalidated */
};

/* Calls back at a time. */
struct timer {
  uint64_t at; /* cycles; UINT64_MAX: never */
  void (*fire)(void *self);
  void *self;
};

struct machine {
  uc_engine *uc;
  uint32_t cpu_hz; /* what a cycle is */
  uint64_t cycles;
  struct device devices[MAX_DEVICES];
  unsigned device_count;
  struct memory memories[MAX_MEMORIES];
  unsigned memory_count;
  struct timer timers[MAX_TIMERS];
  unsigned timer_count;
  uint32_t block_address, block_size; /* the current code */
  uint64_t run_end;                   /* of machine_run() */
  bool counts_masked;                 /* how long interrupts are masked: ... */
  uint64_t instructions;              /* ... all of them so far, */
  struct span masked;                 /* and the longest */
  bool m7;
  bool ignore_mpu;    /* a test of the tests: ... */
  bool write_through; /* ... then DMA sees what the processor wrote, only not the other way round */
  const char *elf;
  uint8_t *elf_bytes;
  size_t elf_size;

  /* core.c */
  uint32_t irq_enabled[8], irq_level[8]; /* lines are levels: a device holds its line until it is served */
  bool systick_pending, in_handler;
  uint32_t exception, interrupted_cpsr;
  uint32_t vectors;
  struct timer *systick;
  uint32_t systick_csr, systick_rvr;
  uint32_t mpu_ctrl, mpu_rnr, mpu_rbar[16], mpu_rasr[16];
  uint32_t ccr, csselr;
  bool dcache_invalidated;
  void (*line_invalidated)(void *self, uint32_t line); /* one that is in no cacheable memory of the model; or NULL */
  void *line_self;
};

/* End the test: print the sentence and where the processor is, exit with status 1. */
void fail(struct machine *m, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

void machine_init(struct machine *m, const char *elf, bool m7);
void machine_add_memory(struct machine *m, struct memory memory);
void machine_add_device(struct machine *m, struct device device);
struct timer *machine_add_timer(struct machine *m, void (*fire)(void *self), void *self);
void machine_load(struct machine *m);
uint32_t machine_symbol(struct machine *m, const char *name);
void machine_reset(struct machine *m);
void machine_end(struct machine *m);

/* Run until `done` (may be NULL) says so or `us` microseconds have passed; returns whether done. */
bool machine_run(struct machine *m, uint32_t us, bool (*done)(void *arg), void *arg);

static inline uint64_t machine_us(const struct machine *m, uint64_t us) { return us * (m->cpu_hz / 1000000); }
static inline uint64_t machine_now_us(const struct machine *m) { return m->cycles / (m->cpu_hz / 1000000); }

/* Set or clear a peripheral's interrupt line. */
void machine_irq(struct machine *m, unsigned irq, bool level);

/* Returns the bytes at an address as the processor sees them, or NULL if there are fewer than `len` bytes of memory. */
uint8_t *machine_at(struct machine *m, uint32_t address, uint32_t len);

/* DMA: false when the address is not within the DMA's reach (a bus error). */
bool dma_read(struct machine *m, uint32_t address, void *bytes, uint32_t len);
bool dma_write(struct machine *m, uint32_t address, const void *bytes, uint32_t len);
uint32_t dma_read_word(struct machine *m, uint32_t address);
void dma_write_word(struct machine *m, uint32_t address, uint32_t value);

/* Fail unless the current code has a DSB: the write that makes the DMA poll must come after one. */
void machine_expect_dsb(struct machine *m, const char *what);

/* core.c */
void core_init(struct machine *m);
bool core_take_exception(struct machine *m);
void core_return_from_exception(struct machine *m);
bool core_would_take_exception(struct machine *m);

/* cache.c */
uint32_t cache_read(struct machine *m, uint32_t offset);
void cache_write(struct machine *m, uint32_t offset, uint32_t value);
void cache_enable(struct machine *m);
bool cache_applies(struct machine *m, const struct memory *memory, uint32_t address);
/* Fails when a DMA access meets a line that the processor has written. */
void cache_check_line(struct machine *m, struct memory *memory, uint32_t address, const char *access);

#endif
