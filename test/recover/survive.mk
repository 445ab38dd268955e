# What it lends and queues, also on a board whose pool is smaller.
BOARD_CONFIG := $(filter-out NET_PKT_FRAMES=%,$(BOARD_CONFIG)) NET_PKT_FRAMES=12
FAMILY_LDFLAGS += -Wl,--wrap=pkt_engine_call
# Within LTO, calls are not wrapped.
LTO :=
APP_SOURCES := test/recover/inject.c
