/* The MAC drivers under load, with the application echo.c: frames, filter, memory. */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bench_own_address(struct bench *b) {
  const uint8_t *uid = machine_at(&b->soc.m, soc_uid(b->soc.series), 12);
  uint32_t hash = 2166136261u;
  for (unsigned i = 0; i < 12; i++)
    hash = (hash ^ uid[i]) * 16777619u;
  b->hwaddr[0] = 0x02;
  b->hwaddr[1] = 0x50;
  memcpy(&b->hwaddr[2], &hash, sizeof(hash));
}

void bench_boot_echo(struct bench *b) {
  static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
  uint8_t frame[60];
  bench_boot_with_link(b, "echo is ready");
  bench_command(b, "x");
  bench_test_frame(b, frame, sizeof(frame), broadcast);
  bench_say(b, frame, sizeof(frame), WIRE_GOOD);
  EXPECT(b, bench_hear(b, 100000) != NULL, "no echo of a broadcast; the console says:\n%s", b->soc.console);
  bench_own_address(b);
  bench_echo(b, 60);
}

void bench_expect_no_traps(struct bench *b) {
  EXPECT(b, bench_counter(b, "traps") == 0 && bench_counter(b, "faults") == 0, "traps or ring faults");
}

void bench_expect_no_restarts(struct bench *b) {
  EXPECT(b, bench_counter(b, "restarts") == 0, "the MAC or its reception was restarted");
}

/* The driver alone, with the application bare.c. */
void scenario_bare(struct bench *b) {
  bench_boot_with_link(b, "is ready");
  bench_own_address(b);
  for (unsigned i = 0; i < 500; i++)
    bench_echo(b, 14 + bench_random(b, 1501));
}

/* 10,000 frames of random length there and back, a few in flight at a time; half of them echoed in place. */
void scenario_frames(struct bench *b) {
  enum { FRAMES = 10000, WINDOW = 3 };
  static uint8_t frames[WINDOW][MAX_WIRE_FRAME];
  unsigned lens[WINDOW], said = 0, heard = 0;
  uint64_t bytes = 0;
  bench_boot_echo(b);
  uint64_t start = machine_now_us(&b->soc.m);
  while (heard < FRAMES) {
    if (said == FRAMES / 2 && heard == said)
      bench_command(b, "z");
    unsigned limit = said < FRAMES / 2 ? FRAMES / 2 : FRAMES;
    while (said < limit && said - heard < WINDOW) {
      unsigned len = 14 + bench_random(b, 1514 - 14 + 1);
      bench_test_frame(b, frames[said % WINDOW], len, NULL);
      bench_say(b, frames[said % WINDOW], len, WIRE_GOOD);
      lens[said++ % WINDOW] = len;
      bytes += len;
    }
    bench_expect_echo(b, frames[heard % WINDOW], lens[heard % WINDOW], 100000);
    heard++;
  }
  double seconds = (double)(machine_now_us(&b->soc.m) - start) / 1e6;
  EXPECT(b, bench_counter(b, "rx") == FRAMES + 2 && bench_counter(b, "tx") == FRAMES + 2, "counters disagree");
  EXPECT(b, b->nic.no_descriptor == 0, "%u frames met no descriptor", b->nic.no_descriptor);
  bench_expect_no_restarts(b);
  bench_expect_no_traps(b);
  printf("%u frames each way, %llu bytes, %.1f s\n", FRAMES, (unsigned long long)bytes, seconds);
}

enum { ROUNDS = 16, BURST = 40 };

/* Far more frames than fit, faster than any wire: what is not dropped comes back whole and in order, and right behind the
 * burst all is well. Returns the frames echoed, without the one behind each burst. */
