/* For drivers of MACs with DMA. */
#ifndef PKT_DMA_H
#define PKT_DMA_H

/* A barrier between memory and the MAC: all earlier accesses complete before any later one starts. */
static inline void pkt_dma_barrier(void) {
#if defined(__arm__)
  __asm__ volatile("dsb" ::: "memory");
#elif defined(__xtensa__)
  __asm__ volatile("memw" ::: "memory");
#else
#error "boards/mac/common/dma.h: no barrier for this processor"
#endif
}

#endif
