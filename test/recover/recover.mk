# What the programs of this folder share, so that they share their objects, too: a call into the module is wrapped, which it is
# not within LTO; and there is room for all that they set.
BOARD_CONFIG := $(filter-out NET_PKT_FRAMES=% NET_PKT_JOURNAL_SIZE=%,$(BOARD_CONFIG)) NET_PKT_FRAMES=12 NET_PKT_JOURNAL_SIZE=512
FAMILY_LDFLAGS += -Wl,--wrap=pkt_engine_call
LTO :=
APP_SOURCES += test/recover/inject.c
