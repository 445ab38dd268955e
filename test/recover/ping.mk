FAMILY_LDFLAGS += -Wl,--wrap=pkt_engine_call
FAMILY_CFLAGS += -DPKTSOCK_RECOVERIES=1000000
# Within LTO, calls are not wrapped.
LTO :=
include boards/apps/demo.mk
APP_SOURCES += test/recover/inject.c
