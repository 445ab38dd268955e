# The verbs of the project: `make help` lists them.
.DEFAULT_GOAL := build
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
FORCE:

BOARD ?= qemu-mps2-an385
APP ?= $(if $(APP_TS),app,demo)
ENGINE ?= wasm3
# The capacities' macros are CONFIG_PREFIX and PREALLOC_CONNS, FRAMES, ...
CONFIG_PREFIX ?= CONFIG_NET_PKT_
# V=1 shows the commands.
QUIET := $(if $(V),,@)
TSX := node --import tsx

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Settings: BOARD=$(BOARD) APP=$(APP) ENGINE=$(ENGINE) CONFIG=\"NET_PKT_...=n\" V=1 (show commands)"
	@echo "          APP_TS=examples/ts/echo.ts (an application in TypeScript, compiled together with the module)"
	@echo "          SWAP=wasm3 SWAP_KEY=build/development.pem (take other modules, signed with this key)"
	@echo "          SWAP_SLOTS=1 (and keep the last one in flash, where a board has slots: docs/swap.md)"
	@echo "Boards: $(BOARDS)"

demo: ## a board that answers the Linux kernel's arping and ping; the first thing to see
	$(QUIET)host/setup/setup.sh demo
	$(QUIET)$(MAKE) --no-print-directory build/pktsock.mjs
	$(QUIET)node build/pktsock.mjs demo --board $(BOARD)

start: demo

test: ## lint and all tests, two files at a time; TESTS="..." for some files of test/, one after the other
	$(QUIET)host/setup/setup.sh test
	$(QUIET)$(MAKE) --no-print-directory build preload $(SHARED) lint
	$(QUIET)node_modules/.bin/mocha $(or $(TESTS),--parallel --jobs 2 'test/**/*.test.ts')

# Files outside of a board's folder that several tests use: they are built before two of them would build them at the same time.
SHARED := build/host/count.so build/gen/pktsock_wasm.c build/gen/aot-exact/pktsock_aot.h build/gen/aot-guarded/pktsock_aot.h \
  build/gen/wasm3-tuned/wasm3.h build/fuzz/structs.h build/development.pem

traps: build ## traps of the module at random moments, in the long form; RECOVER_RUNS=100
	$(QUIET)RECOVER_RUNS=$(or $(RECOVER_RUNS),100) node_modules/.bin/mocha test/recover.test.ts -g "random moments"

swaps: build build/host/count.so ## modules swapped in under traffic, before each step of conformance and model, in the long form; what a swap costs
	$(QUIET)SWAPS=long node_modules/.bin/mocha test/swap.test.ts
	$(QUIET)SWAPS=long node_modules/.bin/mocha test/model.test.ts -g "swap before each step"
	$(QUIET)$(TSX) test/swap/cost.ts

build: firmware ## the module, the host's tools, and the image of APP for BOARD

include boards/firmware.mk
include host/host.mk
include host/preload/preload.mk
include test/conformance/conformance.mk
include test/fuzz/fuzz.mk

# A compiler for each processor, unless the caller says how many (make -j2).
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

# One build at a time, so that test suites that build images can run side by side.
firmware: ## build/BOARD/APP.elf, and what the board is flashed with
	@mkdir -p build
	@flock build/lock $(MAKE) $(JOBS) --no-print-directory $(IMAGE) $(FURTHER_IMAGES)

module: $(MODULE)/pktsock.wasm ## build/pktsock.wasm; APP_TS=examples/ts/echo.ts: with that application, build/app/echo/pktsock.wasm

run: $(IMAGE) ## boot the image for BOARD in QEMU, console on the terminal, no network; Ctrl-C ends
	$(QUIET)$(or $(RUN_QEMU),$(RUN_OTHERWISE))

RUN_QEMU := $(if $(QEMU),$(QEMU) -nic none -display none -monitor none -serial stdio -semihosting -kernel $(IMAGE))
RUN_OTHERWISE := $(if $(filter linux,$(BOARD)),$(IMAGE),\
  echo "$(BOARD) does not run in Debian's QEMU: $(if $(EMULATED),\
  see docs/esp32.md for the emulator,write its image into the board with make flash)." >&2; exit 1)

