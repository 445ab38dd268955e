/* The processor's private peripherals: SysTick, NVIC, the system control block's MPU and cache registers; exceptions. One
 * priority for all interrupts, so none interrupts another. */
#include "machine.h"

#define CSR_ENABLE 1u
#define CSR_TICKINT 2u
#define CCR_DC (1u << 16)
#define SYSTICK 15u
#define FIRST_IRQ 16u

/* ---- SysTick ---- */

static uint32_t systick_period(const struct machine *m) { return (m->systick_rvr & 0xffffff) + 1; }

static void systick_fire(void *self) {
  struct machine *m = self;
  m->systick->at = m->cycles + systick_period(m);
  if (m->systick_csr & CSR_TICKINT)
    m->systick_pending = true;
}

static uint32_t systick_read(void *self, uint32_t offset) {
  struct machine *m = self;
  switch (offset) {
  case 0x0: return m->systick_csr;
  case 0x4: return m->systick_rvr;
  case 0x8:
    if (!(m->systick_csr & CSR_ENABLE) || m->systick->at <= m->cycles)
      return 0;
    return (uint32_t)(m->systick->at - m->cycles);
  }
  fail(m, "SysTick has no register 0x%x", offset);
}

static void systick_write(void *self, uint32_t offset, uint32_t value) {
  struct machine *m = self;
  if (offset == 0x0) {
    bool starts = (value & CSR_ENABLE) && !(m->systick_csr & CSR_ENABLE);
    m->systick_csr = value & 7;
    if (starts)
      m->systick->at = m->cycles + systick_period(m);
    else if (!(value & CSR_ENABLE))
      m->systick->at = UINT64_MAX;
  } else if (offset == 0x4) {
    m->systick_rvr = value & 0xffffff;
  } else if (offset == 0x8) { /* clears the counter; it reloads */
    if (m->systick_csr & CSR_ENABLE)
      m->systick->at = m->cycles + systick_period(m);
  } else {
    fail(m, "SysTick has no register 0x%x", offset);
  }
}

/* ---- NVIC ---- */

static uint32_t nvic_read(void *self, uint32_t offset) {
  struct machine *m = self;
  if (offset < 0x20 || (offset >= 0x80 && offset < 0xa0))
    return m->irq_enabled[offset % 0x80 / 4];
  fail(m, "NVIC register 0x%x is not modelled", offset);
}

static void nvic_write(void *self, uint32_t offset, uint32_t value) {
  struct machine *m = self;
  if (offset < 0x20)
    m->irq_enabled[offset / 4] |= value;
  else if (offset >= 0x80 && offset < 0xa0)
    m->irq_enabled[(offset - 0x80) / 4] &= ~value;
  else
    fail(m, "NVIC register 0x%x is not modelled", offset);
}

void machine_irq(struct machine *m, unsigned irq, bool level) {
  uint32_t bit = 1u << irq % 32;
  m->irq_level[irq / 32] = level ? m->irq_level[irq / 32] | bit : m->irq_level[irq / 32] & ~bit;
}

/* ---- System control block: 0xe000ed00 to 0xe000efff ---- */

enum { ICSR = 0x04, CCR = 0x14, CCSIDR = 0x80, CSSELR = 0x84 };
enum { MPU_TYPE = 0x90, MPU_CTRL = 0x94, MPU_RNR = 0x98, MPU_RBAR = 0x9c, MPU_RASR = 0xa0 };
enum { CACHE_OPS = 0x250, CACHE_OPS_END = 0x278 };

static uint32_t scb_read(void *self, uint32_t offset) {
  struct machine *m = self;
  switch (offset) {
  case ICSR: return m->exception | (m->systick_pending ? 1u << 26 : 0);
  case CCR: return m->ccr;
  case CCSIDR: /* 16 KB, four ways of 128 sets of 32 bytes */ return 127u << 13 | 3u << 3 | 1;
  case CSSELR: return m->csselr;
  case MPU_TYPE: return 8u << 8;
  case MPU_CTRL: return m->mpu_ctrl;
  case MPU_RASR: return m->mpu_rasr[m->mpu_rnr];
  }
  fail(m, "system control register 0x%x is not modelled", offset);
}

static void scb_write(void *self, uint32_t offset, uint32_t value) {
  struct machine *m = self;
  bool had_cache = m->ccr & CCR_DC;
  switch (offset) {
  case ICSR:
    if (value & 1u << 25)
      m->systick_pending = false;
    return;
  case CCR:
    m->ccr = value;
    if (!had_cache && (value & CCR_DC))
      cache_enable(m);
    return;
  case CSSELR: m->csselr = value; return;
  case MPU_CTRL: m->mpu_ctrl = value; return;
  case MPU_RNR: m->mpu_rnr = value & 15; return;
  case MPU_RBAR: m->mpu_rbar[m->mpu_rnr] = value & ~0x1fu; return;
  case MPU_RASR: {
    uint32_t size = 1u << ((value >> 1 & 31) + 1);
    m->mpu_rasr[m->mpu_rnr] = value;
    if ((value & 1) && m->mpu_rbar[m->mpu_rnr] % size != 0)
      fail(m, "MPU region at 0x%08x is not aligned to its size 0x%x", m->mpu_rbar[m->mpu_rnr], size);
    return;
  }
  }
  if (m->m7 && offset >= CACHE_OPS && offset < CACHE_OPS_END)
    cache_write(m, offset, value);
  else
    fail(m, "system control register 0x%x is not modelled", offset);
}

