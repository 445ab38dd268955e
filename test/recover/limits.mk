BOARD_CONFIG += NET_PKT_INTERFACES=2 NET_PKT_JOURNAL_SIZE=64
FAMILY_LDFLAGS += -Wl,--wrap=pkt_engine_call -Wl,--wrap=pkt_os_now
# Within LTO, calls are not wrapped.
LTO :=
APP_SOURCES := test/recover/inject.c
