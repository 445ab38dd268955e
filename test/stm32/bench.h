/* The other end of the cable, and what the scenarios (scenario_*.c) share. */
#ifndef BENCH_H
#define BENCH_H

#include "nic.h"

enum { MAX_HEARD = 64 };

struct heard {
  uint8_t bytes[MAX_WIRE_FRAME];
  unsigned len;
  uint64_t cycle; /* when */
  uint64_t at;    /* the same by the MAC's 1588 clock, nanoseconds */
};

struct bench {
  struct soc soc;
  struct nic nic;
  uint8_t hwaddr[6];             /* the board's */
  struct heard heard[MAX_HEARD]; /* what the board sent, oldest first, until it is taken */
  unsigned heard_in, heard_out;
  uint32_t random;

  /* The harness's arguments. */
  enum series series;
  const char *elf, *flag;
  const char *files[2]; /* of the scenarios with slots: signed modules */
};

typedef void (*scenario)(struct bench *b);

/* 0 to below - 1, the same sequence in every run. */
uint32_t bench_random(struct bench *b, uint32_t below);

/* Switch the power off and on: only the slots' flash stays. */
void bench_restart(struct bench *b);

/* Start the board; wait until it says `ready` and the link is up. */
void bench_boot(struct bench *b, const char *ready);
void bench_boot_with_link(struct bench *b, const char *ready);

/* Put a frame on the wire now, or after `us` microseconds while the processor runs. */
void bench_say(struct bench *b, const uint8_t *bytes, unsigned len, enum wire_fault fault);
void bench_wait(struct bench *b, uint32_t us);

/* The next frame that the board sent, or NULL after `us`. */
const struct heard *bench_hear(struct bench *b, uint32_t us);

/* A frame of EtherType 0x88b5 to the board (or another destination), with random content; `len` without FCS. */
void bench_test_frame(struct bench *b, uint8_t *bytes, unsigned len, const uint8_t *destination);

/* The board must send exactly this frame back, padded to 60 with zeros. */
void bench_expect_echo(struct bench *b, const uint8_t *bytes, unsigned len, uint32_t us);

/* One whole echo of `len` bytes. */
void bench_echo(struct bench *b, unsigned len);

/* The demo answers ARP and pings. */
void bench_expect_network(struct bench *b);

/* Learn the board's MAC address, from its unique number as boards/family/stm32/hwaddr.c makes it. */
void bench_own_address(struct bench *b);

/* Start echo.c's image, wait for the link, learn the board's address. */
void bench_boot_echo(struct bench *b);

/* Neither the module nor a ring has met a fault. */
void bench_expect_no_traps(struct bench *b);

/* The driver has restarted nothing. */
void bench_expect_no_restarts(struct bench *b);

/* Type a command of echo.c and wait until it is done. */
void bench_command(struct bench *b, const char *command);

/* A counter of echo.c's `c`. */
uint32_t bench_counter(struct bench *b, const char *name);

/* Fails with a sentence unless it holds. */
#define EXPECT(b, condition, ...)                                                                                      \
  do {                                                                                                                 \
    if (!(condition))                                                                                                  \
      fail(&(b)->soc.m, __VA_ARGS__);                                                                                  \
  } while (0)

scenario find_scenario(const char *name);

/* demo.c's image */
void scenario_demo(struct bench *b);
void scenario_link(struct bench *b);
void scenario_no_cable(struct bench *b);
void scenario_absent_phy(struct bench *b);
void scenario_no_reference_clock(struct bench *b);
void scenario_phy_in_reset(struct bench *b);
void scenario_mdio_stuck(struct bench *b);
void scenario_overrun(struct bench *b);
void scenario_no_crystal(struct bench *b);
void scenario_no_pll(struct bench *b);
void scenario_no_voltage(struct bench *b);
/* demo.c's image with SWAP_SLOTS */
void scenario_slots(struct bench *b);
void scenario_slots_trouble(struct bench *b);
/* bare.c's image */
void scenario_bare(struct bench *b);
/* The image of test/programs/ptp-slave.c */
void scenario_ptp(struct bench *b);
/* stamps.c's image */
void scenario_stamps(struct bench *b);
/* echo.c's image */
void scenario_frames(struct bench *b);
void scenario_bursts(struct bench *b);
void scenario_exhaustion(struct bench *b);
void scenario_filter(struct bench *b);
void scenario_clock(struct bench *b);
void scenario_no_clock(struct bench *b);
void scenario_uncached(struct bench *b);
void scenario_malformed(struct bench *b);
void scenario_bus_error(struct bench *b);
void scenario_standstill(struct bench *b);
void scenario_stuck(struct bench *b);
void scenario_collisions(struct bench *b);
void scenario_missed(struct bench *b);
void scenario_carrier(struct bench *b);
void scenario_drain(struct bench *b);
void scenario_dribble(struct bench *b);
void scenario_silent(struct bench *b);

#endif
