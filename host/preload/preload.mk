# What `pktsock run` needs: the library that is preloaded into programs, and the server that runs the component for them.
# Included by the top Makefile.

PRELOAD_LIBRARY := build/linux/libpktsock-preload.so

preload: $(PRELOAD_LIBRARY) ## what `pktsock run` preloads into Linux programs, and its server
	$(QUIET)$(MAKE) --no-print-directory BOARD=linux ENGINE=aot APP=host/preload/server/server.c firmware

$(PRELOAD_LIBRARY): $(wildcard host/preload/library/*.[ch]) host/preload/protocol.h host/preload/preload.mk
	@mkdir -p $(@D)
	@echo "  library $@"
	$(QUIET)$(HOST_CC) -std=gnu11 -O2 -g -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror -o $@ $(filter %.c,$^)

.PHONY: preload
