/* What drivers of MACs with DMA need of the processor. */
#ifndef PKT_DMA_H
#define PKT_DMA_H

/* Everything written before is in memory, where the MAC's DMA reads it, before anything after it happens. */
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
