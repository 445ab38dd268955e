/* The module's import port.match: run a chain of tests on a frame (assembly/filtertests.ts makes the chains). It is the only
 * socket logic in C, because each test would cost ten times as much in the interpreter. */
#ifndef PKT_MATCH_H
#define PKT_MATCH_H

#include <pktsock/abi.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct pkt_test {
  uint32_t field;       /* PKT_TEST_* */
  uint32_t mask, value; /* of the word at the field, in the frame's byte order; with PKT_TEST_ORDER in host order */
  uint16_t on_true, on_false; /* offset of the next test, or of a word with the verdict, plus 1 */
};

/* A program has fewer instructions, so a chain with more tests is a loop. */
#define PKT_MAX_TESTS 4096u

static inline uint32_t pkt_match_word(const uint8_t *bytes) {
  uint32_t word;
  memcpy(&word, bytes, sizeof(word));
  return word;
}

/* Run the chain at `at` on the struct frame at `frame`, both offsets in `size` bytes of linear memory. A field beyond
 * the end of the frame ends the chain with the verdict 0. Returns the number of tests that were run, plus 1, or 0 if the chain or
 * the frame leaves linear memory, or the chain does not end. */
static inline uint32_t pkt_match(const uint8_t *memory, uint32_t size, uint32_t at, uint32_t frame, uint32_t *verdict) {
  if (!PKTSOCK_FILTER) /* no socket has a filter */
    return 0;
  if (frame > size - PKT_FRAME_BYTES)
    return 0;
  uint32_t mac = pkt_match_word(memory + frame + PKT_FRAME_MAC), len = pkt_match_word(memory + frame + PKT_FRAME_LEN);
  uint32_t x = 0;
  if (mac > size - sizeof(uint32_t) || len > size - sizeof(uint32_t) - mac)
    return 0; /* tests read whole words, whose last 3 bytes may lie behind the frame */
  uint32_t tests = 1;
  for (; (at & 1) == 0; tests++) {
    if (tests > PKT_MAX_TESTS || at > size - sizeof(struct pkt_test) || (at & 3) != 0)
      return 0;
    const struct pkt_test *test = (const struct pkt_test *)(const void *)(memory + at);
    uint32_t field = test->field, place = field & PKT_TEST_PLACE_MASK;
    if ((field & PKT_TEST_X) != 0)
      place += x;
    if (place + (field >> PKT_TEST_SIZE_SHIFT & 7) > len) {
      *verdict = 0;
      return tests + 1;
    }
    uint32_t word = pkt_match_word(memory + mac + place);
    bool holds;
    if ((field & (PKT_TEST_ORDER | PKT_TEST_LOAD_X)) == 0) {
      holds = (word & test->mask) == test->value;
    } else if ((field & PKT_TEST_ORDER) != 0) {
      holds = (__builtin_bswap32(word) & test->mask) >= test->value;
    } else {
      x = (word & 15) << 2;
      holds = true;
    }
    at = holds ? test->on_true : test->on_false;
  }
  if (--at > size - sizeof(*verdict))
    return 0;
  *verdict = pkt_match_word(memory + at);
  return tests;
}

#endif
