/* A heap in memory that the integrator gives: first fit; adjacent free blocks are merged. Blocks are aligned to 8 bytes if
 * the memory is, and each has 8 bytes of overhead. Not re-entrant: the engine uses it under the component's lock. */
#ifndef PKT_HEAP_H
#define PKT_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Blocks follow each other from the start of the heap to its end. */
struct pkt_block {
  uint32_t size; /* bytes with this header, a multiple of 8 */
  uint32_t used;
};

struct pkt_heap {
  uint8_t *start, *end;
  uint8_t *top; /* end of the highest block that was ever used */
};

/* Make a heap of `size` bytes (8 at least, 4 GiB at most) at `memory`, which is aligned to 8. */
static inline void pkt_heap_make(struct pkt_heap *heap, void *memory, size_t size) {
  struct pkt_block *block = memory;
  size &= ~(size_t)7;
  *heap = (struct pkt_heap){memory, (uint8_t *)memory + size, memory};
  *block = (struct pkt_block){(uint32_t)size, false};
}

static inline struct pkt_block *pkt_block_after(struct pkt_block *block) {
  return (struct pkt_block *)(void *)((uint8_t *)block + block->size);
}

/* Allocate `size` bytes of zeros. Returns NULL if there is no room. */
static inline void *pkt_heap_take(struct pkt_heap *heap, size_t size) {
  if (size > (size_t)(heap->end - heap->start))
    return NULL;
  uint32_t need = (uint32_t)((size + sizeof(struct pkt_block) + 7) & ~(size_t)7);
  struct pkt_block *block = (void *)heap->start;
  for (; (uint8_t *)block < heap->end; block = pkt_block_after(block)) {
    struct pkt_block *next;
    if (block->used)
      continue;
    while ((uint8_t *)(next = pkt_block_after(block)) < heap->end && !next->used)
      block->size += next->size;
    if (block->size < need)
      continue;
    if (block->size - need >= sizeof(struct pkt_block)) {
      uint32_t rest = block->size - need;
      block->size = need;
      *pkt_block_after(block) = (struct pkt_block){rest, false};
    }
    block->used = true;
    if ((uint8_t *)pkt_block_after(block) > heap->top)
      heap->top = (uint8_t *)pkt_block_after(block);
    return memset(block + 1, 0, block->size - sizeof(struct pkt_block));
  }
  return NULL;
}

/* Free an allocation; NULL is ignored. */
static inline void pkt_heap_give(void *bytes) {
  if (bytes != NULL)
    ((struct pkt_block *)bytes - 1)->used = false;
}

/* The size of an allocation in bytes, at least what was asked for. */
static inline size_t pkt_heap_size(const void *bytes) {
  return ((const struct pkt_block *)bytes - 1)->size - sizeof(struct pkt_block);
}

#endif
