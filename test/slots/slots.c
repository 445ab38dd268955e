/* Cuts the power in the middle of boards/manage/slots.c, for test/slots.test.ts. The flash is a stand-in: erasing and writing proceed
 * byte by byte in an order of their own, and end after so many bytes; the last one is half done. What a byte was written before it is
 * erased again is a finding.
 *
 *   slots UNIT SEED     keeps files one after the other, each with the power cut at every byte, and prints how many cuts there were */
#include <pktsock/slots.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT = 512, FILES = 6, NEVER = -1 };

static uint8_t memory[2][SLOT];
static bool written[2][SLOT];
static uint32_t unit;
static long left; /* bytes until the power is cut; NEVER */
static bool cut;

static void fail(const char *sentence) {
  printf("FINDING: %s\n", sentence);
  exit(1);
}

static bool powered(void) {
  if (left == 0)
    cut = true;
  else if (left > 0)
    left--;
  return !cut;
}

/* Bytes of a sector become 0xff in no order. */
static int erase(void *context, unsigned slot) {
  (void)context;
  unsigned first = (unsigned)rand() % SLOT;
  for (unsigned i = 0; i < SLOT; i++) {
    unsigned at = (first + i * 7) % SLOT;
    if (!powered()) {
      memory[slot][at] |= (uint8_t)rand();
      return -1;
    }
    memory[slot][at] = 0xff;
    written[slot][at] = false;
  }
  return 0;
}

static int write_units(void *context, unsigned slot, uint32_t offset, const uint8_t *bytes, uint32_t size) {
  (void)context;
  if (offset % unit != 0 || size % unit != 0 || offset + size > SLOT)
    fail("a write that is no whole unit");
  for (uint32_t i = 0; i < size; i++) {
    if (written[slot][offset + i])
      fail("a byte is written twice");
    written[slot][offset + i] = true;
    if (!powered()) {
      memory[slot][offset + i] &= bytes[i] | (uint8_t)rand();
      return -1;
    }
    memory[slot][offset + i] &= bytes[i];
  }
  return 0;
}

static struct pktsock_flash flash = {
    .slots = {memory[0], memory[1]}, .size = SLOT, .erase = erase, .write = write_units};

static uint32_t make_file(uint8_t *file, unsigned number) {
  uint32_t size = 1 + (uint32_t)rand() % (SLOT - PKTSOCK_SLOT_HEADER);
  for (uint32_t i = 0; i < size; i++)
    file[i] = (uint8_t)(rand() ^ (int)number);
  return size;
}

static bool is_found(const uint8_t *file, uint32_t size) {
  uint32_t found_size;
  const uint8_t *found = pktsock_slots_find(&flash, &found_size);
  return file == NULL ? found == NULL : found != NULL && found_size == size && memcmp(found, file, size) == 0;
}

static void copy(uint8_t to[2][SLOT], bool to_written[2][SLOT], uint8_t from[2][SLOT], bool from_written[2][SLOT]) {
  memcpy(to, from, sizeof(memory));
  memcpy(to_written, from_written, sizeof(written));
}

int main(int argc, char **argv) {
  static uint8_t files[2][SLOT], saved[2][SLOT];
  static bool saved_written[2][SLOT];
  uint32_t sizes[2] = {0, 0};
  unsigned long cuts = 0, after = 0;
  if (argc < 3)
    return 2;
  unit = flash.unit = (uint32_t)atoi(argv[1]);
  srand((unsigned)atoi(argv[2]));
  for (unsigned i = 0; i < SLOT; i++)
    memory[0][i] = (uint8_t)rand(), memory[1][i] = (uint8_t)rand();
  memset(written, true, sizeof(written));
  if (!is_found(NULL, 0))
    fail("a file is found in noise");

  for (unsigned number = 0; number < FILES; number++) {
    unsigned now = number % 2, last = 1 - now;
    sizes[now] = make_file(files[now], number);
    copy(saved, saved_written, memory, written);
    for (long bytes = 0;; bytes++) {
      copy(memory, written, saved, saved_written);
      left = bytes, cut = false;
      int result = pktsock_slots_keep(&flash, files[now], sizes[now]);
      bool old = number == 0 ? is_found(NULL, 0) : is_found(files[last], sizes[last]);
      bool new = is_found(files[now], sizes[now]);
      if (!cut) {
        if (result != 0 || !new)
          fail("a file is not kept");
        break;
      }
      cuts++, after += new;
      if (!old && !new)
        fail("after a power cut neither file is found");
      if (result == 0)
        fail("what was cut off has succeeded");
      left = NEVER, cut = false; /* the next attempt, with power */
      if (pktsock_slots_keep(&flash, files[now], sizes[now]) != 0 || !is_found(files[now], sizes[now]))
        fail("after a power cut a file is not kept");
    }
    left = NEVER;
    if (pktsock_slots_keep(&flash, pktsock_slots_find(&flash, &sizes[now]), sizes[now]) != 0)
      fail("the file that is there is not kept");
  }
  if (pktsock_slots_keep(&flash, files[0], SLOT) != PKTSOCK_SLOTS_TOO_LARGE)
    fail("a file that is too large is kept");
  printf("%lu cuts, after %lu of them the new file\n", cuts, after);
  return 0;
}
