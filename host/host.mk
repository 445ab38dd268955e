# The host's side of the build; included by the top Makefile.

WASM3_DIR ?= node_modules/react-native-webassembly/cpp
WASM3_SOURCES = $(foreach part,bind code compile core env exec function info module parse,$(WASM3_DIR)/m3_$(part).c)
# As on the boards, so that the host's tests meet the same limits.
WASM3_FLAGS ?= -DNDEBUG -Dd_m3HasFloat=0 -Dd_m3VerboseErrorMessages=0 -Dd_m3CodePageAlignSize=1024 \
	-Dd_m3MaxFunctionStackHeight=128 -Dd_m3MaxConstantTableSize=64 -Dd_m3MaxLinearMemoryPages=1

# wasm3 runs in constant stack only with tail calls, which compilers make from -O2 on.
build/host/wasm3.node: host/engine/addon.c boards/port/engine.h boards/port/engine_wasm3.c build/gen/pkt_abi.h $(WASM3_SOURCES)
	@mkdir -p $(@D)
	$(CC) -shared -fPIC -O2 -std=gnu11 -Wall -Wextra $(WASM3_FLAGS) -Ibuild/gen -Iboards/port -isystem $(WASM3_DIR) \
		-isystem node_modules/node-api-headers/include -Wno-unused-parameter -Wno-unused-variable -o $@ $(filter %.c,$^)