static unsigned bursts(struct bench *b, bool busy) {
  static uint8_t frames[BURST][60];
  unsigned echoed = 0;
  for (unsigned round = 0; round < ROUNDS; round++) {
    if (busy)
      soc_type(&b->soc, "b");
    bench_wait(b, 1000);
    for (unsigned i = 0; i < BURST; i++) {
      bench_test_frame(b, frames[i], 60, NULL);
      b->nic.receive(&b->nic, frames[i], 60, WIRE_GOOD);
      bench_wait(b, round % 8 + 1);
    }
    bench_wait(b, 10000);
    unsigned next = 0;
    for (const struct heard *heard; (heard = bench_hear(b, 1)) != NULL; echoed++) {
      while (next < BURST && memcmp(frames[next] + 14, heard->bytes + 14, 46) != 0)
        next++;
      EXPECT(b, next < BURST, "a frame comes back out of order, or not as it was sent");
    }
    bench_echo(b, 60 + round);
    if (busy)
      soc_expect(&b->soc, "did b\n", 1000000);
  }
  return echoed;
}

void scenario_bursts(struct bench *b) {
  enum { SENT = 3 * ROUNDS * (BURST + 1) + 2 };
  bench_boot_echo(b);
  bench_command(b, "z");
  unsigned sleeping = bursts(b, false);
  /* A program that never sleeps: the driver goes on when it gets frames back, not only in service(). */
  unsigned busy = bursts(b, true);
  /* A slow wire: all frames wait for the transmitter at once, more than it has descriptors. */
  phy_model_plug(&b->soc.phy, false);
  soc_expect(&b->soc, "link down", 1000000);
  b->soc.phy.partner = 0x0041;
  phy_model_plug(&b->soc.phy, true);
  soc_expect(&b->soc, "link up, 10 Mbit/s full duplex", 5000000);
  unsigned slow = bursts(b, false);
  uint32_t rx = bench_counter(b, "rx"), no_frame = bench_counter(b, "no_frame");
  bench_expect_no_restarts(b);
  EXPECT(b, rx + no_frame == SENT, "%u received, %u without frame: not all of %u", rx, no_frame, SENT);
  bench_expect_no_traps(b);
  printf("bursts of %u frames: %u %% echoed, %u %% by a busy program, %u %% at 10 Mbit/s; all others counted\n", BURST,
         sleeping * 100 / (ROUNDS * BURST), busy * 100 / (ROUNDS * BURST), slow * 100 / (ROUNDS * BURST));
}

/* Nobody reads: the sockets' frames run out, then reading goes on. */
void scenario_exhaustion(struct bench *b) {
  uint8_t frame[MAX_WIRE_FRAME];
  bench_boot_echo(b);
  for (unsigned round = 0; round < 5; round++) {
    bench_command(b, "h");
    for (unsigned i = 0; i < 100; i++) {
      bench_test_frame(b, frame, 1514, NULL);
      bench_say(b, frame, 1514, WIRE_GOOD);
    }
    bench_command(b, "g");
    bench_wait(b, 300000);
    unsigned kept = 0;
    while (bench_hear(b, 1) != NULL)
      kept++;
    EXPECT(b, kept > 0 && kept < 100, "%u of 100 frames were kept", kept);
    for (unsigned i = 0; i < 100; i++)
      bench_echo(b, 14 + bench_random(b, 1501));
  }
  bench_expect_no_restarts(b);
  bench_expect_no_traps(b);
}

static void expect_heard(struct bench *b, const uint8_t *destination, bool expected) {
  uint8_t frame[60];
  unsigned refused = b->nic.filtered;
  bench_test_frame(b, frame, sizeof(frame), destination);
  bench_say(b, frame, sizeof(frame), WIRE_GOOD);
  bool heard = bench_hear(b, 30000) != NULL;
  EXPECT(b, heard == expected, "a frame to %02x:..:%02x %s", destination[0], destination[5],
         heard ? "gets through" : "does not get through");
  EXPECT(b, expected == (b->nic.filtered == refused), "the sockets filtered a frame to %02x:..:%02x, not the MAC",
         destination[0], destination[5]);
}

