/* The MAC drivers in trouble, with the application echo.c. */
#include "bench.h"
#include <string.h>

/* What the wire can do to a frame: each fault is counted where it belongs, and nothing else changes. */
void scenario_malformed(struct bench *b) {
  uint8_t frame[MAX_WIRE_FRAME];
  bench_boot_echo(b);
  for (unsigned i = 0; i < 50; i++) {
    bench_test_frame(b, frame, MAX_WIRE_FRAME, NULL);
    bench_say(b, frame, 60 + bench_random(b, 1455), WIRE_BAD_CRC);
    bench_say(b, frame, 13, WIRE_GOOD);
    bench_say(b, frame, 6, WIRE_GOOD);
    bench_say(b, frame, 1537 + bench_random(b, 500), WIRE_GOOD);
    bench_say(b, frame, 30, WIRE_BAD_CRC); /* a collision's rest: the MAC itself throws it away */
    bench_wait(b, 5000);
    bench_echo(b, 14);
    bench_echo(b, 59);
    bench_echo(b, 1514);
  }
  uint32_t errors = bench_counter(b, "errors"), shorts = bench_counter(b, "short"), longs = bench_counter(b, "long");
  EXPECT(b, errors == 50 && shorts == 100 && longs == 50, "errors %u, too short %u, too long %u; sent 50, 100, 50",
         errors, shorts, longs);
  bench_expect_no_traps(b);
}

void scenario_bus_error(struct bench *b) {
  uint8_t frame[60];
  bench_boot_echo(b);
  for (unsigned i = 0; i < 6; i++) {
    bool sending = i % 2;
    bench_test_frame(b, frame, sizeof(frame), NULL);
    if (!sending)
      b->nic.bus_error(&b->nic);
    bench_say(b, frame, sizeof(frame), WIRE_GOOD);
    if (sending)
      b->nic.bus_error(&b->nic);
    soc_expect(&b->soc, "eth0: the MAC had a bus error; restarting it", 1000000);
    soc_expect(&b->soc, "eth0: the MAC runs again", 1000000);
    soc_expect(&b->soc, "link up", 8000000);
    while (bench_hear(b, 50000) != NULL) {
    }
    for (unsigned j = 0; j < 50; j++)
      bench_echo(b, 14 + bench_random(b, 1501));
  }
  EXPECT(b, bench_counter(b, "tx_errors") == 3, "%u errors of sending were counted", bench_counter(b, "tx_errors"));
  bench_expect_no_traps(b);
}

/* The transmitter is stopped, for any reason. */
void scenario_standstill(struct bench *b) {
  uint8_t frame[60];
  bench_boot_echo(b);
  b->nic.hold_tx = true;
  for (unsigned i = 0; i < 20; i++) {
    bench_test_frame(b, frame, sizeof(frame), NULL);
    bench_say(b, frame, sizeof(frame), WIRE_GOOD);
  }
  soc_expect(&b->soc, "eth0: the MAC stopped sending; restarting it", 5000000);
  b->nic.hold_tx = false;
  soc_expect(&b->soc, "link up", 10000000);
  while (bench_hear(b, 50000) != NULL) {
  }
  for (unsigned i = 0; i < 100; i++)
    bench_echo(b, 14 + bench_random(b, 1501));
  EXPECT(b, bench_counter(b, "tx_errors") > 0, "what could not be sent was not counted");
  /* The PHY's clock goes away and comes back. */
  b->soc.phy.no_clock = true;
  bench_test_frame(b, frame, sizeof(frame), NULL);
  phy_model_plug(&b->soc.phy, false);
  soc_expect(&b->soc, "link down", 1000000);
  b->soc.phy.no_clock = false;
  phy_model_plug(&b->soc.phy, true);
  soc_expect(&b->soc, "link up", 10000000);
  bench_echo(b, 60);
  bench_expect_no_traps(b);
}

static void expect_running(struct bench *b, bool expected) {
  soc_type(&b->soc, "r");
  bool running = *soc_expect(&b->soc, "running ", 1000000) == '1';
  EXPECT(b, running == expected, "IFF_RUNNING is %u", running);
}

/* Nothing that the driver waits for ends any more: not the DMA when the link goes, nor the resets after that. The application
 * goes on meanwhile, and what it sends is dropped. */
