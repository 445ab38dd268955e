/* The clock and the sleep of arch.h, both from SysTick, which every Cortex-M has.
 *
 * SysTick counts down through periods. Left alone each is as long as its 24 bits allow (0.3 to 0.7 seconds) and ends in an
 * interrupt that adds it to the time: the only interrupt that the clock itself needs. A sleep with a deadline cuts the
 * period under way short so that it ends at the deadline; the period behind it is a full one again. Cutting loses the few
 * processor cycles between reading the counter and restarting it. */
#include "arch.h"
#include "family.h"
#include "registers.h"
#include <stdbool.h>

#define CYCLES_PER_US ((uint32_t)BOARD_CPU_MHZ)
#define FULL_PERIOD (0x1000000u / CYCLES_PER_US * CYCLES_PER_US)
/* A shorter sleep than this is not worth its cost: return at once and let the caller look again. */
#define SHORTEST_SLEEP_US 20u

static uint64_t start_us;     /* when the period began, ... */
static uint32_t start_cycles; /* ... and the cycles behind that microsecond, less than CYCLES_PER_US */
static uint32_t period;       /* cycles from its begin to its end */

/* The next period has begun; it is a full one. */
static void next_period(void) {
  uint32_t cycles = start_cycles + period;
  start_us += cycles / CYCLES_PER_US;
  start_cycles = cycles % CYCLES_PER_US;
  period = FULL_PERIOD;
}

/* Cycles since start_us. Interrupts are masked. */
static uint32_t cycles_since_start(void) {
  uint32_t left = SYST_CVR;
  if (ICSR & ICSR_PENDSTSET) { /* a period ended and its interrupt waits: do its work here */
    ICSR = ICSR_PENDSTCLR;
    next_period();
    left = SYST_CVR;
    if (left == 0) /* the counter has not reloaded yet */
      left = period;
  }
  return start_cycles + period - left;
}

/* The handler of SysTick. */
void family_clock_interrupt(void) { next_period(); }

/* Stop the counter, so that it can be read and started afresh. */
static void stop_period(void) { SYST_CSR = SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE; }

/* Start the stopped counter for a period of `cycles`; the next one is a FULL_PERIOD. False: it is over already, which
 * happens when an emulator's host was busy elsewhere; a FULL_PERIOD has then begun. */
static bool begin_period(uint32_t cycles) {
  period = cycles;
  SYST_RVR = cycles - 1;
  SYST_CVR = 0; /* the counter reloads at the first clock edge */
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  for (unsigned tries = 0; SYST_CVR == 0 && tries < 1000; tries++) {
  }
  SYST_RVR = FULL_PERIOD - 1;
  if (cycles == FULL_PERIOD || !(ICSR & ICSR_PENDSTSET))
    return true;
  stop_period();
  ICSR = ICSR_PENDSTCLR;
  next_period();
  begin_period(FULL_PERIOD);
  return false;
}

void family_clock_start(void) {
  stop_period();
  begin_period(FULL_PERIOD);
}

uint64_t arch_now_us(void) {
  uint32_t state = arch_irq_save();
  uint32_t cycles = cycles_since_start();
  uint64_t now = start_us + cycles / CYCLES_PER_US;
  arch_irq_restore(state);
  return now;
}

/* Cut the period short when it would end after `deadline_us`. False: the deadline is due. */
static bool arm(uint64_t deadline_us) {
  uint32_t cycles = cycles_since_start();
  uint64_t now = start_us + cycles / CYCLES_PER_US;
  if (deadline_us < now + SHORTEST_SLEEP_US)
    return false;
  if (deadline_us >= start_us + (start_cycles + period) / CYCLES_PER_US)
    return true;
  stop_period();
  cycles = cycles_since_start();
  start_us += cycles / CYCLES_PER_US;
  start_cycles = cycles % CYCLES_PER_US;
  if (deadline_us < start_us + SHORTEST_SLEEP_US) {
    begin_period(FULL_PERIOD);
    return false;
  }
  return begin_period((uint32_t)(deadline_us - start_us) * CYCLES_PER_US - start_cycles);
}

void arch_wait_for_interrupt(uint64_t deadline_us) {
  if (deadline_us != UINT64_MAX && !arm(deadline_us))
    return;
  __asm__ volatile("dsb\n\twfi" ::: "memory");
}

void arch_irq_enable(unsigned irq) { NVIC_ISER(irq / 32) = 1u << irq % 32; }

void arch_irq_disable(unsigned irq) {
  NVIC_ICER(irq / 32) = 1u << irq % 32;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
}
