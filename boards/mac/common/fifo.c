/* fifo.h in C, for families without an assembler version. */
#include "fifo.h"
#include <string.h>

void mac_fifo_read(const volatile uint32_t *fifo, void *to, uint32_t words) {
  for (uint32_t *at = to; words > 0; words--)
    *at++ = *fifo;
}

void mac_fifo_write(volatile uint32_t *fifo, const void *from, uint32_t words) {
  for (const uint8_t *at = from; words > 0; words--, at += sizeof(uint32_t)) {
    uint32_t word;
    memcpy(&word, at, sizeof(word));
    *fifo = word;
  }
}

void mac_fifo_read8(const volatile uint32_t *fifo, void *to, uint32_t words) { mac_fifo_read(fifo, to, words); }

void mac_fifo_write8(volatile uint32_t *fifo, const void *from, uint32_t words) { mac_fifo_write(fifo, from, words); }

void mac_fifo_discard(const volatile uint32_t *fifo, uint32_t words) {
  while (words-- > 0)
    (void)*fifo;
}
