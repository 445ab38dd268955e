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
#define FULL_PERIOD_US (0x1000000u / CYCLES_PER_US)
/* A shorter sleep is not worth its cost: it ends at once, and the caller checks again. */
#define SHORTEST_SLEEP_US 20u

/* One object, so that code with interrupts masked finds all by one address. */
static struct {
  uint64_t start_us;     /* the start of the period, ... */
  uint32_t start_cycles; /* ... and the cycles after that microsecond, less than two full periods */
  uint32_t period;       /* its length in cycles, ... */
  uint32_t period_us;    /* ... which are whole microseconds */
  bool reloading;        /* the counter was restarted and still reads 0 */
  volatile bool rang;    /* a period has ended since arch_set_alarm() */
} clock;

/* Start a period of `us`, which are `cycles`. The counter repeats it until the next begin_period(). */
static void begin_period(uint32_t us, uint32_t cycles) {
  SYST_CSR = SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  ICSR = ICSR_PENDSTCLR;
  clock.period = cycles;
  clock.period_us = us;
  clock.reloading = true;
  SYST_RVR = cycles - 1;
  SYST_CVR = 0; /* the counter reloads at the first clock edge */
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
}

/* Make microseconds of whole ones in start_cycles. */
static void carry(void) {
  uint32_t state = arch_irq_save();
  clock.start_us += clock.start_cycles / CYCLES_PER_US;
  clock.start_cycles %= CYCLES_PER_US;
  arch_irq_restore(state);
}

/* The period has ended. */
static void end_period(void) {
  clock.rang = true;
  clock.start_us += clock.period_us;
  if (clock.period_us != FULL_PERIOD_US)
    begin_period(FULL_PERIOD_US, FULL_PERIOD_US * CYCLES_PER_US);
}

/* Cycles since the start of the period, which has not ended when the counter read `left`. */
static uint32_t cycles_at(uint32_t left) {
  if (left == 0)
    return clock.reloading ? 0 : clock.period;
  clock.reloading = false;
  return left < clock.period ? clock.period - left : 0;
}

/* Cycles since the start of the period. Call with interrupts masked. */
static uint32_t cycles_of_period(void) {
  uint32_t left = SYST_CVR;
  if (ICSR & ICSR_PENDSTSET) { /* it ended and its interrupt is pending: do its work here */
    ICSR = ICSR_PENDSTCLR;
    end_period();
    left = SYST_CVR;
    clock.reloading |= left == 0;
  }
  return cycles_at(left);
}

/* The handler of SysTick. */
void family_clock_interrupt(void) { end_period(); }

void family_clock_start(void) { begin_period(FULL_PERIOD_US, FULL_PERIOD_US * CYCLES_PER_US); }

uint64_t arch_now_us(void) {
  uint32_t state = arch_irq_save();
  uint32_t cycles = cycles_of_period(); /* first, because it may change clock.start_us */
  uint64_t start = clock.start_us;
  cycles += clock.start_cycles;
  arch_irq_restore(state);
  return start + cycles / CYCLES_PER_US;
}

/* What is masked at a time is short: it reads the counter and starts a period. */
bool arch_set_alarm(uint64_t deadline_us) {
  clock.rang = false;
  if (deadline_us == UINT64_MAX)
    return true;
  uint64_t earlier = arch_now_us();
  if (deadline_us <= earlier)
    return false;
  uint64_t us = deadline_us - earlier;
  if (us < SHORTEST_SLEEP_US) {
    clock.rang = true;
    return true;
  }
  uint32_t wanted = us < FULL_PERIOD_US ? (uint32_t)us : FULL_PERIOD_US;
  uint32_t wanted_cycles = wanted * CYCLES_PER_US;
  carry();
  uint32_t state = arch_irq_save();
  uint32_t left = SYST_CVR;
  if (!(ICSR & ICSR_PENDSTSET)) { /* otherwise the handler, which then runs, ends the sleep */
    uint32_t cycles = cycles_at(left);
    if (wanted_cycles < clock.period - cycles) {
      clock.start_cycles += cycles;
      begin_period(wanted, wanted_cycles);
    }
  }
  arch_irq_restore(state);
  return true;
}

void arch_wait_for_interrupt(void) {
  if (!clock.rang)
    __asm__ volatile("dsb\n\twfi" ::: "memory");
}

void arch_irq_enable(unsigned irq) { NVIC_ISER(irq / 32) = 1u << irq % 32; }

void arch_irq_disable(unsigned irq) {
  NVIC_ICER(irq / 32) = 1u << irq % 32;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
}
