# ENGINE=aot: the module compiled to C. AOT_BOUNDS=exact or guarded, see host/build/aot.ts.
AOT_BOUNDS ?= exact
ifeq ($(filter exact guarded,$(AOT_BOUNDS)),)
$(error AOT_BOUNDS="$(AOT_BOUNDS)" must be exact or guarded)
endif
ENGINE_SOURCES := boards/engine/aot.c
# Its loops run once or twice: what is moved out of them costs more than it saves.
ENGINE_CFLAGS := -fno-gcse -fno-move-loop-invariants -I$(MODULE_C)/aot-$(AOT_BOUNDS)
ENGINE_NEEDS := $(MODULE_C)/aot-$(AOT_BOUNDS)/pktsock_aot.h
ENGINE_SUFFIX := -$(ENGINE)$(filter-out -exact,-$(AOT_BOUNDS))$(patsubst %,-%,$(APP_TS_NAME))
ENGINE_DEFINES := -DPKTSOCK_ENGINE_HEAP_SIZE=0 $(if $(filter guarded,$(AOT_BOUNDS)),-DPKTSOCK_MEMORY_SLACK=256)
