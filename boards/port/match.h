/* What the module's import port.match does: run a chain of tests on a frame (assembly/filtertests.ts makes the chains).
 * It is the one piece of socket logic that is C, because interpreted it would cost six times as much a test. */
#ifndef PKT_MATCH_H
#define PKT_MATCH_H

#include "pkt_abi.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct pkt_test {
  uint32_t offset, mask, value; /* the word at `offset` of the frame, as it stands there */
  uint32_t on_true, on_false;   /* offset of the next test, or of a word with the verdict, plus 1 */
};

/* More tests than a program has instructions are a circle. */
#define PKT_TESTS_MOST 4096u

/* Run the chain at `at` on the frame at `data`, both offsets in `size` bytes of linear memory. False: the chain leaves
 * linear memory or does not end. */
static inline bool pkt_match(const uint8_t *memory, uint32_t size, uint32_t at, uint32_t data, uint32_t *verdict) {
  for (uint32_t left = PKT_TESTS_MOST; (at & 1) == 0; left--) {
    if (left == 0 || at > size - sizeof(struct pkt_test) || (at & 3) != 0)
      return false;
    const struct pkt_test *test = (const struct pkt_test *)(const void *)(memory + at);
    uint32_t place = data + test->offset, word;
    if (place > size - sizeof(word))
      return false;
    memcpy(&word, memory + place, sizeof(word));
    at = (word & test->mask) == test->value ? test->on_true : test->on_false;
  }
  if (--at > size - sizeof(*verdict))
    return false;
  memcpy(verdict, memory + at, sizeof(*verdict));
  return true;
}

#endif
