FAMILY_LDFLAGS += -Wl,--wrap=pkt_engine_call
# Within LTO, calls are not wrapped.
LTO :=
APP_SOURCES := test/recover/inject.c
