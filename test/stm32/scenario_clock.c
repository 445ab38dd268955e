/* The MAC's IEEE 1588 clock as an application sets, steps and steers it, with the application echo.c. */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000000ll /* nanoseconds */
#define S (1000 * MS)

/* The line that echo.c prints for a command, from behind "clock ". */
static const char *answer(struct bench *b, const char *command) {
  char done[] = "did ?\n";
  done[4] = command[0];
  soc_type(&b->soc, command);
  const char *line = soc_expect(&b->soc, "clock ", 1000000);
  soc_expect(&b->soc, done, 1000000);
  return line;
}

static void expect_answer(struct bench *b, const char *command, const char *expected) {
  const char *line = answer(b, command);
  EXPECT(b, strncmp(line, expected, strlen(expected)) == 0, "command %s: %.12s, not %s", command, line, expected);
}

static int64_t model_time(struct bench *b) { return (int64_t)b->nic.stamp(&b->nic); }

/* What the application reads lies between the times before and after. */
static void expect_read(struct bench *b) {
  int64_t before = model_time(b);
  char *end;
  const char *line = answer(b, "k");
  int64_t got = (int64_t)strtoull(line, &end, 10) * S + (int64_t)strtoull(end + 1, NULL, 10);
  EXPECT(b, got > before && got < model_time(b), "the clock is read as %lld, between %lld and %lld", (long long)got,
         (long long)before, (long long)model_time(b));
}

/* How far the clock is ahead of the processor's time. */
static int64_t ahead(struct bench *b) { return model_time(b) - (int64_t)machine_now_us(&b->soc.m) * 1000; }

/* Parts per billion that the clock gains on the processor in `ms`. */
static int64_t gain(struct bench *b, uint32_t ms) {
  int64_t time = model_time(b);
  uint64_t cycles = b->soc.m.cycles;
  bench_wait(b, ms * 1000);
  int64_t passed = (int64_t)((b->soc.m.cycles - cycles) * 1000 / (b->soc.m.cpu_hz / 1000000));
  return (model_time(b) - time - passed) * S / passed;
}

static void expect_gain(struct bench *b, int64_t expected) {
  int64_t got = gain(b, 1000);
  EXPECT(b, llabs(got - expected) < 50, "the clock gains %lld ppb, not %lld", (long long)got, (long long)expected);
}

static void expect_near(struct bench *b, const char *what, int64_t got, int64_t expected, int64_t within) {
  EXPECT(b, llabs(got - expected) < within, "%s: %lld ns, not %lld", what, (long long)got, (long long)expected);
}

void scenario_clock(struct bench *b) {
  bench_boot_echo(b);
  /* Before the application touches it, it follows the processor's time, however wrong its oscillator. */
  expect_read(b);
  b->nic.clock_error = 300000;
  for (unsigned i = 0; i < 20; i++) {
    bench_wait(b, 500000);
    expect_near(b, "following the processor's time", ahead(b), 0, 2 * MS);
  }
  EXPECT(b, b->nic.clock_sets >= 3, "the clock was set only %u times", b->nic.clock_sets);
  b->nic.clock_error = 0;
  expect_gain(b, 0);

  /* Steps lose no time: what is added shows to the nanosecond, apart from the time that the model takes. */
  int64_t before = ahead(b);
  expect_answer(b, "+", "ok");
  expect_near(b, "a step forwards", ahead(b) - before, 2700 * MS, 2000);
  expect_answer(b, "-", "ok");
  expect_near(b, "a step backwards", ahead(b) - before, -600 * MS, 2000);
  expect_read(b);
  unsigned sets = b->nic.clock_sets;
  expect_answer(b, "s", "ok");
  expect_near(b, "the time that was set", model_time(b), 1700000000 * S + 900 * MS, 30 * MS);
  expect_read(b);
  bench_wait(b, 500000);
  expect_read(b);

  expect_answer(b, "f", "ok");
  expect_gain(b, 1000000);
  expect_answer(b, "F", "ok");
  expect_gain(b, -1000000);
  EXPECT(b, b->nic.clock_sets == sets + 1, "the driver sets the application's clock");

  /* A restart keeps the rate, and the time but for what the oscillators drift in a tenth of a second. */
  uint8_t frame[60];
  before = ahead(b);
  b->nic.bus_error(&b->nic);
  bench_test_frame(b, frame, sizeof(frame), NULL);
  bench_say(b, frame, sizeof(frame), WIRE_GOOD);
  soc_expect(&b->soc, "eth0: the MAC runs again", 1000000);
  expect_near(b, "the time after a restart", ahead(b), before, MS);
  expect_gain(b, -1000000);
  soc_expect(&b->soc, "link up", 8000000);
  expect_answer(b, "0", "ok");
  expect_gain(b, 0);

  /* An update that does not end is reported, and nothing is written over it. */
  b->nic.hold_clock = true;
  expect_answer(b, "s", "EIO");
  expect_answer(b, "+", "EIO");
  expect_answer(b, "f", "EIO");
  bench_wait(b, 300000);
  b->nic.hold_clock = false;
  expect_answer(b, "s", "ok");
  expect_answer(b, "0", "ok");
  expect_read(b);
  bench_wait(b, 2000);
  bench_echo(b, 60);
  bench_expect_no_traps(b);
}

/* A MAC without a clock (or whose clock this driver does not use). */
void scenario_no_clock(struct bench *b) {
  bench_boot_echo(b);
  for (const char *command = "ks+-fF0"; *command != '\0'; command++)
    expect_answer(b, (char[]){*command, '\0'}, "EOPNOTSUPP");
  bench_echo(b, 60);
}
