# SWAP=wasm3 or wasm3-tuned: other modules can take the place of the firmware's own while it runs (docs/swap.md), and run on that
# engine. With ENGINE=aot the firmware's own stays compiled; otherwise it runs on the same engine.
ifeq ($(filter wasm3 wasm3-tuned,$(SWAP)),)
$(error SWAP="$(SWAP)" is none of wasm3, wasm3-tuned)
endif
ifneq ($(ENGINE),aot)
ifneq ($(ENGINE),$(SWAP))
$(error ENGINE=$(ENGINE) SWAP=$(SWAP): two interpreters. SWAP=$(ENGINE), or ENGINE=aot)
endif
ENGINE_SUFFIX := $(ENGINE_SUFFIX)-swap
else
ENGINE_SUFFIX := $(ENGINE_SUFFIX)-swap-$(SWAP)
ENGINE_SOURCES += boards/engine/wasm3.c boards/engine/pair.c
ENGINE_CFLAGS_aot := $(ENGINE_CFLAGS) -DPKT_ENGINE_NAME=aot
ENGINE_CFLAGS_wasm3 := -DPKT_ENGINE_NAME=wasm3 -isystem $(if $(filter wasm3,$(SWAP)),$(WASM3_DIR),build/gen/wasm3-tuned)
ENGINE_CFLAGS :=
ENGINE_UNSANITIZED := -fno-sanitize=undefined,thread
ENGINE_NEEDS += $(if $(filter wasm3-tuned,$(SWAP)),build/gen/wasm3-tuned/wasm3.h)
endif
ENGINE_DEFINES += -D$(CONFIG_PREFIX)SWAP=1
