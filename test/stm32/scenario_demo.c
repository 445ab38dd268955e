/* What the image that is flashed (APP=demo) does with its clocks, its PHY and the network. */
#include "bench.h"
#include <stdio.h>
#include <string.h>

static const uint8_t own_mac[6] = {0x02, 0, 0, 0, 0, 0x01};
static const uint8_t own_ip[4] = {192, 0, 2, 1}, board_ip[4] = {192, 0, 2, 2};

static void put16(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static uint32_t checksum(const uint8_t *bytes, unsigned len) {
  uint32_t sum = 0;
  for (unsigned i = 0; i < len; i += 2)
    sum += (uint32_t)bytes[i] << 8 | (i + 1 < len ? bytes[i + 1] : 0);
  while (sum >> 16)
    sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/* Ask for the board's address; leaves it in b->hwaddr. */
static void arp(struct bench *b) {
  static const uint8_t start[] = {255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
  uint8_t frame[60] = {0};
  memcpy(frame, start, sizeof(start));
  memcpy(frame + 22, own_mac, 6);
  memcpy(frame + 28, own_ip, 4);
  memcpy(frame + 38, board_ip, 4);
  bench_say(b, frame, sizeof(frame), WIRE_GOOD);
  const struct heard *reply = bench_hear(b, 500000);
  EXPECT(b, reply != NULL, "no answer to ARP; the console says:\n%s", b->soc.console + b->soc.console_read);
  EXPECT(b,
         reply->len == 60 && reply->bytes[21] == 2 && memcmp(reply->bytes, own_mac, 6) == 0 &&
             memcmp(reply->bytes + 28, board_ip, 4) == 0 && memcmp(reply->bytes + 38, own_ip, 4) == 0,
         "a wrong answer to ARP, %u bytes", reply->len);
  memcpy(b->hwaddr, reply->bytes + 6, 6);
  EXPECT(b, b->hwaddr[0] == 0x02 && memcmp(b->hwaddr, reply->bytes + 22, 6) == 0, "no local MAC address");
}

/* An echo request with `payload` bytes must come back as a reply, byte for byte. */
static void ping(struct bench *b, unsigned payload) {
  uint8_t frame[MAX_WIRE_FRAME] = {0}, *ip = frame + 14, *icmp = frame + 34;
  unsigned len = 42 + payload;
  memcpy(frame, b->hwaddr, 6);
  memcpy(frame + 6, own_mac, 6);
  put16(frame + 12, 0x0800);
  ip[0] = 0x45;
  put16(ip + 2, 28 + payload);
  ip[8] = 64;
  ip[9] = 1;
  memcpy(ip + 12, own_ip, 4);
  memcpy(ip + 16, board_ip, 4);
  put16(ip + 10, checksum(ip, 20));
  icmp[0] = 8;
  for (unsigned i = 4; i < 8 + payload; i++)
    icmp[i] = (uint8_t)bench_random(b, 256);
  put16(icmp + 2, checksum(icmp, 8 + payload));
  bench_say(b, frame, len < 60 ? 60 : len, WIRE_GOOD);
  const struct heard *reply = bench_hear(b, 1000000);
  EXPECT(b, reply != NULL, "no answer to a ping of %u bytes", payload);
  EXPECT(b,
         reply->len == (len < 60 ? 60 : len) && memcmp(reply->bytes, own_mac, 6) == 0 && reply->bytes[34] == 0 &&
             memcmp(reply->bytes + 26, board_ip, 4) == 0 && memcmp(reply->bytes + 38, frame + 38, 4 + payload) == 0 &&
             checksum(reply->bytes + 34, 8 + payload) == 0,
         "a ping of %u bytes is answered wrongly", payload);
}

void bench_expect_network(struct bench *b) {
  arp(b);
  ping(b, 0);
  ping(b, 56);
  ping(b, 1472);
}

static const uint32_t nominal[] = {168000000, 216000000, 400000000};

void scenario_demo(struct bench *b) {
  enum { PINGS = 100 };
  bench_boot_with_link(b, "ready ");
  EXPECT(b, b->soc.sysclk == nominal[b->soc.series], "the processor runs at %u Hz", b->soc.sysclk);
  arp(b);
  for (unsigned i = 0; i < PINGS; i++)
    ping(b, bench_random(b, 1473));
  soc_type(&b->soc, "quit\n");
  const char *counters = soc_expect(&b->soc, "counters ", 1000000);
  soc_expect(&b->soc, "stopped, status 0\n", 1000000);
  EXPECT(b, strncmp(counters, "arp_replies=1 echo_replies=100 send_errors=0", 44) == 0, "counters %.200s", counters);
  printf("%u pings of random length answered; %.*s\n", PINGS, (int)strcspn(counters, "\n"), counters);
}

void scenario_link(struct bench *b) {
  static const struct {
    uint16_t partner;
    const char *sentence;
  } modes[] = {{0x0041, "link up, 10 Mbit/s full duplex"},
               {0x0021, "link up, 10 Mbit/s half duplex"},
               {0x0081, "link up, 100 Mbit/s half duplex"},
               {0x45e1, "link up, 100 Mbit/s full duplex"}};
  bench_boot_with_link(b, "ready ");
  bench_expect_network(b);
  for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
    phy_model_plug(&b->soc.phy, false);
    soc_expect(&b->soc, "eth0: link down", 1000000);
    b->soc.phy.partner = modes[i].partner;
    phy_model_plug(&b->soc.phy, true);
    soc_expect(&b->soc, modes[i].sentence, 5000000);
    bench_wait(b, 1000);
    bench_expect_network(b);
  }
  /* A loss too short to be seen as one: the status bit latches it. */
  phy_model_plug(&b->soc.phy, false);
  phy_model_plug(&b->soc.phy, true);
  b->soc.phy.negotiated->at = b->soc.m.cycles + machine_us(&b->soc.m, 1000);
  soc_expect(&b->soc, "eth0: link down", 1000000);
  soc_expect(&b->soc, "eth0: link up", 1000000);
  bench_expect_network(b);
}

void scenario_no_cable(struct bench *b) {
  b->soc.phy.partner = 0;
  phy_model_plug(&b->soc.phy, false);
  bench_boot(b, "ready ");
  soc_expect(&b->soc, "eth0: no link; is the cable plugged in at both ends?", 8000000);
  size_t said = b->soc.console_len;
  bench_wait(b, 20000000);
  EXPECT(b, b->soc.console_len == said, "a link that never comes is reported more than once");
  b->soc.phy.partner = 0x45e1;
  phy_model_plug(&b->soc.phy, true);
  soc_expect(&b->soc, "link up", 5000000);
  bench_expect_network(b);
}

void scenario_absent_phy(struct bench *b) {
  b->soc.phy.absent = true;
  bench_boot(b, "ready ");
  if (strstr(b->soc.console, "eth0: no PHY answers") == NULL)
    soc_expect(&b->soc, "eth0: no PHY answers", 3000000);
  bench_wait(b, 10000); /* to the end of the sentence */
  size_t said = b->soc.console_len;
  bench_wait(b, 10000000);
  EXPECT(b, b->soc.console_len == said, "a PHY that never comes is reported more than once");
  b->soc.phy.absent = false;
  soc_expect(&b->soc, "link up", 8000000);
  bench_expect_network(b);
  b->soc.phy.absent = true;
  soc_expect(&b->soc, "eth0: the PHY stopped answering", 1000000);
  b->soc.phy.absent = false;
  soc_expect(&b->soc, "link up", 8000000);
  bench_expect_network(b);
}

void scenario_no_reference_clock(struct bench *b) {
  b->soc.phy.no_clock = true;
  bench_boot(b, "ready ");
  EXPECT(b, strstr(b->soc.console, "eth0: the MAC does not leave reset: no reference clock") != NULL,
         "no word about the missing clock; the console says:\n%s", b->soc.console);
  size_t said = b->soc.console_len;
  bench_wait(b, 10000000);
  EXPECT(b, b->soc.console_len == said, "a clock that never comes is reported more than once");
  b->soc.phy.no_clock = false;
  soc_expect(&b->soc, "eth0: the MAC runs again", 3000000);
  soc_expect(&b->soc, "link up", 8000000);
  bench_expect_network(b);
}

void scenario_phy_in_reset(struct bench *b) {
  b->soc.phy.reset_hangs = true;
  bench_boot(b, "ready ");
  soc_expect(&b->soc, "eth0: the PHY does not leave reset", 3000000);
  b->soc.phy.reset_hangs = false;
  soc_expect(&b->soc, "link up", 8000000);
  bench_expect_network(b);
}

/* MDIO accesses do not end: the problem is reported once, and the access is retried. */
void scenario_mdio_stuck(struct bench *b) {
  b->nic.hold_mdio = true;
  bench_boot(b, "ready ");
  if (strstr(b->soc.console, "eth0: no PHY answers") == NULL)
    soc_expect(&b->soc, "eth0: no PHY answers", 3000000);
  bench_wait(b, 10000); /* to the end of the sentence */
  size_t said = b->soc.console_len;
  bench_wait(b, 5000000);
  EXPECT(b, b->soc.console_len == said, "it is reported more than once");
  b->nic.hold_mdio = false;
  soc_expect(&b->soc, "link up", 8000000);
  bench_expect_network(b);
  b->nic.hold_mdio = true;
  soc_expect(&b->soc, "eth0: the PHY stopped answering", 1000000);
  b->nic.hold_mdio = false;
  soc_expect(&b->soc, "link up", 8000000);
  bench_expect_network(b);
}

/* Characters are lost on the console: its interrupt must not come for ever, and what is typed later is read. */
void scenario_overrun(struct bench *b) {
  bench_boot_with_link(b, "ready ");
  soc_overrun(&b->soc);
  bench_expect_network(b);
  soc_overrun(&b->soc);
  soc_type(&b->soc, "quit\n");
  soc_expect(&b->soc, "stopped, status 0\n", 2000000);
}

void scenario_no_crystal(struct bench *b) {
  b->soc.hse_missing = true;
  bench_boot_with_link(b, "ready ");
  EXPECT(b, strstr(b->soc.console, "clocks: the external clock (HSE) does not start") != NULL, "no word about it");
  EXPECT(b, b->soc.sysclk == nominal[b->soc.series], "the processor runs at %u Hz", b->soc.sysclk);
  bench_expect_network(b);
}

void scenario_no_voltage(struct bench *b) {
  b->soc.voltage_low = true;
  bench_boot(b, "ready ");
  EXPECT(b, strstr(b->soc.console, "clocks: the core voltage does not rise") != NULL, "no word about it");
  if (strstr(b->soc.console, "link up") == NULL)
    soc_expect(&b->soc, "link up", 8000000);
  bench_expect_network(b);
}

void scenario_no_pll(struct bench *b) {
  b->soc.pll_dead = true;
  bench_boot(b, "ready ");
  EXPECT(b, strstr(b->soc.console, "clocks: the PLL does not lock") != NULL, "no word about it");
  if (strstr(b->soc.console, "link up") == NULL)
    soc_expect(&b->soc, "link up", 8000000);
  bench_expect_network(b);
}
