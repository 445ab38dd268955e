#include "machine.h"
#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MMIO_CYCLES = 4 }; /* what an access to a peripheral takes */

void fail(struct machine *m, const char *format, ...) {
  va_list list;
  uint32_t pc = 0, lr = 0;
  va_start(list, format);
  printf("not ok: ");
  vprintf(format, list);
  va_end(list);
  if (m->uc != NULL) {
    uc_reg_read(m->uc, UC_ARM_REG_PC, &pc);
    uc_reg_read(m->uc, UC_ARM_REG_LR, &lr);
  }
  printf("\n  at %llu us, code at 0x%08x, pc 0x%08x, lr 0x%08x\n", (unsigned long long)machine_now_us(m),
         m->block_address, pc, lr);
  fflush(stdout);
  exit(1);
}

static void check(struct machine *m, uc_err error, const char *what) {
  if (error != UC_ERR_OK)
    fail(m, "%s: %s", what, uc_strerror(error));
}

void machine_add_memory(struct machine *m, struct memory memory) {
  memory.bytes = aligned_alloc(4096, memory.size);
  memory.behind_cache = memory.cacheable ? malloc(memory.size) : NULL;
  memory.synced = memory.cacheable ? malloc(memory.size) : NULL;
  memset(memory.bytes, 0xcd, memory.size); /* as it comes up: not zero */
  m->memories[m->memory_count++] = memory;
  check(m, uc_mem_map_ptr(m->uc, memory.base, memory.size, UC_PROT_ALL, memory.bytes), memory.name);
}

void machine_add_device(struct machine *m, struct device device) { m->devices[m->device_count++] = device; }

struct timer *machine_add_timer(struct machine *m, void (*fire)(void *self), void *self) {
  struct timer *timer = &m->timers[m->timer_count++];
  *timer = (struct timer){.at = UINT64_MAX, .fire = fire, .self = self};
  return timer;
}

static struct device *find_device(struct machine *m, uint32_t address) {
  for (unsigned i = 0; i < m->device_count; i++)
    if (address - m->devices[i].base < m->devices[i].size)
      return &m->devices[i];
  fail(m, "access to 0x%08x, where no register is", address);
}

struct window {
  struct machine *m;
  uint32_t base;
};

static uint64_t mmio_read(uc_engine *uc, uint64_t offset, unsigned size, void *user) {
  struct window *window = user;
  uint32_t address = window->base + (uint32_t)offset;
  struct device *device = find_device(window->m, address);
  (void)uc;
  if (size != 4 || address % 4 != 0)
    fail(window->m, "access of %u bytes to register 0x%08x of %s", size, address, device->name);
  window->m->cycles += MMIO_CYCLES;
  return device->read(device->self, address - device->base);
}

static void mmio_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user) {
  struct window *window = user;
  uint32_t address = window->base + (uint32_t)offset;
  struct device *device = find_device(window->m, address);
  (void)uc;
  if (size != 4 || address % 4 != 0)
    fail(window->m, "access of %u bytes to register 0x%08x of %s", size, address, device->name);
  window->m->cycles += MMIO_CYCLES;
  device->write(device->self, address - device->base, (uint32_t)value);
}

static void map_window(struct machine *m, uint32_t base, uint32_t size) {
  struct window *window = malloc(sizeof(*window));
  *window = (struct window){m, base};
  check(m, uc_mmio_map(m->uc, base, size, mmio_read, window, mmio_write, window), "peripherals");
}

static uint64_t next_timer(const struct machine *m) {
  uint64_t next = m->run_end;
  for (unsigned i = 0; i < m->timer_count; i++)
    if (m->timers[i].at < next)
      next = m->timers[i].at;
  return next;
}

/* Count the instructions of a block, and see which mask interrupts. */
static void count_block(struct machine *m, uint32_t address, uint32_t size) {
  const uint8_t *bytes = machine_at(m, address, size);
  for (uint32_t at = 0, length; bytes != NULL && at + 2 <= size; at += length) {
    length = bytes[at + 1] >> 3 >= 0x1d ? 4 : 2;
    m->instructions++;
    enum masked_step step = masked_step_arm(bytes + at, length);
    if (step == MASKED_BEGINS)
      span_begin(&m->masked, m->instructions, address + at, address);
    else if (step == MASKED_ENDS)
      span_end(&m->masked, m->instructions);
  }
}

static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *user) {
  struct machine *m = user;
  m->block_address = (uint32_t)address;
  m->block_size = size;
  m->cycles += size / 2;
  if (m->cycles >= next_timer(m) || core_would_take_exception(m))
    uc_emu_stop(uc); /* before the block, which then begins again */
  else if (m->counts_masked)
    count_block(m, (uint32_t)address, size);
}

