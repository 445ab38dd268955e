/* Runs modules on a board's engine. They lie with their calls in memory where the emulator has put them; all numbers are words,
 * little-endian: how many modules; for each the bytes of linear memory, its length in bytes, its bytes, filled up to a whole word, how many calls; for
 * each call the number of an export and four arguments. Prints for each module a hash of all answers, each of which is what
 * calls.c prints. A call that trapped is followed by a fresh load. */
#include "../../boards/engine/engine.h"
#include <pktsock/pktsock.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const uint32_t *input = (const uint32_t *)0x21000000;

static const struct pkt_export *const exports[] = {PKT_EXPORTS(PKT_EXPORT_ADDRESS)};

static uint32_t hash_of(uint32_t hash, const void *bytes, size_t size) {
  for (const uint8_t *at = bytes, *end = at + size; at < end; at++)
    hash = (hash ^ *at) * 0x01000193u;
  return hash;
}

static void answer(const struct pkt_engine *engine, int32_t result, char line[64]) {
  if (engine->error == NULL)
    snprintf(line, 64, "%" PRId32 " %08" PRIx32 "\n", result,
             hash_of(0x811c9dc5u, engine->memory, engine->memory_size));
  else
    snprintf(line, 64, "%s\n", engine->error);
}

static uint32_t run_module(void) {
  uint32_t memory_size = *input++, size = *input++, hash = 0x811c9dc5u;
  const uint8_t *wasm = (const uint8_t *)input;
  input += (size + 3) / 4;
  struct pkt_engine engine = {0};
  for (uint32_t calls = *input++; calls > 0; calls--, input += 5) {
    char line[64] = "not loaded\n";
    if (engine.memory != NULL || pkt_engine_load(&engine, wasm, size, memory_size) == 0)
      answer(&engine, pkt_engine_call(&engine, exports[input[0]], input[1], input[2], input[3], input[4]), line);
    hash = hash_of(hash, line, strlen(line));
    if (engine.error != NULL) {
      pkt_engine_unload(&engine);
      engine = (struct pkt_engine){0};
    }
  }
  pkt_engine_unload(&engine);
  return hash;
}

int main(void) {
  pktsock_stop();
  for (uint32_t modules = *input++; modules > 0; modules--)
    printf("module %08" PRIx32 "\n", run_module());
  printf("modules: end\n");
  return 0;
}