# FLASH comes from boards/family/FAMILY/image.mk.
NO_FLASH := echo "$(BOARD) has no flash or serial port: it does not leave this machine (make run)." >&2; exit 1
PORT_OPTION := $(PORT:%=--port %)

flash: firmware ## write the image into the board; PORT=/dev/ttyUSB0 when there are several
	$(QUIET)$(or $(FLASH),$(NO_FLASH))

monitor: node_modules/.package-lock.json ## the console of a board at a serial port, PORT=/dev/ttyUSB0; Ctrl-] ends
	$(QUIET)$(if $(FLASH),$(TSX) host/serial/monitor.ts $(PORT_OPTION),$(NO_FLASH))

bench: build/host/count.so build/gen/pktsock_wasm.c ## instructions a frame on the QEMU boards: build/bench.json; ENGINES="aot"
	$(QUIET)$(TSX) test/bench/bench.ts

size: build/gen/pktsock_wasm.c ## flash and RAM of the measuring image on the QEMU boards: build/size.json; ENGINES="aot"
	$(QUIET)$(TSX) test/bench/size.ts

bench-host: build/gen/pktsock_wasm.c build/pktsock.mjs preload ## round trips over TAP: kernel, BOARD=linux, `pktsock run`; needs root
	$(QUIET)$(TSX) test/bench/host.ts

bench-diff: node_modules/.package-lock.json ## the last bench and size beside the committed figures; fails if one is worse by 1 %
	$(QUIET)$(TSX) test/bench/diff.ts

bench-accept: node_modules/.package-lock.json ## the last bench and size become the committed figures, in README and docs/engines.md too
	$(QUIET)$(TSX) test/bench/diff.ts accept

bounds: build/pktsock.wasm ## how long a call can last at most, for CONFIG="NET_PKT_...=n"
	$(QUIET)$(TSX) host/build/bounds.ts $< $(CONFIG)

abi: build/pktsock.wasm ## record the module's ABI anew, once ABI_VERSION is raised (CONTRIBUTING.md)
	$(QUIET)$(TSX) host/build/abi.ts $< test/abi.json

sbom: firmware ## what is in the image of APP for BOARD: build/BOARD/APP.spdx.json (SPDX 2.3)
	$(QUIET)$(TSX) host/build/sbom.ts $(IMAGE) $(ENGINE) $(WASM3_DIR)

docs: node_modules/.package-lock.json ## the API reference, a page for each call: build/docs/reference/index.html, man -M build/docs/man
	$(QUIET)$(TSX) host/docs/reference.ts build/docs

dist: build/pktsock.wasm build/gen/wasm3-tuned/wasm3.h ## the archive for other people's firmware: build/dist/pktsock-VERSION.tar.gz, .zip, .pack, Arduino's
	$(QUIET)host/setup/setup.sh dist
	$(QUIET)$(TSX) host/build/dist.ts build/dist $(WASM3_DIR)

package: build/pktsock.wasm build/pktsock.mjs ## the host's tools and library for npm: build/dist/pktsock-VERSION.tgz
	@rm -rf build/package
	$(QUIET)node_modules/.bin/esbuild host/package/index.ts --bundle --platform=node --target=node20 --format=esm --log-level=warning \
	  --outfile=build/package/index.js
	$(QUIET)node_modules/.bin/tsc -p host/package --outDir build/package/types
	$(QUIET)$(TSX) host/build/package.ts build/package build/dist

release: node_modules/.package-lock.json ## VERSION=1.2.3: test, CHANGELOG, commit, tag; publishes nothing
	$(QUIET)$(TSX) host/build/release.ts '$(VERSION)'

clean: ## remove everything that was built
	rm -rf build

# npm ci wants every optional package of every platform from the registry, and some registries have those of one platform
# only. Either way the bytes are those of package-lock.json, whatever else package.json says.
NPM_QUIETLY := --no-fund --no-audit --loglevel=error
node_modules/.package-lock.json: package-lock.json .npmrc
	@echo "set-up: npm packages"
	$(QUIET)npm ci $(NPM_QUIETLY) 2>/dev/null || npm install --no-save $(NPM_QUIETLY)
	@touch $@

