/* Checks pktsock.h's description of memory that the integrator gives: it is used, frames lie in it and are aligned, and
 * memory that is too small is refused with a sentence. Ends with 0 if all holds. Built for test/support/no-mac. */
#include "../../boards/mac/template.h"
#include "board.h"
#include <errno.h>
#include <net/if.h>
#include <pktsock/memory.h>
#include <pktsock/pktsock.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

extern const unsigned char pktsock_wasm[];
extern const unsigned int pktsock_wasm_size;
extern struct template_config eth1_config;

static unsigned failures;

#define CHECK(condition) ((condition) ? (void)0 : (void)(failures++, printf("line %d: not %s\n", __LINE__, #condition)))

static _Alignas(8) uint8_t memory[PKTSOCK_MEMORY_SIZE + 64];
static _Alignas(8) uint8_t heap[25600 * sizeof(void *)];

static void refused(const struct pktsock_config *config, int error, const char *word) {
  CHECK(pktsock_start(config) == -1 && errno == error);
  CHECK(pktsock_error() != NULL && strstr(pktsock_error(), word) != NULL);
  CHECK(pktsock_memory_size() == 0);
}

int main(void) {
  struct pkt_mac *macs[PKTSOCK_INTERFACES];
  struct pktsock_config config = PKTSOCK_CONFIG;
  eth1_config.present = true;
  config.wasm = pktsock_wasm;
  config.wasm_size = pktsock_wasm_size;
  config.macs = macs;
  config.mac_count = PKTSOCK_INTERFACES;
  for (unsigned i = 0; i < PKTSOCK_INTERFACES; i++)
    macs[i] = board_mac(i);
  config.memory = memory;
  config.memory_size = PKTSOCK_MEMORY_SIZE;
  config.engine_heap = heap;
  config.engine_heap_size = sizeof(heap);
  config.frame_align = PKTSOCK_FRAME_ALIGN;

  /* Wherever the memory starts, its frames are aligned and it is enough. */
  for (size_t at = 0; at <= 64; at += 8) {
    config.memory = memory + at;
    memset(memory, 0xa5, sizeof(memory));
    CHECK(pktsock_start(&config) == 0);
    int fd = pktsock_stack(1);
    struct pktsock_frame frame;
    CHECK(fd >= 0 && pktsock_reserve(fd, &frame, 0) == 0);
    CHECK(((uintptr_t)frame.data - macs[0]->ops->tx_offset) % PKTSOCK_FRAME_ALIGN == 0);
    CHECK(frame.data > memory + at && frame.data + frame.len <= memory + at + PKTSOCK_MEMORY_SIZE);
    pktsock_stop();
    for (size_t i = 0; i < at; i++)
      CHECK(memory[i] == 0xa5);
    for (size_t i = at + PKTSOCK_MEMORY_SIZE; i < sizeof(memory); i++)
      CHECK(memory[i] == 0xa5);
  }

  config.memory = memory;
  config.memory_size = PKTSOCK_MEMORY_SIZE - PKTSOCK_FRAME_ALIGN - 32;
  refused(&config, ENOMEM, "PKTSOCK_MEMORY_SIZE");
  config.memory_size = 100;
  refused(&config, ENOMEM, "PKTSOCK_MEMORY_SIZE");
  config.memory_size = PKTSOCK_MEMORY_SIZE;
  config.memory = memory + 1;
  refused(&config, EINVAL, "aligned");
  config.memory = memory;
  config.engine_heap = heap + 4;
  refused(&config, EINVAL, "aligned");
  config.engine_heap = heap;

  /* With memory that may be too small: any shortage is reported at start. */
  config.precompile = true;
  CHECK(pktsock_start(&config) == 0);
  size_t used = pktsock_engine_heap_used();
  CHECK(used > 10000 && used <= sizeof(heap));
  int fd = pktsock_stack(1);
  CHECK(fd >= 0 && pktsock_close(fd) == 0 && pktsock_engine_heap_used() == used);
  pktsock_stop();
  for (config.engine_heap_size = 0; config.engine_heap_size < used; config.engine_heap_size += 64) {
    CHECK(pktsock_start(&config) == -1 && errno == (config.engine_heap_size == 0 ? EINVAL : ENOMEM));
    CHECK(pktsock_error() != NULL);
  }
  config.engine_heap_size = used;
  CHECK(pktsock_start(&config) == 0);
  pktsock_stop();

  /* Without memory of its own it takes linear memory from the heap, and without a heap both from malloc(). */
  config.precompile = false;
  config.memory = NULL;
  config.engine_heap_size = sizeof(heap);
  CHECK(pktsock_start(&config) == 0 && pktsock_engine_heap_used() > pktsock_memory_size());
  pktsock_stop();
  config.engine_heap = NULL;
  CHECK(pktsock_start(&config) == 0 && pktsock_engine_heap_used() == 0);
  pktsock_stop();
  return failures != 0;
}
