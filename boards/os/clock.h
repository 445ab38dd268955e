/* Clocks for pkt_os_now() on systems that count ticks, which stand still while interrupts are masked. Each function is called with
 * interrupts masked, by one port for one clock. */
#ifndef PKT_OS_CLOCK_H
#define PKT_OS_CLOCK_H

#include <stdint.h>

/* A count of ticks that has 32 bits, in 64. It sees each of its rounds if it is called once in each. */
static inline uint64_t widened(uint32_t ticks) {
  static uint32_t last, rounds;
  rounds += ticks < last && last - ticks > UINT32_MAX / 2;
  last = ticks;
  return (uint64_t)rounds << 32 | ticks;
}

/* A timer may start anew a moment before its interrupt is pending: time then stands still rather than runs backwards. */
static inline uint64_t not_earlier(uint64_t now) {
  static uint64_t latest;
  if (now > latest)
    latest = now;
  return latest;
}

/* Microseconds by the ticks and a counter, both of the same timer, that counts on while interrupts are masked. It has 32 bits,
 * which are a few seconds: the ticks, which are late then, say which of its rounds it is in, namely the nearest. */
static inline uint64_t us_by_counter(uint64_t ticks, uint32_t ticks_hz, uint32_t count, uint32_t count_hz) {
  static uint32_t begin, begun;
  uint64_t cycles = ticks * (count_hz / ticks_hz);
  if (!begun) {
    begun = 1;
    begin = count - (uint32_t)cycles;
  }
  cycles += (uint64_t)(int64_t)(int32_t)(count - begin - (uint32_t)cycles);
  return not_earlier(cycles / count_hz * 1000000 + cycles % count_hz * 1000000 / count_hz);
}

/* Microseconds by the ticks of a Cortex-M's SysTick. A tick that is due, but not counted, shows as a pending interrupt. */
static inline uint64_t us_by_systick(uint32_t (*ticks)(void), uint32_t us_per_tick, uint32_t cycles_per_us) {
  volatile uint32_t *const systick = (volatile uint32_t *)0xe000e010; /* control, reload value, current value */
  volatile uint32_t *const icsr = (volatile uint32_t *)0xe000ed04;
  const uint32_t pendstset = 1u << 26;
  uint32_t cycles = systick[2], tick = ticks();
  if (*icsr & pendstset) {
    cycles = systick[2];
    tick++;
  }
  return not_earlier(widened(tick) * us_per_tick + (systick[1] - cycles) / cycles_per_us);
}

#endif