build/gen/pktsock/abi.h: node_modules/.package-lock.json $(addprefix assembly/,abi.ts capacities.ts layout.ts packet.ts) \
  $(addprefix host/,build/headers.ts build/options.ts build/structs.ts engine/exports.ts) build/gen/prefix
	$(QUIET)$(TSX) host/build/headers.ts build/gen $(CONFIG_PREFIX)

# Rewritten when it changes, so that the headers are generated and everything is compiled again.
build/gen/prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(CONFIG_PREFIX)' | cmp -s - $@ || echo '$(CONFIG_PREFIX)' > $@

build/development.pem: | node_modules/.package-lock.json
	@mkdir -p $(@D)
	$(QUIET)$(TSX) host/cli/main.ts keygen $@ >/dev/null

build/host/count.so: test/bench/count.c test/support/masked.h
	@mkdir -p $(@D)
	$(QUIET)cc -shared -fPIC -fvisibility=hidden -O2 -Wall -Wextra -Werror $< -o $@

MODULE_SOURCES := node_modules/.package-lock.json asconfig.json $(wildcard assembly/*.ts) assembly/app/hooks.ts host/build/layout.ts
build/pktsock.wasm: $(MODULE_SOURCES)
	$(QUIET)node_modules/.bin/asc --target release --use PKTSOCK_LAYOUT_SUM=$$($(TSX) host/build/layout.ts)
	$(QUIET)$(TSX) host/build/check-wasm.ts $@

# $(WITHOUT) of firmware.mk is in the folder's name.
build/without-%/pktsock.wasm: $(MODULE_SOURCES)
	$(QUIET)node_modules/.bin/asc --target release --outFile $@ --textFile $(@:.wasm=.wat) $(WITHOUT:%=--use %) \
	  --use PKTSOCK_LAYOUT_SUM=$$($(TSX) host/build/layout.ts $(WITHOUT))
	$(QUIET)$(TSX) host/build/check-wasm.ts $@

# The files that an application imports are in pktsock.d, which the build of it writes.
-include $(if $(APP_TS),$(MODULE)/pktsock.d)
$(if $(APP_TS),$(MODULE),build/app)/pktsock.wasm: $(APP_TS) node_modules/.package-lock.json asconfig.json \
  $(wildcard assembly/*.ts assembly/app/*.ts) $(addprefix host/build/,app.ts check-app.ts check-wasm.ts layout.ts wasm.ts)
	$(QUIET)$(TSX) host/build/app.ts $< $@ $(WITHOUT)

# $(call MODULE_IN_C,MODULE.wasm,FOLDER): what images take of a module.
define MODULE_IN_C
$(2)/pktsock_wasm.c: $(1) host/build/embed.ts | build/gen/pktsock/abi.h
	$$(QUIET)$(TSX) host/build/embed.ts $$< $$@

$(2)/aot-%/pktsock_aot.h: $(1) $(addprefix host/build/,aot.ts aot-function.ts aot-opcodes.ts check-wasm.ts structs.ts wasm.ts)
	$$(QUIET)$(TSX) host/build/aot.ts $$* $$< $$@
endef
$(eval $(call MODULE_IN_C,build/pktsock.wasm,build/gen))
$(if $(filter-out build,$(MODULE)),$(eval $(call MODULE_IN_C,$(MODULE)/pktsock.wasm,$(MODULE))))

# wasm3.h stands for all files that it writes.
build/gen/wasm3-tuned/wasm3.h: host/build/tune-wasm3.ts boards/engine/wasm3_operations.h $(wildcard $(WASM3_DIR)/*.[ch]) \
  node_modules/.package-lock.json
	$(QUIET)$(TSX) host/build/tune-wasm3.ts $(WASM3_DIR) $(@D) boards/engine/wasm3_operations.h

.PHONY: help demo start test traps swaps build firmware module run flash monitor bench bench-host bench-diff bench-accept size bounds abi sbom docs dist package release clean FORCE
