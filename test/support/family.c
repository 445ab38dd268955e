/* Runs on a board without sockets and checks the functions of the family: the copying functions, the clock, sleeping with a
 * deadline. Then it does what the console asks: e end with status 7, u run into an undefined instruction, s overrun the stack. */
#include "arch.h"
#include "board.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 200
#define EDGE 8

static uint8_t from[LONGEST + 2 * EDGE], to[LONGEST + 2 * EDGE], expected[LONGEST + 2 * EDGE];

static void fill(void) {
  for (unsigned i = 0; i < sizeof(from); i++) {
    from[i] = (uint8_t)(i * 5 + 1);
    to[i] = expected[i] = (uint8_t)(i * 3 + 2);
  }
}

static void check(const char *what, unsigned a, unsigned b, unsigned count, const void *result, const void *wanted) {
  if (result == wanted && memcmp(to, expected, sizeof(to)) == 0)
    return;
  printf("%s is wrong: %u %u %u\n", what, a, b, count);
  board_exit(1);
}

/* Every alignment against every other, every length; the reference copies byte by byte. */
static void copies(void) {
  for (unsigned a = 0; a < 4; a++)
    for (unsigned count = 0; count <= LONGEST; count++) {
      fill();
      for (unsigned i = 0; i < count; i++)
        expected[EDGE + a + i] = 0xc3;
      check("memset", a, 0, count, memset(to + EDGE + a, 0x7c3, count), to + EDGE + a);
      for (unsigned b = 0; b < 4; b++) {
        fill();
        for (unsigned i = 0; i < count; i++)
          expected[EDGE + a + i] = from[EDGE + b + i];
        check("memcpy", a, b, count, memcpy(to + EDGE + a, from + EDGE + b, count), to + EDGE + a);
      }
    }
  for (unsigned a = 0; a < 2 * EDGE; a++)
    for (unsigned b = 0; b < 2 * EDGE; b++)
      for (unsigned count = 0; count <= LONGEST; count++) {
        uint8_t copy[LONGEST];
        fill();
        for (unsigned i = 0; i < count; i++)
          copy[i] = to[b + i];
        for (unsigned i = 0; i < count; i++)
          expected[a + i] = copy[i];
        check("memmove", a, b, count, memmove(to + a, to + b, count), to + a);
      }
  printf("copies ok\n");
}

static void sleep_until(uint64_t deadline) {
  while (arch_set_alarm(deadline)) {
    uint32_t irqs = arch_irq_save();
    arch_wait_for_interrupt();
    arch_irq_restore(irqs);
  }
}

/* A deadline in the past, short ones, one beyond SysTick's reach; the clock never runs backwards. */
static void sleeps(void) {
  static const uint32_t lengths_us[] = {0, 1, 15, 30, 100, 1000, 20000, 900000};
  uint64_t last = arch_now_us();
  for (unsigned i = 0; i < sizeof(lengths_us) / sizeof(*lengths_us); i++) {
    uint64_t begin = arch_now_us();
    sleep_until(begin + lengths_us[i]);
    for (unsigned reads = 0; reads < 1000; reads++) {
      uint64_t now = arch_now_us();
      if (now < last || now < begin + lengths_us[i]) {
        printf("the clock went back: %lu to %lu\n", (unsigned long)last, (unsigned long)now);
        board_exit(1);
      }
      last = now;
    }
  }
  printf("sleeps ok at %lu\n", (unsigned long)arch_now_us());
}

static void heap(void) {
  struct arch_memory_marks before, after;
  arch_memory_marks(&before);
  errno = 0;
  void *block = malloc(8000);
  bool refused = malloc(1u << 30) == NULL && errno == ENOMEM;
  arch_memory_marks(&after);
  bool ok = block != NULL && refused && after.heap >= before.heap + 8000 && after.stack > 0;
  printf("heap %s\n", ok ? "ok" : "wrong");
  free(block);
}

__attribute__((noinline)) static unsigned overrun(unsigned depth) {
  volatile uint8_t room[64];
  room[depth % sizeof(room)] = (uint8_t)depth;
  return depth == UINT32_MAX ? 0 : overrun(depth + 1) + room[0];
}

int main(void) {
  copies();
  sleeps();
  heap();
  for (;;) {
    int c = board_console_read();
    if (c == 'e')
      return 7;
    if (c == 'u')
      __builtin_trap();
    if (c == 's')
      printf("%u\n", overrun(0));
  }
}
