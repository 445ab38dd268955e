# How an image for BOARD with application APP is built; included by the top Makefile.
#
#   boards/targets/$(BOARD)/board.mk   data of the board: FAMILY, MACS, memory, clocks; options that fit it: BOARD_CONFIG;
#                                      PRECOMPILE := 1 if it has 84 KB for the whole module compiled at start.
#                                      A board that is kept elsewhere: make BOARD=mine TARGET=path/to/mine
#   boards/family/$(FAMILY)/family.mk  CROSS, FAMILY_CFLAGS, FAMILY_LDFLAGS, FAMILY_SOURCES, OS; may
#                                      list in SLOT_SOURCES the code of slots for signed modules, and
#                                      in SYSTEM_SOURCES files of the application that are compiled without
#                                      boards/posix, as the component and the drivers always are
#   APP                                a name of boards/apps, or the path of any .c file that has a main()
#
# A .mk file beside the application's .c file may list further files (APP_SOURCES), or leave the socket layer out
# (APP_BARE: no component, engine or module; only what drivers need of boards/os). Options of host/build/options.ts are
# set by CONFIG on the command line: make firmware CONFIG="NET_PKT_FRAMES=8 NET_PKT_PREALLOC_CONNS=2". CONFIG_PREFIX says under
# which names the C code sees them.
BOARDS := $(sort $(notdir $(patsubst %/board.mk,%,$(wildcard boards/targets/*/board.mk))))
ifeq ($(TARGET),)
TARGET := boards/targets/$(BOARD)
ifneq ($(words $(BOARD)) $(filter $(BOARDS),$(BOARD)),1 $(BOARD))
$(error There is no board "$(BOARD)". Boards: $(BOARDS))
endif
else ifneq ($(words $(subst /, / ,$(BOARD))),1)
$(error BOARD="$(BOARD)" names a folder of build/, so it is one word without a slash)
else ifeq ($(wildcard $(TARGET)/board.mk),)
$(error There is no board.mk in TARGET="$(TARGET)". A board is a folder like those of boards/targets)
endif
include boards/mac/mac.mk
include $(TARGET)/board.mk
# SWAP_KEY=FILE: modules that are signed with this key may take the place of the firmware's own (docs/signing.md). A file below
# build/ that is not there is made: a key for development. ED25519 names the arithmetic, a file of boards/verify.
# SWAP_SLOTS=1: the last one that was proven survives a restart, in the flash of boards that have slots for it (docs/swap.md).
SWAP_KEY ?=
SWAP_SLOTS ?=
ifneq ($(SWAP_KEY),)
TASK_STACK := $(TASK_STACK)+4096
endif
include boards/family/$(FAMILY)/family.mk

# APP_TS=path.ts: an application in TypeScript, compiled together with the module (docs/apps.md); APP gives it time.
APP_TS_NAME := $(basename $(notdir $(APP_TS)))
ifneq ($(APP_TS),$(wildcard $(APP_TS)))
$(error There is no application $(APP_TS))
endif

# The board's options, but for those that the command line sets.
name_of = $(firstword $(subst =, ,$(1)))
OPTIONS = $(foreach option,$(BOARD_CONFIG) $(if $(APP_TS),NET_PKT_APP_SIZE=512),$(if $(filter $(call name_of,$(option))=%,$(CONFIG)),,$(option))) $(CONFIG)

# A misspelt option would be none, and y not a number.
UNKNOWN_OPTIONS := $(if $(OPTIONS),$(shell printf '%s\n' $(OPTIONS) | \
  grep -vxE "($$(sed -nE 's/.*name: "(NET_PKT_[A-Z_]+)".*/\1/p' host/build/options.ts | paste -sd '|'))=[0-9]+"))
ifneq ($(UNKNOWN_OPTIONS),)
$(error "$(UNKNOWN_OPTIONS)": OPTION=NUMBER is wanted, and an option of host/build/options.ts)
endif

# What the module leaves out, each as NET_PKT_FEATURE=0: such a module has a folder of its own.
WITHOUT := $(sort $(filter $(if $(filter %=0,$(OPTIONS)),$(shell \
  awk -F '"' '/ name: "/ { name = $$2 } / inModule: true/ { print name "=0" }' host/build/options.ts)),$(OPTIONS)))
# Where the module is, and where its forms in C are.
MODULE := $(if $(APP_TS),build/app/$(APP_TS_NAME),build)$(if $(WITHOUT),/without$(subst $() ,,$(patsubst NET_PKT_%=0,-%,$(WITHOUT))))
MODULE_C := $(if $(filter build,$(MODULE)),build/gen,$(MODULE))

APP_NAME := $(basename $(notdir $(APP)))
APP_SOURCE := $(if $(filter %.c,$(APP)),$(APP),boards/apps/$(APP).c)
ifeq ($(wildcard $(APP_SOURCE)),)
$(error There is no application $(APP_SOURCE). Applications: $(basename $(notdir $(wildcard boards/apps/*.c))))
endif
-include $(APP_SOURCE:.c=.mk)

ENGINE_NAMES := $(filter-out swap,$(patsubst boards/engine/%.mk,%,$(wildcard boards/engine/*.mk)))
ifeq ($(filter $(ENGINE),$(ENGINE_NAMES)),)
$(error There is no engine "$(ENGINE)". Engines: $(ENGINE_NAMES))
endif

WASM3_DIR ?= node_modules/react-native-webassembly/cpp
# ENGINE_SOURCES, ENGINE_CFLAGS, ENGINE_UNSANITIZED; ENGINE_MODULE, the module's bytes if it needs them; ENGINE_DEFINES, for all
# files; ENGINE_NEEDS, what is generated before its sources are compiled; ENGINE_SUFFIX, of the folder in build/
include boards/engine/$(ENGINE).mk
ifneq ($(SWAP),)
include boards/engine/swap.mk
endif

OUT := build/$(BOARD)$(ENGINE_SUFFIX)$(if $(APP_TS),-app)$(OUT_SUFFIX)
IMAGE := $(OUT)/$(if $(APP_TS),$(APP_TS_NAME)$(patsubst %,-%,$(filter-out app,$(APP_NAME))),$(APP_NAME)).elf

COMPONENT_SOURCES := $(wildcard boards/pktsock/*.c) $(ENGINE_SOURCES)
DRIVER_SOURCES := $(filter-out $(if $(filter %/fifo.S,$(FAMILY_SOURCES)),%/fifo.c),$(call mac_sources,$(MACS)))
FIRMWARE_SOURCES := $(FAMILY_SOURCES) $(TARGET)/board.c $(DRIVER_SOURCES) \
  boards/os/$(OS).c $(APP_SOURCE) $(APP_SOURCES)
ifeq ($(APP_BARE),)
FIRMWARE_SOURCES += $(COMPONENT_SOURCES) $(ENGINE_MODULE) boards/family/common/start_board.c
else
FIRMWARE_SOURCES += boards/family/common/say.c
endif

ifneq ($(SWAP_SLOTS),)
ifeq ($(and $(SWAP),$(SWAP_KEY)),)
$(error SWAP_SLOTS=$(SWAP_SLOTS) keeps signed modules: it needs SWAP and SWAP_KEY)
endif
ifeq ($(SLOT_SOURCES),)
$(error SWAP_SLOTS=$(SWAP_SLOTS): $(BOARD) has no flash for modules)
endif
FIRMWARE_SOURCES += $(SLOT_SOURCES)
endif

ED25519 ?= ref10
ifneq ($(SWAP_KEY),)
KEY_SOURCE := $(OUT)/swap_key.c
ED25519_SOURCE := boards/verify/ed25519_$(ED25519).c
FIRMWARE_SOURCES += boards/verify/signed.c $(ED25519_SOURCE) $(KEY_SOURCE)
SWAP_DEFINES := -DPKTSOCK_SWAP_KEY $(if $(SWAP_SLOTS),-DPKTSOCK_SWAP_SLOTS)
FAMILY_LIBS += $(if $(filter openssl,$(ED25519)),-lcrypto)
ED25519_DIR ?= node_modules/ed25519-supercop/vendor/ed25519/src
endif

# A project may want another: OPTIMIZE=-Og. With -O2, what no frame passes through is small rather than fast, and a family whose
# compiler gains by it links with LTO; not the applications, so that labels in them stay what they are.
OPTIMIZE ?= -O2
LTO ?= $(if $(filter -O2,$(OPTIMIZE)),$(FAMILY_LTO))
SMALL_SOURCES := $(filter-out $(addprefix boards/pktsock/,call.c socket.c wait.c zerocopy.c),$(wildcard boards/pktsock/*.c)) \
  $(filter %.c,$(FAMILY_SOURCES)) $(TARGET)/board.c boards/family/common/start_board.c
own_flags = $(if $(filter $(SMALL_SOURCES),$(1)),$(if $(filter -O2,$(OPTIMIZE)),-Os)) \
  $(if $(filter $(APP_SOURCE) $(APP_SOURCES),$(1)),$(if $(LTO),-fno-lto))
# MEMORY=static: the component's memory is part of the image. MEMORY=precompiled: and the whole module is compiled at start.
MEMORY ?= malloc
ifeq ($(filter malloc static precompiled,$(MEMORY)),)
$(error MEMORY="$(MEMORY)" is none of malloc, static, precompiled)
endif
# PRECOMPILE= on the command line: a board that has it compiles functions at their first call.
STATIC_MEMORY := $(if $(filter malloc,$(MEMORY)),,-DPKTSOCK_STATIC_MEMORY) \
  $(if $(PRECOMPILE)$(filter precompiled,$(MEMORY)),-DPKTSOCK_PRECOMPILE=1)
# An image is the same wherever it is built. gcc gives the assembler only the second form.
REPRODUCIBLE := -ffile-prefix-map=$(CURDIR)=. -fdebug-prefix-map=$(CURDIR)=.
FIRMWARE_CFLAGS = -std=gnu11 $(OPTIMIZE) $(LTO) $(ENGINE_DEFINES) -g $(REPRODUCIBLE) -ffunction-sections -fdata-sections \
  $(FAMILY_CFLAGS) $(STATIC_MEMORY) $(SWAP_DEFINES) \
  $(OPTIONS:NET_PKT_%=-D$(CONFIG_PREFIX)%) \
  $(STANDARD_HEADERS) -Ibuild/gen -Iboards/include -Iboards/family/common -Iboards/family/$(FAMILY) -I$(TARGET)
STANDARD_HEADERS :=
FIRMWARE_WARNINGS := -Wall -Wextra -Werror
# The standard names are for applications, but for one that belongs to a system with socket headers of its own.
POSIX_SOURCES := $(filter-out $(SYSTEM_SOURCES),$(APP_SOURCE) $(APP_SOURCES))
COMPILER := $(CROSS)gcc $(shell $(CROSS)gcc --version 2>/dev/null | head -n 1)
FLAGS_OF_ALL = $(COMPILER) $(FIRMWARE_CFLAGS) $(ENGINE_CFLAGS) $(ENGINE_CFLAGS_aot) $(ENGINE_CFLAGS_wasm3)
# Applications share the objects of a folder as long as they are compiled in the same way, whatever was built in between.
OBJECTS := $(OUT)/obj/$(firstword $(shell echo '$(subst $(CURDIR),.,$(FLAGS_OF_ALL))' | cksum))
FIRMWARE_OBJECT = $(OBJECTS)/$(if $(filter $(1),$(POSIX_SOURCES)),posix/)$(subst /,_,$(basename $(1))).o
FIRMWARE_OBJECTS := $(foreach source,$(FIRMWARE_SOURCES),$(call FIRMWARE_OBJECT,$(source)))

# Whatever may change an image is in what it depends on: files through the lists that the compiler and the linker write,
# everything else through these records. $(call RECORD,WORDS) is the recipe of a file that contains WORDS. It is rewritten when
# they change, so that what depends on it is made again.
RECORD = @echo '$(1)' | cmp -s - $@ || echo '$(1)' > $@

$(OBJECTS)/flags: FORCE
	@command -v $(CROSS)gcc >/dev/null || \
	  { echo "The compiler $(CROSS)gcc is missing: apt-get install $(or $(CROSS_PACKAGES),gcc)" >&2; exit 1; }
	@mkdir -p $(OBJECTS)/posix
	$(call RECORD,$(FLAGS_OF_ALL))

# Of each application its own: they share the folder.
$(IMAGE:.elf=.link): $(OBJECTS)/flags FORCE
	$(call RECORD,$(LINK))
LINK = $(CROSS)gcc $(FIRMWARE_CFLAGS) $(FIRMWARE_OBJECTS) $(FAMILY_LDFLAGS) \
  -Wl,--gc-sections -Wl,-Map=$(IMAGE:.elf=.map) $(FAMILY_LIBS)

define FIRMWARE_RULE
$(call FIRMWARE_OBJECT,$(1)): $(1) $(OBJECTS)/flags build/gen/pktsock/abi.h boards/firmware.mk
	$$(QUIET)$(CROSS)gcc -MD -MP $$(FIRMWARE_CFLAGS) $(2) -c $$< -o $$@
endef
$(foreach source,$(filter-out $(ENGINE_SOURCES),$(FIRMWARE_SOURCES)),\
  $(eval $(call FIRMWARE_RULE,$(source),$(FIRMWARE_WARNINGS) $(call own_flags,$(source)))))
$(foreach source,$(ENGINE_SOURCES),\
  $(eval $(call FIRMWARE_RULE,$(source),$(FIRMWARE_WARNINGS) $(ENGINE_CFLAGS) \
    $(ENGINE_CFLAGS_$(basename $(notdir $(source)))) \
    $(if $(SANITIZE),$(ENGINE_UNSANITIZED)))))
$(foreach source,$(POSIX_SOURCES),\
  $(eval $(call FIRMWARE_OBJECT,$(source)): private STANDARD_HEADERS := -Iboards/posix))
$(foreach source,$(ENGINE_SOURCES),$(call FIRMWARE_OBJECT,$(source))): $(ENGINE_NEEDS)
-include $(FIRMWARE_OBJECTS:.o=.d)

# LTO makes files that are gone after it: they are no inputs.
$(IMAGE): $(FIRMWARE_OBJECTS) $(IMAGE:.elf=.link)
	@echo "  link   $@"
	$(QUIET)$(LINK) -Wl,--dependency-file=$(@:.elf=.inputs) -o $@
	@sed -n 's/:$$//p' $(@:.elf=.inputs) | while read -r input; do \
	  if [ -e "$$input" ]; then printf '$@: %s\n%s:\n' "$$input" "$$input"; fi; done > $(@:.elf=.d)
-include $(IMAGE:.elf=.d)

$(OUT)/swap_key: FORCE
	@mkdir -p $(@D)
	$(call RECORD,$(SWAP_KEY))

ifneq ($(SWAP_KEY),)
$(KEY_SOURCE): $(OUT)/swap_key $(wildcard $(SWAP_KEY)) host/build/swap-key.ts host/sign/keys.ts node_modules/.package-lock.json
	$(QUIET)$(TSX) host/build/swap-key.ts $(SWAP_KEY) $@

$(call FIRMWARE_OBJECT,$(ED25519_SOURCE)): private FAMILY_CFLAGS += $(if $(filter ref10,$(ED25519)),-isystem $(ED25519_DIR))
endif

# Further forms of the image, as the family's boards are flashed with.
-include boards/family/$(FAMILY)/image.mk
