/* Sizes, in bytes, of the memory that the integrator gives to the component (config.memory, config.engine_heap), as
 * constants:
 *
 *   static _Alignas(8) uint8_t memory[PKTSOCK_MEMORY_SIZE] __attribute__((section(".dma")));
 *   static _Alignas(8) uint8_t heap[PKTSOCK_ENGINE_HEAP_SIZE];
 *
 * A build that defines PKTSOCK_STATIC_MEMORY for all files promises that config.memory is the array
 * pktsock_linear_memory, which the firmware defines. The engine aot then has its address and size as constants, and
 * needs no malloc():
 *
 *   _Alignas(8) uint8_t pktsock_linear_memory[PKTSOCK_MEMORY_SIZE]; */
#ifndef PKTSOCK_MEMORY_H
#define PKTSOCK_MEMORY_H

#include <pktsock/abi.h>
#include <pktsock/config.h>
#include <pktsock/pktsock.h>

/* Bytes in front of linear memory that the engine may use, and those behind it that AOT_BOUNDS=guarded needs. */
#define PKTSOCK_MEMORY_HEADER (4 * sizeof(void *))
#ifndef PKTSOCK_MEMORY_SLACK
#define PKTSOCK_MEMORY_SLACK 0
#endif

/* The most descriptors that can be open at a time. */
#if PKTSOCK_ALLOC_CONNS == 0
#define PKTSOCK_DESCRIPTORS PKTSOCK_PREALLOC_CONNS
#elif PKTSOCK_MAX_CONNS > 0
#define PKTSOCK_DESCRIPTORS PKTSOCK_MAX_CONNS
#else
#define PKTSOCK_DESCRIPTORS PKT_MAX_DESCRIPTORS
#endif

/* Bytes of config.engine_heap for the engine wasm3: measured with all calls in use, plus a margin. With
 * PKTSOCK_PRECOMPILE the whole module is compiled; otherwise PKTSOCK_CODE_PAGES limits the code.
 * pktsock_engine_heap_used() returns the use. The engine aot needs none: set it to 0 for that. */
#define PKTSOCK_WHOLE_HEAP_ ((PKTSOCK_APP_SIZE > 0 ? 33792 : 25600) * sizeof(void *))
#define PKTSOCK_LAZY_HEAP_ ((5120 + PKTSOCK_CODE_PAGES * 288) * sizeof(void *))
#define PKTSOCK_WASM3_HEAP_                                                                                            \
  (PKTSOCK_PRECOMPILE || PKTSOCK_LAZY_HEAP_ > PKTSOCK_WHOLE_HEAP_ ? PKTSOCK_WHOLE_HEAP_ : PKTSOCK_LAZY_HEAP_)
#ifndef PKTSOCK_ENGINE_HEAP_SIZE
#define PKTSOCK_ENGINE_HEAP_SIZE PKTSOCK_WASM3_HEAP_
#endif

/* The same for config.swap_heap, which wasm3 uses with every engine. */
#define PKTSOCK_SWAP_HEAP_SIZE PKTSOCK_WASM3_HEAP_

/* Bytes of config.memory for the capacities of pktsock/config.h: the sum of assembly/initialize.ts. */
#define PKTSOCK_MEMORY_SIZE                                                                                            \
  (PKTSOCK_MEMORY_HEADER + PKTSOCK_MEMORY_SLACK + PKT_CONTROL + PKT_CONTROL_BYTES + PKT_STATE_BYTES +                  \
   PKTSOCK_APP_SIZE + PKTSOCK_DESCRIPTORS * 4 +                                                                        \
   PKTSOCK_INTERFACES * (PKT_IFACE_BYTES + PKTSOCK_FRAMES * (4 * PKT_SLOT_BYTES + 4) + 4) +                            \
   PKTSOCK_PREALLOC_CONNS * (PKT_SOCKET_WHOLE_BYTES + PKTSOCK_QUEUE_FRAMES * (PKT_ENTRY_BYTES + 4)) +                  \
   ((PKTSOCK_HEAP_SIZE + 7u) & ~7u) + PKTSOCK_FRAME_ALIGN + 4 +                                                        \
   PKTSOCK_INTERFACES * PKTSOCK_FRAMES *                                                                               \
       (PKT_FRAME_BYTES + ((PKTSOCK_FRAME_SIZE + PKTSOCK_FRAME_ALIGN - 1u) & ~(PKTSOCK_FRAME_ALIGN - 1u))))

#ifdef PKTSOCK_STATIC_MEMORY
extern uint8_t pktsock_linear_memory[PKTSOCK_MEMORY_SIZE];
#endif

#endif
