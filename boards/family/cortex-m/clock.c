/* The clock and the sleep of arch.h. Both use SysTick, which every Cortex-M has.
 *
 * SysTick counts down in periods. Normally a period is as long as its 24 bits allow (0.3 to 0.7 seconds) and ends with
 * an interrupt that adds it to the time; the clock needs no other interrupt. A sleep with a deadline ends the present
 * period early and starts one that ends at the deadline; its interrupt starts a full period again. Each start of a
 * period loses the few processor cycles between reading the counter and restarting it. */
#include "arch.h"
#include "family.h"
#include "registers.h"
#include <stdbool.h>

#define CYCLES_PER_US ((uint32_t)BOARD_CPU_MHZ)
#define FULL_PERIOD (0x1000000u / CYCLES_PER_US * CYCLES_PER_US)
/* A shorter sleep is not worth its cost: it ends at once, and the caller checks again. */
#define SHORTEST_SLEEP_US 20u

static uint64_t start_us;     /* the start of the period, ... */
static uint32_t start_cycles; /* ... and the cycles after that microsecond, less than CYCLES_PER_US */
static uint32_t period;       /* its length in cycles */
static bool reloading;        /* the counter was restarted and still reads 0 */
static volatile bool rang;    /* a period has ended since arch_set_alarm() */

/* Start a period of `cycles`. The counter repeats it until the next begin_period(). */
static void begin_period(uint32_t cycles) {
  SYST_CSR = SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  ICSR = ICSR_PENDSTCLR;
  period = cycles;
  reloading = true;
  SYST_RVR = cycles - 1;
  SYST_CVR = 0; /* the counter reloads at the first clock edge */
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
}

/* Advance the start of the period by `cycles`. */
static void advance(uint32_t cycles) {
  cycles += start_cycles;
  start_us += cycles / CYCLES_PER_US;
  start_cycles = cycles % CYCLES_PER_US;
}

/* The period has ended. */
static void end_period(void) {
  rang = true;
  advance(period);
  if (period != FULL_PERIOD)
    begin_period(FULL_PERIOD);
}

/* Cycles since the start of the period. Call with interrupts masked. */
static uint32_t cycles_of_period(void) {
  uint32_t left = SYST_CVR;
  if (ICSR & ICSR_PENDSTSET) { /* it ended and its interrupt is pending: do its work here */
    ICSR = ICSR_PENDSTCLR;
    end_period();
    left = SYST_CVR;
    reloading |= left == 0;
  }
  if (left == 0)
    return reloading ? 0 : period;
  reloading = false;
  return left < period ? period - left : 0;
}

/* The handler of SysTick. */
void family_clock_interrupt(void) { end_period(); }

void family_clock_start(void) { begin_period(FULL_PERIOD); }

uint64_t arch_now_us(void) {
  uint32_t state = arch_irq_save();
  uint32_t cycles = cycles_of_period(); /* first, because it may change start_us */
  uint64_t now = start_us + (start_cycles + cycles) / CYCLES_PER_US;
  arch_irq_restore(state);
  return now;
}

/* What is masked reads the counter and starts a period: the rest is computed before. */
bool arch_set_alarm(uint64_t deadline_us) {
  rang = false;
  if (deadline_us == UINT64_MAX)
    return true;
  uint64_t now = arch_now_us();
  if (deadline_us <= now)
    return false;
  uint64_t us = deadline_us - now;
  if (us < SHORTEST_SLEEP_US) {
    rang = true;
    return true;
  }
  uint32_t wanted = us < FULL_PERIOD / CYCLES_PER_US ? (uint32_t)us * CYCLES_PER_US : FULL_PERIOD;
  uint32_t state = arch_irq_save();
  uint32_t cycles = cycles_of_period();
  if (wanted < period - cycles) {
    advance(cycles);
    begin_period(wanted);
  }
  arch_irq_restore(state);
  return true;
}

void arch_wait_for_interrupt(void) {
  if (!rang)
    __asm__ volatile("dsb\n\twfi" ::: "memory");
}

void arch_irq_enable(unsigned irq) { NVIC_ISER(irq / 32) = 1u << irq % 32; }

void arch_irq_disable(unsigned irq) {
  NVIC_ICER(irq / 32) = 1u << irq % 32;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
}