void scenario_stuck(struct bench *b) {
  bench_boot_echo(b);
  for (unsigned i = 0; i < 2; i++) {
    b->nic.stuck = true;
    phy_model_plug(&b->soc.phy, false);
    soc_expect(&b->soc, "eth0: the MAC does not stop sending; restarting it", 2000000);
    for (unsigned j = 0; j < 5; j++) { /* it retries once a second */
      bench_wait(b, 1000000);
      expect_running(b, false);
    }
    EXPECT(b, !b->nic.enabled(&b->nic), "transmitter or receiver is on");
    b->nic.stuck = false;
    phy_model_plug(&b->soc.phy, true);
    soc_expect(&b->soc, "eth0: the MAC runs again", 2000000);
    soc_expect(&b->soc, "link up", 10000000);
    EXPECT(b, bench_counter(b, "restarts") == i + 1, "%u restarts were counted", bench_counter(b, "restarts"));
    for (unsigned j = 0; j < 100; j++)
      bench_echo(b, 14 + bench_random(b, 1501));
  }
  bench_expect_no_traps(b);
}

/* A frame that the MAC gives up is counted, and its buffer comes back. */
void scenario_collisions(struct bench *b) {
  enum { LOST = 30 };
  uint8_t frame[60];
  bench_boot_echo(b);
  uint32_t sent = bench_counter(b, "tx");
  b->nic.fail_tx = true;
  for (unsigned i = 0; i < LOST; i++) {
    bench_test_frame(b, frame, sizeof(frame), NULL);
    bench_say(b, frame, sizeof(frame), WIRE_GOOD);
    EXPECT(b, bench_hear(b, 1000) == NULL, "a frame that was given up is on the wire");
  }
  uint32_t errors = bench_counter(b, "tx_errors");
  EXPECT(b, errors == LOST && bench_counter(b, "tx") == sent, "%u errors of sending were counted, not %u", errors,
         LOST);
  b->nic.fail_tx = false;
  for (unsigned i = 0; i < 50; i++)
    bench_echo(b, 14 + bench_random(b, 1501));
  bench_expect_no_traps(b);
}

/* So many frames at once that the MAC's counters of lost ones go round. */
void scenario_missed(struct bench *b) {
  uint8_t frame[60];
  unsigned burst = b->soc.series == SERIES_H7 ? 3000 : 70000;
  bench_boot_echo(b);
  bench_test_frame(b, frame, sizeof(frame), NULL);
  for (unsigned i = 0; i < burst; i++)
    b->nic.receive(&b->nic, frame, sizeof(frame), WIRE_GOOD);
  bench_wait(b, 300000);
  while (bench_hear(b, 1) != NULL) {
  }
  uint32_t counted = bench_counter(b, "no_frame");
  EXPECT(b, counted == b->nic.no_descriptor && counted > burst - 100, "%u of %u lost frames were counted", counted,
         b->nic.no_descriptor);
  bench_echo(b, 60);
  bench_expect_no_restarts(b);
  bench_expect_no_traps(b);
}

/* A link change reaches the socket's side: IFF_RUNNING goes and comes, and the socket lives through it, as on Linux. */
void scenario_carrier(struct bench *b) {
  bench_boot_echo(b);
  for (unsigned i = 0; i < 3; i++) {
    expect_running(b, true);
    bench_echo(b, 14 + bench_random(b, 1501));
    phy_model_plug(&b->soc.phy, false);
    soc_expect(&b->soc, "eth0: link down", 1000000);
    expect_running(b, false);
    EXPECT(b, !b->nic.enabled(&b->nic), "transmitter or receiver is on without a link");
    phy_model_plug(&b->soc.phy, true);
    soc_expect(&b->soc, "eth0: link up", 8000000);
  }
  expect_running(b, true);
  bench_echo(b, 60);
  bench_expect_no_traps(b);
}

