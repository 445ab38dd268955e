# The host's side of the build; included by the top Makefile behind boards/firmware.mk. The host's tests meet the same
# interpreter with the same limits.

HOST_CC ?= cc
HOST_CFLAGS := -std=gnu11 -O2 -g -fPIC -fvisibility=hidden

build: host

HOST_ENGINES := build/host/wasm3.node build/host/wasm3-tuned.node

host: $(HOST_ENGINES) build/pktsock.mjs ## the host's tools: the engines' addons and the command line tool

build/host/wasm3.node: HOST_WASM3 = $(WASM3_DIR)
build/host/wasm3-tuned.node: HOST_WASM3 = build/gen/wasm3-tuned
build/host/wasm3-tuned.node: build/gen/wasm3-tuned/wasm3.h
$(HOST_ENGINES): host/engine/addon.c boards/engine/wasm3.c $(wildcard boards/engine/*.[hm]*) build/gen/pktsock/abi.h \
  node_modules/.package-lock.json host/host.mk
	@echo "  addon  $@"
	@mkdir -p $(@D)
	$(QUIET)$(HOST_CC) $(HOST_CFLAGS) -shared -Wall -Wextra -Werror -D$(CONFIG_PREFIX)APP_SIZE=1024 -Ibuild/gen -Iboards/include -isystem $(HOST_WASM3) \
	  -isystem node_modules/node-api-headers/include -o $@ $(filter %.c,$^)

build/pktsock.mjs: $(wildcard host/*/*.ts) assembly/abi.ts assembly/capacities.ts assembly/packet.ts node_modules/.package-lock.json
	@mkdir -p $(@D)
	$(QUIET)node_modules/.bin/esbuild host/cli/main.ts --bundle --platform=node --target=node20 --format=esm --log-level=warning \
	  --external:assemblyscript --banner:js='#!/usr/bin/env node' --outfile=$@
	@chmod +x $@

# Assembly is AssemblyScript: oxlint cannot read its decorators, and its compiler checks the types.
LINT_TS := host test
LINT_PRETTIER := assembly examples host test
LINT_C = $(shell find boards host test -name '*.[ch]')
CLANG_FORMAT ?= clang-format
NEED_CLANG_FORMAT = @command -v $(CLANG_FORMAT) >/dev/null || \
  { echo "$(CLANG_FORMAT) is missing: install the Debian package clang-format"; exit 1; }

lint: node_modules/.package-lock.json ## check types, lint and format of TypeScript, AssemblyScript and C
	$(QUIET)node_modules/.bin/tsc
	$(QUIET)node_modules/.bin/oxlint --quiet $(LINT_TS)
	$(QUIET)node_modules/.bin/prettier --log-level warn --check $(LINT_PRETTIER)
	$(NEED_CLANG_FORMAT)
	$(QUIET)$(CLANG_FORMAT) --dry-run -Werror $(LINT_C)

format: node_modules/.package-lock.json ## rewrite TypeScript, AssemblyScript and C as lint wants them
	$(QUIET)node_modules/.bin/prettier --log-level warn --write $(LINT_PRETTIER)
	$(NEED_CLANG_FORMAT)
	$(QUIET)$(CLANG_FORMAT) -i $(LINT_C)

.PHONY: host lint format
