#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BOOT_US = 3000000, LINK_US = 6000000 };

static const uint8_t own[6] = {0x02, 0, 0, 0, 0, 0x01};

uint32_t bench_random(struct bench *b, uint32_t below) {
  b->random = b->random * 1664525 + 1013904223;
  return (uint32_t)((uint64_t)b->random * below >> 32);
}

void bench_boot(struct bench *b, const char *ready) { soc_expect(&b->soc, ready, BOOT_US); }

void bench_boot_with_link(struct bench *b, const char *ready) {
  bench_boot(b, ready);
  if (strstr(b->soc.console, "link up, 100 Mbit/s full duplex") == NULL)
    soc_expect(&b->soc, "link up, 100 Mbit/s full duplex", LINK_US);
}

void bench_say(struct bench *b, const uint8_t *bytes, unsigned len, enum wire_fault fault) {
  bench_wait(b, (uint32_t)(nic_wire_cycles(&b->nic, len, true) / (b->soc.m.cpu_hz / 1000000)) + 1);
  b->nic.receive(&b->nic, bytes, len, fault);
}

void bench_wait(struct bench *b, uint32_t us) { machine_run(&b->soc.m, us, NULL, NULL); }

static bool has_heard(void *arg) {
  const struct bench *b = arg;
  return b->heard_in != b->heard_out;
}

const struct heard *bench_hear(struct bench *b, uint32_t us) {
  if (!machine_run(&b->soc.m, us, has_heard, b))
    return NULL;
  return &b->heard[b->heard_out++ % MAX_HEARD];
}

void bench_test_frame(struct bench *b, uint8_t *bytes, unsigned len, const uint8_t *destination) {
  memcpy(bytes, destination != NULL ? destination : b->hwaddr, 6);
  memcpy(bytes + 6, own, 6);
  bytes[12] = 0x88;
  bytes[13] = 0xb5;
  for (unsigned i = 14; i < len; i++)
    bytes[i] = (uint8_t)bench_random(b, 256);
}

void bench_expect_echo(struct bench *b, const uint8_t *bytes, unsigned len, uint32_t us) {
  const struct heard *heard = bench_hear(b, us);
  uint8_t expected[MAX_WIRE_FRAME] = {0};
  EXPECT(b, heard != NULL, "a frame of %u bytes does not come back; the console says:\n%s", len,
         b->soc.console + b->soc.console_read);
  memcpy(expected, bytes + 6, 6);
  memcpy(expected + 6, bytes, 6);
  memcpy(expected + 12, bytes + 12, len - 12);
  unsigned expected_len = len < 60 ? 60 : len;
  EXPECT(b, heard->len == expected_len, "a frame of %u bytes comes back with %u", expected_len, heard->len);
  for (unsigned i = 0; i < expected_len; i++)
    EXPECT(b, heard->bytes[i] == expected[i], "byte %u of %u comes back as 0x%02x, not 0x%02x", i, expected_len,
           heard->bytes[i], expected[i]);
}

void bench_echo(struct bench *b, unsigned len) {
  uint8_t bytes[MAX_WIRE_FRAME];
  bench_test_frame(b, bytes, len, NULL);
  bench_say(b, bytes, len, WIRE_GOOD);
  bench_expect_echo(b, bytes, len, 100000);
}

void bench_command(struct bench *b, const char *command) {
  char done[] = "did ?\n";
  done[4] = command[0];
  soc_type(&b->soc, command);
  soc_expect(&b->soc, done, 1000000);
}

uint32_t bench_counter(struct bench *b, const char *name) {
  char pattern[32];
  soc_type(&b->soc, "c");
  const char *line = soc_expect(&b->soc, "rx ", 1000000) - 3;
  soc_expect(&b->soc, "did c\n", 1000000);
  snprintf(pattern, sizeof(pattern), "%s ", name);
  const char *found = strstr(line, pattern);
  EXPECT(b, found != NULL, "no counter %s", name);
  return (uint32_t)strtoul(found + strlen(pattern), NULL, 10);
}

static void hear(void *arg, const uint8_t *bytes, unsigned len) {
  struct bench *b = arg;
  if (b->heard_in - b->heard_out >= MAX_HEARD)
    fail(&b->soc.m, "the board sends more than was asked for");
  struct heard *heard = &b->heard[b->heard_in++ % MAX_HEARD];
  memcpy(heard->bytes, bytes, len);
  heard->len = len;
  heard->cycle = b->soc.m.cycles;
  heard->at = b->nic.stamp(&b->nic);
}

