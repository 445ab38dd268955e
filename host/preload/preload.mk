# What `pktsock run` needs: the library that is preloaded into programs, and the server that runs the component for them.
# Included by the top Makefile.

PRELOAD_LIBRARY := build/linux/libpktsock-preload.so

# A PC has memory for more than a board. Linear memory stays below 64 KiB.
PRELOAD_CONFIG := NET_PKT_PREALLOC_CONNS=16 NET_PKT_FRAMES=28 NET_PKT_RX_RESERVE=4 NET_PKT_QUEUE_FRAMES=24 NET_PKT_HEAP_SIZE=8192
# OPTION=NUMBER ... of `pktsock run --config`
RUN_CONFIG :=
PRELOAD_NAMES := $(foreach option,$(RUN_CONFIG),$(firstword $(subst =, ,$(option)))=%)
PRELOAD_OPTIONS = $(filter-out $(PRELOAD_NAMES),$(PRELOAD_CONFIG)) $(RUN_CONFIG)
RUN_SUFFIX := -run

preload: $(PRELOAD_LIBRARY) ## what `pktsock run` preloads into Linux programs, and its server
	$(QUIET)$(MAKE) --no-print-directory BOARD=linux ENGINE=aot OUT_SUFFIX=$(RUN_SUFFIX) CONFIG="$(PRELOAD_OPTIONS)" \
	  APP=host/preload/server/server.c firmware

$(PRELOAD_LIBRARY): $(wildcard host/preload/library/*.[ch]) host/preload/protocol.h host/preload/preload.mk
	@mkdir -p $(@D)
	@echo "  library $@"
	$(QUIET)$(HOST_CC) -std=gnu11 -O2 -g -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror -o $@ $(filter %.c,$^)

.PHONY: preload
