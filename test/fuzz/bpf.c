/* Classic BPF: see bpf.h. */
#include "bpf.h"

#include "world.h"

/* <linux/filter.h> has more of these than boards/posix lists. */
enum { AD_MARK = 20, AD_QUEUE = 24, AD_RXHASH = 32, AD_CPU = 36, AD_ALU_XOR_X = 40 };
#define AD(what) ((uint32_t)SKF_AD_OFF + (what))

static bool is_absolute_load(uint16_t code) {
  return code == (BPF_LD | BPF_W | BPF_ABS) || code == (BPF_LD | BPF_H | BPF_ABS) || code == (BPF_LD | BPF_B | BPF_ABS);
}

static bool is_known(uint16_t code) {
  static const uint8_t operations[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,
                                       BPF_AND, BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR};
  static const uint16_t others[] = {
      BPF_LD | BPF_W | BPF_ABS,
      BPF_LD | BPF_H | BPF_ABS,
      BPF_LD | BPF_B | BPF_ABS,
      BPF_LD | BPF_W | BPF_IND,
      BPF_LD | BPF_H | BPF_IND,
      BPF_LD | BPF_B | BPF_IND,
      BPF_LD | BPF_W | BPF_LEN,
      BPF_LD | BPF_IMM,
      BPF_LD | BPF_MEM,
      BPF_LDX | BPF_W | BPF_LEN,
      BPF_LDX | BPF_IMM,
      BPF_LDX | BPF_MEM,
      BPF_LDX | BPF_B | BPF_MSH,
      BPF_ST,
      BPF_STX,
      BPF_MISC | BPF_TAX,
      BPF_MISC | BPF_TXA,
      BPF_RET | BPF_K,
      BPF_RET | BPF_A,
      BPF_ALU | BPF_NEG,
      BPF_JMP | BPF_JA,
  };
  for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
    if (code == others[i])
      return true;
  for (unsigned i = 0; i < sizeof(operations); i++)
    if (code == (BPF_ALU | operations[i] | BPF_K) || code == (BPF_ALU | operations[i] | BPF_X))
      return true;
  for (unsigned jump = BPF_JEQ; jump <= BPF_JSET; jump += 0x10)
    if (code == (BPF_JMP | jump | BPF_K) || code == (BPF_JMP | jump | BPF_X))
      return true;
  return false;
}

static bool is_ancillary(uint32_t k) {
  switch (k - (uint32_t)SKF_AD_OFF) {
  case SKF_AD_PROTOCOL:
  case SKF_AD_PKTTYPE:
  case SKF_AD_IFINDEX:
  case AD_MARK:
  case AD_QUEUE:
  case SKF_AD_HATYPE:
  case AD_RXHASH:
  case AD_CPU:
  case AD_ALU_XOR_X:
  case SKF_AD_VLAN_TAG:
  case SKF_AD_VLAN_TAG_PRESENT:
  case SKF_AD_RANDOM:
  case SKF_AD_VLAN_TPID: return true;
  default: return false;
  }
}

static bool is_conditional(const struct sock_filter *at) {
  return BPF_CLASS(at->code) == BPF_JMP && at->code != (BPF_JMP | BPF_JA);
}

/* The contents of one instruction, and the instructions that may follow it. */
static bool is_sound(const struct sock_filter *at, uint32_t behind) {
  if (!is_known(at->code))
    return false;
  switch (at->code) {
  case BPF_ALU | BPF_DIV | BPF_K:
  case BPF_ALU | BPF_MOD | BPF_K: return at->k != 0;
  case BPF_ALU | BPF_LSH | BPF_K:
  case BPF_ALU | BPF_RSH | BPF_K: return at->k < 32;
  case BPF_LD | BPF_MEM:
  case BPF_LDX | BPF_MEM:
  case BPF_ST:
  case BPF_STX: return at->k < BPF_MEMWORDS;
  case BPF_JMP | BPF_JA: return at->k < behind;
  default: break;
  }
  if (is_conditional(at))
    return at->jt < behind && at->jf < behind;
  return !is_absolute_load(at->code) || at->k < (uint32_t)SKF_AD_OFF || is_ancillary(at->k);
}

/* Does instruction `from` lead to `to`, as far as the order of M[]'s writing goes? What stands behind a return counts as
 * reached from it, as in Linux. */
static bool leads(const struct sock_filter *program, uint32_t from, uint32_t to) {
  const struct sock_filter *at = &program[from];
  if (at->code == (BPF_JMP | BPF_JA))
    return from + 1 + at->k == to;
  if (is_conditional(at))
    return from + 1 + at->jt == to || from + 1 + at->jf == to;
  return from + 1 == to;
}

/* Is each word of M[] written on every way to where it is read? */
static bool reads_what_is_written(const struct sock_filter *program, uint32_t count) {
  static uint16_t written[BPF_MAXINSNS]; /* behind each instruction: a bit a word */
  for (uint32_t i = 0; i < count; i++) {
    uint16_t here = i == 0 ? 0 : 0xffff;
    for (uint32_t from = 0; from < i; from++)
      if (leads(program, from, i))
        here &= written[from];
    bool writes = program[i].code == BPF_ST || program[i].code == BPF_STX;
    bool reads = program[i].code == (BPF_LD | BPF_MEM) || program[i].code == (BPF_LDX | BPF_MEM);
    if (reads && (here >> program[i].k & 1) == 0)
      return false;
    written[i] = writes ? (uint16_t)(here | 1u << program[i].k) : here;
  }
  return true;
}

