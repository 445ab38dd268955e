FAMILY_LDFLAGS += -Wl,--wrap=pkt_engine_call -Wl,--wrap=agent_read_line
FAMILY_CFLAGS += -DPKTSOCK_RECOVERIES=1000000 -DAGENT_LINE_BYTES=1024
# Within LTO, calls are not wrapped.
LTO :=
APP_SOURCES := test/recover/inject.c $(wildcard test/agent/agent_*.c)