static void on_exception(uc_engine *uc, uint32_t number, void *user) {
  struct machine *m = user;
  if (number == 8) /* a return from exception */
    uc_emu_stop(uc);
  else
    fail(m, "the processor faults (Unicorn's exception %u)", number);
}

static bool on_unmapped(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *user) {
  struct machine *m = user;
  (void)uc, (void)value;
  if (type == UC_MEM_FETCH_UNMAPPED && address >= 0xfffffff0u)
    return false;
  fail(m, "bus fault: access of %d bytes to 0x%08llx, where nothing is", size, (unsigned long long)address);
}

void machine_init(struct machine *m, const char *elf, bool m7) {
  uc_hook hook;
  *m = (struct machine){.m7 = m7, .elf = elf, .cpu_hz = 16000000};
  check(m, uc_open(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS, &m->uc), "uc_open");
  check(m, uc_ctl_set_cpu_model(m->uc, m7 ? UC_CPU_ARM_CORTEX_M7 : UC_CPU_ARM_CORTEX_M4), "processor");
  check(m, uc_hook_add(m->uc, &hook, UC_HOOK_BLOCK, on_block, m, 1, 0), "hook");
  check(m, uc_hook_add(m->uc, &hook, UC_HOOK_INTR, on_exception, m, 1, 0), "hook");
  check(m, uc_hook_add(m->uc, &hook, UC_HOOK_MEM_UNMAPPED, on_unmapped, m, 1, 0), "hook");
  map_window(m, 0x3ff00000, 0x100000); /* ESP32 */
  map_window(m, 0x40000000, 0x20000000);
  map_window(m, 0xe0000000, 0x100000);
  core_init(m);
}

uint8_t *machine_at(struct machine *m, uint32_t address, uint32_t len) {
  for (unsigned i = 0; i < m->memory_count; i++) {
    struct memory *memory = &m->memories[i];
    if (address - memory->base < memory->size && len <= memory->size - (address - memory->base))
      return memory->bytes + (address - memory->base);
  }
  return NULL;
}

void machine_load(struct machine *m) {
  FILE *file = fopen(m->elf, "rb");
  if (file == NULL)
    fail(m, "cannot open %s", m->elf);
  fseek(file, 0, SEEK_END);
  m->elf_size = (size_t)ftell(file);
  m->elf_bytes = malloc(m->elf_size);
  rewind(file);
  if (fread(m->elf_bytes, 1, m->elf_size, file) != m->elf_size)
    fail(m, "cannot read %s", m->elf);
  fclose(file);
  const Elf32_Ehdr *header = (const Elf32_Ehdr *)m->elf_bytes;
  const Elf32_Phdr *segments = (const Elf32_Phdr *)(m->elf_bytes + header->e_phoff);
  for (unsigned i = 0; i < header->e_phnum; i++) {
    const Elf32_Phdr *segment = &segments[i];
    if (segment->p_type != PT_LOAD || segment->p_filesz == 0)
      continue;
    uint8_t *bytes = machine_at(m, segment->p_paddr, segment->p_filesz);
    if (bytes == NULL)
      fail(m, "the image has a segment at 0x%08x, where the chip has no memory", segment->p_paddr);
    memcpy(bytes, m->elf_bytes + segment->p_offset, segment->p_filesz);
    if (m->vectors == 0)
      m->vectors = segment->p_paddr;
  }
}

uint32_t machine_symbol(struct machine *m, const char *name) {
  const Elf32_Ehdr *header = (const Elf32_Ehdr *)m->elf_bytes;
  const Elf32_Shdr *sections = (const Elf32_Shdr *)(m->elf_bytes + header->e_shoff);
  for (unsigned i = 0; i < header->e_shnum; i++) {
    if (sections[i].sh_type != SHT_SYMTAB)
      continue;
    const Elf32_Sym *symbols = (const Elf32_Sym *)(m->elf_bytes + sections[i].sh_offset);
    const char *names = (const char *)m->elf_bytes + sections[sections[i].sh_link].sh_offset;
    for (unsigned j = 0; j < sections[i].sh_size / sizeof(*symbols); j++)
      if (strcmp(names + symbols[j].st_name, name) == 0)
        return symbols[j].st_value;
  }
  fail(m, "the image has no symbol %s", name);
}

void machine_reset(struct machine *m) {
  const uint32_t *vectors = (const uint32_t *)machine_at(m, m->vectors, 8);
  uint32_t sp = vectors[0], pc = vectors[1];
  uc_reg_write(m->uc, UC_ARM_REG_SP, &sp);
  uc_reg_write(m->uc, UC_ARM_REG_PC, &pc);
}

