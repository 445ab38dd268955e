# ENGINE=wasm3: one source, which includes wasm3's own from WASM3_DIR.
ENGINE_SOURCES := boards/engine/wasm3.c
ENGINE_CFLAGS := -isystem $(WASM3_DIR)
# WebAssembly's arithmetic wraps; wasm3 leaves that to the compiler. Its accesses are plain ones (DESIGN.md).
ENGINE_UNSANITIZED := -fno-sanitize=undefined,thread
ENGINE_MODULE := $(MODULE_C)/pktsock_wasm.c