static const struct {
  const char *name;
  scenario run;
} scenarios[] = {
    {"demo", scenario_demo},
    {"link", scenario_link},
    {"no-cable", scenario_no_cable},
    {"absent-phy", scenario_absent_phy},
    {"no-reference-clock", scenario_no_reference_clock},
    {"phy-in-reset", scenario_phy_in_reset},
    {"mdio-stuck", scenario_mdio_stuck},
    {"overrun", scenario_overrun},
    {"no-crystal", scenario_no_crystal},
    {"no-pll", scenario_no_pll},
    {"no-voltage", scenario_no_voltage},
    {"slots", scenario_slots},
    {"slots-trouble", scenario_slots_trouble},
    {"bare", scenario_bare},
    {"frames", scenario_frames},
    {"bursts", scenario_bursts},
    {"exhaustion", scenario_exhaustion},
    {"missed", scenario_missed},
    {"carrier", scenario_carrier},
    {"drain", scenario_drain},
    {"dribble", scenario_dribble},
    {"silent", scenario_silent},
    {"malformed", scenario_malformed},
    {"bus-error", scenario_bus_error},
    {"standstill", scenario_standstill},
    {"stuck", scenario_stuck},
    {"collisions", scenario_collisions},
    {"filter", scenario_filter},
    {"stamps", scenario_stamps},
    {"clock", scenario_clock},
    {"ptp", scenario_ptp},
    {"no-clock", scenario_no_clock},
    {"uncached", scenario_uncached},
};

static void die_of_usage(void) {
  fprintf(stderr, "usage: harness f4|f7|h7|esp32 IMAGE.elf SCENARIO [--ignore-mpu | --write-through | "
                  "--short-descriptors | --masked] [MODULE.signed MODULE.signed]\nscenarios:");
  for (unsigned i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
    fprintf(stderr, " %s", scenarios[i].name);
  fprintf(stderr, "\n");
  exit(2);
}

static bool has_flag(const struct bench *b, const char *name) { return b->flag != NULL && strcmp(b->flag, name) == 0; }

/* The chip and its wiring, as the power comes. */
static void set_up(struct bench *b) {
  soc_init(&b->soc, b->series, b->elf);
  if (b->files[0] != NULL)
    soc_add_slots(&b->soc);
  b->soc.m.write_through = has_flag(b, "--write-through");
  b->soc.m.ignore_mpu = b->soc.m.write_through || has_flag(b, "--ignore-mpu");
  if (has_flag(b, "--short-descriptors")) /* see esp32-mac/board.c */
    *(uint32_t *)machine_at(&b->soc.m, soc_uid(b->soc.series), 4) = 16;
  if (b->series == SERIES_H7)
    eqos_init(&b->soc, &b->nic, 0x40028000);
  else if (b->series == SERIES_ESP32)
    gmac_init(&b->soc, &b->nic, 0x3ff6a000, 0x3ff69000, false);
  else
    gmac_init(&b->soc, &b->nic, 0x40028000, 0x40029000, true);
  b->nic.sent = hear;
  b->nic.sent_arg = b;
  b->soc.nic = &b->nic;
  machine_reset(&b->soc.m);
  b->soc.m.counts_masked = has_flag(b, "--masked");
}

void bench_restart(struct bench *b) {
  static uint8_t kept[FLASH_MAX_SLOTS_SIZE];
  uint32_t start = b->soc.flash.start, size = 2 * b->soc.flash.sector_size;
  memcpy(kept, machine_at(&b->soc.m, start, size), size);
  machine_end(&b->soc.m);
  memset(&b->nic, 0, sizeof(b->nic));
  b->heard_in = b->heard_out = 0;
  set_up(b);
  memcpy(machine_at(&b->soc.m, start, size), kept, size);
}

int main(int argc, char **argv) {
  static struct bench bench;
  static const char *names[] = {[SERIES_F4] = "f4", [SERIES_F7] = "f7", [SERIES_H7] = "h7", [SERIES_ESP32] = "esp32"};
  struct bench *b = &bench;
  unsigned series = 0, number = 0;
  if (argc < 4)
    die_of_usage();
  while (series < 4 && strcmp(argv[1], names[series]) != 0)
    series++;
  while (number < sizeof(scenarios) / sizeof(scenarios[0]) && strcmp(argv[3], scenarios[number].name) != 0)
    number++;
  if (series == 4 || number == sizeof(scenarios) / sizeof(scenarios[0]))
    die_of_usage();
  b->random = 1;
  b->series = (enum series)series;
  b->elf = argv[2];
  for (int i = 4; i < argc; i++)
    if (argv[i][0] == '-')
      b->flag = argv[i];
    else
      b->files[b->files[0] != NULL] = argv[i];
  set_up(b);
  scenarios[number].run(b);
  if (b->soc.m.counts_masked)
    printf("masked: %llu instructions from 0x%llx\n", (unsigned long long)b->soc.m.masked.longest,
           (unsigned long long)b->soc.m.masked.longest_at);
  printf("ok: %s, %.3f s on the board\n", scenarios[number].name, (double)machine_now_us(&b->soc.m) / 1e6);
  return 0;
}