void machine_end(struct machine *m) {
  uc_close(m->uc);
  for (unsigned i = 0; i < m->memory_count; i++) {
    free(m->memories[i].bytes);
    free(m->memories[i].behind_cache);
    free(m->memories[i].synced);
  }
  free(m->elf_bytes);
}

static void fire_timers(struct machine *m) {
  for (unsigned i = 0; i < m->timer_count; i++)
    if (m->timers[i].at <= m->cycles) {
      m->timers[i].at = UINT64_MAX;
      m->timers[i].fire(m->timers[i].self);
    }
}

/* One stretch of code: until a timer or an interrupt is due, the processor sleeps, or returns from an exception. */
static void run_code(struct machine *m) {
  uint32_t pc;
  uc_reg_read(m->uc, UC_ARM_REG_PC, &pc);
  uc_err error = uc_emu_start(m->uc, pc | 1, 0xfffffffe, 0, 0);
  uc_reg_read(m->uc, UC_ARM_REG_PC, &pc);
  if (pc >= 0xfffffff0u) {
    core_return_from_exception(m);
    return;
  }
  check(m, error, "the processor stops");
  const uint8_t *before = machine_at(m, pc - 2, 2);
  bool asleep = before != NULL && before[0] == 0x30 && before[1] == 0xbf; /* WFI */
  if (!asleep || m->cycles >= next_timer(m) || core_would_take_exception(m))
    return;
  m->cycles = next_timer(m);
}

bool machine_run(struct machine *m, uint32_t us, bool (*done)(void *arg), void *arg) {
  m->run_end = m->cycles + machine_us(m, us);
  while (m->cycles < m->run_end) {
    if (done != NULL && done(arg))
      return true;
    if (m->cycles >= next_timer(m))
      fire_timers(m);
    if (!core_take_exception(m))
      run_code(m);
  }
  return done != NULL && done(arg);
}

static struct memory *find_memory(struct machine *m, uint32_t address, uint32_t len) {
  for (unsigned i = 0; i < m->memory_count; i++) {
    struct memory *memory = &m->memories[i];
    if (memory->dma && address - memory->base < memory->size && len <= memory->size - (address - memory->base))
      return memory;
  }
  return NULL;
}

enum { LINE = 32 };

static bool dma(struct machine *m, uint32_t address, void *to, const void *from, uint32_t len) {
  struct memory *memory = find_memory(m, address, len);
  if (memory == NULL)
    return false;
  uint32_t at = address - memory->base;
  bool cached = cache_applies(m, memory, address);
  if (cached)
    for (uint32_t line = address & ~(LINE - 1u); line < address + len; line += LINE)
      cache_check_line(m, memory, line, to != NULL ? "reads" : "writes");
  uint8_t *bytes = (cached ? memory->behind_cache : memory->bytes) + at;
  if (to != NULL)
    memcpy(to, bytes, len);
  else
    memcpy(bytes, from, len);
  return true;
}

bool dma_read(struct machine *m, uint32_t address, void *bytes, uint32_t len) {
  return dma(m, address, bytes, NULL, len);
}

bool dma_write(struct machine *m, uint32_t address, const void *bytes, uint32_t len) {
  return dma(m, address, NULL, bytes, len);
}

uint32_t dma_read_word(struct machine *m, uint32_t address) {
  uint32_t value;
  if (address % 4 != 0 || !dma_read(m, address, &value, 4))
    fail(m, "the MAC reads a descriptor at 0x%08x, out of its reach", address);
  return value;
}

void dma_write_word(struct machine *m, uint32_t address, uint32_t value) {
  if (address % 4 != 0 || !dma_write(m, address, &value, 4))
    fail(m, "the MAC writes a descriptor at 0x%08x, out of its reach", address);
}

/* Unicorn also ends a block at a page of 1 KB, or behind an instruction across its start: the DSB may be before that. */
void machine_expect_dsb(struct machine *m, const char *what) {
  uint32_t before = m->block_address % 1024 < 4 ? 32 : 8;
  uint32_t size = m->block_size + before;
  const uint8_t *code = machine_at(m, m->block_address - before, size);
  for (uint32_t i = 0; code != NULL && i + 4 <= size; i += 2)
    if (code[i] == 0xbf && code[i + 1] == 0xf3 && (code[i + 2] & 0xf0) == 0x40 && code[i + 3] == 0x8f)
      return;
  fail(m, "no DSB before %s", what);
}
