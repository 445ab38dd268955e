# Fuzzing (docs/testing.md): libFuzzer drives the component of BOARD=linux, without its driver's threads. The module
# runs as C (ENGINE=aot), so that its branches guide the fuzzer; what was found is run again on wasm3.

FUZZ ?= all
FUZZ_SECONDS ?= 60
FUZZ_ALL := api filter server cable signed manage
FUZZ_TARGETS := $(if $(filter all,$(FUZZ)),$(FUZZ_ALL),$(FUZZ))
ifneq ($(filter-out $(FUZZ_ALL),$(FUZZ_TARGETS)),)
$(error There is no fuzz target "$(FUZZ)". Targets: $(FUZZ_ALL) all)
endif
FUZZ_CC ?= clang
FUZZ_SOURCES_api := $(addprefix test/fuzz/,api.c api_clock.c api_data.c api_lent.c api_options.c api_control.c)
FUZZ_SOURCES_filter := $(addprefix test/fuzz/,filter.c bpf.c)
FUZZ_SOURCES_server := test/fuzz/server.c $(filter-out %/server.c,$(wildcard host/preload/server/*.c))
FUZZ_SOURCES_cable := test/fuzz/cable.c boards/mac/host_nic_open.c
FUZZ_SOURCES_signed := test/fuzz/signed.c boards/verify/signed.c
FUZZ_SOURCES_manage := test/fuzz/manage.c $(addprefix boards/manage/,crc.c frames.c line.c list.c manage.c upload.c)
FUZZ_SOURCES := $(addprefix test/fuzz/,world.c home.c nic.c)
FUZZ_PORT := $(wildcard boards/pktsock/*.c)
FUZZ_HEADERS := $(wildcard test/fuzz/*.h boards/pktsock/*.h boards/include/pktsock/*.h boards/engine/*.h boards/posix/*.h boards/posix/*/*.h) \
  $(wildcard host/preload/*.h host/preload/server/*.h) host/preload/server/server.c boards/mac/host_nic.c \
  boards/manage/message.h build/gen/pktsock/abi.h

FUZZ_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -fno-omit-frame-pointer -DPKTSOCK_FIRST_DESCRIPTOR=512 \
  -D$(CONFIG_PREFIX)INTERFACES=2 -Ibuild/gen -Ibuild/fuzz -Iboards/include -Itest/fuzz
FUZZ_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_LDFLAGS := -lpthread -lm -Wl,--wrap=pkt_os_wait -Wl,--wrap=pkt_os_now -Wl,--wrap=pkt_os_time
FUZZ_LDFLAGS_manage := -Wl,--wrap=pktsock_swap -Wl,--wrap=pktsock_logic -Wl,--wrap=pktsock_confirm -Wl,--wrap=pktsock_fallback \
  -Wl,--wrap=pktsock_manage_answer

NEED_FUZZ = @command -v $(FUZZ_CC) >/dev/null && \
  ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a >/dev/null 2>&1 || \
  { echo "Fuzzing needs the Debian packages clang and libclang-rt-14-dev." >&2; exit 1; }

# $(1) source, $(2) what distinguishes the object from others of this source
FUZZ_OBJECT = build/fuzz/obj/$(subst /,_,$(basename $(1)))$(2).o
FUZZ_COMMON := $(FUZZ_PORT) $(FUZZ_SOURCES) boards/os/posix.c
# $(1) source, $(2) flags, $(3) as for FUZZ_OBJECT
define FUZZ_RULE
$(call FUZZ_OBJECT,$(1),$(3)): $(1) $(FUZZ_HEADERS) build/fuzz/structs.h test/fuzz/fuzz.mk
	@mkdir -p $$(@D)
	$$(QUIET)$(FUZZ_CC) $$(FUZZ_CFLAGS) $(2) -c $$< -o $$@
endef
FUZZ_CHECKED := -fsanitize=fuzzer-no-link $(FUZZ_SANITIZE)
$(foreach source,$(FUZZ_SOURCES) $(FUZZ_SOURCES_api) $(FUZZ_SOURCES_filter),\
  $(eval $(call FUZZ_RULE,$(source),$(FUZZ_CHECKED) -Iboards/posix)))
$(foreach source,$(FUZZ_PORT) boards/os/posix.c $(FUZZ_SOURCES_server) $(FUZZ_SOURCES_cable) $(FUZZ_SOURCES_signed) $(FUZZ_SOURCES_manage),\
  $(eval $(call FUZZ_RULE,$(source),$(FUZZ_CHECKED))))
$(eval $(call FUZZ_RULE,boards/engine/aot.c,$(FUZZ_CHECKED) -Ibuild/gen/aot-exact))
$(eval $(call FUZZ_RULE,boards/engine/aot.c,$(FUZZ_CHECKED) -Ibuild/gen/aot-guarded -DPKTSOCK_MEMORY_SLACK=256,-guarded))
$(eval $(call FUZZ_RULE,boards/engine/wasm3.c,-O2 -fsanitize=address -isystem $(WASM3_DIR)))
$(eval $(call FUZZ_RULE,boards/engine/wasm3.c,-O2 -fsanitize=address -isystem build/gen/wasm3-tuned,-tuned))
$(eval $(call FUZZ_RULE,build/gen/pktsock_wasm.c))

FUZZ_ENGINE_aot := $(call FUZZ_OBJECT,boards/engine/aot.c)
FUZZ_ENGINE_aot-guarded := $(call FUZZ_OBJECT,boards/engine/aot.c,-guarded)
FUZZ_ENGINE_wasm3 := $(foreach source,boards/engine/wasm3.c build/gen/pktsock_wasm.c,$(call FUZZ_OBJECT,$(source)))
FUZZ_ENGINE_wasm3-tuned := $(call FUZZ_OBJECT,boards/engine/wasm3.c,-tuned) $(call FUZZ_OBJECT,build/gen/pktsock_wasm.c)
$(FUZZ_ENGINE_aot): build/gen/aot-exact/pktsock_aot.h
$(FUZZ_ENGINE_aot-guarded): build/gen/aot-guarded/pktsock_aot.h
$(FUZZ_ENGINE_wasm3-tuned): build/gen/wasm3-tuned/wasm3.h

# $(1) target, $(2) engine
define FUZZ_PROGRAM
build/fuzz/$(1)-$(2): $(foreach source,$(FUZZ_COMMON) $(FUZZ_SOURCES_$(1)),$(call FUZZ_OBJECT,$(source))) $(FUZZ_ENGINE_$(2))
	@echo "  fuzz   $$@"
	$$(QUIET)$(FUZZ_CC) -fsanitize=fuzzer $(FUZZ_SANITIZE) $$^ $(FUZZ_LDFLAGS) $(FUZZ_LDFLAGS_$(1)) -o $$@
endef
$(foreach target,$(FUZZ_ALL),$(foreach engine,aot wasm3,$(eval $(call FUZZ_PROGRAM,$(target),$(engine)))))

build/fuzz/structs.h: test/fuzz/structs.ts host/build/structs.ts assembly/layout.ts node_modules/.package-lock.json
	@mkdir -p $(@D)
	$(QUIET)$(TSX) $< $@

build/fuzz/made: test/fuzz/seeds.ts host/sign/cose.ts node_modules/.package-lock.json
	@rm -rf $@
	$(QUIET)$(TSX) $< $@

FUZZ_PROGRAMS := $(foreach target,$(FUZZ_TARGETS),build/fuzz/$(target)-aot build/fuzz/$(target)-wasm3)

# One at a time, as `firmware`.
fuzz-build: build/gen/pktsock_wasm.c
	$(NEED_FUZZ)
	@mkdir -p build/fuzz
	@flock build/fuzz/lock $(MAKE) $(JOBS) --no-print-directory build/fuzz/made $(FUZZ_PROGRAMS)

FUZZ_INPUTS = $(wildcard test/fuzz/seeds/$(1) test/fuzz/regressions/$(1) build/fuzz/made/$(1))
FUZZ_OPTIONS := -max_len=1024 -timeout=10 -print_final_stats=1 -verbosity=0

# $(1) target: explores with aot, then runs what it kept on wasm3.
define FUZZ_RUN
@mkdir -p build/fuzz/corpus/$(1) build/fuzz/findings
@echo "fuzz     $(1): $(FUZZ_SECONDS) s on aot"
$(QUIET)build/fuzz/$(1)-aot $(FUZZ_OPTIONS) -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=build/fuzz/findings/$(1)- \
  build/fuzz/corpus/$(1) $(FUZZ_INPUTS)
@echo "fuzz     $(1): the corpus again, on wasm3"
$(QUIET)build/fuzz/$(1)-wasm3 -runs=0 -timeout=60 -verbosity=0 -artifact_prefix=build/fuzz/findings/$(1)-wasm3- \
  build/fuzz/corpus/$(1) $(FUZZ_INPUTS)
endef
define NEWLINE


endef

fuzz: fuzz-build lies ## libFuzzer on each target of docs/testing.md, and the lies; FUZZ=api|filter|server|cable|signed|manage|all FUZZ_SECONDS=60
	$(foreach target,$(FUZZ_TARGETS),$(call FUZZ_RUN,$(target))$(NEWLINE))
	$(if $(filter all,$(FUZZ)),$(foreach tool,readers serial,$(QUIET)$(TSX) test/fuzz/$(tool).ts $(FUZZ_SECONDS) $(LIES_SEED)$(NEWLINE)))

.PHONY: fuzz fuzz-build lies lies-build

# The lies of test/lies, under the same sanitizers.
LIES_SOURCES := $(addprefix test/lies/,lies.c life.c nic.c)
LIES_LDFLAGS := $(FUZZ_LDFLAGS) -Wl,--wrap=pkt_engine_call
$(foreach source,$(LIES_SOURCES),$(eval $(call FUZZ_RULE,$(source),$(FUZZ_SANITIZE))))
$(foreach source,$(LIES_SOURCES),$(eval $(call FUZZ_OBJECT,$(source)): test/lies/lies.h))
LIES_OBJECTS := $(foreach source,$(FUZZ_PORT) boards/os/posix.c $(LIES_SOURCES),$(call FUZZ_OBJECT,$(source)))
LIES_ENGINES := aot aot-guarded wasm3 wasm3-tuned
define LIES_PROGRAM
build/fuzz/lies-$(1): $(LIES_OBJECTS) $(FUZZ_ENGINE_$(1))
	@echo "  fuzz   $$@"
	$$(QUIET)$(FUZZ_CC) $(FUZZ_SANITIZE) $$^ $(LIES_LDFLAGS) -o $$@
endef
$(foreach engine,$(LIES_ENGINES),$(eval $(call LIES_PROGRAM,$(engine))))

# A mutant as C, which test/lies/compiled.ts has written. The compiler's time is most of its run's: it optimizes nothing.
build/fuzz/compiled/%/lies: build/fuzz/compiled/%/pktsock_aot.h boards/engine/aot.c $(LIES_OBJECTS)
	$(QUIET)$(FUZZ_CC) $(FUZZ_CFLAGS) $(FUZZ_SANITIZE) -O0 -I$(@D) boards/engine/aot.c $(LIES_OBJECTS) $(LIES_LDFLAGS) -o $@

lies-build: build/gen/pktsock_wasm.c
	$(NEED_FUZZ)
	@mkdir -p build/fuzz
	@flock build/fuzz/lock $(MAKE) $(JOBS) --no-print-directory $(LIES_ENGINES:%=build/fuzz/lies-%)

LIES_SEED ?= $(shell date +%s)

# $(1) engine, $(2) how many words: all (0) with aot, a part with the slower engines.
define LIES_RUN
$(QUIET)build/fuzz/lies-$(1) words $(2) $(LIES_SEED)
$(QUIET)build/fuzz/lies-$(1) results 0 $(LIES_SEED)
$(QUIET)build/fuzz/lies-$(1) flips 20000 $(LIES_SEED)
endef

# wasm3 runs mutants as they are, aot as many as there is time to compile.
lies: lies-build ## a module that lies and mutants of ours, in the long form: 20000 flips an engine; LIES_SEED=n
	@echo "lies     seed $(LIES_SEED)"
	$(call LIES_RUN,aot,0)
	$(call LIES_RUN,aot-guarded,20000)
	$(call LIES_RUN,wasm3,6000)
	$(call LIES_RUN,wasm3-tuned,6000)
	$(QUIET)$(TSX) test/lies/mutants.ts build/pktsock.wasm build/fuzz/mutants 2000 $(LIES_SEED)
	$(QUIET)build/fuzz/lies-wasm3 modules build/fuzz/mutants
	$(QUIET)build/fuzz/lies-wasm3-tuned modules build/fuzz/mutants
	$(QUIET)$(TSX) test/lies/compiled.ts 100 $(LIES_SEED)
