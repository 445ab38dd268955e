/* Move frames through a MAC's FIFO, which is most of the cost of a frame on a MAC without DMA. fifo.c is the portable
 * implementation; a family may have one in assembler. Words have 32 bits. Any context. */
#ifndef MAC_FIFO_H
#define MAC_FIFO_H

#include <stdint.h>

/* The FIFO is one register. `to` is word-aligned; `from` of mac_fifo_write() need not be. */
void mac_fifo_read(const volatile uint32_t *fifo, void *to, uint32_t words);
void mac_fifo_write(volatile uint32_t *fifo, const void *from, uint32_t words);

/* Any of eight consecutive registers is the FIFO, so that one instruction can move eight words. The processor must not
 * restart such an instruction after an interrupt: use these functions where an interrupted load or store continues
 * (Cortex-M3 and M4), or with interrupts masked. `to` and `from` are word-aligned. */
void mac_fifo_read8(const volatile uint32_t *fifo, void *to, uint32_t words);
void mac_fifo_write8(volatile uint32_t *fifo, const void *from, uint32_t words);

/* Read and discard `words` words. */
void mac_fifo_discard(const volatile uint32_t *fifo, uint32_t words);

#endif