void scenario_filter(struct bench *b) {
  uint8_t group[6] = {1, 0, 0x5e, 0, 0, 0}, strange[6] = {0x01, 0x80, 0xc2, 0, 0, 0x0e};
  uint8_t other[6] = {2, 0, 0, 0, 0, 0x78}, further[6] = {2, 0, 0, 0, 0, 0x77};
  bench_boot_echo(b);
  expect_heard(b, b->hwaddr, true);
  expect_heard(b, strange, false);
  expect_heard(b, other, false);
  bench_command(b, "m");
  for (group[5] = 1; group[5] <= 5; group[5]++)
    expect_heard(b, group, true);
  expect_heard(b, strange, false);
  expect_heard(b, other, false);
  bench_command(b, "u");
  expect_heard(b, further, true);
  expect_heard(b, other, false);
  bench_command(b, "a");
  expect_heard(b, strange, true);
  expect_heard(b, other, false);
  bench_command(b, "A");
  expect_heard(b, strange, false);
  bench_command(b, "p");
  expect_heard(b, other, true);
  bench_command(b, "P");
  expect_heard(b, other, false);
  /* A restart keeps the filter. */
  uint8_t frame[60];
  b->nic.bus_error(&b->nic);
  bench_test_frame(b, frame, sizeof(frame), NULL);
  bench_say(b, frame, sizeof(frame), WIRE_GOOD);
  soc_expect(&b->soc, "eth0: the MAC runs again", 1000000);
  soc_expect(&b->soc, "link up", 8000000);
  bench_wait(b, 1000);
  for (group[5] = 1; group[5] <= 5; group[5]++)
    expect_heard(b, group, true);
  expect_heard(b, further, true);
  expect_heard(b, strange, false);
  expect_heard(b, other, false);
  /* More than the MAC compares whole: by hash, or all of multicast where there is no table. */
  bench_command(b, "n");
  for (group[5] = 0x11; group[5] <= 0x1a; group[5]++)
    expect_heard(b, group, true);
  for (group[5] = 1; group[5] <= 5; group[5]++)
    expect_heard(b, group, true);
  expect_heard(b, further, true);
  expect_heard(b, strange, b->soc.series == SERIES_ESP32);
  expect_heard(b, other, false);
  /* Control frames are the MAC's own, but a sniffer's. */
  uint8_t pause[60] = {0x01, 0x80, 0xc2, 0, 0, 0x01, 2, 0, 0, 0, 0, 1, 0x88, 0x08, 0, 1, 0xff, 0xff};
  bench_command(b, "e");
  bench_command(b, "a");
  bench_say(b, pause, sizeof(pause), WIRE_GOOD);
  EXPECT(b, bench_hear(b, 30000) == NULL, "a PAUSE frame gets through with all of multicast");
  bench_command(b, "p");
  bench_say(b, pause, sizeof(pause), WIRE_GOOD);
  EXPECT(b, bench_hear(b, 30000) != NULL, "a promiscuous socket does not see a PAUSE frame");
}

/* The MPU region: everything that the MAC's DMA works on lies in it, whole. */
void scenario_uncached(struct bench *b) {
  const struct machine *m = &b->soc.m;
  bench_boot_echo(b);
  uint32_t rasr = m->mpu_rasr[0], base = m->mpu_rbar[0], size = 1u << ((rasr >> 1 & 31) + 1);
  EXPECT(b, (m->mpu_ctrl & 5) == 5, "MPU_CTRL 0x%x", m->mpu_ctrl);
  EXPECT(b, (rasr & 1) && (rasr >> 16 & 0x3f) == 0x0c, "MPU_RASR 0x%08x: not normal, shared, uncached", rasr);
  EXPECT(b, (rasr >> 24 & 7) == 3 && (rasr >> 28 & 1), "MPU_RASR 0x%08x: access or execution", rasr);
  EXPECT(b, (m->ccr & 3u << 16) == 3u << 16, "the caches are off");
  uint32_t heap = machine_symbol(&b->soc.m, "__heap_start"), heap_end = machine_symbol(&b->soc.m, "__heap_end");
  uint32_t state = machine_symbol(&b->soc.m, "eth0_state");
  EXPECT(b, heap - base < size && heap_end - base <= size && heap < heap_end, "the heap 0x%x to 0x%x is not in it",
         heap, heap_end);
  EXPECT(b, state - base < size, "the driver's state at 0x%x is not in it", state);
  for (unsigned i = 0; i < 100; i++)
    bench_echo(b, 14 + bench_random(b, 1501));
  printf("uncached: 0x%08x to 0x%08x, heap of %u bytes inside\n", base, base + size - 1, heap_end - heap);
}
