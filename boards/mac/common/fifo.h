/* Moving frames through a MAC's FIFO, the bulk of what a frame costs on a MAC without DMA. fifo.c is the portable
 * implementation, a family may have one in assembler. Words are 32 bits. Any context. */
#ifndef MAC_FIFO_H
#define MAC_FIFO_H

#include <stdint.h>

/* One register is the FIFO. `to` and `from` are word-aligned, except that `from` may be anywhere in mac_fifo_write(). */
void mac_fifo_read(const volatile uint32_t *fifo, void *to, uint32_t words);
void mac_fifo_write(volatile uint32_t *fifo, const void *from, uint32_t words);

/* The FIFO is reached through any of eight registers in a row, so that one instruction can move eight words. Such an
 * instruction must not be cut short and started again: use these where interrupted loads and stores go on where they were
 * (Cortex-M3 and M4), or with interrupts masked. Word-aligned `to` and `from`. */
void mac_fifo_read8(const volatile uint32_t *fifo, void *to, uint32_t words);
void mac_fifo_write8(volatile uint32_t *fifo, const void *from, uint32_t words);

/* Read `words` words and forget them. */
void mac_fifo_discard(const volatile uint32_t *fifo, uint32_t words);

#endif