/* The cable is pulled while frames wait for a slow wire: they are dropped and counted, not sent when it is back. */
void scenario_drain(struct bench *b) {
  enum { ROUNDS = 12, FRAMES = 8, ROUND_US = 10000 };
  uint8_t frame[60];
  bench_boot_echo(b);
  bench_command(b, "z"); /* in place: all of them can wait */
  for (unsigned i = 0; i < ROUNDS; i++) {
    bench_wait(b, i * ROUND_US); /* the driver looks at the link ten times a second */
    b->nic.tx_us = 4000;
    for (unsigned j = 0; j < FRAMES; j++) {
      bench_test_frame(b, frame, sizeof(frame), NULL);
      b->nic.receive(&b->nic, frame, sizeof(frame), WIRE_GOOD);
    }
    bench_wait(b, 1000);
    phy_model_plug(&b->soc.phy, false);
    soc_expect(&b->soc, "eth0: link down", 1000000);
    while (bench_hear(b, 1) != NULL) {
    }
    b->nic.tx_us = 0;
    phy_model_plug(&b->soc.phy, true);
    soc_expect(&b->soc, "eth0: link up", 8000000);
    EXPECT(b, bench_hear(b, 50000) == NULL, "a frame from before the loss of the link is sent");
    bench_echo(b, 60);
  }
  uint32_t lost = bench_counter(b, "tx_errors"), echoed = bench_counter(b, "rx") - bench_counter(b, "pool_empty");
  EXPECT(b, lost > 0, "in no round did a frame wait");
  EXPECT(b, bench_counter(b, "tx") + lost == echoed, "%u of %u frames are accounted for", bench_counter(b, "tx") + lost,
         echoed);
  bench_expect_no_restarts(b);
  bench_expect_no_traps(b);
}

static void say_dribbling(struct bench *b, enum wire_fault fault, bool comes) {
  uint8_t frame[MAX_WIRE_FRAME];
  unsigned len = 60 + bench_random(b, 1455);
  uint32_t errors = bench_counter(b, "errors");
  bench_test_frame(b, frame, len, NULL);
  bench_say(b, frame, len, fault);
  if (comes)
    bench_expect_echo(b, frame, len, 100000);
  else
    EXPECT(b, bench_hear(b, 20000) == NULL, "a frame with a bad CRC comes back");
  EXPECT(b, bench_counter(b, "errors") - errors == !comes, "a dribble bit is miscounted");
}

/* Bits behind the last byte of a frame: good with a good CRC. The H7 may report a bad one at 10 Mbit/s. */
void scenario_dribble(struct bench *b) {
  bool fakes = b->soc.series == SERIES_H7;
  bench_boot_echo(b);
  for (unsigned i = 0; i < 50; i++) {
    say_dribbling(b, WIRE_DRIBBLE, true);
    say_dribbling(b, WIRE_BAD_DRIBBLE, false);
    say_dribbling(b, WIRE_BAD_CRC, false);
  }
  phy_model_plug(&b->soc.phy, false);
  soc_expect(&b->soc, "eth0: link down", 1000000);
  b->soc.phy.partner = 0x0041;
  phy_model_plug(&b->soc.phy, true);
  soc_expect(&b->soc, "link up, 10 Mbit/s full duplex", 5000000);
  bench_wait(b, 1000);
  for (unsigned i = 0; i < 50; i++) {
    say_dribbling(b, fakes ? WIRE_FAKE_DRIBBLE : WIRE_DRIBBLE, true);
    say_dribbling(b, WIRE_BAD_DRIBBLE, false);
    say_dribbling(b, WIRE_BAD_CRC, false);
  }
  bench_expect_no_traps(b);
}

static void say_into_silence(struct bench *b) {
  uint8_t frame[60];
  for (unsigned i = 0; i < 10; i++) {
    bench_test_frame(b, frame, sizeof(frame), NULL);
    bench_say(b, frame, sizeof(frame), WIRE_GOOD);
    bench_wait(b, 60000);
    while (bench_hear(b, 1) != NULL) {
    }
  }
}

/* A receiver that hears nothing and says nothing: reception is started anew, or else the MAC. */
void scenario_silent(struct bench *b) {
  bench_boot_echo(b);
  for (unsigned i = 0; i < 3; i++) {
    b->nic.silent = true;
    say_into_silence(b);
    EXPECT(b, !b->nic.silent && bench_counter(b, "restarts") == i + 1, "reception was restarted %u times, not %u",
           bench_counter(b, "restarts"), i + 1);
    for (unsigned j = 0; j < 100; j++)
      bench_echo(b, 14 + bench_random(b, 1501));
  }
  b->nic.silent = b->nic.dead = true;
  say_into_silence(b);
  soc_expect(&b->soc, "eth0: the MAC stopped receiving; restarting it", 1000000);
  soc_expect(&b->soc, "link up", 8000000);
  EXPECT(b, bench_counter(b, "restarts") == 5, "%u restarts were counted", bench_counter(b, "restarts"));
  EXPECT(b, bench_counter(b, "no_frame") == b->nic.no_descriptor, "lost frames were not counted");
  for (unsigned j = 0; j < 100; j++)
    bench_echo(b, 14 + bench_random(b, 1501));
  bench_expect_no_traps(b);
}
