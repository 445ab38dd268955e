/* Node-API addon around boards/engine/engine.h: lets Node run the module on the very engine code of the boards. Only
 * host/engine/wasm3.ts calls it, and has checked the arguments' types.
 *
 *   exports: [[name, number of arguments], ...]        PKT_EXPORTS, in its order
 *   load(wasm: Uint8Array, memorySize: number): { handle, memory: ArrayBuffer } or a string that says why not
 *   call(handle, export number, a, b, c, d, buffer: Uint8Array): number, or a string with the reason of a trap */
#include "../../boards/engine/engine.h"

#include <node_api.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(call)                                                                                                    \
  if ((call) != napi_ok)                                                                                               \
  return NULL

static const struct pkt_export *const exports[] = {PKT_EXPORTS(PKT_EXPORT_ADDRESS)};

struct host {
  struct pkt_engine engine;
  uint8_t *wasm;
  int refs; /* the handle and the memory's ArrayBuffer: whichever is collected last frees the engine */

  /* The buffer of the call under way, and how much of it was given and taken. */
  uint8_t *buffer;
  size_t size, given, taken;
  const char *overrun;
};

static void unref(napi_env env, void *data, void *hint) {
  (void)env, (void)data;
  struct host *host = hint;
  if (--host->refs > 0)
    return;
  pkt_engine_unload(&host->engine);
  free(host->wasm);
  free(host);
}

void pkt_give(struct pkt_engine *engine, const uint8_t *bytes, uint32_t len) {
  struct host *host = (struct host *)engine;
  if (len > host->size - host->given) {
    host->overrun = "it gave more bytes than the caller's buffer holds";
    return;
  }
  memcpy(host->buffer + host->given, bytes, len);
  host->given += len;
}

void pkt_take(struct pkt_engine *engine, uint8_t *bytes, uint32_t len) {
  struct host *host = (struct host *)engine;
  if (len > host->size - host->taken) {
    host->overrun = "it took more bytes than the caller's buffer holds";
    return;
  }
  memcpy(bytes, host->buffer + host->taken, len);
  host->taken += len;
}

static napi_value text(napi_env env, const char *string) {
  napi_value value;
  CHECK(napi_create_string_utf8(env, string, NAPI_AUTO_LENGTH, &value));
  return value;
}

static napi_value load(napi_env env, napi_callback_info info) {
  napi_value args[2], result, handle, memory;
  size_t count = 2, size;
  uint32_t memory_size;
  void *bytes;
  CHECK(napi_get_cb_info(env, info, &count, args, NULL, NULL));
  CHECK(napi_get_typedarray_info(env, args[0], NULL, &size, &bytes, NULL, NULL));
  CHECK(napi_get_value_uint32(env, args[1], &memory_size));

  struct host *host = calloc(1, sizeof(*host));
  uint8_t *wasm = malloc(size > 0 ? size : 1);
  if (host == NULL || wasm == NULL) {
    free(host);
    free(wasm);
    return text(env, "not enough memory to load the module");
  }
  memcpy(wasm, bytes, size);
  host->wasm = wasm;
  host->refs = 1;
  if (pkt_engine_load(&host->engine, wasm, size, memory_size) != 0 || pkt_engine_compile(&host->engine, false) != 0) {
    napi_value reason = text(env, host->engine.error);
    unref(env, NULL, host);
    return reason;
  }
  CHECK(napi_create_external(env, host, unref, host, &handle));
  host->refs++;
  CHECK(napi_create_external_arraybuffer(env, host->engine.memory, host->engine.memory_size, unref, host, &memory));
  CHECK(napi_create_object(env, &result));
  CHECK(napi_set_named_property(env, result, "handle", handle));
  CHECK(napi_set_named_property(env, result, "memory", memory));
  return result;
}

static napi_value call(napi_env env, napi_callback_info info) {
  napi_value args[7], result;
  size_t count = 7, size;
  uint32_t numbers[5];
  void *data, *buffer;
  CHECK(napi_get_cb_info(env, info, &count, args, NULL, NULL));
  CHECK(napi_get_value_external(env, args[0], &data));
  for (int i = 0; i < 5; i++)
    CHECK(napi_get_value_uint32(env, args[1 + i], &numbers[i]));
  CHECK(napi_get_typedarray_info(env, args[6], NULL, &size, &buffer, NULL, NULL));

  struct host *host = data;
  host->buffer = buffer;
  host->size = size;
  host->given = host->taken = 0;
  host->overrun = NULL;
  int32_t value = pkt_engine_call(&host->engine, exports[numbers[0]], numbers[1], numbers[2], numbers[3], numbers[4]);
  const char *reason = host->engine.error != NULL ? host->engine.error : host->overrun;
  if (reason != NULL)
    return text(env, reason);
  CHECK(napi_create_int32(env, value, &result));
  return result;
}

static napi_value list_exports(napi_env env) {
#define PAIR(name, arguments) {#name, arguments},
  static const struct {
    const char *name;
    uint32_t arguments;
  } pairs[] = {PKT_EXPORTS(PAIR)};
  napi_value list, pair, arguments;
  CHECK(napi_create_array(env, &list));
  for (uint32_t i = 0; i < PKT_EXPORT_COUNT; i++) {
    CHECK(napi_create_array(env, &pair));
    CHECK(napi_create_uint32(env, pairs[i].arguments, &arguments));
    CHECK(napi_set_element(env, pair, 0, text(env, pairs[i].name)));
    CHECK(napi_set_element(env, pair, 1, arguments));
    CHECK(napi_set_element(env, list, i, pair));
  }
  return list;
}

NAPI_MODULE_INIT() {
  napi_value function;
  CHECK(napi_set_named_property(env, exports, "exports", list_exports(env)));
  CHECK(napi_create_function(env, "load", NAPI_AUTO_LENGTH, load, NULL, &function));
  CHECK(napi_set_named_property(env, exports, "load", function));
  CHECK(napi_create_function(env, "call", NAPI_AUTO_LENGTH, call, NULL, &function));
  CHECK(napi_set_named_property(env, exports, "call", function));
  return exports;
}
