/* Starts the component on a board of this repository, with the board's MACs, the module that is linked into the image,
 * and the configured capacities. An integrator's firmware calls pktsock_start() itself. */
#include "board.h"
#include <pktsock/config.h>
#include <pktsock/memory.h>
#include <pktsock/pktsock.h>
#include <pktsock/signed.h>

#include <string.h>

extern const unsigned char pktsock_wasm[];
extern const unsigned int pktsock_wasm_size;

/* MEMORY=static: the component's memory is part of the image. */
#ifdef PKTSOCK_STATIC_MEMORY
_Alignas(64) uint8_t pktsock_linear_memory[PKTSOCK_MEMORY_SIZE];
static _Alignas(8) uint8_t engine_heap[PKTSOCK_ENGINE_HEAP_SIZE];
#endif

static void put(const char *text) { board_console_write(text, (unsigned)strlen(text)); }

static void print(const char *who, const char *sentence) {
  put(who);
  put(": ");
  put(sentence);
  put("\n");
}

int pktsock_start_board(void) {
  static struct pkt_mac *macs[PKTSOCK_INTERFACES];
  struct pktsock_config config = PKTSOCK_CONFIG;
  config.wasm = pktsock_wasm;
  config.wasm_size = pktsock_wasm_size;
  config.macs = macs;
  config.report = print;
#ifdef PKTSOCK_STATIC_MEMORY
  config.memory = pktsock_linear_memory;
  config.memory_size = sizeof(pktsock_linear_memory);
  config.engine_heap = sizeof(engine_heap) > 0 ? engine_heap : NULL;
  config.engine_heap_size = sizeof(engine_heap);
#endif
#ifdef PKTSOCK_SWAP_KEY
  config.verify = pktsock_verify_signed;
#endif
  for (unsigned i = 0; i < PKTSOCK_INTERFACES && (macs[i] = board_mac(i)) != NULL; i++)
    config.mac_count++;
  int result = pktsock_start(&config);
  if (result < 0)
    print("pktsock", pktsock_error());
  return result;
}
