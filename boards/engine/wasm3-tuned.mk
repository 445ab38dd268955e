# ENGINE=wasm3-tuned: wasm3's sources as host/build/tune-wasm3.ts adapts them.
TUNED_WASM3 := build/gen/wasm3-tuned
ENGINE_SOURCES := boards/engine/wasm3.c
ENGINE_CFLAGS := -isystem $(TUNED_WASM3)
ENGINE_UNSANITIZED := -fno-sanitize=undefined,thread
ENGINE_MODULE := $(MODULE_C)/pktsock_wasm.c
ENGINE_NEEDS := $(TUNED_WASM3)/wasm3.h
ENGINE_SUFFIX := -$(ENGINE)
