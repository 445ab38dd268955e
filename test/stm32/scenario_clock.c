/* The MAC's IEEE 1588 clock: as an application sets, steps and steers it (echo.c), and the stamps that it takes (stamps.c). */
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
  /* It begins with the system's time, and is never set again. */
  expect_read(b);
  expect_near(b, "the clock after the start", ahead(b), 0, MS);
  expect_gain(b, 0);

  /* Steps lose no time: what is added shows to the nanosecond, apart from the time that the model takes. */
  int64_t before = ahead(b);
  expect_answer(b, "+", "ok");
  expect_near(b, "a step forwards", ahead(b) - before, 2700 * MS, 2000);
  expect_answer(b, "-", "ok");
  expect_near(b, "a step backwards", ahead(b) - before, -600 * MS, 2000);
  expect_read(b);
  expect_answer(b, "s", "ok");
  expect_near(b, "the time that was set", model_time(b), 1700000000 * S + 900 * MS, 30 * MS);
  expect_read(b);
  bench_wait(b, 500000);
  expect_read(b);

  expect_answer(b, "f", "ok");
  expect_gain(b, 1000000);
  expect_answer(b, "F", "ok");
  expect_gain(b, -1000000);
  EXPECT(b, b->nic.clock_sets == 2, "the driver sets the application's clock");

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

  /* So does a trap of the module, after which the driver starts anew. */
  expect_answer(b, "f", "ok");
  before = ahead(b);
  soc_type(&b->soc, "t");
  soc_expect(&b->soc, "the module was started again", 1000000);
  expect_near(b, "the time after a trap", ahead(b), before, MS);
  expect_gain(b, 1000000);
  expect_answer(b, "0", "ok");

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

  /* Nor has a MAC a clock that does not run. Afterwards the time goes on, however long that took. */
  before = ahead(b);
  b->nic.bus_error(&b->nic);
  bench_test_frame(b, frame, sizeof(frame), NULL);
  bench_say(b, frame, sizeof(frame), WIRE_GOOD);
  b->soc.phy.no_clock = true;
  soc_expect(&b->soc, "eth0: the MAC had a bus error", 1000000);
  bench_wait(b, 3000000);
  for (const char *command = "ks+-f"; *command != '\0'; command++)
    expect_answer(b, (char[]){*command, '\0'}, "EIO");
  b->soc.phy.no_clock = false;
  soc_expect(&b->soc, "eth0: the MAC runs again", 3000000);
  expect_near(b, "the time after a long restart", ahead(b), before, MS);
  soc_expect(&b->soc, "link up", 8000000);
  bench_wait(b, 2000);
  bench_echo(b, 60);
  EXPECT(b, bench_counter(b, "traps") == 1 && bench_counter(b, "faults") == 0, "other traps than one, or ring faults");
}

/* A MAC without a clock (or whose clock this driver does not use). */
void scenario_no_clock(struct bench *b) {
  bench_boot_echo(b);
  for (const char *command = "ks+-fF0"; *command != '\0'; command++)
    expect_answer(b, (char[]){*command, '\0'}, "EOPNOTSUPP");
  bench_echo(b, 60);
}

/* ---- Stamps ---- */

#define NONE UINT64_MAX

/* The stamp that stamps.c printed of a received or sent frame. */
static uint64_t printed(struct bench *b, const char *what) {
  char *end;
  const char *line = soc_expect(&b->soc, what, 100000);
  soc_expect(&b->soc, "\n", 100000);
  uint64_t seconds = strtoull(line, &end, 10);
  return end == line ? NONE : seconds * S + strtoull(end + 1, NULL, 10);
}

static void expect_stamp(struct bench *b, const char *when, const char *what, uint64_t expected) {
  uint64_t got = printed(b, what);
  EXPECT(b, got == expected, "%s: a frame that was %shas the stamp %lld, not %lld (-1: none)", when, what,
         (long long)got, (long long)expected);
}

/* One frame there and back. Each stamp must be the MAC's own of this frame, or none if it is not expected. */
static void expect_stamps(struct bench *b, const char *when, bool received, bool sent) {
  uint8_t frame[60];
  bench_test_frame(b, frame, sizeof(frame), NULL);
  bench_say(b, frame, sizeof(frame), WIRE_GOOD);
  uint64_t at = b->nic.stamp(&b->nic);
  const struct heard *heard = bench_hear(b, 100000);
  EXPECT(b, heard != NULL && memcmp(heard->bytes + 14, frame + 14, 46) == 0, "%s: a frame does not come back", when);
  expect_stamp(b, when, "received ", received ? at : NONE);
  expect_stamp(b, when, "sent ", sent ? heard->at : NONE);
  bench_wait(b, bench_random(b, 2000));
}

