# Room for all that it sets.
BOARD_CONFIG += NET_PKT_JOURNAL_SIZE=512
FAMILY_LDFLAGS += -Wl,--wrap=pkt_engine_call
FAMILY_CFLAGS += -DPKTSOCK_RECOVERIES=1000000
# Within LTO, calls are not wrapped.
LTO :=
APP_SOURCES := test/recover/inject.c