/* ---- Exceptions ---- */

static uint32_t pending_exception(const struct machine *m) {
  if (m->systick_pending)
    return SYSTICK;
  for (unsigned i = 0; i < 8; i++) {
    uint32_t lines = m->irq_enabled[i] & m->irq_level[i];
    if (lines != 0)
      return FIRST_IRQ + 32 * i + (uint32_t)__builtin_ctz(lines);
  }
  return 0;
}

static bool is_masked(struct machine *m) {
  uint32_t primask;
  uc_reg_read(m->uc, UC_ARM_REG_PRIMASK, &primask);
  return (primask & 1) != 0;
}

bool core_would_take_exception(struct machine *m) {
  return !m->in_handler && pending_exception(m) != 0 && !is_masked(m);
}

static const int stacked[8] = {UC_ARM_REG_R0,  UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3,
                               UC_ARM_REG_R12, UC_ARM_REG_LR, UC_ARM_REG_PC, UC_ARM_REG_XPSR};

/* Flags and the IT state, which Unicorn shows in CPSR only. */
#define IT_STATE (3u << 25 | 0x3fu << 10)

/* The image runs its task on the process stack and handlers on the main stack, which starts afresh for each of them. */
bool core_take_exception(struct machine *m) {
  if (!core_would_take_exception(m))
    return false;
  uint32_t number = pending_exception(m), sp, lr = 0xfffffffd, frame[8];
  uc_reg_read(m->uc, UC_ARM_REG_SP, &sp);
  for (unsigned i = 0; i < 8; i++)
    uc_reg_read(m->uc, stacked[i], &frame[i]);
  uint32_t padding = sp & 4;
  frame[7] |= padding << 7;
  sp -= sizeof(frame) + padding;
  if (uc_mem_write(m->uc, sp, frame, sizeof(frame)) != UC_ERR_OK)
    fail(m, "no stack for an exception at 0x%08x", sp);
  const uint32_t *vectors = (const uint32_t *)machine_at(m, m->vectors, 4 * (number + 1));
  uint32_t handler = vectors[number];
  if (number == SYSTICK)
    m->systick_pending = false;
  m->in_handler = true;
  m->exception = number;
  uc_reg_read(m->uc, UC_ARM_REG_CPSR, &m->interrupted_cpsr);
  uint32_t cpsr = m->interrupted_cpsr & ~IT_STATE; /* a block of conditional instructions goes on behind the handler */
  uc_reg_write(m->uc, UC_ARM_REG_CPSR, &cpsr);
  uc_reg_write(m->uc, UC_ARM_REG_LR, &lr);
  uint32_t main_stack = vectors[0] - 8;
  uc_mem_write(m->uc, main_stack, &sp, 4); /* where the frame is */
  uc_reg_write(m->uc, UC_ARM_REG_SP, &main_stack);
  handler |= 1;
  uc_reg_write(m->uc, UC_ARM_REG_PC, &handler);
  m->cycles += 12;
  return true;
}

void core_return_from_exception(struct machine *m) {
  uint32_t sp, at, frame[8];
  uc_reg_read(m->uc, UC_ARM_REG_SP, &at);
  if (!m->in_handler || uc_mem_read(m->uc, at, &sp, 4) != UC_ERR_OK)
    fail(m, "return from no exception");
  uc_mem_read(m->uc, sp, frame, sizeof(frame));
  sp += sizeof(frame) + (frame[7] >> 7 & 4);
  frame[6] |= 1;
  for (unsigned i = 0; i < 7; i++)
    uc_reg_write(m->uc, stacked[i], &frame[i]);
  uc_reg_write(m->uc, UC_ARM_REG_CPSR, &m->interrupted_cpsr);
  uc_reg_write(m->uc, UC_ARM_REG_SP, &sp);
  m->in_handler = false;
  m->exception = 0;
  m->cycles += 12;
}

void core_init(struct machine *m) {
  m->systick = machine_add_timer(m, systick_fire, m);
  machine_add_device(m, (struct device){"SysTick", 0xe000e010, 0x10, systick_read, systick_write, m});
  machine_add_device(m, (struct device){"NVIC", 0xe000e100, 0x300, nvic_read, nvic_write, m});
  machine_add_device(m, (struct device){"system control block", 0xe000ed00, 0x300, scb_read, scb_write, m});
}
