/* A PTP master for the application test/programs/ptp-slave.c, which steers the MAC's clock by the MAC's stamps. Unlike the master
 * in test/programs/ptp.ts, this one has a clock: the time of the model. The oscillator of the board's MAC is wrong. */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  SYNC = 0,
  DELAY_REQ = 1,
  PDELAY_REQ = 2,
  PDELAY_RESP = 3,
  FOLLOW_UP = 8,
  DELAY_RESP = 9,
  PDELAY_RESP_FOLLOW_UP = 10
};
enum { STAMP = 14 + 34, REQUESTING = 14 + 44, SOURCE = 14 + 20, SEQUENCE = 14 + 30, ID_BYTES = 10, SHORTEST = 60 };
enum { SYNCS = 60, END_TO_END_SYNCS = 40, SETTLED_AFTER = 25 };
enum { WIRE_NS = 700, OSCILLATOR_PPB = 80000, LIMIT_NS = 100 };
#define NS_PER_S 1000000000ull

/* The master's time at a cycle. */
static uint64_t master_time(struct bench *b, uint64_t cycle) {
  return 1700000000 * NS_PER_S + cycle * 1000 / (b->soc.m.cpu_hz / 1000000);
}

static void put(uint8_t *at, uint64_t value, int bytes) {
  for (int i = bytes; i-- > 0; value >>= 8)
    at[i] = (uint8_t)value;
}

static uint64_t get(const uint8_t *at, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; i++)
    value = value << 8 | at[i];
  return value;
}

/* Send a message; `request`: the one that it answers, or NULL. */
static void say(struct bench *b, unsigned type, unsigned sequence, uint64_t time, const struct heard *request) {
  static const uint8_t head[] = {0x01, 0x1b, 0x19, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0x88, 0xf7};
  static const uint8_t id[ID_BYTES] = {2, 0, 0, 0xff, 0xfe, 0, 0, 1, 0, 1};
  uint8_t frame[68] = {0};
  memcpy(frame, head, sizeof(head));
  frame[14] = (uint8_t)type;
  frame[15] = 2;
  put(frame + 16, sizeof(frame) - 14, 2);
  frame[20] = 2; /* in two steps */
  memcpy(frame + SOURCE, id, sizeof(id));
  put(frame + SEQUENCE, sequence, 2);
  put(frame + STAMP, time / NS_PER_S, 6);
  put(frame + STAMP + 6, time % NS_PER_S, 4);
  if (request != NULL)
    memcpy(frame + REQUESTING, request->bytes + SOURCE, ID_BYTES);
  bench_say(b, frame, sizeof(frame), WIRE_GOOD);
}

static const struct heard *expect_message(struct bench *b, unsigned type) {
  const struct heard *heard = bench_hear(b, 1000000);
  EXPECT(b, heard != NULL, "the slave does not send a message of type %u; the console says:\n%s", type,
         b->soc.console + b->soc.console_read);
  EXPECT(b, heard->bytes[12] == 0x88 && heard->bytes[13] == 0xf7 && heard->bytes[14] == type,
         "the slave sends a message of type %u, not %u", heard->bytes[14], type);
  return heard;
}

/* How far the board's clock is ahead of the master's. */
static int64_t ahead(struct bench *b) { return (int64_t)(b->nic.stamp(&b->nic) - master_time(b, b->soc.m.cycles)); }

static void synchronize(struct bench *b, unsigned sequence, int64_t *worst) {
  say(b, SYNC, sequence, 0, NULL);
  uint64_t left = master_time(b, b->soc.m.cycles) - WIRE_NS;
  int64_t error = llabs(ahead(b));
  if (sequence > SETTLED_AFTER) {
    EXPECT(b, error < LIMIT_NS, "at Sync %u the clock is %lld ns wrong", sequence, (long long)error);
    *worst = error > *worst ? error : *worst;
  }
  bench_wait(b, 200 + bench_random(b, 3000));
  say(b, FOLLOW_UP, sequence, left, NULL);
}

static void answer_delay(struct bench *b) {
  struct heard request = *expect_message(b, DELAY_REQ);
  bench_wait(b, bench_random(b, 3000));
  say(b, DELAY_RESP, (unsigned)get(request.bytes + SEQUENCE, 2), master_time(b, request.cycle) + WIRE_NS, &request);
}

static void answer_peer_delay(struct bench *b) {
  struct heard request = *expect_message(b, PDELAY_REQ);
  unsigned sequence = (unsigned)get(request.bytes + SEQUENCE, 2);
  bench_wait(b, bench_random(b, 3000));
  say(b, PDELAY_RESP, sequence, master_time(b, request.cycle) + WIRE_NS, &request);
  uint64_t left = master_time(b, b->soc.m.cycles) - WIRE_NS;
  bench_wait(b, bench_random(b, 3000));
  say(b, PDELAY_RESP_FOLLOW_UP, sequence, left, &request);
}

/* Ask for the peer delay: what the slave says of the time between request and response must be true. */
static void ask_peer_delay(struct bench *b) {
  say(b, PDELAY_REQ, 1, 0, NULL);
  uint64_t asked = master_time(b, b->soc.m.cycles);
  struct heard response = *expect_message(b, PDELAY_RESP), follow_up = *expect_message(b, PDELAY_RESP_FOLLOW_UP);
  int64_t stayed = (int64_t)((get(follow_up.bytes + STAMP, 6) - get(response.bytes + STAMP, 6)) * NS_PER_S +
                             get(follow_up.bytes + STAMP + 6, 4) - get(response.bytes + STAMP + 6, 4));
  int64_t error = stayed - (int64_t)(master_time(b, response.cycle) - asked);
  EXPECT(b, llabs(error) < LIMIT_NS, "the time between peer delay request and response is %lld ns wrong",
         (long long)error);
}

void scenario_ptp(struct bench *b) {
  int64_t worst = 0;
  b->nic.clock_error = OSCILLATOR_PPB;
  bench_boot_with_link(b, "ready\n");
  bench_wait(b, 1000000);
  for (unsigned n = 1; n <= SYNCS; n++) {
    if (n == END_TO_END_SYNCS + 1)
      ask_peer_delay(b);
    synchronize(b, n, &worst);
    if (n == SYNCS)
      break;
    if (n <= END_TO_END_SYNCS)
      answer_delay(b);
    else
      answer_peer_delay(b);
    bench_wait(b, 100000 + bench_random(b, 50000));
  }
  soc_expect(&b->soc, "PASS", 3000000);
  printf("the clock of an oscillator %d ppb too fast stays within %lld ns of the master's\n", OSCILLATOR_PPB,
         (long long)worst);
}
