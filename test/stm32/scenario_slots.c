/* Signed modules that survive a restart (APP=demo with SWAP, SWAP_KEY and SWAP_SLOTS): they are brought over Ethernet as
 * `pktsock swap` does (docs/manage.md), kept in the flash, and found again; also when the power is cut while one is written. */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELLO = 1, BEGIN = 4, DATA = 5, SWAP = 6, CONFIRM = 8 };
enum { HEADER = 12, PIECE = 1000, BUILT_IN = 0, TRIAL = 1, PROVEN = 2 };
enum { ANSWER_US = 2000000, SWAP_US = 20000000, KEEP_US = 30000000 };

struct file {
  uint8_t *bytes;
  uint32_t size;
};

static uint32_t identifier = 1000;

static void put32(uint8_t *at, uint32_t value) {
  for (unsigned i = 0; i < 4; i++)
    at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get32(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static struct file read_file(struct bench *b, unsigned number) {
  struct file file;
  FILE *in = b->files[number] != NULL ? fopen(b->files[number], "rb") : NULL;
  EXPECT(b, in != NULL, "the scenario needs two signed modules");
  fseek(in, 0, SEEK_END);
  file.size = (uint32_t)ftell(in);
  file.bytes = malloc(file.size);
  rewind(in);
  EXPECT(b, fread(file.bytes, 1, file.size, in) == file.size, "cannot read %s", b->files[number]);
  fclose(in);
  return file;
}

/* Send a request, and wait for its answer. Returns the body of the answer, whose status must be 0. */
static const uint8_t *ask(struct bench *b, unsigned operation, const uint8_t *body, unsigned size, uint32_t us) {
  static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};
  uint8_t frame[MAX_WIRE_FRAME] = {0}, *message = frame + 14;
  bench_test_frame(b, frame, 14, operation == HELLO ? all : NULL);
  put32(message, 0x706b7431);
  put32(message + 4, operation << 24 | size);
  put32(message + 8, ++identifier);
  memcpy(message + HEADER, body, size);
  unsigned len = 14 + HEADER + size;
  bench_say(b, frame, len < 60 ? 60 : len, WIRE_GOOD);
  const struct heard *heard = bench_hear(b, us);
  EXPECT(b, heard != NULL, "no answer to operation %u; the console says:\n%.2000s", operation,
         b->soc.console + b->soc.console_read);
  message = (uint8_t *)heard->bytes + 14;
  EXPECT(b, get32(message + 8) == identifier && message[4] == (operation | 0x80), "no answer to operation %u",
         operation);
  EXPECT(b, message[5] == 0, "status %u to operation %u: %.*s", message[5], operation, message[HEADER],
         (const char *)message + HEADER + 1);
  memcpy(b->hwaddr, heard->bytes + 6, 6);
  return message + HEADER;
}

static void expect_module(struct bench *b, uint32_t state, uint32_t version) {
  const uint8_t *hello = ask(b, HELLO, NULL, 0, ANSWER_US);
  uint32_t is_state = get32(hello + 16), is_version = get32(hello + 20);
  EXPECT(b, is_version == version && is_state == state, "version %u runs, state %u, and not %u, state %u", is_version,
         is_state, version, state);
}

static void bring(struct bench *b, const struct file *file, uint32_t version) {
  uint8_t body[4 + PIECE];
  put32(body, file->size);
  memset(body + 4, (int)version, 32); /* the board takes the hash for a name */
  uint32_t have = get32(ask(b, BEGIN, body, 36, ANSWER_US));
  while (have < file->size) {
    uint32_t piece = file->size - have < PIECE ? file->size - have : PIECE;
    put32(body, have);
    memcpy(body + 4, file->bytes + have, piece);
    have = get32(ask(b, DATA, body, 4 + piece, ANSWER_US));
  }
  put32(body, 0);
  put32(body + 4, nic_crc32(file->bytes, file->size));
  EXPECT(b, get32(ask(b, SWAP, body, 8, SWAP_US)) == version, "version %u was not swapped in", version);
}

/* The power comes back: what is in the flash is all that is left. */
static void restart(struct bench *b, const char *says) {
  bench_restart(b);
  bench_boot_with_link(b, "ready ");
  if (says != NULL)
    EXPECT(b, strstr(b->soc.console, says) != NULL, "the console does not say \"%s\" at the start; it says:\n%.2000s",
           says, b->soc.console);
}

static bool is_cut(void *arg) { return ((struct bench *)arg)->soc.flash.is_cut; }

/* In a process of its own: confirm version 2, which is on trial, and cut the power in the middle of the step. `whole`: all that
 * counts was written before. Otherwise version 1 runs after that; `again`: and then version 2 is brought and kept. */
static void cut_in(struct bench *b, unsigned step, bool whole, bool again, const struct file *file) {
  b->soc.flash.cut_after = b->soc.flash.steps + step;
  ask(b, CONFIRM, NULL, 0, ANSWER_US);
  EXPECT(b, machine_run(&b->soc.m, KEEP_US, is_cut, b), "there is no step %u", step);
  restart(b, whole ? "version 2 was kept, and runs" : "version 1 was kept, and runs");
  if (!again)
    return;
  expect_module(b, TRIAL, 1);
  ask(b, CONFIRM, NULL, 0, ANSWER_US);
  bring(b, file, 2);
  ask(b, CONFIRM, NULL, 0, ANSWER_US);
  soc_expect(&b->soc, "version 2 is kept", KEEP_US);
  restart(b, "version 2 was kept, and runs");
}

static void cut_in_process(struct bench *b, unsigned step, bool whole, bool again, const struct file *file) {
  int status;
  fflush(stdout);
  pid_t pid = fork();
  EXPECT(b, pid >= 0, "cannot fork");
  if (pid == 0) {
    cut_in(b, step, whole, again, file);
    exit(0);
  }
  waitpid(pid, &status, 0);
  EXPECT(b, status == 0, "after a power cut in step %u", step);
}

/* Keep version 1, and return the number of steps. */
static unsigned keep_first(struct bench *b, const struct file *file) {
  bench_boot_with_link(b, "ready ");
  expect_module(b, BUILT_IN, 0);
  bring(b, file, 1);
  expect_module(b, TRIAL, 1);
  EXPECT(b, b->soc.flash.steps == 0, "a module is written before it is proven");
  ask(b, CONFIRM, NULL, 0, ANSWER_US);
  soc_expect(&b->soc, "version 1 is kept", KEEP_US);
  return b->soc.flash.steps;
}

void scenario_slots(struct bench *b) {
  struct file first = read_file(b, 0), second = read_file(b, 1);
  unsigned steps = keep_first(b, &first);
  restart(b, "version 1 was kept, and runs");
  expect_module(b, TRIAL, 1);
  ask(b, CONFIRM, NULL, 0, ANSWER_US);
  bring(b, &second, 2);
  expect_module(b, TRIAL, 2);
  /* The erasure; the first unit of the file; anywhere; the last one of the file; the last one of the header that counts; the
   * last one. The header comes last, and its last 12 bytes are as erased ones. */
  unsigned header = 32 / b->soc.flash.unit, rest = 12 / b->soc.flash.unit;
  const unsigned cuts[] = {1, 2, 2 + bench_random(b, steps - 2 - header), steps - header, steps - rest, steps};
  const unsigned count = sizeof(cuts) / sizeof(cuts[0]);
  for (unsigned i = 0; i < count; i++)
    cut_in_process(b, cuts[i], cuts[i] > steps - rest, i == 2, &second);
  ask(b, CONFIRM, NULL, 0, ANSWER_US);
  soc_expect(&b->soc, "version 2 is kept", KEEP_US);
  expect_module(b, PROVEN, 2);
  restart(b, "version 2 was kept, and runs");
  expect_module(b, TRIAL, 2);
  bench_expect_network(b);
  printf("%u steps to keep a module, the power cut in %u of them\n", steps, count);
}

void scenario_slots_trouble(struct bench *b) {
  static const struct {
    enum flash_fault fault;
    bool f7_only;
    const char *sentence;
  } troubles[] = {{FLASH_PROTECTED, false, "the option bytes protect the slot's sector"},
                  {FLASH_WORN, false, "the flash has not kept what was written"},
                  {FLASH_STUCK, false, "the flash stays busy"},
                  {FLASH_LOCKED, false, "the flash does not unlock before the next reset"},
                  {FLASH_BANKS, true, "the option bytes divide the flash into two banks"}};
  struct file first = read_file(b, 0), second = read_file(b, 1);
  keep_first(b, &first);
  for (unsigned i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
    if (troubles[i].f7_only && b->soc.series != SERIES_F7)
      continue;
    restart(b, "version 1 was kept, and runs");
    ask(b, CONFIRM, NULL, 0, ANSWER_US);
    bring(b, &second, 2);
    b->soc.flash.fault = troubles[i].fault;
    ask(b, CONFIRM, NULL, 0, ANSWER_US);
    soc_expect(&b->soc, "version 2 is not kept: ", KEEP_US);
    soc_expect(&b->soc, troubles[i].sentence, 1000000);
    expect_module(b, PROVEN, 2); /* until the next restart */
  }
  restart(b, "version 1 was kept, and runs");
}
