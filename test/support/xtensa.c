/* Checks the arithmetic of boards/family/xtensa/division.c against shifts, additions and comparisons; then does
 * what the console asks: u run into an undefined instruction, s overrun the stack. */
#include "arch.h"
#include "board.h"
#include <stdbool.h>
#include <stdio.h>

#define ROUNDS 300

static uint64_t state = 0x9e3779b97f4a7c15u;

/* A random number of up to 64 bits, often a short one or one near a power of two. */
static uint64_t number(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  unsigned bits = (unsigned)(state >> 58);
  uint64_t short_one = state >> bits;
  return bits & 1 ? short_one : (1ull << bits) - (short_one & 1);
}

/* a * b, bit by bit. */
static uint64_t product(uint64_t a, uint64_t b) {
  uint64_t sum = 0;
  for (; b != 0; b >>= 1, a <<= 1)
    if (b & 1)
      sum += a;
  return sum;
}

static void check(bool right, const char *what, uint64_t a, uint64_t b) {
  if (right)
    return;
  printf("%s is wrong: %08lx%08lx %08lx%08lx\n", what, (unsigned long)(a >> 32), (unsigned long)a,
         (unsigned long)(b >> 32), (unsigned long)b);
  board_exit(1);
}

/* volatile: the compiler must not know the numbers. */
static void arithmetic(uint64_t x, uint64_t y) {
  volatile uint64_t n = x, d = y == 0 ? 1 : y;
  uint64_t quotient = n / d, rest = n % d;
  check(rest < d && product(quotient, d) + rest == n, "unsigned 64", n, d);
  check(n * d == product(n, d), "product 64", n, d);

  volatile int64_t sn = (int64_t)x, sd = y == 0 ? 1 : (int64_t)y;
  if (!(sn == INT64_MIN && sd == -1)) {
    int64_t sq = sn / sd, sr = sn % sd;
    check(product((uint64_t)sq, (uint64_t)sd) + (uint64_t)sr == (uint64_t)sn, "signed 64", x, y);
    check((sr < 0 ? -(uint64_t)sr : (uint64_t)sr) < (sd < 0 ? -(uint64_t)sd : (uint64_t)sd), "signed rest 64", x, y);
    check(sr == 0 || (sr < 0) == (sn < 0), "sign of rest 64", x, y);
  }

  volatile uint32_t n32 = (uint32_t)x, d32 = (uint32_t)y == 0 ? 1 : (uint32_t)y;
  uint32_t quotient32 = n32 / d32, rest32 = n32 % d32;
  check(rest32 < d32 && product(quotient32, d32) + rest32 == n32, "unsigned 32", n32, d32);
  check((uint64_t)n32 * d32 == product(n32, d32), "wide product", n32, d32);

  volatile int32_t sn32 = (int32_t)x, sd32 = (int32_t)y == 0 ? 1 : (int32_t)y;
  if (!(sn32 == INT32_MIN && sd32 == -1)) {
    int32_t sq = sn32 / sd32, sr = sn32 % sd32;
    check((uint32_t)sq * (uint32_t)sd32 + (uint32_t)sr == (uint32_t)sn32, "signed 32", x, y);
    check(sr == 0 || (sr < 0) == (sn32 < 0), "sign of rest 32", x, y);
  }
}

__attribute__((noinline)) static unsigned overrun(unsigned depth) {
  volatile uint8_t room[64];
  room[depth % sizeof(room)] = (uint8_t)depth;
  return depth == UINT32_MAX ? 0 : overrun(depth + 1) + room[0];
}

int main(void) {
  static const uint64_t edges[] = {0,          1,           2,         3,          0x7fffffff, 0x80000000,
                                   0xffffffff, 0x100000000, INT64_MAX, 1ull << 63, UINT64_MAX};
  for (unsigned i = 0; i < sizeof(edges) / sizeof(*edges); i++)
    for (unsigned j = 0; j < sizeof(edges) / sizeof(*edges); j++)
      arithmetic(edges[i], edges[j]);
  for (unsigned i = 0; i < ROUNDS; i++)
    arithmetic(number(), number());
  printf("arithmetic ok\n");
  for (;;) {
    int c = board_console_read();
    if (c == 'u')
      __builtin_trap();
    if (c == 's')
      printf("%u\n", overrun(0));
  }
}
