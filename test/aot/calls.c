/* Runs the exports of a module on an engine: `calls MEMORY_SIZE [MODULE] < calls`. A line names the number of an export, four
 * arguments, and whether the module is loaded afresh afterwards (1) or not (0); the answer is a line with its result and a hash of linear memory, or the trap's sentence, after which the
 * module is loaded afresh. MODULE: a file with the bytes to load instead of pktsock_wasm. The imports copy from and to a buffer of their own. */
#include "../../boards/engine/engine.h"
#include <pktsock/memory.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const unsigned char pktsock_wasm[];
extern const unsigned int pktsock_wasm_size;

static const struct pkt_export *const exports[] = {PKT_EXPORTS(PKT_EXPORT_ADDRESS)};

#ifdef PKTSOCK_STATIC_MEMORY
_Alignas(8) uint8_t pktsock_linear_memory[PKTSOCK_MEMORY_SIZE];
#endif

static uint8_t buffer[65536];
static uint8_t file[65536];
static const uint8_t *wasm = pktsock_wasm;
static size_t wasm_size;

void pkt_give(struct pkt_engine *engine, const uint8_t *bytes, uint32_t len) {
  (void)engine;
  memcpy(buffer, bytes, len);
}

void pkt_take(struct pkt_engine *engine, uint8_t *bytes, uint32_t len) {
  (void)engine;
  memcpy(bytes, buffer, len);
}

static void load(struct pkt_engine *engine, uint32_t size) {
  *engine = (struct pkt_engine){0};
#ifdef PKTSOCK_STATIC_MEMORY
  engine->place = pktsock_linear_memory;
  engine->place_size = sizeof(pktsock_linear_memory);
#endif
  if (pkt_engine_load(engine, wasm, wasm_size, size) == 0)
    return;
  printf("%s\n", engine->error);
  exit(0);
}

int main(int argc, char **argv) {
  struct pkt_engine engine;
  uint32_t size = argc > 1 ? (uint32_t)atoi(argv[1]) : 0;
  unsigned export, afresh;
  uint32_t arguments[4];
  wasm_size = pktsock_wasm_size;
  if (argc > 2) {
    FILE *in = fopen(argv[2], "rb");
    if (in == NULL)
      return 1;
    wasm_size = fread(file, 1, sizeof(file), in);
    wasm = file;
    fclose(in);
  }
  load(&engine, size);
  while (scanf("%u %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32 " %u", &export, &arguments[0], &arguments[1],
               &arguments[2], &arguments[3], &afresh) == 6) {
    int32_t result = pkt_engine_call(&engine, exports[export], arguments[0], arguments[1], arguments[2], arguments[3]);
    if (engine.error == NULL) {
      uint32_t hash = 0x811c9dc5u;
      for (uint32_t i = 0; i < engine.memory_size; i++)
        hash = (hash ^ engine.memory[i]) * 0x01000193u;
      printf("%" PRId32 " %08" PRIx32 "\n", result, hash);
      if (!afresh)
        continue;
    } else {
      if (result != -5 || engine.traps != 1 || pkt_engine_call(&engine, exports[0], 0, 0, 0, 0) != -5)
        printf("a trap must be told, counted and stay\n");
      printf("%s\n", engine.error);
    }
    pkt_engine_unload(&engine);
    load(&engine, size);
  }
  pkt_engine_unload(&engine);
  return 0;
}