/* A burst in which the MAC fails to stamp frames at random. A frame has its own stamp or none. Returns how many have. */
static unsigned burst(struct bench *b, enum stamp_fault last_fault) {
  enum { BURST = 40 };
  static uint8_t frames[BURST][60];
  static uint64_t at[BURST];
  unsigned next = 0, stamps = 0;
  for (unsigned i = 0; i < BURST; i++) {
    bench_test_frame(b, frames[i], 60, NULL);
    b->nic.rx_stamps = bench_random(b, 2) ? STAMP_GOOD : bench_random(b, last_fault + 1);
    bench_wait(b, bench_random(b, 100));
    b->nic.receive(&b->nic, frames[i], 60, WIRE_GOOD);
    at[i] = b->nic.stamp(&b->nic);
  }
  b->nic.rx_stamps = STAMP_GOOD;
  for (const struct heard *heard; (heard = bench_hear(b, 100000)) != NULL; next++) {
    while (next < BURST && memcmp(frames[next] + 14, heard->bytes + 14, 46) != 0)
      next++;
    EXPECT(b, next < BURST, "a frame comes back out of order, or not as it was sent");
    uint64_t got = printed(b, "received ");
    EXPECT(b, got == NONE || got == at[next], "frame %u of a burst has another's stamp", next);
    stamps += got != NONE;
  }
  return stamps;
}

void scenario_stamps(struct bench *b) {
  enum { ROUNDS = 20 }; /* more than descriptors, so that each of them meets an old stamp */
  static const char *faults[] = {[STAMP_NONE] = "a MAC that takes none",
                                 [STAMP_LOST] = "a lost time",
                                 [STAMP_STALE] = "a stamp that is not written",
                                 [STAMP_OMITTED] = "an omitted context",
                                 [STAMP_LATE] = "a late context",
                                 [STAMP_FOREIGN] = "a foreign context"};
  bool h7 = b->soc.series == SERIES_H7; /* writes the whole descriptor at once, so that nothing in it is stale */
  enum stamp_fault last_fault = h7 ? STAMP_FOREIGN : STAMP_STALE;
  unsigned stamps = 0;
  bench_boot_with_link(b, "stamps: ready");
  bench_own_address(b);
  expect_stamps(b, "unasked", false, false);
  EXPECT(b, b->nic.stamped == 0, "received frames are stamped unasked");
  b->nic.tx_stamps = STAMP_UNASKED;
  for (unsigned i = 0; i < ROUNDS; i++)
    expect_stamps(b, "a stamp that was not asked for", false, false);
  b->nic.tx_stamps = STAMP_GOOD;
  bench_command(b, "w");
  expect_stamps(b, "asked for, but off", false, false);
  b->nic.tx_stamps = h7 ? STAMP_LOST : STAMP_STALE;
  bench_command(b, "t");
  for (unsigned i = 0; i < ROUNDS; i++)
    expect_stamps(b, faults[b->nic.tx_stamps], false, false);
  b->nic.tx_stamps = STAMP_GOOD;
  expect_stamps(b, "sending only", false, true);
  bench_command(b, "r");
  b->nic.rx_stamps = h7 ? STAMP_LOST : STAMP_STALE;
  expect_stamps(b, faults[b->nic.rx_stamps], false, true);
  b->nic.rx_stamps = STAMP_GOOD;
  for (unsigned i = 0; i < 100; i++)
    expect_stamps(b, "both", true, true);

  for (enum stamp_fault fault = STAMP_NONE; fault <= last_fault; fault++) {
    for (unsigned round = 0; round < ROUNDS && !(h7 && fault == STAMP_STALE); round++) {
      b->nic.rx_stamps = fault;
      expect_stamps(b, faults[fault], false, true);
      b->nic.rx_stamps = STAMP_GOOD;
      if (round % 3 == 0)
        expect_stamps(b, "thereafter", true, true);
    }
    b->nic.tx_stamps = fault <= STAMP_LOST ? fault : STAMP_GOOD;
    for (unsigned round = 0; round < ROUNDS; round++)
      expect_stamps(b, faults[fault], true, fault > STAMP_LOST);
    b->nic.tx_stamps = STAMP_GOOD;
  }
  for (unsigned i = 0; i < ROUNDS; i++)
    stamps += burst(b, h7 ? last_fault : STAMP_LOST);
  EXPECT(b, stamps > ROUNDS, "hardly a frame of a burst is stamped");
  bench_command(b, "R");
  bench_command(b, "T");
  bench_command(b, "W");
  expect_stamps(b, "no longer", false, false);
  printf("%u stamps in bursts, each its frame's own\n", stamps);
}