bool bpf_valid(const struct sock_filter *program, uint32_t count) {
  if (count == 0 || count > BPF_MAXINSNS || BPF_CLASS(program[count - 1].code) != BPF_RET)
    return false;
  for (uint32_t i = 0; i < count; i++)
    if (!is_sound(&program[i], count - 1 - i))
      return false;
  return reads_what_is_written(program, count);
}

bool bpf_is_random(const struct sock_filter *program, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (is_absolute_load(program[i].code) && program[i].k == AD(SKF_AD_RANDOM))
      return true;
  return false;
}

/* `size` bytes at `offset` in network order. False: the frame does not have them. */
static bool load(const struct bpf_packet *packet, int32_t offset, uint32_t size, uint32_t *value) {
  int64_t at = -1;
  if (offset >= 0)
    at = (int64_t)packet->seen_from + offset;
  else if (offset >= SKF_NET_OFF)
    at = 14 + (int64_t)offset - SKF_NET_OFF;
  else if (offset >= SKF_LL_OFF)
    at = (int64_t)offset - SKF_LL_OFF;
  if (at < 0 || at + size > packet->len)
    return false;
  *value = 0;
  for (uint32_t i = 0; i < size; i++)
    *value = *value << 8 | packet->bytes[at + i];
  return true;
}

static uint32_t ancillary(const struct bpf_packet *packet, uint32_t what) {
  switch (what) {
  case SKF_AD_PROTOCOL: return packet->protocol;
  case SKF_AD_PKTTYPE: return packet->type;
  case SKF_AD_IFINDEX: return packet->ifindex;
  case SKF_AD_HATYPE: return 1;
  case SKF_AD_VLAN_TAG: return packet->tagged ? packet->tci : 0;
  case SKF_AD_VLAN_TAG_PRESENT: return packet->tagged;
  case SKF_AD_VLAN_TPID: return packet->tagged ? packet->tpid : 0;
  default: return 0;
  }
}

static uint32_t compute(uint16_t code, uint32_t a, uint32_t b) {
  switch (code & 0xf0) {
  case BPF_ADD: return a + b;
  case BPF_SUB: return a - b;
  case BPF_MUL: return a * b;
  case BPF_DIV: return a / b;
  case BPF_MOD: return a % b;
  case BPF_OR: return a | b;
  case BPF_AND: return a & b;
  case BPF_XOR: return a ^ b;
  case BPF_LSH: return a << (b & 31);
  case BPF_RSH: return a >> (b & 31);
  default: return -a;
  }
}

static bool holds(uint16_t code, uint32_t a, uint32_t b) {
  switch (code & 0xf0) {
  case BPF_JEQ: return a == b;
  case BPF_JGT: return world_breaks("a filter's jump") ? a >= b : a > b;
  case BPF_JGE: return a >= b;
  default: return (a & b) != 0;
  }
}

uint32_t bpf_run(const struct sock_filter *program, const struct bpf_packet *packet) {
  uint32_t a = 0, x = 0, m[BPF_MEMWORDS] = {0}, value;
  for (const struct sock_filter *at = program;; at++) {
    uint32_t operand = at->code & BPF_X ? x : at->k;
    switch (at->code) {
    case BPF_RET | BPF_K: return at->k;
    case BPF_RET | BPF_A: return a;
    case BPF_LD | BPF_W | BPF_LEN: a = packet->len - packet->seen_from; continue;
    case BPF_LDX | BPF_W | BPF_LEN: x = packet->len - packet->seen_from; continue;
    case BPF_LD | BPF_IMM: a = at->k; continue;
    case BPF_LDX | BPF_IMM: x = at->k; continue;
    case BPF_LD | BPF_MEM: a = m[at->k]; continue;
    case BPF_LDX | BPF_MEM: x = m[at->k]; continue;
    case BPF_ST: m[at->k] = a; continue;
    case BPF_STX: m[at->k] = x; continue;
    case BPF_MISC | BPF_TAX: x = a; continue;
    case BPF_MISC | BPF_TXA: a = x; continue;
    case BPF_JMP | BPF_JA: at += at->k; continue;
    case BPF_LDX | BPF_B | BPF_MSH:
      if (!load(packet, (int32_t)at->k, 1, &value))
        return 0;
      x = (value & 15) * 4;
      continue;
    default: break;
    }
    if (BPF_CLASS(at->code) == BPF_JMP) {
      at += holds(at->code, a, operand) ? at->jt : at->jf;
    } else if (BPF_CLASS(at->code) == BPF_ALU) {
      uint16_t operation = at->code & 0xf0;
      if ((operation == BPF_DIV || operation == BPF_MOD) && operand == 0)
        return 0;
      a = compute(at->code, a, operand);
    } else if (is_absolute_load(at->code) && at->k >= (uint32_t)SKF_AD_OFF) {
      a = at->k == AD(AD_ALU_XOR_X) ? a ^ x : ancillary(packet, at->k - (uint32_t)SKF_AD_OFF);
    } else {
      uint32_t size = (at->code & 0x18) == BPF_W ? 4 : (at->code & 0x18) == BPF_H ? 2 : 1;
      if (!load(packet, (int32_t)(is_absolute_load(at->code) ? at->k : at->k + x), size, &a))
        return 0;
    }
  }
}
