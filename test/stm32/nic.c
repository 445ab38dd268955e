#include "nic.h"
#include <string.h>

uint32_t nic_crc32(const uint8_t *bytes, unsigned len) {
  uint32_t crc = 0xffffffff;
  for (unsigned i = 0; i < len; i++) {
    crc ^= bytes[i];
    for (unsigned bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

/* "The upper 6 bits of the bit-reversed CRC" */
static unsigned hash_of(const uint8_t *address) {
  uint32_t crc = nic_crc32(address, 6);
  unsigned hash = 0;
  for (unsigned i = 0; i < 6; i++)
    hash = hash << 1 | (crc >> i & 1);
  return hash;
}

void nic_fcs(const uint8_t *bytes, unsigned len, enum wire_fault fault, uint8_t fcs[4]) {
  uint32_t crc = nic_crc32(bytes, len) ^ (fault == WIRE_BAD_CRC || fault == WIRE_BAD_DRIBBLE);
  memcpy(fcs, &crc, 4);
}

bool nic_is_control(const uint8_t *bytes, unsigned len) { return len >= 14 && bytes[12] == 0x88 && bytes[13] == 0x08; }

bool nic_passes_control(unsigned pcf, bool filter_passes) { return pcf == 2 || (pcf == 3 && filter_passes); }

void nic_expect_mode(struct nic *nic, uint32_t old, uint32_t value, uint32_t on, uint32_t mode) {
  if ((old & on) && ((old ^ value) & mode))
    fail(&nic->soc->m, "MACCR 0x%08x to 0x%08x: the mode is changed while transmitter or receiver is on", old, value);
  if (!(old & on) && (value & on) && !nic->soc->phy.link)
    fail(&nic->soc->m, "MACCR 0x%08x: transmitter or receiver is on without a link", value);
}

bool nic_filter_passes(const struct nic_filter *filter, const uint8_t *destination) {
  static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
  bool multicast = destination[0] & 1;
  if (filter->promiscuous || memcmp(destination, broadcast, 6) == 0 || (multicast && filter->pass_multicast))
    return true;
  uint32_t low, high = destination[4] | destination[5] << 8;
  memcpy(&low, destination, 4);
  bool perfect = false;
  for (unsigned i = 0; i < filter->count; i++)
    if (filter->high[i] >> 31 && filter->low[i] == low && (filter->high[i] & 0xffff) == high)
      perfect = true;
  unsigned hash = hash_of(destination);
  bool hashed = filter->hash[hash >> 5] >> (hash & 31) & 1;
  if (!(multicast ? filter->hash_multicast : filter->hash_unicast))
    return perfect;
  return hashed || (filter->hash_or_perfect && perfect);
}

enum { CONTROL, INCREMENT, SECONDS, NANOSECONDS, SECONDS_UPDATE, NANOSECONDS_UPDATE, ADDEND };
enum { NS_PER_S = 1000000000 };

#define ENABLE (1u << 0)
#define FINE (1u << 1)
#define INIT (1u << 2)
#define UPDATE (1u << 3)
#define ADDEND_UPDATE (1u << 5)
#define ORDERS (INIT | UPDATE | ADDEND_UPDATE) /* cleared when they are carried out */
#define STAMP_ALL (1u << 8)
#define DIGITAL (1u << 9)

uint64_t nic_clock_ns(const struct nic *nic, const struct nic_clock *clock) {
  /* each tick of the bus clock adds to the accumulator, whose overflow is one increment */
  const struct soc *soc = nic->soc;
  uint64_t ticks = (soc->m.cycles - clock->start_cycle) / (soc->m.cpu_hz / soc->ahb_clock);
  ticks += (uint64_t)((int64_t)ticks * nic->clock_error / NS_PER_S);
  unsigned __int128 steps = (unsigned __int128)ticks * clock->addend >> 32;
  return clock->start_ns + (uint64_t)steps * clock->increment;
}

/* Carry out what the control register orders, unless a test holds it. */
static void carry_out(struct nic *nic, struct nic_clock *clock) {
  const uint32_t *reg = clock->reg, orders = nic->hold_clock ? 0 : reg[CONTROL] & ORDERS;
  uint64_t update = (uint64_t)reg[SECONDS_UPDATE] * NS_PER_S + reg[NANOSECONDS_UPDATE];
  if (orders == 0)
    return;
  clock->start_ns = nic_clock_ns(nic, clock);
  clock->start_cycle = nic->soc->m.cycles;
  if ((orders & (INIT | UPDATE)) && reg[NANOSECONDS_UPDATE] >= NS_PER_S) /* the sign's meaning differs: not used */
    fail(&nic->soc->m, "the 1588 clock is updated by 0x%x nanoseconds", reg[NANOSECONDS_UPDATE]);
  if (orders & INIT) {
    clock->start_ns = update;
    nic->clock_sets++;
  }
  if (orders & UPDATE)
    clock->start_ns = (clock->start_ns + update) % ((1ull << 32) * NS_PER_S);
  if (orders & ADDEND_UPDATE)
    clock->addend = reg[ADDEND];
  clock->reg[CONTROL] &= ~orders;
}

uint64_t nic_stamp(const struct nic *nic, const struct nic_clock *clock, enum stamp_fault fault) {
  uint64_t ns = nic_clock_ns(nic, clock) - (fault == STAMP_NONE ? 5000 : 0);
  return fault == STAMP_LOST ? UINT64_MAX : ns / NS_PER_S << 32 | ns % NS_PER_S;
}

uint32_t nic_clock_read(struct nic *nic, struct nic_clock *clock, unsigned number) {
  uint64_t ns = nic_clock_ns(nic, clock);
  if (number == CONTROL)
    carry_out(nic, clock);
  return number == SECONDS       ? (uint32_t)(ns / NS_PER_S)
         : number == NANOSECONDS ? (uint32_t)(ns % NS_PER_S)
                                 : clock->reg[number];
}

void nic_clock_write(struct nic *nic, struct nic_clock *clock, unsigned number, uint32_t value,
                     unsigned increment_shift) {
  if (number == SECONDS || number == NANOSECONDS)
    fail(&nic->soc->m, "a write of the 1588 clock's time");
  if (clock->reg[CONTROL] & ORDERS)
    fail(&nic->soc->m, "a write to the 1588 clock while it carries out an order");
  clock->reg[number] = value;
  if (number != CONTROL)
    return;
  carry_out(nic, clock);
  clock->increment = clock->reg[INCREMENT] >> increment_shift & 255;
  clock->on = (value & ENABLE) && (value & FINE) && (value & DIGITAL);
  clock->stamps_all = clock->on && (value & STAMP_ALL);
}

static void check_pins(struct soc *soc) {
  static const struct {
    char port;
    unsigned number;
  } rmii[] = {{'A', 1}, {'A', 2}, {'C', 1}, {'A', 7}, {'C', 4}, {'C', 5}, {'G', 11}, {'G', 13}, {'B', 13}};
  for (unsigned i = 0; i < sizeof(rmii) / sizeof(rmii[0]); i++)
    soc_expect_pin(soc, rmii[i].port, rmii[i].number, 11);
}

bool nic_has_wire(struct nic *nic, bool fast, bool full_duplex) {
  const struct phy_model *phy = &nic->soc->phy;
  if (nic->soc->series != SERIES_ESP32)
    check_pins(nic->soc);
  return phy->link && !phy->no_clock && phy->fast == fast && phy->full_duplex == full_duplex;
}

uint64_t nic_wire_cycles(const struct nic *nic, unsigned len, bool fast) {
  if (nic->tx_us != 0)
    return (uint64_t)nic->tx_us * (nic->soc->m.cpu_hz / 1000000);
  return (uint64_t)(len + 24) * 8 * (nic->soc->m.cpu_hz / 1000000) / (fast ? 100 : 10);
}
