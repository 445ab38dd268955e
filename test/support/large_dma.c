/* Uses more memory for the MAC than the non-cacheable region has. */
__attribute__((section(".dma"))) static volatile char large_dma[1048576];

int main(void) { return large_dma[0]; }
