# pktsock @VERSION@ in a Makefile: set what is needed, include this file behind it, and link $(PKTSOCK_LIB).
#
#   PKTSOCK_ENGINE   wasm3 (the default), wasm3-tuned, aot, aot-guarded, aot+wasm3, aot+wasm3-tuned: INTEGRATING.md compares them
#   PKTSOCK_OS       baremetal-cortex-m, baremetal (with an arch.h of yours), or a file of os/: freertos, posix, cmsis_rtos2,
#                    threadx, zephyr, nuttx; auto: what the compiler's macros show; empty: the functions of os.h are yours
#   PKTSOCK_MACS     drivers that mac/mac.mk lists, such as: lan9118; empty: the driver is yours
#   PKTSOCK_CONFIG   capacities, such as: NET_PKT_FRAMES=8 NET_PKT_PREALLOC_CONNS=2
#   PKTSOCK_DEFINES  further macros, such as: PKTSOCK_FIRST_DESCRIPTOR=13 PKTSOCK_ONE_CORE
#   PKTSOCK_BUILD    the folder of the objects, pktsock-build by default
#
# The library is compiled with your $(CC), $(AR) and $(CFLAGS). Compile your own files with $(PKTSOCK_CPPFLAGS), and those
# that use the standard names (socket, recv, ...) with $(PKTSOCK_POSIX) in addition.
# The first rule here is not your Makefile's goal.
pktsock_goal := $(.DEFAULT_GOAL)
PKTSOCK_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
PKTSOCK_ENGINE ?= wasm3
PKTSOCK_BUILD ?= pktsock-build
include $(PKTSOCK_DIR)/mac/mac.mk

pktsock_engine_wasm3 := engine/wasm3.c gen/pktsock_wasm.c
pktsock_engine_wasm3-tuned := $(pktsock_engine_wasm3)
pktsock_engine_aot := engine/aot.c
pktsock_engine_aot-guarded := $(pktsock_engine_aot)
pktsock_engine_aot+wasm3 := engine/pair.c engine/pair_aot.c engine/pair_wasm3.c
pktsock_engine_aot+wasm3-tuned := $(pktsock_engine_aot+wasm3)
pktsock_flags_wasm3 := -isystem $(PKTSOCK_DIR)/engine/wasm3
pktsock_flags_wasm3-tuned := -isystem $(PKTSOCK_DIR)/engine/wasm3-tuned
# What gcc moves out of loops that run once or twice costs more than it saves.
pktsock_flags_aot := -fno-gcse -fno-move-loop-invariants -I$(PKTSOCK_DIR)/gen/aot-exact
pktsock_flags_aot-guarded := $(pktsock_flags_aot:%-exact=%-guarded)
pktsock_defines_aot-guarded := PKTSOCK_MEMORY_SLACK=256
pktsock_flags_aot+wasm3 := $(pktsock_flags_aot) $(pktsock_flags_wasm3)
pktsock_flags_aot+wasm3-tuned := $(pktsock_flags_aot) $(pktsock_flags_wasm3-tuned)
pktsock_defines_aot+wasm3 := CONFIG_NET_PKT_SWAP=1
pktsock_defines_aot+wasm3-tuned := $(pktsock_defines_aot+wasm3)
ifeq ($(pktsock_engine_$(PKTSOCK_ENGINE)),)
$(error PKTSOCK_ENGINE="$(PKTSOCK_ENGINE)" is none of wasm3, wasm3-tuned, aot, aot-guarded, aot+wasm3, aot+wasm3-tuned)
endif

pktsock_systems := baremetal-cortex-m $(sort $(basename $(notdir $(wildcard $(PKTSOCK_DIR)/os/*.c))))
ifneq ($(filter-out $(pktsock_systems),$(PKTSOCK_OS)),)
pktsock_comma := ,
pktsock_space := $(subst ,, )
$(error PKTSOCK_OS="$(PKTSOCK_OS)" is none of $(subst $(pktsock_space),$(pktsock_comma) ,$(pktsock_systems)))
endif
pktsock_os := $(patsubst %,os/%.c,$(filter-out %-cortex-m,$(PKTSOCK_OS))) \
  $(if $(filter %-cortex-m,$(PKTSOCK_OS)),os/baremetal.c os/cortex-m/clock.c os/cortex-m/copy.S os/cortex-m/fifo.S)

# A misspelt capacity would be none.
pktsock_unknown := $(if $(PKTSOCK_CONFIG),$(filter-out \
  $(shell sed -n 's/^\#ifndef CONFIG_//p' $(PKTSOCK_DIR)/include/pktsock/config.h),$(foreach option,$(PKTSOCK_CONFIG),$(firstword $(subst =, ,$(option))))))
ifneq ($(pktsock_unknown),)
$(error PKTSOCK_CONFIG: there is no capacity $(pktsock_unknown). include/pktsock/config.h has all)
endif

pktsock_sources := $(patsubst $(PKTSOCK_DIR)/%,%,$(wildcard $(PKTSOCK_DIR)/src/*.c)) \
  $(pktsock_engine_$(PKTSOCK_ENGINE)) $(pktsock_os) \
  $(patsubst $(PKTSOCK_DIR)/%,%,$(filter-out $(if $(filter %-cortex-m,$(PKTSOCK_OS)),%/fifo.c),$(call mac_sources,$(PKTSOCK_MACS))))
pktsock_objects := $(pktsock_sources:%=$(PKTSOCK_BUILD)/%.o)

PKTSOCK_CPPFLAGS := -I$(PKTSOCK_DIR)/include $(if $(filter baremetal%,$(PKTSOCK_OS)),-I$(PKTSOCK_DIR)/os) \
  $(if $(filter %-cortex-m,$(PKTSOCK_OS)),-I$(PKTSOCK_DIR)/os/cortex-m) \
  $(PKTSOCK_CONFIG:%=-DCONFIG_%) $(addprefix -D,$(pktsock_defines_$(PKTSOCK_ENGINE)) $(PKTSOCK_DEFINES))
PKTSOCK_POSIX := -I$(PKTSOCK_DIR)/posix
PKTSOCK_LIB := $(PKTSOCK_BUILD)/libpktsock.a

$(PKTSOCK_LIB): $(pktsock_objects)
	@rm -f $@
	$(AR) rcs $@ $^

# Everything is compiled anew when the flags change. The warnings in these files are ours.
pktsock_compile = $(CC) $(CFLAGS) -std=gnu11 -w -ffunction-sections -fdata-sections $(PKTSOCK_CPPFLAGS) $(if $(filter engine/%,$*),$(pktsock_flags_$(PKTSOCK_ENGINE)))
pktsock_record = $(subst ','\'',$(pktsock_compile) $(pktsock_flags_$(PKTSOCK_ENGINE)) $(pktsock_sources))
$(PKTSOCK_BUILD)/flags: pktsock_FORCE
	@mkdir -p $(sort $(dir $(pktsock_objects)))
	@echo '$(pktsock_record)' | cmp -s - $@ || echo '$(pktsock_record)' > $@
pktsock_FORCE:
.PHONY: pktsock_FORCE

$(pktsock_objects): $(PKTSOCK_BUILD)/%.o: $(PKTSOCK_DIR)/% $(PKTSOCK_BUILD)/flags
	$(pktsock_compile) -MD -MP -c $< -o $@
-include $(pktsock_objects:.o=.d)
.DEFAULT_GOAL := $(pktsock_goal)
